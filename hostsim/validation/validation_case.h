/* Validation case: what the simulator must reproduce, as constant tables.
 *
 * A case is a published model, a published measurement or exact theory; it has rows, each a scenario with settings, one
 * figure of its results, and what that figure must be. Scenarios are docs/scenarios/validation/NAME.yaml, which say
 * where their parameters come from. Expected values and tolerances come from the source: nothing here is to be changed
 * because a row fails.
 *
 * The tables are constants; nobody owns anything. */
#ifndef HOSTSIM_VALIDATION_VALIDATION_CASE_H
#define HOSTSIM_VALIDATION_VALIDATION_CASE_H

#include <stddef.h>

#include "hostsim/validation/measure.h"

#define VALIDATION_SETS_MAX 8

enum validation_bound {
    WITHIN_SHARE, /* of the expected value: 0.01 is one percent */
    WITHIN_UNITS, /* in the figure's unit */
    AT_LEAST,     /* the expected value, less a share of it; 0: to the letter */
    AT_MOST,      /* the same upward */
};

/* SLOW ones are left out of the quick subset: many TLPs, because the figure is statistical. */
enum validation_speed { QUICK, SLOW };

struct validation_row {
    const char *what;                      /* what distinguishes it among its case's: "gen3 x8, 256 B" */
    const char *scenario;                  /* the file's name without its ending */
    const char *sets[VALIDATION_SETS_MAX]; /* arguments of --set; the rest is NULL */
    const struct measure *measure;
    const char *of, *than; /* what it measures, and with what that is compared; as the measure has it */
    double expected;
    enum validation_bound bound;
    double tolerance;
    enum validation_speed speed;
};

struct validation_case {
    unsigned number; /* as in the list of cases */
    const char *name;
    const char *source;
    const char *waits_for;             /* what the model lacks for (more of) it; NULL: nothing */
    const struct validation_row *rows; /* ends with one that has no `what`; NULL: none yet */
};

/* All cases, by number. */
extern const struct validation_case validation_cases[];
extern const size_t validation_case_count;

/* NULL when there is none of this number. */
const struct validation_case *validation_case_find(unsigned number);

/* The rows of the cases that have any, in rows_*.c. */
extern const struct validation_row rows_raw_rate[];
extern const struct validation_row rows_serialisation[];
extern const struct validation_row rows_write_stream[];
extern const struct validation_row rows_read_stream[];
extern const struct validation_row rows_bench_model[];
extern const struct validation_row rows_measured_host[];
extern const struct validation_row rows_remote_socket[];
extern const struct validation_row rows_physical[];
extern const struct validation_row rows_both_ways[];
extern const struct validation_row rows_reads_in_flight[];
extern const struct validation_row rows_credits[];
extern const struct validation_row rows_md1[];
extern const struct validation_row rows_saturation[];
extern const struct validation_row rows_equal_shares[];
extern const struct validation_row rows_max_min[];
extern const struct validation_row rows_payloads[];
extern const struct validation_row rows_weights[];
extern const struct validation_row rows_replay[];
extern const struct validation_row rows_hops[];
extern const struct validation_row rows_routable[];
extern const struct validation_row rows_tree[];
extern const struct validation_row rows_opposite[];
extern const struct validation_row rows_mr_prefix[];

#endif
