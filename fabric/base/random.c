#include "fabric/base/random.h"

/* The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014; constants by Stafford, variant 13): a bijection in
 * which each bit of the input changes each bit of the output with probability one half. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static uint64_t splitmix_next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(*state);
}

/* FNV-1a of 64 bits (Fowler, Noll, Vo). Its own spread is poor; the caller mixes it. */
static uint64_t name_hash(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    return hash;
}

void random_init(struct random *random, uint64_t seed, const char *name)
{
    /* The seed is mixed before it meets the name, so that neighbouring seeds and similar names never cancel out. */
    uint64_t key = splitmix_next(&seed) ^ name_hash(name);
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix_next(&key);
    CHECK(random_is_valid(random)); /* mix() is a bijection: at most one of the four is zero */
}
