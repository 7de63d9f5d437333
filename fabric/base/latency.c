#include "fabric/base/latency.h"

#include <stdio.h>

struct latency_config latency_of(const struct distribution *distribution)
{
    if (distribution_is_constant(distribution))
        return (struct latency_config){.ps = distribution_mean(distribution)};
    return (struct latency_config){.drawn = distribution};
}

void latency_init(
    struct latency *latency, struct latency_config config, uint64_t seed, const char *kind, const char *name)
{
    char stream[128];
    *latency = (struct latency){.config = config};
    snprintf(stream, sizeof stream, "%s/%s", kind, name != NULL ? name : "");
    random_init(&latency->random, seed, stream);
}
