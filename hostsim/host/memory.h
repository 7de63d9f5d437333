/* Memory: a host's DRAM as its root ports see it.
 *
 * Accesses begin one after the other, as far apart as their bytes take of the bandwidth, and end a latency later, so an
 * idle memory answers after exactly its latency and a busy one gives its bandwidth. */
#ifndef HOSTSIM_HOST_MEMORY_H
#define HOSTSIM_HOST_MEMORY_H

#include <stdint.h>

#include "fabric/base/distribution.h"
#include "fabric/base/random.h"
#include "fabric/pcie/link.h"

struct memory_config {
    const struct distribution *read_latency_ps, *write_latency_ps; /* not owned */
    uint64_t bandwidth_bps;
};

struct memory {
    struct memory_config config;
    struct random random;
    unsigned __int128 byte_time; /* ps with LINK_TIME_BITS; beyond 64 bits when slower than 2 kb/s */
    uint64_t free_ps;            /* when the next access may begin ... */
    link_time_t remainder;       /* ... and this fraction of a picosecond after it */
};

/* NAME: the host's, for its random stream. */
void memory_init(struct memory *memory, const struct memory_config *config, uint64_t seed, const char *name);

/* When a read of BYTES that comes at NOW_PS has its data, and when a write is accepted. */
uint64_t memory_read(struct memory *memory, uint32_t bytes, uint64_t now_ps);
uint64_t memory_write(struct memory *memory, uint32_t bytes, uint64_t now_ps);

#endif
