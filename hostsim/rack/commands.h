/* Commands: how MR-PCIM's operations reach a world: the hardware table (fabric/pcim/hardware.h) by commands over VH 0
 * (fabric/pcim/chassis_port.h, adapter_port.h) to the chassis on a function's way and to its adapter, one after the
 * other. What a slot's host does reaches MR-PCIM as the switch sees it: that it has powered the slot on or off, or lets
 * go of a place.
 *
 * A job is one command of the table under way, a list of steps; jobs are made as they are asked for and kept for the
 * next. */
#ifndef HOSTSIM_RACK_COMMANDS_H
#define HOSTSIM_RACK_COMMANDS_H

#include "fabric/pcim/hardware.h"
#include "hostsim/rack/world.h"

struct commands_job;
struct commands_slot;

struct commands {
    struct world *world;              /* not owned */
    struct pcim_inventory *inventory; /* not owned */
    struct component component;
    struct commands_job *jobs;   /* all that were ever made; owned */
    struct commands_slot *slots; /* all that operations were ever about; owned */
};

extern const struct pcim_hardware commands_hardware;

void commands_init(struct commands *commands, struct world *world, struct pcim_inventory *inventory);
void commands_free(struct commands *commands);

#endif
