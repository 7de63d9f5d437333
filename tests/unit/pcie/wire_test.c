#include "fabric/pcie/wire.h"

#include <criterion/criterion.h>
#include <math.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "tests/support/test_port.h"

static struct fabric fabric;
static struct test_port sender, receiver;

static struct wire *connect(const struct link_config *config, bool mr, struct wire_delivery delivery)
{
    fabric_init(&fabric, 1, TEST_WINDOW, 1024, 1);
    test_port_init(&sender, &fabric);
    test_port_init(&receiver, &fabric);
    receiver.port.receiver.delivery = delivery;
    port_connect(&fabric, &sender.port, &receiver.port, config, "link", mr, 2);
    egress_open_vh(&sender.port.egress, 1); /* what comes back to it */
    return &sender.port.egress.wire;
}

static void disconnect(void)
{
    cr_assert_eq(fabric_in_flight(&fabric), 0);
    test_port_free(&sender);
    test_port_free(&receiver);
    fabric_free(&fabric);
}

static uint64_t send(struct wire *wire, struct tlp sample, uint64_t start_ps)
{
    struct tlp *tlp = fabric_create_tlp(&fabric);
    *tlp = sample;
    return wire_send(wire, tlp, wire_bytes(wire, tlp), start_ps);
}

/* Serialisation on generation GEN, x WIDTH, as published (docs/validation.md, case 2). */
static const struct {
    uint32_t gen, width, payload_bytes;
    enum tlp_type type;
    double ns;
} published[] = {
    {3, 8, 64, TLP_MWR, 11.1719},  {3, 8, 256, TLP_MWR, 35.5469}, {3, 8, 512, TLP_MWR, 68.0469},
    {3, 8, 64, TLP_MRD, 3.0469},   {3, 8, 64, TLP_CPLD, 10.6641}, {3, 8, 256, TLP_CPLD, 35.0391},
    {4, 16, 256, TLP_MWR, 8.8867}, {3, 4, 128, TLP_MWR, 38.5937},
};

/* The same to the last digit: bytes over lanes of 8 or 16 GT/s with 128 bits in 130. */
static double exact_ns(size_t i)
{
    uint32_t header_bytes = published[i].type == TLP_CPLD ? 20 : 24;
    uint32_t bytes = header_bytes + (published[i].type == TLP_MRD ? 0 : published[i].payload_bytes);
    return bytes * 8.0 * 130 / 128 / (published[i].gen == 3 ? 8 : 16) / published[i].width;
}

Test(wire, takes_the_published_times)
{
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        struct link_config config = test_link(published[i].gen, published[i].width);
        struct wire *wire = connect(&config, false, (struct wire_delivery){0});
        struct tlp tlp = test_write(1, published[i].payload_bytes, 0);
        tlp.type = (uint8_t)published[i].type;
        uint64_t end_ps = send(wire, tlp, 0);
        cr_assert_float_eq((double)end_ps / 1000, published[i].ns, 0.001);
        cr_assert_eq(wire_duration_ps(wire, wire_bytes(wire, &tlp)), (uint64_t)ceil(exact_ns(i) * 1000));
        simulation_run(&fabric.simulation, PS_PER_US);
        cr_assert_eq(receiver.arrivals[0].at_ps, end_ps);
        disconnect();
    }
}

Test(wire, counts_prefix_and_ecrc)
{
    struct link_config config = test_link(3, 8);
    config.ecrc = true;
    struct wire *wire = connect(&config, true, (struct wire_delivery){0});
    struct tlp write = test_write(1, 256, 0), read = test_read(1, 256, 0), completion = test_completion(1, 64, 0);
    cr_assert_eq(wire_bytes(wire, &write), 256 + 24 + 4 + 4);
    cr_assert_eq(wire_bytes(wire, &read), 24 + 4 + 4);
    cr_assert_eq(wire_bytes(wire, &completion), 64 + 20 + 4 + 4);
    disconnect();
}

/* TLPs sent back to back end where all their bytes together end, to the picosecond, however many they are. */
static void check_no_drift(uint32_t gen, uint32_t width, uint32_t tlps)
{
    static const uint32_t mega_transfers[] = {0, 2500, 5000, 8000, 16000, 32000};
    struct link_config config = test_link(gen, width);
    struct wire *wire = connect(&config, false, (struct wire_delivery){0});
    struct random random;
    random_init(&random, gen * 100 + width, "wire");
    uint64_t end_ps = 0;
    unsigned __int128 bytes = 0;
    for (uint32_t i = 0; i < tlps; i++) {
        uint32_t payload_bytes = 4 + 4 * (uint32_t)random_below(&random, 64);
        end_ps = send(wire, test_write(1, payload_bytes, i), end_ps);
        bytes += payload_bytes + 24;
        /* Bits, with their encoding, over transfers. */
        unsigned __int128 sent = gen <= 2 ? bytes * 10 : bytes * 8 * 130;
        unsigned __int128 of = (gen <= 2 ? 1 : 128) * (unsigned __int128)mega_transfers[gen] * width;
        cr_assert_eq(end_ps, (uint64_t)(sent * PS_PER_US / of), "gen %u x%u, TLP %u", gen, width, i);
        simulation_run(&fabric.simulation, end_ps);
        cr_assert_eq(receiver.arrival_count, 1);
        receiver.arrival_count = 0;
    }
    disconnect();
}

Test(wire, does_not_drift)
{
    for (uint32_t gen = 1; gen <= 5; gen++)
        for (uint32_t width = 1; width <= 16; width *= 2)
            check_no_drift(gen, width, 2000);
    check_no_drift(5, 16, 1000000);
}

/* Sends 500 TLPs with random gaps, all at once far ahead of their arrival, and compares with what comes. */
static void check_deliveries(bool at_head, uint64_t delay_ps, uint64_t propagation_ps)
{
    static uint64_t starts[500], ends[500];
    struct link_config config = test_link(3, 8);
    config.propagation_ps = propagation_ps;
    struct wire *wire = connect(&config, false, (struct wire_delivery){at_head, delay_ps});
    struct random random;
    random_init(&random, propagation_ps, "wire/deliveries");
    uint64_t now_ps = 0;
    for (uint32_t i = 0; i < 500; i++) {
        simulation_run(&fabric.simulation, now_ps);
        starts[i] = now_ps;
        ends[i] = send(wire, test_write(1, 4 + 4 * (uint32_t)random_below(&random, 128), i), now_ps);
        cr_assert(wire_is_valid(wire));
        now_ps = ends[i] + (random_below(&random, 2) == 0 ? 0 : random_below(&random, 50000));
    }
    simulation_run(&fabric.simulation, now_ps + PS_PER_MS);
    cr_assert_eq(receiver.arrival_count, 500);
    for (uint32_t i = 0; i < 500; i++) {
        cr_assert_eq(test_number(&receiver.arrivals[i].tlp), i);
        cr_assert_eq(receiver.arrivals[i].tlp.tail_ps, ends[i] + propagation_ps);
        cr_assert_eq(receiver.arrivals[i].at_ps, (at_head ? starts[i] : ends[i]) + propagation_ps + delay_ps);
    }
    cr_assert(wire_is_valid(wire));
    cr_assert_eq(fabric.hops, 500);
    disconnect();
}

Test(wire, delivers_in_order_when_the_receiver_wants_it)
{
    static const uint64_t propagations_ps[] = {0, 10000, PS_PER_US};
    for (int i = 0; i < 3; i++) {
        check_deliveries(false, 0, propagations_ps[i]);
        check_deliveries(true, 0, propagations_ps[i]);
        check_deliveries(false, 105000, propagations_ps[i]);
        check_deliveries(true, 105000, propagations_ps[i]);
    }
}

/* A flit of generation 6 takes 2 ns on 16 lanes, and 236 bytes of it are for TLPs. */
#define FLIT_PS 2000

/* The end of the flit in which what happens BYTES after START_PS does. */
static uint64_t end_of_flit_ps(uint64_t start_ps, uint32_t bytes)
{
    uint64_t at_ps = start_ps + (uint64_t)bytes * FLIT_PS / LINK_FLIT_TLP_BYTES;
    return (at_ps + FLIT_PS - 1) / FLIT_PS * FLIT_PS;
}

static void check_flits(bool at_head)
{
    struct link_config config = test_link(6, 16);
    config.propagation_ps = 10000;
    struct wire *wire = connect(&config, false, (struct wire_delivery){at_head, 0});
    struct random random;
    random_init(&random, 1, "wire/flits");
    for (uint32_t i = 0; i < 1000; i++) {
        /* Starts and sizes of which neither end is within 5 ps of a flit's, where a rounding decides. */
        uint64_t start_ps = i * 100 * FLIT_PS + 50 + random_below(&random, 190) * 10;
        uint32_t payload_bytes = 4 + 4 * (uint32_t)random_below(&random, 256);
        uint64_t tail_ps = end_of_flit_ps(start_ps, 16 + payload_bytes);
        simulation_run(&fabric.simulation, start_ps);
        uint64_t end_ps = send(wire, test_write(1, payload_bytes, i), start_ps);
        if (end_ps % FLIT_PS < 5 || end_ps % FLIT_PS > FLIT_PS - 5)
            tail_ps = 0;
        simulation_run(&fabric.simulation, end_ps + 10 * FLIT_PS + 10000);
        const struct test_arrival *arrival = &receiver.arrivals[i];
        if (tail_ps != 0)
            cr_assert_leq(arrival->tlp.tail_ps - tail_ps - 10000, 1);
        uint64_t head_ps = end_of_flit_ps(start_ps, 16);
        uint64_t header_end_ps = (start_ps + 16 * FLIT_PS / LINK_FLIT_TLP_BYTES) % FLIT_PS;
        if (at_head && header_end_ps > 5 && header_end_ps < FLIT_PS - 5)
            cr_assert_leq(arrival->at_ps - head_ps - 10000, 1);
        if (!at_head)
            cr_assert_eq(arrival->at_ps, arrival->tlp.tail_ps);
    }
    disconnect();
}

Test(wire, in_flit_mode_delivers_whole_flits)
{
    check_flits(false);
    check_flits(true);
}

/* Who looks at a wire, and what came. */
struct looker {
    struct trace_tap tap;
    int count;
    uint64_t start_ps;
    struct tlp seen;
};

static void look(struct trace_tap *tap, const struct tlp *tlp, uint64_t start_ps)
{
    struct looker *looker = CONTAINER_OF(tap, struct looker, tap);
    looker->count++;
    looker->start_ps = start_ps;
    looker->seen = *tlp;
}

Test(wire, a_tap_sees_each_tlp_as_it_starts_and_as_it_was)
{
    struct link_config config = test_link(4, 8);
    struct wire *wire = connect(&config, false, (struct wire_delivery){0});
    struct looker looker = {.tap = {.on_tlp = look}};
    uint64_t start_ps = 0;
    for (int i = 0; i < 20; i++) {
        wire->tap = i < 10 ? &looker.tap : NULL;
        struct tlp sample = {.type = TLP_MWR, .address = 4096, .length_dw = (uint16_t)(1 + i), .vh = 1, .origin_vh = 1};
        uint64_t end_ps = send(wire, sample, start_ps);
        cr_expect_eq(looker.count, i < 10 ? i + 1 : 10);
        cr_expect(i >= 10 || (looker.start_ps == start_ps && looker.seen.length_dw == 1 + i));
        start_ps = end_ps;
    }
    simulation_run(&fabric.simulation, PS_PER_MS);
    disconnect();
}
