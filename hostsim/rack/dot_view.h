/* Dot view: a rack as a graph in Graphviz's language: what `mriov show --dot` prints.
 *
 * Hosts, chassis and adapters are nodes; uplinks, trunks and the links of adapters are edges, labelled with generation
 * and width. MR links are drawn bold. */
#ifndef HOSTSIM_RACK_DOT_VIEW_H
#define HOSTSIM_RACK_DOT_VIEW_H

#include <stdio.h>

#include "hostsim/rack/world.h"

void dot_view_write(const struct world *world, FILE *out);

#endif
