#include "tests/bench/reference_hold.h"

#include <stdlib.h>
#include <time.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"

#define RUNS 5
#define HOLDS 1000000

struct entry {
    uint64_t time_ps;
    uint64_t what; /* stands for the pointer to the event */
};

struct heap {
    struct entry *entries; /* from 1 on, so that the children of i are 2i and 2i + 1 */
    uint32_t count;
};

double cpu_seconds(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int compare_doubles(const void *a, const void *b)
{
    double one = *(const double *)a;
    double other = *(const double *)b;
    return (one > other) - (one < other);
}

double median(double *values, uint32_t count)
{
    qsort(values, count, sizeof(*values), compare_doubles);
    return values[count / 2];
}

static void heap_push(struct heap *heap, struct entry entry)
{
    uint32_t place = ++heap->count;
    while (place > 1 && entry.time_ps < heap->entries[place / 2].time_ps) {
        heap->entries[place] = heap->entries[place / 2];
        place /= 2;
    }
    heap->entries[place] = entry;
}

static struct entry heap_pop(struct heap *heap)
{
    struct entry first = heap->entries[1];
    struct entry last = heap->entries[heap->count--];
    uint32_t place = 1;
    for (;;) {
        uint32_t child = 2 * place;
        if (child > heap->count)
            break;
        if (child < heap->count && heap->entries[child + 1].time_ps < heap->entries[child].time_ps)
            child++;
        if (last.time_ps <= heap->entries[child].time_ps)
            break;
        heap->entries[place] = heap->entries[child];
        place = child;
    }
    heap->entries[place] = last;
    return first;
}

static void hold(struct heap *heap, struct hold_delay *delay, uint64_t holds)
{
    for (uint64_t i = 0; i < holds; i++) {
        struct entry entry = heap_pop(heap);
        entry.time_ps += hold_delay_next(delay);
        heap_push(heap, entry);
    }
}

double reference_hold_ns(const struct hold_delay *delay, uint32_t pending, uint64_t holds)
{
    struct hold_delay draws = *delay;
    struct heap heap = {.entries = calloc((size_t)pending + 2, sizeof(struct entry))};
    CHECK(heap.entries != NULL);
    for (uint32_t i = 0; i < pending; i++)
        heap_push(&heap, (struct entry){.time_ps = hold_delay_next(&draws), .what = i});
    hold(&heap, &draws, pending);
    double start = cpu_seconds();
    hold(&heap, &draws, holds);
    double seconds = cpu_seconds() - start;
    free(heap.entries);
    return seconds * 1e9 / (double)holds;
}

double reference_hold_median_ns(void)
{
    struct hold_delay delay;
    hold_delay_init_exponential(&delay, REFERENCE_HOLD_MEAN_PS);
    double values[RUNS];
    for (uint32_t i = 0; i < RUNS; i++)
        values[i] = reference_hold_ns(&delay, REFERENCE_HOLD_PENDING, HOLDS);
    return median(values, RUNS);
}
