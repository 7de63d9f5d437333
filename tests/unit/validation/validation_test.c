#include "hostsim/validation/validation.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hostsim/validation/embedded.h"
#include "tests/support/bench_table.h"

static bool holds(enum validation_bound bound, double tolerance, double expected, double simulated)
{
    struct validation_row row = {.expected = expected, .bound = bound, .tolerance = tolerance};
    struct validation_outcome outcome = {.row = &row};
    validation_judge(&outcome, simulated);
    cr_expect(isnan(simulated) || outcome.simulated == simulated);
    return outcome.held;
}

Test(validation, judges_each_bound_on_both_sides)
{
    static const struct {
        enum validation_bound bound;
        double tolerance, expected, simulated;
        bool held;
    } cases[] = {
        {WITHIN_SHARE, 0.01, 200, 201.9, true},
        {WITHIN_SHARE, 0.01, 200, 202.1, false},
        {WITHIN_SHARE, 0.01, 200, 198.1, true},
        {WITHIN_SHARE, 0.01, 200, 197.9, false},
        {WITHIN_UNITS, 0.5, 200, 200.5, true},
        {WITHIN_UNITS, 0.5, 200, 200.6, false},
        {WITHIN_UNITS, 0.5, 200, 199.5, true},
        {WITHIN_UNITS, 0.5, 200, 199.4, false},
        {WITHIN_UNITS, 0.5, 0, 0.4, true},
        {AT_LEAST, 0, 0.97, 0.97, true},
        {AT_LEAST, 0, 0.97, 0.9699, false},
        {AT_MOST, 0, 15, 15, true},
        {AT_MOST, 0, 15, 15.1, false},
        {AT_MOST, 0, 15, -3, true},
        {AT_LEAST, 0.01, 200, 198.1, true},
        {AT_LEAST, 0.01, 200, 197.9, false},
        {AT_MOST, 0.01, 200, 201.9, true},
        {AT_MOST, 0.01, 200, 202.1, false},
        {WITHIN_SHARE, 0.01, 200, NAN, false},
        {WITHIN_UNITS, 1, 200, NAN, false},
        {AT_LEAST, 0, 1, NAN, false},
        {AT_MOST, 0, 1, NAN, false},
        {WITHIN_UNITS, 1, 200, INFINITY, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(
            holds(cases[i].bound, cases[i].tolerance, cases[i].expected, cases[i].simulated), cases[i].held, "case %zu",
            i);
}

Test(validation, the_deviation_is_in_the_tolerances_kind)
{
    struct validation_row row = {.expected = 200, .bound = WITHIN_SHARE};
    struct validation_outcome outcome = {.row = &row};
    validation_judge(&outcome, 210);
    cr_expect_float_eq(outcome.deviation, 0.05, 1e-12);
    row.bound = WITHIN_UNITS;
    validation_judge(&outcome, 190);
    cr_expect_float_eq(outcome.deviation, -10, 1e-12);
}

/* The numbers of the list, without a gap; rows that can be found, run and printed. */
Test(validation, the_tables_are_whole)
{
    for (size_t i = 0; i < validation_case_count; i++) {
        const struct validation_case *one = &validation_cases[i];
        cr_expect_eq(one->number, i + 1);
        cr_expect_eq(validation_case_find(one->number), one);
        cr_expect(one->rows || one->waits_for, "case %u has neither rows nor a reason", one->number);
        for (const struct validation_row *row = one->rows; row && row->what; row++) {
            cr_expect(embedded_scenario_find(row->scenario), "%s: no such scenario", row->scenario);
            cr_expect_leq(strlen(row->what), 30, "%s: cut in the table", row->what);
            cr_expect_eq(row->measure->compare != NULL, row->than != NULL, "%s", row->what);
            bool bounded = row->bound == AT_LEAST || row->bound == AT_MOST;
            cr_expect(bounded || row->tolerance > 0, "%s", row->what);
            cr_expect(row->tolerance < 0.5 || row->bound == WITHIN_UNITS, "%s", row->what);
        }
    }
    cr_expect_null(validation_case_find(0));
    cr_expect_null(validation_case_find((unsigned)validation_case_count + 1));
}

/* Files that no row runs would be forgotten. */
Test(validation, every_embedded_scenario_is_run)
{
    cr_expect_gt(embedded_scenario_count, 0);
    cr_expect_null(embedded_scenario_find("no-such"));
    for (size_t text = 0; text < embedded_scenario_count; text++) {
        bool used = false;
        cr_expect_eq(strlen(embedded_scenarios[text].text), embedded_scenarios[text].length);
        for (size_t i = 0; i < validation_case_count; i++)
            for (const struct validation_row *row = validation_cases[i].rows; row && row->what; row++)
                used |= strcmp(row->scenario, embedded_scenarios[text].name) == 0;
        cr_expect(used, "%s", embedded_scenarios[text].name);
    }
}

static void count_row(void *context, size_t done, size_t total)
{
    size_t *rows = context;
    cr_expect_eq(done, *rows);
    cr_expect_lt(done, total);
    ++*rows;
}

Test(validation, runs_what_is_asked_for_in_the_order_of_the_list)
{
    const unsigned numbers[] = {9, 2, 7};
    size_t rows = 0;
    struct validation_report report = {0};
    struct validation_request request = {.numbers = numbers, .number_count = 3, .on_row = count_row, .context = &rows};
    cr_assert_eq(validation_run(&request, &report), STATUS_OK);
    cr_assert_eq(report.case_count, 3);
    cr_expect_eq(report.cases[0]->number, 2);
    cr_expect_eq(report.cases[1]->number, 7);
    cr_expect_eq(report.cases[2]->number, 9);
    cr_expect_gt(report.outcome_count, 0);
    cr_expect_eq(rows, report.outcome_count);
    cr_expect_eq(report.outcomes[0].of->number, 2);
    cr_expect_eq(report.outcomes[report.outcome_count - 1].of->number, 9);
    cr_expect_eq(validation_failures(&report), 0);
    validation_report_free(&report);
}

Test(validation, quick_leaves_the_slow_rows_out)
{
    struct validation_report report = {0};
    const unsigned number = 13;
    struct validation_request request = {.numbers = &number, .number_count = 1, .quick = true};
    cr_assert_eq(validation_run(&request, &report), STATUS_OK);
    cr_expect_eq(report.case_count, 1);
    cr_expect_eq(report.outcome_count, 0);
    validation_report_free(&report);
}

Test(validation, can_be_stopped)
{
    struct validation_report report = {0};
    const volatile sig_atomic_t stop = 1;
    const unsigned number = 13;
    struct validation_request request = {.numbers = &number, .number_count = 1, .stop = &stop};
    cr_expect_eq(validation_run(&request, &report), STATUS_CANCELLED);
    validation_report_free(&report);
}

/* The rows of case 5 are those of the published table, none left out. */
Test(validation, case_5_is_the_published_table)
{
    static struct bench_stream streams[BENCH_ROWS_MAX];
    size_t count = bench_streams(streams), rows = 0;
    for (const struct validation_row *row = rows_bench_model; row->what; row++)
        rows++;
    cr_assert_eq(rows, 3 * count);
    for (size_t i = 0; i < count; i++) {
        const struct validation_row *write = &rows_bench_model[3 * i], *read = write + 1, *both = write + 2;
        char what[64], set[64];
        snprintf(what, sizeof what, "gen%u x%u, %u B, write", streams[i].gen, streams[i].width, streams[i].size_bytes);
        cr_expect_str_eq(write->what, what);
        cr_expect_eq(write->expected, streams[i].write_gbps, "%s", what);
        cr_expect_eq(read->expected, streams[i].read_gbps, "%s", what);
        cr_expect_eq(both->expected, streams[i].read_write_gbps, "%s", what);
        snprintf(set, sizeof set, "hosts.h.mps=%uB", streams[i].mps_bytes);
        cr_expect_str_eq(write->sets[2], set);
        snprintf(set, sizeof set, "hosts.h.mrrs=%uB", streams[i].mrrs_bytes);
        cr_expect_str_eq(write->sets[3], set);
    }
}
