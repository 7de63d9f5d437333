#include "hostsim/guest/arrival.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fabric/base/time.h"

#define US PS_PER_US

static struct arrival made(struct arrival_config config)
{
    struct arrival arrival;
    arrival_init(&arrival, &config, 1, "workload/test/arrival");
    return arrival;
}

/* The next arrival of a process that goes by the clock. */
static uint64_t take(struct arrival *arrival)
{
    uint64_t at_ps = arrival->config.ops->next_ps(arrival, 0);
    cr_assert_eq(
        arrival->config.ops->take(arrival, at_ps + 77), at_ps, "it arrived when it did, however late asked for");
    return at_ps;
}

Test(arrival, intervals_are_exact_to_a_fraction_of_a_picosecond)
{
    const double one_ps = 1 << ARRIVAL_FRACTION_BITS;
    static const uint64_t rates[] = {1, 999, 1000, 3000, 7000000, 123456789, UINT64_C(5000000000)};
    for (size_t n = 0; n < sizeof rates / sizeof rates[0]; n++) {
        double expected = 1e15 / (double)rates[n];
        cr_expect_float_eq(
            (double)arrival_interval_of_operations(rates[n]) / one_ps, expected, 1e-15 * expected + 1e-5);
        cr_expect_float_eq(
            (double)arrival_interval_of_payload(rates[n], 1500) / one_ps, expected * 12000,
            1e-15 * expected * 12000 + 1e-5);
    }
    /* 10 Gb/s in 256 B: one in 204.8 ns. */
    cr_expect(arrival_interval_of_payload(UINT64_C(10000000000000), 256) == (unsigned __int128)204800 << 16);
}

Test(arrival, saturate_has_always_one_more_from_its_start_on)
{
    struct arrival arrival = made((struct arrival_config){.ops = &arrival_saturate, .start_ps = 500});
    cr_expect_eq(arrival_saturate.next_ps(&arrival, 100), 500);
    cr_expect_eq(arrival_saturate.next_ps(&arrival, 700), 700);
    cr_expect_eq(arrival_saturate.take(&arrival, 700), 700);
    cr_expect_eq(arrival_saturate.next_ps(&arrival, 700), 700);
    cr_expect_not(arrival_saturate.is_open);
}

Test(arrival, periodic_is_spaced_without_drift)
{
    /* 3 Mops/s: a third of a microsecond does not end; after a million arrivals it is off by less than 16 ps. */
    struct arrival arrival = made((struct arrival_config){
        .ops = &arrival_periodic, .start_ps = 5 * US, .interval = arrival_interval_of_operations(3000000000)});
    cr_expect_eq(take(&arrival), 5 * US, "the first at the start");
    for (uint64_t n = 1; n <= 1000000; n++) {
        uint64_t at_ps = take(&arrival), exact_ps = 5 * US + n * US / 3;
        cr_assert(at_ps <= exact_ps + 16 && at_ps + 16 >= exact_ps, "arrival %lu", (unsigned long)n);
    }
    cr_expect(arrival_periodic.is_open);
}

Test(arrival, poisson_has_exponential_intervals_of_its_mean)
{
    const double mean = 204800;
    struct arrival arrival = made((struct arrival_config){
        .ops = &arrival_poisson, .interval = arrival_interval_of_payload(UINT64_C(10000000000000), 256)});
    enum { DRAWS = 200000, BINS = 20 };
    uint32_t bins[BINS] = {0};
    uint64_t last_ps = 0;
    for (int n = 0; n < DRAWS; n++) {
        uint64_t at_ps = take(&arrival);
        double share = 1 - exp(-(double)(at_ps - last_ps) / mean); /* uniform if it is exponential */
        bins[(int)(share * BINS) < BINS ? (int)(share * BINS) : BINS - 1]++;
        last_ps = at_ps;
    }
    cr_expect_float_eq((double)last_ps / DRAWS / mean, 1, 4 / sqrt(DRAWS), "mean %g", (double)last_ps / DRAWS);
    double chi_square = 0;
    for (int bin = 0; bin < BINS; bin++)
        chi_square += pow((double)bins[bin] - (double)DRAWS / BINS, 2) / ((double)DRAWS / BINS);
    cr_expect_lt(chi_square, 52, "chi-square of 19 degrees of freedom: %g", chi_square); /* once in 10,000 */
}

Test(arrival, onoff_is_periodic_while_on_and_silent_while_off)
{
    struct distribution on = distribution_constant(10 * US), off = distribution_constant(25 * US);
    struct arrival arrival = made((struct arrival_config){
        .ops = &arrival_onoff,
        .start_ps = 3 * US,
        .interval = arrival_interval_of_operations(1000000000),
        .on = &on,
        .off = &off,
    });
    /* One a microsecond for 10 us, on first, then 25 us of silence. */
    for (uint64_t burst = 0; burst < 1000; burst++)
        for (uint64_t n = 0; n < 10; n++)
            cr_assert_eq(take(&arrival), 3 * US + burst * 35 * US + n * US, "burst %lu", (unsigned long)burst);
}

Test(arrival, onoff_with_random_phases_keeps_its_mean_rate)
{
    struct distribution on = {.kind = DISTRIBUTION_EXPONENTIAL, .a = 10 * US};
    struct distribution off = {.kind = DISTRIBUTION_EXPONENTIAL, .a = 30 * US};
    distribution_prepare(&on);
    distribution_prepare(&off);
    struct arrival arrival = made((struct arrival_config){
        .ops = &arrival_onoff,
        .interval = arrival_interval_of_operations(UINT64_C(100000000000)),
        .on = &on,
        .off = &off});
    uint64_t count = 0, end_ps = 0;
    for (; end_ps < 1000000 * US; count++)
        end_ps = take(&arrival);
    /* A hundred a microsecond for a quarter of the time. */
    double expected = (double)end_ps / US * 25;
    cr_expect_float_eq((double)count / expected, 1, 0.03, "%g of %g", (double)count, expected);
}

/* Phases much shorter than the interval, or not a multiple of it, change nothing of the rate while on. */
Test(arrival, onoff_keeps_its_rate_over_phases_of_any_length)
{
    struct distribution on = distribution_constant(US / 1000), off = distribution_constant(US / 1000);
    struct arrival arrival = made((struct arrival_config){
        .ops = &arrival_onoff,
        .interval = arrival_interval_of_operations(UINT64_C(19531250000)),
        .on = &on,
        .off = &off});
    /* 51.2 ns of time on is 102.4 ns; what an ns of time on does not hold waits for the next. */
    for (uint64_t n = 0; n < 1000; n++) {
        uint64_t on_ps = n * 51200;
        cr_assert_eq(take(&arrival), on_ps / 1000 * 2000 + on_ps % 1000, "arrival %lu", (unsigned long)n);
    }
}

Test(arrival, onoff_that_is_never_on_never_arrives)
{
    struct distribution on = distribution_constant(0), off = distribution_constant(50 * US);
    struct arrival arrival = made((struct arrival_config){
        .ops = &arrival_onoff, .interval = arrival_interval_of_operations(1000000000), .on = &on, .off = &off});
    cr_expect_eq(arrival.config.ops->next_ps(&arrival, 0), TIME_NEVER);
}

Test(arrival, closed_brings_the_next_a_think_time_after_a_completion)
{
    struct distribution think = distribution_constant(7 * US);
    struct arrival arrival =
        made((struct arrival_config){.ops = &arrival_closed, .start_ps = US, .in_flight = 3, .think = &think});
    for (int n = 0; n < 3; n++) {
        cr_expect_eq(arrival_closed.next_ps(&arrival, 0), US);
        cr_expect_eq(arrival_closed.take(&arrival, 4 * US), US);
    }
    cr_expect_eq(arrival_closed.next_ps(&arrival, 50 * US), TIME_NEVER, "three in flight");
    arrival_closed.completed(&arrival, 20 * US);
    arrival_closed.completed(&arrival, 10 * US);
    cr_expect_eq(arrival_closed.next_ps(&arrival, 0), 17 * US);
    cr_expect_eq(arrival_closed.take(&arrival, 60 * US), 17 * US);
    cr_expect_eq(arrival_closed.take(&arrival, 60 * US), 27 * US);
    cr_expect_eq(arrival_closed.next_ps(&arrival, 60 * US), TIME_NEVER);
    cr_expect_not(arrival_closed.is_open);
    arrival_free(&arrival);
}

Test(arrival, times_beyond_all_time_are_never)
{
    struct arrival arrival =
        made((struct arrival_config){.ops = &arrival_periodic, .start_ps = TIME_NEVER - 10, .interval = 20 << 16});
    cr_expect_eq(take(&arrival), TIME_NEVER - 10);
    cr_expect_eq(arrival_periodic.next_ps(&arrival, 0), TIME_NEVER);
}

Test(arrival, words_are_the_scenario_s)
{
    cr_expect_str_eq(arrival_saturate.name, "saturate");
    cr_expect_str_eq(arrival_poisson.name, "poisson");
    cr_expect_str_eq(arrival_periodic.name, "periodic");
    cr_expect_str_eq(arrival_closed.name, "closed");
    cr_expect_str_eq(arrival_onoff.name, "onoff");
}
