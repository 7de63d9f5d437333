/* mriovctl watch, operations: what happens, and what was asked for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "hostsim/rack/text_table.h"
#include "mgmt/client.h"
#include "mgmt/ctl.h"
#include "mgmt/message_json.h"
#include "proto/mriov.pb-c.h"

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

/* False at the end. */
static bool follow(struct ctl *ctl, Mriov__V1__Response *response, int *exit_code)
{
    *exit_code = CTL_NO_DAEMON;
    if (response == NULL)
        return false;
    if (response->status != NULL && response->status->code != MRIOV__V1__STATUS__CODE__OK) {
        ctl_fault("watch: %s", response->status->message);
        *exit_code = CTL_REFUSED;
    } else {
        Mriov__V1__WatchResponse *message =
            mriov__v1__watch_response__unpack(NULL, response->payload.len, response->payload.data);
        if (message != NULL && message->event != NULL)
            print_event(ctl, message->event);
        ctl_free(message);
        *exit_code = ctl_end_output();
    }
    bool more = response->more && *exit_code == CTL_DONE;
    client_free_response(response);
    return more;
}

static int run_watch(struct ctl *ctl)
{
    int exit_code;
    Mriov__V1__WatchRequest request = MRIOV__V1__WATCH_REQUEST__INIT;
    if (ctl->argc == 1)
        request.from_sequence = strtoull(ctl->argv[0], NULL, 10);
    client_send(ctl->client, "Watch", &request.base, &(struct client_options){0});
    while (follow(ctl, client_receive(ctl->client), &exit_code))
        ;
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
