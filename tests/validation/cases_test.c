/* All rows of all cases that are there, as `mriov validate` runs them: none may be out of its tolerance. Under the
 * sanitizers, which prove nothing about figures, the quick ones. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostsim/validation/validation.h"
#include "hostsim/validation/validation_table.h"
#include "tests/support/place.h"
#include "tests/support/sheet.h"

#ifdef __SANITIZE_ADDRESS__
#define QUICK_ONLY true
#elif defined(__has_feature)
#define QUICK_ONLY __has_feature(address_sanitizer)
#else
#define QUICK_ONLY false
#endif

static char *read_page(const char *path)
{
    char name[4096];
    snprintf(name, sizeof name, "%s/%s", place_source_dir(), path);
    FILE *file = fopen(name, "r");
    cr_assert_not_null(file, "%s", name);
    char *text = NULL;
    size_t size = 0;
    cr_assert_gt(getdelim(&text, &size, '\0', file), 0);
    fclose(file);
    return text;
}

/* The table of docs/validation.md is that of REPORT to the last figure. */
static void expect_table(const struct validation_report *report)
{
    struct sheet table;
    sheet_open(&table);
    validation_table_write(report, table.out);
    char *page = read_page("docs/validation.md");
    cr_expect(strstr(page, sheet_close(&table)), "docs/validation.md has another table: run tools/validation_page");
    free(page);
    sheet_free(&table);
}

Test(cases, every_row_holds)
{
    struct validation_report report = {0};
    cr_assert_eq(validation_run(&(struct validation_request){.quick = QUICK_ONLY}, &report), STATUS_OK);
    cr_expect_geq(report.outcome_count, 100);
    if (validation_failures(&report) > 0)
        validation_table_write(&report, stderr);
    cr_expect_eq(validation_failures(&report), 0);
    if (!QUICK_ONLY)
        expect_table(&report);
    validation_report_free(&report);
}

/* docs/validation.md shows every row, and none that is gone. */
Test(cases, the_page_has_every_row)
{
    char *page = read_page("docs/validation.md");
    struct validation_report report = {0};
    const volatile sig_atomic_t stop = 1;
    cr_assert_eq(validation_run(&(struct validation_request){.stop = &stop}, &report), STATUS_CANCELLED);
    char line[256];
    snprintf(line, sizeof line, "\n%zu of %zu rows hold.\n", report.outcome_count, report.outcome_count);
    cr_expect(strstr(page, line), "%s", line);
    for (size_t i = 0; i < report.outcome_count; i++) {
        snprintf(line, sizeof line, "\n  %2u  %s ", report.outcomes[i].of->number, report.outcomes[i].row->what);
        cr_expect(strstr(page, line), "%s", line);
    }
    validation_report_free(&report);
    free(page);
}
