#include "mgmt/call.h"

#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "mgmt/connection.h"
#include "mgmt/dispatch.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"
#include "proto/mriov.pb-c.h"

static char *text(const char *text)
{
    return (char *)(text != NULL ? text : "");
}

/* Sends one answer. */
static void
send_answer(struct call *call, const struct call_status *status, const ProtobufCMessage *response, bool more)
{
    Mriov__V1__Status outcome = MRIOV__V1__STATUS__INIT;
    Mriov__V1__Response answer = MRIOV__V1__RESPONSE__INIT;
    uint8_t *payload = NULL;
    outcome.code = (Mriov__V1__Status__Code)status->code;
    outcome.message = text(status->message);
    outcome.holder = text(status->holder);
    outcome.hint = text(status->hint);
    outcome.generation = status->generation;
    answer.id = call->id;
    answer.status = &outcome;
    answer.more = more;
    answer.now_ns = mriovd_now_ns(call->daemon);
    answer.epoch = call->daemon->epoch;
    if (response != NULL) {
        CHECK(call->method == NULL || response->descriptor == method_output(call->method));
        answer.payload.len = protobuf_c_message_get_packed_size(response);
        answer.payload.data = payload = malloc(answer.payload.len + 1);
        CHECK(payload != NULL);
        protobuf_c_message_pack(response, payload);
    }
    connection_send(call->connection, &answer.base);
    free(payload);
}

static void end(struct call *call)
{
    if (call->on_end != NULL)
        call->on_end(call);
    if (call->deadline != NULL)
        event_free(call->deadline);
    connection_forget(call->connection, call);
    free(call);
}

void call_answer(struct call *call, const ProtobufCMessage *response)
{
    send_answer(call, &(struct call_status){.code = STATUS_OK}, response, false);
    end(call);
}

void call_answer_more(struct call *call, const ProtobufCMessage *response)
{
    send_answer(call, &(struct call_status){.code = STATUS_OK}, response, true);
}

void call_refuse_with(struct call *call, const struct call_status *status)
{
    CHECK(status->code != STATUS_OK);
    if (call->method != NULL && call->method->changes && !call->recorded) {
        call->recorded = true;
        log_line(
            LOG_NOTE, "audit: %s: %s: refused: %s: %s", call->connection->peer.identity, call->method->name,
            status_name(status->code), text(status->message));
        if (durable_refuse(call, status))
            return;
    }
    call->daemon->refusals++;
    send_answer(call, status, NULL, false);
    end(call);
}

void call_refuse(struct call *call, enum status code, const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    call_refuse_with(call, &(struct call_status){.code = code, .message = message});
}

bool call_has_room(const struct call *call)
{
    return connection_has_room(call->connection);
}

void call_abandon(struct call *call)
{
    end(call);
}

static void on_deadline(evutil_socket_t socket, short what, void *context)
{
    (void)socket;
    (void)what;
    struct call *call = context;
    bool goes_on = call->method != NULL && call->method->changes;
    call_refuse(call, STATUS_DEADLINE_EXCEEDED, "deadline_ms: over%s", goes_on ? "; what was begun goes on" : "");
}

void call_set_deadline(struct call *call, uint32_t milliseconds)
{
    struct timeval after = {.tv_sec = milliseconds / 1000, .tv_usec = (suseconds_t)(milliseconds % 1000) * 1000};
    call->deadline = evtimer_new(call->daemon->base, on_deadline, call);
    CHECK(call->deadline != NULL && evtimer_add(call->deadline, &after) == 0);
}
