#include "fabric/base/cache_line.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

Test(cache_line, objects_are_zero_and_begin_a_line)
{
    for (size_t count = 0; count < 20; count++)
        for (size_t size = 0; size < 200; size += 7) {
            unsigned char *bytes = cache_line_calloc(count, size);
            cr_assert_eq((uintptr_t)bytes % CACHE_LINE_BYTES, 0);
            for (size_t i = 0; i < count * size; i++)
                cr_assert_eq(bytes[i], 0);
            free(bytes);
        }
}

Test(cache_line, more_than_there_can_be_is_refused, .signal = SIGABRT)
{
    cache_line_calloc(SIZE_MAX / 2, 3);
}
