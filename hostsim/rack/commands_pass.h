/* Commands pass: functions that pass between a host and its guests, of MR-PCIM's hardware table (commands.h). MR-PCIM
 * asks the host's hypervisor; no bridge and no adapter is told anything by MR-PCIM. RACK is a struct commands. */
#ifndef HOSTSIM_RACK_COMMANDS_PASS_H
#define HOSTSIM_RACK_COMMANDS_PASS_H

#include "fabric/pcim/hardware.h"
#include "hostsim/rack/plugs.h"

struct commands;

void commands_let_go(void *rack, const struct pcim_binding *at, struct pcim_call *call);
void commands_let_go_cancel(void *rack, const struct pcim_binding *at);
void commands_hand_over(
    void *rack, const struct pcim_binding *from, struct pcim_owner to, enum pcim_policy policy, struct pcim_call *call);

/* What hosts tell (struct plugs_ops). */
void commands_on_let_go(void *context, struct scenario_function function);
void commands_on_passed(void *context, struct scenario_function function, bool well);

#endif
