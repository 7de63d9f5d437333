#include "fabric/pcie/egress_queue.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "tests/support/egress_rig.h"
#include "tests/support/ordering_table.h"

#define RIG_TEST_PS 5000

static struct egress_rig rig;

/* One queue. */
static void set_up(struct credit_limits limits)
{
    egress_rig_set_up(&rig, &(struct egress_rig_config){.limits = limits, .propagation_ps = 10});
    egress_rig_add_queue(&rig, 0, 0);
}

static bool has_sent(uint64_t number)
{
    for (uint32_t i = 0; i < rig.sent_count; i++)
        if (rig.sent[i].number == number)
            return true;
    return false;
}

/* Fails unless exactly the NUMBERS have been sent, in this order. */
static void check_sent(const uint64_t *numbers, uint32_t count)
{
    cr_assert_eq(rig.sent_count, count);
    for (uint32_t i = 0; i < count; i++)
        cr_assert_eq(rig.sent[i].number, numbers[i], "the %u-th was %lu", i, (unsigned long)rig.sent[i].number);
}

#define CHECK_SENT(...)                                                                                                \
    check_sent((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static struct credit_limits without(enum credit_type type)
{
    struct credit_limits limits = test_infinite();
    limits.headers[type] = 0;
    return limits;
}

static struct tlp of_type(uint32_t type, uint32_t bytes, uint64_t number)
{
    struct tlp tlp = test_write(0, bytes, number);
    tlp.type = (uint8_t)type;
    return tlp;
}

static struct tlp with(struct tlp tlp, uint32_t attributes, uint16_t requester_id, uint16_t completer_id)
{
    tlp.attributes = (uint8_t)attributes;
    tlp.requester_id = requester_id;
    tlp.completer_id = completer_id;
    return tlp;
}

/* Every pair against the table. */

/* The earlier one lacks credits for good and the later one does not: what becomes of that. */
static bool passes(const struct tlp *later, const struct tlp *earlier)
{
    struct credit_limits limits = test_infinite();
    if (tlp_credit_type(later) == tlp_credit_type(earlier))
        limits.data[tlp_credit_type(earlier)] = tlp_data_credits(earlier) - 1;
    else
        limits.headers[tlp_credit_type(earlier)] = 0;
    set_up(limits);
    test_send(&rig.queues[0], *earlier, 0);
    test_send(&rig.queues[0], *later, 1);
    egress_rig_run(&rig, RIG_TEST_PS);
    cr_assert_not(has_sent(0));
    bool passed = has_sent(1);
    egress_rig_tear_down(&rig);
    return passed;
}

/* Whether PAIR can be told apart by credits: with one type, the earlier one must need more data. */
static bool can_block_earlier(const struct tlp *later, const struct tlp *earlier)
{
    return tlp_credit_type(later) != tlp_credit_type(earlier) || tlp_data_credits(earlier) > tlp_data_credits(later);
}

static void check_pair(const struct tlp *later, const struct tlp *earlier)
{
    if (!can_block_earlier(later, earlier))
        return;
    enum ordering ordering = ordering_of(later, earlier);
    bool passed = passes(later, earlier);
    const char *names[] = {tlp_traits[later->type].name, tlp_traits[earlier->type].name};
    if (ordering == ORDERING_NO)
        cr_assert_not(passed, "%s (attributes %u) passed %s", names[0], later->attributes, names[1]);
    if (ordering == ORDERING_MUST)
        cr_assert(passed, "%s (attributes %u) did not pass %s", names[0], later->attributes, names[1]);
}

/* IDs such that each of the two comparisons one might make comes out either way. */
static const uint16_t ids[][2] = {{0x100, 0x100}, {0x100, 0x200}, {0x200, 0x100}, {0x200, 0x200}};

static void check_types(uint32_t later_type, uint32_t earlier_type)
{
    static const uint32_t attributes[] = {
        0, TLP_RELAXED_ORDERING, TLP_ID_BASED_ORDERING, TLP_RELAXED_ORDERING | TLP_ID_BASED_ORDERING};
    for (int i = 0; i < 4; i++)
        for (int id = 0; id < 4; id++) {
            struct tlp later = with(of_type(later_type, 4, 1), attributes[i], ids[id][0], ids[id][1]);
            /* What the earlier one has is of no account. */
            struct tlp earlier = with(of_type(earlier_type, 256, 0), attributes[3 - i], 0x100, 0x300);
            check_pair(&later, &earlier);
        }
}

Test(egress_queue, every_pair_does_what_the_table_says, .timeout = 120)
{
    for (uint32_t later = 0; later < TLP_TYPES; later++)
        for (uint32_t earlier = 0; earlier < TLP_TYPES; earlier++)
            check_types(later, earlier);
}

/* What it makes of the cells that leave it the choice. */

Test(egress_queue, relaxed_completions_pass_posted_and_relaxed_requests_do_not)
{
    set_up(without(CREDIT_POSTED));
    test_send(&rig.queues[0], test_write(0, 64, 0), 0);
    test_send(&rig.queues[0], with(test_read(0, 64, 1), TLP_RELAXED_ORDERING, 0, 0), 1);
    test_send(&rig.queues[0], with(test_completion(0, 64, 2), TLP_RELAXED_ORDERING, 0, 0), 2);
    egress_rig_run(&rig, RIG_TEST_PS);
    CHECK_SENT(2);
    egress_rig_tear_down(&rig);
}

Test(egress_queue, id_based_requests_pass_posted_of_other_requesters)
{
    set_up(without(CREDIT_POSTED));
    test_send(&rig.queues[0], with(test_write(0, 64, 0), 0, 0x100, 0), 0);
    test_send(&rig.queues[0], with(test_read(0, 64, 1), TLP_ID_BASED_ORDERING, 0x200, 0), 1);
    test_send(&rig.queues[0], with(test_read(0, 64, 2), TLP_ID_BASED_ORDERING, 0x100, 0), 2);
    egress_rig_run(&rig, RIG_TEST_PS);
    CHECK_SENT(1);
    egress_rig_tear_down(&rig);
}

/* A completion is the completer's: what the completer wrote before, it must not pass, whoever asked. */
Test(egress_queue, id_based_completions_pass_posted_of_others_than_their_completer)
{
    set_up(without(CREDIT_POSTED));
    test_send(&rig.queues[0], with(test_write(0, 64, 0), 0, 0x100, 0), 0);
    test_send(&rig.queues[0], with(test_completion(0, 64, 1), TLP_ID_BASED_ORDERING, 0x100, 0x200), 1);
    test_send(&rig.queues[0], with(test_completion(0, 64, 2), TLP_ID_BASED_ORDERING, 0x200, 0x100), 2);
    egress_rig_run(&rig, RIG_TEST_PS);
    CHECK_SENT(1);
    egress_rig_tear_down(&rig);
}

Test(egress_queue, id_based_ordering_looks_at_all_posted_that_came_before)
{
    set_up(without(CREDIT_POSTED));
    for (uint16_t n = 0; n < 5; n++)
        test_send(&rig.queues[0], with(test_write(0, 64, n), 0, (uint16_t)(0x100 + n), 0), n);
    test_send(&rig.queues[0], with(test_read(0, 64, 5), TLP_ID_BASED_ORDERING, 0x104, 0), 10);
    test_send(&rig.queues[0], with(test_completion(0, 64, 6), TLP_ID_BASED_ORDERING, 0, 0x105), 10);
    /* This one came after them. */
    test_send(&rig.queues[0], with(test_write(0, 64, 7), 0, 0x105, 0), 11);
    egress_rig_run(&rig, RIG_TEST_PS);
    CHECK_SENT(6);
    egress_rig_tear_down(&rig);
}

Test(egress_queue, each_type_keeps_its_order_whatever_the_attributes)
{
    for (enum credit_type type = 0; type < CREDIT_TYPES; type++) {
        static const uint32_t types[] = {TLP_MWR, TLP_SWAP, TLP_CPLD};
        struct credit_limits limits = test_infinite();
        limits.data[type] = 8;
        set_up(limits);
        test_send(&rig.queues[0], with(of_type(types[type], 256, 0), 0, 0x100, 0x100), 0);
        for (uint64_t n = 1; n < 4; n++) {
            uint32_t attributes = TLP_RELAXED_ORDERING | TLP_ID_BASED_ORDERING;
            test_send(&rig.queues[0], with(of_type(types[type], 64, n), attributes, 0x200, 0x300), n);
        }
        egress_rig_run(&rig, RIG_TEST_PS);
        cr_assert_eq(rig.sent_count, 0);
        egress_rig_tear_down(&rig);
    }
}

/* Which of several. */

Test(egress_queue, of_what_may_go_the_longest_ready_goes)
{
    set_up(test_infinite());
    test_send(&rig.queues[0], test_completion(0, 64, 0), 100);
    test_send(&rig.queues[0], test_read(0, 64, 1), 50);
    test_send(&rig.queues[0], test_write(0, 64, 2), 70);
    test_send(&rig.queues[0], test_read(0, 64, 3), 80);
    egress_rig_run(&rig, RIG_TEST_PS);
    CHECK_SENT(1, 2, 3, 0);
    cr_assert_eq(rig.sent[0].start_ps, 50);
    for (int i = 1; i < 4; i++)
        cr_assert_eq(rig.sent[i].start_ps, rig.sent[i - 1].end_ps);
    egress_rig_tear_down(&rig);
}

Test(egress_queue, what_is_not_ready_yet_holds_up_nothing)
{
    set_up(test_infinite());
    test_send(&rig.queues[0], test_write(0, 64, 0), 1000);
    test_send(&rig.queues[0], test_read(0, 64, 1), 100);
    test_send(&rig.queues[0], test_completion(0, 64, 2), 999);
    egress_rig_run(&rig, RIG_TEST_PS);
    CHECK_SENT(1, 2, 0);
    cr_assert_eq(rig.sent[0].start_ps, 100);
    cr_assert_eq(rig.sent[1].start_ps, 999);
    cr_assert_eq(rig.sent[2].start_ps, rig.sent[1].end_ps);
    egress_rig_tear_down(&rig);
}

/* Gates. */

Test(egress_queue, goes_at_the_very_time_its_gate_is_free)
{
    struct gate gate;
    gate_init(&gate, 2);
    gate_pass(&gate, &gate, 0, 300);
    gate_pass(&gate, &gate, 0, 700);
    set_up(test_infinite());
    egress_queue_set_gate(&rig.queues[0], &gate);
    for (uint64_t n = 0; n < 3; n++)
        test_send(&rig.queues[0], of_type(n == 1 ? TLP_CPLD : TLP_MWR, 64, n), 0);
    egress_rig_run(&rig, RIG_TEST_PS);
    CHECK_SENT(0, 2, 1); /* of one age: the posted ones */
    cr_assert_eq(rig.sent[0].start_ps, 300);
    cr_assert_eq(rig.sent[1].start_ps, rig.sent[0].end_ps);
    cr_assert_eq(gate.ends_ps[0], rig.sent[2].end_ps);
    cr_assert_eq(gate.ends_ps[1], 700);
    egress_rig_tear_down(&rig);
    gate_free(&gate);
}

/* The invariant tells. */

Test(egress_queue, is_not_valid_with_a_tlp_among_those_of_another_type)
{
    set_up(without(CREDIT_NONPOSTED));
    test_send(&rig.queues[0], test_read(0, 64, 0), 0);
    struct egress_queue *queue = &rig.queues[0];
    struct tlp *head = queue->fifos[CREDIT_NONPOSTED].first;
    cr_assert(egress_queue_is_valid(queue));
    head->type = TLP_CPL;
    cr_assert_not(egress_queue_is_valid(queue));
    head->type = TLP_MRD;
    queue->weight = 0;
    cr_assert_not(egress_queue_is_valid(queue));
    queue->weight = 1;
    cr_assert(egress_queue_is_valid(queue));
    egress_rig_tear_down(&rig);
}
