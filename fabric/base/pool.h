/* Pool: objects of one size, given out and taken back without the allocator.
 *
 * The pool owns the memory of all its objects; a caller owns an object from pool_get() to pool_put(). Objects start on
 * a cache line and take whole lines (64 bytes). The one put back last is given out first, as it is still in the cache.
 * Their content is undefined when got.
 *
 * The memory for `capacity` objects is set aside at init, so that nothing is allocated while a world runs; should more
 * be needed the pool grows by as much as it has, and `growths` says how often it had to (a well-sized pool: 0). Memory
 * that no object has used yet is never touched: a generous capacity costs address space only.
 *
 * Builds with AddressSanitizer poison objects that are not given out: using one after pool_put() and putting one twice
 * are reported. */
#ifndef FABRIC_BASE_POOL_H
#define FABRIC_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#define POOL_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_POISONS 1
#endif
#endif

#ifdef POOL_POISONS
#include <sanitizer/asan_interface.h>
#define POOL_POISON(object, bytes) ASAN_POISON_MEMORY_REGION((object), (bytes))
#define POOL_UNPOISON(object, bytes) ASAN_UNPOISON_MEMORY_REGION((object), (bytes))
#else
#define POOL_POISON(object, bytes) ((void)(object), (void)(bytes))
#define POOL_UNPOISON(object, bytes) ((void)(object), (void)(bytes))
#endif

#define POOL_ALIGNMENT 64

/* An object that was put back: its first bytes lead to the one put back before it. */
struct pool_link {
    struct pool_link *next;
};

struct pool_slab; /* one allocation; private */

struct pool {
    struct pool_link *free;   /* put back, the latest first */
    unsigned char *fresh;     /* the objects of the newest slab that were never given out: from here ... */
    unsigned char *fresh_end; /* ... to here */
    size_t object_bytes;      /* as laid out: a multiple of POOL_ALIGNMENT */
    uint64_t live;            /* objects given out and not put back */
    uint64_t capacity;        /* objects in all slabs */
    uint64_t growths;         /* slabs added after init */
    struct pool_slab *slabs;  /* the newest first; owned */
};

/* OBJECT_BYTES > 0; CAPACITY > 0 objects are set aside. Running out of memory ends the program. */
void pool_init(struct pool *pool, size_t object_bytes, uint64_t capacity);

/* Frees the memory of all objects, also of those still given out. */
void pool_free(struct pool *pool);

/* True when the counters agree with each other and with the list of objects put back, and each of these lies at its
 * place in a slab. Takes time in proportion to the objects put back, times the slabs. */
bool pool_is_valid(const struct pool *pool);

/* Calls VISIT for each object that is given out, in an order that depends on nothing but what was got and put back.
 * VISIT must neither get nor put back any. Takes time in proportion to all objects that were ever given out. */
void pool_visit(const struct pool *pool, void (*visit)(void *object, void *context), void *context);

/* For pool_get() only: an object that was never given out, from a new slab when there is none left. */
void *pool_get_fresh(struct pool *pool);

/* An object of undefined content; never NULL. */
static inline void *pool_get(struct pool *pool)
{
    struct pool_link *object = pool->free;
    if (__builtin_expect(!object, 0))
        return pool_get_fresh(pool);
    POOL_UNPOISON(object, pool->object_bytes);
    pool->free = object->next;
    pool->live++;
    return object;
}

/* Takes back OBJECT, which came from pool_get() of this pool. */
static inline void pool_put(struct pool *pool, void *object)
{
#ifdef POOL_POISONS
    CHECK(!__asan_address_is_poisoned(object)); /* put twice */
#endif
    CHECK(pool->live > 0);
    struct pool_link *link = object;
    link->next = pool->free;
    pool->free = link;
    pool->live--;
    POOL_POISON(object, pool->object_bytes);
}

#endif
