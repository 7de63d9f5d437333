/* All rows of all cases that are there, as `mriov validate` runs them: none may be out of its tolerance. Under the
 * sanitizers, which prove nothing about figures, the quick ones. */
#include <criterion/criterion.h>

#include "hostsim/validation/validation.h"
#include "hostsim/validation/validation_table.h"

#ifdef __SANITIZE_ADDRESS__
#define QUICK_ONLY true
#elif defined(__has_feature)
#define QUICK_ONLY __has_feature(address_sanitizer)
#else
#define QUICK_ONLY false
#endif

Test(cases, every_row_holds)
{
    struct validation_report report = {0};
    cr_assert_eq(validation_run(&(struct validation_request){.quick = QUICK_ONLY}, &report), STATUS_OK);
    cr_expect_geq(report.outcome_count, 100);
    if (validation_failures(&report) > 0)
        validation_table_write(&report, stderr);
    cr_expect_eq(validation_failures(&report), 0);
    validation_report_free(&report);
}
