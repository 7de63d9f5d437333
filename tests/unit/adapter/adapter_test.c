#include "fabric/adapter/adapter.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "tests/support/test_memory.h"
#include "tests/support/test_source.h"

#define FUNCTIONS 3
#define VH 1
#define BAR UINT64_C(0x10000000)
#define ID 0x0200

static struct fabric fabric;
static struct test_memory memory;
static struct adapter adapter;
static struct function *functions[FUNCTIONS];
static struct test_source sources[FUNCTIONS];

/* An adapter on a plain link whose functions are all in one hierarchy, 1 ps a byte. */
static void set_up(struct adapter_config config, uint64_t latency_ps)
{
    struct link_config link = test_link_of(1);
    fabric_init(&fabric, 1, TEST_WINDOW, 1024, 1);
    test_memory_init(&memory, &fabric, latency_ps);
    adapter_init(&adapter, &fabric, &config, FUNCTIONS + 1, 1);
    adapter.port.receiver.buffer = test_infinite();
    port_connect(&fabric, &memory.port.port, &adapter.port, &link, "link", false, VH + 1);
    test_memory_start(&memory, VH);
    adapter_start(&adapter);
    adapter_open_space(&adapter, 0, BAR, FUNCTIONS + 1); /* the last place is nobody's */
    for (uint32_t n = 0; n < FUNCTIONS; n++) {
        uint64_t bar_base = BAR + n * FUNCTION_BAR_BYTES;
        struct function_settings settings = {VH, (uint16_t)(ID + n), bar_base, 256, 512, 1, 0, 0};
        functions[n] = adapter_activate(&adapter, n, 0, n, &settings);
    }
}

static void tear_down(void)
{
    cr_assert(adapter_is_valid(&adapter));
    cr_assert_eq(fabric_in_flight(&fabric), 0);
    cr_assert_eq(fabric.created, fabric.delivered + fabric_dropped(&fabric));
    cr_assert_eq(fabric.cross_vh_deliveries, 0);
    adapter_free(&adapter);
    test_memory_free(&memory);
    fabric_free(&fabric);
}

static void run(void)
{
    simulation_run(&fabric.simulation, fabric_now_ps(&fabric) + PS_PER_MS);
    cr_assert(adapter_is_valid(&adapter));
}

/* Gives function N a source of COUNT operations of BYTES, all there from the start. */
static void load(uint32_t n, enum operation_kind kind, uint32_t count, uint32_t bytes)
{
    test_source_init(&sources[n], kind);
    for (uint32_t i = 0; i < count; i++)
        test_source_add(&sources[n], 0, 0, bytes);
    dma_engine_add_source(&functions[n]->engine, &sources[n].source);
}

/* The share of each function among the COUNT arrivals after FIRST. */
static void count_shares(uint32_t first, uint32_t count, uint32_t shares[FUNCTIONS])
{
    for (uint32_t n = 0; n < FUNCTIONS; n++)
        shares[n] = 0;
    cr_assert_leq(first + count, memory.port.arrival_count);
    for (uint32_t i = first; i < first + count; i++)
        shares[memory.port.arrivals[i].tlp.requester_id - ID]++;
}

Test(adapter, functions_take_turns_tlp_by_tlp)
{
    set_up((struct adapter_config){.outstanding = 32}, 1000);
    load(0, OPERATION_WRITE, 10, 4096);
    load(1, OPERATION_WRITE, 100, 64);
    load(2, OPERATION_WRITE, 100, 256);
    run();
    for (uint32_t i = 0; i < 300; i++)
        cr_assert_eq(memory.port.arrivals[i].tlp.requester_id, ID + i % FUNCTIONS);
    for (uint32_t n = 0; n < FUNCTIONS; n++)
        cr_assert_eq(sources[n].done_count, sources[n].count);
    cr_assert_eq(functions[0]->tlps, 10 * 16);
    cr_assert_eq(functions[0]->payload_bytes, 10 * 4096);
    cr_assert_eq(functions[1]->tlps, 100);
    cr_assert_eq(functions[1]->payload_bytes, 100 * 64);
    tear_down();
}

Test(adapter, tags_bound_the_reads_in_flight)
{
    for (uint32_t outstanding = 1; outstanding <= 64; outstanding *= 4) {
        set_up((struct adapter_config){.outstanding = outstanding}, 100000);
        for (uint32_t n = 0; n < FUNCTIONS; n++)
            load(n, OPERATION_READ, 100, 512);
        run();
        cr_assert_eq(memory.reads_max, outstanding);
        for (uint32_t n = 0; n < FUNCTIONS; n++)
            cr_assert_eq(sources[n].done_count, 100);
        tear_down();
    }
}

Test(adapter, a_function_has_a_bound_of_its_own)
{
    set_up((struct adapter_config){.outstanding = 64, .function_outstanding = 5}, 100000);
    load(0, OPERATION_READ, 100, 512);
    run();
    cr_assert_eq(memory.reads_max, 5);
    cr_assert_eq(sources[0].done_count, 100);
    memory.reads_max = 0;
    for (uint32_t n = 0; n < FUNCTIONS; n++)
        load(n, OPERATION_READ, 100, 512);
    run();
    cr_assert_eq(memory.reads_max, 3 * 5);
    tear_down();
}

Test(adapter, the_bounds_of_adapter_and_function_hold_together)
{
    set_up((struct adapter_config){.outstanding = 7, .function_outstanding = 3}, 100000);
    for (uint32_t n = 0; n < FUNCTIONS; n++)
        load(n, OPERATION_READ, 200, 512);
    run();
    cr_assert_eq(memory.reads_max, 7);
    for (uint32_t n = 0; n < FUNCTIONS; n++)
        cr_assert_eq(sources[n].done_count, 200);
    tear_down();
}

Test(adapter, tags_are_shared_in_turn)
{
    for (uint32_t outstanding = 1; outstanding <= 8; outstanding++) {
        set_up((struct adapter_config){.outstanding = outstanding}, 100000);
        load(0, OPERATION_READ, 100, 512);
        load(1, OPERATION_READ, 100, 64);
        load(2, OPERATION_READ, 10, 4096);
        run();
        /* Function 2's are 8 requests each. */
        uint32_t shares[FUNCTIONS];
        count_shares(30, 180, shares);
        for (uint32_t n = 0; n < FUNCTIONS; n++) {
            cr_assert_geq(shares[n], 60 - 2, "%u of 180 with %u tags", shares[n], outstanding);
            cr_assert_leq(shares[n], 60 + 2, "%u of 180 with %u tags", shares[n], outstanding);
        }
        tear_down();
    }
}

Test(adapter, a_source_that_kicks_as_its_read_ends_does_not_jump_the_queue_for_tags)
{
    set_up((struct adapter_config){.outstanding = 1}, 1000);
    for (uint32_t n = 0; n < FUNCTIONS; n++) {
        load(n, OPERATION_READ, 100, 64);
        sources[n].in_flight_max = 1;
    }
    run();
    uint32_t shares[FUNCTIONS];
    count_shares(0, 150, shares);
    for (uint32_t n = 0; n < FUNCTIONS; n++)
        cr_assert_eq(shares[n], 50);
    tear_down();
}

Test(adapter, issues_no_faster_than_its_interval)
{
    set_up((struct adapter_config){.outstanding = 32, .issue_interval_ps = 700}, 1000);
    load(0, OPERATION_WRITE, 20, 64);
    load(1, OPERATION_READ, 20, 64);
    run();
    cr_assert_eq(memory.port.arrival_count, 40);
    for (uint32_t i = 0; i < 40; i++) {
        const struct test_arrival *arrival = &memory.port.arrivals[i];
        uint64_t start_ps = arrival->at_ps - (arrival->tlp.type == TLP_MWR ? 88 : 24);
        cr_assert_eq(start_ps, i * 700);
    }
    tear_down();
}

/* Registers. */

static void access(struct tlp tlp, uint64_t address)
{
    tlp.address = address;
    tlp.requester_id = 3;
    tlp.tag = 21;
    tlp.traffic_class = 2;
    test_send(&memory.queue, tlp, fabric_now_ps(&fabric));
}

Test(adapter, answers_register_reads_after_the_bar_latency)
{
    set_up((struct adapter_config){.outstanding = 32, .bar_latency.ps = 5000}, 1000);
    access(test_read(VH, 64, 0), BAR + FUNCTION_BAR_BYTES + 0x40);
    run();
    cr_assert_eq(memory.port.arrival_count, 1);
    const struct tlp *answer = &memory.port.arrivals[0].tlp;
    cr_assert_eq(memory.port.arrivals[0].at_ps, 24 + 5000 + 64 + 20);
    cr_assert_eq(answer->type, TLP_CPLD);
    cr_assert_eq(answer->requester_id, 3);
    cr_assert_eq(answer->completer_id, ID + 1);
    cr_assert_eq(answer->tag, 21);
    cr_assert_eq(answer->traffic_class, 2);
    cr_assert_eq(answer->length_dw, 16);
    cr_assert_eq(answer->address, 0x40);
    cr_assert_eq(functions[1]->tlps, 2);
    cr_assert_eq(functions[1]->payload_bytes, 64);
    cr_assert_eq(functions[0]->tlps + functions[2]->tlps, 0);
    tear_down();
}

Test(adapter, a_register_write_ends_after_the_bar_latency)
{
    set_up((struct adapter_config){.outstanding = 32, .bar_latency.ps = 5000}, 1000);
    struct test_source *source = &sources[0];
    test_source_init(source, OPERATION_WRITE);
    test_source_add(source, 0, BAR, 64);
    struct tlp write = test_write(VH, 64, 0);
    write.operation = &source->operations[0];
    access(write, BAR);
    run();
    cr_assert(source->done[0]);
    cr_assert_eq(source->operations[0].done_ps, 88 + 5000);
    cr_assert_not(source->operations[0].failed);
    tear_down();
}

Test(adapter, what_is_for_no_function_is_refused)
{
    set_up((struct adapter_config){.outstanding = 32}, 1000);
    struct test_source *source = &sources[0];
    test_source_init(source, OPERATION_WRITE);
    static const uint64_t addresses[] = {
        BAR - 4096, BAR + FUNCTIONS * FUNCTION_BAR_BYTES, BAR + (FUNCTIONS + 1) * FUNCTION_BAR_BYTES};
    for (uint32_t n = 0; n < 3; n++) {
        test_source_add(source, 0, 0, 64);
        struct tlp write = test_write(VH, 64, 0);
        write.operation = &source->operations[n];
        access(write, addresses[n]);
    }
    run();
    cr_assert_eq(source->failed_count, 3);
    cr_assert_eq(adapter.unsupported_requests, 3);
    cr_assert_eq(fabric.dropped[DROP_UNSUPPORTED_REQUEST], 3);
    tear_down();
}

Test(adapter, an_unexpected_completion_is_dropped)
{
    set_up((struct adapter_config){.outstanding = 32}, 1000);
    access(test_completion(VH, 0, 0), 0);
    run();
    cr_assert_eq(fabric.dropped[DROP_UNEXPECTED_COMPLETION], 1);
    tear_down();
}

/* An mr-iov adapter: a PF in each of three hierarchies, all at one ID and address, and hierarchy 1 with a VF. */

Test(adapter, functions_of_several_hierarchies_may_have_one_address)
{
    struct link_config link = test_link_of(1);
    static struct test_port port;
    static struct egress_queue queues[4];
    fabric_init(&fabric, 1, TEST_WINDOW, 1024, 1);
    test_port_init(&port, &fabric);
    adapter_init(&adapter, &fabric, &(struct adapter_config){.outstanding = 32}, 4, 4);
    adapter.port.receiver.buffer = test_credits(2, 64);
    adapter.port.receiver.per_vh = true;
    port_connect(&fabric, &port.port, &adapter.port, &link, "link", true, 4);
    adapter_start(&adapter);
    for (uint16_t vh = 1; vh < 4; vh++) {
        adapter_open_space(&adapter, vh, BAR, vh == 1 ? 2 : 1);
        adapter_activate(&adapter, vh, vh, 0, &(struct function_settings){vh, ID, BAR, 256, 512, 1, 0, 0});
        egress_add_queue(&port.port.egress, &queues[vh], vh, 0, NULL);
    }
    adapter_activate(
        &adapter, 0, 1, 1, &(struct function_settings){1, ID + 1, BAR + FUNCTION_BAR_BYTES, 256, 512, 1, 0, 0});
    for (uint16_t vh = 1; vh < 4; vh++)
        for (uint16_t n = 0; n < vh; n++) {
            struct tlp read = test_read(vh, 4, 0);
            read.address = BAR;
            test_send(&queues[vh], read, 0);
            read = test_write(vh, 4, 0);
            read.address = BAR + FUNCTION_BAR_BYTES; /* only in hierarchy 1 */
            test_send(&queues[vh], read, 0);
        }
    run();
    cr_assert_eq(port.arrival_count, 1 + 2 + 3);
    cr_assert_eq(adapter.unsupported_requests, 2 + 3);
    for (uint16_t vh = 1; vh < 4; vh++)
        cr_assert_eq(adapter.functions[vh].tlps, 2 * vh);
    cr_assert_eq(adapter.functions[0].tlps, 1);
    cr_assert_eq(fabric.cross_vh_deliveries, 0);
    cr_assert_eq(fabric_in_flight(&fabric), 0);
    adapter_free(&adapter);
    test_port_free(&port);
    fabric_free(&fabric);
}
