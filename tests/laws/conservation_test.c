/* What is never lost and never made: TLPs, credits, operations. On random racks, looked at while they run and after all
 * workloads have ended. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/base/time.h"
#include "hostsim/rack/loads.h"
#include "tests/support/credit_walk.h"
#include "tests/support/law.h"
#include "tests/support/rack_generator.h"

#define SEEDS 300
#define SEEDS_OF_LINKS 150
/* How often a rack is looked at within its window. */
#define LOOKS 25
/* Long after the slowest of the generator's links has carried all that its workloads offer. */
#define AT_REST_PS (UINT64_C(10) * PS_PER_S)

TestSuite(conservation, .timeout = 240);

static void look(const struct world *world, bool at_rest)
{
    const struct fabric *fabric = &world->fabric;
    char where[128];
    law_holds(world_is_valid(world), "the world is valid at %llu ps", (unsigned long long)fabric_now_ps(fabric));
    uint64_t in_flight = world_count_tlps(world);
    law_holds(
        fabric->created == fabric->delivered + fabric_dropped(fabric) + in_flight,
        "TLPs created = delivered + dropped + in flight: %llu, %llu, %llu, %llu", (unsigned long long)fabric->created,
        (unsigned long long)fabric->delivered, (unsigned long long)fabric_dropped(fabric),
        (unsigned long long)in_flight);
    law_holds(
        fabric_dropped(fabric) == fabric->dropped[DROP_NULLIFIED],
        "nothing is dropped in a rack without faults, but what comes again");
    law_holds(fabric->cross_vh_deliveries == 0, "nothing is delivered outside its hierarchy");
    credit_walk(world, at_rest, where, sizeof where);
    law_holds(
        where[0] == '\0', "credits are conserved at %llu ps: %s", (unsigned long long)fabric_now_ps(fabric), where);
}

static void look_at_reads(const struct world *world)
{
    for (size_t index = 0; index < world->scenario->adapter_count; index++) {
        const struct read_table *reads = &world->adapters[index].reads;
        law_holds(read_table_in_flight(reads) == 0, "%s has no read pending", world->scenario->adapters[index].name);
    }
    for (size_t index = 0; index < world->scenario->host_count; index++) {
        const struct read_table *reads = &world->root_complexes[index].reads;
        law_holds(read_table_in_flight(reads) == 0, "%s has no read pending", world->scenario->hosts[index].name);
    }
}

/* All workloads have ended, and long ago: nothing is left of them. */
static void look_at_rest(const struct world *world)
{
    look(world, true);
    law_holds(fabric_in_flight(&world->fabric) == 0, "no TLP is in flight at rest");
    law_holds(world->fabric.operations.live == 0, "every operation ends");
    look_at_reads(world);
    for (size_t index = 0; index < world->loads->flow_count; index++) {
        const struct flow *flow = &world->loads->flows[index];
        law_holds(flow->in_flight == 0, "flow %zu has nothing in flight", index);
        law_holds(
            flow->issued_bytes == flow->completed_bytes, "what flow %zu issued has been completed: %llu, %llu", index,
            (unsigned long long)flow->issued_bytes, (unsigned long long)flow->completed_bytes);
    }
}

static void try_rack(uint64_t seed, enum rack_links links)
{
    char *text = rack_generate_links(seed, links);
    law_begin("laws/conservation", seed, text);
    struct scenario *scenario = law_scenario(text);
    struct world *world = law_world(scenario);
    uint64_t end_ps = scenario->run.warmup_ps + scenario->run.duration_ps;
    look(world, false);
    for (uint64_t n = 1; n <= LOOKS; n++) {
        simulation_run(&world->fabric.simulation, end_ps * n / LOOKS);
        look(world, false);
    }
    for (uint64_t at_ps = end_ps * 2; at_ps < AT_REST_PS; at_ps *= 2) {
        simulation_run(&world->fabric.simulation, at_ps);
        look(world, false);
    }
    simulation_run(&world->fabric.simulation, AT_REST_PS);
    look_at_rest(world);
    law_world_free(world);
    scenario_free(scenario);
    law_end();
    free(text);
}

Test(conservation, tlps_credits_and_operations)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++)
        try_rack(seed, RACK_LINKS_FREE);
}

Test(conservation, with_data_link_packets)
{
    struct law_seeds seeds = law_seeds_of(SEEDS_OF_LINKS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++)
        try_rack(seed, RACK_LINKS_PHYSICAL);
}

Test(conservation, with_bit_errors)
{
    struct law_seeds seeds = law_seeds_of(SEEDS_OF_LINKS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++)
        try_rack(seed, RACK_LINKS_FAULTY);
}
