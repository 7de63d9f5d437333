#include "fabric/engine/simulation.h"

#include "fabric/base/check.h"

void simulation_init(struct simulation *simulation, uint64_t seed)
{
    *simulation = (struct simulation){.seed = seed};
    event_queue_init(&simulation->queue);
}

void simulation_free(struct simulation *simulation)
{
    event_queue_init(&simulation->queue);
}

void simulation_run(struct simulation *simulation, uint64_t until_ps)
{
    CHECK(until_ps >= simulation->now_ps);
    simulation->stopped = false;
    struct event *event;
    while ((event = event_queue_pop(&simulation->queue, until_ps)) != NULL) {
        simulation->now_ps = event->time_ps;
        simulation->events++;
        event->run(event);
        if (simulation->stopped)
            return;
    }
    simulation->now_ps = until_ps;
}

void simulation_stop(struct simulation *simulation)
{
    simulation->stopped = true;
}

bool simulation_is_valid(const struct simulation *simulation)
{
    return event_queue_is_valid(&simulation->queue);
}
