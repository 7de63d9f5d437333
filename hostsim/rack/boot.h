/* Boot: what happens before time zero: every host walks its hierarchies by configuration TLPs.
 *
 * Boot is a run of its own, of a rack built for it alone: all hosts begin at once, and it lasts until the last of them
 * has done. MR-PCIM, which is up before its hosts are, walks VH 0 of every chassis in the same way; as its walk and
 * theirs share no function, it stands behind theirs here, and they are as if they had the links for themselves. What
 * boot leaves is what software leaves in a rack: registers, and what each host knows. Of the rack that the run is of,
 * no wire has been used, no random number drawn and no TLP counted by then. */
#ifndef HOSTSIM_RACK_BOOT_H
#define HOSTSIM_RACK_BOOT_H

#include "hostsim/rack/world.h"

/* Boots BOOTED, a world whose hierarchies are built, and gives WORLD, which is built of the same scenario, its
 * registers, the trees that hosts have found, and the time that it took. */
MUST_CHECK enum status boot_hosts(struct world *booted, struct world *world, char *reason, size_t reason_size);

#endif
