/* Handlers: a function for each method of service MrPcim, a file for each group (handle_*.c).
 *
 * REQUEST is of the type that the method takes, has passed message_check(), and is gone when the handler returns. */
#ifndef MGMT_HANDLERS_H
#define MGMT_HANDLERS_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

struct call;
struct mriovd;
struct pcim;
struct pcim_operation;

/* handle_session.c */
void handle_hello(struct call *call, const ProtobufCMessage *request);
void handle_cancel(struct call *call, const ProtobufCMessage *request);

/* handle_fabric.c */
void handle_get_fabric(struct call *call, const ProtobufCMessage *request);
void handle_list_functions(struct call *call, const ProtobufCMessage *request);

/* handle_clock.c */
void handle_get_clock(struct call *call, const ProtobufCMessage *request);
void handle_advance(struct call *call, const ProtobufCMessage *request);
void handle_set_pace(struct call *call, const ProtobufCMessage *request);
void handle_pause(struct call *call, const ProtobufCMessage *request);

/* OPERATION has ended: an Advance that was to go on until then does not. */
void advance_ended(struct mriovd *daemon, const struct pcim_operation *operation);

/* handle_statistics.c */
void handle_get_statistics(struct call *call, const ProtobufCMessage *request);
void handle_watch_statistics(struct call *call, const ProtobufCMessage *request);

/* handle_results.c */
void handle_get_results(struct call *call, const ProtobufCMessage *request);

/* handle_change.c: all that change the rack */
void handle_change(struct call *call, const ProtobufCMessage *request);

/* OPERATION has ended: who waits for it is answered. Within the simulation, which answers do not touch. */
void change_ended(struct mriovd *daemon, const struct pcim_operation *operation);

/* Answers those who wait for OPERATION, which has ended and is on disk. */
void change_answer_all(struct mriovd *daemon, const struct pcim_operation *operation);

/* Simulated time is at its end: who waits for what has not ended is refused. */
void change_refuse_waiting(struct mriovd *daemon);

/* Answers with OPERATION, of a method whose answer begins with one: at once, or WAIT when it has ended. */
void change_answer(struct call *call, const struct pcim_operation *operation, bool wait);

/* handle_operation.c */
void handle_get_operation(struct call *call, const ProtobufCMessage *request);
void handle_list_operations(struct call *call, const ProtobufCMessage *request);
void handle_cancel_operation(struct call *call, const ProtobufCMessage *request);

/* Operation ID, that FIELD of a request names. NULL: nobody is told of one, and CALL has been refused. */
struct pcim_operation *operation_find(struct call *call, const char *field, uint64_t id);

/* handle_watch.c */
/* PCIM is the daemon's from now on, and its events go to who watches. */
void watch_start(struct mriovd *daemon, struct pcim *pcim);

/* Those who watch are told what may be told by now. */
void watch_tell(struct mriovd *daemon);

void handle_watch(struct call *call, const ProtobufCMessage *request);

/* handle_what_if.c */
void handle_what_if(struct call *call, const ProtobufCMessage *request);

/* handle_config.c */
void handle_read_config(struct call *call, const ProtobufCMessage *request);

#endif
