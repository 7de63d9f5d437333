/* Commands fault: the faults of MR-PCIM's hardware table (commands.h). They are no commands: they befall the rack.
 *
 * A part that fails is dead at its links: of a host all its uplinks, of a chassis all that end there. RACK is a struct
 * commands. */
#ifndef HOSTSIM_RACK_COMMANDS_FAULT_H
#define HOSTSIM_RACK_COMMANDS_FAULT_H

#include "fabric/pcim/hardware.h"

void commands_inject(
    void *rack, const struct pcim_target *target, const struct pcim_fault_request *fault, int host,
    struct pcim_call *call);
void commands_repair(void *rack, const struct pcim_target *target, struct pcim_call *call);
void commands_end_fault(void *rack, const struct pcim_target *target, enum pcim_fault fault, uint64_t rate);

#endif
