/* Test memory: a host as an adapter sees it: takes writes, and answers each read after a latency. */
#ifndef TESTS_SUPPORT_TEST_MEMORY_H
#define TESTS_SUPPORT_TEST_MEMORY_H

#include "fabric/pcie/completer.h"
#include "tests/support/test_port.h"

struct test_memory {
    struct test_port port; /* what has come is written down there */
    struct egress_queue queue;
    struct completer completer;
    uint64_t latency_ps;       /* TIME_NEVER: reads are kept without an answer */
    uint32_t reads, reads_max; /* unanswered: now, and the most there were */
    bool refuses;              /* reads are answered as unsupported */
};

/* What can be done before it is connected ... */
void test_memory_init(struct test_memory *memory, struct fabric *fabric, uint64_t latency_ps);

/* ... and after: it answers in hierarchy VH, in completions of 256 B that end at multiples of 64. */
void test_memory_start(struct test_memory *memory, uint16_t vh);
void test_memory_free(struct test_memory *memory);

#endif
