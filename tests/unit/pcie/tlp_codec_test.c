/* Round trips, refusals and mangled bytes. Bytes worked by hand are in tlp_golden_test.c. */
#include "fabric/pcie/tlp_codec.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/pcie/tlp_header.h"
#include "fabric/pcie/tlp_rules.h"
#include "tests/support/tlp_samples.h"

#define ROUNDS 3000

/* SIZE bytes in a block of their own, so that a sanitizer sees a byte read beyond them. */
static uint8_t *exact_copy(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    cr_assert_not_null(copy);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

/* Decodes a copy of exactly SIZE bytes; what decodes must keep the rules and encode to the same bytes. */
static enum tlp_refusal decode_checked(const uint8_t *bytes, size_t size)
{
    static uint8_t again[TLP_ENCODED_MAX_BYTES];
    uint8_t *copy = exact_copy(bytes, size);
    struct tlp tlp;
    struct tlp_envelope envelope;
    enum tlp_refusal refusal = tlp_decode(&tlp, &envelope, copy, size, TLP_PAYLOAD_MAX_BYTES);
    if (refusal == TLP_ACCEPTED) {
        size_t again_size = 0;
        cr_assert(tlp_is_valid(&tlp));
        cr_assert_eq(tlp_rules_check(&tlp), TLP_ACCEPTED);
        cr_assert_eq(tlp_encode(&tlp, &envelope, again, sizeof(again), &again_size), TLP_ACCEPTED);
        cr_assert_eq(again_size, size);
        cr_assert_arr_eq(again, bytes, size);
    }
    free(copy);
    return refusal;
}

/* What ought to be on the wire, counted apart from the codec. */
static size_t expected_bytes(const struct tlp *tlp, bool mr_prefix)
{
    bool is_message = tlp->type == TLP_MSG || tlp->type == TLP_MSGD;
    bool is_4dw = is_message || (tlp_traits[tlp->type].by_address && tlp->address > UINT32_MAX);
    size_t data = tlp_traits[tlp->type].has_data ? tlp->length_dw * 4u : 0;
    return (mr_prefix ? 4u : 0u) + (is_4dw ? 16u : 12u) + data + (tlp->attributes & TLP_DIGEST ? 4u : 0u);
}

static void round_trip(struct random *random, enum tlp_type type)
{
    static uint8_t payload[TLP_PAYLOAD_MAX_BYTES];
    static uint8_t bytes[TLP_ENCODED_MAX_BYTES];
    struct tlp tlp = tlp_sample(random, type);
    struct tlp_envelope envelope = tlp_sample_envelope(random, &tlp, payload);
    size_t size = 0;
    cr_assert_eq(tlp_encode(&tlp, &envelope, bytes, sizeof(bytes), &size), TLP_ACCEPTED);
    cr_assert_eq(size, expected_bytes(&tlp, envelope.mr_prefix));
    cr_assert_eq(size, tlp_encoded_bytes(&tlp, envelope.mr_prefix));
    cr_assert_eq(bytes[envelope.mr_prefix ? 4 : 0] >> 5 & 1, tlp_header_bytes(&tlp) == 16, "Fmt says how long it is");

    struct tlp decoded;
    struct tlp_envelope decoded_envelope;
    uint8_t *copy = exact_copy(bytes, size);
    uint32_t payload_bytes = tlp_payload_bytes(&tlp);
    cr_assert_eq(tlp_decode(&decoded, &decoded_envelope, copy, size, payload_bytes), TLP_ACCEPTED);
    cr_assert(tlp_same(&decoded, &tlp), "%s comes back as another", tlp_traits[type].name);
    cr_assert_eq(decoded_envelope.mr_prefix, envelope.mr_prefix);
    cr_assert_eq(decoded_envelope.virtual_link, envelope.virtual_link);
    cr_assert_eq(decoded_envelope.payload == NULL, payload_bytes == 0);
    if (payload_bytes > 0) {
        cr_assert_arr_eq(decoded_envelope.payload, payload, payload_bytes);
        cr_assert_eq(
            tlp_decode(&decoded, &decoded_envelope, copy, size, payload_bytes - 1), TLP_REFUSED_PAYLOAD_OVER_MPS);
    }
    cr_assert_eq(decode_checked(copy, size), TLP_ACCEPTED);
    free(copy);
}

Test(tlp_codec, each_type_comes_back_as_it_was)
{
    struct random random;
    random_init(&random, 1, "tlp_codec/round_trip");
    for (int type = 0; type < TLP_TYPES; type++)
        for (int round = 0; round < ROUNDS; round++)
            round_trip(&random, (enum tlp_type)type);
}

Test(tlp_codec, a_payload_that_is_not_carried_is_zeros)
{
    static uint8_t bytes[TLP_ENCODED_MAX_BYTES];
    struct tlp tlp = {.type = TLP_MWR, .length_dw = 32, .byte_enables = 0xff};
    struct tlp_envelope envelope = {0};
    size_t size = 0;
    memset(bytes, 0xaa, sizeof(bytes));
    cr_assert_eq(tlp_encode(&tlp, &envelope, bytes, sizeof(bytes), &size), TLP_ACCEPTED);
    cr_assert_eq(size, 12 + 128);
    for (size_t i = 12; i < size; i++)
        cr_assert_eq(bytes[i], 0);
    cr_assert_eq(bytes[size], 0xaa);
}

Test(tlp_codec, what_is_refused_leaves_everything_as_it_was)
{
    uint8_t bytes[] = {0x00, 0x00, 0x00, 0x01};
    struct tlp tlp = {.tag = 77};
    struct tlp_envelope envelope = {.virtual_link = 5};
    cr_assert_eq(tlp_decode(&tlp, &envelope, bytes, sizeof(bytes), 4096), TLP_REFUSED_TRUNCATED);
    cr_assert_eq(tlp.tag, 77);
    cr_assert_eq(envelope.virtual_link, 5);

    struct tlp wrong = {.type = TLP_MRD, .length_dw = 1, .tag = 0x400};
    size_t size = 99;
    cr_assert_eq(tlp_encode(&wrong, &envelope, bytes, sizeof(bytes), &size), TLP_REFUSED_TAG_RANGE);
    cr_assert_eq(size, 99);
    cr_assert_eq(bytes[3], 0x01);
}

Test(tlp_codec, the_prefix_has_8_bits_of_vh_and_3_of_virtual_link)
{
    uint8_t bytes[TLP_ENCODED_MAX_BYTES];
    size_t size = 0;
    struct tlp tlp = {.type = TLP_MRD, .length_dw = 1, .vh = 256};
    struct tlp_envelope without = {0};
    struct tlp_envelope with = {.mr_prefix = true};
    cr_assert_eq(tlp_encode(&tlp, &without, bytes, sizeof(bytes), &size), TLP_ACCEPTED);
    cr_assert_eq(tlp_encode(&tlp, &with, bytes, sizeof(bytes), &size), TLP_REFUSED_VH_RANGE);
    tlp.vh = 255;
    cr_assert_eq(tlp_encode(&tlp, &with, bytes, sizeof(bytes), &size), TLP_ACCEPTED);
    with.virtual_link = 8;
    cr_assert_eq(tlp_encode(&tlp, &with, bytes, sizeof(bytes), &size), TLP_REFUSED_VL_RANGE);
    without.virtual_link = 1;
    cr_assert_eq(tlp_encode(&tlp, &without, bytes, sizeof(bytes), &size), TLP_REFUSED_VL_RANGE);
}

Test(tlp_codec, only_one_fmt_and_type_in_eight_bits_is_each_type)
{
    int legal = 0;
    for (int first = 0; first < 256; first++) {
        uint8_t bytes[TLP_ENCODED_MAX_BYTES] = {(uint8_t)first};
        enum tlp_refusal refusal = decode_checked(bytes, sizeof(bytes));
        int fmt = first >> 5;
        if (fmt >= 5)
            cr_assert_eq(refusal, TLP_REFUSED_RESERVED_FORMAT, "%02x", first);
        legal += refusal != TLP_REFUSED_RESERVED_FORMAT && refusal != TLP_REFUSED_RESERVED_TYPE && fmt != 4;
    }
    /* Two headers each for 3 reads and writes, 3 AtomicOps and DMWr; 2 I/O, 4 configuration, 4 completions; 8 routings
     * (2 of them reserved) of Msg and MsgD. */
    cr_assert_eq(legal, 2 * 7 + 2 + 4 + 4 + 2 * 8);
}

/* Every length from nothing on, up to and one beyond the TLP. */
Test(tlp_codec, each_shorter_and_longer_length_is_refused)
{
    static uint8_t payload[TLP_PAYLOAD_MAX_BYTES];
    static uint8_t bytes[TLP_ENCODED_MAX_BYTES + 4];
    struct random random;
    random_init(&random, 1, "tlp_codec/lengths");
    for (int type = 0; type < TLP_TYPES; type++) {
        for (int round = 0; round < 40;) {
            struct tlp tlp = tlp_sample(&random, (enum tlp_type)type);
            struct tlp_envelope envelope = tlp_sample_envelope(&random, &tlp, payload);
            if (tlp_payload_bytes(&tlp) > 1024)
                continue;
            size_t size = 0;
            cr_assert_eq(tlp_encode(&tlp, &envelope, bytes, sizeof(bytes), &size), TLP_ACCEPTED);
            for (size_t shorter = 0; shorter < size; shorter++)
                cr_assert_eq(decode_checked(bytes, shorter), TLP_REFUSED_TRUNCATED);
            for (size_t more = 1; more <= 4; more++)
                cr_assert_eq(decode_checked(bytes, size + more), TLP_REFUSED_LENGTH_MISMATCH);
            round++;
        }
    }
}

/* A digest catches every single bit that changes in what it covers, but the two that may change on the way. */
Test(tlp_codec, the_digest_catches_each_single_bit)
{
    uint8_t payload[16] = {1, 2, 3, 4};
    uint8_t bytes[64];
    struct tlp tlp = {.type = TLP_CPLD, .attributes = TLP_DIGEST, .length_dw = 4, .byte_count = 16};
    struct tlp_envelope envelope = {.payload = payload};
    size_t size = 0;
    cr_assert_eq(tlp_encode(&tlp, &envelope, bytes, sizeof(bytes), &size), TLP_ACCEPTED);
    for (size_t bit = 0; bit < size * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum tlp_refusal refusal = decode_checked(bytes, size);
        bool may_change = bit == 0 || bit == 22;
        cr_assert_eq(refusal == TLP_ACCEPTED, may_change, "bit %zu: %s", bit, tlp_refusal_name(refusal));
        if (bit / 8 >= 12)
            cr_assert_eq(refusal, TLP_REFUSED_ECRC, "bit %zu", bit);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* Mangled TLPs: some bytes changed, and often cut short or made longer. decode_checked() holds what still decodes to
 * the law. */
Test(tlp_codec, mangled_bytes_are_refused_or_are_another_tlp)
{
    static uint8_t payload[TLP_PAYLOAD_MAX_BYTES];
    static uint8_t bytes[TLP_ENCODED_MAX_BYTES + 64];
    struct random random;
    random_init(&random, 1, "tlp_codec/mangled");
    long accepted = 0;
    for (long round = 0; round < 60000; round++) {
        struct tlp tlp = tlp_sample(&random, (enum tlp_type)random_below(&random, TLP_TYPES));
        if (tlp.length_dw > 16)
            continue;
        struct tlp_envelope envelope = tlp_sample_envelope(&random, &tlp, payload);
        size_t size = 0;
        cr_assert_eq(tlp_encode(&tlp, &envelope, bytes, sizeof(bytes), &size), TLP_ACCEPTED);
        for (uint64_t changes = 1 + random_below(&random, 3); changes > 0; changes--)
            bytes[random_below(&random, size < 24 ? size : 24)] ^= (uint8_t)(1u << random_below(&random, 8));
        if (random_below(&random, 4) == 0)
            size = random_below(&random, size + 64);
        accepted += decode_checked(bytes, size) == TLP_ACCEPTED;
    }
    cr_assert_gt(accepted, 1000, "some changes make another legal TLP");
}

Test(tlp_codec, random_bytes_are_refused_or_a_tlp)
{
    struct random random;
    random_init(&random, 1, "tlp_codec/random");
    for (long round = 0; round < 200000; round++) {
        uint8_t bytes[64];
        size_t size = random_below(&random, sizeof(bytes) + 1);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)random_next(&random);
        (void)decode_checked(bytes, size);
    }
}
