#include "fabric/pcie/ecrc.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <string.h>

#include "fabric/base/random.h"

/* The base specification's words, bit by bit: a register shifted left, each byte from its bit 0, the complement mapped
 * so that result bits 0 to 7 are digest bits 7 to 0, 8 to 15 are 15 to 8, and so on. */
static uint32_t reference_digest(const uint8_t *tlp, size_t size)
{
    uint32_t result = 0xffffffff;
    for (size_t i = 0; i < size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            bool variant = (i == 0 && bit == 0) || (i == 2 && bit == 6);
            uint32_t in = variant ? 1 : tlp[i] >> bit & 1u;
            uint32_t out = result >> 31;
            result = result << 1 ^ (in ^ out ? 0x04c11db7u : 0);
        }
    }
    result = ~result;
    uint32_t digest = 0;
    for (uint32_t bit = 0; bit < 32; bit++)
        digest |= (result >> bit & 1) << (bit / 8 * 8 + 7 - bit % 8);
    return digest;
}

Test(ecrc, agrees_with_the_specification_bit_by_bit)
{
    struct random random;
    random_init(&random, 1, "ecrc");
    uint8_t bytes[160];
    for (int round = 0; round < 3000; round++) {
        size_t size = random_below(&random, sizeof(bytes) + 1);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)random_next(&random);
        cr_assert_eq(ecrc_digest(bytes, size), reference_digest(bytes, size));
    }
}

/* Of "123456789" one variant bit is clear, bit 6 of the third byte. With it set the text is "12s456789", whose common
 * CRC-32 (zlib) is 8fff4c5fh, sent low byte first. */
Test(ecrc, is_the_common_crc_32)
{
    cr_assert_eq(ecrc_digest((const uint8_t *)"12s456789", 9), 0x5f4cff8f);
    cr_assert_eq(ecrc_digest((const uint8_t *)"123456789", 9), 0x5f4cff8f);
}

Test(ecrc, ignores_the_bits_that_may_change_on_the_way_and_no_other)
{
    static const uint8_t header[12] = {0x44, 0x00, 0x00, 0x01, 0x00, 0x00, 0x06, 0x03, 0x05, 0x03, 0x00, 0x04};
    uint32_t digest = ecrc_digest(header, sizeof(header));
    for (size_t bit = 0; bit < sizeof(header) * 8; bit++) {
        uint8_t changed[sizeof(header)];
        memcpy(changed, header, sizeof(header));
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        bool is_variant = bit == 0 || bit == 2 * 8 + 6;
        cr_assert_eq(ecrc_digest(changed, sizeof(changed)) == digest, is_variant, "bit %zu", bit);
    }
}
