#include "tests/support/test_chassis.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/base/time.h"

struct test_chassis_plan test_chassis_plan(void)
{
    return (struct test_chassis_plan){
        .config = {.latency.ps = 1000, .speedup = 16},
        .hosts = 2,
        .adapters = 2,
        .host_link = test_link_of(1),
        .adapter_link = test_link_of(1),
        .buffer = test_infinite(),
        .far = test_infinite(),
    };
}

uint16_t test_chassis_vh(uint32_t host)
{
    return (uint16_t)(host + 1);
}

uint16_t test_chassis_vh_count(const struct test_chassis *rack)
{
    return (uint16_t)(rack->plan.hosts + 2);
}

uint64_t test_chassis_address(uint32_t adapter)
{
    return TEST_CHASSIS_BASE + adapter * TEST_CHASSIS_BYTES;
}

static void connect_host(struct test_chassis *rack, uint32_t host)
{
    struct switch_port *port = &rack->mr_switch.ports[host];
    struct test_port *far = &rack->hosts[host];
    test_port_init(far, &rack->fabric);
    far->port.receiver.buffer = rack->plan.far;
    port->port.receiver.buffer = rack->plan.buffer;
    port->vh = test_chassis_vh(host);
    port_connect(
        &rack->fabric, &far->port, &port->port, &rack->plan.host_link, "link", false, test_chassis_vh_count(rack));
    egress_add_queue(&far->port.egress, &rack->from_host[host], port->vh, 0, NULL);
}

static void connect_adapter(struct test_chassis *rack, uint32_t adapter, bool mr)
{
    struct switch_port *port = &rack->mr_switch.ports[rack->plan.hosts + adapter];
    struct test_port *far = &rack->adapters[adapter];
    test_port_init(far, &rack->fabric);
    far->port.receiver.buffer = rack->plan.far;
    far->port.receiver.per_vh = true;
    port->port.receiver.buffer = rack->plan.buffer;
    port->port.receiver.per_vh = true;
    uint16_t vh_count = test_chassis_vh_count(rack);
    port_connect(&rack->fabric, &port->port, &far->port, &rack->plan.adapter_link, "link", mr, vh_count);
    for (uint16_t vh = 0; vh < vh_count; vh++)
        egress_add_queue(&far->port.egress, &rack->from_adapter[adapter][vh], vh, 0, NULL);
}

static void add_hierarchy(struct test_chassis *rack, uint32_t host)
{
    struct virtual_bridge bridges[1 + TEST_CHASSIS_ADAPTERS];
    bridges[0] = (struct virtual_bridge){
        .port = &rack->mr_switch.ports[host], .secondary = TEST_CHASSIS_BUS, .subordinate = 255};
    for (uint32_t n = 0; n < rack->plan.adapters; n++)
        bridges[1 + n] = (struct virtual_bridge){
            .port = &rack->mr_switch.ports[rack->plan.hosts + n],
            .secondary = (uint8_t)(2 + n),
            .subordinate = (uint8_t)(2 + n),
            .base = test_chassis_address(n),
            .limit = test_chassis_address(n + 1),
        };
    switch_add_hierarchy(&rack->mr_switch, test_chassis_vh(host), bridges, 1 + rack->plan.adapters);
}

static void init_without_hierarchies(struct test_chassis *rack, bool mr)
{
    const struct test_chassis_plan *plan = &rack->plan;
    fabric_init(&rack->fabric, 1, TEST_WINDOW, 4096, 1);
    switch_init(
        &rack->mr_switch, &rack->fabric, &plan->config, plan->hosts + plan->adapters, test_chassis_vh_count(rack));
    for (uint32_t host = 0; host < plan->hosts; host++)
        connect_host(rack, host);
    for (uint32_t adapter = 0; adapter < plan->adapters; adapter++)
        connect_adapter(rack, adapter, mr);
}

void test_chassis_init(struct test_chassis *rack)
{
    init_without_hierarchies(rack, true);
    for (uint32_t host = 0; host < rack->plan.hosts; host++)
        add_hierarchy(rack, host);
    cr_assert(switch_is_valid(&rack->mr_switch));
}

void test_chassis_init_sr_iov(struct test_chassis *rack)
{
    rack->plan.adapters = 1;
    init_without_hierarchies(rack, false);
    struct translator *translator = malloc(sizeof *translator);
    cr_assert_not_null(translator);
    translator_init(
        translator, 3, TEST_CHASSIS_NATIVE_ID, TEST_CHASSIS_NATIVE_BAR, TEST_CHASSIS_NATIVE_BAR_BYTES,
        test_chassis_vh_count(rack));
    rack->mr_switch.ports[rack->plan.hosts].translator = translator;
    for (uint32_t host = 0; host < rack->plan.hosts; host++) {
        translator_open(translator, test_chassis_vh(host), 0x0200, TEST_CHASSIS_BASE);
        translator_place(translator, host, test_chassis_vh(host));
        add_hierarchy(rack, host);
    }
}

/* The sender has all its credits back. */
static void check_credits_are_back(const struct egress *egress)
{
    for (uint32_t vh = 0; vh < egress->vh_count; vh++)
        for (int type = 0; egress->channels[vh] != NULL && type < CREDIT_TYPES; type++) {
            cr_assert_eq(credits_held_headers(&egress->channels[vh]->credits[type]), 0);
            cr_assert_eq(credits_held_data(&egress->channels[vh]->credits[type]), 0);
        }
}

void test_chassis_free(struct test_chassis *rack)
{
    const struct fabric *fabric = &rack->fabric;
    cr_assert(switch_is_valid(&rack->mr_switch));
    cr_assert_eq(fabric_in_flight(fabric), 0);
    cr_assert_eq(fabric->created, fabric->delivered + fabric_dropped(fabric));
    cr_assert_eq(fabric->cross_vh_deliveries, 0);
    for (uint32_t n = 0; n < rack->mr_switch.port_count; n++) {
        check_credits_are_back(&rack->mr_switch.ports[n].port.egress);
        check_credits_are_back(&rack->mr_switch.ports[n].port.peer->egress);
    }
    switch_free(&rack->mr_switch);
    for (uint32_t host = 0; host < rack->plan.hosts; host++)
        test_port_free(&rack->hosts[host]);
    for (uint32_t adapter = 0; adapter < rack->plan.adapters; adapter++)
        test_port_free(&rack->adapters[adapter]);
    fabric_free(&rack->fabric);
}

void test_chassis_run(struct test_chassis *rack)
{
    simulation_run(&rack->fabric.simulation, fabric_now_ps(&rack->fabric) + PS_PER_US);
    cr_assert(switch_is_valid(&rack->mr_switch));
}
