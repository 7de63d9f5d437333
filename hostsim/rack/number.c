#include "hostsim/rack/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"

#define DIGITS 9

char *number_ns(uint64_t ps, char buffer[NUMBER_BYTES])
{
    unsigned fraction = (unsigned)(ps % PS_PER_NS);
    int length = snprintf(buffer, NUMBER_BYTES, "%" PRIu64 ".%03u", ps / PS_PER_NS, fraction);
    while (buffer[length - 1] == '0')
        length--;
    if (buffer[length - 1] == '.')
        length--;
    buffer[length] = '\0';
    return buffer;
}

/* Beyond this a double has no thousandths left to round. */
#define REAL_NS_MAX 9e12

char *number_real_ns(double value_ns, char buffer[NUMBER_BYTES])
{
    if (fabs(value_ns) >= REAL_NS_MAX)
        return number_real(value_ns, buffer);
    uint64_t ps = (uint64_t)(fabs(value_ns) * (double)PS_PER_NS + 0.5);
    char digits[NUMBER_BYTES];
    number_ns(ps, digits);
    snprintf(buffer, NUMBER_BYTES, "%s%.*s", value_ns < 0 && ps ? "-" : "", NUMBER_BYTES - 2, digits);
    return buffer;
}

/* VALUE > 0 as DIGITS significant digits without trailing zeros, and its decimal exponent. "%e" rounds correctly, and
 * its digits and exponent can be picked out whatever the locale's decimal point. */
static int significant_digits(double value, char digits[DIGITS + 1])
{
    char text[NUMBER_BYTES * 2];
    snprintf(text, sizeof text, "%.*e", DIGITS - 1, value);
    const char *exponent = strchr(text, 'e');
    CHECK(exponent);
    size_t count = 0;
    for (const char *at = text; at < exponent; at++)
        if (*at >= '0' && *at <= '9' && count < DIGITS)
            digits[count++] = *at;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    digits[count] = '\0';
    return atoi(exponent + 1);
}

/* d.ddde+xx */
static void layout_scientific(char *out, size_t size, const char *digits, int exponent)
{
    snprintf(
        out, size, "%c%s%se%c%02d", digits[0], digits[1] ? "." : "", digits + 1, exponent < 0 ? '-' : '+',
        abs(exponent));
}

/* ddd.ddd, ddd000 or 0.000ddd; EXPONENT from -4 to 8. */
static void layout_plain(char *out, size_t size, const char *digits, int exponent)
{
    int count = (int)strlen(digits);
    int whole = exponent + 1;
    if (whole <= 0)
        snprintf(out, size, "0.%.*s%s", -whole, "0000", digits);
    else if (count <= whole)
        snprintf(out, size, "%s%.*s", digits, whole - count, "00000000");
    else
        snprintf(out, size, "%.*s.%s", whole, digits, digits + whole);
}

char *number_real(double value, char buffer[NUMBER_BYTES])
{
    CHECK(isfinite(value));
    if (value == 0)
        return strcpy(buffer, "0");
    char digits[DIGITS + 1];
    int exponent = significant_digits(fabs(value), digits);
    char *out = buffer;
    size_t size = NUMBER_BYTES;
    if (value < 0) {
        *out++ = '-';
        size--;
    }
    if (exponent < -4 || exponent >= DIGITS)
        layout_scientific(out, size, digits, exponent);
    else
        layout_plain(out, size, digits, exponent);
    return buffer;
}
