#include "mgmt/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "mgmt/budget.h"
#include "mgmt/call.h"
#include "mgmt/connection.h"
#include "mgmt/handlers.h"
#include "mgmt/limits.h"
#include "mgmt/message_check.h"
#include "mgmt/mriovd.h"
#include "mgmt/server.h"
#include "proto/mriov.pb-c.h"

/* In the order of the service, which method_find() holds it to. */
static const struct method methods[] = {
    {"Hello", ROLE_NOBODY, handle_hello, false},
    {"GetFabric", ROLE_VIEWER, handle_get_fabric, false},
    {"ListFunctions", ROLE_VIEWER, handle_list_functions, false},
    {"Assign", ROLE_OPERATOR, handle_change, true},
    {"Release", ROLE_OPERATOR, handle_change, true},
    {"Move", ROLE_OPERATOR, handle_change, true},
    {"Apply", ROLE_OPERATOR, handle_change, true},
    {"SetQos", ROLE_OPERATOR, handle_change, true},
    {"SetVfs", ROLE_OPERATOR, handle_change, true},
    {"ControlPort", ROLE_OPERATOR, handle_change, true},
    {"InjectFault", ROLE_ADMINISTRATOR, handle_change, true},
    {"RepairFault", ROLE_ADMINISTRATOR, handle_change, true},
    {"MigrateGuest", ROLE_OPERATOR, handle_change, true},
    {"GetOperation", ROLE_VIEWER, handle_get_operation, false},
    {"ListOperations", ROLE_VIEWER, handle_list_operations, false},
    {"CancelOperation", ROLE_OPERATOR, handle_cancel_operation, true},
    {"Watch", ROLE_VIEWER, handle_watch, false},
    {"Cancel", ROLE_VIEWER, handle_cancel, false},
    {"GetStatistics", ROLE_VIEWER, handle_get_statistics, false},
    {"WatchStatistics", ROLE_VIEWER, handle_watch_statistics, false},
    {"GetResults", ROLE_VIEWER, handle_get_results, false},
    {"GetClock", ROLE_VIEWER, handle_get_clock, false},
    {"Advance", ROLE_OPERATOR, handle_advance, false},
    {"SetPace", ROLE_OPERATOR, handle_set_pace, false},
    {"Pause", ROLE_OPERATOR, handle_pause, false},
    {"WhatIf", ROLE_OPERATOR, handle_what_if, false},
    {"ReadConfig", ROLE_VIEWER, handle_read_config, false},
};
#define METHODS (sizeof methods / sizeof methods[0])

static const ProtobufCServiceDescriptor *const service = &mriov__v1__mr_pcim__descriptor;

const struct method *dispatch_methods(size_t *count)
{
    *count = METHODS;
    return methods;
}

static const struct method *method_find(const char *name)
{
    CHECK(service->n_methods == METHODS);
    const ProtobufCMethodDescriptor *found = protobuf_c_service_descriptor_get_method_by_name(service, name);
    if (found == NULL)
        return NULL;
    const struct method *method = &methods[found - service->methods];
    CHECK(strcmp(method->name, found->name) == 0);
    return method;
}

const ProtobufCMessageDescriptor *method_output(const struct method *method)
{
    return service->methods[method - methods].output;
}

/* --- a request --- */

static struct call *open_call(struct connection *connection, uint64_t id)
{
    struct call *call = malloc(sizeof *call);
    CHECK(call != NULL);
    *call = (struct call){
        .next = connection->calls,
        .connection = connection,
        .daemon = connection->server->daemon,
        .id = id,
    };
    if (call->next != NULL)
        call->next->previous = call;
    connection->calls = call;
    connection->call_count++;
    return call;
}

/* Whether the envelope is as it must be and its caller may; otherwise it has been refused. */
static bool admit(struct call *call, const Mriov__V1__Request *request, bool is_open)
{
    char why[128];
    const struct peer *peer = &call->connection->peer;
    if (is_open)
        call_refuse(call, STATUS_INVALID_ARGUMENT, "id: a request with it is open on this connection");
    else if (!message_check(&request->base, why, sizeof why))
        call_refuse(call, STATUS_INVALID_ARGUMENT, "%s", why);
    else if (strlen(request->request_key) > LIMIT_KEY_BYTES)
        call_refuse(call, STATUS_INVALID_ARGUMENT, "request_key: longer than %d bytes", LIMIT_KEY_BYTES);
    else if ((call->method = method_find(request->method)) == NULL)
        call_refuse(call, STATUS_UNSUPPORTED, "method: there is none called `%s`", request->method);
    else if (peer->role < call->method->least)
        call_refuse(
            call, STATUS_PERMISSION_DENIED, "%s: needs the role %s, and %s is %s", request->method,
            role_name(call->method->least), peer->identity, role_name(peer->role));
    else
        return true;
    return false;
}

/* Whether a request may be open until something happens: it is a stream, a child works for it, or it has `wait` set. */
static bool may_stay(const struct method *method, const ProtobufCMessage *message)
{
    if (method->handle == handle_watch || method->handle == handle_watch_statistics ||
        method->handle == handle_get_results || method->handle == handle_what_if)
        return true;
    const ProtobufCFieldDescriptor *wait = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, "wait");
    return wait != NULL && *(const protobuf_c_boolean *)(const void *)((const char *)message + wait->offset) != 0;
}

/* Gives the method of CALL its MESSAGE, unless too many are open. */
static void serve(struct call *call, const ProtobufCMessage *message)
{
    struct connection *connection = call->connection;
    bool stays = may_stay(call->method, message);
    if (stays && connection->staying == LIMIT_CALLS) {
        call_refuse(
            call, STATUS_RESOURCES_EXHAUSTED, "%s: %d streams and waits are the most that a connection has open",
            call->method->name, LIMIT_CALLS);
        return;
    }
    call->stays = stays;
    connection->staying += stays;
    call->method->handle(call, message);
}

/* Gives CALL, which is admitted, to its method. */
static void handle(struct call *call, const Mriov__V1__Request *request, struct budget *budget)
{
    char why[128];
    const ProtobufCMessageDescriptor *input = service->methods[call->method - methods].input;
    ProtobufCMessage *message =
        protobuf_c_message_unpack(input, &budget->allocator, request->payload.len, request->payload.data);
    if (message == NULL) {
        call_refuse(
            call, budget->exceeded ? STATUS_RESOURCES_EXHAUSTED : STATUS_INVALID_ARGUMENT, "payload: %s %s",
            budget->exceeded ? "takes more than 4 MiB to unpack as a" : "is no", input->name);
        return;
    }
    if (request->deadline_ms != 0)
        call_set_deadline(call, request->deadline_ms);
    call->request_key = request->request_key;
    call->payload = request->payload.data;
    call->payload_size = request->payload.len;
    call->target = NULL;
    if (message_check(message, why, sizeof why))
        serve(call, message);
    else
        call_refuse(call, STATUS_INVALID_ARGUMENT, "%s", why);
    protobuf_c_message_free_unpacked(message, &budget->allocator);
}

void dispatch(struct connection *connection, const uint8_t *bytes, size_t size)
{
    struct budget budget;
    budget_start(&budget, LIMIT_DECODE_BYTES);
    connection->server->daemon->requests++;
    Mriov__V1__Request *request = mriov__v1__request__unpack(&budget.allocator, size, bytes);
    if (request == NULL) {
        struct call *call = open_call(connection, 0);
        call_refuse(
            call, budget.exceeded ? STATUS_RESOURCES_EXHAUSTED : STATUS_INVALID_ARGUMENT, "the frame %s",
            budget.exceeded ? "takes more than 4 MiB to unpack" : "is no Request");
        return;
    }
    bool is_open = connection_find_call(connection, request->id) != NULL;
    struct call *call = open_call(connection, request->id);
    if (admit(call, request, is_open))
        handle(call, request, &budget);
    mriov__v1__request__free_unpacked(request, &budget.allocator);
}
