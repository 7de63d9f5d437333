/* mriovctl watch, operations: what happens, and what was asked for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hostsim/rack/text_table.h"
#include "mgmt/client.h"
#include "mgmt/ctl.h"
#include "mgmt/message_json.h"
#include "proto/mriov.pb-c.h"

/* How long a daemon that went away is waited for. */
#define COME_BACK_MS 10000
#define COME_BACK_PAUSE_MS 100

static const char *kind_word(Mriov__V1__Event__Kind kind)
{
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(&mriov__v1__event__kind__descriptor, (int)kind);
    return value != NULL ? value->name : "?";
}

/* One line an event, as JSON lines too. */
static void print_event(const struct ctl *ctl, const Mriov__V1__Event *event)
{
    if (ctl->json) {
        json_t *line = message_json(&event->base);
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(line);
    } else if (event->kind == MRIOV__V1__EVENT__KIND__GAP) {
        printf("events %" PRIu64 " to %" PRIu64 " are lost\n", event->gap_from, event->gap_to);
    } else {
        printf(
            "%" PRIu64 " %12" PRIu64 " ns %-9s %s %s\n", event->sequence, event->at_ns, kind_word(event->kind),
            event->target, event->detail);
    }
}

/* What is followed. */
struct following {
    struct ctl *ctl;
    uint64_t next;  /* the sequence number of the event that comes next; 0: whichever does */
    uint64_t epoch; /* of the daemon that events are of */
};

/* Prints what RESPONSE has. False at the end, with *EXIT_CODE. */
static bool follow(struct following *following, const Mriov__V1__Response *response, int *exit_code)
{
    struct ctl *ctl = following->ctl;
    if (response->status != NULL && response->status->code != MRIOV__V1__STATUS__CODE__OK) {
        bool ends = response->status->code == MRIOV__V1__STATUS__CODE__CANCELLED; /* the daemon does */
        *exit_code = CTL_REFUSED;
        if (!ends)
            ctl_fault("watch: %s", response->status->message);
        return ends;
    }
    Mriov__V1__WatchResponse *message =
        mriov__v1__watch_response__unpack(NULL, response->payload.len, response->payload.data);
    if (message != NULL && message->event != NULL) {
        print_event(ctl, message->event);
        following->next = message->event->sequence + 1;
    }
    ctl_free(message);
    *exit_code = ctl_end_output();
    return *exit_code == CTL_DONE;
}

/* Connects again, to where the daemon may be starting. */
static bool come_back(struct ctl *ctl)
{
    char why[256];
    client_close(ctl->client);
    for (int waited_ms = 0; waited_ms < COME_BACK_MS; waited_ms += COME_BACK_PAUSE_MS) {
        ctl->client = client_open_within(ctl->address, ctl->tls, ctl->patience_ms, why, sizeof why);
        if (ctl->client != NULL)
            return true;
        usleep(COME_BACK_PAUSE_MS * 1000);
    }
    ctl_fault("watch: %s: %s", ctl->address, why);
    return false;
}

/* Where to go on: after the last event; or, of a daemon that has started again, at the first it knows. */
static void find_place(struct following *following)
{
    int exit_code;
    Mriov__V1__HelloResponse *hello = ctl_ask(following->ctl, "Hello", &exit_code);
    if (hello != NULL && hello->epoch != following->epoch) {
        ctl_fault("watch: the daemon has started again");
        following->epoch = hello->epoch;
        following->next = 1;
    }
    ctl_free(hello);
}

/* Until the connection is lost (true), or the end (false). */
static bool watch(struct following *following, int *exit_code)
{
    Mriov__V1__WatchRequest request = MRIOV__V1__WATCH_REQUEST__INIT;
    request.from_sequence = following->next;
    client_send(following->ctl->client, "Watch", &request.base, &(struct client_options){0});
    for (;;) {
        Mriov__V1__Response *response = client_receive(following->ctl->client);
        if (response == NULL)
            return true;
        bool more = follow(following, response, exit_code);
        client_free_response(response);
        if (!more)
            return false;
    }
}

static int run_watch(struct ctl *ctl)
{
    int exit_code = CTL_DONE;
    struct following following = {.ctl = ctl};
    if (ctl->argc == 1) {
        char *end;
        following.next = strtoull(ctl->argv[0], &end, 10);
        if (*end != '\0' || following.next == 0)
            return ctl_fault("watch: %s: must be an event's number, from 1", ctl->argv[0]);
    }
    Mriov__V1__HelloResponse *hello = ctl_ask(ctl, "Hello", &exit_code);
    if (hello == NULL)
        return exit_code;
    following.epoch = hello->epoch;
    ctl_free(hello);
    while (watch(&following, &exit_code)) {
        if (client_is_silent(ctl->client))
            return ctl_say_lost(ctl, "Watch");
        if (!come_back(ctl))
            return CTL_NO_DAEMON;
        find_place(&following);
    }
    return exit_code;
}

const struct ctl_command ctl_watch = {"watch", "[SEQUENCE]", "follow events, from now or that one on", 0, 1, run_watch};

static void add_row(struct text_table *table, const Mriov__V1__Operation *operation)
{
    const ProtobufCEnumValue *state =
        protobuf_c_enum_descriptor_get_value(&mriov__v1__operation__state__descriptor, (int)operation->state);
    char id[24], progress[24], started[24];
    snprintf(id, sizeof id, "%" PRIu64, operation->id);
    snprintf(progress, sizeof progress, "%" PRIu32 "%%", operation->progress);
    snprintf(started, sizeof started, "%" PRIu64, operation->started_ns);
    const char *const cells[] = {id,       operation->method, operation->target,  state != NULL ? state->name : "?",
                                 progress, started,           operation->identity};
    text_table_row(table, cells);
}

static int run_operations(struct ctl *ctl)
{
    static const char *const headings[] = {"ID", "METHOD", "TARGET", "STATE", "DONE", "STARTED NS", "BY"};
    struct text_table table = text_table_start(headings, "><<<>><");
    json_t *list = json_array();
    char token[256] = "";
    int exit_code;
    do {
        Mriov__V1__ListOperationsRequest request = MRIOV__V1__LIST_OPERATIONS_REQUEST__INIT;
        request.page_token = token;
        Mriov__V1__ListOperationsResponse *page = ctl_call(ctl, "ListOperations", &request.base, &exit_code);
        if (page == NULL)
            break;
        for (size_t i = 0; i < page->n_operations; i++)
            if (ctl->json)
                json_array_append_new(list, message_json(&page->operations[i]->base));
            else
                add_row(&table, page->operations[i]);
        snprintf(token, sizeof token, "%s", page->next_page_token);
        ctl_free(page);
    } while (token[0] != '\0');
    if (exit_code == CTL_DONE && ctl->json) {
        json_dumpf(list, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (exit_code == CTL_DONE) {
        text_table_print(&table, stdout);
    }
    json_decref(list);
    text_table_free(&table);
    return exit_code == CTL_DONE ? ctl_end_output() : exit_code;
}

const struct ctl_command ctl_operations = {"operations",  "", "what was asked for, and what became of it", 0, 0,
                                           run_operations};
