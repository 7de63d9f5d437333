/* What holds whatever fails: on random racks whose links, adapters and functions fail and are repaired while they run.
 * TLPs and credits are conserved, nothing is delivered outside its hierarchy, and every operation ends. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/adapter/adapter_fault.h"
#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "fabric/pcie/bit_errors.h"
#include "fabric/switch/containment.h"
#include "hostsim/rack/loads.h"
#include "tests/support/credit_walk.h"
#include "tests/support/law.h"
#include "tests/support/rack_generator.h"

#define SEEDS 120
#define STEPS 40
/* Long after all that waits for a completion has given up. */
#define AT_REST_PS (UINT64_C(10) * PS_PER_S)

TestSuite(failures, .timeout = 240);

static void look(const struct world *world, bool at_rest)
{
    const struct fabric *fabric = &world->fabric;
    char where[128];
    law_holds(world_is_valid(world), "the world is valid at %llu ps", (unsigned long long)fabric_now_ps(fabric));
    law_holds(fabric->cross_vh_deliveries == 0, "nothing is delivered outside its hierarchy");
    credit_walk(world, at_rest, where, sizeof where);
    law_holds(
        where[0] == '\0', "credits are conserved at %llu ps: %s", (unsigned long long)fabric_now_ps(fabric), where);
}

static void look_at_rest(const struct world *world)
{
    look(world, true);
    law_holds(fabric_in_flight(&world->fabric) == 0, "no TLP is in flight at rest");
    law_holds(world->fabric.operations.live == 0, "every operation ends");
    for (size_t index = 0; index < world->loads->flow_count; index++)
        law_holds(world->loads->flows[index].in_flight == 0, "flow %zu has nothing in flight", index);
}

static struct port *port_of(const struct world_link *link)
{
    return CONTAINER_OF(link->directions[LINK_UP], struct port, egress);
}

static struct function *any_function(const struct world *world, struct random *random)
{
    const struct adapter *adapter = &world->adapters[random_below(random, world->scenario->adapter_count)];
    if (adapter->function_count == 0)
        return NULL;
    struct function *function = &adapter->functions[random_below(random, adapter->function_count)];
    return function->active ? function : NULL;
}

static void change_link(const struct world *world, struct random *random)
{
    const struct world_link *link = &world->links[random_below(random, world->link_count)];
    enum link_cause cause = 1u << random_below(random, 3);
    switch (random_below(random, 6)) {
    case 0:
    case 1:
        link_take_down(port_of(link), cause);
        break;
    case 2:
        link_bring_up(port_of(link), cause);
        break;
    case 3:
        link_retrain(port_of(link));
        break;
    case 4:
        link_hot_reset(port_of(link));
        break;
    default:
        link_set_bit_errors(port_of(link), random_below(random, 2) * (BIT_ERRORS_ONE / 100000), link->name);
    }
}

static void change_function(struct function *function, struct random *random)
{
    switch (random_below(random, 3)) {
    case 0:
        function_fail(function, random_below(random, 2) != 0);
        break;
    case 1:
        function_poison(function, (uint32_t)random_below(random, 4));
        break;
    default:
        function_lose_completions(function, (uint32_t)random_below(random, 4));
    }
}

static void change_bridge(struct world *world, struct random *random)
{
    struct mr_switch *mr_switch = &world->switches[random_below(random, world->scenario->chassis_count)];
    uint16_t vh = (uint16_t)random_below(random, mr_switch->vh_count);
    const struct virtual_switch *virtual_switch = mr_switch->virtual_switches[vh];
    if (virtual_switch == NULL || virtual_switch->bridge_count < 2)
        return;
    uint32_t bridge = 1 + (uint32_t)random_below(random, virtual_switch->bridge_count - 1);
    if (random_below(random, 2) != 0)
        switch_cut_bridge(mr_switch, vh, bridge, BRIDGE_CUT_RESET);
    else
        switch_join_bridge(mr_switch, vh, bridge, BRIDGE_CUT_RESET);
}

static void change(struct world *world, struct random *random)
{
    uint64_t what = random_below(random, 8);
    if (what < 4) {
        change_link(world, random);
    } else if (what < 5) {
        adapter_hang(
            &world->adapters[random_below(random, world->scenario->adapter_count)], random_below(random, 2) != 0);
    } else if (what < 7) {
        struct function *function = any_function(world, random);
        if (function != NULL)
            change_function(function, random);
    } else if (world->scenario->chassis_count > 0) {
        change_bridge(world, random);
    }
}

static void repair_functions(const struct adapter *adapter)
{
    for (uint32_t index = 0; index < adapter->function_count; index++) {
        struct function *function = &adapter->functions[index];
        if (!function->active)
            continue;
        function_fail(function, false);
        function_poison(function, 0);
        function_lose_completions(function, 0);
    }
}

static void repair_all(const struct world *world)
{
    for (size_t index = 0; index < world->link_count; index++) {
        for (int cause = 0; cause < 3; cause++)
            link_bring_up(port_of(&world->links[index]), 1u << cause);
        link_set_bit_errors(port_of(&world->links[index]), 0, world->links[index].name);
    }
    for (size_t index = 0; index < world->scenario->adapter_count; index++) {
        adapter_hang(&world->adapters[index], false);
        repair_functions(&world->adapters[index]);
    }
    for (size_t chassis = 0; chassis < world->scenario->chassis_count; chassis++) {
        struct mr_switch *mr_switch = &world->switches[chassis];
        for (uint32_t vh = 0; vh < mr_switch->vh_count; vh++)
            for (uint32_t bridge = 1;
                 mr_switch->virtual_switches[vh] != NULL && bridge < mr_switch->virtual_switches[vh]->bridge_count;
                 bridge++)
                switch_join_bridge(mr_switch, (uint16_t)vh, bridge, BRIDGE_CUT_RESET);
    }
}

static void try_rack(uint64_t seed, enum rack_links links)
{
    char *text = rack_generate_links(seed, links);
    law_begin("laws/failures", seed, text);
    struct scenario *scenario = law_scenario(text);
    struct world *world = law_world(scenario);
    uint64_t end_ps = scenario->run.warmup_ps + scenario->run.duration_ps;
    struct random random;
    random_init(&random, seed, "failures");
    for (uint64_t step = 1; step <= STEPS; step++) {
        simulation_run(&world->fabric.simulation, end_ps * step / STEPS);
        if (world->link_count > 0 && scenario->adapter_count > 0)
            change(world, &random);
        look(world, false);
    }
    repair_all(world);
    simulation_run(&world->fabric.simulation, AT_REST_PS);
    look_at_rest(world);
    law_world_free(world);
    scenario_free(scenario);
    law_end();
    free(text);
}

Test(failures, with_links_that_are_free)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++)
        try_rack(seed, RACK_LINKS_FREE);
}

Test(failures, with_links_whose_bits_fail)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++)
        try_rack(seed, RACK_LINKS_FAULTY);
}
