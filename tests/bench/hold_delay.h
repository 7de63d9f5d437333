/* Hold delay: how far ahead a benchmark's hold puts the event that it took out.
 *
 * Drawn from a small table, so that drawing costs next to nothing beside the queue that is measured. Deterministic. */
#ifndef TESTS_BENCH_HOLD_DELAY_H
#define TESTS_BENCH_HOLD_DELAY_H

#include <stdint.h>

#define HOLD_DELAYS 1024

struct hold_delay {
    uint64_t state;              /* of an xorshift generator */
    uint64_t table[HOLD_DELAYS]; /* ps */
};

/* Exponential, of mean MEAN_PS. */
void hold_delay_init_exponential(struct hold_delay *delay, uint64_t mean_ps);

/* What a rack schedules: of 1,024, 640 serialisations of 3 to 70 ns, 256 flights of 5 to 200 ns, 96 memory accesses of
 * 100 to 300 ns, 24 waits of 1 to 2 us and 8 timers of up to 100 us. */
void hold_delay_init_rack(struct hold_delay *delay);

/* The next delay in ps: an entry of the table and up to 1 ns. */
static inline uint64_t hold_delay_next(struct hold_delay *delay)
{
    uint64_t state = delay->state;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    delay->state = state;
    return delay->table[state % HOLD_DELAYS] + (state >> 54);
}

#endif
