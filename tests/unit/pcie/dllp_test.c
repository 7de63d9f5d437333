#include "fabric/pcie/dllp.h"

#include <criterion/criterion.h>
#include <string.h>

#include "fabric/base/random.h"
#include "fabric/pcie/credits.h"

/* The base specification's words, 3.5.1: a register of 16 bits, polynomial 100Bh, seed FFFFh, each byte from its bit 0;
 * the complement's bits 0 to 7 are CRC bits 7 to 0, and 8 to 15 are 15 to 8. */
static uint16_t reference_crc(const uint8_t *bytes)
{
    uint32_t result = 0xffff;
    for (int i = 0; i < 4; i++)
        for (int bit = 0; bit < 8; bit++) {
            uint32_t out = result >> 15 & 1, in = bytes[i] >> bit & 1u;
            result = (result << 1 & 0xffff) ^ (in ^ out ? 0x100bu : 0);
        }
    result = ~result & 0xffff;
    uint32_t crc = 0;
    for (uint32_t bit = 0; bit < 16; bit++)
        crc |= (result >> bit & 1) << (bit / 8 * 8 + 7 - bit % 8);
    return (uint16_t)crc;
}

static const enum dllp_framing framings[] = {DLLP_SYMBOLS, DLLP_TOKEN};

static size_t body_at(enum dllp_framing framing)
{
    return framing == DLLP_SYMBOLS ? 1 : 2;
}

/* Makes the CRC right for what the bytes are now. */
static void seal(uint8_t *bytes, enum dllp_framing framing)
{
    uint8_t *body = bytes + body_at(framing);
    uint16_t crc = reference_crc(body);
    body[4] = (uint8_t)(crc >> 8);
    body[5] = (uint8_t)crc;
}

static bool same(const struct dllp *one, const struct dllp *other)
{
    return one->type == other->type && one->credit == other->credit && one->channel == other->channel &&
           one->header_scale == other->header_scale && one->data_scale == other->data_scale &&
           one->headers == other->headers && one->data == other->data && one->sequence == other->sequence &&
           one->payload == other->payload;
}

Test(dllp, has_the_bytes_of_the_specification)
{
    static const struct {
        struct dllp dllp;
        uint8_t bytes[4];
    } samples[] = {
        {{.type = DLLP_ACK, .sequence = 0x123}, {0x00, 0x00, 0x01, 0x23}},
        {{.type = DLLP_NAK, .sequence = 0xfff}, {0x10, 0x00, 0x0f, 0xff}},
        {{.type = DLLP_FEATURE, .payload = DLLP_FEATURE_ACK | DLLP_FEATURE_SCALED_FLOW_CONTROL},
         {0x02, 0x80, 0x00, 0x01}},
        {{.type = DLLP_PM_ENTER_L1}, {0x20, 0, 0, 0}},
        {{.type = DLLP_PM_ENTER_L23}, {0x21, 0, 0, 0}},
        {{.type = DLLP_PM_ACTIVE_STATE_REQUEST_L1}, {0x23, 0, 0, 0}},
        {{.type = DLLP_PM_REQUEST_ACK}, {0x24, 0, 0, 0}},
        {{.type = DLLP_VENDOR, .payload = 0xabcdef}, {0x30, 0xab, 0xcd, 0xef}},
        {{.type = DLLP_NOP}, {0x31, 0, 0, 0}},
        {{.type = DLLP_INITFC1, .credit = CREDIT_POSTED, .headers = 0x81, .data = 0x7ff}, {0x40, 0x20, 0x47, 0xff}},
        {{.type = DLLP_INITFC2, .credit = CREDIT_COMPLETION, .channel = 5}, {0xe5, 0, 0, 0}},
        {{.type = DLLP_INITFC1, .credit = CREDIT_NONPOSTED, .header_scale = 1, .data_scale = 3}, {0x50, 0x40, 0x30, 0}},
        {{.type = DLLP_UPDATEFC, .credit = CREDIT_NONPOSTED, .channel = 7, .headers = 3, .data = 1},
         {0x97, 0x00, 0xc0, 0x01}},
        {{.type = DLLP_MRINIT, .payload = 1}, {0x01, 0, 0, 1}},
        {{.type = DLLP_MRINITFC1, .channel = 2}, {0x72, 0, 0, 0}},
        {{.type = DLLP_MRINITFC2, .channel = 1}, {0xf1, 0, 0, 0}},
        {{.type = DLLP_MRUPDATEFC, .payload = 0xffffff}, {0xb0, 0xff, 0xff, 0xff}},
    };
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
        for (size_t f = 0; f < 2; f++) {
            uint8_t bytes[DLLP_BYTES];
            cr_assert_eq(dllp_encode(&samples[i].dllp, framings[f], bytes), DLLP_ACCEPTED, "sample %zu", i);
            const uint8_t *body = bytes + body_at(framings[f]);
            cr_assert_arr_eq(body, samples[i].bytes, 4, "sample %zu", i);
            cr_assert_eq(body[4] << 8 | body[5], reference_crc(body));
            struct dllp read;
            cr_assert_eq(dllp_decode(&read, framings[f], bytes), DLLP_ACCEPTED);
            cr_assert(same(&read, &samples[i].dllp), "sample %zu", i);
        }
}

Test(dllp, is_framed_as_its_generation_does)
{
    struct dllp ack = {.type = DLLP_ACK};
    uint8_t bytes[DLLP_BYTES];
    cr_assert_eq(dllp_encode(&ack, DLLP_SYMBOLS, bytes), DLLP_ACCEPTED);
    cr_assert_eq(bytes[0], 0x5c);
    cr_assert_eq(bytes[7], 0xfd);
    struct dllp read;
    cr_assert_eq(dllp_decode(&read, DLLP_TOKEN, bytes), DLLP_REFUSED_FRAMING);
    bytes[7] = 0xfe;
    cr_assert_eq(dllp_decode(&read, DLLP_SYMBOLS, bytes), DLLP_REFUSED_FRAMING);
    cr_assert_eq(dllp_encode(&ack, DLLP_TOKEN, bytes), DLLP_ACCEPTED);
    cr_assert_eq(bytes[0], 0xf0);
    cr_assert_eq(bytes[1], 0xac);
    cr_assert_eq(dllp_decode(&read, DLLP_SYMBOLS, bytes), DLLP_REFUSED_FRAMING);
}

Test(dllp, refuses_each_single_wrong_bit)
{
    struct dllp sent = {.type = DLLP_UPDATEFC, .credit = CREDIT_POSTED, .headers = 0x5a, .data = 0x3c3};
    for (size_t f = 0; f < 2; f++)
        for (size_t bit = 0; bit < DLLP_BYTES * 8; bit++) {
            uint8_t bytes[DLLP_BYTES];
            cr_assert_eq(dllp_encode(&sent, framings[f], bytes), DLLP_ACCEPTED);
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            size_t at = bit / 8, body = body_at(framings[f]);
            bool in_body = at >= body && at < body + 6;
            struct dllp read = {.sequence = 7};
            cr_assert_eq(
                dllp_decode(&read, framings[f], bytes), in_body ? DLLP_REFUSED_CRC : DLLP_REFUSED_FRAMING, "bit %zu",
                bit);
            cr_assert_eq(read.sequence, 7, "nothing is written");
        }
}

/* Whatever four bytes arrive: they are refused, or encode to the same again. Every type's byte is tried. */
Test(dllp, decodes_what_it_encodes)
{
    struct random random;
    random_init(&random, 1, "dllp");
    size_t known = 0, seen[DLLP_REFUSALS] = {0};
    for (uint32_t code = 0; code < 256; code++) {
        bool accepted = false;
        for (int round = 0; round < 64; round++) {
            enum dllp_framing framing = framings[round % 2];
            uint8_t bytes[DLLP_BYTES], again[DLLP_BYTES];
            struct dllp any = {.type = DLLP_NOP};
            cr_assert_eq(dllp_encode(&any, framing, bytes), DLLP_ACCEPTED);
            uint8_t *body = bytes + body_at(framing);
            body[0] = (uint8_t)code;
            for (int i = 1; i < 4; i++)
                body[i] = round < 2 ? 0 : (uint8_t)random_next(&random);
            seal(bytes, framing);
            struct dllp read;
            enum dllp_refusal refusal = dllp_decode(&read, framing, bytes);
            seen[refusal]++;
            if (refusal != DLLP_ACCEPTED)
                continue;
            accepted = true;
            cr_assert_eq(dllp_encode(&read, framing, again), DLLP_ACCEPTED);
            cr_assert_arr_eq(again, bytes, DLLP_BYTES);
        }
        known += accepted;
    }
    /* Nine of one code, MRInit, nine flow-control codes and three MR ones of eight channels each. */
    cr_assert_eq(known, 9 + 1 + (9 + 3) * 8);
    cr_assert_gt(seen[DLLP_REFUSED_TYPE], 0);
    cr_assert_gt(seen[DLLP_REFUSED_RESERVED], 0);
}

Test(dllp, refuses_what_does_not_fit)
{
    static const struct dllp wrong[] = {
        {.type = DLLP_TYPES},
        {.type = DLLP_ACK, .sequence = 0x1000},
        {.type = DLLP_ACK, .headers = 1},
        {.type = DLLP_ACK, .channel = 1},
        {.type = DLLP_INITFC1, .credit = CREDIT_TYPES},
        {.type = DLLP_INITFC1, .channel = 8},
        {.type = DLLP_INITFC1, .header_scale = 4},
        {.type = DLLP_INITFC1, .data_scale = 4},
        {.type = DLLP_UPDATEFC, .headers = 0x100},
        {.type = DLLP_UPDATEFC, .data = 0x1000},
        {.type = DLLP_UPDATEFC, .payload = 1},
        {.type = DLLP_FEATURE, .payload = 0x1000000},
        {.type = DLLP_MRUPDATEFC, .credit = 1},
        {.type = DLLP_NOP, .sequence = 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t bytes[DLLP_BYTES] = {0};
        cr_assert_eq(dllp_encode(&wrong[i], DLLP_TOKEN, bytes), DLLP_REFUSED_RANGE, "sample %zu", i);
        cr_assert_eq(bytes[0], 0, "nothing is written");
    }
}

Test(dllp, has_names)
{
    for (enum dllp_type type = 0; type < DLLP_TYPES; type++)
        cr_assert_not_null(dllp_type_name(type));
    for (enum dllp_refusal refusal = 0; refusal < DLLP_REFUSALS; refusal++)
        cr_assert_not_null(dllp_refusal_name(refusal));
    cr_assert_str_eq(dllp_type_name(DLLP_MRUPDATEFC), "MRUpdateFC");
    cr_assert_str_eq(dllp_refusal_name(DLLP_REFUSED_CRC), "crc");
}
