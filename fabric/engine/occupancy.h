/* Occupancy: how many of something there are over time, such as TLPs in a queue: the mean and the most in the measured
 * window.
 *
 * The integral of a count over time is kept as the sum of the times of all departures less those of all arrivals, so a
 * change costs an addition. What is there for no time at all does not count for the most. */
#ifndef FABRIC_ENGINE_OCCUPANCY_H
#define FABRIC_ENGINE_OCCUPANCY_H

#include <stdint.h>

#include "fabric/engine/window.h"

struct occupancy {
    const struct window *window; /* not owned */
    uint64_t before_ps;          /* the integral up to the window's begin */
    uint64_t ended_ps;           /* TIME_NEVER, or the integral over the whole window */
    uint32_t ended_most;         /* then: the most in it */

    /* What every change needs. */
    uint64_t changed_ps; /* the last change */
    uint64_t edge_ps;    /* the window's edge that comes next; TIME_NEVER after the second */
    uint64_t times_ps;   /* departures' times less arrivals', modulo 2^64 */
    uint32_t count;      /* now */
    uint32_t most;       /* for some time since the last edge of the window, up to the last change */
};

/* Nothing there, before or at the beginning of WINDOW, which must stay; its end may become known later. */
void occupancy_init(struct occupancy *occupancy, const struct window *window);

/* The window that has ended, or would, has no end from now on; whoever says so has set its `to_ps` to TIME_NEVER. */
void occupancy_go_on(struct occupancy *occupancy);

/* For occupancy_change() only: NOW_PS is at or past the next edge of the window. */
void occupancy_pass_edge(struct occupancy *occupancy, uint64_t now_ps);

/* BY more (or less, when negative) from NOW_PS on, which must not be before the last change. */
static inline void occupancy_change(struct occupancy *occupancy, uint64_t now_ps, int32_t by)
{
    if (__builtin_expect(now_ps >= occupancy->edge_ps, 0))
        occupancy_pass_edge(occupancy, now_ps);
    if (now_ps != occupancy->changed_ps && occupancy->count > occupancy->most)
        occupancy->most = occupancy->count;
    occupancy->changed_ps = now_ps;
    occupancy->count += (uint32_t)by;
    occupancy->times_ps -= (uint64_t)(int64_t)by * now_ps;
}

/* The count integrated over the window until NOW_PS, in ps; exact while that is below 2^64. */
uint64_t occupancy_integral_ps(const struct occupancy *occupancy, uint64_t now_ps);

/* The most that were there at once in the window until NOW_PS. */
uint32_t occupancy_most(const struct occupancy *occupancy, uint64_t now_ps);

#endif
