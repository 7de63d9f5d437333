/* Fixed: logarithm, exponential and square root in integers, the same on every machine.
 *
 * What decides when something happens must not depend on a machine's floating point or on its libm. A fixed_t is a
 * signed number with 56 fractional bits: from -128 to 128, in steps of 1.4e-17. Each function says how far it may be
 * from the true value; the tests hold it to that. */
#ifndef FABRIC_BASE_FIXED_H
#define FABRIC_BASE_FIXED_H

#include <stdint.h>

typedef int64_t fixed_t;

#define FIXED_FRACTION_BITS 56
#define FIXED_ONE (INT64_C(1) << FIXED_FRACTION_BITS)

/* ln(value), 0 to 44.4. VALUE > 0. Within 0.55 steps. */
fixed_t fixed_ln(uint64_t value);

/* -ln(fraction / 2^64), 0 to 44.4: of a fraction in (0, 1). FRACTION > 0. Within 0.6 steps; never negative. */
fixed_t fixed_minus_ln_fraction(uint64_t fraction);

/* e^exponent * 2^fraction_bits, rounded to an integer; UINT64_MAX when that is greater. FRACTION_BITS <= 63. Within
 * 2^-59 of the true value (relative) before the rounding. */
uint64_t fixed_exp(fixed_t exponent, unsigned fraction_bits);

/* The square root, rounded down to a step of fixed_t. VALUE >= 0. */
fixed_t fixed_sqrt(fixed_t value);

/* The greatest integer whose square is not above VALUE. Exact. */
uint64_t fixed_square_root_floor(unsigned __int128 value);

#endif
