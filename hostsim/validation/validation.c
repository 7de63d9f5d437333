#include "hostsim/validation/validation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/run.h"
#include "hostsim/validation/embedded.h"

#define REASON_BYTES 512

/* The last run, for the rows that share it. */
struct session {
    const struct validation_request *request;
    const struct validation_row *row; /* whose run it was; NULL: none yet */
    struct results results;
    enum status status;
    char reason[REASON_BYTES];
};

static size_t set_count(const struct validation_row *row)
{
    size_t count = 0;
    while (count < VALIDATION_SETS_MAX && row->sets[count])
        count++;
    return count;
}

static bool is_same_run(const struct validation_row *one, const struct validation_row *other)
{
    if (strcmp(one->scenario, other->scenario) != 0 || set_count(one) != set_count(other))
        return false;
    for (size_t i = 0; i < set_count(one); i++)
        if (strcmp(one->sets[i], other->sets[i]) != 0)
            return false;
    return true;
}

/* The row's scenario, or NULL with what is wrong with it in REASON. */
static struct scenario *load(const struct validation_row *row, char reason[REASON_BYTES])
{
    const struct embedded_scenario *embedded = embedded_scenario_find(row->scenario);
    CHECK(embedded);
    struct faults faults = {0};
    struct scenario *scenario = scenario_load(
        &(struct scenario_request){
            .path = row->scenario,
            .text = embedded->text,
            .length = embedded->length,
            .sets = row->sets,
            .set_count = set_count(row),
        },
        &faults);
    struct faults *found = scenario ? &scenario->refusals : &faults;
    if (faults_added(found) > 0) {
        char *line = faults_line(found, 0);
        snprintf(reason, REASON_BYTES, "%s", line);
        free(line);
        scenario_free(scenario);
        scenario = NULL;
    }
    faults_free(&faults);
    return scenario;
}

/* Makes the session's run that of ROW. */
static void run(struct session *session, const struct validation_row *row)
{
    if (session->row && is_same_run(session->row, row))
        return;
    results_free(&session->results);
    session->row = row;
    session->reason[0] = '\0';
    session->status = STATUS_INVALID_ARGUMENT;
    struct scenario *scenario = load(row, session->reason);
    if (!scenario)
        return;
    struct run_options options = {.stop = session->request->stop};
    session->status = run_scenario(scenario, &options, &session->results, session->reason, sizeof session->reason);
    scenario_free(scenario);
}

void validation_judge(struct validation_outcome *outcome, double simulated)
{
    const struct validation_row *row = outcome->row;
    double difference = simulated - row->expected;
    outcome->simulated = simulated;
    outcome->deviation = row->bound == WITHIN_SHARE ? difference / row->expected : difference;
    if (row->bound == AT_LEAST)
        outcome->held = simulated >= row->expected * (1 - row->tolerance);
    else if (row->bound == AT_MOST)
        outcome->held = simulated <= row->expected * (1 + row->tolerance);
    else
        outcome->held = fabs(outcome->deviation) <= row->tolerance; /* not when NAN */
}

static void run_row(struct session *session, struct validation_outcome *outcome)
{
    const struct validation_row *row = outcome->row;
    run(session, row);
    bool ran = session->status == STATUS_OK;
    validation_judge(outcome, ran ? measure_read(row->measure, &session->results, row->of, row->than) : NAN);
    if (ran)
        return;
    const char *reason = session->reason[0] ? session->reason : status_name(session->status);
    outcome->reason = strdup(reason);
    CHECK(outcome->reason);
}

static bool is_wanted(const struct validation_request *request, unsigned number)
{
    for (size_t i = 0; i < request->number_count; i++)
        if (request->numbers[i] == number)
            return true;
    return request->number_count == 0;
}

static void
add_outcome(struct validation_report *report, const struct validation_case *of, const struct validation_row *row)
{
    report->outcomes = reallocarray(report->outcomes, report->outcome_count + 1, sizeof *report->outcomes);
    CHECK(report->outcomes);
    report->outcomes[report->outcome_count++] = (struct validation_outcome){.of = of, .row = row};
}

/* Lists what will be run. */
static void plan(const struct validation_request *request, struct validation_report *report)
{
    report->cases = calloc(validation_case_count, sizeof(struct validation_case *));
    CHECK(report->cases);
    for (size_t i = 0; i < validation_case_count; i++) {
        const struct validation_case *one = &validation_cases[i];
        if (!is_wanted(request, one->number))
            continue;
        report->cases[report->case_count++] = one;
        for (const struct validation_row *row = one->rows; row && row->what; row++)
            if (!request->quick || row->speed == QUICK)
                add_outcome(report, one, row);
    }
}

enum status validation_run(const struct validation_request *request, struct validation_report *report)
{
    struct session session = {.request = request};
    plan(request, report);
    for (size_t i = 0; i < report->outcome_count && session.status != STATUS_CANCELLED; i++) {
        if (request->on_row)
            request->on_row(request->context, i, report->outcome_count);
        run_row(&session, &report->outcomes[i]);
    }
    results_free(&session.results);
    return session.status == STATUS_CANCELLED ? STATUS_CANCELLED : STATUS_OK;
}

size_t validation_failures(const struct validation_report *report)
{
    size_t failures = 0;
    for (size_t i = 0; i < report->outcome_count; i++)
        failures += !report->outcomes[i].held;
    return failures;
}

void validation_report_free(struct validation_report *report)
{
    for (size_t i = 0; i < report->outcome_count; i++)
        free(report->outcomes[i].reason);
    free(report->outcomes);
    free(report->cases);
    *report = (struct validation_report){0};
}
