#include "tests/support/egress_reference.h"

#include <stddef.h>

#include "fabric/base/time.h"

struct state {
    const struct egress_reference *reference;
    struct egress_reference_result result;
    uint64_t now_ps, free_ps, busy_until_ps;
    uint32_t came; /* the items that have been enqueued: the first of them */
    uint32_t turn;
    bool stalled, vh_stalled[EGRESS_REFERENCE_VHS];
    uint32_t claimant[EGRESS_REFERENCE_VHS][CREDIT_TYPES]; /* of each buffer: the queue + 1; 0: none */
};

static bool waits(const struct state *state, uint32_t item)
{
    return item < state->came && state->reference->items[item].start_ps == TIME_NEVER;
}

/* The oldest of TYPE in QUEUE; NULL: none. */
static struct egress_item *head(const struct state *state, uint32_t queue, enum credit_type type)
{
    for (uint32_t i = 0; i < state->came; i++) {
        struct egress_item *item = &state->reference->items[i];
        if (waits(state, i) && item->queue == queue && item->type == type)
            return item;
    }
    return NULL;
}

static bool has_credits(const struct state *state, const struct egress_item *wanted)
{
    const struct egress_reference *reference = state->reference;
    uint64_t headers = 1, data = wanted->data;
    for (uint32_t i = 0; i < state->came; i++) {
        const struct egress_item *item = &reference->items[i];
        bool same_pool =
            !reference->per_vh || reference->vh_of_queue[item->queue] == reference->vh_of_queue[wanted->queue];
        if (item->start_ps == TIME_NEVER || item->type != wanted->type || !same_pool)
            continue;
        if (item->start_ps + item->bytes + 2 * reference->propagation_ps + item->hold_ps <= state->now_ps)
            continue;
        headers++;
        data += item->data;
    }
    const struct credit_limits *limits = &reference->limits;
    return (limits->headers[wanted->type] == CREDITS_INFINITE || headers <= limits->headers[wanted->type]) &&
           (limits->data[wanted->type] == CREDITS_INFINITE || data <= limits->data[wanted->type]);
}

/* Who has the claim on the credits that ITEM needs. */
static uint32_t *claimant(struct state *state, const struct egress_item *item)
{
    uint32_t buffer = state->reference->per_vh ? state->reference->vh_of_queue[item->queue] : 0;
    return &state->claimant[buffer][item->type];
}

/* ITEM may have them, or has the claim from now on unless another has it. */
static bool gets_credits(struct state *state, const struct egress_item *item)
{
    uint32_t *claim = claimant(state, item);
    if (*claim != 0 && *claim != item->queue + 1)
        return false;
    if (has_credits(state, item))
        return true;
    *claim = item->queue + 1;
    return false;
}

/* What QUEUE may send now, the longest ready first, of equals by type; NULL: nothing. */
static struct egress_item *sendable(struct state *state, uint32_t queue, bool *starved)
{
    struct egress_item *posted = head(state, queue, CREDIT_POSTED), *best = NULL;
    for (enum credit_type type = 0; type < CREDIT_TYPES; type++) {
        struct egress_item *item = head(state, queue, type);
        if (item == NULL || item->ready_ps > state->now_ps)
            continue;
        if (item != posted && posted != NULL && posted->ready_ps <= item->ready_ps)
            continue;
        if (best != NULL && item->ready_ps >= best->ready_ps)
            continue;
        if (!gets_credits(state, item)) {
            *starved = true;
            state->vh_stalled[state->reference->vh_of_queue[queue]] = true;
            continue;
        }
        best = item;
    }
    return best;
}

static void send(struct state *state, struct egress_item *item)
{
    const struct egress_reference *reference = state->reference;
    uint32_t vh = reference->vh_of_queue[item->queue];
    item->start_ps = state->now_ps;
    *claimant(state, item) = 0;
    state->turn = (item->queue + 1) % reference->queue_count;
    state->busy_until_ps = state->now_ps + item->bytes;
    state->free_ps = state->busy_until_ps;
    if (state->free_ps < state->now_ps + reference->interval_ps)
        state->free_ps = state->now_ps + reference->interval_ps;
    state->stalled = state->vh_stalled[vh] = false;
    if (!window_contains(&reference->window, state->now_ps))
        return;
    state->result.tlps++;
    state->result.wire_bytes += item->bytes;
    state->result.vhs[vh].tlps++;
    state->result.vhs[vh].wait_ps += state->now_ps - item->ready_ps;
}

static void try_to_send(struct state *state)
{
    bool starved = false;
    if (state->now_ps < state->free_ps)
        return;
    for (uint32_t asked = 0; asked < state->reference->queue_count; asked++) {
        struct egress_item *item = sendable(state, (state->turn + asked) % state->reference->queue_count, &starved);
        if (item != NULL) {
            send(state, item);
            return;
        }
    }
    state->stalled |= starved;
}

/* Counts the picosecond that begins now. */
static void count(struct state *state)
{
    if (!window_contains(&state->reference->window, state->now_ps))
        return;
    uint32_t waiting = 0;
    for (uint32_t i = 0; i < state->came; i++)
        waiting += waits(state, i);
    struct egress_reference_result *result = &state->result;
    result->queue_ps += waiting;
    if (waiting > result->queue_max)
        result->queue_max = waiting;
    result->busy_ps += state->now_ps < state->busy_until_ps;
    result->stall_ps += state->stalled;
    for (int vh = 0; vh < EGRESS_REFERENCE_VHS; vh++)
        result->vhs[vh].stall_ps += state->vh_stalled[vh];
}

struct egress_reference_result egress_reference_run(const struct egress_reference *reference, uint64_t end_ps)
{
    struct state state = {.reference = reference};
    for (uint32_t i = 0; i < reference->item_count; i++)
        reference->items[i].start_ps = TIME_NEVER;
    for (; state.now_ps < end_ps; state.now_ps++) {
        try_to_send(&state);
        while (state.came < reference->item_count && reference->items[state.came].at_ps == state.now_ps) {
            state.came++;
            try_to_send(&state);
        }
        count(&state);
    }
    return state.result;
}
