/* GetStatistics, WatchStatistics: counters as they stand; reading them changes nothing. */
#include <stdlib.h>

#include "fabric/base/check.h"
#include "hostsim/rack/loads.h"
#include "mgmt/arena.h"
#include "mgmt/call.h"
#include "mgmt/flow_name.h"
#include "mgmt/handlers.h"
#include "mgmt/mriovd.h"
#include "proto/mriov.pb-c.h"

#define INTERVAL_LEAST_NS 1000

static void fill_flow(
    const struct world *world, const struct load_row *row, Mriov__V1__GetStatisticsResponse__Flow *flow,
    struct arena *arena)
{
    const struct flow_name name = flow_name_of(world, row, arena);
    const struct flow_counters *counters = &row->flow->counters;
    const struct histogram *latency = &counters->latency;
    flow->name = name.name;
    flow->host = name.host;
    flow->guest = name.guest;
    flow->function = name.function;
    flow->op = name.op;
    flow->operations = counters->operations;
    flow->bytes = counters->bytes;
    flow->failed = counters->failed;
    if (latency->count == 0)
        return;
    flow->latency_sum_ns = (uint64_t)(histogram_mean(latency) * (double)latency->count / (double)PS_PER_NS);
    flow->latency_p50_ns = histogram_quantile(latency, 50, 100) / PS_PER_NS;
    flow->latency_p99_ns = histogram_quantile(latency, 99, 100) / PS_PER_NS;
    flow->latency_max_ns = latency->max / PS_PER_NS;
}

static void fill_direction(
    const struct world_link *link, enum link_direction way, Mriov__V1__GetStatisticsResponse__Direction *direction)
{
    const struct egress *egress = link->directions[way];
    direction->link = link->name;
    direction->up = way == LINK_UP;
    direction->tlps = egress->counters.tlps;
    direction->payload_bytes = egress->counters.payload_bytes;
    direction->wire_bytes = egress->counters.wire_bytes;
    direction->busy_ns = egress_busy_ps(egress) / PS_PER_NS;
    direction->queued_tlps = egress->waiting.count;
    direction->replays = egress->data_link != NULL ? egress->data_link->resends : 0;
}

static Mriov__V1__GetStatisticsResponse__Totals *fill_totals(const struct fabric *fabric, struct arena *arena)
{
    Mriov__V1__GetStatisticsResponse__Totals *totals = arena_get(arena, sizeof *totals);
    mriov__v1__get_statistics_response__totals__init(totals);
    totals->events = fabric->simulation.events;
    totals->tlps_created = fabric->created;
    totals->tlps_delivered = fabric->delivered;
    totals->tlps_dropped = fabric_dropped(fabric);
    totals->tlps_in_flight = fabric_in_flight(fabric);
    totals->tlp_hops = fabric->hops;
    totals->cross_vh_deliveries = fabric->cross_vh_deliveries;
    return totals;
}

/* In the order of results.json: those that came with new owners stand beside their workload's others. */
static void fill_flows(const struct world *world, Mriov__V1__GetStatisticsResponse *response, struct arena *arena)
{
    const struct loads *loads = world->loads;
    size_t *order = loads_result_order(loads);
    response->flows = arena_get(arena, loads->row_count * sizeof *response->flows);
    for (size_t i = 0; i < loads->row_count; i++) {
        response->flows[i] = arena_get(arena, sizeof **response->flows);
        mriov__v1__get_statistics_response__flow__init(response->flows[i]);
        fill_flow(world, loads->rows[order[i]], response->flows[i], arena);
        response->n_flows++;
    }
    free(order);
}

static Mriov__V1__GetStatisticsResponse *fill(const struct mriovd *daemon, struct arena *arena)
{
    const struct world *world = &daemon->live.world;
    Mriov__V1__GetStatisticsResponse *response = arena_get(arena, sizeof *response);
    mriov__v1__get_statistics_response__init(response);
    response->now_ns = mriovd_now_ns(daemon);
    response->measured_ns = window_overlap_ps(&world->fabric.window, 0, live_now_ps(&daemon->live)) / PS_PER_NS;
    fill_flows(world, response, arena);
    response->links = arena_get(arena, world->link_count * LINK_DIRECTIONS * sizeof *response->links);
    for (size_t i = 0; i < world->link_count * LINK_DIRECTIONS; i++) {
        response->links[i] = arena_get(arena, sizeof **response->links);
        mriov__v1__get_statistics_response__direction__init(response->links[i]);
        fill_direction(&world->links[i / LINK_DIRECTIONS], i % LINK_DIRECTIONS, response->links[i]);
        response->n_links++;
    }
    response->totals = fill_totals(&world->fabric, arena);
    return response;
}

void handle_get_statistics(struct call *call, const ProtobufCMessage *request)
{
    (void)request;
    struct arena arena = {0};
    call_answer(call, &fill(call->daemon, &arena)->base);
    arena_free(&arena);
}

/* --- the stream --- */

struct watching {
    struct clock_alarm alarm;
    struct call *call;
    uint64_t interval_ps;
};

static void end_watching(struct call *call)
{
    struct watching *watching = call->context;
    clock_clear_alarm(&call->daemon->clock, &watching->alarm);
    free(watching);
}

static void on_time(struct clock_alarm *alarm)
{
    struct watching *watching = CONTAINER_OF(alarm, struct watching, alarm);
    struct call *call = watching->call;
    clock_set_alarm(&call->daemon->clock, alarm, alarm->at_ps + watching->interval_ps);
    if (!call_has_room(call))
        return;
    struct arena arena = {0};
    Mriov__V1__WatchStatisticsResponse response = MRIOV__V1__WATCH_STATISTICS_RESPONSE__INIT;
    response.statistics = fill(call->daemon, &arena);
    call_answer_more(call, &response.base);
    arena_free(&arena);
}

void handle_watch_statistics(struct call *call, const ProtobufCMessage *message)
{
    const Mriov__V1__WatchStatisticsRequest *request = (const Mriov__V1__WatchStatisticsRequest *)message;
    if (request->interval_ns < INTERVAL_LEAST_NS || request->interval_ns > UINT64_C(1000000000000)) {
        call_refuse(call, STATUS_INVALID_ARGUMENT, "interval_ns: must be 1000 to 1e12");
        return;
    }
    struct watching *watching = calloc(1, sizeof *watching);
    CHECK(watching != NULL);
    *watching = (struct watching){.alarm.ring = on_time, .call = call, .interval_ps = request->interval_ns * PS_PER_NS};
    call->context = watching;
    call->on_end = end_watching;
    clock_set_alarm(&call->daemon->clock, &watching->alarm, live_now_ps(&call->daemon->live) + watching->interval_ps);
}
