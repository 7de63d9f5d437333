/* Assign, Release, Move, Apply, SetQos, SetVfs, ControlPort, InjectFault, RepairFault, MigrateGuest: all one way, by
 * MR-PCIM's pcim_submit(). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/check.h"
#include "mgmt/arena.h"
#include "mgmt/call.h"
#include "mgmt/change_request.h"
#include "mgmt/changes.h"
#include "mgmt/connection.h"
#include "mgmt/dispatch.h"
#include "mgmt/handlers.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"
#include "mgmt/operation_message.h"

/* The answers of all these methods begin as this one does. */
typedef Mriov__V1__AssignResponse Answer;
_Static_assert(
    offsetof(Answer, operation) == offsetof(Mriov__V1__ApplyResponse, operation) &&
        offsetof(Answer, operation) == offsetof(Mriov__V1__MigrateGuestResponse, operation) &&
        offsetof(Answer, operation) == offsetof(Mriov__V1__ControlPortResponse, operation),
    "the operation is the first field");

static void answer(struct call *call, const struct pcim_operation *operation)
{
    struct arena arena = {0};
    const ProtobufCMessageDescriptor *output = method_output(call->method);
    Answer *response = arena_get(&arena, output->sizeof_message);
    output->message_init(&response->base);
    response->operation = operation_message(call->daemon, operation, &arena);
    if (output == &mriov__v1__apply_response__descriptor) {
        Mriov__V1__ApplyResponse *apply = (Mriov__V1__ApplyResponse *)(void *)response;
        apply->plan = operation_plan(call->daemon, operation, &arena, &apply->n_plan);
    }
    call_answer(call, &response->base);
    arena_free(&arena);
}

static void refuse(struct call *call, const struct pcim_refusal *refusal)
{
    call_refuse_with(
        call, &(struct call_status){
                  .code = refusal->code,
                  .message = refusal->message,
                  .holder = refusal->holder,
                  .hint = refusal->hint,
                  .generation = refusal->generation,
              });
}

/* --- waiting --- */

static void end_waiting(struct call *call)
{
    struct change *change = changes_find(&call->daemon->changes, (uint64_t)(uintptr_t)call->context);
    if (change != NULL)
        change_forget(change, call);
}

void change_answer_all(struct mriovd *daemon, const struct pcim_operation *operation)
{
    struct change *change = changes_find(&daemon->changes, operation->id);
    while (change != NULL && change->waiting_count > 0)
        answer(change->waiting[0], operation);
}

static void refuse_over(struct call *call)
{
    char message[PCIM_TEXT + 100];
    snprintf(message, sizeof message, "%s: simulated time is at its end, 100 days", call->method->name);
    call_refuse_with(
        call, &(struct call_status){
                  .code = STATUS_UNAVAILABLE,
                  .message = message,
                  .hint = "start the daemon again: with --state it goes on from what it has",
              });
}

void change_refuse_waiting(struct mriovd *daemon)
{
    for (size_t i = 0; i < daemon->changes.count; i++) {
        struct change *change = daemon->changes.entries[i].change;
        const struct pcim_operation *operation = pcim_operation_find(daemon->pcim, change->operation);
        while (change->waiting_count > 0 && operation != NULL && !pcim_operation_has_ended(operation))
            refuse_over(change->waiting[0]);
    }
}

void change_ended(struct mriovd *daemon, const struct pcim_operation *operation)
{
    log_line(
        LOG_EVENT, "operation %" PRIu64 ": %s %s: %s", operation->id, pcim_method_name(operation->method),
        operation->subject, pcim_operation_state_name(operation->state));
    if (durable_ended(daemon, operation))
        change_answer_all(daemon, operation);
}

void change_answer(struct call *call, const struct pcim_operation *operation, bool wait)
{
    struct change *change = changes_find(&call->daemon->changes, operation->id);
    bool has_ended = pcim_operation_has_ended(operation) && (change == NULL || !change->unsaved);
    if (!wait || has_ended) {
        answer(call, operation);
        return;
    }
    if (!pcim_operation_has_ended(operation) && clock_is_over(&call->daemon->clock)) {
        refuse_over(call);
        return;
    }
    if (change == NULL) /* the scenario's */
        change = changes_add(&call->daemon->changes, operation->id, "scenario", "", 0);
    call->context = (void *)(uintptr_t)operation->id;
    call->on_end = end_waiting;
    change_wait(change, call);
}

/* --- asking --- */

/* The same for a key whose first answer was a refusal. */
static bool refuse_again(struct call *call, uint64_t digest)
{
    const struct refused *before = NULL;
    if (call->request_key[0] != '\0')
        before = refusals_find(&call->daemon->refused, call->connection->peer.identity, call->request_key);
    if (before == NULL)
        return false;
    if (before->digest != digest) {
        call_refuse(
            call, STATUS_INVALID_ARGUMENT, "request_key: was used for another request, which was refused: %s",
            status_name(before->code));
        return true;
    }
    call->recorded = true;
    call_refuse_with(
        call, &(struct call_status){
                  .code = before->code,
                  .message = before->message,
                  .holder = before->holder,
                  .hint = before->hint,
                  .generation = before->generation,
              });
    return true;
}

/* True when the request's key was used before, and the call has been answered by that, or will be. */
static bool answer_again(struct call *call, uint64_t digest, bool wait)
{
    const struct change *before =
        call->request_key[0] != '\0'
            ? changes_find_key(&call->daemon->changes, call->connection->peer.identity, call->request_key)
            : NULL;
    const struct pcim_operation *operation =
        before != NULL ? pcim_operation_find(call->daemon->pcim, before->operation) : NULL;
    if (operation == NULL)
        return refuse_again(call, digest);
    if (before->digest != digest) {
        call_refuse(
            call, STATUS_INVALID_ARGUMENT, "request_key: was used for another request, operation %" PRIu64,
            before->operation);
        return true;
    }
    call->recorded = true;
    if (before->unlisted)
        durable_accept_again(call, operation, wait);
    else
        change_answer(call, operation, wait);
    return true;
}

/* MR-PCIM has accepted it. */
static void
take_up(struct call *call, const struct change_request *change, struct pcim_operation *operation, uint64_t digest)
{
    struct mriovd *daemon = call->daemon;
    const char *identity = call->connection->peer.identity;
    call->recorded = true;
    if (operation->dry_run) {
        log_line(LOG_NOTE, "audit: %s: %s %s: a dry run", identity, call->method->name, operation->subject);
        change_answer(call, operation, change->wait);
        return;
    }
    log_line(
        LOG_NOTE, "audit: %s: %s %s: operation %" PRIu64, identity, call->method->name, operation->subject,
        operation->id);
    changes_add(&daemon->changes, operation->id, identity, call->request_key, digest);
    timeline_note(&daemon->live.timeline, &change->request, operation, NULL);
    if (durable_is_on(&daemon->durable))
        durable_accept(call, operation, change->wait);
    else
        change_answer(call, operation, change->wait);
}

static void submit(struct call *call, const struct change_request *change, uint64_t digest)
{
    struct mriovd *daemon = call->daemon;
    struct pcim_operation *operation;
    struct pcim_refusal refusal;
    if (!change_request_is_dry(&change->request)) {
        if (clock_is_over(&daemon->clock)) {
            refuse_over(call);
            return;
        }
        if (!durable_admits(call))
            return;
    }
    if (pcim_submit(daemon->pcim, &change->request, &operation, &refusal) == STATUS_OK) {
        take_up(call, change, operation, digest);
        return;
    }
    timeline_note(&daemon->live.timeline, &change->request, NULL, &refusal);
    call->binds = call->request_key[0] != '\0' && refusal.code != STATUS_RESOURCES_EXHAUSTED &&
                  !change_request_is_dry(&change->request);
    if (call->binds)
        refusals_add(&daemon->refused, call->connection->peer.identity, call->request_key, digest, &refusal);
    refuse(call, &refusal);
}

void handle_change(struct call *call, const ProtobufCMessage *message)
{
    struct arena arena = {0};
    struct change_request change = {0};
    struct pcim_refusal refusal;
    struct mriovd *daemon = call->daemon;
    uint64_t digest = change_digest(call->method->name, call->payload, call->payload_size);
    bool is_read = change_request_read(message, &arena, &change, &refusal) == STATUS_OK;
    call->target = change_request_target(&change.request);
    if (!is_read)
        refuse(call, &refusal);
    else if (!change_request_is_allowed(&change.request, &daemon->pcim->inventory, &call->connection->peer))
        call_refuse(
            call, STATUS_PERMISSION_DENIED, "%s: %s may not touch all hosts that this is about", call->method->name,
            call->connection->peer.identity);
    else if (!answer_again(call, digest, change.wait))
        submit(call, &change, digest);
    arena_free(&arena);
}
