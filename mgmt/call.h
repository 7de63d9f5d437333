/* Call: one request of a client, from its arrival to its last answer.
 *
 * The dispatcher makes it and gives it to its method's handler, with the request's message, which is the dispatcher's
 * and gone when the handler returns. Whoever answers it ends it; a handler that returns without having answered keeps
 * it open and says by `on_end` what is to be done when it ends, by whomever: an answer, its deadline, Cancel, or the
 * connection's end. */
#ifndef MGMT_CALL_H
#define MGMT_CALL_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/base/status.h"

struct connection;
struct event;
struct method;
struct mriovd;

/* What Status says, for those who make it. */
struct call_status {
    enum status code;
    const char *message, *holder, *hint; /* NULL: "" */
    uint64_t generation;
};

struct call {
    struct call *previous, *next; /* of its connection */
    struct connection *connection;
    struct mriovd *daemon;
    const struct method *method;
    uint64_t id;                        /* the client's */
    struct event *deadline;             /* owned; NULL: none */
    void (*on_end)(struct call *call);  /* NULL: nothing */
    void (*on_room)(struct call *call); /* the client has read what was queued; NULL: nobody asks */
    void *context;                      /* the handler's */
    /* Of the request; gone when the handler returns. */
    const char *request_key; /* "": none */
    const void *payload;
    size_t payload_size;
    const char *target; /* what it is about, once that is known; NULL: not yet */
    bool recorded;      /* the audit log has it, or will; or it need not */
    bool binds;         /* its refusal is the first answer to its request key, also after a restart */
    bool stays;         /* it is one of its connection's `staying` */
};

/* Answers with RESPONSE, of the type that the method has (NULL: an empty one), and ends the call. */
void call_answer(struct call *call, const ProtobufCMessage *response);

/* One answer of several. */
void call_answer_more(struct call *call, const ProtobufCMessage *response);

/* Answers that it cannot be, and ends the call: at once, or, of a change, when the audit log has that. */
void call_refuse(struct call *call, enum status code, const char *format, ...) __attribute__((format(printf, 3, 4)));
void call_refuse_with(struct call *call, const struct call_status *status);

/* False when the client has not read so much that more should wait, or be left out. */
bool call_has_room(const struct call *call);

/* Ends the call without an answer: its connection goes. */
void call_abandon(struct call *call);

/* Has the call answered DEADLINE_EXCEEDED after MILLISECONDS, if it is open by then. */
void call_set_deadline(struct call *call, uint32_t milliseconds);

#endif
