#include "fabric/engine/component.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "fabric/engine/simulation.h"

static struct simulation simulation;
static struct component component;

static void run_nothing(struct event *event)
{
    (void)event;
}

Test(component, are_numbered_as_they_are_made)
{
    simulation_init(&simulation, 1);
    for (uint64_t i = 0; i < 5; i++) {
        component_init(&component, &simulation);
        cr_assert_eq(component.simulation, &simulation);
        cr_assert_eq(component.next_order, i << COMPONENT_COUNT_BITS);
    }
}

Test(component, can_be_as_many_as_their_numbers)
{
    simulation_init(&simulation, 1);
    for (uint32_t i = 0; i < COMPONENTS_MAX; i++)
        component_init(&component, &simulation);
    cr_assert_eq(component.next_order >> COMPONENT_COUNT_BITS, COMPONENTS_MAX - 1);
}

Test(component, are_refused_beyond, .signal = SIGABRT)
{
    simulation_init(&simulation, 1);
    simulation.components = COMPONENTS_MAX;
    component_init(&component, &simulation);
}

Test(component, count_does_not_run_into_the_next_number, .signal = SIGABRT)
{
    simulation_init(&simulation, 1);
    component_init(&component, &simulation);
    struct event event;
    event_init(&event, &component, run_nothing);
    component.next_order += (UINT64_C(1) << COMPONENT_COUNT_BITS) - 1;
    event_schedule(&event, 10);
}
