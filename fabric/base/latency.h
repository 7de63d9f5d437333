/* Latency: how long something takes each time: always the same, or drawn anew.
 *
 * A component that has one draws from a stream of its own, so that no other component's draws depend on it. Drawing a
 * constant costs one branch. */
#ifndef FABRIC_BASE_LATENCY_H
#define FABRIC_BASE_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/distribution.h"
#include "fabric/base/random.h"

/* What a component is configured with. */
struct latency_config {
    uint64_t ps;                      /* always, unless ... */
    const struct distribution *drawn; /* ... it is drawn from this, which is prepared; NULL: it is not. Not owned */
};

struct latency {
    struct latency_config config;
    struct random random; /* unused while constant */
};

/* What DISTRIBUTION, which must outlive it, comes to. */
struct latency_config latency_of(const struct distribution *distribution);

/* KIND ("chassis") and NAME ("tor0"; NULL: the only one of its kind) make the name of its stream. */
void latency_init(
    struct latency *latency, struct latency_config config, uint64_t seed, const char *kind, const char *name);

static inline bool latency_is_constant(const struct latency *latency)
{
    return latency->config.drawn == NULL;
}

/* How long it takes this time, in ps. */
static inline uint64_t latency_draw_ps(struct latency *latency)
{
    if (__builtin_expect(latency->config.drawn == NULL, 1))
        return latency->config.ps;
    return distribution_draw(latency->config.drawn, &latency->random);
}

#endif
