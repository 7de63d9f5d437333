/* Pattern: where in a window the operations of a workload go.
 *
 * Operations start at multiples of 64 bytes and lie inside the window; one that is larger than the window starts where
 * the window does.
 *
 *   sequential  one after the other, from the start again when the next does not fit
 *   random      uniformly
 *   zipf        the n-th place with a probability proportional to n^-s; places beyond PATTERN_RANKS share ranks evenly
 *   repeat      always at the start */
#ifndef HOSTSIM_GUEST_PATTERN_H
#define HOSTSIM_GUEST_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/random.h"

#define PATTERN_ALIGNMENT_BYTES 64
#define PATTERN_RANKS 65536

struct pattern;

struct pattern_ops {
    const char *name; /* the scenario's word */

    /* The offset of the next operation, of BYTES. */
    uint64_t (*next)(struct pattern *pattern, uint64_t bytes);
};

extern const struct pattern_ops pattern_sequential, pattern_random, pattern_zipf, pattern_repeat;

struct pattern {
    const struct pattern_ops *ops;
    uint64_t window_bytes;
    uint64_t next_offset; /* sequential */
    struct random random;
    uint64_t *cumulative; /* zipf: running sums of the ranks' weights; owned */
    uint32_t rank_count;
};

/* ZIPF_MILLIS: the exponent s in thousandths (zipf only). STREAM names what draws. */
void pattern_init(
    struct pattern *pattern, const struct pattern_ops *ops, uint64_t window_bytes, uint32_t zipf_millis, uint64_t seed,
    const char *stream);
void pattern_free(struct pattern *pattern);

#endif
