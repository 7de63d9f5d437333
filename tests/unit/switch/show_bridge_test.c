#include "fabric/switch/show_bridge.h"

#include <criterion/criterion.h>

#include "fabric/switch/bridge_config.h"
#include "tests/support/config_probe.h"
#include "tests/support/rack.h"

static struct rack rack;

/* h0 has all it has in tor0; nic1 is in its chassis and nic2 in the next one. */
static const char *const text = "mriov: 1\n"
                                "chassis: [{name: 'tor[0-1]'}]\n"
                                "trunks: [{name: isl0, between: [tor0, tor1]}]\n"
                                "hosts: [{name: h0, chassis: tor0}, {name: h1, chassis: tor0}]\n"
                                "adapters:\n"
                                "  - {name: nic0, at: tor0}\n"
                                "  - {name: nic1, at: tor0}\n"
                                "  - {name: nic2, at: tor1}\n"
                                "assign:\n"
                                "  - {function: nic0, to: h0}\n"
                                "  - {function: nic1, to: h1}\n"
                                "  - {function: nic2, to: h1}\n";

#define VENDOR_BRIDGE 0x01026d72u
#define INTERNAL_BUS 2
#define NEXT_ID (INTERNAL_BUS << 8 | 1 << 3) /* the second downstream bridge */

static struct config_requester *requester(uint32_t host)
{
    return rack.world.root_complexes[host].ports[0].requester;
}

static uint32_t port_of(size_t adapter)
{
    return CONTAINER_OF(rack.world.adapters[adapter].port.peer, struct switch_port, port)->index;
}

static const struct virtual_switch *switch_of(uint32_t chassis, uint32_t vh)
{
    return rack.world.switches[chassis].virtual_switches[vh];
}

Test(show_bridge, what_is_absent_is_nowhere)
{
    rack_open(&rack, text);
    const struct virtual_switch *here = switch_of(0, 1), *there = switch_of(1, 1);
    cr_assert_eq(here->bridge_count, 4); /* up, nic0, nic1, isl0 */
    cr_assert_eq(virtual_switch_shown(here), 2);
    cr_assert_eq(there->bridge_count, 2);
    cr_assert_eq(virtual_switch_shown(there), 0);
    for (uint16_t device = 1; device < 32; device++)
        cr_assert_eq(config_probe_read(requester(0), (uint16_t)(INTERNAL_BUS << 8 | device << 3), 0), UINT32_MAX);
    cr_assert_eq(config_probe_read(requester(1), NEXT_ID, 0), VENDOR_BRIDGE, "h1 has it");
    rack_close(&rack);
}

Test(show_bridge, a_bridge_comes_and_goes_with_reset_registers)
{
    rack_open(&rack, text);
    struct mr_switch *tor0 = &rack.world.switches[0];
    uint32_t port = port_of(1);
    for (int time = 0; time < 3; time++) {
        cr_assert_eq(switch_show_bridge(tor0, 1, port, time == 1), STATUS_OK);
        cr_assert_eq(switch_show_bridge(tor0, 1, port, false), STATUS_OK, "again does nothing");
        cr_assert(switch_is_valid(tor0));
        cr_assert_eq(config_probe_read(requester(0), NEXT_ID, 0), VENDOR_BRIDGE);
        cr_assert_eq(config_probe_read(requester(0), NEXT_ID, CONFIG_PRIMARY_BUS), 0);
        cr_assert(config_probe_write(requester(0), NEXT_ID, CONFIG_PRIMARY_BUS, 4, 0x00050502));
        cr_assert_eq(
            virtual_switch_by_bus(switch_of(0, 1), 5), time == 1 ? 2 : VIRTUAL_SWITCH_NOWHERE,
            "behind an empty slot is nobody");
        cr_assert_eq(config_probe_read(requester(0), NEXT_ID, CONFIG_PRIMARY_BUS), 0x00050502);
        cr_assert_eq(switch_hide_bridge(tor0, 1, port), STATUS_OK);
        cr_assert_eq(switch_hide_bridge(tor0, 1, port), STATUS_OK);
        cr_assert_eq(virtual_switch_by_bus(switch_of(0, 1), 5), VIRTUAL_SWITCH_NOWHERE);
        cr_assert_eq(config_probe_read(requester(0), NEXT_ID, 0), UINT32_MAX);
        cr_assert(switch_is_valid(tor0));
    }
    cr_assert_eq(config_probe_read(requester(1), NEXT_ID, 0), VENDOR_BRIDGE, "of no concern to h1");
    cr_assert_eq(rack.world.fabric.cross_vh_deliveries, 0);
    rack_close(&rack);
}

Test(show_bridge, a_hierarchy_comes_to_another_chassis)
{
    rack_open(&rack, text);
    struct mr_switch *tor0 = &rack.world.switches[0], *tor1 = &rack.world.switches[1];
    cr_assert_eq(switch_show_bridge(tor1, 1, port_of(2), true), STATUS_OK);
    cr_assert_eq(switch_show_bridge(tor1, 1, rack.world.trunk_ports[0][1]->index, true), STATUS_OK);
    cr_assert_eq(switch_show_bridge(tor0, 1, rack.world.trunk_ports[0][0]->index, true), STATUS_OK);
    uint16_t trunk = INTERNAL_BUS << 8 | 2 << 3;
    cr_assert_eq(config_probe_read(requester(0), trunk, 0), VENDOR_BRIDGE);
    /* The trunk's bridge must be among the buses of the bridges above it. */
    cr_assert(config_probe_write(requester(0), 0, CONFIG_SUBORDINATE_BUS, 1, 9));
    cr_assert(config_probe_write(requester(0), 1 << 8, CONFIG_SUBORDINATE_BUS, 1, 9));
    cr_assert(config_probe_write(requester(0), trunk, CONFIG_PRIMARY_BUS, 4, 0x00090502));
    cr_assert_eq(config_probe_read(requester(0), 5 << 8, 0), 0x01016d72u, "its upstream bridge there");
    cr_assert(config_probe_write(requester(0), 5 << 8, CONFIG_PRIMARY_BUS, 4, 0x00090605));
    cr_assert_eq(config_probe_read(requester(0), 6 << 8, 0), VENDOR_BRIDGE);
    cr_assert(world_is_valid(&rack.world));
    rack_close(&rack);
}

Test(show_bridge, what_cannot_be_is_refused)
{
    rack_open(&rack, text);
    struct mr_switch *tor0 = &rack.world.switches[0];
    cr_assert_eq(switch_show_bridge(tor0, 99, 0, true), STATUS_NOT_FOUND);
    cr_assert_eq(switch_show_bridge(tor0, 1, 99, true), STATUS_NOT_FOUND);
    cr_assert_eq(switch_hide_bridge(tor0, 1, 99), STATUS_NOT_FOUND);
    cr_assert_eq(switch_show_bridge(tor0, 1, 1, true), STATUS_NOT_FOUND, "h1's root port is nobody else's");
    rack_close(&rack);
}

Test(show_bridge, places_of_those_that_come_later_are_their_own)
{
    static const uint32_t counts[] = {1, 31, 32, 33, 256};
    for (size_t n = 0; n < sizeof counts / sizeof counts[0]; n++) {
        bool taken[256] = {0};
        for (uint32_t index = 1; index <= BRIDGE_CONFIG_DOWNSTREAM_MAX; index++) {
            uint8_t place = bridge_config_place(index, counts[n]);
            cr_assert(!taken[place]);
            taken[place] = true;
            if (index <= counts[n] && counts[n] <= 32)
                cr_assert_eq(place & 7, 0);
        }
    }
}
