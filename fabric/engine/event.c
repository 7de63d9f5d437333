#include "fabric/engine/event.h"

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/engine/simulation.h"

_Static_assert(sizeof(struct event) == 64, "an event is one cache line");

#define COUNT_MASK ((UINT64_C(1) << COMPONENT_COUNT_BITS) - 1)

void event_init(struct event *event, struct component *component, void (*run)(struct event *event))
{
    *event = (struct event){.run = run, .component = component};
}

void event_schedule(struct event *event, uint64_t at_ps)
{
    struct component *component = event->component;
    struct simulation *simulation = component->simulation;
    CHECK(at_ps - simulation->now_ps < TIME_NEVER - simulation->now_ps); /* not in the past, and some time */
    event->time_ps = at_ps;
    event->order = component->next_order++;
    CHECK((component->next_order & COUNT_MASK) != 0);
    event_queue_insert(&simulation->queue, event);
}

void event_reschedule(struct event *event, uint64_t at_ps)
{
    event_cancel(event);
    event_schedule(event, at_ps);
}

void event_cancel(struct event *event)
{
    if (event_is_scheduled(event))
        event_queue_remove(&event->component->simulation->queue, event);
}
