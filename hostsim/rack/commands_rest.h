/* Commands rest: the entries of MR-PCIM's hardware table that are not about slots (commands.h); what each does is said
 * in fabric/pcim/hardware.h. RACK is a struct commands. */
#ifndef HOSTSIM_RACK_COMMANDS_REST_H
#define HOSTSIM_RACK_COMMANDS_REST_H

#include "fabric/pcim/hardware.h"

bool commands_is_in_use(void *rack, const struct pcim_binding *at);
void commands_await_idle(void *rack, const struct pcim_binding *at, struct pcim_call *call);
void commands_forget_idle(void *rack, const struct pcim_binding *at);
void commands_control_port(void *rack, int port, enum pcim_port_action action, struct pcim_call *call);
void commands_reset_hierarchy(void *rack, uint16_t vh, struct pcim_call *call);

#endif
