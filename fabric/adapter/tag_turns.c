#include "fabric/adapter/tag_turns.h"

#include "fabric/adapter/function.h"

/* What a tag costs who has a weight of 1. */
#define ROUND (UINT64_C(1) << 24)

static struct dma_engine *engine_of(struct waiter *waiter)
{
    return CONTAINER_OF(waiter, struct dma_engine, waiter);
}

/* The first of LINE that is owed what it would read; NULL when none is. */
static struct waiter *find_owed(const struct wait_line *line, uint64_t now_ps)
{
    for (struct waiter *waiter = line->first; waiter != NULL; waiter = waiter->next)
        if (rate_guarantee_is_owed(&engine_of(waiter)->function->guarantees[GUARANTEE_ASKED], now_ps))
            return waiter;
    return NULL;
}

/* The time of ENGINE, no more than a round behind. */
static uint64_t time_of(const struct tag_turns *turns, const struct dma_engine *engine)
{
    uint64_t least = turns->time > ROUND ? turns->time - ROUND : 0;
    return engine->tag_time > least ? engine->tag_time : least;
}

/* The one that is furthest behind, of those the one that has waited longest: without weights simply that one. */
static struct waiter *find_behind(const struct tag_turns *turns, const struct wait_line *line)
{
    struct waiter *behind = line->first;
    for (struct waiter *waiter = line->first; turns->weighs && waiter != NULL; waiter = waiter->next)
        if (time_of(turns, engine_of(waiter)) < time_of(turns, engine_of(behind)))
            behind = waiter;
    return behind;
}

static void charge(struct tag_turns *turns, struct dma_engine *engine)
{
    uint32_t weight = engine->function->settings.weight;
    uint64_t time = time_of(turns, engine), cost = weight > 0 ? ROUND / weight : ROUND;
    turns->time = time > turns->time ? time : turns->time;
    engine->tag_time = time + (cost > 0 ? cost : 1);
}

struct waiter *tag_turns_leave(struct tag_turns *turns, struct wait_line *line, uint64_t now_ps)
{
    if (line->first == NULL)
        return NULL;
    bool looks = turns->guarantees && !rate_reserve_is_due(&turns->reserve);
    struct waiter *owed = looks ? find_owed(line, now_ps) : NULL;
    struct waiter *waiter = owed != NULL ? owed : find_behind(turns, line);
    uint32_t bytes = engine_of(waiter)->function->settings.mrrs;
    if (owed != NULL) {
        rate_reserve_owed(&turns->reserve, bytes);
    } else {
        rate_reserve_common(&turns->reserve, bytes);
        charge(turns, engine_of(waiter));
    }
    wait_line_remove(line, waiter);
    return waiter;
}
