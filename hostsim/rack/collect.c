#include "hostsim/rack/collect.h"

#include <math.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "hostsim/rack/build_owner.h"
#include "hostsim/rack/inventory.h"
#include "hostsim/rack/loads.h"
#include "hostsim/rack/manager.h"
#include "hostsim/rack/routing_id.h"
#include "hostsim/rack/schema.h"

#define PS_PER_S_REAL 1e12
#define GIGA 1e9

static void *new_array(size_t count, size_t size)
{
    void *array = calloc(count + 1, size);
    CHECK(array != NULL);
    return array;
}

/* How much of the window has been simulated. */
static uint64_t measured_until_now_ps(const struct world *world)
{
    return window_overlap_ps(&world->fabric.window, 0, fabric_now_ps(&world->fabric));
}

/* Rounds a time to whole picoseconds. */
static uint64_t to_ps(double value)
{
    return (uint64_t)(value + 0.5);
}

static double gbps(uint64_t bytes, uint64_t during_ps)
{
    return during_ps == 0 ? NAN : (double)bytes * 8 / ((double)during_ps / PS_PER_S_REAL) / GIGA;
}

static struct results_histogram collect_histogram(const struct histogram *histogram)
{
    struct results_histogram result = {0};
    for (struct histogram_bucket bucket = {0}; histogram_next(histogram, &bucket);)
        result.bucket_count++;
    result.buckets = new_array(result.bucket_count, sizeof *result.buckets);
    size_t filled = 0;
    for (struct histogram_bucket bucket = {0}; histogram_next(histogram, &bucket);)
        result.buckets[filled++] = (struct results_bucket){.upper_ps = bucket.upper, .count = bucket.count};
    return result;
}

static struct results_latency collect_latency(const struct flow_counters *counters)
{
    const struct histogram *latency = &counters->latency;
    if (latency->count == 0)
        return results_latency_none();
    struct batch_means_interval interval = batch_means_of_values(&counters->batches);
    return (struct results_latency){
        .min_ps = histogram_min(latency),
        .mean_ps = to_ps(histogram_mean(latency)),
        .mean_ci95_ps = interval.known ? to_ps(interval.half_width) : RESULTS_NO_TIME,
        .p50_ps = histogram_quantile(latency, 50, 100),
        .p90_ps = histogram_quantile(latency, 90, 100),
        .p99_ps = histogram_quantile(latency, 99, 100),
        .p999_ps = histogram_quantile(latency, 999, 1000),
        .max_ps = latency->max,
        .stddev_ps = to_ps(histogram_stddev(latency)),
    };
}

/* What of MEAN_PS, the mean latency, was PART's, by nearest ps: its share in the operations that were followed. */
static uint64_t mean_part_ps(const struct flow_counters *counters, uint64_t mean_ps, enum journey_part part)
{
    if (counters->followed_ps == 0)
        return 0;
    unsigned __int128 share = (unsigned __int128)counters->parts_ps[part] * mean_ps + counters->followed_ps / 2;
    return (uint64_t)(share / counters->followed_ps);
}

static struct results_parts collect_parts(const struct flow_counters *counters)
{
    if (counters->latency.count == 0)
        return results_parts_none();
    uint64_t mean_ps = to_ps(histogram_mean(&counters->latency));
    struct results_parts parts = {
        .waiting_ps = mean_ps,
        .source_ps = mean_part_ps(counters, mean_ps, JOURNEY_SOURCE),
        .credits_ps = mean_part_ps(counters, mean_ps, JOURNEY_CREDITS),
        .serialisation_ps = mean_part_ps(counters, mean_ps, JOURNEY_SERIALISATION),
        .switches_ps = mean_part_ps(counters, mean_ps, JOURNEY_SWITCHES),
        .wires_ps = mean_part_ps(counters, mean_ps, JOURNEY_WIRES),
        .memory_ps = mean_part_ps(counters, mean_ps, JOURNEY_MEMORY),
        .adapter_ps = mean_part_ps(counters, mean_ps, JOURNEY_ADAPTER),
    };
    uint64_t known_ps = parts.source_ps + parts.credits_ps + parts.serialisation_ps + parts.switches_ps +
                        parts.wires_ps + parts.memory_ps + parts.adapter_ps;
    /* Each is rounded, so together they may be a few ps more than the mean. */
    parts.waiting_ps -= known_ps < parts.waiting_ps ? known_ps : parts.waiting_ps;
    return parts;
}

static bool same_owner(struct scenario_owner one, struct scenario_owner other)
{
    return one.host == other.host && one.guest == other.guest;
}

/* Sets who and what a flow is about; null for what differs between the members of a flow that picks. */
static void name_flow(
    const struct scenario *scenario, const struct scenario_flow *spec, struct results *results,
    struct results_flow *flow)
{
    const struct scenario_flow_member *first = &spec->members[0];
    bool one_host = true, one_owner = true;
    for (size_t n = 1; n < spec->member_count; n++) {
        one_host = one_host && spec->members[n].owner.host == first->owner.host;
        one_owner = one_owner && same_owner(spec->members[n].owner, first->owner);
    }
    const struct scenario_host *host = &scenario->hosts[first->owner.host];
    if (one_host)
        flow->host = results_text(results, "%s", host->name);
    if (one_owner && first->owner.guest != SCENARIO_NONE)
        flow->guest = results_text(results, "%s", host->guests[first->owner.guest].name);
    char function[128];
    scenario_function_name(scenario, first->function, function, sizeof function);
    flow->function = results_text(results, "%s", spec->text != NULL ? spec->text : function);
}

/* What became of each op, of a flow that does several. */
static void collect_ops(
    const struct scenario_workload *workload, const struct flow *flow, uint64_t measured_ps,
    struct results_flow *result)
{
    if (flow->by_op == NULL)
        return;
    bool is_open = flow->arrival.config.ops->is_open;
    result->by_op = new_array(workload->op_count, sizeof *result->by_op);
    for (size_t op = 0; op < workload->op_count; op++) {
        const struct flow_counters *counters = &flow->by_op[op];
        struct batch_means_interval rate = batch_means_of_rate(&counters->batches);
        result->by_op[result->by_op_count++] = (struct results_flow_op){
            .op = schema_word_name(schema_ops, (int)workload->ops[op].op),
            .operations = counters->operations,
            .bytes = counters->bytes,
            .goodput_gbps = gbps(counters->bytes, measured_ps),
            .goodput_ci95_gbps = rate.known ? rate.half_width * 8 / GIGA : NAN,
            .offered_gbps = is_open ? gbps(counters->offered_bytes, measured_ps) : NAN,
            .failed = counters->failed,
            .latency = collect_latency(counters),
            .parts = collect_parts(counters),
            .latency_histogram = collect_histogram(&counters->latency),
        };
    }
}

static void collect_flow(
    const struct world *world, const struct load_row *row, uint64_t measured_ps, struct results *results,
    struct results_flow *result)
{
    const struct scenario *scenario = world->scenario;
    const struct scenario_flow *spec = row->spec;
    const struct scenario_workload *workload = &scenario->workloads[spec->workload];
    const struct flow *flow = row->flow;
    const struct flow_counters *counters = &flow->counters;
    struct batch_means_interval rate = batch_means_of_rate(&counters->batches);
    bool is_open = flow->arrival.config.ops->is_open;
    uint64_t down_ps = loads_down_since_ps(world->loads, row);
    *result = (struct results_flow){
        .workload = (size_t)spec->workload,
        .name = results_text(results, "%s", workload->name),
        .op = workload->op_count > 1 ? "mix" : schema_word_name(schema_ops, (int)workload->ops[0].op),
        .operations = counters->operations,
        .bytes = counters->bytes,
        .goodput_gbps = gbps(counters->bytes, measured_ps),
        .goodput_ci95_gbps = rate.known ? rate.half_width * 8 / GIGA : NAN,
        .offered_gbps = is_open ? gbps(counters->offered_bytes, measured_ps) : NAN,
        .failed = counters->failed - flow->dropped,
        .dropped = flow->dropped,
        .interruption_ps = flow->interruption_ps == TIME_NEVER ? RESULTS_NO_TIME : flow->interruption_ps,
        .down_ps = down_ps == TIME_NEVER ? RESULTS_NO_TIME : fabric_now_ps(&world->fabric) - down_ps,
        .latency = collect_latency(counters),
        .parts = collect_parts(counters),
        .latency_histogram = collect_histogram(&counters->latency),
    };
    name_flow(scenario, spec, results, result);
    collect_ops(workload, flow, measured_ps, result);
}

static void collect_flows(struct world *world, uint64_t measured_ps, struct results *results)
{
    const struct loads *loads = world->loads;
    size_t *order = loads_result_order(loads);
    results->flow_count = loads->row_count;
    results->flows = new_array(results->flow_count, sizeof *results->flows);
    uint64_t end_ps = fabric_now_ps(&world->fabric);
    for (size_t index = 0; index < results->flow_count; index++) {
        const struct load_row *row = loads->rows[order[index]];
        flow_settle(row->flow, end_ps);
        collect_flow(world, row, measured_ps, results, &results->flows[index]);
    }
    free(order);
}

/* What hierarchy VH had on all channels of a direction, its waits added to WAITS. */
static struct results_link_vh collect_link_vh(const struct egress *egress, uint32_t vh, struct histogram *waits)
{
    struct results_link_vh result = {.vh = (int)vh};
    for (uint32_t vc = 0; vc < egress->vc_count; vc++) {
        const struct egress_channel *channel = egress->channels[vh * egress->vc_count + vc];
        if (channel == NULL)
            continue;
        result.payload_bytes += channel->payload_bytes;
        result.credit_stall_ps += channel->stall_ps;
        histogram_merge(waits, &channel->wait);
    }
    bool any = waits->count > 0;
    result.wait_mean_ps = any ? to_ps(histogram_mean(waits)) : RESULTS_NO_TIME;
    result.wait_p99_ps = any ? histogram_quantile(waits, 99, 100) : RESULTS_NO_TIME;
    return result;
}

static void collect_link_vhs(const struct egress *egress, struct results_link *link)
{
    link->by_vh = new_array(egress->vh_count, sizeof *link->by_vh);
    struct histogram *waits = new_array(1, sizeof *waits);
    for (uint32_t vh = 0; vh < egress->vh_count; vh++) {
        histogram_clear(waits);
        struct results_link_vh result = collect_link_vh(egress, vh, waits);
        if (waits->count > 0 || result.credit_stall_ps > 0)
            link->by_vh[link->by_vh_count++] = result;
    }
    free(waits);
}

/* The waits of all hierarchies on a direction. */
static void collect_waits(const struct egress *egress, struct results_link *link)
{
    struct histogram *waits = new_array(1, sizeof *waits);
    for (uint32_t i = 0; i < egress->vh_count * egress->vc_count; i++)
        if (egress->channels[i] != NULL)
            histogram_merge(waits, &egress->channels[i]->wait);
    bool any = waits->count > 0;
    link->wait_mean_ps = any ? to_ps(histogram_mean(waits)) : RESULTS_NO_TIME;
    link->wait_p99_ps = any ? histogram_quantile(waits, 99, 100) : RESULTS_NO_TIME;
    link->wait_max_ps = any ? waits->max : RESULTS_NO_TIME;
    link->wait_histogram = collect_histogram(waits);
    free(waits);
}

/* No less than the mean: that has what a source has ready and no issuer has taken, too. */
static uint32_t longest_queue(const struct egress *egress, double mean)
{
    uint32_t most = occupancy_most(&egress->waiting, fabric_now_ps(egress->fabric));
    uint32_t whole = mean > 0 && mean < UINT32_MAX - 1.0 ? (uint32_t)mean : 0;
    whole += mean > (double)whole;
    return most > whole ? most : whole;
}

static void collect_direction(
    const struct world_link *link, enum link_direction direction, uint64_t measured_ps, struct results *results)
{
    struct egress *egress = link->directions[direction];
    egress_settle(egress);
    const struct egress_counters *counters = &egress->counters;
    double queue_mean = measured_ps > 0 ? (double)egress_ready_integral_ps(egress) / (double)measured_ps : NAN;
    struct results_link *result = &results->links[results->link_count++];
    *result = (struct results_link){
        .name = results_text(results, "%s", link->name),
        .direction = direction,
        .gen = link->config->gen,
        .width = link->config->width,
        .tlps = counters->tlps,
        .payload_bytes = counters->payload_bytes,
        .wire_bytes = counters->wire_bytes,
        .utilisation = measured_ps > 0 ? (double)egress_busy_ps(egress) / (double)measured_ps : NAN,
        .credit_stall_ps = egress->stall_ps,
        .queue_max = longest_queue(egress, queue_mean),
        .queue_mean = queue_mean,
    };
    if (egress->data_link != NULL) {
        result->dllps = egress->data_link->dllps;
        result->replays = egress->data_link->resends;
    }
    collect_waits(egress, result);
    collect_link_vhs(egress, result);
}

static void collect_links(const struct world *world, uint64_t measured_ps, struct results *results)
{
    results->links = new_array(world->link_count * LINK_DIRECTIONS, sizeof *results->links);
    for (size_t index = 0; index < world->link_count; index++)
        for (enum link_direction direction = 0; direction < LINK_DIRECTIONS; direction++)
            collect_direction(&world->links[index], direction, measured_ps, results);
}

static void name_function(
    const struct world *world, struct scenario_function function, struct results *results,
    struct results_function *result)
{
    char name[128];
    scenario_function_name(world->scenario, function, name, sizeof name);
    result->name = results_text(results, "%s", name);
}

/* Who has the function now. */
static void describe_holding(
    const struct world *world, const struct holding *holding, struct results *results, struct results_function *result)
{
    char owner[OWNER_TEXT], id[ROUTING_ID_TEXT];
    const struct world_function *at = holding->at;
    if (holding->seen) { /* what it did for whom it does it now */
        result->tlps = at->function->tlps;
        result->payload_bytes = at->function->payload_bytes;
    }
    if (!holding->bound)
        return;
    owner_text(world->scenario, holding->owner, owner);
    result->owner = results_text(results, "%s", owner);
    result->vh = at->vh;
    result->state = holding->seen ? inventory_state_name(INVENTORY_ASSIGNED) : "unseen";
    if (holding->seen)
        result->routing_id = results_text(results, "%s", routing_id_text(at->id, id));
}

/* What only MR-PCIM knows: of a function that is on its way, or that it keeps from everybody. */
static void describe_managed(
    const struct pcim_inventory *managed, struct pcim_function_id id, struct results *results,
    struct results_function *result)
{
    const struct pcim_function *function = pcim_function_at(managed, id);
    if (function == NULL || function->state == PCIM_FREE || function->state == PCIM_ASSIGNED ||
        function->state == PCIM_MANAGED)
        return;
    char owner[PCIM_TEXT];
    pcim_owner_text(managed, function->owner, owner);
    result->owner = owner[0] != '\0' ? results_text(results, "%s", owner) : NULL;
    result->state = pcim_function_state_name(function->state);
    if (result->owner == NULL) {
        result->vh = RESULTS_NO_VH;
        result->routing_id = NULL;
    }
}

static void add_function(
    const struct world *world, const struct pcim_inventory *managed, const struct inventory_entry *entry,
    struct results *results)
{
    struct results_function *result = &results->functions[results->function_count++];
    *result = (struct results_function){
        .vh = entry->state == INVENTORY_MANAGED ? 0 : RESULTS_NO_VH,
        .state = inventory_state_name(entry->state == INVENTORY_ASSIGNED ? INVENTORY_FREE : entry->state),
    };
    name_function(world, entry->function, results, result);
    const struct holding *holding = holdings_find(&world->holdings, entry->function);
    if (holding != NULL)
        describe_holding(world, holding, results, result);
    if (managed != NULL)
        describe_managed(managed, manager_function_id(entry->function), results, result);
}

static void collect_functions(const struct world *world, const struct pcim_inventory *managed, struct results *results)
{
    struct inventory inventory;
    inventory_take(&inventory, world->scenario, &world->holdings);
    results->functions = new_array(inventory.count, sizeof *results->functions);
    for (size_t index = 0; index < inventory.count; index++)
        add_function(world, managed, &inventory.entries[index], results);
    inventory_free(&inventory);
}

static void add_hierarchy_flows(
    const struct world *world, const struct topology_root *root, uint64_t measured_ps,
    struct results_hierarchy *hierarchy)
{
    uint64_t bytes = 0;
    for (size_t index = 0; index < world->loads->row_count; index++) {
        const struct load_row *row = world->loads->rows[index];
        for (size_t n = 0; n < row->spec->member_count; n++) { /* a flow has a target for each, in that order */
            const struct scenario_flow_member *member = &row->spec->members[n];
            if (topology_root_of(&world->topology, member->owner, member->function.adapter) == root)
                bytes += flow_target_bytes(row->flow, (uint32_t)n);
        }
    }
    hierarchy->goodput_gbps = gbps(bytes, measured_ps);
}

static void collect_hierarchies(const struct world *world, uint64_t measured_ps, struct results *results)
{
    const struct topology *topology = &world->topology;
    results->hierarchies = new_array(topology->root_count, sizeof *results->hierarchies);
    for (size_t index = 0; index < topology->root_count; index++) {
        const struct topology_root *root = &topology->roots[index];
        const struct scenario_host *host = &world->scenario->hosts[root->host];
        struct results_hierarchy *hierarchy = &results->hierarchies[results->hierarchy_count++];
        *hierarchy = (struct results_hierarchy){.vh = root->vh, .host = results_text(results, "%s", host->name)};
        for (size_t n = 0; n < world->holdings.count; n++)
            hierarchy->functions += world->holdings.list[n].bound && world->holdings.list[n].at->root == root;
        hierarchy->dropped_stale = fabric_stale(&world->fabric, root->vh);
        for (size_t chassis = 0; chassis < world->scenario->chassis_count; chassis++) {
            const struct mr_switch *mr_switch = &world->switches[chassis];
            hierarchy->dropped_stale += mr_switch->dropped_stale[root->vh];
        }
        hierarchy->errors_ur = fabric_errors(&world->fabric, root->vh, FABRIC_ERROR_UR);
        hierarchy->errors_ca = fabric_errors(&world->fabric, root->vh, FABRIC_ERROR_CA);
        hierarchy->errors_timeout = fabric_errors(&world->fabric, root->vh, FABRIC_ERROR_TIMEOUT);
        add_hierarchy_flows(world, root, measured_ps, hierarchy);
    }
}

static void collect_hosts(const struct world *world, struct results *results)
{
    const struct scenario *scenario = world->scenario;
    results->hosts = new_array(scenario->host_count, sizeof *results->hosts);
    for (size_t index = 0; index < scenario->host_count; index++) {
        struct results_host *host = &results->hosts[results->host_count++];
        const struct iommu *iommu = world->root_complexes[index].iommu;
        *host = (struct results_host){.name = results_text(results, "%s", scenario->hosts[index].name)};
        if (iommu == NULL)
            continue;
        const struct iommu_counters *counters = &iommu->counters;
        bool any = counters->misses > 0;
        host->has_iommu = true;
        host->iommu_hits = counters->hits;
        host->iommu_misses = counters->misses;
        host->iommu_walks = counters->walks;
        host->iommu_wait_mean_ps =
            any ? (uint64_t)((counters->waits_ps + counters->misses / 2) / counters->misses) : RESULTS_NO_TIME;
        host->iommu_wait_max_ps = any ? counters->wait_max_ps : RESULTS_NO_TIME;
    }
}

/* Jain's index: (sum x)^2 / (n sum x^2); 1 when all are equal, 1/n when one has all (Jain, Chiu, Hawe 1984). */
static double fairness(const struct results *results)
{
    double sum = 0, squares = 0;
    for (size_t index = 0; index < results->flow_count; index++) {
        double goodput = results->flows[index].goodput_gbps;
        sum += goodput;
        squares += goodput * goodput;
    }
    return squares > 0 ? sum * sum / ((double)results->flow_count * squares) : NAN;
}

static void collect_totals(const struct world *world, struct results *results)
{
    const struct fabric *fabric = &world->fabric;
    results->totals = (struct results_totals){
        .events = fabric->simulation.events,
        .tlps_created = fabric->created,
        .tlps_delivered = fabric->delivered,
        .tlps_dropped = fabric_dropped(fabric),
        .tlps_in_flight = fabric_in_flight(fabric),
        .tlp_hops = fabric->hops,
        .cross_vh_deliveries = fabric->cross_vh_deliveries,
        .fairness_jain = fairness(results),
    };
}

static void collect_settings(const struct scenario *scenario, struct results *results)
{
    results->settings = new_array(scenario->setting_count, sizeof *results->settings);
    for (size_t index = 0; index < scenario->setting_count; index++)
        results->settings[results->setting_count++] = results_text(results, "%s", scenario->settings[index]);
}

void collect_results(struct world *world, const struct pcim_inventory *managed, struct results *results)
{
    const struct scenario *scenario = world->scenario;
    uint64_t measured_ps = measured_until_now_ps(world);
    results->scenario = results_text(results, "%s", scenario->name);
    results->seed = scenario->seed;
    results->simulated_ps = fabric_now_ps(&world->fabric);
    results->measured_ps = measured_ps;
    results->boot_ps = world->boot_ps;
    collect_settings(scenario, results);
    collect_flows(world, measured_ps, results);
    collect_links(world, measured_ps, results);
    collect_functions(world, managed, results);
    collect_hierarchies(world, measured_ps, results);
    collect_hosts(world, results);
    collect_totals(world, results);
}
