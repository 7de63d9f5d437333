#include "fabric/engine/occupancy.h"

#include "fabric/base/time.h"

void occupancy_init(struct occupancy *occupancy, const struct window *window)
{
    *occupancy = (struct occupancy){.window = window, .edge_ps = window->from_ps, .ended_ps = TIME_NEVER};
}

static bool is_before_window(const struct occupancy *occupancy, uint64_t now_ps)
{
    return now_ps < occupancy->window->from_ps;
}

/* The integral from time zero to AT_PS, with no change between the last one and then. */
static uint64_t integral_to_ps(const struct occupancy *occupancy, uint64_t at_ps)
{
    return occupancy->times_ps + occupancy->count * at_ps;
}

static uint32_t most_until(const struct occupancy *occupancy, uint64_t at_ps)
{
    bool counts = at_ps > occupancy->changed_ps && occupancy->count > occupancy->most;
    return counts ? occupancy->count : occupancy->most;
}

static void begin_window(struct occupancy *occupancy)
{
    occupancy->before_ps = integral_to_ps(occupancy, occupancy->window->from_ps);
    occupancy->most = 0;
    occupancy->changed_ps = occupancy->window->from_ps;
    occupancy->edge_ps = occupancy->window->to_ps;
}

static void end_window(struct occupancy *occupancy)
{
    uint64_t to_ps = occupancy->window->to_ps;
    occupancy->ended_ps = integral_to_ps(occupancy, to_ps) - occupancy->before_ps;
    occupancy->ended_most = most_until(occupancy, to_ps);
    occupancy->edge_ps = TIME_NEVER;
}

void occupancy_pass_edge(struct occupancy *occupancy, uint64_t now_ps)
{
    if (occupancy->edge_ps == occupancy->window->from_ps)
        begin_window(occupancy);
    if (now_ps >= occupancy->edge_ps)
        end_window(occupancy);
}

void occupancy_go_on(struct occupancy *occupancy)
{
    if (occupancy->edge_ps != occupancy->window->from_ps) /* otherwise it has not begun */
        occupancy->edge_ps = TIME_NEVER;
    occupancy->ended_ps = TIME_NEVER;
}

/* As it will be at NOW_PS if nothing changes until then. */
static struct occupancy seen_at(const struct occupancy *occupancy, uint64_t now_ps)
{
    struct occupancy seen = *occupancy;
    if (now_ps >= seen.edge_ps)
        occupancy_pass_edge(&seen, now_ps);
    return seen;
}

uint64_t occupancy_integral_ps(const struct occupancy *occupancy, uint64_t now_ps)
{
    if (is_before_window(occupancy, now_ps))
        return 0;
    struct occupancy seen = seen_at(occupancy, now_ps);
    return seen.ended_ps != TIME_NEVER ? seen.ended_ps : integral_to_ps(&seen, now_ps) - seen.before_ps;
}

uint32_t occupancy_most(const struct occupancy *occupancy, uint64_t now_ps)
{
    if (is_before_window(occupancy, now_ps))
        return 0;
    struct occupancy seen = seen_at(occupancy, now_ps);
    return seen.ended_ps != TIME_NEVER ? seen.ended_most : most_until(&seen, now_ps);
}
