#include "hostsim/host/memory.h"

#include <stdio.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"

#define FRACTION_MASK ((UINT64_C(1) << LINK_TIME_BITS) - 1)

void memory_init(struct memory *memory, const struct memory_config *config, uint64_t seed, const char *name)
{
    CHECK(config->bandwidth_bps > 0);
    unsigned __int128 byte_ps = (unsigned __int128)8 * PS_PER_S << LINK_TIME_BITS;
    *memory = (struct memory){.config = *config, .byte_time = byte_ps / config->bandwidth_bps};
    char stream[128];
    snprintf(stream, sizeof stream, "memory/%s", name);
    random_init(&memory->random, seed, stream);
}

/* When an access of BYTES begins; the next one begins no earlier than its share of the bandwidth later. */
static uint64_t begin(struct memory *memory, uint32_t bytes, uint64_t now_ps)
{
    if (memory->free_ps < now_ps) {
        memory->free_ps = now_ps;
        memory->remainder = 0;
    }
    uint64_t begin_ps = memory->free_ps;
    unsigned __int128 duration = bytes * memory->byte_time + memory->remainder;
    memory->free_ps += (uint64_t)(duration >> LINK_TIME_BITS);
    memory->remainder = (link_time_t)duration & FRACTION_MASK;
    return begin_ps;
}

uint64_t memory_read(struct memory *memory, uint32_t bytes, uint64_t now_ps)
{
    uint64_t begin_ps = begin(memory, bytes, now_ps);
    return begin_ps + distribution_draw(memory->config.read_latency_ps, &memory->random);
}

uint64_t memory_write(struct memory *memory, uint32_t bytes, uint64_t now_ps)
{
    uint64_t begin_ps = begin(memory, bytes, now_ps);
    return begin_ps + distribution_draw(memory->config.write_latency_ps, &memory->random);
}
