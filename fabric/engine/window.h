/* Window: the part of simulated time that is measured, [from, to). */
#ifndef FABRIC_ENGINE_WINDOW_H
#define FABRIC_ENGINE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct window {
    uint64_t from_ps; /* the end of the warm-up */
    uint64_t to_ps;   /* TIME_NEVER while it is not known */
};

static inline bool window_contains(const struct window *window, uint64_t at_ps)
{
    return at_ps >= window->from_ps && at_ps < window->to_ps;
}

/* How much of [begin, end) lies in the window. */
static inline uint64_t window_overlap_ps(const struct window *window, uint64_t begin_ps, uint64_t end_ps)
{
    uint64_t from = begin_ps > window->from_ps ? begin_ps : window->from_ps;
    uint64_t to = end_ps < window->to_ps ? end_ps : window->to_ps;
    return to > from ? to - from : 0;
}

#endif
