/* Dispatch: from a frame's bytes to the handler of its method, by protobuf-c's own descriptor of service MrPcim. */
#ifndef MGMT_DISPATCH_H
#define MGMT_DISPATCH_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

#include "mgmt/access.h"

struct call;
struct connection;

/* A method of the service, a row each in dispatch.c. */
struct method {
    const char *name; /* as in the service */
    enum role least;  /* who may call it at all; whose hosts it touches is the handler's to see to */
    void (*handle)(struct call *call, const ProtobufCMessage *request);
    bool changes; /* the rack: the audit log has all who ask for it */
};

/* Takes a frame over: the bytes are the connection's. Every frame that has an id is answered. */
void dispatch(struct connection *connection, const uint8_t *bytes, size_t size);

/* The type of the method's answers. */
const ProtobufCMessageDescriptor *method_output(const struct method *method);

/* The table, in the order of the service. */
const struct method *dispatch_methods(size_t *count);

#endif
