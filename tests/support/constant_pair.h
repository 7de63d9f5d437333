/* Constant pair: a constant of ours and the same one of somebody else's header. */
#ifndef TESTS_SUPPORT_CONSTANT_PAIR_H
#define TESTS_SUPPORT_CONSTANT_PAIR_H

#include <stddef.h>

struct constant_pair {
    const char *name; /* ours */
    unsigned long ours, theirs;
};

/* An element of an array of struct constant_pair. */
#define CONSTANT_PAIR(our_name, their_name)                                                                            \
    {                                                                                                                  \
        .name = #our_name, .ours = (our_name), .theirs = (their_name)                                                  \
    }

/* Each pair must be equal. */
void constant_pairs_expect_equal(const struct constant_pair *pairs, size_t count);

#define EXPECT_EQUAL_PAIRS(pairs) constant_pairs_expect_equal(pairs, sizeof(pairs) / sizeof(pairs[0]))

#endif
