#include "tests/support/test_source.h"

#include <stddef.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"

static struct operation *next(struct operation_source *base, uint64_t now_ps)
{
    struct test_source *source = CONTAINER_OF(base, struct test_source, source);
    base->next_ps = TIME_NEVER;
    bool full = source->in_flight_max != 0 && source->given - source->done_count >= source->in_flight_max;
    if (source->given == source->count || full)
        return NULL;
    struct operation *operation = &source->operations[source->given];
    if (operation->arrival_ps > now_ps) {
        if (!source->kicks)
            base->next_ps = operation->arrival_ps;
        return NULL;
    }
    source->given++;
    return operation;
}

static void done(struct operation_source *base, struct operation *operation)
{
    struct test_source *source = CONTAINER_OF(base, struct test_source, source);
    size_t number = (size_t)(operation - source->operations);
    CHECK(!source->done[number]);
    source->done[number] = true;
    source->done_count++;
    source->failed_count += operation->failed;
    if (source->in_flight_max != 0)
        base->issuer->kick(base->issuer, base);
}

static const struct operation_source_ops test_source_ops = {.name = "test", .next = next, .done = done};

void test_source_init(struct test_source *source, enum operation_kind kind)
{
    *source = (struct test_source){.source = {.ops = &test_source_ops, .kind = kind}};
}

void test_source_add(struct test_source *source, uint64_t arrival_ps, uint64_t address, uint32_t bytes)
{
    CHECK(source->count < TEST_SOURCE_MAX);
    source->operations[source->count++] = (struct operation){
        .source = &source->source, .arrival_ps = arrival_ps, .address = address, .bytes = bytes, .parts = 1};
}
