#include "tests/support/constant_pair.h"

#include <criterion/criterion.h>

void constant_pairs_expect_equal(const struct constant_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(
            pairs[i].ours, pairs[i].theirs, "%s is %#lx here and %#lx there", pairs[i].name, pairs[i].ours,
            pairs[i].theirs);
}
