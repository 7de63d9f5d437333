#include "fabric/pcie/update_fc_repeats.h"

#include <stddef.h>

#include "fabric/base/time.h"

static void look_at_first(struct update_fc_repeats *repeats)
{
    repeats->at_ps = repeats->first != NULL ? repeats->first->repeat_ps : TIME_NEVER;
}

void update_fc_repeats_init(struct update_fc_repeats *repeats)
{
    *repeats = (struct update_fc_repeats){.at_ps = TIME_NEVER};
}

void update_fc_repeats_join(struct update_fc_repeats *repeats, struct update_fc *update, uint64_t at_ps)
{
    struct update_fc *previous = repeats->last;
    while (previous != NULL && previous->repeat_ps > at_ps)
        previous = previous->previous;
    update->repeat_ps = at_ps;
    update->previous = previous;
    update->next = previous != NULL ? previous->next : repeats->first;
    if (update->next != NULL)
        update->next->previous = update;
    else
        repeats->last = update;
    if (previous != NULL)
        previous->next = update;
    else
        repeats->first = update;
    look_at_first(repeats);
}

void update_fc_repeats_leave(struct update_fc_repeats *repeats, struct update_fc *update)
{
    if (update->previous != NULL)
        update->previous->next = update->next;
    else
        repeats->first = update->next;
    if (update->next != NULL)
        update->next->previous = update->previous;
    else
        repeats->last = update->previous;
    look_at_first(repeats);
}

uint64_t update_fc_repeats_rounds(const struct update_fc_repeats *repeats, uint64_t until_ps)
{
    uint64_t last_ps = repeats->last->repeat_ps;
    return until_ps >= last_ps + 2 * UPDATE_FC_REPEAT_PS ? (until_ps - last_ps) / UPDATE_FC_REPEAT_PS - 1 : 0;
}

void update_fc_repeats_pass(struct update_fc_repeats *repeats, uint64_t rounds)
{
    for (struct update_fc *update = repeats->first; update != NULL; update = update->next)
        update->repeat_ps += rounds * UPDATE_FC_REPEAT_PS;
    look_at_first(repeats);
}

bool update_fc_repeats_is_valid(const struct update_fc_repeats *repeats)
{
    const struct update_fc *previous = NULL;
    for (const struct update_fc *update = repeats->first; update != NULL; update = update->next) {
        if (update->previous != previous || (previous != NULL && previous->repeat_ps > update->repeat_ps))
            return false;
        previous = update;
    }
    return repeats->last == previous &&
           repeats->at_ps == (repeats->first != NULL ? repeats->first->repeat_ps : TIME_NEVER);
}
