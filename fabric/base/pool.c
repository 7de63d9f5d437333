#include "fabric/base/pool.h"

#include <stdlib.h>

struct pool_slab {
    struct pool_slab *next;
    uint64_t capacity; /* objects */
    /* The objects follow at the next multiple of POOL_ALIGNMENT. */
};

_Static_assert(sizeof(struct pool_slab) <= POOL_ALIGNMENT, "the objects of a slab start on its second line");

static unsigned char *slab_objects(struct pool_slab *slab)
{
    return (unsigned char *)slab + POOL_ALIGNMENT;
}

static void add_slab(struct pool *pool, uint64_t capacity)
{
    size_t bytes;
    CHECK(!__builtin_mul_overflow(capacity, pool->object_bytes, &bytes));
    CHECK(!__builtin_add_overflow(bytes, (size_t)POOL_ALIGNMENT, &bytes));
    struct pool_slab *slab = aligned_alloc(POOL_ALIGNMENT, bytes);
    CHECK(slab != NULL);
    *slab = (struct pool_slab){.next = pool->slabs, .capacity = capacity};
    pool->slabs = slab;
    pool->capacity += capacity;
    pool->fresh = slab_objects(slab);
    pool->fresh_end = (unsigned char *)slab + bytes;
    POOL_POISON(pool->fresh, bytes - POOL_ALIGNMENT);
}

void pool_init(struct pool *pool, size_t object_bytes, uint64_t capacity)
{
    CHECK(object_bytes > 0 && object_bytes <= SIZE_MAX - POOL_ALIGNMENT);
    CHECK(capacity > 0);
    *pool = (struct pool){.object_bytes = (object_bytes + POOL_ALIGNMENT - 1) / POOL_ALIGNMENT * POOL_ALIGNMENT};
    add_slab(pool, capacity);
}

void pool_free(struct pool *pool)
{
    for (struct pool_slab *slab = pool->slabs, *next; slab; slab = next) {
        next = slab->next;
        /* The allocator has its own use for the memory. */
        POOL_UNPOISON(slab, POOL_ALIGNMENT + slab->capacity * pool->object_bytes);
        free(slab);
    }
    *pool = (struct pool){0};
}

void *pool_get_fresh(struct pool *pool)
{
    CHECK(pool->slabs != NULL);
    if (pool->fresh == pool->fresh_end) {
        add_slab(pool, pool->capacity);
        pool->growths++;
    }
    void *object = pool->fresh;
    pool->fresh += pool->object_bytes;
    pool->live++;
    POOL_UNPOISON(object, pool->object_bytes);
    return object;
}

/* Whether OBJECT is at the place of an object in one of the slabs. */
static bool belongs(const struct pool *pool, const void *object)
{
    for (struct pool_slab *slab = pool->slabs; slab; slab = slab->next) {
        uintptr_t offset = (uintptr_t)object - (uintptr_t)slab_objects(slab);
        if (offset / pool->object_bytes < slab->capacity)
            return offset % pool->object_bytes == 0;
    }
    return false;
}

static struct pool_link *next_put_back(const struct pool *pool, struct pool_link *link)
{
    POOL_UNPOISON(link, sizeof *link);
    struct pool_link *next = link->next;
    POOL_POISON(link, pool->object_bytes);
    return next;
}

/* Marks the objects that were put back, a byte for each object of all slabs. */
static unsigned char *mark_put_back(const struct pool *pool)
{
    unsigned char *marks = calloc(pool->capacity, 1);
    CHECK(marks != NULL);
    for (struct pool_link *link = pool->free; link; link = next_put_back(pool, link)) {
        uint64_t before = 0;
        struct pool_slab *slab = pool->slabs;
        uintptr_t offset = (uintptr_t)link - (uintptr_t)slab_objects(slab);
        while (offset / pool->object_bytes >= slab->capacity) {
            before += slab->capacity;
            slab = slab->next;
            offset = (uintptr_t)link - (uintptr_t)slab_objects(slab);
        }
        marks[before + offset / pool->object_bytes] = 1;
    }
    return marks;
}

void pool_visit(const struct pool *pool, void (*visit)(void *object, void *context), void *context)
{
    unsigned char *put_back = mark_put_back(pool);
    uint64_t before = 0;
    for (struct pool_slab *slab = pool->slabs; slab; slab = slab->next) {
        unsigned char *objects = slab_objects(slab);
        for (uint64_t index = 0; index < slab->capacity; index++) {
            unsigned char *object = objects + index * pool->object_bytes;
            if (slab == pool->slabs && object >= pool->fresh)
                break; /* and those behind it: never given out */
            if (!put_back[before + index])
                visit(object, context);
        }
        before += slab->capacity;
    }
    free(put_back);
}

bool pool_is_valid(const struct pool *pool)
{
    if (!pool->slabs || pool->object_bytes == 0 || pool->object_bytes % POOL_ALIGNMENT != 0)
        return false;
    uint64_t capacity = 0, slabs = 0;
    for (const struct pool_slab *slab = pool->slabs; slab; slab = slab->next) {
        capacity += slab->capacity;
        slabs++;
    }
    if (capacity != pool->capacity || slabs != pool->growths + 1 || pool->live > capacity)
        return false;
    if (pool->fresh > pool->fresh_end)
        return false;
    uint64_t fresh = (uint64_t)(pool->fresh_end - pool->fresh) / pool->object_bytes;
    uint64_t put_back = 0;
    for (struct pool_link *link = pool->free; link; link = next_put_back(pool, link)) {
        if (!belongs(pool, link) || ++put_back > capacity)
            return false;
    }
    return put_back + fresh + pool->live == capacity;
}
