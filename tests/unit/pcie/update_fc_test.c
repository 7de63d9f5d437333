#include "fabric/pcie/update_fc.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "fabric/engine/simulation.h"

#define LIMIT_PS 500
#define AWAY_PS 30
#define MOST_DATA 8

/* An UpdateFC as the transmitter gets it. */
struct told {
    uint64_t sent_ps;
    uint32_t headers, data;
};

static struct simulation simulation;
static struct component component;
static struct credits credits;
static struct update_fc update;
static struct update_fc_policy policy;
static struct told told[4096];
static uint32_t told_count;
static uint32_t losses; /* the next so many are lost */

static uint64_t send(void *sender, struct update_fc *of, uint64_t now_ps)
{
    (void)sender;
    cr_assert_eq(of, &update);
    told[told_count].sent_ps = now_ps;
    if (losses == 0)
        return now_ps + AWAY_PS;
    losses--;
    return TIME_NEVER;
}

static void give(void *sender, struct credits *of, uint32_t headers, uint32_t data, uint64_t at_ps)
{
    (void)sender;
    cr_assert_eq(at_ps, told[told_count].sent_ps + AWAY_PS);
    told[told_count].headers = headers;
    told[told_count++].data = data;
    credits_return_many(of, headers, data, at_ps);
}

static void set_up(uint32_t every, uint32_t headers, uint32_t data)
{
    simulation_init(&simulation, 1);
    component_init(&component, &simulation);
    credits_init(&credits, headers, data);
    policy = (struct update_fc_policy){
        .every = every, .limit_ps = LIMIT_PS, .most_data = MOST_DATA, .send = send, .give = give};
    update_fc_init(&update, &policy, &credits, &component);
    told_count = losses = 0;
}

static void tear_down(void)
{
    update_fc_free(&update);
    credits_free(&credits);
    simulation_free(&simulation);
}

static void assert_told(uint32_t n, uint64_t sent_ps, uint32_t headers, uint32_t data)
{
    cr_assert_lt(n, told_count);
    cr_assert_eq(told[n].sent_ps, sent_ps, "at %lu", told[n].sent_ps);
    cr_assert_eq(told[n].headers, headers);
    cr_assert_eq(told[n].data, data);
}

/* COUNT TLPs of 2 data credits are spent, and will be free at the times AT_PS. */
static void use(uint32_t count, const uint64_t *at_ps)
{
    for (uint32_t n = 0; n < count; n++) {
        credits_spend(&credits, 2);
        update_fc_add(&update, 2, at_ps[n]);
        cr_assert(update_fc_is_valid(&update));
    }
}

Test(update_fc, every_n_when_the_nth_is_free_in_whatever_order_they_are_told)
{
    set_up(3, 100, 1000);
    use(7, (const uint64_t[]){700, 100, 300, 200, 800, 600, 5000});
    simulation_run(&simulation, 100000);
    cr_assert_eq(told_count, 3);
    assert_told(0, 300, 3, 6);
    assert_told(1, 800, 3, 6);
    assert_told(2, 5000 + LIMIT_PS, 1, 2);
    tear_down();
}

Test(update_fc, by_the_limit_after_the_first)
{
    set_up(0, 100, 1000);
    use(5, (const uint64_t[]){700, 100, 300, 601, 1201});
    simulation_run(&simulation, 100000);
    cr_assert_eq(told_count, 3);
    assert_told(0, 600, 2, 4); /* 100 and 300 */
    assert_told(1, 1101, 2, 4);
    assert_told(2, 1701, 1, 2);
    tear_down();
}

Test(update_fc, at_once_when_no_header_is_left)
{
    set_up(0, 2, 1000);
    use(2, (const uint64_t[]){100, 300});
    simulation_run(&simulation, 100000);
    cr_assert_eq(told_count, 2);
    assert_told(0, 100, 1, 2);
    assert_told(1, 300 + LIMIT_PS, 1, 2); /* by then it has one again */
    tear_down();
}

Test(update_fc, at_once_when_the_largest_tlp_has_no_room)
{
    set_up(0, 100, 9);
    use(1, (const uint64_t[]){100});
    simulation_run(&simulation, 100000);
    assert_told(0, 100, 1, 2);
    tear_down();
}

Test(update_fc, infinite_credits_are_never_told)
{
    set_up(1, CREDITS_INFINITE, CREDITS_INFINITE);
    use(2, (const uint64_t[]){100, 300});
    simulation_run(&simulation, 100000);
    cr_assert_eq(told_count, 0);
    tear_down();
    set_up(1, CREDITS_INFINITE, 100);
    update_fc_add(&update, 0, 5);
    simulation_run(&simulation, 1000);
    cr_assert_eq(told_count, 0);
    use(1, (const uint64_t[]){2000});
    simulation_run(&simulation, 100000);
    assert_told(0, 2000, 0, 2);
    tear_down();
}

Test(update_fc, what_a_lost_one_said_the_next_one_says)
{
    set_up(2, 100, 1000);
    losses = 1;
    use(5, (const uint64_t[]){100, 200, 300, 400, 450});
    simulation_run(&simulation, 100000);
    cr_assert_eq(told_count, 2);
    assert_told(0, 400, 4, 8);
    tear_down();
    set_up(2, 100, 1000);
    losses = 2;
    use(2, (const uint64_t[]){100, 200});
    simulation_run(&simulation, TIME_NEVER - 1);
    cr_assert_eq(told_count, 1);
    assert_told(0, 200 + 2 * UPDATE_FC_REPEAT_PS, 2, 4);
    tear_down();
}

/* Whatever comes: all is told in the end, nothing before it is free, and the sender never gets more than it spent. */
Test(update_fc, tells_all_and_nothing_early)
{
    struct random random;
    random_init(&random, 1, "update_fc");
    for (uint32_t every = 0; every < 6; every++) {
        set_up(every, 6, 40);
        uint64_t free_ps[2000];
        uint32_t spent = 0;
        while (spent < 2000) {
            uint64_t now = simulation.now_ps;
            bool may_go = credits_suffice(&credits, 2, now);
            if (may_go) {
                free_ps[spent] = now + random_below(&random, 300);
                use(1, &free_ps[spent++]);
                losses += random_below(&random, 50) == 0;
            }
            simulation_run(&simulation, now + random_below(&random, may_go ? 200 : 2 * LIMIT_PS));
            if (!may_go && told_count > 0 && now > told[told_count - 1].sent_ps + 10 * LIMIT_PS)
                simulation_run(&simulation, now + UPDATE_FC_REPEAT_PS); /* all that is left is what was lost */
            cr_assert(update_fc_is_valid(&update) && credits_is_valid(&credits));
        }
        simulation_run(&simulation, simulation.now_ps + 100 * UPDATE_FC_REPEAT_PS);
        uint64_t headers = 0;
        for (uint32_t n = 0; n < told_count; n++) {
            uint32_t free = 0;
            headers += told[n].headers;
            for (uint32_t i = 0; i < spent; i++)
                free += free_ps[i] <= told[n].sent_ps;
            cr_assert_leq(headers, free);
        }
        cr_assert_eq(headers, 2000);
        cr_assert_eq(update_fc_untold_headers(&update) + update_fc_untold_data(&update), 0);
        tear_down();
    }
}
