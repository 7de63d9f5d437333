/* Test source: gives a list of operations, each at its time, and notes how they end. */
#ifndef TESTS_SUPPORT_TEST_SOURCE_H
#define TESTS_SUPPORT_TEST_SOURCE_H

#include "fabric/pcie/operation.h"

#define TEST_SOURCE_MAX 4096

struct test_source {
    struct operation_source source;
    struct operation operations[TEST_SOURCE_MAX]; /* arrival_ps, address and bytes are the test's */
    bool done[TEST_SOURCE_MAX];
    uint32_t count, given, done_count, failed_count;
    uint32_t in_flight_max; /* a closed loop: no more than this, and it kicks when one ends; 0: no such bound */
    bool kicks;             /* it says nothing of when its next operation comes: the test kicks */
};

void test_source_init(struct test_source *source, enum operation_kind kind);

/* One more operation, later than those before it. */
void test_source_add(struct test_source *source, uint64_t arrival_ps, uint64_t address, uint32_t bytes);

#endif
