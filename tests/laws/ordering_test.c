/* The ordering rules on random traffic that random lacks of credits hold up, type by type, against the table of the
 * base specification: nothing passes what it must not, and whatever must be able to pass does so at once. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/base/random.h"
#include "tests/support/egress_rig.h"
#include "tests/support/law.h"
#include "tests/support/ordering_table.h"

#define SEEDS 150
#define ITEMS 64
#define QUEUES_MOST 4
#define END_PS 9000
/* Long after all that is not held for good has gone. */
#define DRAINED_PS 1000000
#define PROPAGATION_PS 10

TestSuite(ordering, .timeout = 240);

/* A TLP, and what becomes of it. */
struct item {
    struct tlp tlp;
    uint32_t queue;
    uint64_t at_ps, ready_ps; /* both ascend from item to item of a queue */
    uint64_t hold_ps;         /* how long the receiver keeps it; TIME_NEVER: for good */
    bool came;
    uint64_t start_ps; /* TIME_NEVER: not yet */
};

struct traffic {
    struct item items[ITEMS];
    uint32_t queue_count;
    bool own_credits; /* each queue is a hierarchy with credits of its own; otherwise all share them */
    struct credit_limits limits;
    enum credit_type stuck; /* what the receiver keeps for good; CREDIT_TYPES: nothing */
};

static struct traffic traffic;
static struct egress_rig rig;

/* --- making it up --- */

static struct tlp random_tlp(struct random *random, uint64_t number)
{
    static const enum tlp_type types[][5] = {
        {TLP_MWR, TLP_MWR, TLP_MWR, TLP_MSG, TLP_MSGD},
        {TLP_MRD, TLP_CFGRD0, TLP_IOWR, TLP_SWAP, TLP_CAS},
        {TLP_CPL, TLP_CPLD, TLP_CPLD, TLP_CPLD, TLP_CPLLK},
    };
    struct tlp tlp = test_write(0, 4 * (1 + (uint32_t)random_below(random, 32)), number);
    tlp.type = (uint8_t)types[random_below(random, 3)][random_below(random, 5)];
    tlp.attributes = (uint8_t)(random_below(random, 4) * TLP_RELAXED_ORDERING);
    tlp.requester_id = (uint16_t)(0x100 * (1 + random_below(random, 2)));
    tlp.completer_id = (uint16_t)(0x100 * (1 + random_below(random, 2)));
    tlp.tag = (uint16_t)random_below(random, 2);
    return tlp;
}

static void make_items(struct random *random)
{
    uint64_t at_ps = 0, ready_ps[QUEUES_MOST] = {0}, gap_ps = 20 + random_below(random, 200);
    uint64_t holds_ps[CREDIT_TYPES];
    for (int type = 0; type < CREDIT_TYPES; type++)
        holds_ps[type] = random_below(random, 2) == 0 ? 50 : 1500;
    for (uint64_t number = 0; number < ITEMS; number++) {
        struct item *item = &traffic.items[number];
        at_ps += random_below(random, 3) == 0 ? 0 : random_below(random, gap_ps);
        *item = (struct item){
            .tlp = random_tlp(random, number),
            .queue = (uint32_t)random_below(random, traffic.queue_count),
            .at_ps = at_ps,
            .ready_ps = at_ps + (random_below(random, 2) == 0 ? 0 : random_below(random, 100)),
            .start_ps = TIME_NEVER,
        };
        if (item->ready_ps < ready_ps[item->queue])
            item->ready_ps = ready_ps[item->queue];
        ready_ps[item->queue] = item->ready_ps;
        item->tlp.vh = item->tlp.origin_vh = (uint16_t)(traffic.own_credits ? item->queue : 0);
        enum credit_type type = tlp_credit_type(&item->tlp);
        item->hold_ps = type == traffic.stuck ? TIME_NEVER : random_below(random, holds_ps[type]);
    }
}

static uint32_t random_limit(struct random *random, uint32_t least)
{
    return random_below(random, 4) == 0 ? CREDITS_INFINITE : least + (uint32_t)random_below(random, 2 * least);
}

static void make_traffic(uint64_t seed)
{
    struct random random;
    random_init(&random, seed, "ordering");
    traffic.queue_count = 1 + (uint32_t)random_below(&random, QUEUES_MOST);
    traffic.own_credits = random_below(&random, 2) == 0;
    traffic.stuck = (enum credit_type)random_below(&random, CREDIT_TYPES + 1);
    for (int type = 0; type < CREDIT_TYPES; type++) {
        traffic.limits.headers[type] = random_limit(&random, 1);
        traffic.limits.data[type] = random_limit(&random, 8);
    }
    make_items(&random);
}

/* --- the laws --- */

static bool waits(const struct item *item)
{
    return item->came && item->start_ps == TIME_NEVER;
}

/* True when EARLIER waits before ITEM in its queue. Of two that are ready at once a posted one counts as the older. */
static bool waits_before(const struct item *earlier, const struct item *item)
{
    if (!waits(earlier) || earlier == item || earlier->queue != item->queue)
        return false;
    if (earlier->ready_ps != item->ready_ps)
        return earlier->ready_ps < item->ready_ps;
    bool is_posted = tlp_credit_type(&item->tlp) == CREDIT_POSTED;
    bool earlier_is_posted = tlp_credit_type(&earlier->tlp) == CREDIT_POSTED;
    return is_posted != earlier_is_posted ? earlier_is_posted : earlier < item;
}

/* Nothing that has just started was forbidden to pass what waits before it in its queue. */
static void check_passed(uint64_t number)
{
    const struct item *item = &traffic.items[number];
    for (uint64_t n = 0; n < ITEMS; n++) {
        const struct item *earlier = &traffic.items[n];
        if (waits_before(earlier, item))
            law_holds(
                ordering_of(&item->tlp, &earlier->tlp) != ORDERING_NO, "item %u, %s, must not pass item %u, %s",
                (unsigned)number, tlp_traits[item->tlp.type].name, (unsigned)n, tlp_traits[earlier->tlp.type].name);
    }
}

static void on_sent(struct egress_rig *sender, uint32_t queue, uint64_t end_ps)
{
    (void)end_ps;
    const struct egress_rig_sent *sent = &sender->sent[sender->sent_count - 1];
    struct item *item = &traffic.items[sent->number];
    law_holds(waits(item) && item->queue == queue, "item %u is sent once, from its queue", (unsigned)sent->number);
    law_holds(item->ready_ps <= sent->start_ps, "item %u is ready when it is sent", (unsigned)sent->number);
    item->start_ps = sent->start_ps;
    check_passed(sent->number);
}

/* Credits by the list of all that was sent and is not back. */
static bool has_credits(const struct item *wanted, uint64_t now_ps)
{
    enum credit_type type = tlp_credit_type(&wanted->tlp);
    uint64_t headers = 1, data = tlp_data_credits(&wanted->tlp);
    for (uint32_t i = 0; i < rig.sent_count; i++) {
        const struct item *item = &traffic.items[rig.sent[i].number];
        if (tlp_credit_type(&item->tlp) != type || item->tlp.vh != wanted->tlp.vh)
            continue;
        if (item->hold_ps != TIME_NEVER && rig.sent[i].end_ps + 2 * PROPAGATION_PS + item->hold_ps <= now_ps)
            continue;
        headers++;
        data += tlp_data_credits(&item->tlp);
    }
    return headers <= traffic.limits.headers[type] && data <= traffic.limits.data[type];
}

/* True when all that waits before item NUMBER is what it must be able to pass. */
static bool must_go(uint64_t number)
{
    const struct item *item = &traffic.items[number];
    for (uint64_t n = 0; n < ITEMS; n++) {
        const struct item *earlier = &traffic.items[n];
        if (waits_before(earlier, item) && ordering_of(&item->tlp, &earlier->tlp) != ORDERING_MUST)
            return false;
    }
    return true;
}

/* While the wire is idle, nothing waits that must be able to go. */
static void check_nothing_is_held_up(uint64_t now_ps)
{
    if (rig.sent_count > 0 && rig.sent[rig.sent_count - 1].end_ps > now_ps)
        return;
    for (uint64_t number = 0; number < ITEMS; number++) {
        const struct item *item = &traffic.items[number];
        if (waits(item) && item->ready_ps <= now_ps && must_go(number))
            law_holds(
                !has_credits(item, now_ps), "item %u, %s, which may go, goes at %u ps", (unsigned)number,
                tlp_traits[item->tlp.type].name, (unsigned)now_ps);
    }
}

/* In the end only what is short of credits that never come, and what stands behind it, is left: with reads stuck, no
 * posted TLP and no completion. */
static void check_left(void)
{
    for (uint64_t number = 0; number < ITEMS; number++) {
        const struct item *item = &traffic.items[number];
        if (!waits(item))
            continue;
        law_holds(traffic.stuck != CREDIT_TYPES, "item %u goes, for no credits are lost", (unsigned)number);
        law_holds(
            traffic.stuck != CREDIT_NONPOSTED || tlp_credit_type(&item->tlp) == CREDIT_NONPOSTED,
            "item %u, %s, does not wait for reads", (unsigned)number, tlp_traits[item->tlp.type].name);
    }
}

/* --- running --- */

static uint64_t hold_of_item(struct test_port *port, const struct tlp *tlp)
{
    (void)port;
    return traffic.items[test_number(tlp)].hold_ps;
}

static void set_up(void)
{
    egress_rig_set_up(
        &rig, &(struct egress_rig_config){
                  .vh_count = traffic.own_credits ? traffic.queue_count : 1,
                  .limits = traffic.limits,
                  .per_vh = traffic.own_credits,
                  .propagation_ps = PROPAGATION_PS,
              });
    rig.receiver.hold_ps = hold_of_item;
    rig.on_sent = on_sent;
    for (uint32_t queue = 0; queue < traffic.queue_count; queue++)
        egress_rig_add_queue(&rig, (uint16_t)(traffic.own_credits ? queue : 0), 0);
}

static void run(void)
{
    /* Where queues share credits, one of them may have a claim on those that another could use. */
    bool alone = traffic.own_credits || traffic.queue_count == 1;
    uint64_t number = 0;
    for (uint64_t now_ps = 0; now_ps < END_PS; now_ps++) {
        egress_rig_run(&rig, now_ps);
        for (; number < ITEMS && traffic.items[number].at_ps == now_ps; number++) {
            struct item *item = &traffic.items[number];
            item->came = true;
            test_send(&rig.queues[item->queue], item->tlp, item->ready_ps);
        }
        if (alone)
            check_nothing_is_held_up(now_ps);
    }
    law_holds(number == ITEMS, "all items come in time");
    egress_rig_run(&rig, DRAINED_PS);
    check_left();
}

static char *describe(void)
{
    char *text = law_text(
        "# %u queues, %s credits, type %u stuck\n", traffic.queue_count, traffic.own_credits ? "own" : "shared",
        traffic.stuck);
    for (int number = 0; number < ITEMS; number++) {
        const struct item *item = &traffic.items[number];
        char *longer = law_text(
            "%s%d: at %u, ready %u, held %lld, queue %u, %s, %u DW, attributes %u, IDs %x %x %u\n", text, number,
            (unsigned)item->at_ps, (unsigned)item->ready_ps, (long long)item->hold_ps, item->queue,
            tlp_traits[item->tlp.type].name, item->tlp.length_dw, item->tlp.attributes, item->tlp.requester_id,
            item->tlp.completer_id, item->tlp.tag);
        free(text);
        text = longer;
    }
    return text;
}

Test(ordering, random_traffic_keeps_the_table)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        make_traffic(seed);
        char *text = describe();
        law_begin("laws/ordering", seed, text);
        set_up();
        run();
        egress_rig_tear_down(&rig);
        law_end();
        free(text);
    }
}
