#include "fabric/engine/event_queue.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"

/* What a slot of the near wheels, one of the later wheel and all of that stand for. */
#define WINDOWS 3
#define WINDOW_PS(level) (UINT64_C(1) << (EVENT_SLOT_BITS + (level)*EVENT_WHEEL_BITS))
#define COMPONENTS 8

/* The reference: events in an array, kept in order by moving what comes after. */
#define LIST_EVENTS 600

struct list {
    struct event *events[LIST_EVENTS];
    uint32_t count;
};

/* A queue and the list that says what it should do. */
struct pair {
    struct event_queue queue;
    struct list list;
    struct event events[LIST_EVENTS];
    uint64_t orders[COMPONENTS];
    uint64_t now_ps;
    struct random random;
};

static struct pair pair;

static void list_insert(struct list *list, struct event *event)
{
    uint32_t place = list->count++;
    for (; place > 0; place--) {
        const struct event *before = list->events[place - 1];
        if (before->time_ps < event->time_ps || (before->time_ps == event->time_ps && before->order < event->order))
            break;
        list->events[place] = list->events[place - 1];
    }
    list->events[place] = event;
}

static void list_remove(struct list *list, const struct event *event)
{
    uint32_t place = 0;
    while (list->events[place] != event)
        place++;
    list->count--;
    memmove(&list->events[place], &list->events[place + 1], (list->count - place) * sizeof(list->events[0]));
}

static void pair_init(uint64_t seed)
{
    memset(&pair, 0, sizeof(pair));
    event_queue_init(&pair.queue);
    random_init(&pair.random, seed, "event_queue_test");
    for (uint64_t i = 0; i < COMPONENTS; i++)
        pair.orders[i] = i << COMPONENT_COUNT_BITS;
}

static uint64_t draw(uint64_t bound)
{
    return random_below(&pair.random, bound);
}

/* How far ahead events are put, by what it tries. */
enum spread { SAME_TIMES, TRAFFIC, LEVELS, FAR, EDGES, SPREADS };

static uint64_t later(enum spread spread)
{
    uint64_t delay_ps = 0;
    switch (spread) {
    case SAME_TIMES:
        delay_ps = draw(4) * draw(3);
        break;
    case TRAFFIC:
        delay_ps = draw(10) == 0 ? draw(2 * PS_PER_US) : draw(300 * PS_PER_NS);
        break;
    case LEVELS:
        delay_ps = draw(3 * WINDOW_PS(draw(WINDOWS)));
        break;
    case FAR:
        delay_ps = draw(3) == 0 ? draw(UINT64_MAX) : draw(30 * PS_PER_S);
        break;
    default: { /* within 2 ps of where a window of some level starts */
        uint64_t window_ps = WINDOW_PS(draw(WINDOWS));
        uint64_t edge_ps = (pair.now_ps / window_ps + 1 + draw(2)) * window_ps - 2 + draw(5);
        return edge_ps > pair.now_ps ? edge_ps : pair.now_ps;
    }
    }
    uint64_t last_ps = TIME_NEVER - 1;
    return delay_ps < last_ps - pair.now_ps ? pair.now_ps + delay_ps : last_ps;
}

static void put(struct event *event, enum spread spread)
{
    event->time_ps = later(spread);
    event->order = pair.orders[draw(COMPONENTS)]++;
    event_queue_insert(&pair.queue, event);
    list_insert(&pair.list, event);
}

static void take(struct event *event)
{
    event_queue_remove(&pair.queue, event);
    list_remove(&pair.list, event);
}

static void pop(uint64_t until_ps)
{
    struct event *expected = pair.list.count > 0 ? pair.list.events[0] : NULL;
    cr_assert_eq(event_queue_peek(&pair.queue), expected);
    if (expected != NULL && expected->time_ps > until_ps)
        expected = NULL;
    cr_assert_eq(event_queue_pop(&pair.queue, until_ps), expected);
    if (expected != NULL) {
        cr_assert(!event_is_scheduled(expected));
        pair.now_ps = expected->time_ps;
        list_remove(&pair.list, expected);
    } else if (until_ps != TIME_NEVER) {
        pair.now_ps = until_ps;
    }
}

/* PUSHES of 16 are insertions into an idle event, when the draw hits one. */
static void operate(enum spread spread, uint64_t pushes)
{
    struct event *event = &pair.events[draw(LIST_EVENTS)];
    uint64_t what = draw(16);
    if (what < pushes) {
        if (!event_is_scheduled(event))
            put(event, spread);
    } else if (what < 12) {
        /* Far bounds only now and then: they carry time away. */
        pop(draw(8) == 0 ? later(spread) : draw(2) == 0 ? pair.now_ps : later(TRAFFIC));
    } else if (event_is_scheduled(event)) {
        take(event);
        if (what != 12)
            put(event, spread);
    }
}

Test(event_queue, does_what_a_sorted_list_does)
{
    enum { ROUNDS = 80, OPERATIONS = 13000 }; /* more than a million in all */
    for (uint64_t round = 0; round < ROUNDS; round++) {
        pair_init(round);
        for (uint32_t i = 0; i < OPERATIONS; i++) {
            /* Each round tries one spread most of the time, and fills up and empties in turns. */
            enum spread spread = (enum spread)(draw(8) == 0 ? draw(SPREADS) : round % SPREADS);
            operate(spread, i / 2000 % 2 == 0 ? 8 : 4);
            cr_assert_eq(pair.queue.count, pair.list.count);
            if (i % 256 == 0)
                cr_assert(event_queue_is_valid(&pair.queue));
        }
        while (pair.list.count > 0)
            pop(TIME_NEVER);
        pop(TIME_NEVER);
        cr_assert(event_queue_is_valid(&pair.queue));
    }
}

Test(event_queue, is_empty_at_first)
{
    pair_init(0);
    cr_assert(event_queue_is_valid(&pair.queue));
    cr_assert_null(event_queue_peek(&pair.queue));
    cr_assert_null(event_queue_pop(&pair.queue, TIME_NEVER));
}

Test(event_queue, pops_what_is_due_at_the_bound_and_nothing_later)
{
    pair_init(0);
    for (uint32_t shift = 0; shift < 63; shift++) {
        struct event *event = &pair.events[0];
        event->time_ps = UINT64_C(1) << shift;
        event_queue_insert(&pair.queue, event);
        cr_assert_null(event_queue_pop(&pair.queue, event->time_ps - 1));
        cr_assert_eq(event_queue_pop(&pair.queue, event->time_ps), event);
    }
}

Test(event_queue, takes_what_is_due_soon_after_a_pop_that_found_nothing_due)
{
    pair_init(0);
    pair.events[0].time_ps = 5 * PS_PER_US + 100;
    event_queue_insert(&pair.queue, &pair.events[0]);
    cr_assert_null(event_queue_pop(&pair.queue, 5 * PS_PER_US));
    pair.events[1].time_ps = 5 * PS_PER_US;
    event_queue_insert(&pair.queue, &pair.events[1]);
    cr_assert(event_queue_is_valid(&pair.queue));
    cr_assert_eq(event_queue_pop(&pair.queue, TIME_NEVER), &pair.events[1]);
    cr_assert_eq(event_queue_pop(&pair.queue, TIME_NEVER), &pair.events[0]);
}

/* A quadratic queue would take 10^10 steps for each of these. */
#define BURST 100000
static struct event burst[BURST];

static void check_burst(uint64_t at_ps, uint64_t (*order)(uint64_t i))
{
    memset(burst, 0, sizeof(burst));
    pair_init(0);
    for (uint64_t i = 0; i < BURST; i++) {
        burst[i].time_ps = at_ps;
        burst[i].order = order(i);
        event_queue_insert(&pair.queue, &burst[i]);
    }
    for (uint64_t i = 0; i < BURST; i++)
        cr_assert_eq(event_queue_pop(&pair.queue, TIME_NEVER)->order, i);
}

static uint64_t ascending(uint64_t i)
{
    return i;
}

static uint64_t descending(uint64_t i)
{
    return BURST - 1 - i;
}

static uint64_t shuffled(uint64_t i)
{
    return i * 7919 % BURST; /* a prime that does not divide it */
}

Test(event_queue, has_no_bad_order_for_a_burst_at_one_instant, .timeout = 20)
{
    const uint64_t times_ps[] = {0, 100 * PS_PER_NS, PS_PER_MS, PS_PER_S};
    for (uint32_t i = 0; i < 4; i++) {
        check_burst(times_ps[i], ascending);
        check_burst(times_ps[i], descending);
        check_burst(times_ps[i], shuffled);
    }
}

Test(event_queue, validity_sees_damage)
{
    pair_init(3);
    for (uint32_t i = 0; i < LIST_EVENTS; i++)
        put(&pair.events[i], (enum spread)(i % SPREADS));
    cr_assert(event_queue_is_valid(&pair.queue));

    pair.queue.count++;
    cr_assert(!event_queue_is_valid(&pair.queue));
    pair.queue.count--;

    for (uint32_t wheel = 0; wheel < EVENT_WHEELS; wheel++) {
        pair.queue.words[wheel] ^= 1;
        cr_assert(!event_queue_is_valid(&pair.queue));
        pair.queue.words[wheel] ^= 1;
    }
    for (uint32_t i = 0; i < EVENT_SLOTS / 64; i += 7) {
        pair.queue.occupied[i] ^= 4;
        cr_assert(!event_queue_is_valid(&pair.queue));
        pair.queue.occupied[i] ^= 4;
    }
    for (uint32_t i = 0; i < LIST_EVENTS; i += 50) {
        struct event *event = &pair.events[i];
        event->place++;
        cr_assert(!event_queue_is_valid(&pair.queue));
        event->place--;
        event->previous = event;
        cr_assert(!event_queue_is_valid(&pair.queue));
        pair_init(3);
        for (uint32_t j = 0; j < LIST_EVENTS; j++)
            put(&pair.events[j], (enum spread)(j % SPREADS));
    }
    pair.events[10].time_ps += WINDOW_PS(WINDOWS - 1);
    cr_assert(!event_queue_is_valid(&pair.queue));
}

Test(event_queue, refuses_what_is_in_it_already, .signal = SIGABRT)
{
    pair_init(0);
    event_queue_insert(&pair.queue, &pair.events[0]);
    event_queue_insert(&pair.queue, &pair.events[0]);
}

Test(event_queue, refuses_to_remove_what_is_not_in_it, .signal = SIGABRT)
{
    pair_init(0);
    event_queue_remove(&pair.queue, &pair.events[0]);
}

/* Within a block, it is event_schedule() that refuses it. */
Test(event_queue, refuses_a_past_block, .signal = SIGABRT)
{
    pair_init(0);
    pair.events[0].time_ps = 2 * PS_PER_US;
    event_queue_insert(&pair.queue, &pair.events[0]);
    event_queue_pop(&pair.queue, TIME_NEVER);
    pair.events[1].time_ps = PS_PER_US;
    event_queue_insert(&pair.queue, &pair.events[1]);
}
