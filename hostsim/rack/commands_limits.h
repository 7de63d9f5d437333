/* Commands limits: what functions may and must be able to move, and their weights, told to the adapter function by
 * function, and to the chassis in front of it as the sum over what their hierarchy has there.
 *
 * The inventory keeps them; a function that comes to a hierarchy has them again there. Where nothing is limited and no
 * weight is more than 1 nothing is told. */
#ifndef HOSTSIM_RACK_COMMANDS_LIMITS_H
#define HOSTSIM_RACK_COMMANDS_LIMITS_H

#include <stdbool.h>

#include "fabric/pcim/hardware.h"

struct commands_job;

/* Steps: of the job's function and the VFs that come with it, as the inventory has them, to the adapter; and of its
 * hierarchy to the chassis. */
bool commands_restore_limits(struct commands_job *job);
bool commands_tell_chassis(struct commands_job *job);

/* Of the hardware table. */
void commands_set_limits(
    void *rack, const struct pcim_binding *at, uint64_t min_bps, uint64_t max_bps, uint32_t weight,
    struct pcim_call *call);

#endif
