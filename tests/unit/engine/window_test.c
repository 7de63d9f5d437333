#include "fabric/engine/window.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"

Test(window, overlap_is_the_count_of_picoseconds_in_both)
{
    for (uint64_t from = 0; from < 8; from++)
        for (uint64_t to = from; to < 9; to++)
            for (uint64_t begin = 0; begin < 8; begin++)
                for (uint64_t end = begin; end < 9; end++) {
                    struct window window = {from, to};
                    uint64_t both = 0;
                    for (uint64_t at = begin; at < end; at++)
                        both += window_contains(&window, at);
                    cr_assert_eq(window_overlap_ps(&window, begin, end), both);
                }
}

Test(window, is_half_open)
{
    struct window window = {10, 20};
    cr_assert_not(window_contains(&window, 9));
    cr_assert(window_contains(&window, 10));
    cr_assert(window_contains(&window, 19));
    cr_assert_not(window_contains(&window, 20));
}

Test(window, may_have_no_end_yet)
{
    struct window window = {10, TIME_NEVER};
    cr_assert(window_contains(&window, UINT64_C(1) << 62));
    cr_assert_eq(window_overlap_ps(&window, 5, 1000), 990);
}
