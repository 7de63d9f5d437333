#include "fabric/adapter/dma_engine.h"

#include <criterion/criterion.h>

#include "fabric/adapter/adapter.h"
#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "tests/support/test_memory.h"
#include "tests/support/test_source.h"

#define VH 1

static struct fabric fabric;
static struct test_memory memory;
static struct adapter adapter;
static struct function *function;
static struct test_source writes, reads, more;

static void
set_up_on(const struct link_config *link, uint32_t mps, uint32_t mrrs, uint32_t outstanding, uint64_t latency_ps)
{
    fabric_init(&fabric, 1, TEST_WINDOW, 1024, 1);
    test_memory_init(&memory, &fabric, latency_ps);
    adapter_init(&adapter, &fabric, &(struct adapter_config){.outstanding = outstanding}, 1, 1);
    adapter.port.receiver.buffer = test_infinite();
    port_connect(&fabric, &memory.port.port, &adapter.port, link, "link", false, VH + 1);
    test_memory_start(&memory, VH);
    adapter_start(&adapter);
    adapter_open_space(&adapter, 0, 0x1000, 1);
    struct function_settings settings = {.vh = VH, .id = 0x0207, .bar_base = 0x1000, .mps = mps, .mrrs = mrrs};
    function = adapter_activate(&adapter, 0, 0, 0, &settings);
    test_source_init(&writes, OPERATION_WRITE);
    test_source_init(&reads, OPERATION_READ);
    test_source_init(&more, OPERATION_WRITE);
}

static void set_up(uint32_t mps, uint32_t mrrs, uint32_t outstanding, uint64_t latency_ps)
{
    struct link_config link = test_link_of(1);
    set_up_on(&link, mps, mrrs, outstanding, latency_ps);
}

static void tear_down(void)
{
    cr_assert(adapter_is_valid(&adapter));
    cr_assert_eq(fabric_in_flight(&fabric), 0);
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

/* Splitting, byte by byte. */

/* What of TYPE has come, in order. */
static const struct tlp *next_arrival(enum tlp_type type, uint32_t *index)
{
    while (*index < memory.port.arrival_count)
        if (memory.port.arrivals[(*index)++].tlp.type == type)
            return &memory.port.arrivals[*index - 1].tlp;
    return NULL;
}

/* Walks over the bytes of OPERATION and the requests that it must have become, of at most LIMIT bytes of DWs. */
static void check_requests(const struct operation *operation, enum tlp_type type, uint32_t limit, uint32_t *index)
{
    uint64_t at = operation->address, end = at + operation->bytes;
    while (at < end) {
        const struct tlp *tlp = next_arrival(type, index);
        cr_assert_not_null(tlp);
        cr_assert(tlp_is_valid(tlp));
        uint64_t first, last = at;
        uint32_t bytes = tlp_request_bytes(tlp, &first);
        while (last + 1 < end && (last + 1) % 4096 != 0 && (last + 1) / 4 - at / 4 < limit / 4)
            last++;
        cr_assert_eq(first, at);
        cr_assert_eq(first + bytes, last + 1);
        cr_assert_leq(tlp->length_dw * 4u, limit);
        cr_assert_eq(tlp->requester_id, 0x0207);
        cr_assert_eq(tlp->vh, VH);
        at = last + 1;
    }
}

static void add_random(struct test_source *source, struct random *random, bool aligned)
{
    for (int n = 0; n < 100; n++) {
        uint64_t address = (random_below(random, 100) << 32) + random_below(random, 10000);
        uint32_t bytes = 1 + (uint32_t)random_below(random, random_below(random, 2) == 0 ? 300 : 20000);
        test_source_add(source, 0, aligned ? address & ~UINT64_C(63) : address, bytes);
    }
}

static void check_splitting(struct random *random, uint32_t mps, uint32_t mrrs, bool aligned)
{
    set_up(mps, mrrs, 32, 1000);
    add_random(&writes, random, aligned);
    add_random(&reads, random, aligned);
    dma_engine_add_source(&function->engine, &writes.source);
    dma_engine_add_source(&function->engine, &reads.source);
    run();
    uint32_t write_index = 0, read_index = 0;
    for (int n = 0; n < 100; n++) {
        check_requests(&writes.operations[n], TLP_MWR, mps, &write_index);
        check_requests(&reads.operations[n], TLP_MRD, mrrs, &read_index);
    }
    cr_assert_null(next_arrival(TLP_MWR, &write_index));
    cr_assert_null(next_arrival(TLP_MRD, &read_index));
    cr_assert_eq(writes.done_count + reads.done_count, 200);
    cr_assert_eq(writes.failed_count + reads.failed_count, 0);
    tear_down();
}

Test(dma_engine, splits_at_4_kib_and_at_mps_or_mrrs)
{
    struct random random;
    random_init(&random, 1, "dma_engine");
    for (uint32_t mps = 128; mps <= 4096; mps *= 2)
        for (uint32_t mrrs = 128; mrrs <= 4096; mrrs *= 2) {
            check_splitting(&random, mps, mrrs, true);
            check_splitting(&random, mps, mrrs, false);
        }
}

/* When operations end. */

Test(dma_engine, an_operation_ends_with_its_last_part)
{
    set_up(256, 512, 32, 1000);
    test_source_add(&writes, 0, 0, 1024);
    test_source_add(&reads, 0, 0, 512);
    dma_engine_add_source(&function->engine, &writes.source);
    dma_engine_add_source(&function->engine, &reads.source);
    simulation_run(&fabric.simulation, 4 * 280 + 24 - 1);
    cr_assert_not(writes.done[0]);
    simulation_run(&fabric.simulation, 4 * 280 + 24);
    cr_assert(writes.done[0]);
    cr_assert_eq(writes.operations[0].done_ps, 4 * 280 + 24);
    run();
    /* The read goes second, behind the first write; its data comes 1000 later in two completions. */
    cr_assert(reads.done[0]);
    cr_assert_eq(reads.operations[0].done_ps, 280 + 24 + 1000 + 2 * 276);
    tear_down();
}

Test(dma_engine, a_refused_read_fails_its_operation_and_frees_its_tag)
{
    set_up(256, 512, 1, 1000);
    memory.refuses = true;
    for (int n = 0; n < 5; n++)
        test_source_add(&reads, 0, 0, 1024);
    dma_engine_add_source(&function->engine, &reads.source);
    run();
    cr_assert_eq(reads.done_count, 5);
    cr_assert_eq(reads.failed_count, 5);
    cr_assert_eq(memory.port.arrival_count, 10);
    tear_down();
}

/* When they begin. */

Test(dma_engine, starts_an_operation_when_it_arrives)
{
    set_up(256, 512, 32, 1000);
    for (uint64_t n = 0; n < 10; n++)
        test_source_add(&writes, 700 + n * 1000, n * 4096, 64);
    dma_engine_add_source(&function->engine, &writes.source);
    run();
    cr_assert_eq(writes.done_count, 10);
    for (uint64_t n = 0; n < 10; n++)
        cr_assert_eq(writes.operations[n].done_ps, 700 + n * 1000 + 88);
    tear_down();
}

Test(dma_engine, asks_again_when_kicked)
{
    set_up(256, 512, 32, 1000);
    writes.kicks = reads.kicks = true;
    test_source_add(&writes, 5000, 0, 64);
    test_source_add(&reads, 5000, 0, 64);
    dma_engine_add_source(&function->engine, &writes.source);
    dma_engine_add_source(&function->engine, &reads.source);
    simulation_run(&fabric.simulation, 6000);
    cr_assert_eq(memory.port.arrival_count, 0);
    reads.source.issuer->kick(reads.source.issuer, &reads.source);
    simulation_run(&fabric.simulation, 6500);
    cr_assert_eq(memory.port.arrival_count, 1);
    cr_assert_eq(memory.port.arrivals[0].tlp.type, TLP_MRD);
    writes.source.issuer->kick(writes.source.issuer, &writes.source);
    run();
    cr_assert_eq(writes.done_count + reads.done_count, 2);
    tear_down();
}

Test(dma_engine, sources_take_turns_by_operations)
{
    set_up(256, 512, 32, 1000);
    for (uint64_t n = 0; n < 20; n++) {
        test_source_add(&writes, 0, 0x10000, 512);
        test_source_add(&more, 0, 0x20000, 64);
    }
    dma_engine_add_source(&function->engine, &writes.source);
    dma_engine_add_source(&function->engine, &more.source);
    run();
    cr_assert_eq(memory.port.arrival_count, 60);
    static const uint64_t pattern[] = {0x10000, 0x10100, 0x20000};
    for (uint32_t i = 0; i < 60; i++)
        cr_assert_eq(memory.port.arrivals[i].tlp.address, pattern[i % 3]);
    tear_down();
}

Test(dma_engine, a_source_without_operations_does_not_hold_up_the_other)
{
    set_up(256, 512, 32, 1000);
    test_source_add(&writes, 50000, 0x10000, 64);
    for (uint64_t n = 0; n < 20; n++)
        test_source_add(&more, n * 10000, 0x20000, 64);
    dma_engine_add_source(&function->engine, &writes.source);
    dma_engine_add_source(&function->engine, &more.source);
    run();
    for (uint64_t n = 0; n < 20; n++)
        cr_assert_leq(more.operations[n].done_ps, n * 10000 + 2 * 88);
    cr_assert_leq(writes.operations[0].done_ps, 50000 + 2 * 88);
    tear_down();
}

Test(dma_engine, waiting_counts_from_arrival_and_from_the_request_before)
{
    set_up(256, 512, 32, 1000);
    test_source_add(&writes, 1000, 0, 512);
    test_source_add(&writes, 1100, 0, 64);
    dma_engine_add_source(&function->engine, &writes.source);
    run();
    /* Two requests of 280 ps from 1000 on, the second ready as the first ends; then what came at 1100. */
    const struct histogram *wait = &adapter.port.egress.channels[VH]->wait;
    cr_assert_eq(wait->count, 3);
    cr_assert(wait->sum == 1000 + 2 * 280 - 1100);
    tear_down();
}

/* Tags. */

Test(dma_engine, reads_without_tags_do_not_hold_up_writes)
{
    set_up(256, 512, 2, TIME_NEVER);
    for (int n = 0; n < 10; n++) {
        test_source_add(&writes, 0, 0, 256);
        test_source_add(&reads, 0, 0, 256);
    }
    dma_engine_add_source(&function->engine, &reads.source);
    dma_engine_add_source(&function->engine, &writes.source);
    run();
    cr_assert_eq(writes.done_count, 10);
    cr_assert_eq(memory.reads_max, 2);
    cr_assert_eq(reads.done_count, 0);
    tear_down();
}

Test(dma_engine, virtual_channels_get_tags_in_turn)
{
    for (uint32_t outstanding = 1; outstanding <= 8; outstanding++) {
        struct link_config link = test_link_of(1);
        link.virtual_channels = 2;
        set_up_on(&link, 256, 512, outstanding, 100000);
        test_source_init(&more, OPERATION_READ);
        more.source.traffic_class = 7; /* its reads are known by their address */
        for (int n = 0; n < 100; n++) {
            test_source_add(&reads, 0, 0, 512);
            test_source_add(&more, 0, 512, 512);
        }
        dma_engine_add_source(&function->engine, &reads.source);
        dma_engine_add_source(&function->engine, &more.source);
        run();
        uint32_t of_more = 0;
        for (uint32_t i = 20; i < 120; i++)
            of_more += memory.port.arrivals[i].tlp.address == 512;
        cr_assert_geq(of_more, 49, "%u of 100 with %u tags", of_more, outstanding);
        cr_assert_leq(of_more, 51, "%u of 100 with %u tags", of_more, outstanding);
        tear_down();
    }
}
