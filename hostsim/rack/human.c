#include "hostsim/rack/human.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/time.h"
#include "hostsim/rack/number.h"

struct unit {
    double size;
    const char *name;
};

static const struct unit time_units[] = {{1, " ps"}, {1e3, " ns"}, {1e6, " us"}, {1e9, " ms"}, {1e12, " s"}, {0, NULL}};
static const struct unit count_units[] = {{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}, {0, NULL}};
static const struct unit byte_units[] = {{1, " B"}, {0x1p10, " KiB"}, {0x1p20, " MiB"}, {0x1p30, " GiB"}, {0, NULL}};

/* VALUE >= 0 rounded to three significant digits, whole above 100. */
static double three_digits(double value)
{
    double scale = 1;
    while (value * scale < 100 && scale < 1e6)
        scale *= 10;
    return (double)(uint64_t)(value * scale + 0.5) / scale;
}

/* VALUE in the greatest of UNITS in which it is at least 1 as printed. */
static char *in_units(double value, const struct unit *units, char buffer[HUMAN_BYTES])
{
    while (units[1].name &&
           (value >= units[1].size || three_digits(value / units->size) * units->size >= units[1].size))
        units++;
    char number[NUMBER_BYTES];
    number_real(three_digits(value / units->size), number);
    snprintf(buffer, HUMAN_BYTES, "%.16s%s", number, units->name);
    return buffer;
}

char *human_time(uint64_t ps, char buffer[HUMAN_BYTES])
{
    if (ps == TIME_NEVER)
        return strcpy(buffer, "-");
    if (ps == 0)
        return strcpy(buffer, "0 ns");
    return in_units((double)ps, time_units, buffer);
}

char *human_latency(const struct distribution *latency, char buffer[HUMAN_LATENCY_BYTES])
{
    char mean[HUMAN_BYTES];
    bool drawn = !distribution_is_constant(latency);
    human_time(distribution_mean(latency), mean);
    snprintf(
        buffer, HUMAN_LATENCY_BYTES, "%s%s%s", drawn ? distribution_name(latency) : "", drawn ? ", mean " : "", mean);
    return buffer;
}

char *human_count(uint64_t count, char buffer[HUMAN_BYTES])
{
    return in_units((double)count, count_units, buffer);
}

char *human_bytes(uint64_t bytes, char buffer[HUMAN_BYTES])
{
    return in_units((double)bytes, byte_units, buffer);
}

/* VALUE with so many DECIMALS (1 or 2), so that a column of them is aligned at the point. */
static char *with_decimals(double value, unsigned decimals, const char *suffix, char buffer[HUMAN_BYTES])
{
    unsigned scale = decimals == 1 ? 10 : 100;
    uint64_t scaled = (uint64_t)(value * scale + 0.5);
    snprintf(
        buffer, HUMAN_BYTES, "%" PRIu64 ".%0*u%s", scaled / scale, (int)decimals, (unsigned)(scaled % scale), suffix);
    return buffer;
}

char *human_gbps(double gbps, char buffer[HUMAN_BYTES])
{
    if (!(gbps >= 0 && gbps < 1e12))
        return strcpy(buffer, "-");
    if (gbps == 0 || gbps >= 0.1)
        return with_decimals(gbps, 2, "", buffer);
    char number[NUMBER_BYTES];
    snprintf(buffer, HUMAN_BYTES, "%.20s", number_real(three_digits(gbps), number));
    return buffer;
}

char *human_share(double share, char buffer[HUMAN_BYTES])
{
    return share >= 0 && share < 1e9 ? with_decimals(share * 100, 1, "%", buffer) : strcpy(buffer, "-");
}
