/* TLPs worked by hand from the base specification's layouts: what tlp_codec.h writes and reads, and what it refuses. */
#include "fabric/pcie/tlp_codec.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/tlp_samples.h"

#define BYTES_MAX 128

/* Hexadecimal digits, blanks between them as one likes. Returns the number of bytes. */
static size_t bytes_of(const char *text, uint8_t *bytes)
{
    static const char hexadecimal[] = "0123456789abcdef";
    size_t digits = 0;
    for (; *text; text++) {
        const char *place = strchr(hexadecimal, *text);
        if (!place)
            continue;
        uint8_t digit = (uint8_t)(place - hexadecimal);
        cr_assert_lt(digits / 2, BYTES_MAX);
        bytes[digits / 2] = (uint8_t)(digits % 2 ? bytes[digits / 2] | digit : digit << 4);
        digits++;
    }
    return digits / 2;
}

static const struct golden {
    const char *bytes; /* prefix | header | payload | digest */
    struct tlp tlp;
    bool mr_prefix;
    uint8_t virtual_link;
} golden[] = {
    /* Function 01:02.3, tag 2a5h (T9 set, T8 clear), TC 3, IDO, RO, 256 bytes. */
    {.bytes = "00b42040 0113a5ff fedcb000",
     .tlp =
         {.type = TLP_MRD,
          .requester_id = 0x0113,
          .tag = 0x2a5,
          .traffic_class = 3,
          .length_dw = 64,
          .byte_enables = 0xff,
          .attributes = TLP_ID_BASED_ORDERING | TLP_RELAXED_ORDERING,
          .address = 0xfedcb000}},
    /* The zero-length read: 1 DW, no byte enabled. */
    {.bytes = "00000001 02000700 00001000",
     .tlp = {.type = TLP_MRD, .requester_id = 0x0200, .tag = 7, .length_dw = 1, .address = 0x1000}},
    /* 1024 DW are Length 0; T8 is tag bit 8. */
    {.bytes = "00080000 010011ff 80000000",
     .tlp =
         {.type = TLP_MRD,
          .requester_id = 0x0100,
          .tag = 0x111,
          .length_dw = 1024,
          .byte_enables = 0xff,
          .address = 0x80000000}},
    /* The last DW below 4 GiB has a header of 12 bytes. */
    {.bytes = "00000001 0000000f fffffffc",
     .tlp = {.type = TLP_MRD, .length_dw = 1, .byte_enables = 0x0f, .address = 0xfffffffc}},
    /* The first at 4 GiB has 16. */
    {.bytes = "20000001 0000000f 00000001 00000000",
     .tlp = {.type = TLP_MRD, .length_dw = 1, .byte_enables = 0x0f, .address = 0x100000000}},
    /* 2 DW on a QW: byte enables with a gap. Up to the end of a 4 KiB page. */
    {.bytes = "20000002 0000005a 00000012 34567ff8",
     .tlp = {.type = TLP_MRD, .length_dw = 2, .byte_enables = 0x5a, .address = 0x1234567ff8}},
    /* TH: a steering tag (0) instead of byte enables. */
    {.bytes = "00010002 01000100 00002000",
     .tlp =
         {.type = TLP_MRD,
          .requester_id = 0x0100,
          .tag = 1,
          .length_dw = 2,
          .byte_enables = 0xff,
          .attributes = TLP_HINTS,
          .address = 0x2000}},
    {.bytes = "01000001 0008010f 000c0000",
     .tlp =
         {.type = TLP_MRDLK,
          .requester_id = 0x0008,
          .tag = 1,
          .length_dw = 1,
          .byte_enables = 0x0f,
          .address = 0xc0000}},
    {.bytes = "21000001 0008010f 00000002 00000000",
     .tlp =
         {.type = TLP_MRDLK,
          .requester_id = 0x0008,
          .tag = 1,
          .length_dw = 1,
          .byte_enables = 0x0f,
          .address = 0x200000000}},
    /* EP and NS; last DW 7, first DW e. */
    {.bytes = "40005002 1a01007e c0000004 1122334455667788",
     .tlp =
         {.type = TLP_MWR,
          .requester_id = 0x1a01,
          .length_dw = 2,
          .byte_enables = 0x7e,
          .attributes = TLP_POISONED | TLP_NO_SNOOP,
          .address = 0xc0000004}},
    /* VH 42 on virtual link 3, key 7; digest by zlib's crc32 of the header and payload with Type[0] and EP set. */
    {.bytes = "802a6007 60008001 0300090f 00000001 00000040 deadbeef bfa34864",
     .tlp =
         {.type = TLP_MWR,
          .requester_id = 0x0300,
          .tag = 9,
          .length_dw = 1,
          .byte_enables = 0x0f,
          .attributes = TLP_DIGEST,
          .address = 0x100000040,
          .vh = 42,
          .generation = 7},
     .mr_prefix = true,
     .virtual_link = 3},
    /* TH: the tag is the steering tag. */
    {.bytes = "40010001 03005c0f 00000040 deadbeef",
     .tlp =
         {.type = TLP_MWR,
          .requester_id = 0x0300,
          .tag = 0x5c,
          .length_dw = 1,
          .byte_enables = 0x0f,
          .attributes = TLP_HINTS,
          .address = 0x40}},
    {.bytes = "02000001 00100301 00000cf8",
     .tlp =
         {.type = TLP_IORD, .requester_id = 0x0010, .tag = 3, .length_dw = 1, .byte_enables = 0x01, .address = 0xcf8}},
    {.bytes = "42000001 00100408 000003fc 000000ab",
     .tlp =
         {.type = TLP_IOWR, .requester_id = 0x0010, .tag = 4, .length_dw = 1, .byte_enables = 0x08, .address = 0x3fc}},
    /* 05:00.0, register 10ch: extended register number 1, register number 0ch. */
    {.bytes = "04000001 0000050f 0500010c",
     .tlp =
         {.type = TLP_CFGRD0,
          .tag = 5,
          .length_dw = 1,
          .byte_enables = 0x0f,
          .completer_id = 0x0500,
          .address = 0x10c}},
    {.bytes = "44000001 00000603 05030004 06010000",
     .tlp = {.type = TLP_CFGWR0, .tag = 6, .length_dw = 1, .byte_enables = 0x03, .completer_id = 0x0503, .address = 4}},
    {.bytes = "05000001 0000070f ffff0ffc",
     .tlp =
         {.type = TLP_CFGRD1,
          .tag = 7,
          .length_dw = 1,
          .byte_enables = 0x0f,
          .completer_id = 0xffff,
          .address = 0xffc}},
    {.bytes = "45000001 0000080c 09080018 00050400",
     .tlp =
         {.type = TLP_CFGWR1, .tag = 8, .length_dw = 1, .byte_enables = 0x0c, .completer_id = 0x0908, .address = 0x18}},
    /* ERR_FATAL to the root complex. */
    {.bytes = "30000000 05000033 00000000 00000000",
     .tlp = {.type = TLP_MSG, .requester_id = 0x0500, .byte_enables = 0x33, .status = TLP_TO_ROOT}},
    /* The same with a digest (zlib). */
    {.bytes = "30008000 05000033 00000000 00000000 330c1efe",
     .tlp =
         {.type = TLP_MSG,
          .requester_id = 0x0500,
          .byte_enables = 0x33,
          .status = TLP_TO_ROOT,
          .attributes = TLP_DIGEST}},
    {.bytes = "31000000 0500007e 00000012 34567890",
     .tlp =
         {.type = TLP_MSG,
          .requester_id = 0x0500,
          .byte_enables = 0x7e,
          .status = TLP_BY_ADDRESS,
          .address = 0x1234567890}},
    /* A vendor's message to 02:01.0; the vendor's ID and 4 bytes follow the destination. */
    {.bytes = "32000000 0100007f 02081af4 deadbeef",
     .tlp =
         {.type = TLP_MSG,
          .requester_id = 0x0100,
          .byte_enables = 0x7f,
          .status = TLP_BY_ID,
          .completer_id = 0x0208,
          .address = 0x1af4deadbeef}},
    /* PME_Turn_Off, Assert_INTA, PME_TO_Ack. */
    {.bytes = "33000000 00000019 00000000 00000000",
     .tlp = {.type = TLP_MSG, .byte_enables = 0x19, .status = TLP_BROADCAST}},
    {.bytes = "34000000 05000020 00000000 00000000",
     .tlp = {.type = TLP_MSG, .requester_id = 0x0500, .byte_enables = 0x20, .status = TLP_LOCAL}},
    {.bytes = "35000000 0500001b 00000000 00000000",
     .tlp = {.type = TLP_MSG, .requester_id = 0x0500, .byte_enables = 0x1b, .status = TLP_GATHER}},
    /* Set_Slot_Power_Limit. */
    {.bytes = "74000001 00080050 00000000 00000000 4b000000",
     .tlp = {.type = TLP_MSGD, .requester_id = 0x0008, .byte_enables = 0x50, .status = TLP_LOCAL, .length_dw = 1}},
    /* Unsupported request: status 001 in byte 6. */
    {.bytes = "0a000000 05002004 01002a00",
     .tlp =
         {.type = TLP_CPL,
          .completer_id = 0x0500,
          .status = TLP_STATUS_UR,
          .byte_count = 4,
          .requester_id = 0x0100,
          .tag = 0x2a}},
    /* Retry. */
    {.bytes = "0a000000 05004004 00000100",
     .tlp = {.type = TLP_CPL, .completer_id = 0x0500, .status = TLP_STATUS_CRS, .byte_count = 4, .tag = 1}},
    /* The last two bytes of a DW out of a longer read: ffeh bytes are left. */
    {.bytes = "4a880001 00000ffe 0501077e 0000cafe",
     .tlp =
         {.type = TLP_CPLD,
          .byte_count = 0xffe,
          .requester_id = 0x0501,
          .tag = 0x307,
          .address = 0x7e,
          .length_dw = 1}},
    /* 4096 bytes left are Byte Count 0. */
    {.bytes = "4a000001 00080000 05010700 00000000",
     .tlp =
         {.type = TLP_CPLD,
          .completer_id = 0x0008,
          .byte_count = 4096,
          .requester_id = 0x0501,
          .tag = 7,
          .length_dw = 1}},
    {.bytes = "0b000000 00088004 00100100",
     .tlp =
         {.type = TLP_CPLLK,
          .completer_id = 0x0008,
          .status = TLP_STATUS_CA,
          .byte_count = 4,
          .requester_id = 0x0010,
          .tag = 1}},
    {.bytes = "4b000001 00080004 00100140 01020304",
     .tlp =
         {.type = TLP_CPLDLK,
          .completer_id = 0x0008,
          .byte_count = 4,
          .requester_id = 0x0010,
          .tag = 1,
          .address = 0x40,
          .length_dw = 1}},
    {.bytes = "4c000001 05001000 f0000004 00000001",
     .tlp = {.type = TLP_FETCHADD, .requester_id = 0x0500, .tag = 0x10, .length_dw = 1, .address = 0xf0000004}},
    {.bytes = "6c000002 05001000 00000001 f0000008 0000000000000001",
     .tlp = {.type = TLP_FETCHADD, .requester_id = 0x0500, .tag = 0x10, .length_dw = 2, .address = 0x1f0000008}},
    {.bytes = "4d000001 05001100 00000ffc ffffffff",
     .tlp = {.type = TLP_SWAP, .requester_id = 0x0500, .tag = 0x11, .length_dw = 1, .address = 0xffc}},
    {.bytes = "6d010002 05001100 ffffffff fffffff8 ffffffffffffffff",
     .tlp =
         {.type = TLP_SWAP,
          .requester_id = 0x0500,
          .tag = 0x11,
          .length_dw = 2,
          .attributes = TLP_HINTS,
          .address = 0xfffffffffffffff8}},
    /* A CAS of 128 bits at the end of a page: compare, then swap. */
    {.bytes = "4e000008 05001200 00000ff0 000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f",
     .tlp = {.type = TLP_CAS, .requester_id = 0x0500, .tag = 0x12, .length_dw = 8, .address = 0xff0}},
    {.bytes = "6e000002 05001200 00000001 00000ffc 0000000100000002",
     .tlp = {.type = TLP_CAS, .requester_id = 0x0500, .tag = 0x12, .length_dw = 2, .address = 0x100000ffc}},
    {.bytes = "5b000001 0500130f 00001000 01020304",
     .tlp =
         {.type = TLP_DMWR,
          .requester_id = 0x0500,
          .tag = 0x13,
          .length_dw = 1,
          .byte_enables = 0x0f,
          .address = 0x1000}},
    {.bytes = "80ff00ff 7b000001 0500130f 00000001 00001000 01020304",
     .tlp =
         {.type = TLP_DMWR,
          .requester_id = 0x0500,
          .tag = 0x13,
          .length_dw = 1,
          .byte_enables = 0x0f,
          .address = 0x100001000,
          .vh = 255,
          .generation = 255},
     .mr_prefix = true},
};

#define GOLDEN (sizeof(golden) / sizeof(golden[0]))

/* Where the payload starts in the golden bytes. */
static size_t payload_at(const struct golden *row)
{
    bool is_4dw = row->tlp.type == TLP_MSG || row->tlp.type == TLP_MSGD ||
                  (tlp_traits[row->tlp.type].by_address && row->tlp.address > UINT32_MAX);
    return (row->mr_prefix ? 4u : 0u) + (is_4dw ? 16u : 12u);
}

Test(tlp_golden, encodes_to_the_bytes)
{
    for (size_t i = 0; i < GOLDEN; i++) {
        uint8_t expected[BYTES_MAX];
        uint8_t bytes[BYTES_MAX];
        size_t expected_size = bytes_of(golden[i].bytes, expected);
        struct tlp_envelope envelope = {
            .mr_prefix = golden[i].mr_prefix,
            .virtual_link = golden[i].virtual_link,
            .payload = &expected[payload_at(&golden[i])],
        };
        size_t size = 0;
        enum tlp_refusal refusal = tlp_encode(&golden[i].tlp, &envelope, bytes, sizeof(bytes), &size);
        cr_assert_eq(refusal, TLP_ACCEPTED, "%s: %s", golden[i].bytes, tlp_refusal_text(refusal));
        cr_assert_eq(size, expected_size, "%s", golden[i].bytes);
        cr_assert_eq(memcmp(bytes, expected, size), 0, "%s", golden[i].bytes);
    }
}

Test(tlp_golden, decodes_from_the_bytes)
{
    for (size_t i = 0; i < GOLDEN; i++) {
        uint8_t bytes[BYTES_MAX];
        size_t size = bytes_of(golden[i].bytes, bytes);
        struct tlp tlp;
        struct tlp_envelope envelope;
        enum tlp_refusal refusal = tlp_decode(&tlp, &envelope, bytes, size, TLP_PAYLOAD_MAX_BYTES);
        cr_assert_eq(refusal, TLP_ACCEPTED, "%s: %s", golden[i].bytes, tlp_refusal_text(refusal));
        cr_assert(tlp_same(&tlp, &golden[i].tlp), "%s", golden[i].bytes);
        cr_assert_eq(envelope.mr_prefix, golden[i].mr_prefix);
        cr_assert_eq(envelope.virtual_link, golden[i].virtual_link);
        if (tlp_traits[tlp.type].has_data)
            cr_assert_eq(envelope.payload, &bytes[payload_at(&golden[i])]);
        else
            cr_assert_null(envelope.payload);
    }
}

Test(tlp_golden, has_each_type)
{
    bool seen[TLP_TYPES] = {false};
    for (size_t i = 0; i < GOLDEN; i++)
        seen[golden[i].tlp.type] = true;
    for (int type = 0; type < TLP_TYPES; type++)
        cr_assert(seen[type], "%s", tlp_traits[type].name);
}

static const struct {
    const char *bytes;
    enum tlp_refusal refusal;
} refused[] = {
    {"", TLP_REFUSED_TRUNCATED},
    {"00", TLP_REFUSED_TRUNCATED},
    {"00000001 0000000f 000010", TLP_REFUSED_TRUNCATED},
    {"20000001 0000000f 00000001", TLP_REFUSED_TRUNCATED},
    {"40000001 0000000f 00001000", TLP_REFUSED_TRUNCATED},
    {"00008001 0000000f 00001000 0000", TLP_REFUSED_TRUNCATED},
    {"802a60", TLP_REFUSED_TRUNCATED},
    {"802a6007", TLP_REFUSED_TRUNCATED},
    {"00000001 0000000f 00001000 00000000", TLP_REFUSED_LENGTH_MISMATCH},
    {"40000001 0000000f 00001000 11111111 22222222", TLP_REFUSED_LENGTH_MISMATCH},
    {"a0000001 0000000f 00001000", TLP_REFUSED_RESERVED_FORMAT},
    {"c0000001 0000000f 00001000", TLP_REFUSED_RESERVED_FORMAT},
    {"e0000001 0000000f 00001000", TLP_REFUSED_RESERVED_FORMAT},
    {"41000001 0000000f 00001000 00000000", TLP_REFUSED_RESERVED_TYPE}, /* MRdLk with data */
    {"22000001 0000000f 00000000 00001000", TLP_REFUSED_RESERVED_TYPE}, /* IORd of 4 DW */
    {"24000001 0000000f 00000000 00001000", TLP_REFUSED_RESERVED_TYPE}, /* CfgRd0 of 4 DW */
    {"2a000000 05002004 01002a00 00000000", TLP_REFUSED_RESERVED_TYPE}, /* Cpl of 4 DW */
    {"0c000001 05001000 f0000004", TLP_REFUSED_RESERVED_TYPE},          /* FetchAdd without data */
    {"10000000 05000033 00000000", TLP_REFUSED_RESERVED_TYPE},          /* Msg of 3 DW */
    {"1b000001 0500130f 00001000", TLP_REFUSED_RESERVED_TYPE},          /* TCfgRd, deprecated */
    {"36000000 05000033 00000000 00000000", TLP_REFUSED_ROUTING},
    {"37000000 05000033 00000000 00000000", TLP_REFUSED_ROUTING},
    {"00000001 0000000f 00001001", TLP_REFUSED_RESERVED_BITS},
    {"00000001 0000000f 00001002", TLP_REFUSED_RESERVED_BITS},
    {"02000001 0000000f 00000cf9", TLP_REFUSED_RESERVED_BITS},
    {"04000001 0000000f 05001000", TLP_REFUSED_RESERVED_BITS}, /* above the extended register number */
    {"04000001 0000000f 05000002", TLP_REFUSED_RESERVED_BITS},
    {"30000001 05000033 00000000 00000000", TLP_REFUSED_RESERVED_BITS}, /* Length of a Msg */
    {"0a000001 05002004 01002a00", TLP_REFUSED_RESERVED_BITS},          /* Length of a Cpl */
    {"0a000000 05002004 01002a80", TLP_REFUSED_RESERVED_BITS},
    {"4c000001 0500100f f0000004 00000001", TLP_REFUSED_RESERVED_BITS}, /* byte enables of an AtomicOp */
    {"802a6107 00000001 0000000f 00001000", TLP_REFUSED_RESERVED_BITS}, /* below the virtual link */
    {"812a6007 00000001 0000000f 00001000", TLP_REFUSED_LOCAL_PREFIX},
    {"8e2a6007 00000001 0000000f 00001000", TLP_REFUSED_LOCAL_PREFIX}, /* VendPrefixL0 */
    {"802a6007 8f000000 00000001 0000000f 00001000", TLP_REFUSED_LOCAL_PREFIX},
    {"802a6007 802a6007 00000001 0000000f 00001000", TLP_REFUSED_DUPLICATE_PREFIX},
    {"90000000 00000001 0000000f 00001000", TLP_REFUSED_END_END_PREFIX},          /* TPH */
    {"802a6007 91000012 00000001 0000000f 00001000", TLP_REFUSED_END_END_PREFIX}, /* PASID */
    {"91000012 802a6007 00000001 0000000f 00001000", TLP_REFUSED_PREFIX_ORDER},
    {"20000001 0000000f 00000000 00001000", TLP_REFUSED_HEADER_FORMAT},
    {"60000001 0000000f 00000000 fffffffc 00000000", TLP_REFUSED_HEADER_FORMAT},
    {"00008001 0000000f 00001000 00000000", TLP_REFUSED_ECRC},
    {"802a6007 60008001 0300090f 00000001 00000040 deadbeee bfa34864", TLP_REFUSED_ECRC},
    {"802a6007 60008001 0300090f 00000001 00000040 deadbeef bfa34865", TLP_REFUSED_ECRC},
    {"00000401 0000000f 00001000", TLP_REFUSED_NOT_CARRIED},          /* AT 01 */
    {"00020001 0000000f 00001000", TLP_REFUSED_NOT_CARRIED},          /* LN */
    {"00010001 00000001 00001000", TLP_REFUSED_NOT_CARRIED},          /* steering tag of a read */
    {"4c010001 05001001 f0000004 00000001", TLP_REFUSED_NOT_CARRIED}, /* of an AtomicOp */
    {"00010001 00000000 00001001", TLP_REFUSED_NOT_CARRIED},          /* processing hint 01 */
    {"5b010001 0500130f 00001000 01020304", TLP_REFUSED_NOT_CARRIED}, /* DMWr with hints */
    {"0a000000 05003004 01002a00", TLP_REFUSED_NOT_CARRIED},          /* byte count modified */
    {"02000002 000003ff 00000cf8", TLP_REFUSED_LENGTH},
    {"04000000 0000000f 05000000", TLP_REFUSED_LENGTH},
    {"4c000003 05001000 f0000000 000000000000000000000000", TLP_REFUSED_LENGTH},
    {"4e000001 05001000 f0000000 00000000", TLP_REFUSED_LENGTH},
    {"4c000002 05001000 f0000004 0000000000000001", TLP_REFUSED_ALIGNMENT},
    {"00000002 000000ff 00001ffc", TLP_REFUSED_CROSSES_4K},
    {"00000000 000000ff 00001004", TLP_REFUSED_CROSSES_4K},
    {"00000001 0000001f 00001000", TLP_REFUSED_BYTE_ENABLES},
    {"00000002 0000000f 00001000", TLP_REFUSED_BYTE_ENABLES},
    {"00000002 0000005a 00001004", TLP_REFUSED_BYTE_ENABLES},
    {"00000003 000000f7 00001000", TLP_REFUSED_BYTE_ENABLES},
    {"04000001 000000ff 05000000", TLP_REFUSED_BYTE_ENABLES},
    {"04100001 0000000f 05000000", TLP_REFUSED_TRAFFIC_CLASS},
    {"02002001 0000000f 00000cf8", TLP_REFUSED_ATTRIBUTES},
    {"0a010000 05002004 01002a00", TLP_REFUSED_ATTRIBUTES}, /* TH of a completion */
    {"30010000 05000033 00000000 00000000", TLP_REFUSED_ATTRIBUTES},
    {"0a000000 05006004 01002a00", TLP_REFUSED_STATUS},
    {"0a000000 0500e004 01002a00", TLP_REFUSED_STATUS},
    {"4a000001 05002004 01002a00 00000000", TLP_REFUSED_STATUS},
};

#define REFUSED (sizeof(refused) / sizeof(refused[0]))

Test(tlp_golden, refuses_with_the_reason)
{
    for (size_t i = 0; i < REFUSED; i++) {
        uint8_t bytes[BYTES_MAX];
        size_t size = bytes_of(refused[i].bytes, bytes);
        struct tlp tlp;
        struct tlp_envelope envelope;
        enum tlp_refusal refusal = tlp_decode(&tlp, &envelope, bytes, size, TLP_PAYLOAD_MAX_BYTES);
        cr_assert_eq(
            refusal, refused[i].refusal, "%s: %s, not %s", refused[i].bytes, tlp_refusal_name(refusal),
            tlp_refusal_name(refused[i].refusal));
    }
}

/* But the payload over Max_Payload_Size, which depends on the receiver: tlp_codec_test.c. */
Test(tlp_golden, refuses_for_each_reason_that_bytes_can_give)
{
    bool seen[TLP_REFUSALS] = {[TLP_REFUSED_PAYLOAD_OVER_MPS] = true};
    for (size_t i = 0; i < REFUSED; i++)
        seen[refused[i].refusal] = true;
    for (int refusal = TLP_REFUSED_TRUNCATED; refusal < TLP_REFUSED_TYPE_RANGE; refusal++)
        cr_assert(seen[refusal], "%s", tlp_refusal_name((enum tlp_refusal)refusal));
}
