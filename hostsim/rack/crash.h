/* Crash: what a host that fails takes along, and how it comes back.
 *
 * With the host its memory, its cores and its kernel are gone: all operations of its workloads end, what it knew of its
 * hierarchies is forgotten, and the links of its root ports are down, so that in every chassis its hierarchies are cut
 * off and its functions stop. Nobody else's notice. MR-PCIM keeps what it has given to it.
 *
 * A host that is repaired boots: when the link of a root port is up, all below it in its hierarchy is reset, registers
 * too, and walked by TLPs as before time zero. Drivers attach to what is found, and workloads go on. So it also finds
 * what came while it was down, or while it had no hot-plug.
 *
 * Only in a managed world (hostsim/rack/plugs.h). */
#ifndef HOSTSIM_RACK_CRASH_H
#define HOSTSIM_RACK_CRASH_H

#include <stddef.h>

#include "hostsim/rack/world.h"

/* HOST is dead from now on. Nothing happens when it is. */
void crash_host(struct world *world, int host);

/* It has power again. Nothing happens unless it is dead. */
void crash_reboot(struct world *world, int host);

/* CHASSIS, whose links are down, has no power: the registers that hierarchies have there, and in the adapters behind
 * it, are lost. Hosts with hot-plug whose cables end there lose all below that root port. */
void crash_chassis(struct world *world, int chassis);

/* It has power again, and the links of its trunks are up: hosts that come to it by them, and have hot-plug, walk what
 * is behind them anew. (Hosts whose cables end there do when those are up.) */
void crash_find_chassis(struct world *world, int chassis);

/* The link of root INDEX of the topology has come UP or gone down; for plugs. A host whose kernel was busy with slots
 * as it went down walks all below anew when it is up; for others it is as if nothing had been. */
void crash_on_link(struct world *world, size_t index, bool up);

#endif
