/* Distribution: what a latency, a size or a think time of a scenario may be.
 *
 * A plain value: it owns its points (distribution_free), and drawing changes only the stream. Values are in the unit of
 * whoever holds it (ps or bytes). All arithmetic is in integers (fabric/base/fixed.h), so every machine draws the same.
 */
#ifndef FABRIC_BASE_DISTRIBUTION_H
#define FABRIC_BASE_DISTRIBUTION_H

#include <stddef.h>
#include <stdint.h>

#include "fabric/base/random.h"

enum distribution_kind {
    DISTRIBUTION_CONSTANT,    /* a */
    DISTRIBUTION_EXPONENTIAL, /* mean a */
    DISTRIBUTION_UNIFORM,     /* a to b, both included */
    DISTRIBUTION_NORMAL,      /* mean a, standard deviation b; negatives drawn again */
    DISTRIBUTION_LOGNORMAL,   /* mean a, standard deviation b, both of the value itself, not of its logarithm */
    DISTRIBUTION_MIX,         /* one of the points, by weight */
};

struct distribution_point {
    uint64_t value;
    uint64_t weight; /* relative, > 0; their sum must fit 64 bits */
};

struct distribution {
    enum distribution_kind kind;
    uint64_t a, b;
    struct distribution_point *points; /* MIX (also what a `file:` gives): at least one; owned */
    size_t point_count;
    /* Derived by distribution_prepare(). */
    uint64_t *cumulative; /* MIX: running sums of the weights; owned */
    uint64_t mu, sigma;   /* LOGNORMAL: of the logarithm, fixed point (fabric/base/fixed.h) */
};

/* The distribution that always gives VALUE; needs neither prepare nor free. */
struct distribution distribution_constant(uint64_t value);

/* Computes what drawing needs. Call once after the plain fields are filled. */
void distribution_prepare(struct distribution *distribution);

/* Frees what it owns; the structure may be filled again. */
void distribution_free(struct distribution *distribution);

uint64_t distribution_draw(const struct distribution *distribution, struct random *random);

/* The mean, rounded to the nearest integer (NORMAL: of the truncated draw's parameter a; exact for the others). */
uint64_t distribution_mean(const struct distribution *distribution);

/* True when every draw gives the same value. */
static inline int distribution_is_constant(const struct distribution *distribution)
{
    return distribution->kind == DISTRIBUTION_CONSTANT;
}

#endif
