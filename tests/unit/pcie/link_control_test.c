#include "fabric/pcie/link_control.h"

#include <criterion/criterion.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "fabric/pcie/bit_errors.h"
#include "fabric/pcie/egress_hold.h"
#include "tests/support/test_port.h"

/* A byte takes 1 ns, so a write of 100 bytes on the wire takes 100 ns. */
#define BYTE_PS UINT64_C(1000)
#define TLP_BYTES 100
#define TLP_PS (TLP_BYTES * BYTE_PS)
#define OVERHEAD_BYTES 24
#define PROPAGATION_PS UINT64_C(250000)
#define TRAINING_PS UINT64_C(3000000)

static struct fabric fabric;
static struct test_port upper, lower;
static struct egress_queue down, up;
static uint32_t told_up, told_down;

static void note_link(struct port *port, bool up_now)
{
    (void)port;
    if (up_now)
        told_up++;
    else
        told_down++;
}

static struct port_ops noting;

static struct link_config plain(void)
{
    struct link_config config = test_link_of(BYTE_PS);
    config.dllp = LINK_DLLP_OFF;
    config.propagation_ps = PROPAGATION_PS;
    config.training_ps = TRAINING_PS;
    return config;
}

static void set_up(const struct link_config *config, bool per_vh)
{
    told_up = told_down = 0;
    fabric_init(&fabric, 1, TEST_WINDOW, 1024, 1);
    test_port_init(&upper, &fabric);
    test_port_init(&lower, &fabric);
    upper.port.receiver.buffer = lower.port.receiver.buffer = test_credits(8, 64);
    upper.port.receiver.per_vh = lower.port.receiver.per_vh = per_vh;
    noting = *lower.port.ops;
    noting.on_link = note_link;
    lower.port.ops = &noting;
    port_connect(&fabric, &upper.port, &lower.port, config, "link", per_vh, 2);
    egress_add_queue(&upper.port.egress, &down, 1, 0, NULL);
    egress_add_queue(&lower.port.egress, &up, 1, 0, NULL);
}

static void tear_down(void)
{
    test_port_free(&lower);
    test_port_free(&upper);
    fabric_free(&fabric);
}

static void send(struct egress_queue *queue, uint64_t count)
{
    for (uint64_t n = 0; n < count; n++)
        test_send(queue, test_write(1, TLP_BYTES - OVERHEAD_BYTES, n), fabric_now_ps(&fabric));
}

static void run_to(uint64_t at_ps)
{
    simulation_run(&fabric.simulation, at_ps);
    cr_assert(egress_is_valid(&upper.port.egress) && egress_is_valid(&lower.port.egress));
}

/* Nothing is left, and all credits are at home. */
static void assert_settled(void)
{
    run_to(TIME_NEVER - 1);
    cr_assert_eq(fabric_in_flight(&fabric), 0);
    cr_assert_eq(fabric.created, fabric.delivered + fabric_dropped(&fabric));
    const struct egress_queue *queues[] = {&down, &up};
    for (int index = 0; index < 2; index++)
        for (int type = 0; type < CREDIT_TYPES; type++) {
            struct credits *credits = &queues[index]->channel->credits[type];
            cr_assert_eq(credits_held_headers(credits), 0);
            cr_assert_eq(credits_held_data(credits), 0);
        }
}

Test(link_control, down_loses_what_is_on_the_wire_and_keeps_what_waits)
{
    struct link_config config = plain();
    set_up(&config, false);
    send(&down, 6);
    run_to(2 * TLP_PS + PROPAGATION_PS); /* two have come, two are on the wire and one begins, one waits */
    cr_assert_eq(lower.arrival_count, 2);
    link_take_down(&upper.port, LINK_CAUSE_FAILED);
    cr_assert(!link_is_up(&lower.port));
    cr_assert_eq(told_down, 1);
    uint64_t lost = fabric.dropped[DROP_LINK_DOWN];
    cr_assert_eq(lost, 3);
    cr_assert_eq(upper.port.egress.waiting.count, 1);
    run_to(PS_PER_MS);
    cr_assert_eq(lower.arrival_count, 2);
    link_bring_up(&lower.port, LINK_CAUSE_FAILED);
    assert_settled();
    cr_assert_eq(lower.arrival_count, 3);
    cr_assert_eq(lower.arrivals[2].at_ps, PS_PER_MS + TRAINING_PS + TLP_PS + PROPAGATION_PS);
    cr_assert_eq(told_up, 1);
    tear_down();
}

Test(link_control, comes_up_when_no_cause_holds_any_more)
{
    struct link_config config = plain();
    set_up(&config, false);
    link_take_down(&upper.port, LINK_CAUSE_FAILED);
    link_take_down(&upper.port, LINK_CAUSE_DISABLED);
    link_take_down(&upper.port, LINK_CAUSE_DISABLED);
    link_bring_up(&upper.port, LINK_CAUSE_FAILED);
    run_to(PS_PER_MS);
    cr_assert(!link_is_up(&upper.port));
    link_bring_up(&upper.port, LINK_CAUSE_REMOVED); /* which does not hold */
    link_bring_up(&upper.port, LINK_CAUSE_DISABLED);
    run_to(PS_PER_MS + TRAINING_PS - 1);
    cr_assert(!link_is_up(&upper.port));
    run_to(PS_PER_MS + TRAINING_PS);
    cr_assert(link_is_up(&upper.port));
    cr_assert(told_down == 1 && told_up == 1);
    cr_assert_eq(upper.port.control->downs, 1);
    tear_down();
}

Test(link_control, going_down_while_it_trains_begins_anew)
{
    struct link_config config = plain();
    set_up(&config, false);
    link_hot_reset(&upper.port);
    run_to(TRAINING_PS / 2);
    link_take_down(&upper.port, LINK_CAUSE_DISABLED);
    run_to(2 * TRAINING_PS);
    cr_assert(!link_is_up(&upper.port));
    link_bring_up(&upper.port, LINK_CAUSE_DISABLED);
    run_to(3 * TRAINING_PS);
    cr_assert(link_is_up(&upper.port));
    cr_assert(told_down == 1 && told_up == 1);
    tear_down();
}

Test(link_control, retraining_delays_and_loses_nothing)
{
    for (int dllp = 0; dllp < 2; dllp++) {
        struct link_config config = plain();
        config.dllp = dllp != 0 ? LINK_DLLP_PHYSICAL : LINK_DLLP_OFF;
        set_up(&config, false);
        send(&down, 3);
        run_to(TLP_PS / 2);
        link_retrain(&upper.port);
        cr_assert(link_is_up(&upper.port));
        assert_settled();
        cr_assert_eq(fabric.delivered, 3);
        cr_assert_eq(lower.arrivals[0].at_ps, TLP_PS + PROPAGATION_PS);
        cr_assert_eq(lower.arrivals[1].at_ps, TLP_PS / 2 + TRAINING_PS + TLP_PS + PROPAGATION_PS);
        tear_down();
    }
}

Test(link_control, bits_fail_from_when_somebody_wants_it_until_nobody_does)
{
    for (int dllp = 0; dllp < 2; dllp++) {
        struct link_config config = plain();
        config.dllp = dllp != 0 ? LINK_DLLP_PHYSICAL : LINK_DLLP_OFF;
        set_up(&config, dllp == 0);
        link_set_bit_errors(&upper.port, 0, "link");
        send(&down, 100);
        run_to(10 * TLP_PS);
        link_set_bit_errors(&lower.port, BIT_ERRORS_ONE / 10000, "link"); /* 8 % of TLPs */
        send(&down, 400);
        run_to(400 * TLP_PS);
        cr_assert_gt(upper.port.data_link.resends, 0);
        link_set_bit_errors(&lower.port, 0, "link");
        run_to(700 * TLP_PS);
        uint64_t resends = upper.port.data_link.resends;
        send(&down, 100);
        assert_settled();
        cr_assert_eq(upper.port.data_link.resends, resends);
        cr_assert_eq(fabric.delivered, 600);
        tear_down();
    }
}

/* Whatever happens to a link, every TLP ends once and every credit comes home. */
Test(link_control, conserves_tlps_and_credits_over_random_histories)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct random random;
        random_init(&random, seed, "history");
        struct link_config config = plain();
        config.dllp = random_below(&random, 2) != 0 ? LINK_DLLP_PHYSICAL : LINK_DLLP_OFF;
        config.ber = random_below(&random, 2) != 0 ? BIT_ERRORS_ONE / 5000 : 0;
        config.ack_every = (uint32_t)random_below(&random, 4);
        config.training_ps = random_below(&random, 3) * TLP_PS * 3;
        set_up(&config, random_below(&random, 2) != 0);
        uint64_t at_ps = 0;
        for (int step = 0; step < 60; step++) {
            enum link_cause cause = 1u << random_below(&random, 3);
            switch (random_below(&random, 8)) {
            case 0:
                link_take_down(&upper.port, cause);
                break;
            case 1:
            case 2:
                link_bring_up(&upper.port, cause);
                break;
            case 3:
                link_retrain(&upper.port);
                break;
            case 4:
                link_hot_reset(&upper.port);
                break;
            case 5:
                link_set_bit_errors(&upper.port, random_below(&random, 2) * BIT_ERRORS_ONE / 3000, "link");
                break;
            default:
                send(&down, random_below(&random, 20));
                send(&up, random_below(&random, 20));
            }
            at_ps += random_below(&random, 10) * TLP_PS;
            run_to(at_ps);
            cr_assert_eq(fabric.created, fabric.delivered + fabric_dropped(&fabric) + fabric_in_flight(&fabric));
        }
        for (int cause = 0; cause < 3; cause++)
            link_bring_up(&upper.port, 1u << cause);
        send(&down, 5);
        assert_settled();
        cr_assert(link_is_up(&upper.port));
        tear_down();
    }
}
