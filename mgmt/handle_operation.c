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
#include "mgmt/mriovd.h"
#include "mgmt/operation_message.h"

/* The operation ID; NULL: there is none, and the call has been refused. */
static struct pcim_operation *find(struct call *call, uint64_t id)
{
    struct pcim_operation *operation = pcim_operation_find(call->daemon->pcim, id);
    if (operation == NULL)
        call_refuse(call, STATUS_NOT_FOUND, "id: there is no operation %" PRIu64 ", or it is no longer kept", id);
    return operation;
}

void handle_get_operation(struct call *call, const ProtobufCMessage *message)
{
    const Mriov__V1__GetOperationRequest *request = (const Mriov__V1__GetOperationRequest *)message;
    const struct pcim_operation *operation = find(call, request->id);
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
        if (operation->id < from || operation->dry_run || (request->running && pcim_operation_has_ended(operation)))
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

void handle_cancel_operation(struct call *call, const ProtobufCMessage *message)
{
    const Mriov__V1__CancelOperationRequest *request = (const Mriov__V1__CancelOperationRequest *)message;
    struct pcim_operation *operation = find(call, request->id);
    struct pcim_refusal refusal;
    if (operation == NULL)
        return;
    if (!may_cancel(call, operation)) {
        call_refuse(call, STATUS_PERMISSION_DENIED, "CancelOperation: operation %" PRIu64 " is another's", request->id);
        return;
    }
    if (pcim_cancel(call->daemon->pcim, request->id, &refusal) != STATUS_OK) {
        call_refuse_with(
            call,
            &(struct call_status){
                .code = refusal.code, .message = refusal.message, .holder = refusal.holder, .hint = refusal.hint});
        return;
    }
    change_answer(call, operation, false);
}
