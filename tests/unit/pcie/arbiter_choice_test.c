/* What the arbiters choose on random traffic with random lacks of credits, against a list of all TLPs. */
#include <criterion/criterion.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "fabric/pcie/arbiter.h"
#include "tests/support/egress_rig.h"

#define ITEMS 100
#define QUEUES_MOST 6
#define END_PS 12000
#define PROPAGATION_PS 7

static struct egress_rig rig;

/* A write, and what becomes of it. */
struct item {
    uint32_t queue, bytes, traffic_class;
    uint64_t at_ps, ready_ps; /* both ascend in a queue */
    uint64_t hold_ps;
    uint64_t start_ps; /* TIME_NEVER: not yet */
    bool came;
};

static struct item items[ITEMS];
static uint32_t queue_count;
static struct credit_limits limits;
static bool shared; /* one buffer for all; otherwise each queue is a hierarchy with credits of its own */

static void make_items(struct random *random)
{
    uint64_t at_ps = 0, ready_ps[QUEUES_MOST] = {0}, gap_ps = 40 + random_below(random, 200);
    for (uint32_t i = 0; i < ITEMS; i++) {
        at_ps += random_below(random, 3) == 0 ? 0 : random_below(random, gap_ps);
        uint32_t queue = (uint32_t)random_below(random, queue_count);
        uint64_t least_ps = at_ps > ready_ps[queue] ? at_ps : ready_ps[queue];
        ready_ps[queue] = least_ps + random_below(random, 3) * 50;
        items[i] = (struct item){
            .queue = queue,
            .bytes = 4 * (1 + (uint32_t)random_below(random, 64)),
            .traffic_class = (uint32_t)random_below(random, 3),
            .at_ps = at_ps,
            .ready_ps = ready_ps[queue],
            .hold_ps = random_below(random, 2) * random_below(random, shared ? 150 : 1500),
            .start_ps = TIME_NEVER,
        };
    }
}

static bool waits(const struct item *item)
{
    return item->came && item->start_ps == TIME_NEVER;
}

/* The oldest of QUEUE; NULL: nothing waits there. */
static const struct item *head(uint32_t queue)
{
    for (uint32_t i = 0; i < ITEMS; i++)
        if (waits(&items[i]) && items[i].queue == queue)
            return &items[i];
    return NULL;
}

static bool has_credits(const struct item *wanted, uint64_t now_ps)
{
    uint64_t headers = 1, data = (wanted->bytes + 15) / 16;
    for (uint32_t i = 0; i < rig.sent_count; i++) {
        const struct item *item = &items[rig.sent[i].number];
        if ((!shared && item->queue != wanted->queue) ||
            rig.sent[i].end_ps + 2 * PROPAGATION_PS + item->hold_ps <= now_ps)
            continue;
        headers++;
        data += (item->bytes + 15) / 16;
    }
    return headers <= limits.headers[CREDIT_POSTED] && data <= limits.data[CREDIT_POSTED];
}

static const struct item *sendable(uint32_t queue, uint64_t now_ps)
{
    const struct item *item = head(queue);
    return item != NULL && item->ready_ps <= now_ps && has_credits(item, now_ps) ? item : NULL;
}

/* --- what each would choose --- */

static bool first_in_turn(const struct item *item, const struct item *best)
{
    (void)item;
    (void)best;
    return false;
}

static bool higher_class(const struct item *item, const struct item *best)
{
    return item->traffic_class > best->traffic_class;
}

static bool older(const struct item *item, const struct item *best)
{
    return item->ready_ps < best->ready_ps;
}

/* `better` NULL: any that may go. */
static const struct discipline {
    const struct arbiter_ops *ops;
    bool (*better)(const struct item *item, const struct item *best);
} disciplines[] = {
    {&arbiter_round_robin, first_in_turn},
    {&arbiter_strict, higher_class},
    {&arbiter_age, older},
    {&arbiter_weighted, NULL},
    {&arbiter_deficit, NULL},
    {&arbiter_random, NULL},
};
#define DISCIPLINES (sizeof disciplines / sizeof disciplines[0])

static const struct discipline *discipline;

/* Of those that may go the best, of equals the first after queue LAST. */
static const struct item *choice(uint32_t last, uint64_t now_ps)
{
    const struct item *best = NULL;
    for (uint32_t asked = 1; asked <= queue_count; asked++) {
        const struct item *item = sendable((last + asked) % queue_count, now_ps);
        if (item != NULL && (best == NULL || discipline->better(item, best)))
            best = item;
    }
    return best;
}

/* With one buffer the best has the claim on its credits, and of equals one or the other. */
static const struct item *choice_of_one_buffer(const struct item *sent, uint64_t now_ps)
{
    const struct item *best = has_credits(sent, now_ps) && sent->ready_ps <= now_ps ? sent : NULL;
    for (uint32_t queue = 0; queue < queue_count; queue++) {
        const struct item *item = head(queue);
        if (item != NULL && item->ready_ps <= now_ps && (best == NULL || discipline->better(item, best)))
            best = item;
    }
    return best;
}

static void on_sent(struct egress_rig *sender, uint32_t queue, uint64_t end_ps)
{
    (void)end_ps;
    /* Without what has just been written down, as the arbiter saw it. */
    const struct egress_rig_sent sent = sender->sent[--sender->sent_count];
    struct item *item = &items[sent.number];
    uint32_t last = sender->sent_count > 0 ? sender->sent[sender->sent_count - 1].queue : queue_count - 1;
    const struct item *expected = sendable(queue, sent.start_ps);
    if (discipline->better != NULL)
        expected = shared ? choice_of_one_buffer(item, sent.start_ps) : choice(last, sent.start_ps);
    sender->sent_count++;
    cr_assert_eq(
        item, expected, "%s: item %lu at %lu", discipline->ops->name, (unsigned long)sent.number,
        (unsigned long)sent.start_ps);
    item->start_ps = sent.start_ps;
}

/* --- running --- */

static uint64_t hold_of_item(struct test_port *port, const struct tlp *tlp)
{
    (void)port;
    return items[test_number(tlp)].hold_ps;
}

static void check_wire_is_not_idle(uint64_t now_ps)
{
    if (rig.sent_count > 0 && rig.sent[rig.sent_count - 1].end_ps > now_ps)
        return;
    for (uint32_t queue = 0; queue < queue_count && !shared; queue++)
        cr_assert_null(
            sendable(queue, now_ps), "%s: queue %u at %lu", discipline->ops->name, queue, (unsigned long)now_ps);
}

static void run_items(void)
{
    uint32_t next = 0;
    for (uint64_t now_ps = 0; now_ps < END_PS; now_ps++) {
        egress_rig_run(&rig, now_ps);
        for (; next < ITEMS && items[next].at_ps == now_ps; next++) {
            struct item *item = &items[next];
            struct tlp tlp = test_write((uint16_t)(shared ? 0 : item->queue), item->bytes, next);
            tlp.traffic_class = (uint8_t)item->traffic_class;
            item->came = true;
            test_send(&rig.queues[item->queue], tlp, item->ready_ps);
        }
        check_wire_is_not_idle(now_ps);
    }
}

static void run_round(uint64_t seed)
{
    shared = seed % 4 == 3 && discipline->better != NULL && discipline->better != first_in_turn;
    struct random random;
    random_init(&random, seed, "arbiter");
    queue_count = 1 + (uint32_t)random_below(&random, QUEUES_MOST);
    limits = test_infinite();
    if (shared || seed % 2 == 0)
        limits = test_credits(1 + (uint32_t)random_below(&random, 3), 16 + (uint32_t)random_below(&random, 16));
    make_items(&random);
    egress_rig_set_up(
        &rig, &(struct egress_rig_config){
                  .arbiter = discipline->ops,
                  .vh_count = shared ? 1 : queue_count,
                  .limits = limits,
                  .per_vh = !shared,
                  .propagation_ps = PROPAGATION_PS,
              });
    rig.receiver.hold_ps = hold_of_item;
    rig.on_sent = on_sent;
    for (uint32_t queue = 0; queue < queue_count; queue++) {
        egress_rig_add_queue(&rig, (uint16_t)(shared ? 0 : queue), 0);
        rig.queues[queue].weight = 1 + (uint32_t)random_below(&random, 5);
    }
    run_items();
    cr_assert_gt(rig.sent_count, ITEMS / 4);
    egress_rig_tear_down(&rig);
}

Test(arbiter_choice, is_the_references_and_the_wire_is_never_idle_for_nothing, .timeout = 120)
{
    for (size_t i = 0; i < DISCIPLINES; i++)
        for (uint64_t seed = 1; seed <= 20; seed++) {
            discipline = &disciplines[i];
            run_round(seed);
        }
}

/* --- one buffer for all, and credits of it the bottleneck --- */

#define CREDITS 20
#define SHARERS 3

static uint64_t for_1000(struct test_port *port, const struct tlp *tlp)
{
    (void)port;
    (void)tlp;
    return 1000;
}

static uint32_t bytes_of[SHARERS];

static void refill(struct egress_rig *sender, uint32_t queue, uint64_t end_ps)
{
    struct tlp tlp = test_write(0, bytes_of[queue], queue);
    tlp.traffic_class = (uint8_t)queue;
    test_send(&sender->queues[queue], tlp, end_ps);
}

/* Queues of WEIGHTS, COUNT of them, which always have something, TLPs of SIZES; how many of each leave. The last is of
 * the highest class. */
static void
run_sharers(const struct arbiter_ops *arbiter, const uint32_t *weights, const uint32_t *sizes, uint32_t *sent)
{
    egress_rig_set_up(
        &rig, &(struct egress_rig_config){
                  .arbiter = arbiter,
                  .limits = test_credits(CREDITS, CREDITS),
                  .propagation_ps = PROPAGATION_PS,
              });
    rig.receiver.hold_ps = for_1000;
    rig.on_sent = refill;
    for (uint32_t queue = 0; queue < SHARERS; queue++) {
        egress_rig_add_queue(&rig, 0, 0);
        rig.queues[queue].weight = weights[queue];
        bytes_of[queue] = sizes[queue];
        sent[queue] = 0;
    }
    for (uint32_t queue = 0; queue < SHARERS; queue++)
        refill(&rig, queue, 100);
    egress_rig_run(&rig, 120 * END_PS);
    for (uint32_t i = 0; i < rig.sent_count; i++)
        sent[rig.sent[i].queue]++;
    egress_rig_tear_down(&rig);
}

static const uint32_t equal[] = {1, 1, 1};
static const uint32_t sizes[][SHARERS] = {{64, 64, 64}, {256, 64, 128}, {64, 128, 256}, {64, 256, 64}};

Test(arbiter_choice, strict_lets_no_lower_class_have_credits_that_a_higher_one_waits_for)
{
    for (int i = 0; i < 4; i++) {
        uint32_t sent[SHARERS];
        run_sharers(&arbiter_strict, equal, sizes[i], sent);
        cr_assert_eq(sent[0], 0, "case %d: %u", i, sent[0]);
        cr_assert_eq(sent[1], 0, "case %d: %u", i, sent[1]);
        cr_assert_gt(sent[2], 200);
    }
}

/* Fails unless SENT, in units of each, are as WEIGHTS to within one in WITHIN. */
static void
check_shares(uint64_t within, const char *name, const uint32_t *sent, const uint32_t *units, const uint32_t *weights)
{
    for (int queue = 1; queue < SHARERS; queue++) {
        uint64_t first = (uint64_t)sent[0] * units[0] * weights[queue];
        uint64_t other = (uint64_t)sent[queue] * units[queue] * weights[0];
        cr_assert(
            first * (within - 1) <= other * within && other * (within - 1) <= first * within,
            "%s: queue 0 sent %u, queue %d sent %u", name, sent[0], queue, sent[queue]);
    }
}

Test(arbiter_choice, shares_are_kept_where_credits_are_short)
{
    static const uint32_t weights[][SHARERS] = {{1, 1, 1}, {4, 1, 2}, {1, 8, 1}, {1, 3, 9}};
    for (int i = 0; i < 4; i++)
        for (int w = 0; w < 4; w++) {
            uint32_t sent[SHARERS], wire[SHARERS];
            for (int queue = 0; queue < SHARERS; queue++)
                wire[queue] = sizes[i][queue] + 24;
            run_sharers(&arbiter_round_robin, weights[w], sizes[i], sent);
            check_shares(50, "round-robin", sent, equal, equal);
            run_sharers(&arbiter_age, weights[w], sizes[i], sent);
            check_shares(50, "age", sent, equal, equal);
            run_sharers(&arbiter_random, weights[w], sizes[i], sent);
            /* What needs more credits may go less often. */
            check_shares(i == 0 ? 8 : 2, "random", sent, equal, equal);
            run_sharers(&arbiter_weighted, weights[w], sizes[i], sent);
            check_shares(50, "weighted", sent, equal, weights[w]);
            run_sharers(&arbiter_deficit, weights[w], sizes[i], sent);
            check_shares(50, "deficit", sent, wire, weights[w]);
        }
}
