#include "hostsim/guest/flow.h"

#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "hostsim/guest/flow_suspend.h"

bool flow_is_finite(const struct flow *flow)
{
    return flow->config.count != 0 || flow->config.total_bytes != 0 || flow->config.arrival.trace != NULL;
}

bool flow_is_exhausted(const struct flow *flow)
{
    const struct flow_config *config = &flow->config;
    return (config->count != 0 && flow->issued >= config->count) ||
           (config->total_bytes != 0 && flow->issued_bytes >= config->total_bytes) ||
           (flow->arrival.config.trace != NULL && arrival_entry(&flow->arrival) == NULL);
}

/* When the next operation may be issued, as known now; TIME_NEVER when that hangs on a completion or there is none. */
static uint64_t next_ps(const struct flow *flow, uint64_t now)
{
    uint64_t arrives_ps = flow->arrival.config.ops->next_ps(&flow->arrival, now);
    if (arrives_ps >= flow->config.stop_ps || flow_is_exhausted(flow))
        return TIME_NEVER;
    if (flow->config.outstanding == 0)
        return arrives_ps;
    uint64_t slot_ps = tokens_next_ps(&flow->slots);
    return arrives_ps > slot_ps ? arrives_ps : slot_ps;
}

/* The size of the next operation: ENTRY's of a trace. */
static uint64_t next_size(struct flow *flow, const struct trace_entry *entry)
{
    uint64_t bytes = entry != NULL ? entry->bytes : distribution_draw(flow->config.size, &flow->sizes);
    uint64_t left = flow->config.total_bytes - flow->issued_bytes;
    if (flow->config.total_bytes != 0 && bytes > left)
        bytes = left;
    if (flow->config.most_bytes != 0 && bytes > flow->config.most_bytes)
        bytes = flow->config.most_bytes;
    return bytes > 0 ? bytes : 1;
}

/* TARGET, or the next after it that is there. */
static uint32_t present_target(const struct flow *flow, uint32_t target)
{
    CHECK(flow->absent_count < flow->target_count);
    while (flow->targets[target].absent)
        target = target + 1 == flow->target_count ? 0 : target + 1;
    return target;
}

static uint32_t pick_target(struct flow *flow)
{
    if (flow->target_count == 1)
        return 0;
    uint32_t target = flow->turn;
    if (!flow->config.picks_in_turn)
        target = (uint32_t)random_below(&flow->picks, flow->target_count);
    if (__builtin_expect(flow->absent_count > 0, 0))
        target = present_target(flow, target);
    if (flow->config.picks_in_turn)
        flow->turn = target + 1 == flow->target_count ? 0 : target + 1;
    return target;
}

static uint32_t pick_op(struct flow *flow, const struct trace_entry *entry)
{
    if (entry != NULL)
        return entry->op;
    if (flow->config.op_count == 1)
        return 0;
    uint64_t drawn = random_below(&flow->ops, flow->op_weight);
    uint32_t op = 0;
    for (; drawn >= flow->config.op_weights[op]; op++)
        drawn -= flow->config.op_weights[op];
    return op;
}

static void count_offered(struct flow *flow, uint32_t op, uint64_t arrival_ps, uint64_t bytes)
{
    if (!window_contains(&flow->fabric->window, arrival_ps))
        return;
    flow->counters.offered_operations++;
    flow->counters.offered_bytes += bytes;
    if (flow->by_op == NULL)
        return;
    flow->by_op[op].offered_operations++;
    flow->by_op[op].offered_bytes += bytes;
}

/* True when the next operation is followed: which are is spread evenly, but without a period that what the flow does
 * could have too (the multiples of the golden ratio: Knuth, "The Art of Computer Programming" vol. 3, 6.4). */
static bool is_followed(const struct flow *flow)
{
    return flow->counters.operations < FLOW_FOLLOWS_ALL ||
           flow->issued * UINT64_C(0x9e3779b97f4a7c15) >> (64 - FLOW_FOLLOWS_BITS) == 0;
}

static struct operation *make_operation(struct flow *flow, const struct operation_source *asking, uint64_t now)
{
    struct operation *operation = pool_get(&flow->fabric->operations);
    const struct trace_entry *entry = arrival_entry(&flow->arrival);
    uint64_t arrival_ps = flow->arrival.config.ops->take(&flow->arrival, now);
    /* Nothing arrives in a closed loop while its function is away: what waited for it arrives when it is back. */
    if (__builtin_expect(arrival_ps < asking->back_ps, 0) && !flow->arrival.config.ops->is_open)
        arrival_ps = asking->back_ps;
    uint64_t bytes = next_size(flow, entry);
    uint32_t target = pick_target(flow), op = pick_op(flow, entry);
    const struct flow_route *route = flow_route(flow, target, op);
    uint64_t offset = entry != NULL ? entry->offset : flow->pattern.ops->next(&flow->pattern, bytes);
    operation->source = route->source;
    operation->arrival_ps = arrival_ps;
    operation->address = route->address + offset;
    operation->done_ps = 0;
    operation->bytes = bytes;
    operation->parts = route->parts;
    operation->failed = false;
    operation->traffic_class = flow->config.traffic_class;
    operation->attributes = flow->config.attributes;
    operation->op = (uint8_t)op;
    operation->target = target;
    operation->journey_by_read = route->parts > 1;
    operation->all_issued = false;
    operation->ended = false;
    operation->carriers = 0;
    operation->followed = is_followed(flow);
    if (operation->followed)
        operation->journey = (struct journey){.at_ps = arrival_ps};
    if (flow->config.outstanding != 0)
        tokens_take(&flow->slots);
    count_offered(flow, op, arrival_ps, bytes);
    flow->issued++;
    flow->issued_bytes += bytes;
    flow->in_flight++;
    return operation;
}

/* The inbox of ISSUER is free again: what is held for it moves up. */
static void refill_inbox(struct flow *flow, struct flow_issuer *issuer)
{
    bool still_held = false;
    for (int kind = 0; kind < OPERATION_KINDS; kind++) {
        if (flow->held_for[kind] == issuer) {
            issuer->inbox = flow->held;
            flow->held_for[kind] = NULL;
        }
        still_held = still_held || flow->held_for[kind] != NULL;
    }
    if (still_held)
        return;
    flow->held = NULL;
    event_schedule_before(&flow->kick, fabric_now_ps(flow->fabric));
}

/* What was picked for ISSUER and waits there. */
static struct operation *take_inbox(struct flow *flow, struct flow_issuer *issuer)
{
    struct operation *operation = issuer->inbox;
    issuer->inbox = NULL;
    if (flow->held != NULL)
        refill_inbox(flow, issuer);
    if (__builtin_expect(operation->arrival_ps < issuer->source.back_ps, 0) && !flow->arrival.config.ops->is_open)
        operation_arrive_again(operation, issuer->source.back_ps);
    return operation;
}

/* Gives OPERATION to its issuer of KIND, or holds it while that one has not taken its last. */
static void hand_over(struct flow *flow, struct flow_issuer *issuer, int kind, struct operation *operation)
{
    if (issuer->inbox != NULL) {
        flow->held = operation;
        flow->held_for[kind] = issuer;
        return;
    }
    issuer->inbox = operation;
    event_schedule_before(&flow->kick, fabric_now_ps(flow->fabric));
}

/* Gives OPERATION to all its issuers but ASKING. True when that is one of them too. */
static bool hand_to_others(struct flow *flow, struct flow_issuer *asking, struct operation *operation)
{
    const struct flow_route *route = flow_route(flow, operation->target, operation->op);
    bool own = false;
    for (int kind = 0; kind < OPERATION_KINDS; kind++) {
        struct flow_issuer *issuer = route->issuers[kind];
        own = own || issuer == asking;
        if (issuer != NULL && issuer != asking)
            hand_over(flow, issuer, kind, operation);
    }
    return own;
}

static struct operation *flow_next(struct operation_source *source, uint64_t now)
{
    struct flow_issuer *issuer = CONTAINER_OF(source, struct flow_issuer, source);
    struct flow *flow = issuer->flow;
    if (issuer->inbox != NULL)
        return take_inbox(flow, issuer);
    while (flow->held == NULL) {
        uint64_t at_ps = next_ps(flow, now);
        if (at_ps > now) {
            source->next_ps = at_ps;
            flow->asleep = true;
            return NULL;
        }
        struct operation *operation = make_operation(flow, source, now);
        if (flow->issuer_count == 1 || hand_to_others(flow, issuer, operation))
            return operation;
    }
    source->next_ps = TIME_NEVER; /* until the held operation has gone */
    return NULL;
}

static void count_in(struct flow_counters *counters, const struct operation *operation)
{
    if (operation->failed) {
        counters->failed++;
        return;
    }
    uint64_t latency_ps = operation->done_ps - operation->arrival_ps;
    counters->operations++;
    counters->bytes += operation->bytes;
    histogram_record(&counters->latency, latency_ps);
    batch_means_add(&counters->batches, operation->done_ps, latency_ps, operation->bytes);
    if (!operation->followed)
        return;
    counters->followed_ps += latency_ps;
    for (int part = 0; part < JOURNEY_PARTS; part++)
        counters->parts_ps[part] += operation->journey.parts_ps[part];
}

static void count_done(struct flow *flow, const struct operation *operation)
{
    if (!window_contains(&flow->fabric->window, operation->done_ps))
        return;
    count_in(&flow->counters, operation);
    if (flow->by_op != NULL)
        count_in(&flow->by_op[operation->op], operation);
    if (flow->target_count > 1 && !operation->failed)
        flow->targets[operation->target].bytes += operation->bytes;
}

/* Lets what waited for a completion go on. */
static void give_back(struct flow *flow, uint64_t done_ps)
{
    flow->arrival.config.ops->completed(&flow->arrival, done_ps);
    if (flow->config.outstanding != 0)
        tokens_give(&flow->slots, done_ps);
    bool hangs_on_completions = flow->config.outstanding != 0 || !flow->arrival.config.ops->is_open;
    if (!flow->asleep || !hangs_on_completions)
        return;
    uint64_t now = fabric_now_ps(flow->fabric);
    uint64_t at_ps = next_ps(flow, now);
    if (at_ps != TIME_NEVER) /* in the past when operations have arrived that waited for a slot */
        event_schedule_before(&flow->kick, at_ps > now ? at_ps : now);
}

/* OPERATION failed, or ended while nothing else had for some time. */
static void note_interruption(struct flow *flow, const struct operation *operation)
{
    if (operation->failed) {
        flow_interrupt(flow, flow->last_done_ps);
    } else if (flow->suspended) {
        flow->interrupted_ps = operation->done_ps; /* it had begun before */
    } else if (operation->done_ps > flow->interrupted_ps) {
        uint64_t lasted_ps = operation->done_ps - flow->interrupted_ps;
        flow->interrupted = false;
        if (!window_contains(&flow->fabric->window, operation->done_ps))
            return; /* of the warm-up */
        if (flow->interruption_ps == TIME_NEVER || lasted_ps > flow->interruption_ps)
            flow->interruption_ps = lasted_ps;
    }
}

/* Nothing is under way. */
static void all_done(struct flow *flow)
{
    if (flow->suspended && flow->on_quiet != NULL)
        flow->on_quiet(flow);
    if (flow_is_exhausted(flow) && flow->on_finished != NULL)
        flow->on_finished(flow);
}

static void flow_done(struct operation_source *source, struct operation *operation)
{
    struct flow *flow = CONTAINER_OF(source, struct flow_issuer, source)->flow;
    count_done(flow, operation);
    if (__builtin_expect(operation->failed || flow->interrupted, 0))
        note_interruption(flow, operation);
    if (__builtin_expect(flow->on_operation != NULL, 0))
        flow->on_operation(flow, operation);
    uint64_t done_ps = operation->done_ps;
    flow->in_flight--;
    if (__builtin_expect(operation->failed, 0)) {
        flow->last_failed_ps = done_ps > flow->last_failed_ps ? done_ps : flow->last_failed_ps;
    } else {
        flow->completed_bytes += operation->bytes;
        if (done_ps > flow->last_done_ps)
            flow->last_done_ps = done_ps;
    }
    fabric_end_operation(flow->fabric, operation);
    give_back(flow, done_ps);
    if (flow->in_flight == 0)
        all_done(flow);
}

static const struct operation_source_ops flow_source_ops = {.name = "flow", .next = flow_next, .done = flow_done};

static void on_kick(struct event *event)
{
    struct flow *flow = CONTAINER_OF(event, struct flow, kick);
    flow->asleep = false;
    for (uint32_t index = 0; index < flow->issuer_count; index++) {
        struct operation_source *source = &flow->issuers[index]->source;
        source->issuer->kick(source->issuer, source);
    }
}

static void init_stream(struct random *random, uint64_t seed, const char *flow, const char *what)
{
    char stream[512];
    snprintf(stream, sizeof stream, "workload/%s/%s", flow, what);
    random_init(random, seed, stream);
}

void flow_init(struct flow *flow, struct fabric *fabric, const struct flow_config *config)
{
    uint64_t seed = fabric->simulation.seed;
    *flow = (struct flow){.fabric = fabric, .config = *config, .interruption_ps = TIME_NEVER};
    component_init(&flow->component, &fabric->simulation);
    event_init(&flow->kick, &flow->component, on_kick);
    char stream[512];
    snprintf(stream, sizeof stream, "workload/%s/arrival", config->name);
    arrival_init(&flow->arrival, &config->arrival, seed, stream);
    snprintf(stream, sizeof stream, "workload/%s/address", config->name);
    pattern_init(&flow->pattern, config->pattern, config->window_bytes, config->zipf_millis, seed, stream);
    init_stream(&flow->sizes, seed, config->name, "size");
    init_stream(&flow->picks, seed, config->name, "pick");
    init_stream(&flow->ops, seed, config->name, "op");
    CHECK(config->op_count >= 1 && config->op_count <= FLOW_OPS_MAX);
    for (uint32_t op = 0; op < config->op_count; op++)
        flow->op_weight += config->op_weights[op];
    if (config->op_count > 1) {
        flow->by_op = cache_line_calloc(config->op_count, sizeof *flow->by_op);
        CHECK(flow->op_weight > 0 || config->arrival.trace != NULL);
    }
    if (config->outstanding != 0)
        tokens_init(&flow->slots, config->outstanding, 0);
    batch_means_init(&flow->counters.batches, fabric->window.from_ps, BATCH_MEANS_WIDTH_PS);
    for (uint32_t op = 0; op < config->op_count && flow->by_op != NULL; op++)
        batch_means_init(&flow->by_op[op].batches, fabric->window.from_ps, BATCH_MEANS_WIDTH_PS);
    flow->config.name = NULL;
}

void flow_free(struct flow *flow)
{
    for (uint32_t index = 0; index < flow->issuer_count; index++)
        free(flow->issuers[index]);
    free(flow->issuers);
    free(flow->routes);
    free(flow->targets);
    free(flow->by_op);
    tokens_free(&flow->slots);
    pattern_free(&flow->pattern);
    arrival_free(&flow->arrival);
    *flow = (struct flow){0};
}

struct flow_issuer *flow_add_issuer(struct flow *flow, enum operation_kind kind)
{
    struct flow_issuer *issuer = cache_line_calloc(1, sizeof *issuer);
    flow->issuers = reallocarray(flow->issuers, flow->issuer_count + 1, sizeof(struct flow_issuer *));
    CHECK(flow->issuers != NULL);
    issuer->source =
        (struct operation_source){.ops = &flow_source_ops, .kind = kind, .traffic_class = flow->config.traffic_class};
    issuer->flow = flow;
    flow->issuers[flow->issuer_count++] = issuer;
    return issuer;
}

void flow_add_target(struct flow *flow, const struct flow_route *routes)
{
    uint32_t ops = flow->config.op_count, count = flow->target_count + 1;
    flow->targets = reallocarray(flow->targets, count, sizeof *flow->targets);
    flow->routes = reallocarray(flow->routes, (size_t)count * ops, sizeof *flow->routes);
    CHECK(flow->targets != NULL && flow->routes != NULL);
    for (uint32_t op = 0; op < ops; op++) {
        struct flow_route *route = &flow->routes[flow->target_count * ops + op];
        *route = routes[op];
        route->parts = 0;
        for (int kind = 0; kind < OPERATION_KINDS; kind++)
            if (route->issuers[kind] != NULL) {
                route->source = &route->issuers[kind]->source;
                route->parts++;
            }
        CHECK(route->parts > 0);
    }
    flow->targets[flow->target_count++] = (struct flow_target){0};
}

/* Arrivals of an open process that the issuers were too busy to ask for are offered all the same. */
static void count_arrivals_left(struct flow *flow, uint64_t until_ps)
{
    const struct arrival_ops *ops = flow->arrival.config.ops;
    if (!ops->is_open)
        return;
    uint64_t stop_ps = flow->config.stop_ps < until_ps ? flow->config.stop_ps : until_ps;
    while (ops->next_ps(&flow->arrival, until_ps) < stop_ps && !flow_is_exhausted(flow)) {
        const struct trace_entry *entry = arrival_entry(&flow->arrival);
        uint64_t arrival_ps = ops->take(&flow->arrival, until_ps);
        uint64_t bytes = next_size(flow, entry);
        flow->issued++;
        flow->issued_bytes += bytes;
        count_offered(flow, pick_op(flow, entry), arrival_ps, bytes);
    }
}

void flow_settle(struct flow *flow, uint64_t until_ps)
{
    count_arrivals_left(flow, until_ps);
    batch_means_advance(&flow->counters.batches, until_ps);
    for (uint32_t op = 0; op < flow->config.op_count && flow->by_op != NULL; op++)
        batch_means_advance(&flow->by_op[op].batches, until_ps);
}

bool flow_is_valid(const struct flow *flow)
{
    if (flow->config.outstanding != 0) {
        if (!tokens_is_valid(&flow->slots) || flow->slots.size - flow->slots.count != flow->in_flight)
            return false;
    }
    for (uint32_t route = 0; route < flow->target_count * flow->config.op_count; route++)
        for (int kind = 0; kind < OPERATION_KINDS; kind++)
            if (flow->routes[route].issuers[kind] != NULL && flow->routes[route].issuers[kind]->flow != flow)
                return false;
    return histogram_is_valid(&flow->counters.latency);
}
