/* What no rack can beat: the rates of its wires and the length of its ways. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/law.h"
#include "tests/support/rack_generator.h"
#include "tests/support/rack_path.h"

#define SEEDS 400
/* A carried fraction of a picosecond is at most 1 ps a hop, and results round to 1. */
#define ROUNDING_PS 2

TestSuite(bounds, .timeout = 240);

/* How a flow's op moves its payload. */
struct movement {
    struct rack_path request, data; /* data: of completions; no hops where the requests carry it */
    double ends_ps;                 /* outside the links: memory, cores, registers */
};

/* The least that a draw can give; the mean of what is always the same. */
static double least(const struct distribution *distribution)
{
    return distribution_is_constant(distribution) ? (double)distribution_mean(distribution) : 0;
}

static struct movement
movement_of(const struct scenario *scenario, const struct scenario_flow_member *member, enum scenario_op op)
{
    const struct scenario_host *host = &scenario->hosts[member->owner.host];
    double root_ps = least(&host->root_latency);
    double bar_ps = least(&scenario->adapters[member->function.adapter].bar_latency);
    struct movement movement = {0};
    switch (op) {
    case OP_DMA_WRITE:
        movement.request = rack_path_to_host(scenario, member);
        movement.ends_ps = least(&host->memory.write_latency);
        break;
    case OP_DMA_READ:
        movement.request = rack_path_to_host(scenario, member);
        movement.data = rack_path_from_host(scenario, member);
        movement.ends_ps = least(&host->memory.read_latency);
        break;
    case OP_MMIO_WRITE:
        movement.request = rack_path_from_host(scenario, member);
        movement.ends_ps = root_ps + bar_ps;
        break;
    case OP_MMIO_READ:
        movement.request = rack_path_from_host(scenario, member);
        movement.data = rack_path_to_host(scenario, member);
        movement.ends_ps = 2 * root_ps + bar_ps;
        break;
    default:
        movement.request = rack_path_to_peer(scenario, member, false);
        movement.ends_ps = least(&scenario->adapters[member->peer.adapter].bar_latency);
        if (op == OP_PEER_READ)
            movement.data = rack_path_to_peer(scenario, member, true);
    }
    return movement;
}

/* An operation of BYTES that one TLP each way can carry. */
static double idle_ps(const struct movement *movement, uint32_t bytes)
{
    bool reads = movement->data.hop_count > 0;
    double there_ps = rack_path_ps(&movement->request, false, reads ? 0 : bytes);
    return movement->ends_ps + there_ps + (reads ? rack_path_ps(&movement->data, true, bytes) : 0);
}

/* --- an idle rack takes exactly as long as its ways --- */

static void try_idle(uint64_t seed)
{
    char *text = rack_generate_idle(seed);
    if (text == NULL)
        return;
    law_begin("laws/bounds", seed, text);
    struct scenario *scenario = law_scenario(text);
    struct results results = law_run_scenario(scenario);
    const struct scenario_workload *workload = &scenario->workloads[0];
    struct movement movement = movement_of(scenario, &scenario->flows[0].members[0], workload->op);
    double expected_ps = idle_ps(&movement, (uint32_t)distribution_mean(&workload->size));
    double off_ps = ROUNDING_PS * (1 + movement.request.hop_count + movement.data.hop_count);
    const struct results_latency *latency = &results.flows[0].latency;
    law_holds(results.flows[0].operations > 0, "operations complete");
    law_holds(
        fabs((double)latency->min_ps - expected_ps) <= off_ps && fabs((double)latency->max_ps - expected_ps) <= off_ps,
        "an idle rack takes %.0f ps, and not %llu to %llu", expected_ps, (unsigned long long)latency->min_ps,
        (unsigned long long)latency->max_ps);
    results_free(&results);
    scenario_free(scenario);
    law_end();
    free(text);
}

Test(bounds, an_idle_rack_takes_as_long_as_its_ways)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++)
        try_idle(seed);
}

/* --- a busy one no less, and carries no more than its wires --- */

static void
check_latency(const struct scenario *scenario, const struct scenario_flow *spec, const struct results_flow *flow)
{
    const struct results_latency *latency = &flow->latency;
    if (flow->operations == 0)
        return;
    law_holds(
        latency->min_ps <= latency->p50_ps && latency->p50_ps <= latency->p90_ps &&
            latency->p90_ps <= latency->p99_ps && latency->p99_ps <= latency->p999_ps &&
            latency->p999_ps <= latency->max_ps && latency->min_ps <= latency->mean_ps &&
            latency->mean_ps <= latency->max_ps,
        "quantiles of %s ascend", flow->name);
    const struct results_parts *parts = &flow->parts;
    uint64_t sum_ps = parts->source_ps + parts->waiting_ps + parts->credits_ps + parts->serialisation_ps +
                      parts->switches_ps + parts->wires_ps + parts->memory_ps + parts->adapter_ps;
    law_holds(
        sum_ps >= latency->mean_ps && sum_ps <= latency->mean_ps + 8, "the parts of %s add up: %llu of %llu",
        flow->name, (unsigned long long)sum_ps, (unsigned long long)latency->mean_ps);
    if (spec->member_count > 1)
        return;
    const struct scenario_workload *workload = &scenario->workloads[spec->workload];
    struct movement movement = movement_of(scenario, &spec->members[0], workload->op);
    double least_ps = idle_ps(&movement, 0) - ROUNDING_PS * (1 + movement.request.hop_count + movement.data.hop_count);
    law_holds(
        (double)latency->min_ps >= least_ps, "%s takes at least %.0f ps, and not %llu", flow->name, least_ps,
        (unsigned long long)latency->min_ps);
}

/* Bits of payload of the flows whose way leads over a direction of a link: over all of them, at most what the wire can
 * carry since time zero. */
static double carried_bits(
    const struct scenario *scenario, const struct results *results, const struct results_link *link, double *bps)
{
    double bits = 0;
    for (size_t index = 0; index < results->flow_count; index++) {
        const struct scenario_flow *spec = &scenario->flows[index];
        if (spec->member_count > 1)
            continue;
        struct movement movement = movement_of(scenario, &spec->members[0], scenario->workloads[spec->workload].op);
        const struct rack_path *path = movement.data.hop_count > 0 ? &movement.data : &movement.request;
        for (int n = 0; n < path->hop_count; n++) {
            if (strcmp(path->hops[n].name, link->name) != 0 || path->hops[n].direction != link->direction)
                continue;
            *bps = rack_hop_bps(&path->hops[n]);
            bits += (double)results->flows[index].bytes * 8;
        }
    }
    return bits;
}

static void check_link(const struct scenario *scenario, const struct results *results, const struct results_link *link)
{
    uint64_t payload_bytes = 0;
    for (size_t n = 0; n < link->by_vh_count; n++)
        payload_bytes += link->by_vh[n].payload_bytes;
    const char *way = link->direction == LINK_UP ? "up" : "down";
    law_holds(
        link->utilisation >= 0 && link->utilisation <= 1, "%s %s: utilisation %g", link->name, way, link->utilisation);
    law_holds(link->credit_stall_ps <= results->measured_ps, "%s %s stalls no longer than the window", link->name, way);
    law_holds(link->queue_mean <= (double)link->queue_max, "%s %s: mean and longest queue", link->name, way);
    law_holds(link->wire_bytes >= link->payload_bytes + 12 * link->tlps, "%s %s: TLPs have headers", link->name, way);
    law_holds(link->payload_bytes == payload_bytes, "%s %s: the hierarchies' payload adds up", link->name, way);
    double bps = 0;
    double bits = carried_bits(scenario, results, link, &bps);
    law_holds(
        bits <= bps * (double)results->simulated_ps / 1e12, "%s %s carries no more than its wire can", link->name, way);
}

static void try_busy(uint64_t seed)
{
    char *text = rack_generate(seed);
    law_begin("laws/bounds", seed, text);
    struct scenario *scenario = law_scenario(text);
    struct results results = law_run_scenario(scenario);
    law_holds(results_is_valid(&results), "results are valid");
    for (size_t index = 0; index < results.flow_count; index++)
        check_latency(scenario, &scenario->flows[index], &results.flows[index]);
    for (size_t index = 0; index < results.link_count; index++)
        check_link(scenario, &results, &results.links[index]);
    results_free(&results);
    scenario_free(scenario);
    law_end();
    free(text);
}

Test(bounds, no_rack_beats_its_wires_and_ways)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++)
        try_busy(seed);
}
