#include "fabric/pcie/ecrc.h"

/* nibbles[n]: what the remainder takes over when its low four bits, n, leave it: n divided by the polynomial, all with
 * their bits reversed, as bytes go in from their bit 0 (nibbles[8] is the polynomial itself). */
static const uint32_t nibbles[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

static uint32_t add_byte(uint32_t remainder, uint8_t byte)
{
    remainder ^= byte;
    remainder = remainder >> 4 ^ nibbles[remainder & 0xf];
    return remainder >> 4 ^ nibbles[remainder & 0xf];
}

/* The variant bits of the byte at INDEX. */
static uint8_t variant_bits(size_t index)
{
    switch (index) {
    case 0:
        return 0x01; /* Type[0] */
    case 2:
        return 0x40; /* EP */
    default:
        return 0;
    }
}

uint32_t ecrc_digest(const uint8_t *tlp, size_t size)
{
    uint32_t remainder = UINT32_MAX;
    for (size_t i = 0; i < size; i++)
        remainder = add_byte(remainder, (uint8_t)(tlp[i] | variant_bits(i)));
    /* Result bit 31 is the low bit of the first byte on the wire, and it is bit 0 here. */
    return __builtin_bswap32(~remainder);
}
