#include "fabric/pcie/tlp.h"

#include <criterion/criterion.h>

/* Byte by byte: is it in [address, address + bytes)? */
static uint8_t naive_byte_enables(uint64_t address, uint32_t bytes)
{
    uint64_t first_dw = address / 4;
    uint64_t last_dw = (address + bytes - 1) / 4;
    uint8_t enables = 0;
    for (uint32_t byte = 0; byte < 4; byte++) {
        uint64_t in_first = first_dw * 4 + byte;
        uint64_t in_last = last_dw * 4 + byte;
        if (in_first >= address && in_first < address + bytes)
            enables |= (uint8_t)(1u << byte);
        if (last_dw != first_dw && in_last < address + bytes)
            enables |= (uint8_t)(0x10u << byte);
    }
    return enables;
}

static uint32_t naive_span_dw(uint64_t address, uint32_t bytes)
{
    return (uint32_t)((address + bytes - 1) / 4 - address / 4 + 1);
}

Test(tlp, byte_enables_and_span_agree_with_counting_bytes)
{
    static const uint64_t bases[] = {0, 0x1000, 0xfffffffcu, UINT64_C(0x7fffffff00000000)};
    for (size_t base = 0; base < sizeof(bases) / sizeof(bases[0]); base++) {
        for (uint64_t offset = 0; offset < 8; offset++) {
            for (uint32_t bytes = 1; bytes <= 4096; bytes++) {
                uint64_t address = bases[base] + offset;
                cr_assert_eq(tlp_byte_enables(address, bytes), naive_byte_enables(address, bytes));
                cr_assert_eq(tlp_span_dw(address, bytes), naive_span_dw(address, bytes));
            }
        }
    }
}

Test(tlp, byte_enables_by_hand)
{
    cr_assert_eq(tlp_byte_enables(0x1000, 1), 0x01);
    cr_assert_eq(tlp_byte_enables(0x1003, 1), 0x08);
    cr_assert_eq(tlp_byte_enables(0x1001, 2), 0x06);
    cr_assert_eq(tlp_byte_enables(0x1000, 4), 0x0f);
    cr_assert_eq(tlp_byte_enables(0x1003, 2), 0x18);
    cr_assert_eq(tlp_byte_enables(0x1002, 64), 0x3c);
}

/* Facts of the base specification, tables 2-3 and 2-45, one row a type. */
Test(tlp, traits_are_those_of_the_type)
{
    static const struct {
        enum tlp_type type;
        const char *name;
        enum credit_type credit;
        bool has_data, is_request, by_address;
    } rows[TLP_TYPES] = {
        {TLP_MRD, "MRd", CREDIT_NONPOSTED, false, true, true},
        {TLP_MRDLK, "MRdLk", CREDIT_NONPOSTED, false, true, true},
        {TLP_MWR, "MWr", CREDIT_POSTED, true, true, true},
        {TLP_IORD, "IORd", CREDIT_NONPOSTED, false, true, false},
        {TLP_IOWR, "IOWr", CREDIT_NONPOSTED, true, true, false},
        {TLP_CFGRD0, "CfgRd0", CREDIT_NONPOSTED, false, true, false},
        {TLP_CFGWR0, "CfgWr0", CREDIT_NONPOSTED, true, true, false},
        {TLP_CFGRD1, "CfgRd1", CREDIT_NONPOSTED, false, true, false},
        {TLP_CFGWR1, "CfgWr1", CREDIT_NONPOSTED, true, true, false},
        {TLP_MSG, "Msg", CREDIT_POSTED, false, true, false},
        {TLP_MSGD, "MsgD", CREDIT_POSTED, true, true, false},
        {TLP_CPL, "Cpl", CREDIT_COMPLETION, false, false, false},
        {TLP_CPLD, "CplD", CREDIT_COMPLETION, true, false, false},
        {TLP_CPLLK, "CplLk", CREDIT_COMPLETION, false, false, false},
        {TLP_CPLDLK, "CplDLk", CREDIT_COMPLETION, true, false, false},
        {TLP_FETCHADD, "FetchAdd", CREDIT_NONPOSTED, true, true, true},
        {TLP_SWAP, "Swap", CREDIT_NONPOSTED, true, true, true},
        {TLP_CAS, "CAS", CREDIT_NONPOSTED, true, true, true},
        {TLP_DMWR, "DMWr", CREDIT_NONPOSTED, true, true, true},
    };
    for (size_t i = 0; i < TLP_TYPES; i++) {
        const struct tlp_traits *traits = &tlp_traits[rows[i].type];
        struct tlp tlp = {.type = (uint8_t)rows[i].type, .length_dw = 5};
        cr_assert_str_eq(traits->name, rows[i].name);
        cr_assert_eq(tlp_credit_type(&tlp), rows[i].credit, "%s", rows[i].name);
        cr_assert_eq(traits->is_request, rows[i].is_request, "%s", rows[i].name);
        cr_assert_eq(traits->by_address, rows[i].by_address, "%s", rows[i].name);
        cr_assert_eq(tlp_payload_bytes(&tlp), rows[i].has_data ? 20 : 0, "%s", rows[i].name);
        cr_assert_eq(tlp_data_credits(&tlp), rows[i].has_data ? 2 : 0, "%s", rows[i].name);
    }
}

Test(tlp, is_valid_knows_the_limits)
{
    struct tlp good = {.type = TLP_MWR, .address = 0xff0, .length_dw = 4};
    cr_assert(tlp_is_valid(&good));

    struct tlp bad = good;
    bad.type = TLP_TYPES;
    cr_assert(!tlp_is_valid(&bad));
    bad = good;
    bad.traffic_class = 8;
    cr_assert(!tlp_is_valid(&bad));
    bad = good;
    bad.tag = 0x4000;
    cr_assert(!tlp_is_valid(&bad));
    bad = good;
    bad.length_dw = 5;
    cr_assert(!tlp_is_valid(&bad), "it crosses 4 KiB");
    bad = good;
    bad.address = 0xff2;
    cr_assert(!tlp_is_valid(&bad));
    bad = (struct tlp){.type = TLP_CPLD, .length_dw = 1025};
    cr_assert(!tlp_is_valid(&bad));
    bad = (struct tlp){.type = TLP_CPLD};
    cr_assert(!tlp_is_valid(&bad));
    bad = (struct tlp){.type = TLP_MRD};
    cr_assert(!tlp_is_valid(&bad), "a read asks for 1 DW or more");
}

Test(tlp, a_cas_touches_one_of_its_two_operands)
{
    struct tlp cas = {.type = TLP_CAS, .address = 0xff8, .length_dw = 4};
    cr_assert(tlp_is_valid(&cas), "8 bytes up to the boundary");
    cas.address = 0xffc;
    cr_assert(!tlp_is_valid(&cas));
}
