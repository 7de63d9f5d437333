#include "hostsim/validation/validation_table.h"

#include <math.h>

#include "hostsim/rack/json_writer.h"
#include "hostsim/rack/text_table.h"

#define CELL (TEXT_TABLE_CELL + 1)
#define LINE_BYTES 256

/* "57.6141 Gb/s" */
static const char *quantity(char cell[CELL], double value, const struct validation_row *row)
{
    const char *unit = row->measure->unit;
    if (isnan(value))
        return "-";
    snprintf(cell, CELL, "%.*f%s%s", row->measure->decimals, value, unit[0] ? " " : "", unit);
    return cell;
}

/* VALUE with a sign, which a zero has not. */
static void print_signed(char cell[CELL], double value, int decimals, const char *unit)
{
    double half = 0.5;
    for (int i = 0; i < decimals; i++)
        half /= 10;
    if (fabs(value) < half)
        snprintf(cell, CELL, "%.*f %s", decimals, 0.0, unit);
    else
        snprintf(cell, CELL, "%+.*f %s", decimals, value, unit);
}

/* Only where there is a value to deviate from. */
static const char *deviation(char cell[CELL], const struct validation_outcome *outcome)
{
    const struct validation_row *row = outcome->row;
    if (row->bound == AT_LEAST || row->bound == AT_MOST)
        return "";
    if (isnan(outcome->deviation))
        return "-";
    if (row->bound == WITHIN_UNITS)
        print_signed(cell, outcome->deviation, row->measure->decimals, row->measure->unit);
    else
        print_signed(cell, 100 * outcome->deviation, 3, "%");
    return cell;
}

static const char *tolerance(char cell[CELL], const struct validation_row *row)
{
    if (row->bound == AT_LEAST || row->bound == AT_MOST) {
        const char *words = row->bound == AT_LEAST ? "at least" : "at most";
        if (row->tolerance == 0)
            return words;
        snprintf(cell, CELL, "%s, %g %%", words, 100 * row->tolerance);
        return cell;
    }
    if (row->bound == WITHIN_UNITS)
        snprintf(cell, CELL, "%g %s", row->tolerance, row->measure->unit);
    else if (100 * row->tolerance < 1e-6)
        return "exact";
    else
        snprintf(cell, CELL, "%g %%", 100 * row->tolerance);
    return cell;
}

static const char *verdict(const struct validation_outcome *outcome)
{
    return outcome->held ? "ok" : "OUT";
}

static void add_row(struct text_table *table, const struct validation_outcome *outcome)
{
    const struct validation_row *row = outcome->row;
    char number[CELL], expected[CELL], simulated[CELL], deviates[CELL], within[CELL];
    char line[LINE_BYTES];
    snprintf(number, sizeof number, "%u", outcome->of->number);
    text_table_row(
        table, (const char *const[]){
                   number, row->what, row->measure->name, quantity(expected, row->expected, row),
                   quantity(simulated, outcome->simulated, row), deviation(deviates, outcome), tolerance(within, row),
                   verdict(outcome)});
    if (outcome->reason) {
        snprintf(line, sizeof line, "      %s", outcome->reason);
        text_table_line(table, line);
    }
}

static void add_case(struct text_table *table, const struct validation_report *report, const struct validation_case *of)
{
    char line[LINE_BYTES];
    snprintf(line, sizeof line, "\n%u. %s (%s)", of->number, of->name, of->source);
    text_table_line(table, line);
    size_t rows = 0;
    for (size_t i = 0; i < report->outcome_count; i++) {
        if (report->outcomes[i].of != of)
            continue;
        add_row(table, &report->outcomes[i]);
        rows++;
    }
    if (of->rows && rows == 0)
        text_table_line(table, "    left out by --quick: its figures are statistical");
    if (!of->waits_for)
        return;
    snprintf(line, sizeof line, "    not covered: waits for %s", of->waits_for);
    text_table_line(table, line);
}

static void print_verdict(const struct validation_report *report, FILE *out)
{
    size_t held = report->outcome_count - validation_failures(report);
    if (report->outcome_count == 0)
        fputs("\nNo row was run: there is no verdict.\n", out);
    else
        fprintf(out, "\n%zu of %zu rows hold.\n", held, report->outcome_count);
}

void validation_table_write(const struct validation_report *report, FILE *out)
{
    static const char *const headings[] = {"CASE",      "WHAT",      "FIGURE",    "EXPECTED",
                                           "SIMULATED", "DEVIATION", "TOLERANCE", "VERDICT"};
    struct text_table table = text_table_start(headings, "><<>>>><");
    for (size_t i = 0; i < report->case_count; i++)
        add_case(&table, report, report->cases[i]);
    text_table_print(&table, out);
    text_table_free(&table);
    print_verdict(report, out);
}

static void write_settings(struct json_writer *json, const struct validation_row *row)
{
    json_write_open(json, "settings", '[');
    for (size_t i = 0; i < VALIDATION_SETS_MAX && row->sets[i]; i++)
        json_write_text(json, NULL, row->sets[i]);
    json_write_close(json);
}

static const char *bound_name(enum validation_bound bound)
{
    static const char *const names[] = {
        [WITHIN_SHARE] = "share", [WITHIN_UNITS] = "units", [AT_LEAST] = "at least", [AT_MOST] = "at most"};
    return names[bound];
}

static void write_row(struct json_writer *json, const struct validation_outcome *outcome)
{
    const struct validation_row *row = outcome->row;
    json_write_open(json, NULL, '{');
    json_write_text(json, "what", row->what);
    json_write_text(json, "scenario", row->scenario);
    write_settings(json, row);
    json_write_text(json, "figure", row->measure->name);
    json_write_text(json, "unit", row->measure->unit);
    json_write_real(json, "expected", row->expected);
    json_write_real(json, "simulated", outcome->simulated);
    json_write_real(json, "deviation", outcome->deviation);
    json_write_text(json, "bound", bound_name(row->bound));
    json_write_real(json, "tolerance", row->tolerance);
    json_write_text(json, "verdict", outcome->held ? "ok" : "out");
    json_write_text(json, "reason", outcome->reason);
    json_write_close(json);
}

static void
write_case(struct json_writer *json, const struct validation_report *report, const struct validation_case *of)
{
    json_write_open(json, NULL, '{');
    json_write_count(json, "case", of->number);
    json_write_text(json, "name", of->name);
    json_write_text(json, "source", of->source);
    json_write_text(json, "waits_for", of->waits_for);
    json_write_open(json, "rows", '[');
    for (size_t i = 0; i < report->outcome_count; i++)
        if (report->outcomes[i].of == of)
            write_row(json, &report->outcomes[i]);
    json_write_close(json);
    json_write_close(json);
}

void validation_json_write(const struct validation_report *report, FILE *out)
{
    struct json_writer json = json_writer_start(out);
    json_write_open(&json, NULL, '{');
    json_write_open(&json, "cases", '[');
    for (size_t i = 0; i < report->case_count; i++)
        write_case(&json, report, report->cases[i]);
    json_write_close(&json);
    json_write_count(&json, "rows", report->outcome_count);
    json_write_count(&json, "failed", validation_failures(report));
    json_write_close(&json);
}
