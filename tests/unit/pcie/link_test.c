#include "fabric/pcie/link.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "tests/support/bench_table.h"
#include "tests/support/test_port.h"

/* A lane's rate in Mb/s and its data in kB/s, as published (docs/validation.md, case 1; base specification). */
static const struct {
    uint32_t gen;
    double lane_mbps;
} lanes[] = {{1, 2000}, {2, 4000}, {3, 7876.923077}, {4, 15753.846154}, {5, 31507.692308}, {6, 59000}};

static const uint32_t widths[] = {1, 2, 4, 8, 16};

Test(link, rates_are_those_of_the_lanes_after_encoding)
{
    for (size_t gen = 0; gen < sizeof lanes / sizeof lanes[0]; gen++)
        for (size_t width = 0; width < sizeof widths / sizeof widths[0]; width++) {
            struct link_config config = test_link(lanes[gen].gen, widths[width]);
            double expected = lanes[gen].lane_mbps * 1e6 * widths[width];
            for (enum link_direction direction = 0; direction < LINK_DIRECTIONS; direction++)
                cr_assert_float_eq((double)link_rate_bps(&config, direction), expected, expected * 1e-10 + 1);
        }
}

Test(link, rates_to_the_bit)
{
    static const struct {
        uint32_t gen, width;
        uint64_t bps;
    } cases[] = {
        {3, 8, 63015384615}, {4, 16, 252061538461}, {2, 4, 16000000000}, {1, 1, 2000000000}, {6, 16, 944000000000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct link_config config = test_link(cases[i].gen, cases[i].width);
        cr_assert_eq(link_rate_bps(&config, LINK_UP), cases[i].bps);
    }
}

/* 130 bits on the wire for 128, so a byte takes 8 x 130 / 128 bit times. */
static unsigned __int128 byte_time_denominator(uint32_t gen, uint32_t width, unsigned __int128 *numerator)
{
    static const uint64_t mega_transfers[] = {0, 2500, 5000, 8000, 16000, 32000, 64000};
    static const uint32_t sent[] = {0, 10, 10, 130, 130, 130, 256}, useful[] = {0, 8, 8, 128, 128, 128, 236};
    *numerator = (unsigned __int128)8 * sent[gen] * PS_PER_S;
    return (unsigned __int128)useful[gen] * mega_transfers[gen] * 1000000 * width;
}

Test(link, a_byte_takes_its_eight_bits)
{
    for (uint32_t gen = 1; gen <= 6; gen++)
        for (size_t width = 0; width < sizeof widths / sizeof widths[0]; width++) {
            struct link_config config = test_link(gen, widths[width]);
            unsigned __int128 numerator, denominator = byte_time_denominator(gen, widths[width], &numerator);
            unsigned __int128 time = link_byte_time(&config, LINK_DOWN);
            unsigned __int128 exact = numerator << LINK_TIME_BITS, have = time * denominator;
            unsigned __int128 error = have > exact ? have - exact : exact - have;
            cr_assert_leq(error, denominator / 2, "gen %u x%u", gen, widths[width]);
            cr_assert(gen == LINK_FLIT_GEN || error == 0, "gen %u x%u is not exact", gen, widths[width]);
        }
}

Test(link, a_rate_of_its_own_wins_and_each_direction_has_one)
{
    struct link_config config = test_link(4, 8);
    config.rate_bps[LINK_UP] = 92400000000;
    config.rate_bps[LINK_DOWN] = 8 * PS_PER_S / 125;
    cr_assert_eq(link_rate_bps(&config, LINK_UP), 92400000000);
    cr_assert_eq(link_rate_bps(&config, LINK_DOWN), 64000000000);
    cr_assert_eq(link_byte_time(&config, LINK_DOWN), UINT64_C(125) << LINK_TIME_BITS);
    double up_ps = (double)link_byte_time(&config, LINK_UP) / 4294967296.0;
    cr_assert_float_eq(up_ps, 8e12 / 92.4e9, 1e-9);

    config.rate_bps[LINK_UP] = 0;
    cr_assert_eq(link_rate_bps(&config, LINK_UP), 126030769230);
}

/* Every row of the published table that has as many lanes as a link can have. */
Test(link, pcie_bench_leaves_what_its_table_says)
{
    static struct bench_limit rows[BENCH_ROWS_MAX];
    size_t count = bench_limits(rows), checked = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].width > 16)
            continue;
        struct link_config config = test_link(rows[i].gen, rows[i].width);
        config.dllp = LINK_DLLP_PCIE_BENCH;
        config.mps_bytes = rows[i].mps_bytes;
        double gbps = 8000.0 * 4294967296.0 / (double)link_byte_time(&config, LINK_UP);
        cr_expect_float_eq(
            gbps, rows[i].tlp_gbps, 0.00005001, "gen %u x%u, MPS %u: %f", config.gen, config.width, config.mps_bytes,
            gbps);
        checked++;
    }
    cr_expect_eq(checked, 150);
}

Test(link, pcie_bench_takes_its_share_of_a_given_rate_and_nothing_of_flits)
{
    struct link_config config = test_link(3, 8), plain = config;
    config.dllp = LINK_DLLP_PCIE_BENCH;
    config.mps_bytes = 256;
    config.rate_bps[LINK_DOWN] = plain.rate_bps[LINK_DOWN] = 10000000000;
    double share = 57.8848 / 63.0154;
    cr_expect_float_eq(
        (double)link_byte_time(&plain, LINK_DOWN) / (double)link_byte_time(&config, LINK_DOWN), share, 1e-6);
    cr_expect_eq(link_rate_bps(&config, LINK_DOWN), 10000000000);
    config.gen = plain.gen = LINK_FLIT_GEN;
    cr_expect_eq(link_byte_time(&config, LINK_UP), link_byte_time(&plain, LINK_UP));
    cr_expect_eq(link_flit_time(&config, LINK_UP), link_flit_time(&plain, LINK_UP));
}

Test(link, only_flit_mode_has_flits)
{
    for (uint32_t gen = 1; gen <= 5; gen++) {
        struct link_config config = test_link(gen, 4);
        cr_assert_eq(link_flit_time(&config, LINK_UP), 0);
    }
    /* 256 bytes at 64 GT/s on 4 lanes: 8 ns. */
    struct link_config config = test_link(6, 4);
    cr_assert_float_eq((double)link_flit_time(&config, LINK_UP) / 4294967296.0, 8000, 1e-6);
}

/* Header bytes by type, with 64-bit and with 32-bit addresses (base specification, table 2-3). */
static const struct {
    enum tlp_type type;
    uint32_t bytes_64, bytes_32;
} headers[] = {
    {TLP_MRD, 16, 12},      {TLP_MRDLK, 16, 12},  {TLP_MWR, 16, 12},    {TLP_IORD, 12, 12},   {TLP_IOWR, 12, 12},
    {TLP_CFGRD0, 12, 12},   {TLP_CFGWR0, 12, 12}, {TLP_CFGRD1, 12, 12}, {TLP_CFGWR1, 12, 12}, {TLP_MSG, 16, 16},
    {TLP_MSGD, 16, 16},     {TLP_CPL, 12, 12},    {TLP_CPLD, 12, 12},   {TLP_CPLLK, 12, 12},  {TLP_CPLDLK, 12, 12},
    {TLP_FETCHADD, 16, 12}, {TLP_SWAP, 16, 12},   {TLP_CAS, 16, 12},    {TLP_DMWR, 16, 12},
};
_Static_assert(sizeof headers / sizeof headers[0] == TLP_TYPES, "every type");

Test(link, overheads_are_framing_header_prefix_and_ecrc)
{
    for (size_t i = 0; i < TLP_TYPES; i++)
        for (uint32_t bits = 0; bits < 16; bits++) {
            bool wide = (bits & 1) != 0, ecrc = (bits & 2) != 0, mr = (bits & 4) != 0, flit = (bits & 8) != 0;
            struct link_config config = test_link(flit ? 6 : 5, 8);
            config.address_64 = wide;
            config.ecrc = ecrc;
            uint32_t expected = wide ? headers[i].bytes_64 : headers[i].bytes_32;
            expected += (ecrc ? 4u : 0) + (mr ? 4u : 0) + (flit ? 0 : 8u);
            cr_assert_eq(link_overhead_bytes(&config, headers[i].type, mr), expected, "type %zu, %x", i, bits);
        }
}

/* 16 GT/s x 8 lanes x 128/130 = 126,030,769,230 bit/s. A write of 256 bytes takes 256 + 16 + 8 of a plain link, 4 more
 * of an MR link; with headers of 12 and ECRC the same. */
Test(link, payload_is_what_the_largest_writes_leave)
{
    struct link_config config = test_link(4, 8);
    config.mps_bytes = 256;
    config.address_64 = true;
    cr_assert_eq(link_payload_bps(&config, false), UINT64_C(126030769230) * 256 / 280);
    cr_assert_eq(link_payload_bps(&config, true), UINT64_C(126030769230) * 256 / 284);
    config.address_64 = false;
    config.ecrc = true;
    cr_assert_eq(link_payload_bps(&config, false), UINT64_C(126030769230) * 256 / 280);
    config.rate_bps[LINK_DOWN] = 28000;
    cr_assert_eq(link_payload_bps(&config, false), 25600, "of the slower direction");
    config.dllp = LINK_DLLP_PCIE_BENCH;
    cr_assert_lt(link_payload_bps(&config, false), 25600);
}

Test(link, only_lanes_and_generations_that_exist_are_valid)
{
    for (uint32_t gen = 0; gen < 9; gen++)
        for (uint32_t width = 0; width < 40; width++) {
            bool exists = width == 1 || width == 2 || width == 4 || width == 8 || width == 16;
            struct link_config config = test_link(gen, width);
            cr_assert_eq(link_config_is_valid(&config), exists && gen >= 1 && gen <= 6, "gen %u x%u", gen, width);
        }
}
