#include "fabric/base/batch_means.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>

#include "fabric/base/distribution.h"
#include "fabric/base/random.h"

/* The probability that Student's t lies between 0 and T, by Simpson's rule over its density. */
static double student_probability(double t, int freedom)
{
    enum { STEPS = 1000 };
    double scale = exp(lgamma((freedom + 1) / 2.0) - lgamma(freedom / 2.0)) / sqrt(freedom * M_PI);
    double sum = 0;
    for (int i = 0; i <= STEPS; i++) {
        double x = t * i / STEPS;
        sum += (i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2) * pow(1 + x * x / freedom, -(freedom + 1) / 2.0);
    }
    return scale * sum * t / STEPS / 3;
}

static double student_quantile(int freedom)
{
    double low = 1.9, high = 2.5;
    for (int i = 0; i < 40; i++) {
        double middle = (low + high) / 2;
        *(student_probability(middle, freedom) < 0.475 ? &low : &high) = middle;
    }
    return low;
}

/* The textbook's interval of a mean of COUNT values. */
static double textbook_half_width(const double *values, int count)
{
    double mean = 0, squares = 0;
    for (int i = 0; i < count; i++)
        mean += values[i] / count;
    for (int i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return student_quantile(count - 1) * sqrt(squares / (count - 1) / count);
}

/* One observation a batch: both questions have the textbook's answer, whatever the number of batches. */
Test(batch_means, agrees_with_the_textbook)
{
    struct batch_means means;
    batch_means_init(&means, 5000, 1000);
    struct random random;
    random_init(&random, 1, "textbook");
    double values[BATCH_MEANS_MOST];
    for (int full = 0; full < BATCH_MEANS_MOST; full++) {
        struct batch_means_interval of_values = batch_means_of_values(&means);
        struct batch_means_interval of_rate = batch_means_of_rate(&means);
        cr_assert_eq(of_values.known, full >= BATCH_MEANS_LEAST);
        cr_assert_eq(of_rate.known, full >= BATCH_MEANS_LEAST);
        if (of_rate.known) {
            double expected = textbook_half_width(values, full);
            cr_assert_float_eq(of_values.half_width / expected, 1, 3e-4, "%d batches", full);
            cr_assert_float_eq(of_rate.half_width / (expected / 1e-9), 1, 3e-4, "%d batches", full);
        }
        uint64_t value = random_below(&random, 1000000);
        values[full] = (double)value;
        batch_means_add(&means, 5000 + (uint64_t)full * 1000 + random_below(&random, 1000), value, value);
        cr_assert(batch_means_is_valid(&means));
        if (full + 1 < BATCH_MEANS_MOST) {
            batch_means_advance(&means, 5000 + (uint64_t)(full + 1) * 1000);
            cr_assert_eq((int)means.full, full + 1);
        }
    }
}

/* A run of unknown length, from tiny batches: the same bytes as when the final width had been known. */
Test(batch_means, doubling_is_as_if_the_width_had_been_known)
{
    struct batch_means doubled, known;
    batch_means_init(&doubled, 777, 3);
    batch_means_init(&known, 777, 3 << 15);
    struct random random;
    random_init(&random, 1, "doubling");
    uint64_t now = 777;
    while (now < 777 + 40 * (3 << 15)) {
        uint64_t value = random_below(&random, 1000);
        batch_means_add(&doubled, now, value, value);
        batch_means_add(&known, now, value, value);
        cr_assert(batch_means_is_valid(&doubled));
        now += random_below(&random, 200);
    }
    cr_assert_eq(doubled.width_ps, known.width_ps);
    cr_assert_eq(doubled.end_ps, known.end_ps);
    cr_assert_eq(doubled.full, known.full);
    for (int i = 0; i < BATCH_MEANS_MOST; i++) {
        cr_assert(doubled.batches[i].sum == known.batches[i].sum);
        cr_assert_eq(doubled.batches[i].count, known.batches[i].count);
    }
}

Test(batch_means, what_is_constant_has_no_width)
{
    struct batch_means means;
    batch_means_init(&means, 0, BATCH_MEANS_WIDTH_PS);
    for (uint64_t i = 0; i < 100000; i++)
        batch_means_add(&means, i * 777, 999999937, 999999937);
    struct batch_means_interval of_values = batch_means_of_values(&means);
    cr_assert(of_values.known);
    cr_assert_eq(of_values.half_width, 0);

    batch_means_init(&means, 0, BATCH_MEANS_WIDTH_PS);
    for (uint64_t i = 0; i < 100000; i++)
        batch_means_add(&means, i * 10, 256, 256);
    struct batch_means_interval of_rate = batch_means_of_rate(&means);
    cr_assert(of_rate.known);
    cr_assert_eq(of_rate.half_width, 0);
}

/* A flow that stops: its rate varies, its latency does not. */
Test(batch_means, time_without_observations_counts_in_the_rate)
{
    struct batch_means means;
    batch_means_init(&means, 0, BATCH_MEANS_WIDTH_PS);
    for (uint64_t i = 0; i < 1000; i++)
        batch_means_add(&means, i * 100, 64, 64);
    batch_means_advance(&means, 200000);
    cr_assert_eq(means.full, 50);
    struct batch_means_interval of_rate = batch_means_of_rate(&means);
    cr_assert(of_rate.known);
    double deviation = 640 / 2.0 * sqrt(50 / 49.0); /* half the batches of 4 ns have 40 * 64 bytes, half have none */
    cr_assert_float_eq(
        of_rate.half_width, student_quantile(49) * deviation / sqrt(50) * 4 / 4e-9, of_rate.half_width / 1e3);
    struct batch_means_interval of_values = batch_means_of_values(&means);
    cr_assert(of_values.known);
    cr_assert_eq(of_values.half_width, 0);
}

/* The wild values of the last batch, cut short by the end of the run, are in no interval. */
Test(batch_means, a_partial_last_batch_is_left_out)
{
    struct batch_means means;
    batch_means_init(&means, 0, 1000);
    for (uint64_t i = 0; i < 20; i++)
        batch_means_add(&means, i * 1000, 5, 5);
    batch_means_add(&means, 20000, 1000000, 1000000);
    batch_means_advance(&means, 20999);
    cr_assert_eq(means.full, 20);
    cr_assert_eq(batch_means_of_values(&means).half_width, 0);
    batch_means_advance(&means, 21000);
    cr_assert_eq(means.full, 21);
    cr_assert_gt(batch_means_of_values(&means).half_width, 0);
}

Test(batch_means, few_batches_with_observations_say_nothing)
{
    struct batch_means means;
    batch_means_init(&means, 0, 1000);
    for (uint64_t i = 0; i < BATCH_MEANS_LEAST - 1; i++)
        batch_means_add(&means, i * 1000, i, i);
    batch_means_advance(&means, 30000);
    cr_assert_not(batch_means_of_values(&means).known);
    cr_assert(batch_means_of_rate(&means).known);
}

Test(batch_means, takes_long_silence_late_news_and_great_values)
{
    struct batch_means means;
    batch_means_init(&means, 0, 1);
    batch_means_add(&means, UINT64_C(1) << 62, UINT64_MAX, UINT64_MAX);
    cr_assert(batch_means_is_valid(&means));
    cr_assert_leq(BATCH_MEANS_MOST / 2, means.full);
    batch_means_add(&means, 12, UINT64_MAX, UINT64_MAX); /* late: counts now */
    cr_assert_eq(means.current.count, 2);
    cr_assert(means.current.sum == 2 * (unsigned __int128)UINT64_MAX);
    batch_means_advance(&means, UINT64_MAX / 2);
    cr_assert(batch_means_of_rate(&means).known);
}

/* How often the interval holds the truth, in sigmas of 95 % of EXPERIMENTS. */
enum { EXPERIMENTS = 1000 };

static double sigmas_from_95(int held)
{
    return (held - 0.95 * EXPERIMENTS) / sqrt(EXPERIMENTS * 0.95 * 0.05);
}

/* Poisson arrivals whose values are normal: both questions, each with a known truth. */
Test(batch_means, covers_the_truth_95_times_in_100)
{
    struct distribution gap = {.kind = DISTRIBUTION_EXPONENTIAL, .a = 1000};
    struct distribution value = {.kind = DISTRIBUTION_NORMAL, .a = 80000, .b = 5000};
    struct random random;
    random_init(&random, 1, "coverage");
    int held_by_values = 0, held_by_rate = 0;
    for (int experiment = 0; experiment < EXPERIMENTS; experiment++) {
        struct batch_means means;
        batch_means_init(&means, 0, 10000);
        double sum = 0, count = 0;
        uint64_t now = distribution_draw(&gap, &random);
        for (; now < 600000; now += distribution_draw(&gap, &random)) {
            uint64_t drawn = distribution_draw(&value, &random);
            batch_means_add(&means, now, drawn, drawn);
            sum += (double)drawn;
            count++;
        }
        batch_means_advance(&means, 600000);
        held_by_values += fabs(sum / count - 80000) <= batch_means_of_values(&means).half_width;
        held_by_rate += fabs(sum / 600e-9 - 80000 * 1e9) <= batch_means_of_rate(&means).half_width;
    }
    cr_assert_lt(fabs(sigmas_from_95(held_by_values)), 3, "%d of %d", held_by_values, EXPERIMENTS);
    cr_assert_lt(fabs(sigmas_from_95(held_by_rate)), 3, "%d of %d", held_by_rate, EXPERIMENTS);
}

/* Values that each depend on the one before (autoregressive, 0.9): taken as independent, the interval would be four
 * times too narrow and hold the truth about a third of the time. */
Test(batch_means, covers_the_truth_of_values_that_depend_on_each_other)
{
    enum { OBSERVATIONS = 4096 };
    struct distribution noise = {.kind = DISTRIBUTION_UNIFORM, .a = 0, .b = 20000};
    struct random random;
    random_init(&random, 1, "autoregressive");
    int held = 0;
    for (int experiment = 0; experiment < EXPERIMENTS / 2; experiment++) {
        struct batch_means means;
        batch_means_init(&means, 0, 1000);
        double value = 100000, sum = 0;
        for (uint64_t i = 0; i < OBSERVATIONS; i++) {
            value = 0.9 * value + (double)distribution_draw(&noise, &random);
            batch_means_add(&means, i * 1000, (uint64_t)value, (uint64_t)value);
            sum += floor(value);
        }
        batch_means_advance(&means, OBSERVATIONS * 1000);
        held += fabs(sum / OBSERVATIONS - 99999.5) <= batch_means_of_values(&means).half_width;
    }
    cr_assert_gt(held, 0.91 * (EXPERIMENTS / 2), "%d of %d", held, EXPERIMENTS / 2);
}

Test(batch_means, sees_what_is_not_valid)
{
    struct batch_means means;
    batch_means_init(&means, 0, 1000);
    cr_assert(batch_means_is_valid(&means));
    struct batch_means broken = means;
    broken.width_ps = 0;
    cr_assert_not(batch_means_is_valid(&broken));
    broken = means;
    broken.full = BATCH_MEANS_MOST;
    cr_assert_not(batch_means_is_valid(&broken));
    broken = means;
    broken.full = 2;
    cr_assert_not(batch_means_is_valid(&broken), "it would have begun before time zero");
    broken = means;
    broken.batches[1].count = 1;
    cr_assert_not(batch_means_is_valid(&broken), "an observation ahead of its time");
}

Test(batch_means, refuses_no_width, .signal = SIGABRT)
{
    struct batch_means means;
    batch_means_init(&means, 0, 0);
}
