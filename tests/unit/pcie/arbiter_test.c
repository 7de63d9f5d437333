/* The arbiters where all queues always have something: whose turn, and which share. What each chooses on random traffic
 * is in arbiter_choice_test.c. */
#include "fabric/pcie/arbiter.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "tests/support/egress_rig.h"

#define QUEUES_MOST 200
#define TLP_MOST_BYTES (256 + 24) /* on the wire, with what stands around the payload */
#define BEGIN_PS 1000

static struct egress_rig rig;

/* --- loads --- */

/* What the queues have to send, from BEGIN_PS on. */
struct load {
    uint32_t queue_count;
    uint32_t weights[QUEUES_MOST]; /* 0: as they are */
    uint32_t tlps[QUEUES_MOST];    /* left to enqueue */
    bool refilled;                 /* the next only when one has gone, as an engine does; otherwise all are there */
    bool reads_too;                /* beside each write a read */
    /* Payload of the COUNT-th write of QUEUE; NULL: 64. */
    uint32_t (*bytes)(struct random *random, uint32_t queue, uint32_t count);
    struct random random;
    uint32_t count[QUEUES_MOST];
};

static struct load load;

static void begin_load(uint64_t seed)
{
    load = (struct load){0};
    random_init(&load.random, seed, "load");
}

static void send_write(uint32_t queue, uint64_t ready_ps)
{
    uint32_t bytes = load.bytes != NULL ? load.bytes(&load.random, queue, load.count[queue]) : 64;
    load.count[queue]++;
    load.tlps[queue]--;
    test_send(&rig.queues[queue], test_write(0, bytes, 0), ready_ps);
}

static void refill(struct egress_rig *sender, uint32_t queue, uint64_t end_ps)
{
    (void)sender;
    if (load.tlps[queue] == 0)
        return;
    struct egress_queue *filled = &rig.queues[queue];
    if (tlp_fifo_is_empty(&filled->fifos[CREDIT_POSTED]))
        send_write(queue, end_ps);
    if (load.reads_too && tlp_fifo_is_empty(&filled->fifos[CREDIT_NONPOSTED]))
        test_send(filled, test_read(0, 64, 0), end_ps);
}

static void fill(uint32_t queue)
{
    if (load.reads_too)
        test_send(&rig.queues[queue], test_read(0, 64, 0), BEGIN_PS);
    uint32_t at_once = load.refilled ? 1 : load.tlps[queue];
    for (uint32_t n = 0; n < at_once; n++)
        send_write(queue, BEGIN_PS);
}

/* Runs the load with ARBITER, for DURATION_PS from BEGIN_PS on. */
static void run_load(const struct arbiter_ops *arbiter, uint64_t duration_ps)
{
    egress_rig_set_up(&rig, &(struct egress_rig_config){.arbiter = arbiter, .limits = test_infinite()});
    rig.on_sent = load.refilled ? refill : NULL;
    for (uint32_t queue = 0; queue < load.queue_count; queue++) {
        egress_rig_add_queue(&rig, 0, 0);
        cr_assert_eq(rig.queues[queue].weight, 1);
        if (load.weights[queue] > 0)
            rig.queues[queue].weight = load.weights[queue];
    }
    for (uint32_t queue = 0; queue < load.queue_count; queue++)
        if (load.tlps[queue] > 0)
            fill(queue);
    egress_rig_run(&rig, BEGIN_PS + duration_ps);
    cr_assert_gt(rig.sent_count, 0);
    for (uint32_t i = 1; i < rig.sent_count; i++)
        cr_assert_eq(rig.sent[i].start_ps, rig.sent[i - 1].end_ps, "the wire is idle before TLP %u", i);
}

/* --- round robin --- */

/* The next after LAST that has something left. */
static uint32_t next_in_turn(const uint32_t *left, uint32_t count, uint32_t last)
{
    uint32_t next = last;
    do
        next = (next + 1) % count;
    while (left[next] == 0);
    return next;
}

static void check_turns(uint32_t queue_count, bool refilled, uint64_t seed)
{
    begin_load(seed);
    load.queue_count = queue_count;
    load.refilled = refilled;
    uint32_t left[QUEUES_MOST], sum = 0;
    for (uint32_t queue = 0; queue < queue_count; queue++) {
        left[queue] = load.tlps[queue] = (uint32_t)random_below(&load.random, 20) + (queue == 0);
        sum += left[queue];
    }
    run_load(&arbiter_round_robin, PS_PER_US);
    cr_assert_eq(rig.sent_count, sum);
    for (uint32_t i = 0, last = queue_count - 1; i < sum; i++) {
        last = next_in_turn(left, queue_count, last);
        cr_assert_eq(rig.sent[i].queue, last, "TLP %u of %u queues", i, queue_count);
        left[last]--;
    }
    egress_rig_tear_down(&rig);
}

Test(arbiter, round_robin_is_one_tlp_each_in_turn)
{
    static const uint32_t counts[] = {1, 2, 3, 63, 64, 65, 127, 128, 129, 200};
    for (uint64_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        check_turns(counts[i], false, i);
        check_turns(counts[i], true, i);
    }
}

/* --- shares --- */

static uint64_t tlp_itself(const struct egress_rig_sent *sent)
{
    (void)sent;
    return 1;
}

static uint64_t bytes_on_wire(const struct egress_rig_sent *sent)
{
    return sent->end_ps - sent->start_ps; /* a byte a picosecond */
}

/* Fails unless at no time any two queues' shares, each by its weight, lie further apart than UNITS and, of what one TLP
 * may leave over, SLACK. */
static void check_shares(uint64_t (*amount)(const struct egress_rig_sent *sent), uint64_t units, uint64_t slack)
{
    static uint64_t amounts[QUEUES_MOST];
    for (uint32_t queue = 0; queue < load.queue_count; queue++)
        amounts[queue] = 0;
    for (uint32_t i = 0; i < rig.sent_count; i++) {
        uint32_t sender = rig.sent[i].queue;
        amounts[sender] += amount(&rig.sent[i]);
        uint64_t sender_weight = rig.queues[sender].weight;
        for (uint32_t other = 0; other < load.queue_count; other++) {
            uint64_t weight = rig.queues[other].weight;
            uint64_t larger = weight > sender_weight ? weight : sender_weight;
            uint64_t ours = amounts[sender] * weight, theirs = amounts[other] * sender_weight;
            uint64_t apart = ours > theirs ? ours - theirs : theirs - ours;
            cr_assert_leq(
                apart, units * weight * sender_weight + slack * larger, "queues %u and %u after %u TLPs", sender, other,
                i);
        }
    }
}

/* Each queue's TLPs of its own size, in no relation to its weight. */
static uint32_t size_by_queue(struct random *random, uint32_t queue, uint32_t count)
{
    (void)random;
    (void)count;
    return 16u << queue % 5;
}

static uint32_t random_size(struct random *random, uint32_t queue, uint32_t count)
{
    (void)queue;
    return count == 0 ? 256 : 4 + 4 * (uint32_t)random_below(random, 64);
}

/* The largest only after a while. */
static uint32_t growing_size(struct random *random, uint32_t queue, uint32_t count)
{
    (void)queue;
    uint32_t most = count < 63 ? count + 1 : 64;
    return 4 + 4 * (uint32_t)random_below(random, most);
}

static const uint32_t weight_sets[][4] = {{1, 1, 1, 1}, {4, 1, 1, 1}, {1, 2, 3, 4}, {16, 1, 5, 2}, {100, 1, 100, 7}};
#define WEIGHT_SETS (sizeof weight_sets / sizeof weight_sets[0])

static void make_load(size_t set, uint32_t queue_count, bool refilled)
{
    begin_load(set);
    load.queue_count = queue_count;
    load.refilled = refilled;
    for (uint32_t queue = 0; queue < queue_count; queue++) {
        load.weights[queue] = weight_sets[set][queue % 4];
        load.tlps[queue] = refilled ? UINT32_MAX : 1500;
    }
}

/* With what lies ready no queue may run out. */
static uint64_t duration_ps(uint32_t queue_count)
{
    return queue_count * UINT64_C(20000);
}

Test(arbiter, weighted_is_tlps_by_weight_whatever_their_sizes, .timeout = 60)
{
    static const uint32_t counts[] = {2, 4, 70};
    for (size_t set = 0; set < WEIGHT_SETS; set++)
        for (int i = 0; i < 3; i++)
            for (int refilled = 0; refilled < 2; refilled++) {
                make_load(set, counts[i], refilled != 0);
                load.bytes = size_by_queue;
                run_load(&arbiter_weighted, duration_ps(counts[i]));
                check_shares(tlp_itself, 1, 0);
                egress_rig_tear_down(&rig);
            }
}

/* The bound of deficit round robin: a turn, and what a TLP that did not fit left of it. */
Test(arbiter, deficit_is_bytes_by_weight_within_a_turn_at_any_time, .timeout = 60)
{
    static const uint32_t counts[] = {2, 4, 70};
    for (size_t set = 0; set < WEIGHT_SETS; set++)
        for (int i = 0; i < 3; i++)
            for (int refilled = 0; refilled < 2; refilled++) {
                make_load(set, counts[i], refilled != 0);
                load.bytes = random_size;
                run_load(&arbiter_deficit, duration_ps(counts[i]));
                check_shares(bytes_on_wire, TLP_MOST_BYTES, TLP_MOST_BYTES);
                egress_rig_tear_down(&rig);
            }
}

/* The quantum grows with them, and what that costs in all is one more of the largest. */
Test(arbiter, deficit_copes_with_tlps_that_grow)
{
    for (size_t set = 0; set < WEIGHT_SETS; set++) {
        make_load(set, 4, true);
        load.bytes = growing_size;
        run_load(&arbiter_deficit, duration_ps(20));
        check_shares(bytes_on_wire, 2 * TLP_MOST_BYTES, TLP_MOST_BYTES);
        egress_rig_tear_down(&rig);
    }
}

/* Large TLPs of one and small ones of the other, as the textbook has it. */
Test(arbiter, deficit_gives_small_tlps_their_bytes_and_weighted_their_turns)
{
    for (int by_bytes = 0; by_bytes < 2; by_bytes++) {
        make_load(0, 2, true);
        load.bytes = size_by_queue;
        run_load(by_bytes ? &arbiter_deficit : &arbiter_weighted, duration_ps(20));
        uint64_t tlps[2] = {0}, bytes[2] = {0};
        for (uint32_t i = 0; i < rig.sent_count; i++) {
            tlps[rig.sent[i].queue]++;
            bytes[rig.sent[i].queue] += bytes_on_wire(&rig.sent[i]);
        }
        const uint64_t *equal = by_bytes ? bytes : tlps, *unequal = by_bytes ? tlps : bytes;
        cr_assert_leq(equal[0] > equal[1] ? equal[0] - equal[1] : equal[1] - equal[0], 2 * 56);
        cr_assert_gt(by_bytes ? unequal[0] : unequal[1], (by_bytes ? unequal[1] : unequal[0]) * 13 / 10);
        egress_rig_tear_down(&rig);
    }
}

/* An engine has a write and a read there at a time, and makes the next when one has gone. */
Test(arbiter, engines_get_their_whole_weight_with_two_types)
{
    for (size_t set = 0; set < WEIGHT_SETS; set++) {
        make_load(set, 4, true);
        load.reads_too = true;
        run_load(&arbiter_weighted, duration_ps(20));
        check_shares(tlp_itself, 1, 0);
        egress_rig_tear_down(&rig);
        make_load(set, 4, true);
        load.reads_too = true;
        load.bytes = random_size;
        run_load(&arbiter_deficit, duration_ps(20));
        check_shares(bytes_on_wire, TLP_MOST_BYTES, TLP_MOST_BYTES);
        egress_rig_tear_down(&rig);
    }
}

/* --- nothing is saved up --- */

#define HELD_PS 40000
#define HELD_CREDITS 8

static uint64_t queue_0_until_then(struct test_port *port, const struct tlp *tlp)
{
    uint64_t now_ps = fabric_now_ps(port->fabric);
    return tlp->vh == 0 && now_ps < HELD_PS ? HELD_PS - now_ps : 0;
}

static void refill_each(struct egress_rig *sender, uint32_t queue, uint64_t end_ps)
{
    test_send(&sender->queues[queue], test_write((uint16_t)queue, 256, 0), end_ps);
}

/* Three queues of WEIGHT, 1 and 1, of which the first has nothing to send, or no credits, until HELD_PS. How many it
 * sends before each of the others has had two turns from then on. */
static uint32_t burst_after_pause(const struct arbiter_ops *arbiter, uint32_t weight, bool blocked)
{
    struct egress_rig_config config = {
        .arbiter = arbiter, .vh_count = 3, .limits = test_credits(HELD_CREDITS, HELD_CREDITS * 16), .per_vh = true};
    egress_rig_set_up(&rig, &config);
    rig.on_sent = refill_each;
    rig.receiver.hold_ps = queue_0_until_then;
    for (uint16_t queue = 0; queue < 3; queue++)
        egress_rig_add_queue(&rig, queue, 0);
    rig.queues[0].weight = weight;
    for (uint32_t queue = 0; queue < 3; queue++)
        refill_each(&rig, queue, queue > 0 || blocked ? BEGIN_PS : HELD_PS);
    egress_rig_run(&rig, 2 * HELD_PS);
    uint32_t burst = 0, others[3] = {0};
    for (uint32_t i = 0; i < rig.sent_count && (others[1] < 2 || others[2] < 2); i++)
        if (rig.sent[i].start_ps >= HELD_PS) {
            burst += rig.sent[i].queue == 0;
            others[rig.sent[i].queue]++;
        }
    cr_assert(others[1] >= 2 && others[2] >= 2);
    egress_rig_tear_down(&rig);
    return burst;
}

Test(arbiter, who_could_not_send_has_saved_nothing_up)
{
    static const struct arbiter_ops *const arbiters[] = {&arbiter_round_robin, &arbiter_weighted, &arbiter_deficit};
    for (int i = 0; i < 3; i++)
        for (uint32_t weight = 1; weight <= 4; weight *= 2)
            for (int blocked = 0; blocked < 2; blocked++) {
                uint32_t share = arbiters[i] == &arbiter_round_robin ? 1 : weight;
                uint32_t burst = burst_after_pause(arbiters[i], weight, blocked != 0);
                cr_assert_geq(burst, share, "%s, weight %u: %u", arbiters[i]->name, weight, burst);
                cr_assert_leq(burst, 3 * share, "%s, weight %u: %u", arbiters[i]->name, weight, burst);
            }
}

/* --- random --- */

/* Pearson's statistic of COUNTS, of COUNT equally likely outcomes. */
static double chi_square(const uint32_t *counts, uint32_t count)
{
    double sum = 0, expected, statistic = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += counts[i];
    expected = sum / count;
    for (uint32_t i = 0; i < count; i++)
        statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
    return statistic;
}

/* Its quantile that one in 10,000 exceeds, by Wilson and Hilferty. */
static double chi_square_most(uint32_t outcomes)
{
    double degrees = outcomes - 1.0, part = 2 / (9 * degrees), cube = 1 - part + 3.719 * __builtin_sqrt(part);
    return degrees * cube * cube * cube;
}

static void run_random(uint64_t seed, uint32_t queue_count, uint32_t every, uint64_t for_ps)
{
    begin_load(0);
    load.queue_count = queue_count;
    load.refilled = true;
    for (uint32_t queue = 0; queue < queue_count; queue += every)
        load.tlps[queue] = UINT32_MAX;
    egress_rig_set_up(
        &rig, &(struct egress_rig_config){.arbiter = &arbiter_random, .seed = seed, .limits = test_infinite()});
    rig.on_sent = refill;
    for (uint32_t queue = 0; queue < queue_count; queue++)
        egress_rig_add_queue(&rig, 0, 0);
    for (uint32_t queue = 0; queue < queue_count; queue += every)
        fill(queue);
    egress_rig_run(&rig, BEGIN_PS + for_ps);
}

/* ... and each as likely after any other: there are no turns. */
static void check_likely(uint64_t seed, uint32_t queue_count, uint32_t every)
{
    run_random(seed, queue_count, every, 20000 * 88);
    uint32_t active = (queue_count + every - 1) / every;
    static uint32_t counts[QUEUES_MOST], pairs[64 * 64];
    for (uint32_t i = 0; i < active; i++)
        counts[i] = 0;
    for (uint32_t i = 0; i < 64 * 64; i++)
        pairs[i] = 0;
    for (uint32_t i = 1; i < rig.sent_count; i++) {
        cr_assert_eq(rig.sent[i].queue % every, 0);
        uint32_t sender = rig.sent[i].queue / every, before = rig.sent[i - 1].queue / every;
        counts[sender]++;
        if (active <= 16)
            pairs[before * active + sender]++;
    }
    cr_assert_lt(chi_square(counts, active), chi_square_most(active), "seed %lu", (unsigned long)seed);
    if (active <= 16)
        cr_assert_lt(chi_square(pairs, active * active), chi_square_most(active * active));
    egress_rig_tear_down(&rig);
}

Test(arbiter, random_favours_no_queue_and_no_order, .timeout = 60)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        check_likely(seed, 2, 1);
        check_likely(seed, 8, 1);
        check_likely(seed, 130, 1);
        check_likely(seed, 200, 40);
    }
}

Test(arbiter, random_repeats_with_its_seed_and_no_other)
{
    uint32_t queues[3][50];
    for (int run = 0; run < 3; run++) {
        run_random(run == 2 ? 8 : 7, 8, 1, 60 * 88);
        for (int i = 0; i < 50; i++)
            queues[run][i] = rig.sent[i].queue;
        egress_rig_tear_down(&rig);
    }
    cr_assert_arr_eq(queues[0], queues[1], sizeof queues[0]);
    cr_assert_arr_neq(queues[0], queues[2], sizeof queues[0]);
}

/* --- the invariant tells --- */

Test(arbiter, is_not_valid_when_a_queue_is_forgotten)
{
    struct credit_limits limits = test_infinite();
    limits.headers[CREDIT_POSTED] = 0;
    egress_rig_set_up(&rig, &(struct egress_rig_config){.limits = limits});
    for (int queue = 0; queue < 70; queue++)
        egress_rig_add_queue(&rig, 0, 0);
    struct arbiter *arbiter = &rig.egress->arbiter;
    test_send(&rig.queues[65], test_write(0, 64, 0), 0);
    cr_assert(arbiter_is_valid(arbiter));
    arbiter_deactivate(arbiter, &rig.queues[65]);
    cr_assert_not(arbiter_is_valid(arbiter));
    arbiter_activate(arbiter, &rig.queues[65]);
    cr_assert(arbiter_is_valid(arbiter));
    arbiter_activate(arbiter, &rig.queues[0]);
    cr_assert_not(arbiter_is_valid(arbiter));
    egress_rig_tear_down(&rig);
}
