/* Ctl message: a change in the scenario's grammar as the request that the API takes. */
#ifndef MGMT_CTL_MESSAGE_H
#define MGMT_CTL_MESSAGE_H

#include <protobuf-c/protobuf-c.h>

#include "fabric/pcim/request.h"

/* The message for REQUEST; texts stay REQUEST's. The caller frees it with ctl_message_free(). */
ProtobufCMessage *ctl_message_of(const struct pcim_request *request);

/* NULL is allowed. */
void ctl_message_free(ProtobufCMessage *message);

#endif
