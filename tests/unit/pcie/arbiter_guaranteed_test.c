#include "fabric/pcie/arbiter_guaranteed.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "fabric/pcie/arbiter.h"
#include "fabric/pcie/egress_hold.h"
#include "tests/support/egress_rig.h"

/* Four queues that always have something; a byte takes a picosecond: 8 Tb/s. */
#define QUEUES 4
#define PAYLOAD_BYTES 256
#define DURATION_PS (10 * PS_PER_US)
#define WIRE_BPS UINT64_C(8000000000000)

static struct egress_rig rig;
static struct rate_guarantee guarantees[GUARANTEE_DIRECTIONS];

static void refill(struct egress_rig *sender, uint32_t queue, uint64_t end_ps)
{
    test_send(&sender->queues[queue], test_write(0, PAYLOAD_BYTES, queue), end_ps);
}

/* Payload bytes that each queue sent under ARBITER, where queue 0 is guaranteed MIN_BPS. */
static void run(const struct arbiter_ops *arbiter, uint64_t min_bps, uint64_t sent_bytes[QUEUES])
{
    egress_rig_set_up(&rig, &(struct egress_rig_config){.arbiter = arbiter, .seed = 1, .limits = test_infinite()});
    rig.on_sent = refill;
    for (uint32_t queue = 0; queue < QUEUES; queue++) {
        egress_rig_add_queue(&rig, 0, 0);
        rig.queues[queue].weight = queue == 3 ? 2 : 1;
    }
    for (enum guarantee_direction direction = 0; direction < GUARANTEE_DIRECTIONS; direction++)
        rate_guarantee_set(&guarantees[direction], min_bps, 0);
    egress_queue_guarantee(&rig.queues[0], guarantees);
    for (uint32_t queue = 0; queue < QUEUES; queue++)
        refill(&rig, queue, 0);
    egress_rig_run(&rig, DURATION_PS);
    for (uint32_t queue = 0; queue < QUEUES; queue++)
        sent_bytes[queue] = 0;
    for (uint32_t n = 0; n < rig.sent_count; n++)
        sent_bytes[rig.sent[n].queue] += PAYLOAD_BYTES;
    egress_rig_tear_down(&rig);
}

static void expect_near(uint64_t value, double expected, const char *what)
{
    cr_expect(
        (double)value > expected * 0.98 && (double)value < expected * 1.02, "%s: %lu, not %.0f", what,
        (unsigned long)value, expected);
}

Test(arbiter_guaranteed, gives_the_rate_and_shares_the_rest_as_before)
{
    const struct arbiter_ops *const all[] = {&arbiter_round_robin, &arbiter_weighted, &arbiter_deficit,
                                             &arbiter_strict,      &arbiter_age,      &arbiter_random};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        uint64_t sent[QUEUES], sum = 0;
        run(all[i], WIRE_BPS / 2, sent);
        for (uint32_t queue = 0; queue < QUEUES; queue++)
            sum += sent[queue];
        cr_assert_gt(sum, DURATION_PS * 9 / 10, "%s: the wire was idle", all[i]->name);
        cr_expect_geq(sent[0], DURATION_PS * 49 / 100, "%s: %lu", all[i]->name, (unsigned long)sent[0]);
        expect_near(sent[1], (double)sent[2], all[i]->name);
        bool weighs = all[i] == &arbiter_weighted || all[i] == &arbiter_deficit;
        expect_near(sent[3], (double)sent[2] * (weighs ? 2 : 1), all[i]->name);
    }
}

Test(arbiter_guaranteed, no_more_than_a_share_where_that_is_more)
{
    uint64_t plain[QUEUES], guaranteed[QUEUES];
    run(&arbiter_round_robin, 0, plain);
    run(&arbiter_round_robin, WIRE_BPS / 20, guaranteed);
    for (uint32_t queue = 0; queue < QUEUES; queue++)
        expect_near(guaranteed[queue], (double)plain[queue], "a small guarantee");
}

/* Who is guaranteed more than there is does not shut out the others: a part in 32 of the bytes is everybody's. */
Test(arbiter_guaranteed, a_part_is_everybodys)
{
    uint64_t sent[QUEUES], sum = 0;
    run(&arbiter_round_robin, WIRE_BPS * 2, sent);
    for (uint32_t queue = 0; queue < QUEUES; queue++)
        sum += sent[queue];
    expect_near(sum - sent[0], (double)sum / RATE_GUARANTEE_PARTS * (QUEUES - 1) / QUEUES, "the others");
    for (uint32_t queue = 2; queue < QUEUES; queue++)
        expect_near(sent[queue], (double)sent[1], "in turn");
}

/* Under ARBITER queue 0 always has something, of class 7, and may send as much as anybody could be allowed to; what
 * comes into queue 1 goes next all the same. */
static void expect_managed_first(const struct arbiter_ops *arbiter, bool held, uint64_t min_bps)
{
    egress_rig_set_up(&rig, &(struct egress_rig_config){.arbiter = arbiter, .seed = 1, .limits = test_infinite()});
    egress_rig_add_queue(&rig, 0, 0);
    egress_rig_add_queue(&rig, 0, 0);
    if (held)
        egress_hold(rig.egress, EGRESS_HOLD_LINK);
    egress_queue_manage(&rig.queues[1]);
    rate_guarantee_set(&guarantees[GUARANTEE_SENT], min_bps, 0);
    if (min_bps != 0)
        egress_queue_guarantee(&rig.queues[0], guarantees);
    egress_queue_weigh(&rig.queues[0], 65535);
    if (held)
        egress_release(rig.egress, EGRESS_HOLD_LINK);
    for (uint64_t n = 0; n < 1000; n++) {
        struct tlp tlp = test_write(0, PAYLOAD_BYTES, n);
        tlp.traffic_class = 7;
        test_send(&rig.queues[0], tlp, 0);
    }
    egress_rig_run(&rig, PS_PER_NS);
    uint32_t before = rig.sent_count;
    test_send(&rig.queues[1], test_write(0, 4, 1000), PS_PER_NS);
    test_send(&rig.queues[1], test_write(0, 4, 1001), PS_PER_NS);
    egress_rig_run(&rig, DURATION_PS);
    cr_assert_eq(rig.sent_count, 1002);
    for (uint32_t n = 0; n < 2; n++)
        cr_expect_eq(
            rig.sent[before + n].queue, 1, "%s, held: %d, min: %lu", arbiter->name, held, (unsigned long)min_bps);
    egress_rig_tear_down(&rig);
}

Test(arbiter_guaranteed, mr_pcim_waits_behind_nobody)
{
    const struct arbiter_ops *const all[] = {
        &arbiter_round_robin, &arbiter_weighted, &arbiter_deficit, &arbiter_strict};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        for (int held = 0; held < 2; held++) {
            expect_managed_first(all[i], held, 0);
            expect_managed_first(all[i], held, WIRE_BPS * 2);
        }
}

Test(arbiter_guaranteed, nobody_idle_keeps_others_from_sending)
{
    egress_rig_set_up(&rig, &(struct egress_rig_config){.arbiter = &arbiter_round_robin, .limits = test_infinite()});
    egress_rig_add_queue(&rig, 0, 0);
    egress_rig_add_queue(&rig, 0, 0);
    rate_guarantee_set(&guarantees[GUARANTEE_SENT], WIRE_BPS / 2, 0);
    egress_queue_guarantee(&rig.queues[0], guarantees);
    for (uint64_t n = 0; n < 100; n++)
        test_send(&rig.queues[1], test_write(0, PAYLOAD_BYTES, n), 0);
    egress_rig_run(&rig, DURATION_PS);
    cr_assert_eq(rig.sent_count, 100);
    for (uint32_t n = 1; n < 100; n++)
        cr_assert_eq(rig.sent[n].start_ps, rig.sent[n - 1].end_ps);
    egress_rig_tear_down(&rig);
}

/* While its link is down nothing is sent, whatever is promised meanwhile, and all goes on when it is up. */
Test(arbiter_guaranteed, what_is_promised_while_the_link_is_down_is_kept_later)
{
    egress_rig_set_up(&rig, &(struct egress_rig_config){.arbiter = &arbiter_round_robin, .limits = test_infinite()});
    for (uint32_t queue = 0; queue < QUEUES; queue++)
        egress_rig_add_queue(&rig, 0, 0);
    rate_guarantee_set(&guarantees[GUARANTEE_SENT], WIRE_BPS / 2, 0);
    uint64_t sent = 0;
    for (uint32_t downs = 1; downs <= 3; downs++) { /* the first promise of all, and further ones */
        egress_hold(rig.egress, EGRESS_HOLD_LINK);
        egress_queue_guarantee(&rig.queues[downs % QUEUES], guarantees);
        egress_queue_weigh(&rig.queues[(downs + 1) % QUEUES], 2);
        for (uint32_t queue = 0; queue < QUEUES; queue++)
            refill(&rig, queue, downs * PS_PER_US);
        egress_rig_run(&rig, downs * PS_PER_US + PS_PER_US / 2);
        cr_expect_eq(rig.sent_count, sent);
        egress_release(rig.egress, EGRESS_HOLD_LINK);
        egress_rig_run(&rig, downs * PS_PER_US + PS_PER_US * 3 / 4);
        sent += QUEUES;
        cr_expect_eq(rig.sent_count, sent);
    }
    cr_expect_str_eq(rig.egress->arbiter.ops->name, "guaranteed");
    cr_expect_str_eq(rig.egress->arbiter.plain->name, "weighted");
    egress_rig_tear_down(&rig);
}
