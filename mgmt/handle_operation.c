/* GetOperation, ListOperations, CancelOperation. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/arena.h"
#include "mgmt/call.h"
#include "mgmt/changes.h"
#include "mgmt/connection.h"
#include "mgmt/handlers.h"
#include "mgmt/limits.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"
#include "mgmt/operation_message.h"

static bool is_listed(const struct mriovd *daemon, uint64_t id)
{
    const struct change *change = changes_find(&daemon->changes, id);
    return change == NULL || !change->unlisted;
}

struct pcim_operation *operation_find(struct call *call, const char *field, uint64_t id)
{
    struct pcim_operation *operation = pcim_operation_find(call->daemon->pcim, id);
    if (operation != NULL && !is_listed(call->daemon, id))
        operation = NULL;
    if (operation == NULL)
        call_refuse(
            call, STATUS_NOT_FOUND, "%s: there is no operation %" PRIu64 ", or it is no longer kept", field, id);
    return operation;
}

void handle_get_operation(struct call *call, const ProtobufCMessage *message)
{
    const Mriov__V1__GetOperationRequest *request = (const Mriov__V1__GetOperationRequest *)message;
    const struct pcim_operation *operation = operation_find(call, "id", request->id);
    if (operation != NULL)
        change_answer(call, operation, request->wait);
}

void handle_list_operations(struct call *call, const ProtobufCMessage *message)
{
    const Mriov__V1__ListOperationsRequest *request = (const Mriov__V1__ListOperationsRequest *)message;
    const struct pcim *pcim = call->daemon->pcim;
    struct arena arena = {0};
    char token[24], *end;
    Mriov__V1__ListOperationsResponse response = MRIOV__V1__LIST_OPERATIONS_RESPONSE__INIT;
    size_t most = request->page_size == 0 || request->page_size > LIMIT_PAGE ? LIMIT_PAGE : request->page_size;
    uint64_t from = strtoull(request->page_token, &end, 10);
    if (*end != '\0' || request->page_token[0] == '-') {
        call_refuse(call, STATUS_INVALID_ARGUMENT, "page_token: is none that was given");
        return;
    }
    response.operations = arena_get(&arena, most * sizeof *response.operations);
    for (size_t i = 0; i < pcim->operation_count; i++) {
        const struct pcim_operation *operation = pcim->operations[i];
        bool is_wanted = !request->running || !pcim_operation_has_ended(operation);
        if (operation->id < from || !is_wanted || !is_listed(call->daemon, operation->id))
            continue;
        if (response.n_operations == most) {
            snprintf(token, sizeof token, "%" PRIu64, operation->id);
            response.next_page_token = token;
            break;
        }
        response.operations[response.n_operations++] = operation_message(call->daemon, operation, &arena);
    }
    call_answer(call, &response.base);
    arena_free(&arena);
}

/* An operator's own, or anybody's for an administrator. */
static bool may_cancel(const struct call *call, const struct pcim_operation *operation)
{
    const struct peer *peer = &call->connection->peer;
    const struct change *change = changes_find(&call->daemon->changes, operation->id);
    return peer->role == ROLE_ADMINISTRATOR || (change != NULL && strcmp(change->identity, peer->identity) == 0);
}

static void cancel(struct call *call, const struct pcim_operation *operation)
{
    struct pcim_refusal refusal;
    if (!durable_admits(call))
        return;
    if (pcim_cancel(call->daemon->pcim, operation->id, &refusal) != STATUS_OK) {
        call_refuse_with(
            call,
            &(struct call_status){
                .code = refusal.code, .message = refusal.message, .holder = refusal.holder, .hint = refusal.hint});
        return;
    }
    log_line(
        LOG_NOTE, "audit: %s: CancelOperation: operation %" PRIu64, call->connection->peer.identity, operation->id);
    call->recorded = true;
    if (durable_is_on(&call->daemon->durable))
        durable_cancelled(call, operation);
    else
        change_answer(call, operation, false);
}

void handle_cancel_operation(struct call *call, const ProtobufCMessage *message)
{
    const Mriov__V1__CancelOperationRequest *request = (const Mriov__V1__CancelOperationRequest *)message;
    char target[32];
    snprintf(target, sizeof target, "operation %" PRIu64, request->id);
    call->target = target;
    const struct pcim_operation *operation = operation_find(call, "id", request->id);
    if (operation == NULL)
        return;
    if (may_cancel(call, operation))
        cancel(call, operation);
    else
        call_refuse(call, STATUS_PERMISSION_DENIED, "CancelOperation: operation %" PRIu64 " is another's", request->id);
}
