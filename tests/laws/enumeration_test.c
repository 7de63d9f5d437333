/* What hosts find by asking is what a calculation over the scenario says, on random racks; and whatever a host writes
 * into configuration space, no other hierarchy hears of it. */
#include "hostsim/host/enumeration.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/base/random.h"
#include "fabric/pcie/config_decode.h"
#include "fabric/pcie/config_requester.h"
#include "hostsim/rack/host_tree.h"
#include "hostsim/rack/management.h"
#include "tests/support/law.h"
#include "tests/support/rack_generator.h"

#define SEEDS 150
#define HOSTILE_SEEDS 60
#define HOSTILE_REQUESTS 400
#define MEBIBYTE (UINT64_C(1) << 20)
#define FIRST_ADDRESS (UINT64_C(1) << 44)

TestSuite(enumeration, .timeout = 240);

/* --- what ought to be found --- */

struct expected {
    const struct world *world;
    const struct topology_root *root;
    const struct world_tree *tree;
    struct topology_tree ways;
    uint32_t bus; /* the next one */
    uint64_t address;
    size_t functions;
};

static const struct host_function *expect_function(struct expected *expected, uint16_t id)
{
    const struct host_function *function = host_function_find(expected->tree->functions, expected->tree->count, id);
    law_holds(function != NULL, "VH %u: %04x is found", expected->root->vh, id);
    expected->functions++;
    return function;
}

static bool is_here(const struct expected *expected, size_t index, size_t adapter)
{
    return expected->world->scenario->assignments[index].function.adapter == (int)adapter &&
           expected->world->functions[index].root == expected->root;
}

/* For how many functions of ADAPTER, of which PLACES are there, a host keeps addresses: VFs of an mr-iov adapter may
 * come. */
static uint32_t room_of(const struct expected *expected, size_t adapter, uint32_t places)
{
    const struct scenario_adapter *spec = &expected->world->scenario->adapters[adapter];
    uint32_t able = CAPABILITY_SR_IOV | CAPABILITY_VF_MIGRATION;
    bool come = spec->sharing == SHARING_MR_IOV && spec->chassis != SCENARIO_NONE &&
                (expected->world->scenario->hosts[expected->root->host].capabilities & able) == able;
    uint32_t most = spec->vfs < 255 ? spec->vfs : 255;
    return come && places > 0 && 1 + most > places ? 1 + most : places;
}

/* The functions of ADAPTER from the next bus and address on; false when the hierarchy has none of it. */
static bool expect_adapter(struct expected *expected, size_t adapter)
{
    const struct scenario *scenario = expected->world->scenario;
    bool single = scenario->adapters[adapter].sharing == SHARING_SR_IOV;
    uint32_t places = 0, seen = 0;
    for (size_t index = 0; index < scenario->assignment_count; index++) {
        if (!is_here(expected, index, adapter))
            continue;
        uint32_t place = single ? seen++ : (uint32_t)(scenario->assignments[index].function.vf + 1);
        const struct world_function *function = &expected->world->functions[index];
        law_holds(function->id == (expected->bus << 8) + place, "assignment %zu has ID %04x", index, function->id);
        law_holds(
            function->bar_base == expected->address + place * MEBIBYTE, "assignment %zu is at %llx", index,
            (unsigned long long)function->bar_base);
        places = place + 1 > places ? place + 1 : places;
    }
    for (uint32_t place = 0; place < places; place++) {
        const struct host_function *found = expect_function(expected, (uint16_t)((expected->bus << 8) + place));
        law_holds(found->is_vf == (!single && place > 0), "%04x is a VF or not", found->id);
    }
    expected->bus += (places + 255) / 256;
    expected->address += room_of(expected, adapter, places) * MEBIBYTE;
    return places > 0;
}

/* The bridge with ID has all buses from FIRST_BUS and all addresses from BASE on until the next ones. */
static void check_bridge(struct expected *expected, uint16_t id, uint32_t first_bus, uint64_t base)
{
    const struct host_function *bridge = expect_function(expected, id);
    struct config_bridge_state state = config_decode_bridge(host_tree_find(expected->world, expected->root, id));
    law_holds(host_function_is_bridge(bridge), "%04x is a bridge", id);
    law_holds(bridge->secondary == first_bus && state.secondary == first_bus, "secondary bus of %04x", id);
    law_holds(state.subordinate == expected->bus - 1 && state.primary == id >> 8, "last bus behind %04x", id);
    law_holds(
        state.prefetchable.limit - state.prefetchable.base == expected->address - base &&
            (expected->address == base || state.prefetchable.base == base),
        "window of %04x", id);
    law_holds(state.memory.base == state.memory.limit && state.bus_master, "%04x forwards what it ought to", id);
}

static bool expect_chassis(struct expected *expected, int chassis);

/* All that a downstream bridge at the next place of BUS would have behind it. */
static bool expect_trunk(struct expected *expected, int chassis, size_t trunk)
{
    const struct scenario_trunk *spec = &expected->world->scenario->trunks[trunk];
    for (int end = 0; end < 2; end++)
        if (spec->between[end] == chassis && expected->ways.parent_trunk[spec->between[1 - end]] == (int)trunk)
            return expect_chassis(expected, spec->between[1 - end]);
    return false;
}

static bool expect_chassis(struct expected *expected, int chassis)
{
    const struct scenario *scenario = expected->world->scenario;
    struct expected before = *expected;
    uint32_t own = expected->bus++, inside = expected->bus++, places = 0;
    uint64_t base = expected->address;
    for (size_t way = 0; way < scenario->adapter_count + scenario->trunk_count; way++) {
        uint32_t first_bus = expected->bus;
        uint64_t first_address = expected->address;
        bool adapter = way < scenario->adapter_count;
        if (adapter && scenario->adapters[way].chassis != chassis)
            continue;
        if (adapter ? expect_adapter(expected, way) : expect_trunk(expected, chassis, way - scenario->adapter_count))
            check_bridge(expected, (uint16_t)(inside << 8 | places++ << 3), first_bus, first_address);
    }
    if (places == 0 && chassis != expected->root->chassis) {
        *expected = before;
        return false;
    }
    check_bridge(expected, (uint16_t)(own << 8), inside, base);
    return true;
}

static void check_hierarchy(const struct world *world, const struct topology_root *root)
{
    struct expected expected = {
        .world = world, .root = root, .tree = &world->trees[root->vh - 1], .bus = 1, .address = FIRST_ADDRESS};
    if (root->chassis == SCENARIO_NONE) {
        expect_adapter(&expected, (size_t)root->adapter);
    } else {
        expected.ways = topology_tree_from(world->scenario, root->chassis);
        expect_chassis(&expected, root->chassis);
        topology_tree_free(&expected.ways);
    }
    check_bridge(&expected, ROOT_PORT_ID, 1, FIRST_ADDRESS);
    law_holds(expected.functions == expected.tree->count, "VH %u: nothing else is found", root->vh);
}

/* MPS of a function is its owner's, or the least of those who share the adapter. */
static void check_sizes(const struct world *world)
{
    for (size_t index = 0; index < world->scenario->assignment_count; index++) {
        const struct scenario_assignment *assignment = &world->scenario->assignments[index];
        const struct scenario_adapter *adapter = &world->scenario->adapters[assignment->function.adapter];
        const struct scenario_host *host = &world->scenario->hosts[assignment->owner.host];
        const struct function_settings *settings = &world->functions[index].function->settings;
        law_holds(settings->mps <= host->mps && settings->mrrs <= host->mrrs, "assignment %zu: sizes", index);
        law_holds(
            adapter->sharing == SHARING_SR_IOV || (settings->mps == host->mps && settings->mrrs == host->mrrs),
            "assignment %zu: sizes are its host's", index);
    }
}

Test(enumeration, finds_what_a_calculation_says)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        char *text = rack_generate(seed);
        law_begin("laws/enumeration", seed, text);
        struct scenario *scenario = law_scenario(text);
        struct world *world = law_world(scenario);
        for (size_t root = 0; root < world->topology.root_count; root++)
            check_hierarchy(world, &world->topology.roots[root]);
        check_sizes(world);
        law_holds((world->boot_ps > 0) == (world->topology.root_count > 0), "it takes time where there is something");
        law_holds(world->fabric.created == 0 && world->fabric.simulation.events == 0, "and none of the run's");
        law_world_free(world);
        scenario_free(scenario);
        law_end();
        free(text);
    }
}

/* --- a host that writes what it likes --- */

struct hostile {
    struct config_request request;
    struct config_requester *requester;
    const struct world_tree *tree;
    struct random random;
    uint32_t left;
};

static void on_done(struct config_request *request);

static void attack(struct hostile *hostile)
{
    static const uint16_t favourites[] = {0x04, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x28, 0x2c, 0x3c};
    struct random *random = &hostile->random;
    bool somebody = random_below(random, 4) > 0;
    bool header = random_below(random, 2) == 0;
    uint64_t which = random_below(random, hostile->tree->count);
    hostile->request.id =
        somebody ? hostile->tree->functions[which].id : (uint16_t)random_below(random, UINT64_C(1) << 16);
    hostile->request.offset = header ? favourites[random_below(random, sizeof favourites / sizeof favourites[0])]
                                     : (uint16_t)(random_below(random, 0x100) * 4);
    hostile->request.enables = (uint8_t)random_below(random, 16);
    hostile->request.value = (uint32_t)random_below(random, UINT64_C(1) << 32);
    config_requester_submit(hostile->requester, &hostile->request);
}

static void on_done(struct config_request *request)
{
    struct hostile *hostile = CONTAINER_OF(request, struct hostile, request);
    if (--hostile->left > 0)
        attack(hostile);
}

/* The registers of all functions of ROOT, as a sum that changes when one does. */
static uint64_t sum_of(const struct world *world, const struct topology_root *root)
{
    size_t count;
    uint64_t sum = 0;
    struct lspci_function *functions = host_tree_list(world, root, 0, false, &count);
    for (size_t index = 0; index < count; index++)
        for (uint32_t offset = 0; offset < CONFIG_SPACE_BYTES; offset += 4)
            sum = sum * UINT64_C(6364136223846793005) + config_space_read(functions[index].space, (uint16_t)offset) + 1;
    free(functions);
    return sum;
}

/* Likewise of all that MR-PCIM has in CHASSIS, with what its commands have changed there: bridges that are shown. */
static uint64_t own_sum_of(const struct world *world, size_t chassis)
{
    uint64_t sum = 0;
    const struct world_tree *tree = &world->management[chassis].tree;
    for (size_t index = 0; index < tree->count; index++) {
        const struct config_space *space = management_find(world, chassis, tree->functions[index].id);
        for (uint32_t offset = 0; offset < CONFIG_SPACE_BYTES; offset += 4)
            sum = sum * UINT64_C(6364136223846793005) + config_space_read(space, (uint16_t)offset) + 1;
    }
    for (uint32_t vh = 0; vh < topology_vh_count(&world->topology); vh++)
        if (world->switches[chassis].virtual_switches[vh] != NULL)
            sum = sum * 31 + virtual_switch_shown(world->switches[chassis].virtual_switches[vh]);
    return sum;
}

static void attack_from(struct world *world, const struct topology_root *attacker, uint64_t seed)
{
    uint64_t before[64] = {0}, own_before[64] = {0};
    size_t roots = world->topology.root_count, chassis_count = world->scenario->chassis_count;
    cr_assert(roots <= 64 && chassis_count <= 64);
    for (size_t chassis = 0; chassis < chassis_count; chassis++)
        own_before[chassis] = own_sum_of(world, chassis);
    for (size_t root = 0; root < roots; root++)
        before[root] = sum_of(world, &world->topology.roots[root]);
    struct hostile hostile = {
        .request = {.done = on_done},
        .requester = world->root_complexes[attacker->host].ports[attacker->port].requester,
        .tree = &world->trees[attacker->vh - 1],
        .left = HOSTILE_REQUESTS,
    };
    random_init(&hostile.random, seed, "hostile");
    attack(&hostile);
    simulation_run(&world->fabric.simulation, UINT64_C(20) * PS_PER_MS);
    law_holds(hostile.left == 0, "every request ends");
    law_holds(world_is_valid(world), "the world is valid");
    law_holds(world->fabric.cross_vh_deliveries == 0, "nothing ends in another hierarchy");
    for (size_t chassis = 0; chassis < chassis_count; chassis++)
        law_holds(own_before[chassis] == own_sum_of(world, chassis), "VH 0 of chassis %zu is as it was", chassis);
    for (size_t root = 0; root < roots; root++)
        law_holds(
            &world->topology.roots[root] == attacker || before[root] == sum_of(world, &world->topology.roots[root]),
            "VH %zu has its registers as they were", root + 1);
}

Test(enumeration, a_hostile_host_reaches_nobody_else)
{
    struct law_seeds seeds = law_seeds_of(HOSTILE_SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        char *text = rack_generate(seed);
        law_begin("laws/enumeration", seed, text);
        struct scenario *scenario = law_scenario(text);
        struct world *world = law_world(scenario);
        if (world->topology.root_count > 0)
            attack_from(world, &world->topology.roots[seed % world->topology.root_count], seed);
        law_world_free(world);
        scenario_free(scenario);
        law_end();
        free(text);
    }
}
