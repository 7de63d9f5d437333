#include "fabric/pcie/bit_errors.h"

#include "fabric/base/check.h"
#include "fabric/base/fixed.h"

/* Mean distance, 1 / -ln(1 - p), with 32 fractional bits: 1/p - 1/2 - p/12, and what follows is below p^2/24. */
static unsigned __int128 mean_q32(uint64_t rate)
{
    unsigned __int128 inverse = ((unsigned __int128)BIT_ERRORS_ONE << 32) / rate;
    unsigned __int128 twelfth = ((unsigned __int128)rate << 32) / BIT_ERRORS_ONE / 12;
    return inverse - (UINT64_C(1) << 31) - twelfth;
}

/* Good bits before the next bad one: floor(ln u / ln(1 - p)) for u uniform in (0, 1), which is k with probability
 * (1 - p)^k p. */
static uint64_t draw(struct bit_errors *errors)
{
    uint64_t u = random_next(&errors->random);
    unsigned __int128 exponential = (unsigned __int128)fixed_minus_ln_fraction(u != 0 ? u : 1);
    unsigned __int128 mean = mean_q32(errors->rate);
    /* 62 bits and up to 92: as two products, the lower one without the bits that it cannot lose to rounding. */
    unsigned __int128 whole = (mean >> 32) * exponential;
    unsigned __int128 fraction = (unsigned __int128)(uint32_t)mean * exponential >> 32;
    unsigned __int128 bits = (whole + fraction) >> FIXED_FRACTION_BITS;
    return bits < UINT64_MAX ? (uint64_t)bits : UINT64_MAX - 1;
}

void bit_errors_init(struct bit_errors *errors, uint64_t rate, uint64_t seed, const char *name)
{
    CHECK(rate <= BIT_ERRORS_MOST);
    *errors = (struct bit_errors){.good_bits = UINT64_MAX, .rate = rate};
    if (rate == 0)
        return;
    random_init(&errors->random, seed, name);
    errors->good_bits = draw(errors);
}

void bit_errors_pass(struct bit_errors *errors, uint64_t bits)
{
    CHECK(errors->rate != 0);
    while (errors->good_bits < bits) {
        bits -= errors->good_bits + 1;
        errors->good_bits = draw(errors);
    }
    errors->good_bits -= bits;
}
