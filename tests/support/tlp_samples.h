/* TLP samples: random legal TLPs, and comparing what of a TLP goes over a link. */
#ifndef TESTS_SUPPORT_TLP_SAMPLES_H
#define TESTS_SUPPORT_TLP_SAMPLES_H

#include <stdbool.h>

#include "fabric/base/random.h"
#include "fabric/pcie/tlp.h"
#include "fabric/pcie/tlp_codec.h"

/* A legal TLP of TYPE, any of its fields random; those that do not go over a link are 0. Extremes (1 and 1024 DW, both
 * sides of 4 GiB, up to the last byte before 4 KiB) come often. */
struct tlp tlp_sample(struct random *random, enum tlp_type type);

/* A random envelope for *TLP, which gets a hierarchy and a generation when there is a prefix. The payload is PAYLOAD,
 * TLP_PAYLOAD_MAX_BYTES of room, filled with random bytes as far as needed; NULL for a TLP without data. */
struct tlp_envelope tlp_sample_envelope(struct random *random, struct tlp *tlp, uint8_t *payload);

/* The two have the same fields, all of them. */
bool tlp_same(const struct tlp *a, const struct tlp *b);

#endif
