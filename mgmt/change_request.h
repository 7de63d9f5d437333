/* Change request: what a client asks to change, from the API's message to MR-PCIM's request, and whose hosts it is
 * about. */
#ifndef MGMT_CHANGE_REQUEST_H
#define MGMT_CHANGE_REQUEST_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "fabric/pcim/pcim.h"
#include "mgmt/access.h"
#include "mgmt/arena.h"

struct change_request {
    struct pcim_request request; /* texts are the message's, arrays the arena's */
    bool wait;
};

/* MESSAGE, a request of one of the methods that change something, as what MR-PCIM takes. Anything but STATUS_OK:
 * REFUSAL says why. */
MUST_CHECK enum status change_request_read(
    const ProtobufCMessage *message, struct arena *arena, struct change_request *change, struct pcim_refusal *refusal);

/* What it is about, in the client's words; "" for several. */
const char *change_request_target(const struct pcim_request *request);

/* Whether it only asks what would be. */
bool change_request_is_dry(const struct pcim_request *request);

/* Whether PEER may have that done: all hosts that lose or get something are its own, or it is an administrator. What
 * cannot be resolved is MR-PCIM's to refuse. */
bool change_request_is_allowed(
    const struct pcim_request *request, const struct pcim_inventory *inventory, const struct peer *peer);

#endif
