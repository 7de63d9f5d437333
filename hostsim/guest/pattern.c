#include "hostsim/guest/pattern.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/fixed.h"

/* The weight of a rank is its probability relative to the first's, in 2^-40: the sum of all fits 64 bits. */
#define WEIGHT_BITS 40

/* How many places an operation of BYTES may start at. */
static uint64_t place_count(const struct pattern *pattern, uint64_t bytes)
{
    if (bytes >= pattern->window_bytes)
        return 1;
    return (pattern->window_bytes - bytes) / PATTERN_ALIGNMENT_BYTES + 1;
}

static uint64_t sequential_next(struct pattern *pattern, uint64_t bytes)
{
    uint64_t offset = pattern->next_offset;
    if (offset + bytes > pattern->window_bytes)
        offset = 0;
    uint64_t end = offset + bytes + PATTERN_ALIGNMENT_BYTES - 1;
    pattern->next_offset = end - end % PATTERN_ALIGNMENT_BYTES;
    return offset;
}

static uint64_t random_offset(struct pattern *pattern, uint64_t bytes)
{
    return random_below(&pattern->random, place_count(pattern, bytes)) * PATTERN_ALIGNMENT_BYTES;
}

static uint32_t draw_rank(struct pattern *pattern)
{
    uint64_t drawn = random_below(&pattern->random, pattern->cumulative[pattern->rank_count - 1]);
    uint32_t low = 0, high = pattern->rank_count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (pattern->cumulative[middle] > drawn)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static uint64_t zipf_next(struct pattern *pattern, uint64_t bytes)
{
    uint64_t places = place_count(pattern, bytes);
    uint64_t rank = draw_rank(pattern);
    /* Rank r stands for places [r, r + 1) * places / ranks when there are more places than ranks. */
    if (places <= pattern->rank_count)
        return rank % places * PATTERN_ALIGNMENT_BYTES;
    uint64_t first = rank * places / pattern->rank_count;
    uint64_t end = (rank + 1) * places / pattern->rank_count;
    return (first + random_below(&pattern->random, end - first)) * PATTERN_ALIGNMENT_BYTES;
}

static uint64_t repeat_next(struct pattern *pattern, uint64_t bytes)
{
    (void)pattern;
    (void)bytes;
    return 0;
}

const struct pattern_ops pattern_sequential = {"sequential", sequential_next};
const struct pattern_ops pattern_random = {"random", random_offset};
const struct pattern_ops pattern_zipf = {"zipf", zipf_next};
const struct pattern_ops pattern_repeat = {"repeat", repeat_next};

static void prepare_zipf(struct pattern *pattern, uint32_t zipf_millis)
{
    uint64_t places = place_count(pattern, 1);
    pattern->rank_count = places < PATTERN_RANKS ? (uint32_t)places : PATTERN_RANKS;
    pattern->cumulative = calloc(pattern->rank_count, sizeof *pattern->cumulative);
    CHECK(pattern->cumulative != NULL);
    uint64_t sum = 0;
    for (uint32_t rank = 0; rank < pattern->rank_count; rank++) {
        fixed_t exponent = -(fixed_t)((__int128)fixed_ln(rank + 1) * zipf_millis / 1000);
        uint64_t weight = fixed_exp(exponent, WEIGHT_BITS);
        sum += weight > 0 ? weight : 1;
        pattern->cumulative[rank] = sum;
    }
}

void pattern_init(
    struct pattern *pattern, const struct pattern_ops *ops, uint64_t window_bytes, uint32_t zipf_millis, uint64_t seed,
    const char *stream)
{
    CHECK(window_bytes > 0);
    *pattern = (struct pattern){.ops = ops, .window_bytes = window_bytes};
    random_init(&pattern->random, seed, stream);
    if (ops == &pattern_zipf)
        prepare_zipf(pattern, zipf_millis);
}

void pattern_free(struct pattern *pattern)
{
    free(pattern->cumulative);
    *pattern = (struct pattern){0};
}
