/* WhatIf: two copies of the rack as it is now go on to the horizon, one of them with the changes, and what flows got in
 * each is put side by side. Where many ask at once, each has its turn, and the rack as it is when that comes. */
#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "mgmt/arena.h"
#include "mgmt/call.h"
#include "mgmt/change_request.h"
#include "mgmt/connection.h"
#include "mgmt/future.h"
#include "mgmt/handlers.h"
#include "mgmt/limits.h"
#include "mgmt/mriovd.h"
#include "proto/mriov.pb-c.h"

enum { WITHOUT, WITH, FUTURES };

/* One of the two. */
struct half {
    struct looking *looking;
    struct child *child;              /* while it runs; NULL: it is done */
    Mriov__V1__WhatIfResponse *found; /* what it wrote; owned; NULL: not there yet */
};

/* One that is under way. */
struct looking {
    struct call *call;
    struct child_turn turn;
    void *request; /* packed, for the children: what the handler gets is gone by then; owned */
    size_t request_size;
    struct half halves[FUTURES];
};

static void end_looking(struct call *call)
{
    struct looking *looking = call->context;
    children_leave(&call->daemon->futures, &looking->turn);
    free(looking->request);
    for (int i = 0; i < FUTURES; i++) {
        struct half *half = &looking->halves[i];
        if (half->child != NULL)
            child_cancel(half->child);
        if (half->found != NULL)
            mriov__v1__what_if_response__free_unpacked(half->found, NULL);
    }
    free(looking);
}

/* --- the answer --- */

static bool is_same(const Mriov__V1__WhatIfResponse__Flow *one, const Mriov__V1__WhatIfResponse__Flow *other)
{
    return strcmp(one->name, other->name) == 0 && strcmp(one->host, other->host) == 0 &&
           strcmp(one->guest, other->guest) == 0 && strcmp(one->function, other->function) == 0 &&
           strcmp(one->op, other->op) == 0;
}

/* Gives each flow of WITH what it got in WITHOUT. Both are in the order of the results: what is in one only was left
 * out in the other, so that one pass finds all. What only WITHOUT has comes last. */
static void join(Mriov__V1__WhatIfResponse *with, Mriov__V1__WhatIfResponse *without)
{
    size_t next = 0;
    for (size_t i = 0; i < with->n_flows; i++) {
        size_t found = next;
        while (found < without->n_flows && !is_same(with->flows[i], without->flows[found]))
            found++;
        if (found == without->n_flows)
            continue;
        with->flows[i]->without_changes = without->flows[found]->with_changes;
        without->flows[found]->with_changes = NULL;
        next = found + 1;
    }
    with->flows = reallocarray(with->flows, with->n_flows + without->n_flows + 1, sizeof *with->flows);
    CHECK(with->flows != NULL);
    size_t kept = 0;
    for (size_t i = 0; i < without->n_flows; i++) {
        Mriov__V1__WhatIfResponse__Flow *flow = without->flows[i];
        if (flow->with_changes == NULL) { /* given away above: what is left of it goes with WITHOUT */
            without->flows[kept++] = flow;
            continue;
        }
        flow->without_changes = flow->with_changes;
        flow->with_changes = NULL;
        with->flows[with->n_flows++] = flow;
    }
    without->n_flows = kept;
}

static void on_done(void *context, enum child_end how, struct evbuffer *found)
{
    struct half *half = context;
    struct looking *looking = half->looking;
    half->child = NULL;
    if (how == CHILD_DONE) {
        size_t size = evbuffer_get_length(found);
        half->found = mriov__v1__what_if_response__unpack(NULL, size, evbuffer_pullup(found, -1));
    }
    if (how == CHILD_TOO_LONG)
        call_refuse(
            looking->call, STATUS_RESOURCES_EXHAUSTED, "WhatIf: takes more than %d s or %zu MiB: horizon_ns is too far",
            LIMIT_CHILD_S, LIMIT_CHILD_GROWTH_BYTES >> 20);
    else if (half->found == NULL)
        call_refuse(looking->call, STATUS_INTERNAL, "WhatIf: the copy that looks into the future has failed");
    else if (looking->halves[WITH].found != NULL && looking->halves[WITHOUT].found != NULL) {
        join(looking->halves[WITH].found, looking->halves[WITHOUT].found);
        call_answer(looking->call, &looking->halves[WITH].found->base);
    }
}

/* --- the question --- */

static const ProtobufCMessage *change_of(const Mriov__V1__WhatIfRequest__Change *change)
{
    /* The members of the choice share one pointer. */
    return change->change_case != 0 ? &change->assign->base : NULL;
}

/* Reads the changes; false: the call has been refused. */
static bool read_changes(
    struct call *call, const Mriov__V1__WhatIfRequest *request, struct arena *arena, struct change_request *changes)
{
    for (size_t i = 0; i < request->n_changes; i++) {
        struct pcim_refusal refusal;
        const ProtobufCMessage *message = change_of(request->changes[i]);
        if (message == NULL)
            call_refuse(call, STATUS_INVALID_ARGUMENT, "changes[%zu]: none of its members is there", i);
        else if (change_request_read(message, arena, &changes[i], &refusal) != STATUS_OK)
            call_refuse(call, refusal.code, "changes[%zu]: %s", i, refusal.message);
        else if (change_request_is_dry(&changes[i].request))
            call_refuse(call, STATUS_INVALID_ARGUMENT, "changes[%zu]: dry_run: WhatIf changes nothing anyway", i);
        else if (!change_request_is_allowed(
                     &changes[i].request, &call->daemon->pcim->inventory, &call->connection->peer))
            call_refuse(
                call, STATUS_PERMISSION_DENIED, "changes[%zu]: %s may not touch all hosts that this is about", i,
                call->connection->peer.identity);
        else
            continue;
        return false;
    }
    return true;
}

/* In the child, whose memory is bounded, and all of which goes with it. The request is as it was when it was checked.
 */
static void write_future(void *context, FILE *out)
{
    const struct half *half = context;
    const struct looking *looking = half->looking;
    struct arena arena = {0};
    struct pcim_refusal refusal;
    Mriov__V1__WhatIfRequest *request =
        mriov__v1__what_if_request__unpack(NULL, looking->request_size, looking->request);
    CHECK(request != NULL);
    size_t count = half == &looking->halves[WITH] ? request->n_changes : 0;
    struct change_request *changes = arena_get(&arena, count * sizeof *changes);
    for (size_t i = 0; i < count; i++)
        CHECK(change_request_read(change_of(request->changes[i]), &arena, &changes[i], &refusal) == STATUS_OK);
    const struct future future = {
        .daemon = looking->call->daemon,
        .horizon_ps = request->horizon_ns * PS_PER_NS,
        .changes = changes,
        .change_count = count,
    };
    future_write(&future, out);
}

/* Both begin from the same state: nothing runs between the two forks. */
static void start(struct child_turn *turn)
{
    struct looking *looking = CONTAINER_OF(turn, struct looking, turn);
    struct call *call = looking->call;
    for (int i = 0; i < FUTURES; i++) {
        struct half *half = &looking->halves[i];
        half->looking = looking;
        half->child = child_start(&call->daemon->futures, write_future, on_done, half);
        if (half->child == NULL) {
            call_refuse(call, STATUS_RESOURCES_EXHAUSTED, "WhatIf: the daemon cannot be copied: %s", strerror(errno));
            return;
        }
    }
}

static void look(struct call *call)
{
    struct looking *looking = calloc(1, sizeof *looking);
    CHECK(looking != NULL);
    *looking = (struct looking){
        .call = call,
        .turn = {.places = FUTURES, .start = start},
        .request = malloc(call->payload_size + 1),
        .request_size = call->payload_size,
    };
    CHECK(looking->request != NULL);
    if (call->payload_size > 0)
        memcpy(looking->request, call->payload, call->payload_size);
    call->context = looking;
    call->on_end = end_looking;
    if (!children_await(&call->daemon->futures, &looking->turn))
        call_refuse(
            call, STATUS_RESOURCES_EXHAUSTED, "WhatIf: %d wait for their turn already: ask again", LIMIT_CHILD_TURNS);
}

void handle_what_if(struct call *call, const ProtobufCMessage *message)
{
    const Mriov__V1__WhatIfRequest *request = (const Mriov__V1__WhatIfRequest *)message;
    struct mriovd *daemon = call->daemon;
    struct arena arena = {0};
    if (daemon->pcim == NULL) {
        call_refuse(call, STATUS_UNSUPPORTED, "WhatIf: this rack has no MR-PCIM");
        return;
    }
    if (request->n_changes > LIMIT_WHAT_IF_CHANGES) {
        call_refuse(call, STATUS_INVALID_ARGUMENT, "changes: %d are the most", LIMIT_WHAT_IF_CHANGES);
        return;
    }
    if (request->horizon_ns == 0 || request->horizon_ns > LIMIT_WHAT_IF_NS) {
        call_refuse(call, STATUS_INVALID_ARGUMENT, "horizon_ns: must be 1 to 1e12");
        return;
    }
    struct change_request *changes = arena_get(&arena, request->n_changes * sizeof *changes);
    if (read_changes(call, request, &arena, changes))
        look(call);
    arena_free(&arena);
}
