/* Validation: runs the rows of cases, and holds what comes out against what must.
 *
 *     struct validation_report report = {0};
 *     validation_run(&(struct validation_request){.quick = true}, &report);
 *     validation_table_write(&report, stdout);
 *     validation_report_free(&report);
 *
 * Rows of one scenario and settings that follow each other share a run. It prints nothing and reads no clock. */
#ifndef HOSTSIM_VALIDATION_VALIDATION_H
#define HOSTSIM_VALIDATION_VALIDATION_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "fabric/base/status.h"
#include "hostsim/validation/validation_case.h"

struct validation_request {
    const unsigned *numbers; /* of the cases, which must exist; in the order of the list, whatever theirs */
    size_t number_count;     /* 0: all cases */
    bool quick;              /* without the slow rows */
    void (*on_row)(void *context, size_t done, size_t total); /* before each row; NULL: not wanted */
    void *context;
    const volatile sig_atomic_t *stop; /* ends it soon after it is not 0; NULL: cannot be stopped */
};

/* What became of a row. */
struct validation_outcome {
    const struct validation_case *of;
    const struct validation_row *row;
    double simulated; /* NAN: not measured, or the run failed */
    double deviation; /* simulated less expected: a share of that WITHIN_SHARE, otherwise in the unit */
    bool held;
    char *reason; /* why the run failed; NULL: it did not */
};

/* {0} is an empty one. Owns all it points to but cases and rows. */
struct validation_report {
    const struct validation_case **cases; /* what was asked for, those without rows too */
    size_t case_count;
    struct validation_outcome *outcomes; /* by case */
    size_t outcome_count;
};

/* Runs what REQUEST asks for. STATUS_OK, or STATUS_CANCELLED when it was stopped; a row that cannot be run is an
 * outcome like any other. */
MUST_CHECK enum status validation_run(const struct validation_request *request, struct validation_report *report);

/* The verdict on SIMULATED: fills deviation and held. */
void validation_judge(struct validation_outcome *outcome, double simulated);

/* How many rows did not hold. */
size_t validation_failures(const struct validation_report *report);

void validation_report_free(struct validation_report *report);

#endif
