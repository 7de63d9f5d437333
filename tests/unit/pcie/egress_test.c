#include "fabric/pcie/egress.h"

#include <criterion/criterion.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "tests/support/egress_reference.h"
#include "tests/support/test_port.h"

#define ITEMS 80
#define END_PS 30000

static struct fabric fabric;
static struct test_port sender, receiver;
static struct egress *egress;
static struct egress_queue queues[200];

/* What has been sent. */
static struct {
    uint64_t number, start_ps, end_ps;
    uint32_t queue;
} sent[4096];
static uint32_t sent_count;

static void on_sent(struct egress_queue *queue, struct tlp *tlp, uint64_t end_ps)
{
    sent[sent_count].number = test_number(tlp);
    sent[sent_count].start_ps = fabric_now_ps(&fabric);
    sent[sent_count].end_ps = end_ps;
    sent[sent_count++].queue = queue->index;
}

static void set_up(struct window window, struct credit_limits limits, bool per_vh, uint64_t propagation_ps)
{
    struct link_config config = test_link_of(1);
    config.propagation_ps = propagation_ps;
    fabric_init(&fabric, 1, window, 1024, 1);
    test_port_init(&sender, &fabric);
    test_port_init(&receiver, &fabric);
    receiver.port.receiver.buffer = limits;
    receiver.port.receiver.per_vh = per_vh;
    port_connect(&fabric, &sender.port, &receiver.port, &config, "link", per_vh, EGRESS_REFERENCE_VHS);
    egress = &sender.port.egress;
    sent_count = 0;
}

static void add_queues(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        egress_add_queue(egress, &queues[i], 0, 0, on_sent);
}

static void tear_down(void)
{
    test_port_free(&sender);
    test_port_free(&receiver);
    fabric_free(&fabric);
}

static void run_until(uint64_t at_ps)
{
    simulation_run(&fabric.simulation, at_ps);
    cr_assert(egress_is_valid(egress));
}

/* Random traffic against the slow reference. */

static struct egress_item items[ITEMS];

static uint64_t hold_of_item(struct test_port *port, const struct tlp *tlp)
{
    (void)port;
    return items[test_number(tlp)].hold_ps;
}

static uint32_t random_limit(struct random *random, uint32_t least)
{
    return random_below(random, 4) == 0 ? CREDITS_INFINITE : least + (uint32_t)random_below(random, 4 * least);
}

static struct egress_reference random_reference(struct random *random)
{
    struct egress_reference reference = {
        .queue_count = 1 + (uint32_t)random_below(random, EGRESS_REFERENCE_QUEUES),
        .per_vh = random_below(random, 2) == 0,
        .interval_ps = random_below(random, 2) == 0 ? 0 : random_below(random, 200),
        .propagation_ps = 1 + random_below(random, 300),
        .window = {random_below(random, END_PS / 2), END_PS / 2 + random_below(random, END_PS)},
        .items = items,
        .item_count = ITEMS,
    };
    for (uint32_t queue = 0; queue < reference.queue_count; queue++)
        reference.vh_of_queue[queue] = (uint32_t)random_below(random, EGRESS_REFERENCE_VHS);
    for (int type = 0; type < CREDIT_TYPES; type++) {
        reference.limits.headers[type] = random_limit(random, 1);
        reference.limits.data[type] = random_limit(random, 8);
    }
    return reference;
}

static struct tlp tlp_of_item(const struct egress_reference *reference, uint32_t number)
{
    const struct egress_item *item = &reference->items[number];
    uint16_t vh = (uint16_t)reference->vh_of_queue[item->queue];
    if (item->type == CREDIT_POSTED)
        return test_write(vh, item->data * CREDIT_DATA_BYTES, number);
    if (item->type == CREDIT_NONPOSTED)
        return test_read(vh, 64, number);
    return test_completion(vh, item->data * CREDIT_DATA_BYTES, number);
}

static void random_items(struct random *random, const struct egress_reference *reference)
{
    uint64_t at_ps = 0, gap_ps = 20 + random_below(random, 300), posted_ready_ps[EGRESS_REFERENCE_QUEUES] = {0};
    for (uint32_t i = 0; i < ITEMS; i++) {
        at_ps += random_below(random, 4) == 0 ? 0 : random_below(random, gap_ps);
        enum credit_type type = (enum credit_type)random_below(random, CREDIT_TYPES);
        uint32_t data = type == CREDIT_NONPOSTED ? 0 : 1 + (uint32_t)random_below(random, 8);
        items[i] = (struct egress_item){
            .at_ps = at_ps,
            .ready_ps = at_ps + (random_below(random, 2) == 0 ? 0 : random_below(random, 100)),
            .hold_ps = random_below(random, 1000),
            .queue = (uint32_t)random_below(random, reference->queue_count),
            .bytes = data * 16 + (type == CREDIT_COMPLETION ? 20 : 24) + (reference->per_vh ? 4 : 0),
            .data = data,
            .type = type,
        };
        if (type == CREDIT_POSTED) {
            uint64_t *before_ps = &posted_ready_ps[items[i].queue];
            if (items[i].ready_ps < *before_ps)
                items[i].ready_ps = *before_ps;
            *before_ps = items[i].ready_ps;
        }
    }
}

static void run_items(const struct egress_reference *reference)
{
    for (uint32_t queue = 0; queue < reference->queue_count; queue++)
        egress_add_queue(egress, &queues[queue], (uint16_t)reference->vh_of_queue[queue], 0, on_sent);
    egress->interval_ps = reference->interval_ps;
    for (uint32_t vh = 0; vh < EGRESS_REFERENCE_VHS; vh++)
        egress_open_vh(&receiver.port.egress, (uint16_t)vh);
    for (uint32_t i = 0; i < ITEMS; i++) {
        run_until(items[i].at_ps);
        test_send(&queues[items[i].queue], tlp_of_item(reference, i), items[i].ready_ps);
        cr_assert(egress_is_valid(egress));
    }
    run_until(END_PS - 1);
    /* The last picosecond is the reference's own, too. */
    fabric.simulation.now_ps = END_PS;
    egress_settle(egress);
}

static void compare_starts(void)
{
    uint32_t expected = 0;
    for (uint32_t i = 0; i < ITEMS; i++)
        expected += items[i].start_ps != TIME_NEVER;
    cr_assert_eq(sent_count, expected);
    for (uint32_t i = 0; i < sent_count; i++) {
        const struct egress_item *item = &items[sent[i].number];
        cr_assert_eq(sent[i].start_ps, item->start_ps, "item %lu", (unsigned long)sent[i].number);
        cr_assert_eq(sent[i].end_ps, item->start_ps + item->bytes);
        cr_assert_eq(sent[i].queue, item->queue);
    }
}

/* What no rule that the reference may have wrong excuses. */
static void check_nothing_passes_posted(void)
{
    for (uint32_t i = 0; i < ITEMS; i++)
        for (uint32_t later = i + 1; later < ITEMS; later++)
            if (items[i].type == CREDIT_POSTED && items[later].queue == items[i].queue &&
                items[later].ready_ps >= items[i].ready_ps && items[later].start_ps != TIME_NEVER)
                cr_assert_lt(items[i].start_ps, items[later].start_ps);
}

static void compare_statistics(const struct egress_reference *reference, const struct egress_reference_result *expected)
{
    const struct egress_counters *counters = &egress->counters;
    cr_assert_eq(counters->tlps, expected->tlps);
    cr_assert_eq(counters->wire_bytes, expected->wire_bytes);
    cr_assert_eq(occupancy_most(&egress->waiting, fabric_now_ps(&fabric)), expected->queue_max);
    cr_assert(occupancy_integral_ps(&egress->waiting, fabric_now_ps(&fabric)) == expected->queue_ps);
    cr_assert_eq(egress->stall_ps, expected->stall_ps);
    for (uint32_t vh = 0; vh < EGRESS_REFERENCE_VHS; vh++) {
        if (egress->channels[vh] == NULL)
            continue;
        cr_assert_eq(egress->channels[vh]->wait.count, expected->vhs[vh].tlps);
        cr_assert(egress->channels[vh]->wait.sum == expected->vhs[vh].wait_ps);
        cr_assert_eq(egress->channels[vh]->stall_ps, expected->vhs[vh].stall_ps);
    }
    /* A TLP on the wire at the end is counted up to its own end. */
    uint64_t after_ps = reference->window.to_ps > END_PS ? 300 : 0;
    cr_assert_geq(counters->busy_ps, expected->busy_ps);
    cr_assert_leq(counters->busy_ps, expected->busy_ps + after_ps);
}

Test(egress, does_what_a_slow_reference_does)
{
    struct random random;
    random_init(&random, 1, "egress");
    for (int round = 0; round < 50; round++) {
        struct egress_reference reference = random_reference(&random);
        random_items(&random, &reference);
        struct egress_reference_result expected = egress_reference_run(&reference, END_PS);
        set_up(reference.window, reference.limits, reference.per_vh, reference.propagation_ps);
        receiver.hold_ps = hold_of_item;
        run_items(&reference);
        compare_starts();
        check_nothing_passes_posted();
        compare_statistics(&reference, &expected);
        tear_down();
    }
}

/* Fairness. */

static void check_equal_shares(uint32_t queue_count, uint32_t rounds)
{
    uint32_t shares[200] = {0};
    for (uint32_t i = 0; i < queue_count * rounds; i++)
        shares[sent[i].queue]++;
    for (uint32_t queue = 0; queue < queue_count; queue++)
        cr_assert_eq(shares[queue], rounds, "queue %u of %u", queue, queue_count);
}

Test(egress, queues_take_turns)
{
    static const uint32_t counts[] = {1, 2, 3, 63, 64, 65, 128, 130, 200};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        set_up(TEST_WINDOW, test_infinite(), false, 0);
        add_queues(counts[i]);
        egress_open_vh(&receiver.port.egress, 0);
        for (uint32_t n = 0; n < 20 * counts[i]; n++)
            test_send(&queues[n / 20], test_write(0, 64, n), 0);
        run_until(PS_PER_US);
        cr_assert_eq(sent_count, 20 * counts[i]);
        /* The first queue's first TLP left before the others came. */
        check_equal_shares(counts[i], 10);
        tear_down();
    }
}

Test(egress, a_blocked_queue_does_not_cost_the_others_their_turns)
{
    set_up(TEST_WINDOW, test_credits(CREDITS_INFINITE, CREDITS_INFINITE), false, 0);
    add_queues(3);
    sender.port.egress.shared[CREDIT_NONPOSTED].headers = 0;
    sender.port.egress.shared[CREDIT_NONPOSTED].headers_limit = 0;
    for (uint32_t n = 0; n < 20; n++)
        test_send(&queues[1], test_read(0, 64, n), 0);
    for (uint32_t n = 0; n < 20; n++) {
        test_send(&queues[0], test_write(0, 64, n), 0);
        test_send(&queues[2], test_write(0, 64, n), 0);
    }
    run_until(PS_PER_US);
    cr_assert_eq(sent_count, 40);
    for (uint32_t i = 0; i < 40; i++)
        cr_assert_eq(sent[i].queue, i % 2 == 0 ? 0 : 2);
    sender.port.egress.shared[CREDIT_NONPOSTED].headers_limit = CREDITS_INFINITE;
    tear_down();
}

/* Ordering and credits, one by one. */

static const struct credit_limits one_read = {
    {CREDITS_INFINITE, 1, CREDITS_INFINITE}, {CREDITS_INFINITE, CREDITS_INFINITE, CREDITS_INFINITE}};

static uint64_t for_good(struct test_port *port, const struct tlp *tlp)
{
    (void)port;
    (void)tlp;
    return TIME_NEVER;
}

Test(egress, posted_and_completions_pass_blocked_reads)
{
    set_up(TEST_WINDOW, one_read, false, 10);
    receiver.hold_ps = for_good;
    add_queues(1);
    test_send(&queues[0], test_read(0, 64, 0), 0);
    test_send(&queues[0], test_read(0, 64, 1), 0);
    test_send(&queues[0], test_completion(0, 64, 2), 1);
    test_send(&queues[0], test_write(0, 64, 3), 2);
    run_until(PS_PER_US);
    static const uint64_t order[] = {0, 2, 3};
    cr_assert_eq(sent_count, 3);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(sent[i].number, order[i]);
    cr_assert_eq(egress->waiting.count, 1);
    tear_down();
}

Test(egress, nothing_passes_a_blocked_posted_tlp)
{
    struct credit_limits no_posted = test_infinite();
    no_posted.headers[CREDIT_POSTED] = 1;
    set_up(TEST_WINDOW, no_posted, false, 10);
    receiver.hold_ps = for_good;
    add_queues(2);
    test_send(&queues[0], test_write(0, 64, 0), 0);
    test_send(&queues[0], test_write(0, 64, 1), 5);
    test_send(&queues[0], test_read(0, 64, 2), 5);
    test_send(&queues[0], test_completion(0, 64, 3), 4); /* older */
    test_send(&queues[0], test_completion(0, 64, 4), 6);
    test_send(&queues[1], test_read(0, 64, 5), 6); /* in another queue, without any order to it */
    run_until(PS_PER_US);
    cr_assert_eq(sent_count, 3);
    cr_assert_eq(sent[0].number, 0);
    cr_assert_eq(sent[1].number, 5);
    cr_assert_eq(sent[2].number, 3);
    tear_down();
}

static uint64_t for_1000(struct test_port *port, const struct tlp *tlp)
{
    (void)port;
    (void)tlp;
    return 1000;
}

Test(egress, goes_on_at_the_very_time_a_credit_is_back)
{
    set_up(TEST_WINDOW, one_read, false, 50);
    receiver.hold_ps = for_1000;
    add_queues(1);
    egress_open_vh(&receiver.port.egress, 0);
    for (uint64_t n = 0; n < 5; n++)
        test_send(&queues[0], test_read(0, 64, n), 0);
    run_until(PS_PER_US);
    egress_settle(egress);
    cr_assert_eq(sent_count, 5);
    for (uint64_t n = 0; n < 5; n++)
        cr_assert_eq(sent[n].start_ps, n * (24 + 50 + 1000 + 50));
    cr_assert_eq(egress->stall_ps, 4 * (50 + 1000 + 50));
    cr_assert_eq(egress->channels[0]->stall_ps, 4 * (50 + 1000 + 50));
    cr_assert_eq(receiver.arrivals[4].at_ps, sent[4].end_ps + 50);
    tear_down();
}

/* Credits come back 4 at a time, and there are never 32 unless somebody waits for them. */
Test(egress, large_tlps_have_their_turns_among_small_ones_that_take_the_credits)
{
    struct credit_limits tight = test_infinite();
    tight.data[CREDIT_POSTED] = 32;
    set_up(TEST_WINDOW, tight, false, 50);
    receiver.hold_ps = for_1000;
    add_queues(4);
    egress_open_vh(&receiver.port.egress, 0);
    for (uint64_t n = 0; n < 40; n++)
        for (uint32_t queue = 0; queue < 4; queue++)
            test_send(&queues[queue], test_write(0, queue == 2 ? 512 : 64, n), 0);
    run_until(PS_PER_US);
    cr_assert_eq(sent_count, 160);
    check_equal_shares(4, 40);
    for (uint32_t i = 0; i < 160; i++)
        cr_assert_eq(sent[i].queue, i % 4);
    tear_down();
}

static uint64_t for_good_in_vh_1(struct test_port *port, const struct tlp *tlp)
{
    (void)port;
    return tlp->vh == 1 ? TIME_NEVER : 0;
}

/* Sends of two hierarchies, of which one gets no credits back: how many of the other's 20 come through. */
static uint32_t pass_beside_a_stalled_one(bool per_vh)
{
    set_up(TEST_WINDOW, test_credits(4, 64), per_vh, 10);
    receiver.hold_ps = for_good_in_vh_1;
    for (uint16_t vh = 0; vh < 3; vh++) {
        egress_add_queue(egress, &queues[vh], vh, 0, on_sent);
        egress_open_vh(&receiver.port.egress, vh);
    }
    for (uint32_t n = 0; n < 20; n++)
        for (uint16_t vh = 1; vh < 3; vh++)
            test_send(&queues[vh], test_write(vh, 64, n), 0);
    run_until(PS_PER_US);
    uint32_t passed = 0;
    for (uint32_t i = 0; i < sent_count; i++)
        passed += sent[i].queue == 2;
    tear_down();
    return passed;
}

Test(egress, a_stalled_hierarchy_holds_up_the_others_only_where_they_share_credits)
{
    cr_assert_eq(pass_beside_a_stalled_one(true), 20);
    cr_assert_lt(pass_beside_a_stalled_one(false), 20);
}

/* Statistics. */

Test(egress, settling_in_between_changes_nothing)
{
    for (int settled = 0; settled < 2; settled++) {
        set_up((struct window){200, 3000}, one_read, false, 50);
        receiver.hold_ps = for_1000;
        add_queues(1);
        for (uint64_t n = 0; n < 5; n++)
            test_send(&queues[0], test_read(0, 64, n), 0);
        for (uint64_t at_ps = 0; at_ps < 5000; at_ps += 100) {
            run_until(at_ps);
            if (settled)
                egress_settle(egress);
        }
        egress_settle(egress);
        egress_settle(egress);
        /* Sent at 0, 1124, 2248, 3372: stalled but for 24 at each. */
        cr_assert_eq(egress->stall_ps, 2800 - 2 * 24);
        cr_assert_eq(egress->channels[0]->stall_ps, 2800 - 2 * 24);
        cr_assert(
            occupancy_integral_ps(&egress->waiting, fabric_now_ps(&fabric)) ==
            4 * (1124 - 200) + 3 * 1124 + 2 * (3000 - 2248));
        tear_down();
    }
}

Test(egress, what_waits_when_the_window_begins_counts_for_the_longest_queue)
{
    set_up((struct window){100, 100000}, test_infinite(), false, 50);
    add_queues(1);
    for (uint64_t n = 0; n < 10; n++)
        test_send(&queues[0], test_write(0, 64, n), 0);
    run_until(PS_PER_US);
    /* Sent at 0, 88, 176: 8 wait at 100. */
    cr_assert_eq(occupancy_most(&egress->waiting, fabric_now_ps(&fabric)), 8);
    tear_down();
}

Test(egress, an_issue_interval_is_from_start_to_start)
{
    set_up(TEST_WINDOW, test_infinite(), false, 50);
    add_queues(2);
    egress->interval_ps = 500;
    for (uint64_t n = 0; n < 10; n++)
        test_send(&queues[n % 2], test_write(0, n < 5 ? 64 : 1024, n), 0);
    run_until(PS_PER_US);
    cr_assert_eq(sent_count, 10);
    for (uint32_t i = 1; i < 10; i++) {
        uint64_t took_ps = sent[i - 1].end_ps - sent[i - 1].start_ps;
        cr_assert_eq(sent[i].start_ps - sent[i - 1].start_ps, took_ps > 500 ? took_ps : 500);
    }
    tear_down();
}

/* Gates: two egresses of one switch, and inputs that send to both. */

static struct {
    uint64_t start_ps, end_ps;
} passages[2000];
static uint32_t passage_count;

static void on_passed(struct egress_queue *queue, struct tlp *tlp, uint64_t end_ps)
{
    (void)queue;
    (void)tlp;
    passages[passage_count].start_ps = fabric_now_ps(&fabric);
    passages[passage_count++].end_ps = end_ps;
}

/* How many passages are under way at AT_PS. */
static uint32_t passing(uint64_t at_ps)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < passage_count; i++)
        count += passages[i].start_ps <= at_ps && at_ps < passages[i].end_ps;
    return count;
}

/* One input with PLACES to OUTPUTS outputs, always something for each: all places are always taken. */
static void check_gate(uint32_t places, uint32_t outputs)
{
    static struct test_port out[4], in[4];
    static struct egress_queue paths[4];
    struct link_config config = test_link_of(1);
    struct gate gate;
    gate_init(&gate, places);
    fabric_init(&fabric, 1, TEST_WINDOW, 1024, 1);
    passage_count = 0;
    for (uint32_t i = 0; i < outputs; i++) {
        test_port_init(&out[i], &fabric);
        test_port_init(&in[i], &fabric);
        port_connect(&fabric, &out[i].port, &in[i].port, &config, "link", false, 1);
        egress_add_queue(&out[i].port.egress, &paths[i], 0, 0, on_passed);
        egress_queue_set_gate(&paths[i], &gate);
    }
    for (uint32_t n = 0; n < 400; n++)
        test_send(&paths[n % outputs], test_write(0, 4 + 4 * (n * 7 % 60), n), 0);
    simulation_run(&fabric.simulation, PS_PER_US);
    cr_assert_eq(passage_count, 400);
    uint64_t last_start_ps = 0;
    for (uint32_t i = 0; i < passage_count; i++)
        if (passages[i].start_ps > last_start_ps)
            last_start_ps = passages[i].start_ps;
    uint32_t most = places < outputs ? places : outputs;
    for (uint32_t i = 0; i < passage_count; i++) {
        cr_assert_leq(passing(passages[i].start_ps), most);
        if (passages[i].start_ps < last_start_ps / 2)
            cr_assert_eq(passing(passages[i].end_ps), most);
    }
    for (uint32_t i = 0; i < outputs; i++) {
        test_port_free(&out[i]);
        test_port_free(&in[i]);
    }
    fabric_free(&fabric);
    gate_free(&gate);
}

Test(egress, an_input_sends_as_many_at_once_as_its_gate_lets)
{
    for (uint32_t places = 1; places <= 4; places++)
        for (uint32_t outputs = 1; outputs <= 4; outputs++)
            check_gate(places, outputs);
}
