/* Tree view: what each host sees, and MR-PCIM in each chassis: the second part of what `mriov show --tree` prints.
 *
 * A tree for each root port: the root port, the chassis's upstream and downstream bridges, and the functions, with
 * their routing IDs, the buses behind bridges, and windows and BARs. Plain ASCII, the same in every locale. */
#ifndef HOSTSIM_RACK_TREE_VIEW_H
#define HOSTSIM_RACK_TREE_VIEW_H

#include <stdio.h>

#include "hostsim/rack/world.h"

void tree_view_write(const struct world *world, FILE *out);

#endif
