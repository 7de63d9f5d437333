/* Hierarchies as a depth-first enumeration would number them. */
#include "hostsim/rack/hierarchy.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fabric/pcie/capability_sr_iov.h"
#include "tests/support/rack.h"

static struct rack rack;

/* Where an enumeration is, in one hierarchy. */
struct walk {
    uint16_t vh;
    uint32_t bus; /* the next free one */
    uint64_t address;
    uint32_t functions; /* met behind leaves */
};

static const struct mr_switch *chassis_of(const struct switch_port *port)
{
    return port->owner;
}

/* Functions of the adapter behind BRIDGE that the hierarchy has addresses for: PLACES of them are there, and VFs of an
 * mr-iov adapter may come. */
static uint32_t room_behind(const struct virtual_bridge *bridge, uint16_t vh, uint32_t places)
{
    const struct adapter *adapter = CONTAINER_OF(bridge->port->port.peer, struct adapter, port);
    if (!adapter->port.mr)
        return places;
    const struct config_device *device = &adapter->spaces[vh].device;
    return device->sr_iov == 0 ? places : 1u + sr_iov_state(&device->functions[0], device->sr_iov).total_vfs;
}

/* The virtual switch of the walk's hierarchy in MR_SWITCH numbers its buses and windows from where the walk is. */
static void walk_switch(struct walk *walk, const struct mr_switch *mr_switch)
{
    const struct virtual_switch *virtual_switch = mr_switch->virtual_switches[walk->vh];
    cr_assert_not_null(virtual_switch);
    walk->bus++; /* the upstream bridge's own */
    cr_assert_eq(virtual_switch->bridges[0].secondary, walk->bus);
    walk->bus++;
    for (uint32_t n = 1; n < virtual_switch_shown(virtual_switch); n++) {
        const struct virtual_bridge *bridge = &virtual_switch->bridges[n];
        cr_assert_eq(bridge->secondary, walk->bus);
        cr_assert_eq(bridge->base, walk->address);
        bool leads_on = bridge->port->port.peer->ops == bridge->port->port.ops;
        if (leads_on) {
            walk_switch(walk, chassis_of(CONTAINER_OF(bridge->port->port.peer, struct switch_port, port)));
        } else {
            uint32_t here = 0, last = 0;
            for (size_t f = 0; f < rack.scenario->assignment_count; f++) {
                const struct world_function *function = &rack.world.functions[f];
                if (function->vh != walk->vh || function->id >> 8 < bridge->secondary ||
                    function->id >> 8 > bridge->subordinate)
                    continue;
                uint32_t slot = function->id - ((uint32_t)bridge->secondary << 8);
                cr_assert_eq(function->bar_base, walk->address + slot * FUNCTION_BAR_BYTES);
                cr_assert_lt(function->bar_base, bridge->limit);
                last = slot > last ? slot : last;
                here++;
            }
            cr_assert_gt(here, 0, "a bridge without a function behind it");
            walk->functions += here;
            walk->bus += last / 256 + 1;
            walk->address += room_behind(bridge, walk->vh, last + 1) * FUNCTION_BAR_BYTES;
        }
        cr_assert_eq(bridge->subordinate, walk->bus - 1);
        cr_assert_eq(bridge->limit, walk->address);
    }
    cr_assert_eq(virtual_switch->bridges[0].subordinate, walk->bus - 1);
    cr_assert_eq(virtual_switch->bridges[0].limit, walk->address);
}

static void expect_enumerated(const char *text)
{
    rack_open(&rack, text);
    for (size_t n = 0; n < rack.world.topology.root_count; n++) {
        const struct topology_root *root = &rack.world.topology.roots[n];
        uint32_t owned = 0;
        for (size_t f = 0; f < rack.scenario->assignment_count; f++) {
            const struct world_function *one = &rack.world.functions[f];
            owned += one->vh == root->vh;
            for (size_t g = 0; g < f; g++) {
                const struct world_function *other = &rack.world.functions[g];
                cr_assert_neq(one->function, other->function);
                if (one->vh == other->vh)
                    cr_assert(one->id != other->id && one->bar_base != other->bar_base);
            }
        }
        if (root->chassis == SCENARIO_NONE)
            continue;
        struct walk walk = {.vh = root->vh, .bus = 1, .address = UINT64_C(1) << 44};
        walk_switch(&walk, &rack.world.switches[root->chassis]);
        cr_expect_eq(walk.functions, owned, "vh %zu", n + 1);
    }
    rack_close(&rack);
}

Test(hierarchy, one_chassis)
{
    expect_enumerated("mriov: 1\n"
                      "chassis: [{name: tor}]\n"
                      "hosts: [{name: \"h[0-2]\", chassis: tor}]\n"
                      "adapters:\n"
                      "  - {name: \"nic[0-1]\", at: tor}\n"
                      "  - {name: ssd, at: tor, sharing: sr-iov}\n"
                      "  - {name: gpu, at: tor, sharing: exclusive}\n"
                      "assign:\n"
                      "  - {function: \"nic*\", to: \"h*\", each: on, vfs: 3}\n"
                      "  - {function: \"ssd.vf[4,0,7]\", to: \"h[2,0,2]\"}\n"
                      "  - {function: gpu, to: h1}\n");
}

Test(hierarchy, vfs_beyond_a_bus_take_more_buses)
{
    expect_enumerated("mriov: 1\n"
                      "chassis: [{name: tor}]\n"
                      "hosts: [{name: \"h[0-1]\", chassis: tor}]\n"
                      "adapters: [{name: \"nic[0-2]\", at: tor, vfs: 1200}]\n"
                      "assign:\n"
                      "  - {function: nic0, to: h0, vfs: 255}\n"
                      "  - {function: nic1, to: h0, vfs: 256}\n"
                      "  - {function: nic2, to: h0, vfs: 600}\n"
                      "  - {function: nic1, to: h1, vfs: 700}\n");
}

Test(hierarchy, several_chassis_and_uplinks)
{
    expect_enumerated("mriov: 1\n"
                      "chassis: [{name: \"tor[0-3]\"}]\n"
                      "trunks:\n"
                      "  - {name: a, between: [tor0, tor1]}\n"
                      "  - {name: b, between: [tor1, tor2]}\n"
                      "  - {name: c, between: [tor0, tor3]}\n"
                      "  - {name: d, between: [tor3, tor2]}\n"
                      "hosts:\n"
                      "  - {name: h0, chassis: [tor0, tor2]}\n"
                      "  - {name: h1, chassis: tor1}\n"
                      "adapters:\n"
                      "  - {name: \"n[0-3]\", at: \"tor[0-3]\"}\n"
                      "  - {name: own, at: h1}\n"
                      "assign:\n"
                      "  - {function: \"n*\", to: \"h0:0\", vfs: 2}\n"
                      "  - {function: n2, to: \"h0:1\"}\n"
                      "  - {function: n0, to: \"h0:1\"}\n"
                      "  - {function: \"n[1-3]\", to: h1}\n");
}

Test(hierarchy, the_first_function_is_where_a_host_would_find_it)
{
    rack_open(
        &rack, "mriov: 1\n"
               "chassis: [{name: tor}]\n"
               "hosts: [{name: h0, chassis: tor}]\n"
               "adapters: [{name: own, at: h0}, {name: \"nic[0-1]\", at: tor}]\n"
               "assign: [{function: \"nic[0-1]\", to: h0, vfs: 1}]\n");
    static const uint16_t ids[] = {0x0100, 0x0300, 0x0301, 0x0400, 0x0401};
    cr_assert_eq(rack.scenario->assignment_count, 5);
    for (size_t n = 0; n < 5; n++)
        cr_expect_eq(rack.world.functions[n].id, ids[n], "function %zu: %04x", n, rack.world.functions[n].id);
    rack_close(&rack);
}

Test(hierarchy, more_buses_than_there_are_is_said)
{
    struct scenario *scenario = rack_scenario("mriov: 1\n"
                                              "chassis: [{name: tor}]\n"
                                              "hosts: [{name: h0, chassis: tor}]\n"
                                              "adapters: [{name: nic, at: tor, count: 254, sharing: exclusive}]\n"
                                              "assign: [{function: \"nic*\", to: h0, each: on}]\n");
    struct world world;
    char reason[256] = "";
    cr_expect_eq(world_init(&world, scenario, reason, sizeof reason), STATUS_RESOURCES_EXHAUSTED);
    cr_expect_str_eq(
        reason, "host h0: its hierarchy would need 257 buses and has 256: assign it fewer adapters or VFs");
    world_free(&world);
    scenario_free(scenario);
}
