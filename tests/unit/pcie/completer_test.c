#include "fabric/pcie/completer.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "tests/support/test_port.h"

#define READS 60
#define COMPLETER_ID 0x0208
#define VH 3

static struct fabric fabric;
static struct test_port port, requester;
static struct egress_queue queue;
static struct completer completer;

static void on_sent(struct egress_queue *sent_from, struct tlp *tlp, uint64_t end_ps)
{
    (void)sent_from;
    (void)end_ps;
    cr_assert(tlp->type == TLP_CPLD);
    completer_sent(&completer);
    cr_assert(completer_is_valid(&completer));
}

static void set_up(uint32_t chunk_bytes, uint32_t boundary_bytes)
{
    struct link_config config = test_link_of(1);
    fabric_init(&fabric, 1, TEST_WINDOW, 1024, 1);
    test_port_init(&port, &fabric);
    test_port_init(&requester, &fabric);
    port_connect(&fabric, &port.port, &requester.port, &config, "link", false, VH + 1);
    egress_add_queue(&port.port.egress, &queue, VH, 0, on_sent);
    completer_init(
        &completer, &fabric, &queue,
        &(struct completer_config){
            .chunk_bytes = chunk_bytes, .boundary_bytes = boundary_bytes, .vh = VH, .completer_id = COMPLETER_ID});
}

static void tear_down(void)
{
    cr_assert_eq(fabric_in_flight(&fabric), 0);
    cr_assert_eq(fabric.cross_vh_deliveries, 0);
    test_port_free(&port);
    test_port_free(&requester);
    fabric_free(&fabric);
}

/* A read of the BYTES bytes from ADDRESS on, with a tag. */
static struct tlp *read_of(uint64_t address, uint32_t bytes, uint16_t tag)
{
    struct tlp *read = fabric_create_tlp(&fabric);
    read->type = TLP_MRD;
    read->vh = read->origin_vh = VH;
    read->address = address & ~UINT64_C(3);
    read->length_dw = (uint16_t)tlp_span_dw(address, bytes);
    read->byte_enables = tlp_byte_enables(address, bytes);
    read->requester_id = (uint16_t)(0x1200 + tag);
    read->traffic_class = tag % 8;
    read->tag = tag;
    return read;
}

/* What has been asked, and how far it is answered. */
static struct {
    uint64_t address, ready_ps;
    uint32_t bytes, answered;
} reads[READS];

/* What every completion must fulfil; CHUNK and BOUNDARY as configured. */
static void check_completion(const struct tlp *tlp, uint32_t chunk_bytes, uint32_t boundary_bytes)
{
    uint16_t tag = tlp->tag;
    uint64_t address = reads[tag].address + reads[tag].answered;
    uint32_t left = reads[tag].bytes - reads[tag].answered;
    cr_assert_eq(tlp->type, TLP_CPLD);
    cr_assert_eq(tlp->status, TLP_STATUS_SC);
    cr_assert_eq(tlp->requester_id, 0x1200 + tag);
    cr_assert_eq(tlp->completer_id, COMPLETER_ID);
    cr_assert_eq(tlp->traffic_class, tag % 8);
    cr_assert_eq(tlp->vh, VH);
    cr_assert_eq(tlp->address, address % 128);
    cr_assert_eq(tlp->byte_count, left);
    cr_assert_leq(tlp->length_dw * 4u, chunk_bytes);
    /* Byte by byte: from the first one on to the end of the payload, or of the read. */
    uint32_t carried = 0;
    while (carried < left && (address & 3) + carried < tlp->length_dw * 4u)
        carried++;
    cr_assert_gt(carried, 0);
    cr_assert_eq(tlp->length_dw, tlp_span_dw(address, carried));
    if (carried < left) {
        cr_assert_eq((address + carried) % boundary_bytes, 0, "a completion ends amid a boundary");
        /* As large as it could be. */
        cr_assert_gt(carried + boundary_bytes, chunk_bytes);
    }
    reads[tag].answered += carried;
}

/* Reads are answered one after the other, by when their data is there. */
static void check_order(void)
{
    uint16_t current = requester.arrivals[0].tlp.tag;
    uint64_t latest_ps = reads[current].ready_ps;
    for (uint32_t i = 1; i < requester.arrival_count; i++) {
        uint16_t tag = requester.arrivals[i].tlp.tag;
        if (tag == current)
            continue;
        cr_assert_eq(requester.arrivals[i].tlp.byte_count, reads[tag].bytes, "a read is taken up again");
        cr_assert_geq(reads[tag].ready_ps, latest_ps);
        latest_ps = reads[tag].ready_ps;
        current = tag;
    }
}

static void ask(uint16_t tag, uint64_t address, uint32_t bytes, uint64_t ready_ps)
{
    reads[tag].address = address;
    reads[tag].bytes = bytes;
    reads[tag].ready_ps = ready_ps;
    reads[tag].answered = 0;
    completer_answer(&completer, read_of(address, bytes, tag), ready_ps);
    cr_assert(completer_is_valid(&completer));
}

static void random_address(struct random *random, uint64_t *address, uint32_t *bytes)
{
    *bytes = 1 + (uint32_t)random_below(random, random_below(random, 4) == 0 ? 4096 : 300);
    *address = (UINT64_C(7) << 32) + random_below(random, 4096 - *bytes + 1);
}

/* All reads come at once, with latencies up to SPREAD_PS. */
static void check_splitting(struct random *random, uint32_t chunk_bytes, uint32_t boundary_bytes, uint64_t spread_ps)
{
    set_up(chunk_bytes, boundary_bytes);
    for (uint16_t tag = 0; tag < READS; tag++) {
        uint64_t address;
        uint32_t bytes;
        random_address(random, &address, &bytes);
        ask(tag, address, bytes, 1 + random_below(random, spread_ps));
    }
    simulation_run(&fabric.simulation, PS_PER_MS);
    for (uint32_t i = 0; i < requester.arrival_count; i++)
        check_completion(&requester.arrivals[i].tlp, chunk_bytes, boundary_bytes);
    for (uint16_t tag = 0; tag < READS; tag++)
        cr_assert_eq(reads[tag].answered, reads[tag].bytes);
    check_order();
    tear_down();
}

Test(completer, every_byte_once_split_where_it_may)
{
    struct random random;
    random_init(&random, 1, "completer");
    for (uint32_t boundary = 64; boundary <= 128; boundary *= 2)
        for (uint32_t chunk = boundary; chunk <= 4096; chunk *= 2) {
            check_splitting(&random, chunk, boundary, 1);
            check_splitting(&random, chunk, boundary, 20000);
            check_splitting(&random, chunk, boundary, PS_PER_US);
        }
}

Test(completer, a_read_of_nothing_gets_a_dw)
{
    set_up(256, 64);
    struct tlp *read = read_of(0x1000, 4, 0);
    read->byte_enables = 0;
    completer_answer(&completer, read, 0);
    simulation_run(&fabric.simulation, PS_PER_US);
    cr_assert_eq(requester.arrival_count, 1);
    cr_assert_eq(requester.arrivals[0].tlp.length_dw, 1);
    cr_assert_eq(requester.arrivals[0].tlp.byte_count, 1);
    tear_down();
}

Test(completer, answers_when_the_data_is_there)
{
    set_up(256, 64);
    ask(0, 0, 64, 5000);
    ask(1, 0, 64, 3000);
    ask(2, 0, 64, 5000);
    simulation_run(&fabric.simulation, 4000);
    ask(3, 0, 64, 4500);
    ask(4, 0, 64, 4000);
    simulation_run(&fabric.simulation, PS_PER_US);
    static const struct {
        uint16_t tag;
        uint64_t at_ps;
    } expected[] = {{1, 3084}, {4, 4084}, {3, 4584}, {0, 5084}, {2, 5168}};
    cr_assert_eq(requester.arrival_count, 5);
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(requester.arrivals[i].tlp.tag, expected[i].tag);
        cr_assert_eq(requester.arrivals[i].at_ps, expected[i].at_ps);
    }
    tear_down();
}

Test(completer, has_one_completion_in_the_queue_and_each_waits_from_its_data_on)
{
    set_up(64, 64);
    for (uint16_t tag = 0; tag < 10; tag++)
        ask(tag, 0, 640, 1000);
    simulation_run(&fabric.simulation, 1000);
    completer_answer(&completer, read_of(0, 64, 10), 1000);
    cr_assert_leq(fabric_in_flight(&fabric), 11 + 2);
    cr_assert_eq(port.port.egress.waiting.count, 1);
    simulation_run(&fabric.simulation, PS_PER_US);
    /* 101 completions of 84 ps, one after the other from 1000 on. */
    cr_assert_eq(requester.arrival_count, 101);
    cr_assert_eq(requester.arrivals[100].at_ps, 1000 + 101 * 84);
    cr_assert(queue.channel->wait.sum == 84 * 100 * 101 / 2);
    tear_down();
}

Test(completer, a_chunk_reaches_a_boundary, .signal = SIGABRT)
{
    set_up(64, 128);
}
