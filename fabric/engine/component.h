/* Component: a part of the model that owns events - a direction of a link, a port, a workload.
 *
 * Events due at one time run in the order of (component, that component's own count of schedulings). A global count
 * would make that order depend on everything else that happens in the rack, and on how a rack is cut into partitions.
 * Components are numbered as they are made, so a world that is built in one order always runs in one order.
 *
 * A component is embedded in the structure that it stands for, and lives as long as its events are used. */
#ifndef FABRIC_ENGINE_COMPONENT_H
#define FABRIC_ENGINE_COMPONENT_H

#include <stdint.h>

struct simulation;

/* An order is the component's number in the upper 20 bits and its count in the lower 44. */
#define COMPONENT_COUNT_BITS 44
#define COMPONENTS_MAX (UINT32_C(1) << (64 - COMPONENT_COUNT_BITS))

struct component {
    struct simulation *simulation; /* not owned */
    uint64_t next_order;           /* of the next event that is scheduled */
};

/* Gives COMPONENT the next number of SIMULATION (at most COMPONENTS_MAX). */
void component_init(struct component *component, struct simulation *simulation);

#endif
