#include "hostsim/guest/flow_suspend.h"

#include "fabric/base/check.h"
#include "fabric/base/time.h"

void flow_suspend(struct flow *flow)
{
    if (flow->suspended)
        return;
    flow->suspended = true;
    flow->resumed_stop_ps = flow->config.stop_ps;
    flow->config.stop_ps = 0;
}

/* What would have arrived before NOW. */
static void skip_arrivals(struct flow *flow, uint64_t now)
{
    const struct arrival_ops *ops = flow->arrival.config.ops;
    bool trace = flow->arrival.config.trace != NULL;
    while (ops->is_open && ops->next_ps(&flow->arrival, now) < now && (!trace || arrival_entry(&flow->arrival) != NULL))
        ops->take(&flow->arrival, now);
}

void flow_resume(struct flow *flow)
{
    if (!flow->suspended)
        return;
    uint64_t now = fabric_now_ps(flow->fabric);
    flow->suspended = false;
    for (uint32_t index = 0; index < flow->issuer_count; index++)
        flow->issuers[index]->source.back_ps = now;
    flow->config.stop_ps = flow->resumed_stop_ps;
    skip_arrivals(flow, now);
    event_schedule_before(&flow->kick, now);
}

/* One part of OPERATION, which nobody will issue, ends. */
static void drop_part(struct flow *flow, struct operation *operation)
{
    uint64_t now = fabric_now_ps(flow->fabric);
    bool last = operation->parts == 1;
    uint64_t done_ps = operation->done_ps > now ? operation->done_ps : now;
    flow->dropped += last && window_contains(&flow->fabric->window, done_ps);
    operation_part_failed(operation, now);
}

void flow_drop_waiting(struct flow *flow)
{
    CHECK(flow->suspended);
    struct operation *held = flow->held;
    flow->held = NULL;
    for (int kind = 0; kind < OPERATION_KINDS; kind++) {
        bool waits = flow->held_for[kind] != NULL;
        flow->held_for[kind] = NULL;
        if (held != NULL && waits)
            drop_part(flow, held);
    }
    for (uint32_t index = 0; index < flow->issuer_count; index++) {
        struct operation *operation = flow->issuers[index]->inbox;
        flow->issuers[index]->inbox = NULL;
        if (operation != NULL)
            drop_part(flow, operation);
    }
}

void flow_set_absent(struct flow *flow, uint32_t target, bool absent)
{
    CHECK(target < flow->target_count);
    if (flow->targets[target].absent == absent)
        return;
    flow->targets[target].absent = absent;
    flow->absent_count = absent ? flow->absent_count + 1 : flow->absent_count - 1;
    CHECK(flow->absent_count < flow->target_count || flow->suspended);
}

void flow_set_address(struct flow *flow, uint32_t target, uint32_t op, uint64_t address)
{
    CHECK(target < flow->target_count && op < flow->config.op_count);
    flow->routes[target * flow->config.op_count + op].address = address;
}

void flow_interrupt(struct flow *flow, uint64_t last_ps)
{
    if (flow->interrupted || last_ps == 0)
        return;
    flow->interrupted = true;
    flow->interrupted_ps = last_ps;
}
