#include "hostsim/guest/tokens.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"

/* A plain heap of times, to compare with. */
static uint64_t free_ps[64];
static uint32_t free_count;

static uint32_t earliest(void)
{
    uint32_t best = 0;
    for (uint32_t n = 1; n < free_count; n++)
        if (free_ps[n] < free_ps[best])
            best = n;
    return best;
}

Test(tokens, the_earliest_free_one_is_taken_whatever_the_order_of_giving)
{
    struct random random;
    random_init(&random, 1, "tokens");
    for (uint32_t size = 1; size <= 64; size = size * 2 + 1) {
        struct tokens tokens;
        tokens_init(&tokens, size, 5);
        for (free_count = 0; free_count < size; free_count++)
            free_ps[free_count] = 5;
        for (int step = 0; step < 5000; step++) {
            bool takes = free_count == size || (free_count > 0 && random_below(&random, 2) == 0);
            if (takes) {
                tokens_take(&tokens);
                uint32_t taken = earliest();
                free_ps[taken] = free_ps[--free_count];
            } else {
                uint64_t at_ps = random_below(&random, 1000);
                tokens_give(&tokens, at_ps);
                free_ps[free_count++] = at_ps;
            }
            cr_assert(tokens_is_valid(&tokens));
            cr_assert_eq(tokens.count, free_count);
            cr_assert_eq(tokens_next_ps(&tokens), free_count == 0 ? TIME_NEVER : free_ps[earliest()]);
        }
        tokens_free(&tokens);
    }
}
