#include "fabric/base/fixed.h"

#include "fabric/base/check.h"

/* The tables and constants below are the nearest integers to the stated values, computed with 60 decimal digits. */

#define LN_2_Q64 UINT64_C(0xb17217f7d1cf79ac)   /* ln 2 * 2^64 */
#define LOG2_E_Q62 INT64_C(0x5c551d94ae0bf85e)  /* log2 e * 2^62 */
#define LN_2_64_Q56 INT64_C(0x2c5c85fdf473de6b) /* 64 ln 2 * 2^56 */

/* The cell i of [1, 2) is [1 + i/64, 1 + (i + 1)/64). */
static const struct {
    uint16_t inverse; /* of the cell's middle, * 2^15 */
    uint64_t ln;      /* -ln(inverse / 2^15) * 2^63: of the rounded inverse, so nothing is lost to its rounding */
} cells[64] = {
    {32514, 0x00fefd5358933c48}, {32018, 0x02f6b761284609b4}, {31536, 0x04e7c1ee83af5895}, {31069, 0x06d0a15c48406f79},
    {30615, 0x08b2fd777741839a}, {30175, 0x0a8d599f89f01e33}, {29747, 0x0c6174eb21118e80}, {29331, 0x0e2ef047bb079d93},
    {28926, 0x0ff68c99000563bb}, {28533, 0x11b6ccd551eb8f43}, {28150, 0x1371a0203f9f6464}, {27777, 0x1526b7e3a9f835a8},
    {27414, 0x16d5c3e73062139f}, {27060, 0x187fa86521091093}, {26715, 0x1a241e200839763f}, {26379, 0x1bc2dc744a70e31b},
    {26052, 0x1d5b996b97fb5e2e}, {25732, 0x1ef095cbde99360a}, {25420, 0x2080532969e081b8}, {25116, 0x220a8ff3a4d57704},
    {24818, 0x2391ad830f441cc2}, {24528, 0x2512d427c10d4768}, {24245, 0x268f1935977e532d}, {23967, 0x2808ff0d6ed417ba},
    {23697, 0x297c3d2b30f51504}, {23432, 0x2aecbe2e93b4d669}, {23173, 0x2c58f3e574d32a40}, {22920, 0x2dc0ad548843aa83},
    {22672, 0x2f252abfbe8f444e}, {22429, 0x308645b4a39a8512}, {22192, 0x31e25d0e70c58fa7}, {21960, 0x333abb0260c0f902},
    {21732, 0x3490b921d7b617eb}, {21509, 0x35e2b464b474e948}, {21291, 0x3730832d2e65f4b8}, {21077, 0x387b894fa0fe99ca},
    {20867, 0x39c3a817214bdf36}, {20662, 0x3b072a4b7d6e22e3}, {20460, 0x3c491834f9184c3c}, {20262, 0x3d87bfa4d9a9b803},
    {20068, 0x3ec2fff56491d780}, {19878, 0x3ffab810d0f94083}, {19692, 0x412ec67728dacadb}, {19508, 0x4262653dcb14e35d},
    {19329, 0x43907417c2f5bd1e}, {19152, 0x44bde65653bef1f7}, {18979, 0x45e73cef91aa67eb}, {18809, 0x470e127e6ab3e119},
    {18641, 0x48341146ac32068d}, {18477, 0x4955a13a6da32f7b}, {18316, 0x4a7467fb430207fa}, {18157, 0x4b921adba56da940},
    {18001, 0x4cacdae49739ff09}, {17848, 0x4dc48ed5261ed957}, {17697, 0x4edaf728ce958249}, {17549, 0x4fee2813cce18c59},
    {17404, 0x50fe078c1f797ac2}, {17261, 0x520c614887666b8a}, {17120, 0x531926bfc3b856c6}, {16981, 0x5424493005c5ad2e},
    {16845, 0x552bc79f05b5b6f4}, {16710, 0x563372d7bff6abf3}, {16578, 0x57375371fcedca08}, {16448, 0x58394bd15e238dd5},
};

/* 2^(i/64) * 2^63 */
static const uint64_t powers_of_two[64] = {
    0x8000000000000000, 0x8164d1f3bc030773, 0x82cd8698ac2ba1d7, 0x843a28c3acde4046, 0x85aac367cc487b15,
    0x871f61969e8d1010, 0x88980e8092da8527, 0x8a14d575496efd9a, 0x8b95c1e3ea8bd6e7, 0x8d1adf5b7e5ba9e6,
    0x8ea4398b45cd53c0, 0x9031dc431466b1dc, 0x91c3d373ab11c336, 0x935a2b2f13e6e92c, 0x94f4efa8fef70961,
    0x96942d3720185a00, 0x9837f0518db8a96f, 0x99e0459320b7fa65, 0x9b8d39b9d54e5539, 0x9d3ed9a72cffb751,
    0x9ef5326091a111ae, 0xa0b0510fb9714fc2, 0xa27043030c496819, 0xa43515ae09e6809e, 0xa5fed6a9b15138ea,
    0xa7cd93b4e965356a, 0xa9a15ab4ea7c0ef8, 0xab7a39b5a93ed337, 0xad583eea42a14ac6, 0xaf3b78ad690a4375,
    0xb123f581d2ac2590, 0xb311c412a9112489, 0xb504f333f9de6484, 0xb6fd91e328d17791, 0xb8fbaf4762fb9ee9,
    0xbaff5ab2133e45fb, 0xbd08a39f580c36bf, 0xbf1799b67a731083, 0xc12c4cca66709456, 0xc346ccda24976407,
    0xc5672a115506dadd, 0xc78d74c8abb9b15d, 0xc9b9bd866e2f27a3, 0xcbec14fef2727c5d, 0xce248c151f8480e4,
    0xd06333daef2b2595, 0xd2a81d91f12ae45a, 0xd4f35aabcfedfa1f, 0xd744fccad69d6af4, 0xd99d15c278afd7b6,
    0xdbfbb797daf23755, 0xde60f4825e0e9124, 0xe0ccdeec2a94e111, 0xe33f8972be8a5a51, 0xe5b906e77c8348a8,
    0xe8396a503c4bdc68, 0xeac0c6e7dd24392f, 0xed4f301ed9942b84, 0xefe4b99bdcdaf5cb, 0xf281773c59ffb13a,
    0xf5257d152486cc2c, 0xf7d0df730ad13bb9, 0xfa83b2db722a033a, 0xfd3e0c0cf486c175,
};

/* ln(1 + r) = r (1 - r/2 + ... - r^7/8) for |r| <= 2^-6.9: what follows is below 2^-65. R and the result have 63
 * fractional bits; the sum has 62, as it may exceed 1. */
static int64_t ln_near_one_q63(int64_t r)
{
    static const int64_t one_q62 = INT64_C(1) << 62;
    int64_t sum_q62 = -one_q62 / 8;
    for (int power = 7; power >= 1; power--)
        sum_q62 = (power % 2 ? one_q62 : -one_q62) / power + (int64_t)((__int128)sum_q62 * r >> 63);
    return (int64_t)((__int128)sum_q62 * r >> 62);
}

fixed_t fixed_ln(uint64_t value)
{
    CHECK(value > 0);
    unsigned shift = (unsigned)__builtin_clzll(value);
    uint64_t mantissa = value << shift; /* [1, 2) with 63 fractional bits */
    unsigned cell = (unsigned)(mantissa >> 57) & 63;
    uint64_t near_one = (uint64_t)((unsigned __int128)mantissa * cells[cell].inverse >> 15);
    int64_t r = (int64_t)(near_one - (UINT64_C(1) << 63));
    __int128 octaves_q63 = (__int128)((unsigned __int128)(63 - shift) * LN_2_Q64 >> 1);
    __int128 sum_q63 = octaves_q63 + (__int128)cells[cell].ln + ln_near_one_q63(r);
    return (fixed_t)((sum_q63 + (1 << 6)) >> 7);
}

fixed_t fixed_minus_ln_fraction(uint64_t fraction)
{
    fixed_t result = LN_2_64_Q56 - fixed_ln(fraction);
    CHECK(result >= 0); /* 64 ln 2 is rounded up by 0.05 steps, and the sum above errs by less than half a step */
    return result;
}

/* e^t = 1 + t (1 + t/2 (1 + ... t/7)) for 0 <= t < 2^-6.5: what follows is below 2^-67. 63 fractional bits. */
static uint64_t exp_near_zero_q63(uint64_t t)
{
    const uint64_t one = UINT64_C(1) << 63;
    uint64_t sum = one;
    for (unsigned power = 7; power >= 1; power--)
        sum = one + (uint64_t)((unsigned __int128)sum * t >> 63) / power;
    return sum;
}

uint64_t fixed_exp(fixed_t exponent, unsigned fraction_bits)
{
    CHECK(fraction_bits < 64);
    __int128 binary_q118 = (__int128)exponent * LOG2_E_Q62;
    int whole = (int)(binary_q118 >> 118) + (int)fraction_bits;
    uint64_t fraction_q64 = (uint64_t)((unsigned __int128)binary_q118 >> 54);
    if (whole > 63)
        return UINT64_MAX;
    if (whole < -1)
        return 0;
    uint64_t rest_q64 = fraction_q64 & (UINT64_MAX >> 6);
    uint64_t t_q63 = (uint64_t)((unsigned __int128)rest_q64 * LN_2_Q64 >> 65);
    unsigned __int128 power_q126 = (unsigned __int128)powers_of_two[fraction_q64 >> 58] * exp_near_zero_q63(t_q63);
    unsigned below = (unsigned)(126 - whole); /* bits that follow the point: at least 63 */
    unsigned __int128 rounded = (power_q126 + ((unsigned __int128)1 << (below - 1))) >> below;
    return rounded > UINT64_MAX ? UINT64_MAX : (uint64_t)rounded;
}

/* The square root of a number in [2^126, 2^128), at most one too great. Each line doubles the digits that are right;
 * the proof stands in CPython's Modules/mathmodule.c (math.isqrt, by Mark Dickinson). */
static uint64_t square_root_of_normalised(unsigned __int128 value)
{
    uint64_t high = (uint64_t)(value >> 64);
    uint64_t root = 1 + (high >> 62);
    root = (root << 1) + (high >> 59) / root;
    root = (root << 3) + (high >> 53) / root;
    root = (root << 7) + (high >> 41) / root;
    root = (root << 15) + (high >> 17) / root;
    return (root << 31) + (uint64_t)((value >> 33) / root);
}

uint64_t fixed_square_root_floor(unsigned __int128 value)
{
    if (value == 0)
        return 0;
    uint64_t high = (uint64_t)(value >> 64);
    int zeros = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)value);
    unsigned half = (unsigned)zeros / 2;
    uint64_t root = square_root_of_normalised(value << 2 * half) >> half;
    return (unsigned __int128)root * root > value ? root - 1 : root;
}

fixed_t fixed_sqrt(fixed_t value)
{
    CHECK(value >= 0);
    return (fixed_t)fixed_square_root_floor((unsigned __int128)value << FIXED_FRACTION_BITS);
}
