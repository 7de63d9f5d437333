#include "fabric/pcie/tlp_rules.h"

#include <criterion/criterion.h>

#include "tests/support/tlp_samples.h"

Test(tlp_rules, legal_tlps_of_each_type_are_accepted)
{
    struct random random;
    random_init(&random, 1, "tlp_rules");
    for (int type = 0; type < TLP_TYPES; type++) {
        for (int round = 0; round < 2000; round++) {
            struct tlp tlp = tlp_sample(&random, (enum tlp_type)type);
            enum tlp_refusal refusal = tlp_rules_check(&tlp);
            cr_assert_eq(
                refusal, TLP_ACCEPTED, "%s in round %d: %s", tlp_traits[type].name, round, tlp_refusal_text(refusal));
            cr_assert(tlp_is_valid(&tlp), "%s in round %d", tlp_traits[type].name, round);
        }
    }
}

/* The three sentences of the base specification, 2.2.5, over the row of bytes that the two DWs hold, the DWs between
 * them being all enabled. */
static bool naive_byte_enables_are_legal(uint64_t address, uint32_t length_dw, uint8_t enables)
{
    bool enabled[8];
    int count = 0;
    int changes = 0;
    for (int byte = 0; byte < 8; byte++) {
        enabled[byte] = enables >> byte & 1;
        count += enabled[byte];
        changes += byte > 0 && enabled[byte] != enabled[byte - 1];
    }
    bool first_has_some = enabled[0] || enabled[1] || enabled[2] || enabled[3];
    bool last_has_some = enabled[4] || enabled[5] || enabled[6] || enabled[7];
    if (length_dw == 1)
        return !last_has_some;
    if (!first_has_some || !last_has_some)
        return false;
    if (length_dw == 2 && address % 8 == 0)
        return true;
    return count == 8 || changes == 1 || (changes == 2 && !enabled[0] && !enabled[7]);
}

Test(tlp_rules, byte_enables_exhaustively)
{
    static const uint8_t types[] = {TLP_MRD, TLP_MRDLK, TLP_MWR, TLP_DMWR};
    for (size_t type = 0; type < sizeof(types); type++)
        for (uint64_t address = 0x1000; address <= 0x1004; address += 4)
            for (uint16_t length_dw = 1; length_dw <= 5; length_dw++)
                for (uint32_t enables = 0; enables < 256; enables++) {
                    struct tlp tlp = {
                        .type = types[type],
                        .address = address,
                        .length_dw = length_dw,
                        .byte_enables = (uint8_t)enables,
                    };
                    bool legal = naive_byte_enables_are_legal(address, length_dw, (uint8_t)enables);
                    cr_assert_eq(
                        tlp_rules_check(&tlp), legal ? TLP_ACCEPTED : TLP_REFUSED_BYTE_ENABLES,
                        "%s at %#lx, %u DW, enables %02x", tlp_traits[types[type]].name, (unsigned long)address,
                        length_dw, enables);
                }
}

Test(tlp_rules, what_the_model_makes_of_any_bytes_is_legal)
{
    for (uint64_t address = 0; address < 8; address++)
        for (uint32_t bytes = 1; bytes <= 4096 - address; bytes++) {
            struct tlp tlp = {
                .type = TLP_MRD,
                .address = address & ~UINT64_C(3),
                .length_dw = (uint16_t)tlp_span_dw(address, bytes),
                .byte_enables = tlp_byte_enables(address, bytes),
            };
            cr_assert_eq(tlp_rules_check(&tlp), TLP_ACCEPTED);
        }
}

Test(tlp_rules, atomic_operands)
{
    static const struct {
        enum tlp_type type;
        uint16_t length_dw;
        uint64_t alignment;
    } legal[] = {
        {TLP_FETCHADD, 1, 4}, {TLP_FETCHADD, 2, 8}, {TLP_SWAP, 1, 4}, {TLP_SWAP, 2, 8},
        {TLP_CAS, 2, 4},      {TLP_CAS, 4, 8},      {TLP_CAS, 8, 16},
    };
    for (int type = TLP_FETCHADD; type <= TLP_CAS; type++)
        for (uint16_t length_dw = 1; length_dw <= 1024; length_dw++)
            for (uint64_t address = 0x2000; address <= 0x2020; address += 4) {
                enum tlp_refusal expected = TLP_REFUSED_LENGTH;
                for (size_t i = 0; i < sizeof(legal) / sizeof(legal[0]); i++)
                    if ((int)legal[i].type == type && legal[i].length_dw == length_dw)
                        expected = address % legal[i].alignment ? TLP_REFUSED_ALIGNMENT : TLP_ACCEPTED;
                struct tlp tlp = {.type = (uint8_t)type, .length_dw = length_dw, .address = address};
                cr_assert_eq(tlp_rules_check(&tlp), expected, "%s of %u DW", tlp_traits[type].name, length_dw);
            }
}

Test(tlp_rules, each_way_to_break_them)
{
    const struct tlp read = {.type = TLP_MRD, .length_dw = 4, .address = 0x1000, .byte_enables = 0xff};
    const struct tlp io = {.type = TLP_IORD, .length_dw = 1, .byte_enables = 0x0f};
    const struct tlp configuration = {.type = TLP_CFGWR1, .length_dw = 1, .byte_enables = 0x0f};
    const struct tlp message = {.type = TLP_MSG};
    const struct tlp completion = {.type = TLP_CPLD, .length_dw = 1, .byte_count = 4};
    cr_assert_eq(tlp_rules_check(&read), TLP_ACCEPTED);
    cr_assert_eq(tlp_rules_check(&io), TLP_ACCEPTED);
    cr_assert_eq(tlp_rules_check(&configuration), TLP_ACCEPTED);
    cr_assert_eq(tlp_rules_check(&message), TLP_ACCEPTED);
    cr_assert_eq(tlp_rules_check(&completion), TLP_ACCEPTED);

#define REFUSED(good, field, value, refusal)                                                                           \
    do {                                                                                                               \
        struct tlp bad = good;                                                                                         \
        bad.field = value;                                                                                             \
        cr_assert_eq(                                                                                                  \
            tlp_rules_check(&bad), refusal, #good " with " #field " " #value ": %s",                                   \
            tlp_refusal_name(tlp_rules_check(&bad)));                                                                  \
    } while (0)

    REFUSED(read, type, TLP_TYPES, TLP_REFUSED_TYPE_RANGE);
    REFUSED(read, type, 0xff, TLP_REFUSED_TYPE_RANGE);
    REFUSED(read, traffic_class, 8, TLP_REFUSED_TRAFFIC_CLASS);
    REFUSED(read, tag, 0x400, TLP_REFUSED_TAG_RANGE);
    REFUSED(read, tag, 0x3fff, TLP_REFUSED_TAG_RANGE);
    REFUSED(read, attributes, 0x40, TLP_REFUSED_ATTRIBUTES);
    REFUSED(read, attributes, 0x80, TLP_REFUSED_ATTRIBUTES);
    REFUSED(read, length_dw, 0, TLP_REFUSED_LENGTH);
    REFUSED(read, length_dw, 1025, TLP_REFUSED_LENGTH);
    REFUSED(read, address, 0x1002, TLP_REFUSED_ALIGNMENT);
    REFUSED(read, address, 0x1ff4, TLP_REFUSED_CROSSES_4K);
    REFUSED(read, byte_enables, 0x0f, TLP_REFUSED_BYTE_ENABLES);

    REFUSED(io, length_dw, 2, TLP_REFUSED_LENGTH);
    REFUSED(io, address, UINT64_C(0x100000000), TLP_REFUSED_ADDRESS_RANGE);
    REFUSED(io, address, 0x3f9, TLP_REFUSED_ALIGNMENT);
    REFUSED(io, byte_enables, 0x1f, TLP_REFUSED_BYTE_ENABLES);
    REFUSED(io, traffic_class, 1, TLP_REFUSED_TRAFFIC_CLASS);
    REFUSED(io, attributes, TLP_RELAXED_ORDERING, TLP_REFUSED_ATTRIBUTES);
    REFUSED(io, attributes, TLP_NO_SNOOP, TLP_REFUSED_ATTRIBUTES);
    REFUSED(io, attributes, TLP_ID_BASED_ORDERING, TLP_REFUSED_ATTRIBUTES);
    REFUSED(io, attributes, TLP_HINTS, TLP_REFUSED_ATTRIBUTES);
    REFUSED(configuration, address, 0x1000, TLP_REFUSED_ADDRESS_RANGE);
    REFUSED(configuration, length_dw, 2, TLP_REFUSED_LENGTH);

    REFUSED(message, status, 6, TLP_REFUSED_ROUTING);
    REFUSED(message, status, 7, TLP_REFUSED_ROUTING);
    REFUSED(message, length_dw, 1, TLP_REFUSED_LENGTH);
    struct tlp by_id = message;
    by_id.status = TLP_BY_ID;
    REFUSED(by_id, address, UINT64_C(1) << 48, TLP_REFUSED_ADDRESS_RANGE);

    REFUSED(completion, status, TLP_STATUS_UR, TLP_REFUSED_STATUS);
    REFUSED(completion, status, 3, TLP_REFUSED_STATUS);
    REFUSED(completion, byte_count, 0, TLP_REFUSED_BYTE_COUNT_RANGE);
    REFUSED(completion, byte_count, 4097, TLP_REFUSED_BYTE_COUNT_RANGE);
    REFUSED(completion, address, 0x80, TLP_REFUSED_ADDRESS_RANGE);
    REFUSED(completion, attributes, TLP_HINTS, TLP_REFUSED_ATTRIBUTES);

    struct tlp hinted = read;
    hinted.attributes = TLP_HINTS;
    REFUSED(hinted, byte_enables, 0x7f, TLP_REFUSED_BYTE_ENABLES);
    REFUSED(hinted, type, TLP_DMWR, TLP_REFUSED_NOT_CARRIED);
    struct tlp atomic = {.type = TLP_SWAP, .length_dw = 1};
    REFUSED(atomic, byte_enables, 0x0f, TLP_REFUSED_BYTE_ENABLES);
#undef REFUSED
}
