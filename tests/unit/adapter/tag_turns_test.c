#include "fabric/adapter/tag_turns.h"

#include <criterion/criterion.h>
#include <string.h>

#include "fabric/adapter/function.h"

#define FUNCTIONS 4

static struct function functions[FUNCTIONS];
static struct wait_line line;
static struct tag_turns turns;

static void set_up(const uint32_t weights[FUNCTIONS])
{
    memset(functions, 0, sizeof functions);
    line = (struct wait_line){0};
    turns = (struct tag_turns){0};
    for (uint32_t n = 0; n < FUNCTIONS; n++) {
        functions[n].settings.weight = weights[n];
        functions[n].settings.mrrs = 512;
        functions[n].engine.function = &functions[n];
        turns.weighs = turns.weighs || weights[n] > 1;
        wait_line_join(&line, &functions[n].engine.waiter);
    }
}

/* Gives TAGS to those who are in line, who join it again at once; adds up who has had how many. */
static void give(uint32_t tags, uint64_t now_ps, uint32_t had[FUNCTIONS])
{
    for (uint32_t n = 0; n < tags; n++) {
        struct waiter *waiter = tag_turns_leave(&turns, &line, now_ps);
        cr_assert_not_null(waiter);
        uint32_t index = (uint32_t)(CONTAINER_OF(waiter, struct dma_engine, waiter)->function - functions);
        had[index]++;
        wait_line_join(&line, waiter);
    }
}

Test(tag_turns, nobody_waits)
{
    line = (struct wait_line){0};
    cr_assert_null(tag_turns_leave(&turns, &line, 0));
}

/* Not only in the long run: after each round of 8 tags. */
Test(tag_turns, are_by_weight)
{
    set_up((const uint32_t[]){4, 2, 1, 1});
    uint32_t had[FUNCTIONS] = {0};
    for (uint32_t round = 1; round <= 1000; round++) {
        give(8, 0, had);
        for (uint32_t n = 0; n < FUNCTIONS; n++)
            cr_assert_eq(had[n], round * functions[n].settings.weight, "round %u: %u has %u", round, n, had[n]);
    }
}

/* What does not divide a round evenly is right to a few in a million. */
Test(tag_turns, of_any_weights)
{
    set_up((const uint32_t[]){65535, 1, 7, 3});
    uint32_t had[FUNCTIONS] = {0};
    give(65546 * 20, 0, had);
    cr_assert_float_eq(had[0], 65535 * 20, 400);
    cr_assert_float_eq(had[1], 20, 1);
    cr_assert_float_eq(had[2], 140, 1);
    cr_assert_float_eq(had[3], 60, 1);
}

/* Who has not wanted any for long has no more than a round of its own to make up for. */
Test(tag_turns, who_was_away_is_not_owed_it_all)
{
    set_up((const uint32_t[]){4, 2, 1, 1});
    uint32_t had[FUNCTIONS] = {0}, after[FUNCTIONS] = {0};
    wait_line_remove(&line, &functions[0].engine.waiter);
    give(4000, 0, had);
    cr_assert_eq(had[0], 0);
    wait_line_join(&line, &functions[0].engine.waiter);
    give(8, 0, after);
    cr_assert_leq(after[0], 8);
    give(8000, 0, after);
    cr_assert_geq(after[0], 4004);
    cr_assert_leq(after[0], 4004 + 8);
}

Test(tag_turns, without_weights_they_are_in_turn)
{
    set_up((const uint32_t[]){1, 1, 1, 1});
    for (uint32_t n = 0; n < 100; n++) {
        struct waiter *first = line.first, *waiter = tag_turns_leave(&turns, &line, 0);
        cr_assert_eq(waiter, first);
        wait_line_join(&line, waiter);
    }
}

/* A function that is owed more than there are tags has 31 of 32, and the others the rest. */
Test(tag_turns, who_is_owed_goes_first_and_a_part_is_everybodys)
{
    set_up((const uint32_t[]){1, 1, 1, 1});
    uint32_t had[FUNCTIONS] = {0};
    turns.guarantees = true;
    rate_guarantee_set(&functions[2].guarantees[GUARANTEE_ASKED], 1, 0);
    give(32000, 1, had);
    cr_assert_float_eq(had[2], 31000, 2);
    for (uint32_t n = 0; n < FUNCTIONS; n++)
        cr_assert(n == 2 || (had[n] >= 332 && had[n] <= 335), "%u has %u", n, had[n]);
}
