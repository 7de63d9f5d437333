/* Commands, of VF migration: what of MR-PCIM's hardware table (fabric/pcim/hardware.h) changes how many VFs a PF has.
 */
#ifndef HOSTSIM_RACK_COMMANDS_VFS_H
#define HOSTSIM_RACK_COMMANDS_VFS_H

#include "fabric/pcim/hardware.h"

void commands_vf_offer(void *rack, const struct pcim_binding *pf, uint32_t vf, struct pcim_call *call);
void commands_vf_retract(void *rack, const struct pcim_binding *pf, uint32_t vf, struct pcim_call *call);
void commands_vf_take_back(void *rack, const struct pcim_binding *pf, uint32_t vf, struct pcim_call *call);

#endif
