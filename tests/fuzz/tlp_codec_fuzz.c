/* Any bytes either are refused, or are a TLP that keeps the rules and encodes to the same bytes. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/pcie/tlp_codec.h"
#include "fabric/pcie/tlp_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct tlp tlp;
    struct tlp_envelope envelope;
    if (tlp_decode(&tlp, &envelope, bytes, size, TLP_PAYLOAD_MAX_BYTES) != TLP_ACCEPTED)
        return 0;

    static uint8_t again[TLP_ENCODED_MAX_BYTES];
    size_t again_size = 0;
    CHECK(tlp_is_valid(&tlp));
    CHECK(tlp_rules_check(&tlp) == TLP_ACCEPTED);
    CHECK(tlp_encode(&tlp, &envelope, again, sizeof(again), &again_size) == TLP_ACCEPTED);
    CHECK(again_size == size && memcmp(again, bytes, size) == 0);
    return 0;
}
