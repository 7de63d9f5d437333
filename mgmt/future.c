#include "mgmt/future.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "hostsim/rack/loads.h"
#include "mgmt/flow_name.h"
#include "mgmt/mriovd.h"
#include "mgmt/operation_message.h"
#include "proto/mriov.pb-c.h"

/* Events between looks at whether the horizon is there. */
#define SLICE_EVENTS 100000

/* What became of a change. */
struct outcome {
    uint64_t operation; /* 0: it was refused */
    struct pcim_refusal refusal;
};

/* Nobody outside learns what happens in the copy, and nothing of it is written down: both hang on its events. */
static void be_silent(struct mriovd *daemon)
{
    if (daemon->pcim != NULL)
        daemon->pcim->events.listener = NULL;
}

static void submit(const struct future *future, struct outcome *outcomes)
{
    for (size_t i = 0; i < future->change_count; i++) {
        struct pcim_operation *operation;
        enum status status =
            pcim_submit(future->daemon->pcim, &future->changes[i].request, &operation, &outcomes[i].refusal);
        outcomes[i].operation = status == STATUS_OK ? operation->id : 0;
    }
}

static void clear(struct flow_counters *counters, uint64_t from_ps)
{
    counters->operations = counters->bytes = counters->failed = 0;
    histogram_clear(&counters->latency);
    batch_means_init(&counters->batches, from_ps, BATCH_MEANS_WIDTH_PS);
}

/* Flows begin to count anew, also where the warm-up has not ended. What was under way before now, and was known then to
 * end later, is missing in both futures. */
static void begin_measuring(struct world *world, uint64_t from_ps)
{
    for (size_t i = 0; i < world->loads->row_count; i++) {
        struct flow *flow = world->loads->rows[i]->flow;
        clear(&flow->counters, from_ps);
        for (uint32_t op = 0; op < flow->config.op_count && flow->by_op != NULL; op++)
            clear(&flow->by_op[op], from_ps);
    }
    world->fabric.window.from_ps = from_ps;
}

/* False: a trace or log cannot be written, which a daemon's model has none of. */
static bool live_on(const struct future *future, uint64_t until_ps)
{
    struct live *live = &future->daemon->live;
    char why[256];
    while (live_now_ps(live) < until_ps) {
        if (live_has_ended(live))
            live_go_on(live);
        live->world.fabric.window.to_ps = until_ps;
        if (live_slice(live, until_ps, SLICE_EVENTS, why, sizeof why) != STATUS_OK)
            return false;
    }
    return true;
}

/* --- what is written --- */

static void fill_figures(const struct flow *flow, uint64_t horizon_ps, Mriov__V1__WhatIfResponse__Figures *figures)
{
    const struct flow_counters *counters = &flow->counters;
    const struct histogram *latency = &counters->latency;
    mriov__v1__what_if_response__figures__init(figures);
    figures->operations = counters->operations;
    figures->goodput_gbps = (double)counters->bytes * 8 / ((double)horizon_ps / (double)PS_PER_NS);
    if (latency->count == 0)
        return;
    figures->latency_mean_ns = (uint64_t)(histogram_mean(latency) / (double)PS_PER_NS);
    figures->latency_p50_ns = histogram_quantile(latency, 50, 100) / PS_PER_NS;
    figures->latency_p99_ns = histogram_quantile(latency, 99, 100) / PS_PER_NS;
    figures->latency_max_ns = latency->max / PS_PER_NS;
}

static void fill_flows(const struct future *future, Mriov__V1__WhatIfResponse *response, struct arena *arena)
{
    const struct world *world = &future->daemon->live.world;
    const struct loads *loads = world->loads;
    size_t *order = loads_result_order(loads);
    response->flows = arena_get(arena, loads->row_count * sizeof *response->flows);
    for (size_t i = 0; i < loads->row_count; i++) {
        const struct load_row *row = loads->rows[order[i]];
        const struct flow_name name = flow_name_of(world, row, arena);
        Mriov__V1__WhatIfResponse__Flow *flow = response->flows[i] = arena_get(arena, sizeof *flow);
        mriov__v1__what_if_response__flow__init(flow);
        flow->name = name.name;
        flow->host = name.host;
        flow->guest = name.guest;
        flow->function = name.function;
        flow->op = name.op;
        flow->with_changes = arena_get(arena, sizeof *flow->with_changes);
        fill_figures(row->flow, future->horizon_ps, flow->with_changes);
    }
    response->n_flows = loads->row_count;
    free(order);
}

/* A change that MR-PCIM refused, as an operation that failed at once. */
static Mriov__V1__Operation *refused_message(
    const struct future *future, const struct change_request *change, const struct outcome *outcome,
    struct arena *arena)
{
    struct pcim_operation refused = {
        .method = change->request.method,
        .state = PCIM_FAILED_OPERATION,
        .status = outcome->refusal,
        .started_ps = pcim_now_ps(future->daemon->pcim) - future->horizon_ps,
    };
    refused.ended_ps = refused.started_ps;
    Mriov__V1__Operation *message = operation_message(future->daemon, &refused, arena);
    message->status->message = arena_text(arena, outcome->refusal.message);
    message->status->holder = arena_text(arena, outcome->refusal.holder);
    message->status->hint = arena_text(arena, outcome->refusal.hint);
    message->target = message->detail = (char *)"";
    return message;
}

static void fill_operations(
    const struct future *future, const struct outcome *outcomes, Mriov__V1__WhatIfResponse *response,
    struct arena *arena)
{
    response->operations = arena_get(arena, future->change_count * sizeof *response->operations);
    for (size_t i = 0; i < future->change_count; i++) {
        const struct pcim_operation *operation = pcim_operation_find(future->daemon->pcim, outcomes[i].operation);
        response->operations[i] = operation != NULL ? operation_message(future->daemon, operation, arena)
                                                    : refused_message(future, &future->changes[i], &outcomes[i], arena);
    }
    response->n_operations = future->change_count;
}

void future_write(const struct future *future, FILE *out)
{
    struct arena arena = {0};
    struct outcome *outcomes = arena_get(&arena, future->change_count * sizeof *outcomes);
    uint64_t now_ps = live_now_ps(&future->daemon->live);
    Mriov__V1__WhatIfResponse response = MRIOV__V1__WHAT_IF_RESPONSE__INIT;
    be_silent(future->daemon);
    begin_measuring(&future->daemon->live.world, now_ps);
    submit(future, outcomes);
    CHECK(live_on(future, now_ps + future->horizon_ps));
    fill_flows(future, &response, &arena);
    fill_operations(future, outcomes, &response, &arena);
    size_t size = mriov__v1__what_if_response__get_packed_size(&response);
    uint8_t *bytes = arena_get(&arena, size);
    mriov__v1__what_if_response__pack(&response, bytes);
    fwrite(bytes, 1, size, out);
    arena_free(&arena);
}
