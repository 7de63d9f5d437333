/* What tests ask of a daemon again and again. All must be answered OK. */
#ifndef TESTS_SUPPORT_DAEMON_ASK_H
#define TESTS_SUPPORT_DAEMON_ASK_H

#include "mgmt/client.h"

void ask_advance(struct client *client, uint64_t ns);

/* The caller frees it with daemon_free(). */
Mriov__V1__GetFabricResponse *ask_fabric(struct client *client);

/* Function NAME, which must be there. */
const Mriov__V1__Function *ask_function(const Mriov__V1__GetFabricResponse *fabric, const char *name);

/* The number of the operation that the mutation REQUEST begins. */
uint64_t ask_begin(struct client *client, const char *method, const ProtobufCMessage *request);

Mriov__V1__Operation__State ask_state(struct client *client, uint64_t id);

/* Lets time pass until operation ID has ended, for 100 ms at most; its state then. */
Mriov__V1__Operation__State ask_end(struct client *client, uint64_t id);

#endif
