/* Hello, Cancel. */
#include "mgmt/call.h"
#include "mgmt/connection.h"
#include "mgmt/handlers.h"
#include "mgmt/mriovd.h"
#include "proto/mriov.pb-c.h"

void handle_hello(struct call *call, const ProtobufCMessage *request)
{
    (void)request;
    struct peer *peer = &call->connection->peer;
    Mriov__V1__HelloResponse response = MRIOV__V1__HELLO_RESPONSE__INIT;
    response.version = (char *)MRIOV_VERSION;
    response.epoch = call->daemon->epoch;
    response.scenario = call->daemon->scenario->name;
    response.role = (Mriov__V1__HelloResponse__Role)peer->role;
    response.identity = peer->identity;
    response.hosts = (char **)access_hosts(peer, &response.n_hosts);
    if (peer->role < ROLE_OPERATOR)
        response.n_hosts = 0;
    call_answer(call, &response.base);
}

void handle_cancel(struct call *call, const ProtobufCMessage *message)
{
    const Mriov__V1__CancelRequest *request = (const Mriov__V1__CancelRequest *)message;
    struct call *other = connection_find_call(call->connection, request->id);
    if (other == NULL || other == call) {
        call_refuse(call, STATUS_NOT_FOUND, "id: no other request of this connection is open with it");
        return;
    }
    call_refuse(other, STATUS_CANCELLED, "by Cancel");
    Mriov__V1__CancelResponse response = MRIOV__V1__CANCEL_RESPONSE__INIT;
    call_answer(call, &response.base);
}
