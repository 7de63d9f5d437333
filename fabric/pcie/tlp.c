#include "fabric/pcie/tlp.h"

const struct tlp_traits tlp_traits[TLP_TYPES] = {
    [TLP_MRD] = {"MRd", CREDIT_NONPOSTED, false, true, true},
    [TLP_MRDLK] = {"MRdLk", CREDIT_NONPOSTED, false, true, true},
    [TLP_MWR] = {"MWr", CREDIT_POSTED, true, true, true},
    [TLP_IORD] = {"IORd", CREDIT_NONPOSTED, false, true, false},
    [TLP_IOWR] = {"IOWr", CREDIT_NONPOSTED, true, true, false},
    [TLP_CFGRD0] = {"CfgRd0", CREDIT_NONPOSTED, false, true, false},
    [TLP_CFGWR0] = {"CfgWr0", CREDIT_NONPOSTED, true, true, false},
    [TLP_CFGRD1] = {"CfgRd1", CREDIT_NONPOSTED, false, true, false},
    [TLP_CFGWR1] = {"CfgWr1", CREDIT_NONPOSTED, true, true, false},
    [TLP_MSG] = {"Msg", CREDIT_POSTED, false, true, false},
    [TLP_MSGD] = {"MsgD", CREDIT_POSTED, true, true, false},
    [TLP_CPL] = {"Cpl", CREDIT_COMPLETION, false, false, false},
    [TLP_CPLD] = {"CplD", CREDIT_COMPLETION, true, false, false},
    [TLP_CPLLK] = {"CplLk", CREDIT_COMPLETION, false, false, false},
    [TLP_CPLDLK] = {"CplDLk", CREDIT_COMPLETION, true, false, false},
    [TLP_FETCHADD] = {"FetchAdd", CREDIT_NONPOSTED, true, true, true},
    [TLP_SWAP] = {"Swap", CREDIT_NONPOSTED, true, true, true},
    [TLP_CAS] = {"CAS", CREDIT_NONPOSTED, true, true, true},
    [TLP_DMWR] = {"DMWr", CREDIT_NONPOSTED, true, true, true},
};

uint8_t tlp_byte_enables(uint64_t address, uint32_t bytes)
{
    uint32_t first = (uint32_t)(address & 3);
    uint32_t end = first + bytes; /* counted from the first DW's first byte */
    uint32_t first_be = 0xfu << first & 0xfu;
    if (end <= 4)
        return (uint8_t)(first_be & (0xfu >> (4 - end)));
    uint32_t last_be = 0xfu >> (3 - ((end - 1) & 3));
    return (uint8_t)(last_be << 4 | first_be);
}

/* Bytes from its address on that a memory request touches; the payload of a CAS is two operands for one place. */
static uint64_t touched_bytes(const struct tlp *tlp)
{
    return (uint64_t)tlp->length_dw * (tlp->type == TLP_CAS ? 2 : 4);
}

uint32_t tlp_request_bytes(const struct tlp *tlp, uint64_t *first)
{
    uint32_t first_be = tlp->byte_enables & 0xfu, last_be = tlp->byte_enables >> 4;
    if (first_be == 0) {
        *first = tlp->address;
        return 1;
    }
    uint32_t skipped = (uint32_t)__builtin_ctz(first_be);
    *first = tlp->address + skipped;
    uint32_t end_be = last_be != 0 ? last_be : first_be;
    uint32_t end = 32 - (uint32_t)__builtin_clz(end_be);
    return (tlp->length_dw - 1u) * 4 + end - skipped;
}

bool tlp_is_valid(const struct tlp *tlp)
{
    if (tlp->type >= TLP_TYPES || tlp->traffic_class > 7 || tlp->tag > 0x3fff)
        return false;
    const struct tlp_traits *traits = &tlp_traits[tlp->type];
    if (tlp->length_dw > TLP_PAYLOAD_MAX_BYTES / 4 || ((traits->has_data || traits->by_address) && tlp->length_dw == 0))
        return false;
    if (!traits->by_address)
        return true;
    return (tlp->address & 3) == 0 && (tlp->address & 0xfff) + touched_bytes(tlp) <= 4096;
}
