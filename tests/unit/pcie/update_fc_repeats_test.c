#include "fabric/pcie/update_fc_repeats.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"

Test(update_fc_repeats, are_in_the_order_of_time)
{
    struct update_fc_repeats repeats;
    struct update_fc updates[4] = {0};
    update_fc_repeats_init(&repeats);
    cr_assert(update_fc_repeats_is_valid(&repeats));
    cr_assert_eq(repeats.at_ps, TIME_NEVER);
    for (int n = 0; n < 4; n++) {
        update_fc_repeats_join(&repeats, &updates[n], 100 * (uint64_t)n);
        cr_assert(update_fc_repeats_is_valid(&repeats));
    }
    cr_assert_eq(repeats.at_ps, 0);
    update_fc_repeats_leave(&repeats, &updates[0]);
    cr_assert_eq(repeats.at_ps, 100);
    update_fc_repeats_leave(&repeats, &updates[2]);
    update_fc_repeats_join(&repeats, &updates[2], 300);
    update_fc_repeats_leave(&repeats, &updates[3]);
    cr_assert(update_fc_repeats_is_valid(&repeats));
    cr_assert_eq(repeats.first, &updates[1]);
    cr_assert_eq(repeats.last, &updates[2]);
    update_fc_repeats_join(&repeats, &updates[3], 200);
    update_fc_repeats_join(&repeats, &updates[0], 50);
    cr_assert(update_fc_repeats_is_valid(&repeats));
    cr_assert(repeats.first == &updates[0] && updates[1].next == &updates[3] && repeats.last == &updates[2]);
    for (int n = 0; n < 4; n++)
        update_fc_repeats_leave(&repeats, &updates[n]);
    cr_assert(update_fc_repeats_is_valid(&repeats));
    cr_assert_eq(repeats.at_ps, TIME_NEVER);
}

/* As many rounds as leave each one to go before the time, counted one by one. */
Test(update_fc_repeats, rounds_leave_one_for_each)
{
    for (uint64_t until_ps = 0; until_ps < 10 * UPDATE_FC_REPEAT_PS; until_ps += UPDATE_FC_REPEAT_PS / 7) {
        struct update_fc_repeats repeats;
        struct update_fc updates[2] = {0};
        update_fc_repeats_init(&repeats);
        update_fc_repeats_join(&repeats, &updates[0], 1000);
        update_fc_repeats_join(&repeats, &updates[1], 2000000);
        uint64_t rounds = update_fc_repeats_rounds(&repeats, until_ps), fit = 0;
        while (2000000 + (fit + 1) * UPDATE_FC_REPEAT_PS <= until_ps)
            fit++;
        cr_assert_eq(rounds, fit > 0 ? fit - 1 : 0);
        update_fc_repeats_pass(&repeats, rounds);
        cr_assert(update_fc_repeats_is_valid(&repeats));
        cr_assert_eq(repeats.at_ps, 1000 + rounds * UPDATE_FC_REPEAT_PS);
    }
}
