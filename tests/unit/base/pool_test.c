#include "fabric/base/pool.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "fabric/base/random.h"

Test(pool, gives_aligned_objects_that_do_not_overlap)
{
    enum { OBJECTS = 100, BYTES = 72 };
    struct pool pool;
    pool_init(&pool, BYTES, OBJECTS);
    unsigned char *objects[OBJECTS];
    for (int i = 0; i < OBJECTS; i++) {
        objects[i] = pool_get(&pool);
        cr_assert_eq((uintptr_t)objects[i] % POOL_ALIGNMENT, 0);
        memset(objects[i], i, BYTES);
    }
    for (int i = 0; i < OBJECTS; i++)
        for (int byte = 0; byte < BYTES; byte++)
            cr_assert_eq(objects[i][byte], i);
    cr_assert_eq(pool.live, OBJECTS);
    cr_assert_eq(pool.growths, 0);
    cr_assert(pool_is_valid(&pool));
    pool_free(&pool);
}

Test(pool, gives_the_object_put_back_last)
{
    struct pool pool;
    pool_init(&pool, 64, 4);
    void *a = pool_get(&pool), *b = pool_get(&pool);
    pool_put(&pool, a);
    pool_put(&pool, b);
    cr_assert_eq(pool_get(&pool), b);
    cr_assert_eq(pool_get(&pool), a);
    pool_free(&pool);
}

Test(pool, grows_only_when_exhausted_and_counts_it)
{
    struct pool pool;
    pool_init(&pool, 1, 2);
    cr_assert_eq(pool.object_bytes, POOL_ALIGNMENT);
    static const uint64_t growths[] = {0, 0, 1, 1, 2, 2, 2, 2, 3}; /* capacity 2, 4, 8, 16 */
    for (size_t i = 0; i < sizeof growths / sizeof growths[0]; i++) {
        *(char *)pool_get(&pool) = 1;
        cr_assert_eq(pool.growths, growths[i], "after %zu objects", i + 1);
        cr_assert(pool_is_valid(&pool));
    }
    cr_assert_eq(pool.capacity, 16);
    pool_free(&pool);
}

Test(pool, stays_valid_under_random_use)
{
    enum { MOST = 300 };
    struct pool pool;
    pool_init(&pool, sizeof(uint64_t), 16);
    struct random random;
    random_init(&random, 1, "pool");
    uint64_t *objects[MOST], live = 0;
    for (uint64_t step = 0; step < 20000; step++) {
        uint64_t at = random_below(&random, live + 1);
        if (live < MOST && (live == 0 || random_below(&random, MOST) >= live)) {
            objects[live] = pool_get(&pool);
            *objects[live] = (uintptr_t)objects[live];
            live++;
        } else if (at < live) {
            cr_assert_eq(*objects[at], (uintptr_t)objects[at], "an object was given to two");
            pool_put(&pool, objects[at]);
            objects[at] = objects[--live];
        }
        cr_assert_eq(pool.live, live);
        if (step % 512 == 0)
            cr_assert(pool_is_valid(&pool));
    }
    pool_free(&pool);
}

Test(pool, sees_what_is_not_valid)
{
    struct pool pool;
    pool_init(&pool, 64, 4);
    char *object = pool_get(&pool);
    pool_put(&pool, object);
    pool.live++;
    cr_assert_not(pool_is_valid(&pool), "a lost object");
    pool.live--;
    cr_assert(pool_is_valid(&pool));
    struct {
        _Alignas(64) char bytes[64];
    } stranger = {{0}};
    struct pool_link *own = pool.free;
    pool.free = (struct pool_link *)&stranger;
    cr_assert_not(pool_is_valid(&pool), "an object of somebody else");
    pool.free = (struct pool_link *)(void *)(object + 8);
    cr_assert_not(pool_is_valid(&pool), "the middle of an object");
    pool.free = own;
    pool_free(&pool);
    cr_assert_not(pool_is_valid(&pool), "a freed pool");
}

Test(pool, refuses_more_than_it_gave, .signal = SIGABRT)
{
    struct pool pool;
    pool_init(&pool, 64, 4);
    _Alignas(64) static char stranger[64];
    pool_put(&pool, stranger);
}

#ifdef POOL_POISONS
Test(pool, poisons_what_was_put_back)
{
    struct pool pool;
    pool_init(&pool, 64, 4);
    char *object = pool_get(&pool);
    cr_assert_not(__asan_address_is_poisoned(object));
    cr_assert(__asan_address_is_poisoned(object + 64), "never given out");
    pool_put(&pool, object);
    cr_assert(__asan_address_is_poisoned(object));
    cr_assert(__asan_address_is_poisoned(object + 63));
    cr_assert(pool_is_valid(&pool));
    cr_assert(__asan_address_is_poisoned(object), "looking at the pool leaves it poisoned");
    pool_free(&pool);
}

Test(pool, refuses_the_same_object_twice, .signal = SIGABRT)
{
    struct pool pool;
    pool_init(&pool, 64, 4);
    pool_get(&pool);
    void *object = pool_get(&pool);
    pool_put(&pool, object);
    pool_put(&pool, object);
}
#endif
