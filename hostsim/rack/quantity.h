/* Quantity: a number with a unit, as scenarios write them: `0.1us`, `16KiB`, `92.4Gbps`, `80%`, `3m`.
 *
 * Exact: decimals are integers all the way, and what does not come out whole in the kind's own unit is an error (sizes
 * and weights round up), as is what does not fit 64 bits. Numbers are plain decimals (`1e3ns` is refused), but for
 * RATIO, where a bit error rate of `1e-12` is how people write it. Units are case-sensitive. A bare 0 needs none.
 * Nothing here is negative. */
#ifndef HOSTSIM_RACK_QUANTITY_H
#define HOSTSIM_RACK_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/status.h"

enum quantity_kind {
    QUANTITY_TIME,       /* ps ns us ms s -> ps */
    QUANTITY_SIZE,       /* B KiB MiB GiB kB MB GB -> bytes */
    QUANTITY_BANDWIDTH,  /* bps ... Gbps, B/s ... GB/s -> bits/s */
    QUANTITY_RATE,       /* those -> thousandths of a bit/s; or ops/s kops/s Mops/s -> thousandths of an operation/s */
    QUANTITY_OPERATIONS, /* ops/s kops/s Mops/s -> thousandths of an operation/s */
    QUANTITY_LENGTH,     /* m cm -> micrometres (5 ns/m: 200 of them are 1 ps of cable) */
    QUANTITY_RATIO,      /* 0.8 or 80% -> QUANTITY_RATIO_ONE-ths; not bounded by 1 */
    QUANTITY_DECIMAL,    /* a bare number -> thousandths */
    QUANTITY_WEIGHT,     /* a bare number or a percentage -> millionths */
    QUANTITY_COUNT,      /* a bare whole number */
};

#define QUANTITY_RATIO_ONE UINT64_C(1000000000000000000)
#define QUANTITY_DECIMAL_ONE UINT64_C(1000)
#define QUANTITY_WEIGHT_ONE UINT64_C(1000000)

struct quantity {
    uint64_t value;     /* in the kind's own unit */
    bool of_operations; /* RATE and OPERATIONS: it was written in operations */
};

/* Why a text was refused, and what would be right: "80 needs a unit: ps ns us ms s". */
struct quantity_why {
    char text[160];
};

/* Reads the whole of TEXT as a quantity of KIND. STATUS_INVALID_ARGUMENT leaves *QUANTITY alone and fills *WHY. */
MUST_CHECK enum status
quantity_parse(enum quantity_kind kind, const char *text, struct quantity *quantity, struct quantity_why *why);

/* `true` `on` `false` `off`. */
MUST_CHECK enum status quantity_parse_boolean(const char *text, bool *value, struct quantity_why *why);

/* VALUE of kind TIME or SIZE in the largest unit in which it is whole ("105ns", "4KiB"), into BUFFER. */
#define QUANTITY_TEXT_BYTES 32
char *quantity_text(enum quantity_kind kind, uint64_t value, char buffer[QUANTITY_TEXT_BYTES]);

/* The units of a kind, as messages name them: "ps ns us ms s"; "" for kinds without. */
const char *quantity_units(enum quantity_kind kind);

#endif
