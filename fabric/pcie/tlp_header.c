#include "fabric/pcie/tlp_header.h"

#include <stdbool.h>
#include <stddef.h>

#include "fabric/base/check.h"
#include "fabric/pcie/tlp_rules.h"

/* The first byte: Fmt 7:5, Type 4:0. */
#define FMT_4DW 0x20u
#define FMT_RESERVED 4 /* and above: 4 is a prefix and no header */

/* The first DW. */
#define FIRST_T9 23
#define FIRST_TC 20
#define FIRST_T8 19
#define FIRST_NOT_CARRIED (1u << 17 | 3u << 10) /* LN, AT */
#define FIRST_LENGTH 0x3ffu

#define GIB4 (UINT64_C(1) << 32)

static const struct {
    uint8_t attribute; /* enum tlp_attribute */
    uint8_t bit;       /* of the first DW */
} attributes[] = {
    {TLP_ID_BASED_ORDERING, 18}, {TLP_HINTS, 16},    {TLP_DIGEST, 15}, {TLP_POISONED, 14},
    {TLP_RELAXED_ORDERING, 13},  {TLP_NO_SNOOP, 12},
};

#define ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

/* The DWs of a header after the first. `read` refuses bits that must be zero; what fields may hold is tlp_rules.h's. */
struct header_layout {
    void (*write)(const struct tlp *tlp, struct byte_writer *to);
    enum tlp_refusal (*read)(struct tlp *tlp, struct byte_reader *from, bool is_4dw);
};

static enum tlp_refusal refused_if(bool condition, enum tlp_refusal refusal)
{
    return condition ? refusal : TLP_ACCEPTED;
}

static bool address_is_4dw(const struct tlp *tlp)
{
    return tlp->address >= GIB4;
}

static void write_tag(const struct tlp *tlp, struct byte_writer *to)
{
    byte_writer_u8(to, (uint8_t)tlp->tag);
}

/* Bits 9 and 8 are there already, from the first DW. */
static void read_tag(struct tlp *tlp, struct byte_reader *from)
{
    tlp->tag = (uint16_t)(tlp->tag | byte_reader_u8(from));
}

/* Requester, tag and the byte that holds byte enables or a message code. */
static void write_request(const struct tlp *tlp, struct byte_writer *to, uint8_t byte_7)
{
    byte_writer_u16(to, tlp->requester_id);
    write_tag(tlp, to);
    byte_writer_u8(to, byte_7);
}

static uint8_t read_request(struct tlp *tlp, struct byte_reader *from)
{
    tlp->requester_id = byte_reader_u16(from);
    read_tag(tlp, from);
    return byte_reader_u8(from);
}

/* With TH the two bits under the address are a processing hint. */
static enum tlp_refusal read_memory_address(struct tlp *tlp, struct byte_reader *from, bool is_4dw)
{
    uint64_t field = is_4dw ? byte_reader_u64(from) : byte_reader_u32(from);
    tlp->address = field & ~UINT64_C(3);
    if (is_4dw != address_is_4dw(tlp))
        return TLP_REFUSED_HEADER_FORMAT;
    if (field == tlp->address)
        return TLP_ACCEPTED;
    return tlp->attributes & TLP_HINTS ? TLP_REFUSED_NOT_CARRIED : TLP_REFUSED_RESERVED_BITS;
}

static void write_memory_address(const struct tlp *tlp, struct byte_writer *to)
{
    if (address_is_4dw(tlp))
        byte_writer_u64(to, tlp->address);
    else
        byte_writer_u32(to, (uint32_t)tlp->address);
}

static void write_memory(const struct tlp *tlp, struct byte_writer *to)
{
    write_request(tlp, to, tlp->byte_enables);
    write_memory_address(tlp, to);
}

static enum tlp_refusal read_memory(struct tlp *tlp, struct byte_reader *from, bool is_4dw)
{
    tlp->byte_enables = read_request(tlp, from);
    return read_memory_address(tlp, from, is_4dw);
}

/* With TH the byte enables of a read give way to a steering tag, and all bytes are enabled. */
static void write_memory_read(const struct tlp *tlp, struct byte_writer *to)
{
    write_request(tlp, to, tlp->attributes & TLP_HINTS ? 0 : tlp->byte_enables);
    write_memory_address(tlp, to);
}

static enum tlp_refusal read_memory_read(struct tlp *tlp, struct byte_reader *from, bool is_4dw)
{
    enum tlp_refusal refusal = read_memory(tlp, from, is_4dw);
    if (refusal != TLP_ACCEPTED || !(tlp->attributes & TLP_HINTS))
        return refusal;
    uint8_t steering_tag = tlp->byte_enables;
    tlp->byte_enables = tlp_rules_all_bytes(tlp->length_dw);
    return refused_if(steering_tag != 0, TLP_REFUSED_NOT_CARRIED);
}

/* AtomicOps have a steering tag or nothing where others have byte enables. */
static enum tlp_refusal read_atomic(struct tlp *tlp, struct byte_reader *from, bool is_4dw)
{
    enum tlp_refusal refusal = read_memory(tlp, from, is_4dw);
    if (refusal == TLP_ACCEPTED && tlp->byte_enables != 0)
        return tlp->attributes & TLP_HINTS ? TLP_REFUSED_NOT_CARRIED : TLP_REFUSED_RESERVED_BITS;
    return refusal;
}

static void write_io(const struct tlp *tlp, struct byte_writer *to)
{
    write_request(tlp, to, tlp->byte_enables);
    byte_writer_u32(to, (uint32_t)tlp->address);
}

static enum tlp_refusal read_io(struct tlp *tlp, struct byte_reader *from, bool is_4dw)
{
    (void)is_4dw;
    tlp->byte_enables = read_request(tlp, from);
    uint32_t field = byte_reader_u32(from);
    tlp->address = field & ~3u;
    return refused_if(field != tlp->address, TLP_REFUSED_RESERVED_BITS);
}

static void write_configuration(const struct tlp *tlp, struct byte_writer *to)
{
    write_request(tlp, to, tlp->byte_enables);
    byte_writer_u16(to, tlp->completer_id);
    byte_writer_u16(to, (uint16_t)tlp->address);
}

static enum tlp_refusal read_configuration(struct tlp *tlp, struct byte_reader *from, bool is_4dw)
{
    (void)is_4dw;
    tlp->byte_enables = read_request(tlp, from);
    tlp->completer_id = byte_reader_u16(from);
    uint16_t field = byte_reader_u16(from);
    tlp->address = field & 0xffcu;
    return refused_if(field != tlp->address, TLP_REFUSED_RESERVED_BITS);
}

static void write_message(const struct tlp *tlp, struct byte_writer *to)
{
    write_request(tlp, to, tlp->byte_enables);
    uint64_t destination = tlp->status == TLP_BY_ID ? tlp->completer_id : 0;
    byte_writer_u64(to, destination << 48 | tlp->address);
}

static enum tlp_refusal read_message(struct tlp *tlp, struct byte_reader *from, bool is_4dw)
{
    (void)is_4dw;
    tlp->byte_enables = read_request(tlp, from);
    tlp->address = byte_reader_u64(from);
    if (tlp->status == TLP_BY_ID) {
        tlp->completer_id = (uint16_t)(tlp->address >> 48);
        tlp->address &= (UINT64_C(1) << 48) - 1;
    }
    return TLP_ACCEPTED;
}

/* A byte count of 4096 is written as 0. Bit 4 of byte 6 is Byte Count Modified, bit 7 of byte 11 is reserved. */
static void write_completion(const struct tlp *tlp, struct byte_writer *to)
{
    byte_writer_u16(to, tlp->completer_id);
    byte_writer_u16(to, (uint16_t)(tlp->status << 13 | (tlp->byte_count & 0xfff)));
    byte_writer_u16(to, tlp->requester_id);
    write_tag(tlp, to);
    byte_writer_u8(to, (uint8_t)tlp->address);
}

static enum tlp_refusal read_completion(struct tlp *tlp, struct byte_reader *from, bool is_4dw)
{
    (void)is_4dw;
    tlp->completer_id = byte_reader_u16(from);
    uint16_t field = byte_reader_u16(from);
    tlp->status = (uint8_t)(field >> 13);
    tlp->byte_count = field & 0xfff ? field & 0xfff : 4096;
    tlp->requester_id = byte_reader_u16(from);
    read_tag(tlp, from);
    uint8_t lower_address = byte_reader_u8(from);
    tlp->address = lower_address & 0x7fu;
    if (field & 0x1000)
        return TLP_REFUSED_NOT_CARRIED;
    return refused_if(lower_address != tlp->address, TLP_REFUSED_RESERVED_BITS);
}

static const struct header_layout memory_layout = {write_memory, read_memory};
static const struct header_layout memory_read_layout = {write_memory_read, read_memory_read};
static const struct header_layout atomic_layout = {write_memory, read_atomic};
static const struct header_layout io_layout = {write_io, read_io};
static const struct header_layout configuration_layout = {write_configuration, read_configuration};
static const struct header_layout message_layout = {write_message, read_message};
static const struct header_layout completion_layout = {write_completion, read_completion};

/* Of the first byte, the bits of `fixed` are those of `code` in every TLP of the type. The others are Fmt[0] where the
 * address decides it, and a message's routing. */
static const struct {
    uint8_t code;
    uint8_t fixed;
    const struct header_layout *layout;
} codes[TLP_TYPES] = {
    [TLP_MRD] = {0x00, 0xdf, &memory_read_layout},
    [TLP_MRDLK] = {0x01, 0xdf, &memory_read_layout},
    [TLP_MWR] = {0x40, 0xdf, &memory_layout},
    [TLP_IORD] = {0x02, 0xff, &io_layout},
    [TLP_IOWR] = {0x42, 0xff, &io_layout},
    [TLP_CFGRD0] = {0x04, 0xff, &configuration_layout},
    [TLP_CFGWR0] = {0x44, 0xff, &configuration_layout},
    [TLP_CFGRD1] = {0x05, 0xff, &configuration_layout},
    [TLP_CFGWR1] = {0x45, 0xff, &configuration_layout},
    [TLP_MSG] = {0x30, 0xf8, &message_layout},
    [TLP_MSGD] = {0x70, 0xf8, &message_layout},
    [TLP_CPL] = {0x0a, 0xff, &completion_layout},
    [TLP_CPLD] = {0x4a, 0xff, &completion_layout},
    [TLP_CPLLK] = {0x0b, 0xff, &completion_layout},
    [TLP_CPLDLK] = {0x4b, 0xff, &completion_layout},
    [TLP_FETCHADD] = {0x4c, 0xdf, &atomic_layout},
    [TLP_SWAP] = {0x4d, 0xdf, &atomic_layout},
    [TLP_CAS] = {0x4e, 0xdf, &atomic_layout},
    [TLP_DMWR] = {0x5b, 0xdf, &memory_layout},
};

static bool is_message(const struct tlp *tlp)
{
    return codes[tlp->type].layout == &message_layout;
}

uint32_t tlp_header_bytes(const struct tlp *tlp)
{
    CHECK(tlp->type < TLP_TYPES);
    bool is_4dw = is_message(tlp) || (tlp_traits[tlp->type].by_address && address_is_4dw(tlp));
    return is_4dw ? 16 : 12;
}

static void write_first_dw(const struct tlp *tlp, struct byte_writer *to)
{
    uint32_t first = (uint32_t)codes[tlp->type].code << 24 | (uint32_t)tlp->traffic_class << FIRST_TC |
                     (tlp->tag >> 9 & 1u) << FIRST_T9 | (tlp->tag >> 8 & 1u) << FIRST_T8 |
                     (tlp->length_dw & FIRST_LENGTH);
    if (tlp_header_bytes(tlp) == 16)
        first |= FMT_4DW << 24;
    if (is_message(tlp))
        first |= (uint32_t)tlp->status << 24;
    for (size_t i = 0; i < ATTRIBUTES; i++)
        if (tlp->attributes & attributes[i].attribute)
            first |= 1u << attributes[i].bit;
    byte_writer_u32(to, first);
}

void tlp_header_write(const struct tlp *tlp, struct byte_writer *to)
{
    write_first_dw(tlp, to);
    codes[tlp->type].layout->write(tlp, to);
}

static enum tlp_refusal read_type(struct tlp *tlp, uint8_t code)
{
    if (code >> 5 >= FMT_RESERVED)
        return TLP_REFUSED_RESERVED_FORMAT;
    for (uint8_t type = 0; type < TLP_TYPES; type++) {
        if ((code & codes[type].fixed) != codes[type].code)
            continue;
        tlp->type = type;
        if (is_message(tlp))
            tlp->status = code & 7;
        return TLP_ACCEPTED;
    }
    return TLP_REFUSED_RESERVED_TYPE;
}

static enum tlp_refusal read_length(struct tlp *tlp, uint32_t field)
{
    if (!tlp_rules_has_length(tlp))
        return refused_if(field != 0, TLP_REFUSED_RESERVED_BITS);
    tlp->length_dw = (uint16_t)(field ? field : FIRST_LENGTH + 1);
    return TLP_ACCEPTED;
}

static enum tlp_refusal read_first_dw(struct tlp *tlp, uint32_t first)
{
    enum tlp_refusal refusal = read_type(tlp, (uint8_t)(first >> 24));
    if (refusal != TLP_ACCEPTED)
        return refusal;
    tlp->traffic_class = (uint8_t)(first >> FIRST_TC & 7);
    tlp->tag = (uint16_t)((first >> FIRST_T9 & 1) << 9 | (first >> FIRST_T8 & 1) << 8);
    for (size_t i = 0; i < ATTRIBUTES; i++)
        if (first >> attributes[i].bit & 1)
            tlp->attributes |= attributes[i].attribute;
    if (first & FIRST_NOT_CARRIED)
        return TLP_REFUSED_NOT_CARRIED;
    return read_length(tlp, first & FIRST_LENGTH);
}

enum tlp_refusal tlp_header_read(struct tlp *tlp, struct byte_reader *from)
{
    uint32_t first = byte_reader_u32(from);
    if (from->failed)
        return TLP_REFUSED_TRUNCATED;
    enum tlp_refusal refusal = read_first_dw(tlp, first);
    if (refusal != TLP_ACCEPTED)
        return refusal;
    refusal = codes[tlp->type].layout->read(tlp, from, first >> 24 & FMT_4DW);
    return from->failed ? TLP_REFUSED_TRUNCATED : refusal;
}
