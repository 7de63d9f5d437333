/* Bit errors: where on one direction of a link the next bit is received wrong.
 *
 * Bits fail independently with one probability. So the distance to the next failure is geometric, is drawn once, and
 * counted down by all that goes over the wire, which costs a comparison where nothing fails. Integers only.
 *
 * A plain value, and its own random stream. */
#ifndef FABRIC_PCIE_BIT_ERRORS_H
#define FABRIC_PCIE_BIT_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/random.h"

/* A bit error rate is a whole number of these parts of 1. */
#define BIT_ERRORS_ONE UINT64_C(1000000000000000000)

/* Above this rate no TLP would come through. */
#define BIT_ERRORS_MOST (BIT_ERRORS_ONE / 1000)

struct bit_errors {
    uint64_t good_bits; /* that follow before the next bad one; UINT64_MAX: none will be */
    uint64_t rate;      /* BIT_ERRORS_ONE-ths; 0: no errors */
    struct random random;
};

/* RATE errors a bit, in BIT_ERRORS_ONE-ths, at most BIT_ERRORS_MOST; drawn from the stream of NAME under SEED. */
void bit_errors_init(struct bit_errors *errors, uint64_t rate, uint64_t seed, const char *name);

/* For bit_errors_hit(): the next BITS hold the next bad one. Passes them. */
void bit_errors_pass(struct bit_errors *errors, uint64_t bits);

/* BYTES go over the wire: true when at least one bit of them is received wrong. */
static inline bool bit_errors_hit(struct bit_errors *errors, uint32_t bytes)
{
    uint64_t bits = (uint64_t)bytes * 8;
    if (__builtin_expect(errors->good_bits >= bits, 1)) {
        errors->good_bits -= errors->rate != 0 ? bits : 0;
        return false;
    }
    bit_errors_pass(errors, bits);
    return true;
}

#endif
