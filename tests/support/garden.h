/* Garden: a random rack while the rack generator grows it: what there is so far, the dice, and where its text goes. */
#ifndef TESTS_SUPPORT_GARDEN_H
#define TESTS_SUPPORT_GARDEN_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "fabric/base/check.h"
#include "fabric/base/random.h"
#include "tests/support/rack_generator.h"

#define CHASSIS_MOST 6
#define TRUNKS_MOST 12
#define HOSTS_MOST 20
#define UPLINKS_MOST 3
#define ADAPTERS_MOST 8
#define FUNCTIONS_MOST 128
#define NOWHERE (-1)

/* A function that somebody owns. */
struct grown_function {
    char name[48]; /* "a0.pf0.vf1" */
    int host, uplink, adapter;
};

struct garden {
    struct random random;
    struct random dice; /* of data links only, so that the same rack has any */
    enum rack_links links;
    FILE *out;
    int chassis_count, host_count, adapter_count;
    int uplink_count[HOSTS_MOST];
    int guest_count[HOSTS_MOST];
    uint32_t mps_most; /* of all hosts: no buffer may be smaller */
    bool mesh;         /* trunks may make rings. Then no buffer is shared, or a ring of full ones might wait for ever */
    bool idle;         /* see rack_generate_idle() */
    bool live;         /* see rack_generate_live() */
    bool assigns;      /* `assign:` has been begun */
    struct grown_function functions[FUNCTIONS_MOST];
    int function_count;
};

/* --- dice --- */

static inline int below(struct garden *garden, int bound)
{
    return (int)random_below(&garden->random, (uint64_t)bound);
}

static inline int between(struct garden *garden, int least, int most)
{
    return least + below(garden, most - least + 1);
}

static inline bool chance(struct garden *garden, int percent)
{
    return below(garden, 100) < percent;
}

static inline const char *one_of(struct garden *garden, const char *const *words)
{
    int count = 0;
    while (words[count] != NULL)
        count++;
    return words[below(garden, count)];
}
#define ONE_OF(garden, ...) one_of(garden, (const char *const[]){__VA_ARGS__, NULL})

static inline void put(struct garden *garden, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void put(struct garden *garden, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    CHECK(vfprintf(garden->out, format, arguments) >= 0);
    va_end(arguments);
}

#endif
