/* Simulation: the clock, and the loop that runs events in the order of (time, component, count).
 *
 * The caller makes a simulation, builds components that schedule events on it, and runs it up to a time, as often as
 * it likes; between two runs it may look at the model and change it. Components and events belong to who made them:
 * they must outlive the last run, and an event must be cancelled before it is freed while the simulation goes on.
 * Nothing is allocated, but the structure is 50 KiB of slots and must not be moved: components point to it. */
#ifndef FABRIC_ENGINE_SIMULATION_H
#define FABRIC_ENGINE_SIMULATION_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/engine/component.h"
#include "fabric/engine/event.h"
#include "fabric/engine/event_queue.h"

struct simulation {
    uint64_t now_ps; /* no event that is still to run is earlier */
    uint64_t events; /* run so far */
    uint64_t seed;   /* what components derive their random streams from */
    struct event_queue queue;
    uint32_t components; /* made so far */
    bool stopped;        /* simulation_stop() was called in this run */
};

/* An empty simulation at time zero. */
void simulation_init(struct simulation *simulation, uint64_t seed);

/* Ends the simulation: events that were still scheduled are forgotten, and must not be used again before event_init().
 */
void simulation_free(struct simulation *simulation);

/* Runs every event that is due at UNTIL_PS or earlier, those scheduled on the way included, and leaves the clock at
 * UNTIL_PS, which must not be before now. To run until nothing is left, pass TIME_NEVER - 1. */
void simulation_run(struct simulation *simulation, uint64_t until_ps);

/* For events: makes simulation_run() return after the event that calls it, with the clock at that event's time. What
 * was scheduled stays scheduled, and the next run goes on with it. */
void simulation_stop(struct simulation *simulation);

bool simulation_is_valid(const struct simulation *simulation);

#endif
