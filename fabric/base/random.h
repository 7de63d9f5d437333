/* Random: one reproducible stream of numbers.
 *
 * Everything that draws has its own stream, derived from the scenario's seed and the drawer's name, so that a change in
 * one part of a rack leaves what the others draw as it was. Integers only: no floating point decides when something
 * happens. The generator is xoshiro256** (Blackman, Vigna 2018), seeded through SplitMix64. */
#ifndef FABRIC_BASE_RANDOM_H
#define FABRIC_BASE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state[4]; /* never all zero */
};

/* Derives the stream of NAME (for example "workload/writes/h0/nic0.pf0/arrival") under SEED. */
void random_init(struct random *random, uint64_t seed, const char *name);

/* 64 uniform bits. */
uint64_t random_next(struct random *random);

/* Uniform in [0, bound), without bias. BOUND must not be 0. */
uint64_t random_below(struct random *random, uint64_t bound);

#endif
