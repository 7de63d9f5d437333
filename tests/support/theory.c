#include "tests/support/theory.h"

#include <math.h>

double theory_rate_gbps(const struct theory_link *link)
{
    static const double lane_gbps[] = {
        0, 2.5 * 8 / 10, 5.0 * 8 / 10, 8.0 * 128 / 130, 16.0 * 128 / 130, 32.0 * 128 / 130};
    return lane_gbps[link->gen] * link->width;
}

double theory_time_ns(const struct theory_link *link, double bytes)
{
    return bytes * 8 / theory_rate_gbps(link);
}

/* Sequence number, framing and LCRC; prefix and digest where there are. */
static double around_bytes(const struct theory_link *link)
{
    return 8 + (link->mr ? 4 : 0) + (link->ecrc ? 4 : 0);
}

static double whole_dws(uint32_t bytes)
{
    return 4 * ceil(bytes / 4.0);
}

double theory_write_bytes(const struct theory_link *link, uint32_t payload_bytes)
{
    return around_bytes(link) + (link->address_bits == 32 ? 12 : 16) + whole_dws(payload_bytes);
}

double theory_read_bytes(const struct theory_link *link)
{
    return theory_write_bytes(link, 0);
}

double theory_completion_bytes(const struct theory_link *link, uint32_t payload_bytes)
{
    return around_bytes(link) + 12 + whole_dws(payload_bytes);
}

double theory_split_bytes(
    const struct theory_link *link, uint32_t payload_bytes, uint32_t piece_bytes,
    double (*of)(const struct theory_link *link, uint32_t payload_bytes))
{
    double bytes = payload_bytes / piece_bytes * of(link, piece_bytes);
    return payload_bytes % piece_bytes ? bytes + of(link, payload_bytes % piece_bytes) : bytes;
}

double theory_bench_share(const struct theory_link *link, uint32_t mps_bytes)
{
    static const double delays[] = {0, 19, 70, 115, 115, 115};
    double factor = link->width <= 4 ? 1.4 : link->width == 8 ? 2.5 : 3.0;
    if (mps_bytes >= 512)
        factor = link->width == 16 ? 2.0 : 1.0;
    double limit = floor((mps_bytes + 28) * factor / link->width + delays[link->gen] + 1e-9);
    return 1 - 8 / limit - 8 / limit - 4 / 1538.0;
}

double theory_wait_ns(double load, double mean_ns, double mean_square_ns2)
{
    return load * mean_square_ns2 / mean_ns / (2 * (1 - load));
}

/* Somebody who has no share yet and wants no more than PART; COUNT when there is nobody. */
static uint32_t modest(const double *demands, const double *shares, uint32_t count, double part)
{
    uint32_t i = 0;
    while (i < count && (shares[i] >= 0 || demands[i] > part))
        i++;
    return i;
}

void theory_max_min(const double *demands, double *shares, uint32_t count, double capacity)
{
    uint32_t open = count;
    for (uint32_t i = 0; i < count; i++)
        shares[i] = -1;
    for (uint32_t i; open > 0 && (i = modest(demands, shares, count, capacity / open)) < count; open--) {
        shares[i] = demands[i];
        capacity -= demands[i];
    }
    for (uint32_t i = 0; i < count; i++)
        if (shares[i] < 0)
            shares[i] = capacity / open;
}
