#include "fabric/engine/component.h"

#include "fabric/base/check.h"
#include "fabric/engine/simulation.h"

void component_init(struct component *component, struct simulation *simulation)
{
    CHECK(simulation->components < COMPONENTS_MAX);
    component->simulation = simulation;
    component->next_order = (uint64_t)simulation->components << COMPONENT_COUNT_BITS;
    simulation->components++;
}
