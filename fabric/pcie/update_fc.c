#include "fabric/pcie/update_fc.h"

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/engine/simulation.h"

static uint64_t now_of(const struct update_fc *update)
{
    return update->due.component->simulation->now_ps;
}

static bool is_finite(const struct update_fc *update, uint32_t data)
{
    return update->freed.headers_limit != CREDITS_INFINITE ||
           (update->freed.data_limit != CREDITS_INFINITE && data > 0);
}

/* Frees what is free by NOW_PS. */
static void mature(struct update_fc *update, uint64_t now_ps)
{
    uint32_t before = update->freed.count;
    credits_mature(&update->freed, now_ps);
    update->freed_tlps += before - update->freed.count;
}

/* The sender cannot go on: of what it was told nothing is left, or not enough for a TLP of MPS. */
static bool is_exhausted(const struct update_fc *update)
{
    const struct credits *credits = update->credits;
    uint32_t most_data = update->policy->most_data;
    if (most_data > credits->data_limit)
        most_data = credits->data_limit;
    if (credits->headers > 0 && credits->data >= most_data)
        return false;
    uint64_t headers = credits->headers, data = credits->data;
    for (uint32_t n = 0; n < credits->count; n++) {
        headers += credits_return_nth(credits, n)->headers;
        data += credits_return_nth(credits, n)->data;
    }
    return headers == 0 || data < most_data;
}

/* When the next UpdateFC is due, going by what is known; TIME_NEVER when there is nothing to tell. */
static uint64_t due_ps(const struct update_fc *update)
{
    uint32_t every = update->policy->every, known = update->freed_tlps + update->freed.count;
    if (known == 0)
        return TIME_NEVER;
    if (every == 0 && update->freed.count == 0)
        return TIME_NEVER; /* what is free already has an event, or has been lost and has that */
    if (every == 0) {
        uint64_t first_ps = credits_return_at(&update->freed, 0);
        return is_exhausted(update) ? first_ps : first_ps + update->policy->limit_ps;
    }
    if (update->freed_tlps >= every)
        return now_of(update);
    if (known >= every)
        return credits_return_at(&update->freed, every - update->freed_tlps - 1);
    return update->last_ps + update->policy->limit_ps;
}

/* Tells all that is free now. */
static void tell(struct update_fc *update, uint64_t now_ps)
{
    uint64_t arrival_ps = update->policy->send(update->policy->sender, update, now_ps);
    update->freed_tlps = 0;
    if (arrival_ps == TIME_NEVER) {
        event_schedule(&update->due, now_ps + UPDATE_FC_REPEAT_PS);
        return;
    }
    uint32_t headers = update->freed.headers, data = update->freed.data;
    update->freed.headers = 0;
    update->freed.data = 0;
    update->policy->give(update->policy->sender, update->credits, headers, data, arrival_ps);
}

static void on_due(struct event *event)
{
    struct update_fc *update = CONTAINER_OF(event, struct update_fc, due);
    uint64_t now = now_of(update), every = update->policy->every;
    mature(update, now);
    bool untold = update->freed.headers > 0 || update->freed.data > 0;
    /* Every N the event may be one that was due before more came. */
    bool early = every != 0 && update->freed_tlps > 0 && update->freed_tlps < every &&
                 now < update->last_ps + update->policy->limit_ps;
    if (untold && !early)
        tell(update, now);
    uint64_t next_ps = due_ps(update);
    if (next_ps != TIME_NEVER)
        event_schedule_before(&update->due, next_ps);
}

void update_fc_init(
    struct update_fc *update, const struct update_fc_policy *policy, struct credits *credits,
    struct component *component)
{
    *update = (struct update_fc){.policy = policy, .credits = credits};
    credits_init(&update->freed, credits->headers_limit, credits->data_limit);
    update->freed.headers = 0;
    update->freed.data = 0;
    event_init(&update->due, component, on_due);
}

void update_fc_free(struct update_fc *update)
{
    credits_free(&update->freed);
}

void update_fc_add(struct update_fc *update, uint32_t data, uint64_t at_ps)
{
    if (!is_finite(update, data))
        return;
    uint64_t now = now_of(update);
    mature(update, now);
    credits_return(&update->freed, data, at_ps);
    if (at_ps > update->last_ps)
        update->last_ps = at_ps;
    event_schedule_before(&update->due, due_ps(update));
}

uint64_t update_fc_untold_headers(const struct update_fc *update)
{
    uint64_t headers = update->freed.headers;
    for (uint32_t n = 0; n < update->freed.count; n++)
        headers += credits_return_nth(&update->freed, n)->headers;
    return headers;
}

uint64_t update_fc_untold_data(const struct update_fc *update)
{
    uint64_t data = update->freed.data;
    for (uint32_t n = 0; n < update->freed.count; n++)
        data += credits_return_nth(&update->freed, n)->data;
    return data;
}

bool update_fc_is_valid(const struct update_fc *update)
{
    bool untold = update->freed.headers > 0 || update->freed.data > 0 || update->freed.count > 0;
    return (!untold || event_is_scheduled(&update->due)) &&
           update_fc_untold_headers(update) <= update->credits->headers_limit &&
           update_fc_untold_data(update) <= update->credits->data_limit;
}
