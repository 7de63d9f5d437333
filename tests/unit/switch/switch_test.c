#include "fabric/switch/switch.h"

#include <criterion/criterion.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "fabric/pcie/operation.h"
#include "tests/support/test_chassis.h"

static struct test_chassis rack;

/* Timing. */

static const uint64_t rates[] = {1, 2, 4, 5, 10}; /* ps a byte */
#define RATES (sizeof rates / sizeof rates[0])

/* When the last byte is there of a TLP of IN bytes at IN_PS a byte that goes on as OUT bytes at OUT_PS a byte, from
 * a wire of IN_CABLE_PS to one of OUT_CABLE_PS. */
struct hop {
    uint64_t in, in_ps, in_cable_ps, out, out_ps, out_cable_ps;
};

static uint64_t arrival_ps(const struct hop *hop)
{
    uint64_t latency_ps = rack.plan.config.latency.ps;
    uint64_t last_in_ps = hop->in * hop->in_ps + hop->in_cable_ps;
    uint64_t start_ps = last_in_ps + latency_ps;
    if (!rack.plan.config.store_and_forward) {
        /* As early as neither the header is missing nor a byte will be. */
        uint64_t header_ps = hop->in_cable_ps + latency_ps;
        if (hop->in > hop->out) /* a prefix of 4 bytes ends here */
            start_ps -= 4 * hop->in_ps;
        uint64_t fed_ps = start_ps > hop->out * hop->out_ps ? start_ps - hop->out * hop->out_ps : 0;
        start_ps = header_ps > fed_ps ? header_ps : fed_ps;
    }
    return start_ps + hop->out * hop->out_ps + hop->out_cable_ps;
}

static void check_timing(size_t host_rate, size_t adapter_rate, uint32_t payload)
{
    rack.plan.host_link = test_link_of(rates[host_rate]);
    rack.plan.adapter_link = test_link_of(rates[adapter_rate]);
    rack.plan.host_link.propagation_ps = 700;
    rack.plan.adapter_link.propagation_ps = 300;
    test_chassis_init(&rack);
    struct tlp write = test_write(1, payload, 0);
    write.address = test_chassis_address(0);
    test_send(&rack.from_host[0], write, 0);
    write.address = 0;
    write.vh = write.origin_vh = 2;
    test_send(&rack.from_adapter[1][2], write, 0);
    write.address = test_chassis_address(0);
    write.vh = write.origin_vh = 1;
    test_chassis_run(&rack);
    test_send(&rack.from_adapter[1][1], write, 0);
    uint64_t sent_ps = fabric_now_ps(&rack.fabric);
    test_chassis_run(&rack);

    uint64_t plain = payload + 24, mr = payload + 28, slow = rates[host_rate], fast = rates[adapter_rate];
    struct hop down = {plain, slow, 700, mr, fast, 300}, up = {mr, fast, 300, plain, slow, 700};
    struct hop across = {mr, fast, 300, mr, fast, 300};
    cr_assert_eq(rack.adapters[0].arrival_count, 2);
    cr_assert_eq(rack.adapters[0].arrivals[0].at_ps, arrival_ps(&down));
    cr_assert_eq(rack.hosts[1].arrival_count, 1);
    cr_assert_eq(rack.hosts[1].arrivals[0].at_ps, arrival_ps(&up));
    cr_assert_eq(rack.adapters[0].arrivals[1].at_ps, sent_ps + arrival_ps(&across));
    test_chassis_free(&rack);
}

static void check_timings(void)
{
    for (size_t host = 0; host < RATES; host++)
        for (size_t adapter = 0; adapter < RATES; adapter++)
            for (uint32_t payload = 4; payload <= 4096; payload *= 4)
                check_timing(host, adapter, payload);
}

Test(switch, cut_through_takes_its_latency_and_never_starves_an_output)
{
    rack.plan = test_chassis_plan();
    check_timings();
}

Test(switch, store_and_forward_begins_when_all_is_in)
{
    rack.plan = test_chassis_plan();
    rack.plan.config.store_and_forward = true;
    check_timings();
}

/* On real rates, too, whose bytes are no whole picoseconds. */
Test(switch, cut_through_between_equal_links_adds_the_latency_only)
{
    rack.plan = test_chassis_plan();
    rack.plan.adapters = 2;
    rack.plan.host_link = rack.plan.adapter_link = test_link(5, 16);
    test_chassis_init(&rack);
    for (uint32_t n = 0; n < 1000; n++) {
        struct tlp write = test_write(1, 4 + n % 64 * 4, 0);
        write.address = test_chassis_address(0);
        uint64_t sent_ps = fabric_now_ps(&rack.fabric);
        test_send(&rack.from_adapter[1][1], write, sent_ps);
        test_chassis_run(&rack);
        uint64_t end_ps = rack.mr_switch.ports[2].port.egress.free_ps;
        const struct wire *wire = &rack.mr_switch.ports[2].port.egress.wire;
        cr_assert_leq(end_ps - sent_ps, 1000 + wire_duration_ps(wire, 28 + 4 + n % 64 * 4) + 1);
    }
    cr_assert(rack.mr_switch.ports[2].port.egress.channels[1]->wait.sum == 0);
    cr_assert_eq(rack.adapters[0].arrival_count, 1000);
    test_chassis_free(&rack);
}

/* Buffers. */

/* When the second of two TLPs to ADDRESS starts, with room for one in the switch. */
static uint64_t second_start_ps(uint64_t address, bool store_and_forward)
{
    rack.plan = test_chassis_plan();
    rack.plan.config.store_and_forward = store_and_forward;
    rack.plan.buffer = test_credits(1, 1000);
    rack.plan.host_link = test_link_of(2);
    rack.plan.adapter_link = test_link_of(10);
    rack.plan.host_link.propagation_ps = 700;
    test_chassis_init(&rack);
    struct tlp write = test_write(1, 256, 0);
    write.address = address;
    test_send(&rack.from_host[0], write, 0);
    test_send(&rack.from_host[0], write, 0);
    test_chassis_run(&rack);
    uint64_t start_ps = rack.hosts[0].port.egress.free_ps - 280 * 2;
    test_chassis_free(&rack);
    return start_ps;
}

Test(switch, a_tlp_leaves_its_buffer_with_its_last_byte)
{
    /* In after 700, on after 1000, out at 284 bytes of 10 ps; the credit takes a cable's length back. */
    cr_assert_eq(second_start_ps(test_chassis_address(0), false), 700 + 1000 + 2840 + 700);
    cr_assert_eq(second_start_ps(test_chassis_address(0), true), 560 + 700 + 1000 + 2840 + 700);
}

Test(switch, a_refused_tlp_leaves_its_buffer_when_it_has_come_in)
{
    cr_assert_eq(second_start_ps(0, false), 700 + 1000 + 700); /* refused 440 ps after its last byte */
    cr_assert_eq(second_start_ps(0, true), 560 + 700 + 1000 + 700);
}

Test(switch, what_is_refused_at_its_head_is_in_the_buffer_to_its_tail)
{
    rack.plan = test_chassis_plan();
    rack.plan.config.latency.ps = 100;
    rack.plan.buffer = test_credits(1, 1000);
    rack.plan.host_link = test_link_of(2);
    rack.plan.host_link.propagation_ps = 700;
    test_chassis_init(&rack);
    for (int n = 0; n < 2; n++)
        test_send(&rack.from_host[0], test_write(1, 256, 0), 0);
    test_chassis_run(&rack);
    cr_assert_eq(rack.hosts[0].port.egress.free_ps, (560 + 700) + 700 + 560);
    test_chassis_free(&rack);
}

/* What is not forwarded. */

Test(switch, a_read_that_nothing_claims_is_answered_as_unsupported)
{
    rack.plan = test_chassis_plan();
    rack.plan.buffer = test_credits(4, 64); /* the answer takes none of it */
    test_chassis_init(&rack);
    struct tlp read = test_read(2, 64, 0);
    read.requester_id = 0x0003;
    read.tag = 17;
    read.traffic_class = 3;
    read.address = test_chassis_address(2);
    test_send(&rack.from_host[1], read, 0);
    test_chassis_run(&rack);
    cr_assert_eq(rack.hosts[1].arrival_count, 1);
    const struct tlp *answer = &rack.hosts[1].arrivals[0].tlp;
    cr_assert_eq(answer->type, TLP_CPL);
    cr_assert_eq(answer->status, TLP_STATUS_UR);
    cr_assert_eq(answer->requester_id, 0x0003);
    cr_assert_eq(answer->tag, 17);
    cr_assert_eq(answer->traffic_class, 3);
    cr_assert_eq(answer->byte_count, 4);
    cr_assert_eq(answer->vh, 2);
    cr_assert_eq(answer->completer_id >> 8, TEST_CHASSIS_BUS);
    cr_assert_eq(rack.hosts[1].arrivals[0].at_ps, 1000 + 4 + 20); /* 20 bytes after the 24 of the read */
    cr_assert_eq(rack.mr_switch.virtual_switches[2]->unsupported_requests, 1);
    cr_assert_eq(rack.fabric.dropped[DROP_UNSUPPORTED_REQUEST], 1);
    test_chassis_free(&rack);
}

Test(switch, a_function_that_reads_its_own_bridges_window_is_answered)
{
    rack.plan = test_chassis_plan();
    rack.plan.buffer = test_credits(4, 64); /* the answer takes none of it */
    test_chassis_init(&rack);
    struct tlp read = test_read(2, 64, 0);
    read.requester_id = 0x0200;
    read.address = test_chassis_address(0);
    test_send(&rack.from_adapter[0][2], read, 0);
    test_chassis_run(&rack);
    cr_assert_eq(rack.adapters[0].arrival_count, 1);
    cr_assert_eq(rack.adapters[0].arrivals[0].tlp.status, TLP_STATUS_UR);
    cr_assert_eq(rack.adapters[0].arrivals[0].tlp.requester_id, 0x0200);
    test_chassis_free(&rack);
}

/* An operation whose end is noted. */
static bool ended, ended_as_failed;

static void on_done(struct operation_source *source, struct operation *operation)
{
    (void)source;
    ended = true;
    ended_as_failed = operation->failed;
}

static const struct operation_source_ops noting = {.name = "noting", .done = on_done};

Test(switch, a_write_that_nothing_claims_fails_its_operation)
{
    rack.plan = test_chassis_plan();
    test_chassis_init(&rack);
    struct operation_source source = {.ops = &noting};
    struct operation operation = {.source = &source, .parts = 1};
    struct tlp write = test_write(1, 64, 0);
    write.operation = &operation;
    test_send(&rack.from_host[0], write, 0);
    test_chassis_run(&rack);
    cr_assert(ended && ended_as_failed);
    cr_assert_eq(rack.fabric.dropped[DROP_UNSUPPORTED_REQUEST], 1);
    cr_assert_eq(rack.mr_switch.virtual_switches[1]->unsupported_requests, 1);
    test_chassis_free(&rack);
}

Test(switch, a_completion_for_nobody_is_dropped)
{
    rack.plan = test_chassis_plan();
    test_chassis_init(&rack);
    struct tlp completion = test_completion(1, 64, 0);
    completion.requester_id = 0x0900;
    test_send(&rack.from_host[0], completion, 0);
    test_chassis_run(&rack);
    cr_assert_eq(rack.fabric.dropped[DROP_UNEXPECTED_COMPLETION], 1);
    cr_assert_eq(rack.mr_switch.virtual_switches[1]->unsupported_requests, 0);
    test_chassis_free(&rack);
}

Test(switch, what_comes_in_a_hierarchy_that_is_not_here_is_stale)
{
    rack.plan = test_chassis_plan();
    test_chassis_init(&rack);
    test_send(&rack.from_adapter[0][3], test_write(3, 64, 0), 0); /* hierarchy 3 has no switch here */
    test_send(&rack.from_adapter[0][0], test_write(0, 64, 0), 0);
    test_send(&rack.from_adapter[0][3], test_read(3, 64, 0), 0);
    test_chassis_run(&rack);
    cr_assert_eq(rack.fabric.dropped[DROP_STALE], 3);
    cr_assert_eq(rack.mr_switch.dropped_stale[3], 2);
    cr_assert_eq(rack.mr_switch.dropped_stale[0], 1);
    test_chassis_free(&rack);
}

Test(switch, a_plain_link_has_the_hierarchy_of_its_port_whatever_a_tlp_says)
{
    rack.plan = test_chassis_plan();
    test_chassis_init(&rack);
    struct tlp write = test_write(1, 64, 0);
    write.vh = 2; /* origin_vh stays 1: a host can't name a hierarchy */
    write.address = test_chassis_address(1);
    test_send(&rack.from_host[0], write, 0);
    test_chassis_run(&rack);
    cr_assert_eq(rack.adapters[1].arrival_count, 1);
    cr_assert_eq(rack.adapters[1].arrivals[0].tlp.vh, 1);
    test_chassis_free(&rack);
}

/* Isolation: anybody sends anything. */

#define SENT 3000

/* By number of TLP: 1 + the chassis's port that it must come out of; 0: none. */
static uint32_t expected_port[SENT];

static uint32_t claimed_by(uint64_t address)
{
    if (address < TEST_CHASSIS_BASE || address >= test_chassis_address(rack.plan.adapters))
        return TEST_CHASSIS_HOSTS + TEST_CHASSIS_ADAPTERS;
    return (uint32_t)((address - TEST_CHASSIS_BASE) / TEST_CHASSIS_BYTES);
}

static void send_anything(struct random *random, uint32_t number)
{
    uint64_t address = TEST_CHASSIS_BASE - TEST_CHASSIS_BYTES +
                       random_below(random, (rack.plan.adapters + 2) * TEST_CHASSIS_BYTES / 4096) * 4096;
    uint32_t host = (uint32_t)random_below(random, rack.plan.hosts), to = claimed_by(address);
    uint16_t vh = test_chassis_vh(host);
    struct tlp write = test_write(vh, 4 + 4 * (uint32_t)random_below(random, 64), 0);
    write.address = address;
    write.requester_id = (uint16_t)number;
    if (random_below(random, 2) == 0) {
        expected_port[number] = to < rack.plan.adapters ? 1 + rack.plan.hosts + to : 0;
        test_send(&rack.from_host[host], write, fabric_now_ps(&rack.fabric));
        return;
    }
    uint32_t from = (uint32_t)random_below(random, rack.plan.adapters);
    expected_port[number] = to == from ? 0 : to < rack.plan.adapters ? 1 + rack.plan.hosts + to : 1 + host;
    test_send(&rack.from_adapter[from][vh], write, fabric_now_ps(&rack.fabric));
}

static uint32_t check_arrivals(const struct test_port *port, uint32_t index)
{
    for (uint32_t i = 0; i < port->arrival_count; i++) {
        const struct tlp *tlp = &port->arrivals[i].tlp;
        cr_assert_eq(expected_port[tlp->requester_id], 1 + index);
        cr_assert_eq(tlp->vh, tlp->origin_vh);
    }
    return port->arrival_count;
}

static void check_isolation(struct random *random)
{
    rack.plan = test_chassis_plan();
    rack.plan.hosts = 1 + (uint32_t)random_below(random, TEST_CHASSIS_HOSTS);
    rack.plan.adapters = 1 + (uint32_t)random_below(random, TEST_CHASSIS_ADAPTERS);
    rack.plan.config.speedup = 1 + (uint32_t)random_below(random, 4);
    rack.plan.config.store_and_forward = random_below(random, 2) == 0;
    rack.plan.buffer = test_credits(1 + (uint32_t)random_below(random, 6), 16 + (uint32_t)random_below(random, 64));
    rack.plan.far = test_credits(1 + (uint32_t)random_below(random, 6), 16 + (uint32_t)random_below(random, 64));
    rack.plan.adapter_link = test_link_of(rates[random_below(random, RATES)]);
    rack.plan.host_link.propagation_ps = random_below(random, 1000);
    test_chassis_init(&rack);
    uint32_t expected = 0, arrived = 0;
    for (uint32_t number = 0; number < SENT; number++) {
        simulation_run(&rack.fabric.simulation, fabric_now_ps(&rack.fabric) + random_below(random, 100));
        send_anything(random, number);
        expected += expected_port[number] != 0;
    }
    simulation_run(&rack.fabric.simulation, PS_PER_MS);
    for (uint32_t host = 0; host < rack.plan.hosts; host++)
        arrived += check_arrivals(&rack.hosts[host], host);
    for (uint32_t adapter = 0; adapter < rack.plan.adapters; adapter++)
        arrived += check_arrivals(&rack.adapters[adapter], rack.plan.hosts + adapter);
    cr_assert_eq(arrived, expected);
    cr_assert_eq(rack.fabric.dropped[DROP_UNSUPPORTED_REQUEST], SENT - expected);
    test_chassis_free(&rack);
}

Test(switch, nothing_leaves_its_hierarchy_and_nothing_is_lost)
{
    struct random random;
    random_init(&random, 1, "switch");
    for (int round = 0; round < 20; round++)
        check_isolation(&random);
}

/* Speedup. */

/* When one host has written 10 times to each of ADAPTERS, whose links are 10 times slower than its own. */
static uint64_t end_with_speedup_ps(uint32_t adapters, uint32_t speedup)
{
    rack.plan = test_chassis_plan();
    rack.plan.config.speedup = speedup;
    rack.plan.hosts = 1;
    rack.plan.adapters = adapters;
    rack.plan.adapter_link = test_link_of(10);
    test_chassis_init(&rack);
    for (uint32_t n = 0; n < 10 * adapters; n++) {
        struct tlp write = test_write(1, 256, 0);
        write.address = test_chassis_address(n % adapters);
        test_send(&rack.from_host[0], write, 0);
    }
    test_chassis_run(&rack);
    uint64_t last_ps = 0;
    for (uint32_t adapter = 0; adapter < adapters; adapter++)
        if (rack.adapters[adapter].arrivals[9].at_ps > last_ps)
            last_ps = rack.adapters[adapter].arrivals[9].at_ps;
    test_chassis_free(&rack);
    return last_ps;
}

Test(switch, an_input_sends_to_no_more_outputs_at_once_than_its_speedup)
{
    /* 284 bytes of 10 ps each, after the latency. */
    cr_assert_eq(end_with_speedup_ps(4, 1), 1000 + 40 * 2840);
    cr_assert_eq(end_with_speedup_ps(2, 1), 1000 + 20 * 2840);
    cr_assert_geq(end_with_speedup_ps(4, 2), 1000 + 20 * 2840);
    cr_assert_leq(end_with_speedup_ps(4, 2), 1000 + 21 * 2840 + 1000);
    /* Four at once: the fourth begins when it is in, 280 ps after each before it. */
    cr_assert_eq(end_with_speedup_ps(4, 4), 1000 + 3 * 280 + 10 * 2840);
    cr_assert_eq(end_with_speedup_ps(4, 16), 1000 + 3 * 280 + 10 * 2840);
}
