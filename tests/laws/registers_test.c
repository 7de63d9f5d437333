/* What a host's configuration writes do while its rack runs: registers act, and nothing that one hierarchy's software
 * writes reaches another, breaks the model, or stops it. On random racks, under load. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "fabric/pcie/config_requester.h"
#include "hostsim/rack/loads.h"
#include "tests/support/credit_walk.h"
#include "tests/support/law.h"
#include "tests/support/rack_generator.h"

#define SEEDS 120
#define SEEDS_OF_LINKS 40
#define WRITES 600
#define LOOKS 25

TestSuite(registers, .timeout = 240);

/* Software that has gone mad: writes anything anywhere in its hierarchies, one request after the other. */
struct madman {
    struct config_request request;
    struct config_requester *requester;
    const struct world_tree *tree;
    struct random random;
    uint32_t left;
};

static const uint16_t favourites[] = {0x04, 0x04, 0x10, 0x14, 0x18, 0x18, 0x1c, 0x20, 0x24, 0x28, 0x2c, 0x3c, 0x3c};

static void attack(struct madman *madman)
{
    struct random *random = &madman->random;
    bool somebody = random_below(random, 8) > 0, header = random_below(random, 2) == 0;
    const struct host_function *function = &madman->tree->functions[random_below(random, madman->tree->count)];
    uint64_t favourite = random_below(random, sizeof favourites / sizeof favourites[0]);
    madman->request.id = somebody ? function->id : (uint16_t)random_below(random, UINT64_C(1) << 16);
    madman->request.offset = header ? favourites[favourite] : (uint16_t)(random_below(random, 0x80) * 4);
    madman->request.enables = (uint8_t)random_below(random, 16);
    madman->request.value = (uint32_t)random_below(random, UINT64_C(1) << 32);
    config_requester_submit(madman->requester, &madman->request);
}

static void on_done(struct config_request *request)
{
    struct madman *madman = CONTAINER_OF(request, struct madman, request);
    if (--madman->left > 0)
        attack(madman);
}

/* The madman of ROOT; NULL when it has found nobody. */
static struct madman *let_loose(struct world *world, const struct topology_root *root, uint64_t seed)
{
    const struct world_tree *tree = &world->trees[root->vh - 1];
    if (tree->count == 0)
        return NULL;
    struct madman *madman = calloc(1, sizeof *madman);
    cr_assert_not_null(madman);
    *madman = (struct madman){
        .request = {.done = on_done},
        .requester = world->root_complexes[root->host].ports[root->port].requester,
        .tree = tree,
        .left = WRITES,
    };
    random_init(&madman->random, seed, "madman");
    attack(madman);
    return madman;
}

static void look(const struct world *world)
{
    char where[128];
    unsigned long long at = (unsigned long long)fabric_now_ps(&world->fabric);
    law_holds(world_is_valid(world), "the world is valid at %llu ps", at);
    law_holds(world->fabric.cross_vh_deliveries == 0, "nothing is delivered outside its hierarchy at %llu ps", at);
    credit_walk(world, false, where, sizeof where);
    law_holds(where[0] == '\0', "credits are conserved at %llu ps: %s", at, where);
}

/* All operations of flows whose functions are all in hierarchies other than ATTACKER's end, and none fails. */
static void look_at_others(const struct world *world, const struct topology_root *attacker)
{
    const struct scenario *scenario = world->scenario;
    for (size_t index = 0; index < world->loads->flow_count; index++) {
        const struct scenario_flow *spec = &scenario->flows[index];
        const struct flow *flow = &world->loads->flows[index];
        bool others = true;
        for (size_t n = 0; n < spec->member_count; n++) {
            int assignment = scenario_find_assignment(scenario, spec->members[n].function);
            others = others && world->functions[assignment].root->host != attacker->host;
        }
        if (!others)
            continue;
        law_holds(flow->in_flight == 0, "flow %zu of another host has nothing in flight", index);
        law_holds(
            flow->issued_bytes == flow->completed_bytes,
            "what flow %zu of another host issued is completed: %llu, %llu", index,
            (unsigned long long)flow->issued_bytes, (unsigned long long)flow->completed_bytes);
    }
}

static void run(struct world *world, uint64_t end_ps)
{
    for (uint64_t n = 1; n <= LOOKS; n++) {
        simulation_run(&world->fabric.simulation, end_ps * n / LOOKS);
        look(world);
    }
    for (uint64_t at_ps = end_ps * 2; at_ps < PS_PER_S; at_ps *= 4)
        simulation_run(&world->fabric.simulation, at_ps);
    look(world);
}

static void try_rack(uint64_t seed, enum rack_links links, bool all)
{
    char *text = rack_generate_links(seed, links);
    law_begin("laws/registers", seed, text);
    struct scenario *scenario = law_scenario(text);
    struct world *world = law_world(scenario);
    struct madman *madmen[64] = {0};
    size_t roots = world->topology.root_count;
    cr_assert(roots <= 64);
    for (size_t root = 0; root < roots; root++)
        if (all || root == seed % roots)
            madmen[root] = let_loose(world, &world->topology.roots[root], seed + root);
    run(world, scenario->run.warmup_ps + scenario->run.duration_ps);
    if (!all && roots > 0)
        look_at_others(world, &world->topology.roots[seed % roots]);
    for (size_t root = 0; root < roots; root++)
        free(madmen[root]);
    law_world_free(world);
    scenario_free(scenario);
    law_end();
    free(text);
}

Test(registers, what_one_host_writes_under_load_is_its_own_affair)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++)
        try_rack(seed, RACK_LINKS_FREE, false);
}

Test(registers, all_hosts_write_anything)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++)
        try_rack(seed, RACK_LINKS_FREE, true);
}

Test(registers, over_links_whose_bits_fail)
{
    struct law_seeds seeds = law_seeds_of(SEEDS_OF_LINKS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++)
        try_rack(seed, RACK_LINKS_FAULTY, seed % 2 == 0);
}
