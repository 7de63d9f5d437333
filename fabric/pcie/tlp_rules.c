#include "fabric/pcie/tlp_rules.h"

#define TAG_MAX 0x3ff
#define TRAFFIC_CLASS_MAX 7
#define LENGTH_MAX_DW (TLP_PAYLOAD_MAX_BYTES / 4)
#define GIB4 (UINT64_C(1) << 32)

static bool is_message(const struct tlp *tlp)
{
    return tlp->type == TLP_MSG || tlp->type == TLP_MSGD;
}

bool tlp_rules_has_length(const struct tlp *tlp)
{
    const struct tlp_traits *traits = &tlp_traits[tlp->type];
    return traits->has_data || (traits->is_request && !is_message(tlp));
}

static enum tlp_refusal check_common(const struct tlp *tlp)
{
    if (tlp->traffic_class > TRAFFIC_CLASS_MAX)
        return TLP_REFUSED_TRAFFIC_CLASS;
    if (tlp->tag > TAG_MAX)
        return TLP_REFUSED_TAG_RANGE;
    if (tlp->attributes & ~TLP_WIRE_ATTRIBUTES)
        return TLP_REFUSED_ATTRIBUTES;
    if ((tlp->attributes & TLP_HINTS) && !tlp_traits[tlp->type].by_address)
        return TLP_REFUSED_ATTRIBUTES;
    if (tlp->length_dw > LENGTH_MAX_DW || tlp_rules_has_length(tlp) != (tlp->length_dw > 0))
        return TLP_REFUSED_LENGTH;
    return TLP_ACCEPTED;
}

uint8_t tlp_rules_all_bytes(uint32_t length_dw)
{
    return length_dw == 1 ? 0x0f : 0xff;
}

/* Base specification, 2.2.5. */
static bool byte_enables_are_legal(const struct tlp *tlp)
{
    uint32_t first = tlp->byte_enables & 0xfu;
    uint32_t last = tlp->byte_enables >> 4;
    if (tlp->length_dw == 1)
        return last == 0;
    if (first == 0 || last == 0)
        return false;
    if (tlp->length_dw == 2 && (tlp->address & 7) == 0)
        return true;
    /* Nothing is left out between the first and the last enabled byte: the first DW's run up to its end, and the last
     * DW's start at its beginning. */
    uint32_t first_left_out = ~first & 0xfu;
    return (first_left_out & (first_left_out + 1)) == 0 && (last & (last + 1)) == 0;
}

static enum tlp_refusal check_memory(const struct tlp *tlp)
{
    if ((tlp->address & 3) != 0)
        return TLP_REFUSED_ALIGNMENT;
    if ((tlp->address & 0xfff) + tlp->length_dw * UINT64_C(4) > 4096)
        return TLP_REFUSED_CROSSES_4K;
    if (!byte_enables_are_legal(tlp))
        return TLP_REFUSED_BYTE_ENABLES;
    return TLP_ACCEPTED;
}

static enum tlp_refusal check_memory_read(const struct tlp *tlp)
{
    if ((tlp->attributes & TLP_HINTS) && tlp->byte_enables != tlp_rules_all_bytes(tlp->length_dw))
        return TLP_REFUSED_BYTE_ENABLES;
    return check_memory(tlp);
}

/* Where the steering tag of a DMWr with hints would stand, no public source says. */
static enum tlp_refusal check_deferrable_write(const struct tlp *tlp)
{
    if (tlp->attributes & TLP_HINTS)
        return TLP_REFUSED_NOT_CARRIED;
    return check_memory(tlp);
}

/* Base specification, 2.2.7, on AtomicOps; aligned to its operand, none can cross 4 KiB. */
static enum tlp_refusal check_atomic(const struct tlp *tlp)
{
    uint32_t operands = tlp->type == TLP_CAS ? 2 : 1;
    uint32_t operand_dw = tlp->length_dw / operands;
    uint32_t operand_max_dw = tlp->type == TLP_CAS ? 4 : 2;
    if (operand_dw * operands != tlp->length_dw || (operand_dw & (operand_dw - 1)) != 0 || operand_dw > operand_max_dw)
        return TLP_REFUSED_LENGTH;
    if (tlp->address % (operand_dw * 4) != 0)
        return TLP_REFUSED_ALIGNMENT;
    if (tlp->byte_enables != 0)
        return TLP_REFUSED_BYTE_ENABLES;
    return TLP_ACCEPTED;
}

/* What I/O and configuration requests have in common; ADDRESS_END is the size of their space. */
static enum tlp_refusal check_register(const struct tlp *tlp, uint64_t address_end)
{
    if (tlp->length_dw != 1)
        return TLP_REFUSED_LENGTH;
    if (tlp->address >= address_end)
        return TLP_REFUSED_ADDRESS_RANGE;
    if ((tlp->address & 3) != 0)
        return TLP_REFUSED_ALIGNMENT;
    if (tlp->byte_enables >> 4 != 0)
        return TLP_REFUSED_BYTE_ENABLES;
    if (tlp->traffic_class != 0)
        return TLP_REFUSED_TRAFFIC_CLASS;
    if (tlp->attributes & (TLP_NO_SNOOP | TLP_RELAXED_ORDERING | TLP_ID_BASED_ORDERING))
        return TLP_REFUSED_ATTRIBUTES;
    return TLP_ACCEPTED;
}

static enum tlp_refusal check_io(const struct tlp *tlp)
{
    return check_register(tlp, GIB4);
}

static enum tlp_refusal check_configuration(const struct tlp *tlp)
{
    return check_register(tlp, 4096);
}

static enum tlp_refusal check_message(const struct tlp *tlp)
{
    if (tlp->status > TLP_GATHER)
        return TLP_REFUSED_ROUTING;
    if (tlp->status == TLP_BY_ID && tlp->address >> 48 != 0)
        return TLP_REFUSED_ADDRESS_RANGE;
    return TLP_ACCEPTED;
}

static bool status_is_known(uint8_t status)
{
    return status == TLP_STATUS_SC || status == TLP_STATUS_UR || status == TLP_STATUS_CRS || status == TLP_STATUS_CA;
}

static enum tlp_refusal check_completion(const struct tlp *tlp)
{
    if (!status_is_known(tlp->status) || (tlp_traits[tlp->type].has_data && tlp->status != TLP_STATUS_SC))
        return TLP_REFUSED_STATUS;
    if (tlp->byte_count == 0 || tlp->byte_count > TLP_PAYLOAD_MAX_BYTES)
        return TLP_REFUSED_BYTE_COUNT_RANGE;
    if (tlp->address > 0x7f)
        return TLP_REFUSED_ADDRESS_RANGE;
    return TLP_ACCEPTED;
}

static enum tlp_refusal (*const checks[TLP_TYPES])(const struct tlp *tlp) = {
    [TLP_MRD] = check_memory_read,
    [TLP_MRDLK] = check_memory_read,
    [TLP_MWR] = check_memory,
    [TLP_IORD] = check_io,
    [TLP_IOWR] = check_io,
    [TLP_CFGRD0] = check_configuration,
    [TLP_CFGWR0] = check_configuration,
    [TLP_CFGRD1] = check_configuration,
    [TLP_CFGWR1] = check_configuration,
    [TLP_MSG] = check_message,
    [TLP_MSGD] = check_message,
    [TLP_CPL] = check_completion,
    [TLP_CPLD] = check_completion,
    [TLP_CPLLK] = check_completion,
    [TLP_CPLDLK] = check_completion,
    [TLP_FETCHADD] = check_atomic,
    [TLP_SWAP] = check_atomic,
    [TLP_CAS] = check_atomic,
    [TLP_DMWR] = check_deferrable_write,
};

enum tlp_refusal tlp_rules_check(const struct tlp *tlp)
{
    if (tlp->type >= TLP_TYPES)
        return TLP_REFUSED_TYPE_RANGE;
    enum tlp_refusal refusal = check_common(tlp);
    return refusal == TLP_ACCEPTED ? checks[tlp->type](tlp) : refusal;
}
