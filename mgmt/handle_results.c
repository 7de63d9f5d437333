/* GetResults: a child closes the counters of its copy and writes results.json; the model here goes on. Where many ask
 * at once, each has its turn, and results of the moment when that comes. */
#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/results_json.h"
#include "mgmt/call.h"
#include "mgmt/connection.h"
#include "mgmt/handlers.h"
#include "mgmt/limits.h"
#include "mgmt/mriovd.h"
#include "proto/mriov.pb-c.h"

/* One that is under way. */
struct reading {
    struct call *call;
    struct child_turn turn;
    struct child *child;  /* while it writes; NULL: it has not begun, or is done */
    struct evbuffer *all; /* what it wrote and is not sent yet; owned; NULL: not there yet */
    size_t counted_bytes; /* of ALL when it came: among what clients have not read */
};

static void write_results(void *context, FILE *out)
{
    struct call *call = context;
    struct results results = {0};
    live_results(&call->daemon->live, &results);
    results_json_write(&results, out);
}

static void end_reading(struct call *call)
{
    struct reading *reading = call->context;
    children_leave(&call->daemon->readers, &reading->turn);
    if (reading->child != NULL)
        child_cancel(reading->child);
    call->connection->server->queued_bytes -= reading->counted_bytes;
    if (reading->all != NULL)
        evbuffer_free(reading->all);
    free(reading);
}

/* Sends as much as the client has room for. */
static void send_on(struct call *call)
{
    struct reading *reading = call->context;
    if (reading->all == NULL)
        return;
    while (call_has_room(call)) {
        size_t left = evbuffer_get_length(reading->all);
        size_t size = left < LIMIT_CHUNK_BYTES ? left : LIMIT_CHUNK_BYTES;
        Mriov__V1__GetResultsResponse response = MRIOV__V1__GET_RESULTS_RESPONSE__INIT;
        response.results = (ProtobufCBinaryData){.len = size, .data = evbuffer_pullup(reading->all, (ssize_t)size)};
        if (size == left) {
            call_answer(call, &response.base);
            return;
        }
        call_answer_more(call, &response.base);
        evbuffer_drain(reading->all, size);
    }
}

static void on_done(void *context, enum child_end how, struct evbuffer *found)
{
    struct call *call = context;
    struct reading *reading = call->context;
    reading->child = NULL;
    if (how != CHILD_DONE) {
        call_refuse(
            call, how == CHILD_FAILED ? STATUS_INTERNAL : STATUS_RESOURCES_EXHAUSTED, "GetResults: %s",
            how == CHILD_FAILED ? "the copy that collects them has failed" : "they take too long, or are too long");
        return;
    }
    struct server *server = call->connection->server;
    size_t size = evbuffer_get_length(found);
    if (server->queued_bytes + size > LIMIT_QUEUES_BYTES) {
        call_refuse(
            call, STATUS_RESOURCES_EXHAUSTED, "GetResults: clients have %u MiB of answers that they do not read",
            LIMIT_QUEUES_BYTES >> 20);
        return;
    }
    server->queued_bytes += reading->counted_bytes = size;
    reading->all = evbuffer_new();
    CHECK(reading->all != NULL);
    evbuffer_add_buffer(reading->all, found);
    send_on(call);
}

static void start(struct child_turn *turn)
{
    struct reading *reading = CONTAINER_OF(turn, struct reading, turn);
    struct call *call = reading->call;
    reading->child = child_start(&call->daemon->readers, write_results, on_done, call);
    if (reading->child == NULL)
        call_refuse(call, STATUS_RESOURCES_EXHAUSTED, "GetResults: the daemon cannot be copied: %s", strerror(errno));
}

void handle_get_results(struct call *call, const ProtobufCMessage *request)
{
    (void)request;
    struct reading *reading = calloc(1, sizeof *reading);
    CHECK(reading != NULL);
    *reading = (struct reading){.call = call, .turn = {.places = 1, .start = start}};
    call->context = reading;
    call->on_end = end_reading;
    call->on_room = send_on;
    if (!children_await(&call->daemon->readers, &reading->turn))
        call_refuse(
            call, STATUS_RESOURCES_EXHAUSTED, "GetResults: %d wait for theirs already: ask again", LIMIT_CHILD_TURNS);
}
