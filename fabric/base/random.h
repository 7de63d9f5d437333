/* Random: one reproducible stream of numbers.
 *
 * Everything that draws has its own stream, derived from the scenario's seed and the drawer's name, so that a change in
 * one part of a rack leaves what the others draw as it was. Integers only: no floating point decides when something
 * happens. A plain value: copying it forks the stream.
 *
 * The generator is xoshiro256** 1.0, its state filled by SplitMix64, as its authors advise (Blackman and Vigna,
 * "Scrambled linear pseudorandom number generators", ACM TOMS 47, 2021). Its period is 2^256 - 1, and streams of
 * different names start at unrelated places of it. */
#ifndef FABRIC_BASE_RANDOM_H
#define FABRIC_BASE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/check.h"

struct random {
    uint64_t state[4]; /* never all zero */
};

/* Derives the stream of NAME (for example "workload/writes/h0/nic0.pf0/arrival") under SEED. */
void random_init(struct random *random, uint64_t seed, const char *name);

static inline bool random_is_valid(const struct random *random)
{
    return (random->state[0] | random->state[1] | random->state[2] | random->state[3]) != 0;
}

static inline uint64_t random_rotate_left(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

/* 64 uniform bits. */
static inline uint64_t random_next(struct random *random)
{
    uint64_t *state = random->state;
    uint64_t result = random_rotate_left(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = random_rotate_left(state[3], 45);
    return result;
}

/* Uniform in [0, bound), without bias. BOUND must not be 0.
 *
 * The high half of a product, with the few low halves refused that would favour some results: Lemire, "Fast random
 * integer generation in an interval", ACM TOMACS 29, 2019. Almost always one draw and one multiplication. */
static inline uint64_t random_below(struct random *random, uint64_t bound)
{
    CHECK(bound != 0);
    unsigned __int128 product = (unsigned __int128)random_next(random) * bound;
    if ((uint64_t)product < bound) {
        uint64_t refused = (0 - bound) % bound; /* 2^64 mod bound */
        while ((uint64_t)product < refused)
            product = (unsigned __int128)random_next(random) * bound;
    }
    return (uint64_t)(product >> 64);
}

#endif
