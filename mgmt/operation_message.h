/* Operation message: an operation of MR-PCIM's as the API shows it. */
#ifndef MGMT_OPERATION_MESSAGE_H
#define MGMT_OPERATION_MESSAGE_H

#include "fabric/pcim/pcim.h"
#include "mgmt/arena.h"
#include "proto/mriov.pb-c.h"

struct mriovd;

/* In ARENA; its texts are the operation's and the daemon's. */
Mriov__V1__Operation *
operation_message(const struct mriovd *daemon, const struct pcim_operation *operation, struct arena *arena);

/* Its plan, for Apply: *COUNT steps. */
Mriov__V1__ApplyResponse__Step **
operation_plan(const struct mriovd *daemon, const struct pcim_operation *operation, struct arena *arena, size_t *count);

#endif
