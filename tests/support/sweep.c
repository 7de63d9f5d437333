#include "tests/support/sweep.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool sweep_is_long(void)
{
    return getenv("MRIOV_VALIDATION_LONG") != NULL;
}

bool sweep_tries(uint32_t index, uint32_t every)
{
    return sweep_is_long() || index % every == 0;
}

static char *text_of(const char *format, va_list arguments)
{
    char *text = NULL;
    cr_assert_geq(vasprintf(&text, format, arguments), 0);
    return text;
}

struct results sweep_run(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = text_of(format, arguments);
    va_end(arguments);
    struct results results = rack_results(text);
    free(text);
    return results;
}

static void expect(double simulated, double expected, double units, const char *format, va_list arguments)
{
    char *what = text_of(format, arguments);
    cr_expect(
        fabs(simulated - expected) <= units, "%s: %g, not %g (%+.4f %%; at most %g off)", what, simulated, expected,
        100 * (simulated - expected) / expected, units);
    free(what);
}

void sweep_expect(double simulated, double expected, double share, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    expect(simulated, expected, share * fabs(expected), format, arguments);
    va_end(arguments);
}

void sweep_expect_units(double simulated, double expected, double units, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    expect(simulated, expected, units, format, arguments);
    va_end(arguments);
}
