#include "fabric/pcie/data_link.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/time.h"
#include "tests/support/test_port.h"

/* A byte takes 1 ns, so a write of 100 bytes on the wire takes 100 ns. */
#define BYTE_PS UINT64_C(1000)
#define DLLP_PS (8 * BYTE_PS)
#define PROPAGATION_PS UINT64_C(70007)
#define OVERHEAD_BYTES 24

static struct fabric fabric;
static struct test_port upper, lower;
static struct egress_queue down, up;

static struct link_config physical(void)
{
    struct link_config config = test_link_of(BYTE_PS);
    config.dllp = LINK_DLLP_PHYSICAL;
    config.propagation_ps = PROPAGATION_PS;
    return config;
}

static void set_up(const struct link_config *config, const struct credit_limits *limits)
{
    fabric_init(&fabric, 1, (struct window){0, TIME_NEVER}, 1024, 1);
    test_port_init(&upper, &fabric);
    test_port_init(&lower, &fabric);
    if (limits != NULL)
        lower.port.receiver.buffer = *limits;
    port_connect(&fabric, &upper.port, &lower.port, config, "link", false, 1);
    egress_add_queue(&upper.port.egress, &down, 0, 0, NULL);
    egress_add_queue(&lower.port.egress, &up, 0, 0, NULL);
}

static void tear_down(void)
{
    test_port_free(&lower);
    test_port_free(&upper);
    fabric_free(&fabric);
}

static void send_writes(struct egress_queue *queue, uint64_t count, uint32_t wire_bytes)
{
    for (uint64_t n = 0; n < count; n++)
        test_send(queue, test_write(0, wire_bytes - OVERHEAD_BYTES, n), fabric_now_ps(&fabric));
}

static void run(void)
{
    simulation_run(&fabric.simulation, TIME_NEVER - 1);
    cr_assert(egress_is_valid(&upper.port.egress) && egress_is_valid(&lower.port.egress));
    cr_assert_eq(fabric_in_flight(&fabric), 0);
}

static uint64_t limit_ps(const struct link_config *config)
{
    /* (512 + 28) * 1.0 / 8 + 115 symbols of 1 ns: generation 3, 8 lanes, MPS 512. */
    cr_assert(config->gen == 3 && config->width == 8 && config->mps_bytes == 512);
    return 182 * 1000;
}

/* --- Acks --- */

Test(data_link, a_full_replay_buffer_waits_for_the_ack)
{
    struct link_config config = physical();
    config.replay_buffer_tlps = 1;
    config.ack_every = 1;
    set_up(&config, NULL);
    send_writes(&down, 10, 100);
    run();
    uint64_t period = 100 * BYTE_PS + PROPAGATION_PS + DLLP_PS + PROPAGATION_PS;
    for (uint64_t n = 0; n < 10; n++)
        cr_assert_eq(lower.arrivals[n].at_ps, n * period + 100 * BYTE_PS + PROPAGATION_PS);
    cr_assert_eq(lower.port.data_link.dllps, 10);
    cr_assert_eq(lower.port.egress.counters.wire_bytes, 80);
    cr_assert_eq(lower.port.egress.counters.busy_ps, 10 * DLLP_PS);
    tear_down();
}

Test(data_link, by_default_an_ack_goes_after_the_latency_limit)
{
    struct link_config config = physical();
    config.replay_buffer_tlps = 1;
    set_up(&config, NULL);
    send_writes(&down, 3, 100);
    run();
    uint64_t period = 100 * BYTE_PS + PROPAGATION_PS + limit_ps(&config) + DLLP_PS + PROPAGATION_PS;
    cr_assert_eq(lower.arrivals[2].at_ps, 2 * period + 100 * BYTE_PS + PROPAGATION_PS);
    tear_down();
}

/* The limit covers 182 ns: the TLP that it began with, and one that has come since. */
Test(data_link, one_ack_covers_all_that_has_come)
{
    struct link_config config = physical();
    set_up(&config, NULL);
    send_writes(&down, 20, 100);
    run();
    cr_assert_eq(lower.port.data_link.dllps, 10);
    cr_assert_eq(upper.port.data_link.dllps, 0);
    tear_down();
}

Test(data_link, every_n_and_the_rest_after_the_limit)
{
    struct link_config config = physical();
    config.ack_every = 4;
    set_up(&config, NULL);
    send_writes(&down, 10, 100);
    simulation_run(&fabric.simulation, 10 * 100 * BYTE_PS + PROPAGATION_PS + limit_ps(&config) - 1);
    cr_assert_eq(lower.port.data_link.dllps, 2);
    run();
    cr_assert_eq(lower.port.data_link.dllps, 3);
    replay_buffer_mature(&upper.port.data_link.buffer, TIME_NEVER - 1);
    cr_assert_eq(upper.port.data_link.buffer.acked, 10);
    tear_down();
}

/* Both ways at once, as in Lawley's note: each direction has its TLPs and the other's Acks. */
Test(data_link, dllps_go_before_tlps_that_have_not_started)
{
    struct link_config config = physical();
    config.ack_every = 5;
    set_up(&config, NULL);
    send_writes(&down, 1000, 100);
    send_writes(&up, 1000, 100);
    run();
    uint64_t last_ps = lower.arrivals[999].at_ps;
    uint64_t expected_ps = 1000 * 100 * BYTE_PS + 1000 / 5 * DLLP_PS + PROPAGATION_PS;
    cr_assert(last_ps <= expected_ps && last_ps >= expected_ps - 3 * DLLP_PS, "%lu", last_ps);
    cr_assert_eq(upper.port.data_link.dllps, 200);
    tear_down();
}

Test(data_link, dllps_that_are_not_charged_take_no_wire_time)
{
    struct link_config config = physical();
    config.dllp = LINK_DLLP_OFF;
    config.replay_buffer_tlps = 1;
    set_up(&config, NULL);
    send_writes(&down, 3, 100);
    run();
    uint64_t period = 100 * BYTE_PS + 2 * PROPAGATION_PS;
    cr_assert_eq(lower.arrivals[2].at_ps, 2 * period + 100 * BYTE_PS + PROPAGATION_PS);
    cr_assert_eq(lower.port.egress.counters.busy_ps, 0);
    tear_down();
}

Test(data_link, only_links_that_need_one_have_one)
{
    struct link_config config = test_link(3, 8);
    cr_assert_not(data_link_is_needed(&config));
    config.updatefc_every = config.ack_every = 1;
    cr_assert_not(data_link_is_needed(&config), "which is how it is without");
    struct link_config needing[5];
    for (int n = 0; n < 5; n++)
        needing[n] = config;
    needing[0].dllp = LINK_DLLP_PHYSICAL;
    needing[1].ber = 1;
    needing[2].ack_every = 2;
    needing[3].updatefc_every = 2;
    needing[4].replay_buffer_tlps = 1;
    for (int n = 0; n < 5; n++)
        cr_assert(data_link_is_needed(&needing[n]));
}

/* --- credits --- */

Test(data_link, credits_come_back_with_an_updatefc_every_n)
{
    struct link_config config = physical();
    struct credit_limits limits = test_credits(4, CREDITS_INFINITE);
    config.updatefc_every = 4;
    config.ack_every = 1000;
    set_up(&config, &limits);
    send_writes(&down, 12, 100);
    run();
    /* Four go; the fourth's arrival frees the fourth place; then the UpdateFC for all four comes. */
    uint64_t round = 4 * 100 * BYTE_PS + PROPAGATION_PS + DLLP_PS + PROPAGATION_PS;
    for (uint64_t n = 0; n < 12; n++)
        cr_assert_eq(lower.arrivals[n].at_ps, n / 4 * round + (n % 4 + 1) * 100 * BYTE_PS + PROPAGATION_PS);
    tear_down();
}

Test(data_link, an_exhausted_sender_is_told_at_once)
{
    struct link_config config = physical();
    struct credit_limits limits = test_credits(1, CREDITS_INFINITE);
    set_up(&config, &limits);
    send_writes(&down, 3, 100);
    run();
    uint64_t round = 100 * BYTE_PS + PROPAGATION_PS + DLLP_PS + PROPAGATION_PS;
    cr_assert_eq(lower.arrivals[2].at_ps, 2 * round + 100 * BYTE_PS + PROPAGATION_PS);
    tear_down();
}

/* --- the receiver's table --- */

Test(data_link, each_cell_of_the_receivers_table)
{
    static const struct receiver_step expected[RECEIVER_STATES][RECEIVED_KINDS] = {
        {{RECEIVER_IN_ORDER, RECEIVER_TAKES},
         {RECEIVER_NAKED, RECEIVER_NAKS},
         {RECEIVER_IN_ORDER, RECEIVER_ACKS},
         {RECEIVER_NAKED, RECEIVER_NAKS}},
        {{RECEIVER_IN_ORDER, RECEIVER_TAKES},
         {RECEIVER_NAKED, RECEIVER_DISCARDS},
         {RECEIVER_NAKED, RECEIVER_ACKS},
         {RECEIVER_NAKED, RECEIVER_DISCARDS}},
    };
    for (enum receiver_state state = 0; state < RECEIVER_STATES; state++)
        for (enum received received = 0; received < RECEIVED_KINDS; received++) {
            struct receiver_step step = receiver_step(state, received);
            cr_assert_eq(step.next, expected[state][received].next);
            cr_assert_eq(step.action, expected[state][received].action);
        }
}

/* --- bits that fail --- */

/* GOOD_BITS are received right, then one is not, then all are. */
static void fail_after(struct bit_errors *errors, uint64_t good_bits)
{
    *errors = (struct bit_errors){.good_bits = good_bits, .rate = 1};
    random_init(&errors->random, 1, "long"); /* at a rate of 1e-18 the next one never comes */
}

static struct link_config failing(void)
{
    struct link_config config = physical();
    config.ack_every = 1;
    config.ber = 1;
    return config;
}

/* The third of ten writes is bad: it and what follows until the Nak has come are sent again. */
Test(data_link, a_bad_tlp_is_sent_again_with_all_after_it)
{
    struct link_config config = failing();
    set_up(&config, NULL);
    fail_after(&upper.port.data_link.errors, 2 * 800 + 17);
    send_writes(&down, 10, 100);
    run();
    /* The Nak comes 8 + 2 * 70.007 ns after the end of the third: into the fifth. The sixth has not started. */
    uint64_t nak_ps = 300 * BYTE_PS + PROPAGATION_PS + DLLP_PS + PROPAGATION_PS;
    cr_assert(nak_ps > 400 * BYTE_PS && nak_ps < 500 * BYTE_PS);
    cr_assert_eq(lower.arrival_count, 10);
    for (uint64_t n = 0; n < 10; n++) {
        cr_assert_eq(test_number(&lower.arrivals[n].tlp), n);
        uint64_t sent = n < 2 ? n + 1 : n + 4;
        cr_assert_eq(lower.arrivals[n].at_ps, sent * 100 * BYTE_PS + PROPAGATION_PS);
    }
    cr_assert_eq(upper.port.data_link.resends, 3);
    cr_assert_eq(upper.port.egress.counters.tlps, 10);
    cr_assert_eq(upper.port.egress.counters.wire_bytes, 1300);
    tear_down();
}

/* The only write is bad, and so is its Nak: the timer covers it. */
Test(data_link, the_replay_timer_covers_a_lost_nak)
{
    struct link_config config = failing();
    config.replay_timer_ps = 5000 * BYTE_PS;
    set_up(&config, NULL);
    fail_after(&upper.port.data_link.errors, 100);
    fail_after(&lower.port.data_link.errors, 3);
    send_writes(&down, 1, 100);
    run();
    cr_assert_eq(lower.arrivals[0].at_ps, 100 * BYTE_PS + 5000 * BYTE_PS + 100 * BYTE_PS + PROPAGATION_PS);
    tear_down();
}

/* A lost Ack: the TLP comes a second time, is known as such, and acknowledged again. */
Test(data_link, a_duplicate_is_acknowledged_and_not_delivered)
{
    struct link_config config = failing();
    config.replay_timer_ps = 5000 * BYTE_PS;
    set_up(&config, NULL);
    fail_after(&lower.port.data_link.errors, 3);
    send_writes(&down, 1, 100);
    run();
    cr_assert_eq(lower.arrival_count, 1);
    cr_assert_eq(upper.port.data_link.resends, 1);
    cr_assert_eq(lower.port.data_link.dllps, 2);
    replay_buffer_mature(&upper.port.data_link.buffer, TIME_NEVER - 1);
    cr_assert_eq(upper.port.data_link.buffer.acked, 1);
    tear_down();
}

/* A credit whose UpdateFC is lost comes with the repetition. */
Test(data_link, a_lost_updatefc_is_repeated)
{
    struct link_config config = failing();
    struct credit_limits limits = test_credits(1, CREDITS_INFINITE);
    config.updatefc_every = 1;
    config.ack_every = 1000;
    set_up(&config, &limits);
    fail_after(&lower.port.data_link.errors, 3);
    send_writes(&down, 2, 100);
    run();
    uint64_t lost_ps = 100 * BYTE_PS + PROPAGATION_PS;
    uint64_t told_ps = lost_ps + UPDATE_FC_REPEAT_PS + DLLP_PS + PROPAGATION_PS;
    cr_assert_eq(lower.arrivals[1].at_ps, told_ps + 100 * BYTE_PS + PROPAGATION_PS);
    tear_down();
}

/* Four replays in vain, the first for the Nak and three by the timer: the fourth makes the link train, and nothing
 * starts at either end before that is over. */
Test(data_link, the_fourth_replay_without_progress_retrains)
{
    struct link_config config = failing();
    config.replay_timer_ps = 10000 * BYTE_PS;
    config.training_ps = 50000 * BYTE_PS;
    set_up(&config, NULL);
    bit_errors_init(&upper.port.data_link.errors, BIT_ERRORS_MOST, 1, "never 4 KB without one");
    send_writes(&down, 1, 4000);
    uint64_t first_ps = 4000 * BYTE_PS + 2 * PROPAGATION_PS + DLLP_PS; /* replay begins, and every 14 us then */
    uint64_t trains_ps = first_ps + 3 * 14000 * BYTE_PS, trained_ps = trains_ps + 50000 * BYTE_PS;
    simulation_run(&fabric.simulation, trains_ps - 1);
    cr_assert_eq(upper.port.data_link.resends, 3);
    cr_assert_eq(upper.port.data_link.state, LINK_ACTIVE);
    simulation_run(&fabric.simulation, trains_ps + 1);
    cr_assert_eq(upper.port.data_link.state, LINK_RECOVERY);
    cr_assert_eq(lower.port.data_link.state, LINK_RECOVERY);
    cr_assert_eq(upper.port.data_link.retrains, 1);
    bit_errors_init(&upper.port.data_link.errors, 0, 1, "");
    send_writes(&up, 1, 100);
    run();
    cr_assert_eq(lower.arrivals[0].at_ps, trained_ps + 4000 * BYTE_PS + PROPAGATION_PS);
    cr_assert_eq(upper.arrivals[0].at_ps, trained_ps + 100 * BYTE_PS + PROPAGATION_PS);
    cr_assert_eq(upper.port.data_link.state, LINK_ACTIVE);
    cr_assert_eq(lower.port.data_link.state, LINK_ACTIVE);
    tear_down();
}

/* A receiver that forwards at the head has begun before it sees the end: something goes on, and nothing is lost. */
Test(data_link, what_was_forwarded_too_early_is_nullified)
{
    struct link_config config = failing();
    fabric_init(&fabric, 1, (struct window){0, TIME_NEVER}, 1024, 1);
    test_port_init(&upper, &fabric);
    test_port_init(&lower, &fabric);
    lower.port.receiver.delivery = (struct wire_delivery){.at_head = true, .delay_ps = 10 * BYTE_PS};
    port_connect(&fabric, &upper.port, &lower.port, &config, "link", false, 1);
    egress_add_queue(&upper.port.egress, &down, 0, 0, NULL);
    fail_after(&upper.port.data_link.errors, 17);
    send_writes(&down, 1, 100);
    simulation_run(&fabric.simulation, TIME_NEVER - 1);
    cr_assert_eq(lower.arrival_count, 2);
    cr_assert(lower.arrivals[0].tlp.attributes & TLP_NULLIFIED);
    cr_assert_eq(lower.arrivals[0].at_ps, PROPAGATION_PS + 10 * BYTE_PS);
    cr_assert_not(lower.arrivals[1].tlp.attributes & TLP_NULLIFIED);
    cr_assert_eq(fabric.created, 2);
    tear_down();
}

Test(data_link, an_egress_drops_a_nullified_tlp_when_it_has_gone)
{
    struct link_config config = failing();
    struct credit_limits limits = test_credits(1, 100);
    set_up(&config, &limits);
    struct tlp nullified = test_write(0, 76, 7);
    nullified.attributes |= TLP_NULLIFIED;
    test_send(&down, nullified, 0);
    send_writes(&down, 1, 100);
    run();
    cr_assert_eq(lower.arrival_count, 1);
    cr_assert_eq(lower.arrivals[0].at_ps, 200 * BYTE_PS + PROPAGATION_PS, "it took its time");
    cr_assert_eq(fabric.dropped[DROP_NULLIFIED], 1);
    tear_down();
}

/* --- UpdateFCs that only repeat --- */

static const struct credit_limits advertised = {
    .headers = {8, 8, CREDITS_INFINITE}, .data = {256, CREDITS_INFINITE, CREDITS_INFINITE}};

/* 1 ms from time zero has 33 of each of the two kinds of finite credits; the other end tells of none. */
Test(data_link, an_idle_link_repeats_updates_every_30_us)
{
    struct link_config config = physical();
    set_up(&config, &advertised);
    simulation_run(&fabric.simulation, PS_PER_MS);
    egress_settle(&lower.port.egress);
    egress_settle(&upper.port.egress);
    cr_assert_eq(lower.port.data_link.dllps, 2 * 33);
    cr_assert_eq(lower.port.egress.counters.wire_bytes, 2 * 33 * 8);
    cr_assert_eq(lower.port.egress.counters.busy_ps, 2 * 33 * DLLP_PS);
    cr_assert_eq(upper.port.data_link.dllps, 0);
    run();
    tear_down();
}

Test(data_link, none_are_repeated_where_the_scenario_says_when_they_go)
{
    struct link_config config = physical();
    config.updatefc_every = 4;
    set_up(&config, &advertised);
    simulation_run(&fabric.simulation, PS_PER_MS);
    egress_settle(&lower.port.egress);
    cr_assert_eq(lower.port.data_link.dllps, 0);
    tear_down();
}

/* The wire as it would be had somebody looked all the time, also at odd rates and with the window in the middle. */
Test(data_link, whoever_looks_late_finds_the_same)
{
    struct {
        uint64_t dllps, wire_bytes, busy_ps, remainder, free_ps;
    } found[2];
    for (int often = 0; often < 2; often++) {
        struct link_config config = physical();
        config.rate_bps[LINK_UP] = UINT64_C(7777777777);
        config.rate_bps[LINK_DOWN] = UINT64_C(7777777777);
        set_up(&config, &advertised);
        fabric.window = (struct window){PS_PER_MS / 3, 7 * PS_PER_MS / 3};
        for (uint64_t at_ps = 0; at_ps <= 3 * PS_PER_MS; at_ps += 100 * PS_PER_US / 3) {
            simulation_run(&fabric.simulation, at_ps);
            if (often)
                egress_settle(&lower.port.egress);
        }
        egress_settle(&lower.port.egress);
        const struct egress *egress = &lower.port.egress;
        found[often].dllps = lower.port.data_link.dllps;
        found[often].wire_bytes = egress->counters.wire_bytes;
        found[often].busy_ps = egress->counters.busy_ps;
        found[often].remainder = egress->wire.remainder;
        found[often].free_ps = egress->wire_free_ps;
        cr_assert(egress_is_valid(egress));
        tear_down();
    }
    cr_assert_eq(found[0].dllps, 2 * 67); /* from 348.5 us to 2328.5 us */
    cr_assert_eq(memcmp(&found[0], &found[1], sizeof found[0]), 0);
}

/* A TLP that comes while one is on the wire waits for its end; one that comes as it is due, too. */
Test(data_link, a_repeat_goes_before_a_tlp)
{
    const uint64_t due_ps = UPDATE_FC_FIRST_REPEAT_PS + 20 * UPDATE_FC_REPEAT_PS;
    const uint64_t at_ps[] = {
        due_ps - BYTE_PS, due_ps, due_ps + 15 * BYTE_PS, due_ps + 16 * BYTE_PS, due_ps + 20 * BYTE_PS};
    const uint64_t start_ps[] = {
        due_ps - BYTE_PS, due_ps + 16 * BYTE_PS, due_ps + 16 * BYTE_PS, due_ps + 16 * BYTE_PS, due_ps + 20 * BYTE_PS};
    for (int n = 0; n < 5; n++) {
        struct link_config config = physical();
        set_up(&config, &advertised);
        simulation_run(&fabric.simulation, at_ps[n]);
        send_writes(&up, 1, 100);
        run();
        cr_assert_eq(upper.arrivals[0].at_ps, start_ps[n] + 100 * BYTE_PS + PROPAGATION_PS, "%d", n);
        tear_down();
    }
}
