#include "hostsim/rack/quantity.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"

/* A unit as so many of the kind's own: multiplier * 10^power. */
struct unit {
    const char *name;
    uint64_t multiplier;
    int power;
    bool of_operations;
};

#define KI UINT64_C(1024)

static const struct unit time_units[] = {{"ps", 1, 0, 0}, {"ns", 1, 3, 0}, {"us", 1, 6, 0},
                                         {"ms", 1, 9, 0}, {"s", 1, 12, 0}, {0}};
static const struct unit size_units[] = {
    {"B", 1, 0, 0},  {"KiB", KI, 0, 0}, {"MiB", KI *KI, 0, 0}, {"GiB", KI *KI *KI, 0, 0},
    {"kB", 1, 3, 0}, {"MB", 1, 6, 0},   {"GB", 1, 9, 0},       {0}};
static const struct unit bandwidth_units[] = {{"bps", 1, 0, 0},  {"kbps", 1, 3, 0}, {"Mbps", 1, 6, 0},
                                              {"Gbps", 1, 9, 0}, {"B/s", 8, 0, 0},  {"kB/s", 8, 3, 0},
                                              {"MB/s", 8, 6, 0}, {"GB/s", 8, 9, 0}, {0}};
static const struct unit rate_units[] = {{"bps", 1, 3, 0},    {"kbps", 1, 6, 0},   {"Mbps", 1, 9, 0},
                                         {"Gbps", 1, 12, 0},  {"B/s", 8, 3, 0},    {"kB/s", 8, 6, 0},
                                         {"MB/s", 8, 9, 0},   {"GB/s", 8, 12, 0},  {"ops/s", 1, 3, 1},
                                         {"kops/s", 1, 6, 1}, {"Mops/s", 1, 9, 1}, {0}};
static const struct unit operation_units[] = {{"ops/s", 1, 3, 1}, {"kops/s", 1, 6, 1}, {"Mops/s", 1, 9, 1}, {0}};
static const struct unit length_units[] = {{"m", 1, 6, 0}, {"cm", 1, 4, 0}, {0}};
static const struct unit ratio_units[] = {{"", 1, 18, 0}, {"%", 1, 16, 0}, {0}};
static const struct unit decimal_units[] = {{"", 1, 3, 0}, {0}};
static const struct unit weight_units[] = {{"", 1, 6, 0}, {"%", 1, 4, 0}, {0}};
static const struct unit count_units[] = {{"", 1, 0, 0}, {0}};

static const struct kind {
    const struct unit *units;
    const char *unit_names;
    const char *noun;   /* "80Gbps is not a time" */
    const char *finest; /* "finer than 1 ps" */
    bool exponent;      /* `1e-12` may be written */
    bool rounds_up;     /* what is finer becomes the next whole one */
} kinds[] = {
    [QUANTITY_TIME] = {time_units, "ps ns us ms s", "a time", "1 ps", false, false},
    [QUANTITY_SIZE] = {size_units, "B KiB MiB GiB kB MB GB", "a size", "1 B", false, true},
    [QUANTITY_BANDWIDTH] =
        {bandwidth_units, "bps kbps Mbps Gbps B/s kB/s MB/s GB/s", "a rate of data", "1 bit/s", false, false},
    [QUANTITY_RATE] =
        {rate_units, "bps kbps Mbps Gbps B/s kB/s MB/s GB/s ops/s kops/s Mops/s", "a rate", "a thousandth", false,
         false},
    [QUANTITY_OPERATIONS] =
        {operation_units, "ops/s kops/s Mops/s", "a rate of operations", "a thousandth", false, false},
    [QUANTITY_LENGTH] = {length_units, "m cm", "a length", "1 um", false, false},
    [QUANTITY_RATIO] = {ratio_units, "", "a ratio (0.8 or 80%)", "1e-18", true, false},
    [QUANTITY_DECIMAL] = {decimal_units, "", "a number", "a thousandth", false, false},
    [QUANTITY_WEIGHT] = {weight_units, "", "a weight (a number)", "a millionth", false, true},
    [QUANTITY_COUNT] = {count_units, "", "a whole number", "1", false, false},
};

const char *quantity_units(enum quantity_kind kind)
{
    return kinds[kind].unit_names;
}

static enum status refuse(struct quantity_why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
static enum status refuse(struct quantity_why *why, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    return STATUS_INVALID_ARGUMENT;
}

/* The number before the unit: digits * 10^power, digits without the zeros at either end. */
struct decimal {
    uint64_t digits;
    int power;
    bool overflow; /* more significant digits than 64 bits hold */
};

/* Takes one more digit. Zeros wait until another digit follows, so that 1.000 is 1 and 10^30 no overflow of digits. */
static void take_digit(struct decimal *decimal, int *zeros, unsigned digit, bool fraction)
{
    decimal->power -= fraction;
    if (digit == 0) {
        *zeros += decimal->digits != 0;
        return;
    }
    for (; *zeros > 0; (*zeros)--)
        decimal->overflow |= __builtin_mul_overflow(decimal->digits, 10, &decimal->digits);
    decimal->overflow |= __builtin_mul_overflow(decimal->digits, 10, &decimal->digits);
    decimal->overflow |= __builtin_add_overflow(decimal->digits, digit, &decimal->digits);
}

/* Reads `12`, `0.5`; returns what follows, or NULL when TEXT does not start with a number. */
static const char *read_decimal(const char *text, struct decimal *decimal)
{
    *decimal = (struct decimal){0};
    int zeros = 0, count = 0;
    for (; *text >= '0' && *text <= '9'; text++, count++)
        take_digit(decimal, &zeros, (unsigned)(*text - '0'), false);
    if (count == 0)
        return NULL;
    if (*text == '.') {
        text++;
        for (count = 0; *text >= '0' && *text <= '9'; text++, count++)
            take_digit(decimal, &zeros, (unsigned)(*text - '0'), true);
        if (count == 0)
            return NULL;
    }
    decimal->power += zeros;
    return text;
}

/* Reads `e-12` at TEXT, if it is there; returns what follows. */
static const char *read_exponent(const char *text, struct decimal *decimal)
{
    if (*text != 'e' && *text != 'E')
        return text;
    const char *digits = text + 1;
    bool negative = *digits == '-';
    digits += *digits == '-' || *digits == '+';
    if (*digits < '0' || *digits > '9')
        return text;
    int exponent = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        exponent = exponent < 1000 ? exponent * 10 + (*digits - '0') : exponent;
    decimal->power += negative ? -exponent : exponent;
    return digits;
}

/* decimal * multiplier * 10^power as a whole number. */
static enum status scale(
    const struct kind *kind, const char *text, struct decimal decimal, const struct unit *unit, uint64_t *value,
    struct quantity_why *why)
{
    int power = decimal.power + unit->power;
    bool overflow = decimal.overflow;
    *value = 0;
    if (decimal.digits == 0 && !overflow)
        return STATUS_OK;
    /* KiB brings factors of two, so a fraction may still come out whole: multiply first. */
    unsigned __int128 wide = (unsigned __int128)decimal.digits * unit->multiplier;
    for (; power > 0 && !overflow; power--) {
        wide *= 10;
        overflow = wide > UINT64_MAX;
    }
    bool rest = false;
    for (; power < 0 && !overflow; power++) {
        rest = rest || wide % 10;
        if (rest && !kind->rounds_up)
            return kind == &kinds[QUANTITY_COUNT] ? refuse(why, "%.40s is not a whole number", text)
                                                  : refuse(why, "%.40s is finer than %s", text, kind->finest);
        wide /= 10;
    }
    wide += rest;
    if (overflow || wide > UINT64_MAX)
        return refuse(why, "%.40s is too large", text);
    *value = (uint64_t)wide;
    return STATUS_OK;
}

static const struct unit *find_unit(const struct kind *kind, const char *name)
{
    for (const struct unit *unit = kind->units; unit->name; unit++) {
        if (strcmp(unit->name, name) == 0)
            return unit;
    }
    return NULL;
}

/* The unit that NAME would be in another case, where only one would be. */
static const struct unit *find_unit_in_any_case(const struct kind *kind, const char *name)
{
    const struct unit *found = NULL;
    for (const struct unit *unit = kind->units; unit->name; unit++) {
        if (strcasecmp(unit->name, name) == 0 && found)
            return NULL;
        if (strcasecmp(unit->name, name) == 0)
            found = unit;
    }
    return found;
}

static enum status refuse_unit(const struct kind *kind, const char *text, const char *name, struct quantity_why *why)
{
    if (*kind->unit_names == '\0')
        return refuse(why, "`%.40s` is not %s", text, kind->noun);
    if (*name == '\0')
        return refuse(why, "%.40s needs a unit: %s", text, kind->unit_names);
    if ((*name == 'e' || *name == 'E') && strpbrk(name, "0123456789"))
        return refuse(why, "`%.40s` is not %s; write plain decimals", text, kind->noun);
    const struct unit *meant = find_unit_in_any_case(kind, name);
    if (meant)
        return refuse(why, "unknown unit `%.20s`; did you mean `%s`?", name, meant->name);
    return refuse(why, "`%.40s` is not %s; its units are %s", text, kind->noun, kind->unit_names);
}

static enum status refuse_number(const struct kind *kind, const char *text, struct quantity_why *why)
{
    if (*text == '-' && text[1] >= '0' && text[1] <= '9')
        return refuse(why, "%.40s is negative", text);
    if (*text == '\0')
        return refuse(
            why, "a value is missing here: %s%s%s", kind->noun, *kind->unit_names ? " in " : "", kind->unit_names);
    return refuse(
        why, "`%.40s` is not %s%s%s", text, kind->noun, *kind->unit_names ? "; its units are " : "", kind->unit_names);
}

enum status
quantity_parse(enum quantity_kind kind_index, const char *text, struct quantity *quantity, struct quantity_why *why)
{
    CHECK((size_t)kind_index < sizeof kinds / sizeof kinds[0]);
    const struct kind *kind = &kinds[kind_index];
    struct decimal decimal;
    const char *name = read_decimal(text, &decimal);
    if (!name)
        return refuse_number(kind, text, why);
    if (kind->exponent)
        name = read_exponent(name, &decimal);
    while (*name == ' ')
        name++;
    bool zero = decimal.digits == 0 && !decimal.overflow;
    const struct unit *unit = find_unit(kind, name);
    if (!unit && zero && *name == '\0')
        unit = &kind->units[0];
    if (!unit)
        return refuse_unit(kind, text, name, why);
    uint64_t value;
    enum status status = scale(kind, text, decimal, unit, &value, why);
    if (status == STATUS_OK)
        *quantity = (struct quantity){.value = value, .of_operations = unit->of_operations};
    return status;
}

enum status quantity_parse_boolean(const char *text, bool *value, struct quantity_why *why)
{
    bool is_true = strcmp(text, "true") == 0 || strcmp(text, "on") == 0;
    if (!is_true && strcmp(text, "false") != 0 && strcmp(text, "off") != 0)
        return refuse(why, "`%.40s` is neither on nor off", text);
    *value = is_true;
    return STATUS_OK;
}

char *quantity_text(enum quantity_kind kind, uint64_t value, char buffer[QUANTITY_TEXT_BYTES])
{
    static const struct {
        const char *name;
        uint64_t size;
    } times[] = {{"s", PS_PER_S}, {"ms", PS_PER_MS}, {"us", PS_PER_US}, {"ns", PS_PER_NS}, {"ps", 1}},
      sizes[] = {{"GiB", UINT64_C(1) << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}, *unit;
    CHECK(kind == QUANTITY_TIME || kind == QUANTITY_SIZE);
    unit = kind == QUANTITY_TIME ? times : sizes;
    while (unit->size > 1 && (value == 0 || value % unit->size != 0))
        unit++;
    snprintf(buffer, QUANTITY_TEXT_BYTES, "%llu%s", (unsigned long long)(value / unit->size), unit->name);
    return buffer;
}
