/* Rack view: what is in a rack and how it is cabled: the first part of what `mriov show --tree` prints.
 *
 * For each chassis a table of its ports: the port's name as management has it, link, one-way delay, whether it is an MR
 * link, and what is at the other end. Then the hosts that have adapters of their own, or nothing. */
#ifndef HOSTSIM_RACK_RACK_VIEW_H
#define HOSTSIM_RACK_RACK_VIEW_H

#include <stdio.h>

#include "hostsim/rack/world.h"

void rack_view_write(const struct world *world, FILE *out);

#endif
