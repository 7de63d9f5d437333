/* Bus needs: how many bus numbers all that a hierarchy may ever be given behind a bridge takes. What hosts'
 * firmware says in racks whose ownership may change (hostsim/host/enumeration.h, `buses`). */
#ifndef HOSTSIM_RACK_BUS_NEEDS_H
#define HOSTSIM_RACK_BUS_NEEDS_H

#include <stdint.h>

#include <stddef.h>

#include "hostsim/rack/topology.h"

/* Behind the bridge in front of ADAPTER: its functions', were all its VFs HOST's. */
uint32_t bus_needs_adapter(const struct scenario *scenario, int host, int adapter);

/* Behind the upstream bridge of CHASSIS, and of all that HOST reaches through it by the ways of TREE: the internal bus,
 * those behind each adapter's bridge, two for each chassis further on, and what is behind that. */
uint32_t bus_needs_chassis(const struct scenario *scenario, const struct topology_tree *tree, int host, int chassis);

#endif
