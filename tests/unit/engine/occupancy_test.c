#include "fabric/engine/occupancy.h"

#include <criterion/criterion.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"

#define END_PS 400

/* What is there in each picosecond says all. */
struct reference {
    uint32_t counts[END_PS];
};

static uint64_t reference_integral_ps(const struct reference *reference, const struct window *window, uint64_t now_ps)
{
    uint64_t integral_ps = 0;
    for (uint64_t at_ps = 0; at_ps < now_ps; at_ps++)
        integral_ps += window_contains(window, at_ps) ? reference->counts[at_ps] : 0;
    return integral_ps;
}

static uint32_t reference_most(const struct reference *reference, const struct window *window, uint64_t now_ps)
{
    uint32_t most = 0;
    for (uint64_t at_ps = 0; at_ps < now_ps; at_ps++)
        if (window_contains(window, at_ps) && reference->counts[at_ps] > most)
            most = reference->counts[at_ps];
    return most;
}

/* Changes at random times, several at one time among them; asks at others. */
static void run(struct random *random, const struct window *window)
{
    struct occupancy occupancy;
    struct reference reference = {0};
    occupancy_init(&occupancy, window);
    uint32_t count = 0;
    for (uint64_t now_ps = 0; now_ps < END_PS; now_ps++) {
        cr_assert_eq(
            occupancy_integral_ps(&occupancy, now_ps), reference_integral_ps(&reference, window, now_ps), "at %lu",
            (unsigned long)now_ps);
        cr_assert_eq(occupancy_most(&occupancy, now_ps), reference_most(&reference, window, now_ps));
        for (uint64_t changes = random_below(random, 8); changes > 4; changes--) {
            int32_t by = count > 0 && random_below(random, 2) == 0 ? -1 : 1;
            occupancy_change(&occupancy, now_ps, by);
            count += (uint32_t)by;
        }
        reference.counts[now_ps] = count;
        cr_assert_eq(occupancy.count, count);
    }
}

Test(occupancy, is_what_a_count_a_picosecond_gives)
{
    struct random random;
    random_init(&random, 7, "occupancy");
    for (int round = 0; round < 40; round++) {
        uint64_t from_ps = random_below(&random, 3) == 0 ? 0 : random_below(&random, END_PS);
        uint64_t to_ps = from_ps + random_below(&random, END_PS);
        run(&random, &(struct window){from_ps, random_below(&random, 3) == 0 ? TIME_NEVER : to_ps});
    }
}

Test(occupancy, what_is_there_for_no_time_is_not_the_most)
{
    struct window window = {0, TIME_NEVER};
    struct occupancy occupancy;
    occupancy_init(&occupancy, &window);
    occupancy_change(&occupancy, 5, 1);
    occupancy_change(&occupancy, 5, 1);
    occupancy_change(&occupancy, 5, -1);
    cr_assert_eq(occupancy_most(&occupancy, 9), 1);
    occupancy_change(&occupancy, 9, -1);
    cr_assert_eq(occupancy_most(&occupancy, 20), 1);
    cr_assert_eq(occupancy_integral_ps(&occupancy, 20), 4);
}

Test(occupancy, an_end_that_becomes_known_later_counts)
{
    struct window window = {2, TIME_NEVER};
    struct occupancy occupancy;
    occupancy_init(&occupancy, &window);
    occupancy_change(&occupancy, 0, 3);
    window.to_ps = 12;
    cr_assert_eq(occupancy_integral_ps(&occupancy, 12), 30);
    cr_assert_eq(occupancy_most(&occupancy, 12), 3);
}
