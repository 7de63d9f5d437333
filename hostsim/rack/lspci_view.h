/* Lspci view: what `lspci -xxxx` would print on a host after boot: what `mriov show --lspci HOST` prints. */
#ifndef HOSTSIM_RACK_LSPCI_VIEW_H
#define HOSTSIM_RACK_LSPCI_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "hostsim/rack/world.h"

/* All that HOST has found, root port by root port, each in a PCI domain of its own, in bus order. RAW: VFs' vendor and
 * device as in their registers; otherwise as Linux shows them. */
void lspci_view_write(const struct world *world, int host, bool raw, FILE *out);

#endif
