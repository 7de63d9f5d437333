/* Distribution: what a latency, a size or a think time of a scenario may be.
 *
 * A plain value: it owns its points (distribution_free), and drawing changes only the stream. Values are in the unit of
 * whoever holds it (ps or bytes). All arithmetic is in integers (fabric/base/fixed.h), so every machine draws the same.
 * What is drawn is the exact value rounded to the nearest integer.
 *
 * Use: fill kind and parameters (all else zero), look at distribution_is_valid() where they come from a user, prepare,
 * draw as often as wanted, free. */
#ifndef FABRIC_BASE_DISTRIBUTION_H
#define FABRIC_BASE_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/base/fixed.h"
#include "fabric/base/random.h"

/* The greatest parameter, and the greatest value drawn: rarer ones come out as this (as a time: 106 days). Two of them
 * add up without overflow. */
#define DISTRIBUTION_MAX ((uint64_t)INT64_MAX)

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
    struct distribution_point *points; /* MIX (also what a `file:` gives): at least one; owned, from malloc() */
    size_t point_count;
    /* Derived by distribution_prepare(). */
    bool prepared;
    uint64_t *cumulative; /* MIX: running sums of the weights; owned */
    fixed_t mu, sigma;    /* LOGNORMAL: mean and standard deviation of the logarithm */
};

/* The distribution that always gives VALUE (at most DISTRIBUTION_MAX); needs neither prepare nor free. */
struct distribution distribution_constant(uint64_t value);

/* The kind's word in scenarios: "exponential", "mix", ... */
const char *distribution_name(const struct distribution *distribution);

/* True when the parameters are those of a distribution, and, once prepared, what was derived agrees with them:
 * - all values and parameters are at most DISTRIBUTION_MAX;
 * - UNIFORM: a <= b; LOGNORMAL: a > 0, or a == b == 0;
 * - MIX: at least one point, each weight > 0, and their sum fits 64 bits. */
bool distribution_is_valid(const struct distribution *distribution);

/* Computes what drawing needs. Call once after the plain fields are filled; they must be valid. */
void distribution_prepare(struct distribution *distribution);

/* Frees what it owns; the structure may be filled again. */
void distribution_free(struct distribution *distribution);

/* For distribution_draw() only: of those that are not DISTRIBUTION_CONSTANT. */
uint64_t distribution_draw_random(const struct distribution *distribution, struct random *random);

/* A value between 0 and DISTRIBUTION_MAX. MIX and LOGNORMAL must have been prepared. */
static inline uint64_t distribution_draw(const struct distribution *distribution, struct random *random)
{
    if (__builtin_expect(distribution->kind == DISTRIBUTION_CONSTANT, 1))
        return distribution->a;
    return distribution_draw_random(distribution, random);
}

/* The mean, rounded to the nearest integer (NORMAL: the parameter a, which drawing negatives again raises a little when
 * b is not small beside it; exact for the others). */
uint64_t distribution_mean(const struct distribution *distribution);

/* True when every draw gives the same value: distribution_mean(). */
bool distribution_is_constant(const struct distribution *distribution);

#endif
