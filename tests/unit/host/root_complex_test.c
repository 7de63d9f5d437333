#include "hostsim/host/root_complex.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "tests/support/test_port.h"

#define VH 3
#define NS PS_PER_NS

static struct fabric fabric;
static struct root_complex root_complex;
static struct root_port *root;
static struct test_port device;
static struct egress_queue queue;
static struct distribution read_latency, write_latency;

/* A host with one device, over a link of 1 ns a byte and 10 ns of wire. */
static void open(struct root_complex_config config, uint32_t posted_headers)
{
    struct memory_config memory = {&read_latency, &write_latency, UINT64_C(8000000000000)};
    struct link_config link = test_link_of(1000);
    link.propagation_ps = 10 * NS;
    fabric_init(&fabric, 1, TEST_WINDOW, 1024, 1);
    root_complex_init(&root_complex, &fabric, &config, &memory, 1, "h0");
    root = &root_complex.ports[0];
    root->vh = VH;
    root->port.receiver.buffer = test_infinite();
    root->port.receiver.buffer.headers[CREDIT_POSTED] = posted_headers;
    test_port_init(&device, &fabric);
    port_connect(&fabric, &root->port, &device.port, &link, "link", false, VH + 1);
    root_complex_start(&root_complex);
    egress_add_queue(&device.port.egress, &queue, VH, 0, NULL);
}

static void open_with(uint64_t read_ps, uint64_t write_ps, uint32_t posted_headers)
{
    read_latency = distribution_constant(read_ps);
    write_latency = distribution_constant(write_ps);
    open((struct root_complex_config){.mps = 256, .mrrs = 512, .rcb = 64, .outstanding = 4}, posted_headers);
}

static void run(void)
{
    simulation_run(&fabric.simulation, TIME_NEVER - 1);
    cr_assert(root_complex_is_valid(&root_complex));
    cr_assert_eq(fabric_in_flight(&fabric), 0);
    cr_assert_eq(fabric.cross_vh_deliveries, 0);
}

static void close(void)
{
    root_complex_free(&root_complex);
    test_port_free(&device);
    fabric_free(&fabric);
}

/* When operations ended, in the order of their ending. */
static uint64_t done_ps[256];
static bool done_failed[256];
static uint32_t done_count;

static void on_done(struct operation_source *source, struct operation *operation)
{
    (void)source;
    done_failed[done_count] = operation->failed;
    done_ps[done_count++] = operation->done_ps;
}

static const struct operation_source_ops source_ops = {.name = "test", .done = on_done};
static struct operation_source source = {.ops = &source_ops};

Test(root_complex, a_write_is_done_when_memory_has_it, .fini = close)
{
    open_with(300 * NS, 100 * NS, CREDITS_INFINITE);
    struct operation operation = {.source = &source};
    operation_part_begun(&operation);
    struct tlp write = test_write(VH, 256, 1);
    write.operation = &operation;
    test_send(&queue, write, 0);
    run();
    cr_expect_eq(done_count, 1);
    cr_expect_eq(done_ps[0], (280 + 10 + 100) * NS);
}

Test(root_complex, a_write_s_credits_come_back_when_memory_has_it, .fini = close)
{
    open_with(300 * NS, 100 * NS, 1);
    struct operation operations[2] = {{.source = &source}, {.source = &source}};
    for (uint64_t n = 0; n < 2; n++) {
        operation_part_begun(&operations[n]);
        struct tlp write = test_write(VH, 256, n);
        write.operation = &operations[n];
        test_send(&queue, write, 0);
    }
    run();
    /* The second one starts when the first is accepted and that has come back over the wire. */
    cr_expect_eq(done_ps[0], 390 * NS);
    cr_expect_eq(done_ps[1], (390 + 10 + 390) * NS);
}

Test(root_complex, writes_become_visible_in_order, .fini = close)
{
    open_with(300 * NS, 0, CREDITS_INFINITE);
    write_latency = (struct distribution){.kind = DISTRIBUTION_UNIFORM, .a = 0, .b = 100000 * NS};
    distribution_prepare(&write_latency);
    static struct operation operations[200];
    for (uint64_t n = 0; n < 200; n++) {
        operations[n].source = &source;
        operation_part_begun(&operations[n]);
        struct tlp write = test_write(VH, 64, n);
        write.operation = &operations[n];
        test_send(&queue, write, 0);
    }
    run();
    cr_assert_eq(done_count, 200);
    for (uint32_t n = 1; n < 200; n++)
        cr_assert_geq(done_ps[n], done_ps[n - 1]);
}

Test(root_complex, a_read_of_idle_memory_takes_its_latency, .fini = close)
{
    open_with(300 * NS, 100 * NS, CREDITS_INFINITE);
    test_send(&queue, test_read(VH, 64, 7), 0);
    run();
    cr_assert_eq(device.arrival_count, 1);
    const struct test_arrival *answer = &device.arrivals[0];
    cr_expect_eq(answer->at_ps, (24 + 10 + 300 + 84 + 10) * NS);
    cr_expect_eq(answer->tlp.type, TLP_CPLD);
    cr_expect_eq(answer->tlp.status, TLP_STATUS_SC);
    cr_expect_eq(answer->tlp.vh, VH);
    cr_expect_eq(answer->tlp.completer_id, ROOT_PORT_ID);
    cr_expect_eq(answer->tlp.byte_count, 64);
}

Test(root_complex, a_read_pushes_the_writes_before_it, .fini = close)
{
    open_with(300 * NS, 5000 * NS, CREDITS_INFINITE);
    test_send(&queue, test_write(VH, 64, 1), 0); /* in at 98 ns, accepted at 5,098 ns */
    test_send(&queue, test_read(VH, 64, 2), 0);  /* data at 422 ns, if it did not wait */
    run();
    cr_assert_eq(device.arrival_count, 1);
    cr_expect_eq(device.arrivals[0].at_ps, (98 + 5000 + 84 + 10) * NS);
}

Test(root_complex, a_read_does_not_wait_for_the_writes_after_it, .fini = close)
{
    open_with(300 * NS, 5000 * NS, CREDITS_INFINITE);
    test_send(&queue, test_read(VH, 64, 2), 0);
    test_send(&queue, test_write(VH, 64, 1), 24 * NS);
    run();
    cr_expect_eq(device.arrivals[0].at_ps, (34 + 300 + 94) * NS);
}

/* Read data as the specification cuts it (2.3.1.1): naturally aligned multiples of the RCB, up to MPS. */
static void expect_split(uint32_t mps, uint32_t rcb, bool at_rcb, uint64_t address, uint32_t bytes)
{
    open(
        (struct root_complex_config){.mps = mps, .mrrs = 4096, .rcb = rcb, .split_at_rcb = at_rcb, .outstanding = 4},
        CREDITS_INFINITE);
    struct tlp read = test_read(VH, bytes, 0);
    read.address = address & ~UINT64_C(3);
    read.length_dw = (uint16_t)tlp_span_dw(address, bytes);
    read.byte_enables = tlp_byte_enables(address, bytes);
    test_send(&queue, read, 0);
    run();
    uint32_t left = bytes, most = at_rcb ? rcb : mps;
    for (uint32_t n = 0; n < device.arrival_count; n++) {
        const struct tlp *answer = &device.arrivals[n].tlp;
        cr_assert_eq(answer->byte_count, left);
        cr_assert_eq(answer->address, address & 0x7f);
        uint32_t sent = 0; /* byte by byte, until the last boundary that is in reach */
        for (uint32_t end = 1; end <= most; end++)
            if ((address + end) % rcb == 0)
                sent = end < left ? end : left;
        cr_assert_eq(answer->length_dw, tlp_span_dw(address, sent), "%u bytes at %lx", bytes, (unsigned long)address);
        address += sent;
        left -= sent;
    }
    cr_assert_eq(left, 0);
    close();
}

Test(root_complex, read_data_is_cut_at_multiples_of_the_rcb)
{
    read_latency = distribution_constant(0);
    write_latency = distribution_constant(0);
    struct random random;
    random_init(&random, 1, "test");
    for (int n = 0; n < 300; n++) {
        uint32_t rcb = random_below(&random, 2) ? 64 : 128, mps = 128u << random_below(&random, 4);
        uint64_t offset = random_below(&random, 4096);
        uint32_t bytes = 1 + (uint32_t)random_below(&random, 4096 - offset);
        expect_split(mps, rcb, random_below(&random, 2), 0x10000 + offset, bytes);
    }
}

Test(root_complex, an_answer_that_nobody_waits_for_is_dropped, .fini = close)
{
    open_with(0, 0, CREDITS_INFINITE);
    test_send(&queue, test_completion(VH, 64, 0), 0);
    simulation_run(&fabric.simulation, PS_PER_US);
    cr_expect_eq(root_complex.unexpected_completions, 1);
    cr_expect_eq(fabric.dropped[DROP_UNEXPECTED_COMPLETION], 1);
    cr_expect_eq(fabric_in_flight(&fabric), 0);
}

Test(root_complex, a_request_that_no_host_takes_fails, .fini = close)
{
    open_with(0, 0, CREDITS_INFINITE);
    struct operation operation = {.source = &source};
    operation_part_begun(&operation);
    struct tlp message = test_write(VH, 64, 0);
    message.type = TLP_MSGD;
    message.operation = &operation;
    test_send(&queue, message, 0);
    simulation_run(&fabric.simulation, PS_PER_US);
    cr_expect_eq(fabric.dropped[DROP_UNSUPPORTED_REQUEST], 1);
    cr_expect_eq(done_count, 1);
    cr_expect(done_failed[0]);
}

/* With an IOMMU of one walker and four entries, whose walk takes 1,000 ns. */
static void open_with_iommu(uint64_t read_ps, uint64_t write_ps, uint32_t posted_headers)
{
    read_latency = distribution_constant(read_ps);
    write_latency = distribution_constant(write_ps);
    struct root_complex_config config = {.mps = 256, .mrrs = 512, .rcb = 64, .outstanding = 4};
    struct memory_config memory = {&read_latency, &write_latency, UINT64_C(8000000000000)};
    struct link_config link = test_link_of(1000);
    link.propagation_ps = 10 * NS;
    fabric_init(&fabric, 1, TEST_WINDOW, 1024, 1);
    root_complex_init(&root_complex, &fabric, &config, &memory, 1, "h0");
    root_complex_add_iommu(&root_complex, &(struct iommu_config){4, 4096, 1000 * NS, 1});
    root = &root_complex.ports[0];
    root->vh = VH;
    root->port.receiver.buffer = test_infinite();
    root->port.receiver.buffer.headers[CREDIT_POSTED] = posted_headers;
    test_port_init(&device, &fabric);
    port_connect(&fabric, &root->port, &device.port, &link, "link", false, VH + 1);
    root_complex_start(&root_complex);
    egress_add_queue(&device.port.egress, &queue, VH, 0, NULL);
}

static struct operation waiting[8];

static void send_write(uint32_t n, uint64_t page, uint64_t at_ps)
{
    waiting[n].source = &source;
    operation_part_begun(&waiting[n]);
    struct tlp write = test_write(VH, 256, n);
    write.address = page << 12;
    write.operation = &waiting[n];
    test_send(&queue, write, at_ps);
}

static void send_read(uint64_t tag, uint64_t page, uint64_t at_ps)
{
    struct tlp read = test_read(VH, 64, tag);
    read.address = page << 12;
    read.tag = (uint16_t)tag;
    test_send(&queue, read, at_ps);
}

Test(root_complex, a_write_waits_for_its_page_and_those_behind_it_with_it, .fini = close)
{
    open_with_iommu(300 * NS, 100 * NS, CREDITS_INFINITE);
    send_write(0, 1, 0);
    send_write(1, 2, 0);
    send_write(2, 1, 0);
    run();
    cr_assert_eq(done_count, 3);
    cr_expect_eq(done_ps[0], (290 + 1000 + 100) * NS);
    cr_expect_eq(done_ps[1], (290 + 2000 + 100) * NS, "one walker");
    cr_expect_geq(done_ps[2], done_ps[1], "its page is known long before, and it is behind");
    cr_expect_lt(done_ps[2], done_ps[1] + 10 * NS);
}

Test(root_complex, a_write_that_waits_keeps_its_credits, .fini = close)
{
    open_with_iommu(300 * NS, 100 * NS, 1);
    send_write(0, 1, 0);
    send_write(1, 1, 0);
    run();
    cr_expect_eq(done_ps[0], 1390 * NS);
    cr_expect_eq(done_ps[1], (1390 + 10 + 290 + 100) * NS);
}

Test(root_complex, a_read_pushes_writes_that_wait_for_their_page, .fini = close)
{
    open_with_iommu(300 * NS, 100 * NS, CREDITS_INFINITE);
    send_read(1, 2, 0); /* makes page 2 known at 1,034 ns */
    send_write(0, 1, 1400 * NS);
    send_read(2, 2, 1400 * NS);
    run();
    cr_assert_eq(device.arrival_count, 2);
    cr_expect_eq(device.arrivals[0].at_ps, (34 + 1000 + 300 + 94) * NS);
    cr_expect_eq(device.arrivals[1].at_ps, (1690 + 1000 + 300 + 94) * NS + 256, "256 B at 1 TB/s come first");
}

Test(root_complex, a_read_that_waits_holds_up_nobody, .fini = close)
{
    open_with_iommu(300 * NS, 100 * NS, CREDITS_INFINITE);
    send_read(1, 1, 0);
    send_read(2, 2, 1400 * NS); /* walked for until 2,434 ns */
    send_read(3, 1, 1500 * NS);
    send_write(0, 1, 1600 * NS);
    run();
    cr_assert_eq(device.arrival_count, 3);
    cr_expect_eq(device.arrivals[1].tlp.tag, 3);
    cr_expect_eq(device.arrivals[1].at_ps, (1534 + 300 + 94) * NS);
    cr_expect_eq(device.arrivals[2].at_ps, (1434 + 1000 + 300 + 94) * NS);
    cr_expect_eq(done_ps[0], (1890 + 100) * NS);
}
