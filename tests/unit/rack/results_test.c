#include "hostsim/rack/results.h"

#include <criterion/criterion.h>
#include <math.h>

#include "tests/support/results_fixture.h"

Test(results, empty_ones_are_free_to_free)
{
    struct results results = {0};
    results_free(&results);
    results_free(&results);
    cr_expect(results_all_held(&results));
}

Test(results, the_fixture_is_valid)
{
    struct results results = {0};
    results_fixture(&results);
    cr_expect(results_is_valid(&results));
    results_free(&results);
    cr_expect_eq(results.flow_count, 0);
    results_fixture_wide(&results, 100);
    cr_expect(results_is_valid(&results));
    results_free(&results);
}

Test(results, texts_live_until_freed)
{
    struct results results = {0};
    const char *texts[100];
    for (int i = 0; i < 100; i++)
        texts[i] = results_text(&results, "h%d/%s", i, "vm0");
    cr_expect_str_eq(texts[0], "h0/vm0");
    cr_expect_str_eq(texts[99], "h99/vm0");
    results_free(&results);
}

Test(results, all_held_needs_every_one)
{
    struct results results = {0};
    results_fixture(&results);
    cr_expect_not(results_all_held(&results));
    for (size_t i = 0; i < results.expect_count; i++)
        results.expects[i].held = true;
    cr_expect(results_all_held(&results));
    results_free(&results);
}

/* Each breaks one thing. */
static void lose_scenario(struct results *results)
{
    results->scenario = NULL;
}
static void lose_function(struct results *results)
{
    results->flows[3].function = NULL;
}
static void swap_workloads(struct results *results)
{
    results->flows[0].workload = 9;
}
static void swap_buckets(struct results *results)
{
    results->flows[0].latency_histogram.buckets[0].upper_ps = 800000;
}
static void bend_direction(struct results *results)
{
    results->links[1].direction = LINK_DIRECTIONS;
}
static void misplace_sample(struct results *results)
{
    results->samples[3].index = 2;
}
static void hold_nothing(struct results *results)
{
    results->expects[2].held = true;
}
static void lose_detail(struct results *results)
{
    results->timeline[0].detail = NULL;
}

Test(results, what_is_broken_is_not_valid)
{
    static void (*const breaks[])(struct results *) = {lose_scenario,  lose_function,   swap_workloads, swap_buckets,
                                                       bend_direction, misplace_sample, hold_nothing,   lose_detail};
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        struct results results = {0};
        results_fixture(&results);
        breaks[i](&results);
        cr_expect_not(results_is_valid(&results), "break %zu went unnoticed", i);
        results_free(&results);
    }
}

Test(results, no_latency_is_all_null)
{
    struct results_latency none = results_latency_none();
    const uint64_t *fields = &none.min_ps;
    for (size_t i = 0; i < sizeof none / sizeof *fields; i++)
        cr_expect_eq(fields[i], RESULTS_NO_TIME);
}
