/* Fixed: logarithm, exponential and square root in integers, the same on every machine.
 *
 * A `fixed` is a signed number with 32 fractional bits. */
#ifndef FABRIC_BASE_FIXED_H
#define FABRIC_BASE_FIXED_H

#include <stdint.h>

typedef int64_t fixed_t;
#define FIXED_ONE (INT64_C(1) << 32)

#endif
