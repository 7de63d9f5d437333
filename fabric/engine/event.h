/* Event: something that a component will do at a known time.
 *
 * Events are embedded in what they belong to, whose run function gets back to it with CONTAINER_OF
 * (fabric/base/check.h). Scheduling allocates nothing and copies nothing; an event is in the queue at most once, and
 * must not be moved or freed while it is. Its run function finds it idle and may schedule it again, and schedule, move
 * or cancel any other.
 *
 *     struct transmitter {
 *         struct component component;
 *         struct event idle;
 *     };
 *
 *     static void transmitter_idle(struct event *event)
 *     {
 *         struct transmitter *transmitter = CONTAINER_OF(event, struct transmitter, idle);
 *         ...
 *     }
 *
 *     event_init(&transmitter->idle, &transmitter->component, transmitter_idle);
 *     event_schedule(&transmitter->idle, transmitter->component.simulation->now_ps + serialisation_ps); */
#ifndef FABRIC_ENGINE_EVENT_H
#define FABRIC_ENGINE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/engine/component.h"

/* The place of an event that is not scheduled. */
#define EVENT_IDLE 0

/* One cache line. All but `time_ps` is the engine's own. */
struct event {
    uint64_t time_ps; /* when it is due, or was when it last ran */
    uint64_t order;   /* among the events of that time; unique */

    /* Of the pairing heap that it is in (fabric/engine/event_heap.h). */
    struct event *child;    /* the first of those that it comes before */
    struct event *next;     /* its next sibling */
    struct event *previous; /* its previous sibling; the first one's is its parent, the root's the heap's end or null */

    void (*run)(struct event *event);
    struct component *component; /* not owned */
    uint32_t place;              /* which heap of the queue it is in, or EVENT_IDLE */
};

/* Makes EVENT an idle event of COMPONENT, which must outlive it. Must not be called while it is scheduled. */
void event_init(struct event *event, struct component *component, void (*run)(struct event *event));

/* Schedules EVENT, which must be idle, for AT_PS: now or later, and before TIME_NEVER. */
void event_schedule(struct event *event, uint64_t at_ps);

/* Schedules EVENT for AT_PS, whether it was idle or scheduled for another time. */
void event_reschedule(struct event *event, uint64_t at_ps);

/* Takes EVENT out of the queue. Nothing happens when it is idle. */
void event_cancel(struct event *event);

static inline bool event_is_scheduled(const struct event *event)
{
    return event->place != EVENT_IDLE;
}

/* Schedules EVENT for AT_PS unless it is scheduled for then or earlier already. */
static inline void event_schedule_before(struct event *event, uint64_t at_ps)
{
    if (!event_is_scheduled(event))
        event_schedule(event, at_ps);
    else if (at_ps < event->time_ps)
        event_reschedule(event, at_ps);
}

/* The order in which events run. */
static inline bool event_is_before(const struct event *one, const struct event *other)
{
    /* As one number of 128 bits, which compilers compare without a branch. */
    unsigned __int128 a = (unsigned __int128)one->time_ps << 64 | one->order;
    unsigned __int128 b = (unsigned __int128)other->time_ps << 64 | other->order;
    return a < b;
}

#endif
