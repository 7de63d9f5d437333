/* Virtual channels of a link: which traffic class takes which, and that none depends on another. */
#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "fabric/pcie/egress.h"
#include "tests/support/egress_rig.h"

#define EACH 20
#define VHS 3
#define HEADERS 4
/* Long enough for all that may go. */
#define RUN_PS 200000

static struct egress_rig rig;

/* --- classes to channels --- */

/* Which classes share a channel: runs of classes, as long as each other or by one, from class 0 and channel 0 on. */
Test(egress_channel, classes_are_spread_evenly_and_in_order)
{
    for (uint32_t vc_count = 1; vc_count <= TRAFFIC_CLASSES; vc_count++) {
        uint32_t classes[TRAFFIC_CLASSES] = {0}, before = 0;
        for (uint8_t class = 0; class < TRAFFIC_CLASSES; class ++) {
            uint32_t vc = egress_vc(vc_count, class);
            cr_assert_lt(vc, vc_count);
            cr_assert(vc == before || vc == before + 1, "class %u of %u channels", class, vc_count);
            classes[vc]++;
            before = vc;
        }
        cr_assert_eq(egress_vc(vc_count, 0), 0);
        for (uint32_t vc = 0; vc < vc_count; vc++) {
            cr_assert_geq(classes[vc], TRAFFIC_CLASSES / vc_count);
            cr_assert_leq(classes[vc], (TRAFFIC_CLASSES + vc_count - 1) / vc_count);
        }
    }
}

/* Eight channels, one class each; four, two neighbours each. */
Test(egress_channel, classes_are_spread_as_one_would_by_hand)
{
    for (uint8_t class = 0; class < TRAFFIC_CLASSES; class ++) {
        cr_assert_eq(egress_vc(1, class), 0);
        cr_assert_eq(egress_vc(2, class), class < 4 ? 0 : 1);
        cr_assert_eq(egress_vc(4, class), class / 2u);
        cr_assert_eq(egress_vc(8, class), class);
    }
}

/* --- credits --- */

/* Of every type: the receiver keeps what comes in hierarchy `stuck_vh`, on channel `stuck_vc`. */
static uint32_t vc_count, stuck_vh, stuck_vc;

static uint64_t hold(struct test_port *port, const struct tlp *tlp)
{
    (void)port;
    return tlp->vh == stuck_vh && tlp->traffic_class * vc_count / 8 == stuck_vc ? TIME_NEVER : 100;
}

static uint8_t class_of(uint32_t vc)
{
    uint8_t class = 0;
    while (class * vc_count / 8 != vc)
        class ++;
    return class;
}

static void send_each_type(uint32_t queue, uint16_t vh, uint8_t traffic_class)
{
    struct tlp each[] = {test_write(vh, 64, 0), test_read(vh, 64, 0), test_completion(vh, 64, 0)};
    for (int type = 0; type < CREDIT_TYPES; type++) {
        each[type].traffic_class = traffic_class;
        test_send(&rig.queues[queue], each[type], 0);
    }
}

static uint32_t queue_of(uint32_t vh, uint32_t vc)
{
    return vh * vc_count + vc;
}

/* Sends the same in each hierarchy and channel; SENT counts what leaves, by queue. */
static void run(bool per_vh, const struct arbiter_ops *arbiter, uint32_t *sent)
{
    egress_rig_set_up(
        &rig, &(struct egress_rig_config){
                  .arbiter = arbiter,
                  .vc_count = vc_count,
                  .vh_count = VHS,
                  .limits = test_credits(HEADERS, HEADERS * 4),
                  .per_vh = per_vh,
                  .propagation_ps = 10,
              });
    rig.receiver.hold_ps = hold;
    for (uint32_t vh = 0; vh < VHS; vh++)
        for (uint32_t vc = 0; vc < vc_count; vc++)
            egress_rig_add_queue(&rig, (uint16_t)vh, vc);
    for (int n = 0; n < EACH; n++)
        for (uint32_t vh = 0; vh < VHS; vh++)
            for (uint32_t vc = 0; vc < vc_count; vc++)
                send_each_type(queue_of(vh, vc), (uint16_t)vh, class_of(vc));
    egress_rig_run(&rig, RUN_PS);
    for (uint32_t queue = 0; queue < rig.queue_count; queue++)
        sent[queue] = 0;
    for (uint32_t i = 0; i < rig.sent_count; i++)
        sent[rig.sent[i].queue]++;
    egress_rig_tear_down(&rig);
}

/* One hierarchy's channel is stuck: nobody else is, but those who share its credits. */
static void check_who_is_held_up(bool per_vh, const struct arbiter_ops *arbiter, const uint32_t *sent)
{
    uint32_t held_up = 0;
    for (uint32_t vh = 0; vh < VHS; vh++)
        for (uint32_t vc = 0; vc < vc_count; vc++) {
            uint32_t left = EACH * CREDIT_TYPES - sent[queue_of(vh, vc)];
            if (vc == stuck_vc && (vh == stuck_vh || !per_vh))
                held_up += left > 0;
            else
                cr_assert_eq(left, 0, "%s: VH %u, channel %u of %u: %u", arbiter->name, vh, vc, vc_count, left);
        }
    cr_assert_gt(sent[queue_of(stuck_vh, stuck_vc)], 0);
    cr_assert_lt(sent[queue_of(stuck_vh, stuck_vc)], EACH * CREDIT_TYPES);
    if (per_vh)
        cr_assert_leq(sent[queue_of(stuck_vh, stuck_vc)], HEADERS * CREDIT_TYPES);
    else
        cr_assert_gt(held_up, 1, "%s: channel %u of %u, stuck VH %u", arbiter->name, stuck_vc, vc_count, stuck_vh);
}

static const struct arbiter_ops *const arbiters[] = {
    &arbiter_round_robin, &arbiter_weighted, &arbiter_deficit, &arbiter_strict, &arbiter_age, &arbiter_random,
};

Test(egress_channel, a_starved_channel_stops_no_other, .timeout = 60)
{
    static uint32_t sent[VHS * TRAFFIC_CLASSES];
    for (vc_count = 1; vc_count <= TRAFFIC_CLASSES; vc_count++)
        for (stuck_vc = 0; stuck_vc < vc_count; stuck_vc++)
            for (int i = 0; i < 6; i++) {
                stuck_vh = (stuck_vc + (uint32_t)i) % VHS;
                run(true, arbiters[i], sent);
                check_who_is_held_up(true, arbiters[i], sent);
                run(false, arbiters[i], sent);
                check_who_is_held_up(false, arbiters[i], sent);
            }
}

static uint64_t for_good(struct test_port *port, const struct tlp *tlp)
{
    (void)port;
    (void)tlp;
    return TIME_NEVER;
}

/* Nothing comes back: as many leave on each channel as the receiver has places there, for all hierarchies together or
 * for each. */
static void check_places(bool per_vh)
{
    egress_rig_set_up(
        &rig,
        &(struct egress_rig_config){
            .vc_count = vc_count, .vh_count = VHS, .limits = test_credits(HEADERS, HEADERS * 4), .per_vh = per_vh});
    rig.receiver.hold_ps = for_good;
    uint32_t places[TRAFFIC_CLASSES] = {0};
    for (uint32_t vh = 0; vh < VHS; vh++)
        for (uint32_t vc = 0; vc < vc_count; vc++) {
            egress_rig_add_queue(&rig, (uint16_t)vh, vc);
            for (int n = 0; n < EACH; n++)
                send_each_type(queue_of(vh, vc), (uint16_t)vh, class_of(vc));
        }
    egress_rig_run(&rig, RUN_PS);
    for (uint32_t i = 0; i < rig.sent_count; i++)
        places[rig.sent[i].queue % vc_count]++;
    for (uint32_t vc = 0; vc < vc_count; vc++)
        cr_assert_leq(places[vc], HEADERS * CREDIT_TYPES * (per_vh ? VHS : 1));
    /* Posted TLPs are the first, and nothing passes one that waits: all their places are taken. */
    for (uint32_t vc = 0; vc < vc_count; vc++)
        cr_assert_geq(places[vc], HEADERS * (per_vh ? VHS : 1));
    egress_rig_tear_down(&rig);
}

Test(egress_channel, each_has_as_many_places_as_the_receiver_advertises)
{
    for (vc_count = 1; vc_count <= TRAFFIC_CLASSES; vc_count++) {
        check_places(true);
        check_places(false);
    }
}
