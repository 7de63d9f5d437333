#include "fabric/pcie/tlp_refusal.h"

#include "fabric/base/check.h"

static const struct {
    const char *name;
    const char *text;
} refusals[TLP_REFUSALS] = {
    [TLP_ACCEPTED] = {"accepted", "it is a legal TLP"},
    [TLP_REFUSED_TRUNCATED] = {"truncated", "the bytes end before the prefix, header, payload and digest do"},
    [TLP_REFUSED_LENGTH_MISMATCH] = {"length_mismatch", "bytes are left over after the length that the header gives"},
    [TLP_REFUSED_RESERVED_FORMAT] = {"reserved_format", "Fmt is reserved"},
    [TLP_REFUSED_RESERVED_TYPE] = {"reserved_type", "Fmt and Type together name no TLP"},
    [TLP_REFUSED_RESERVED_BITS] = {"reserved_bits", "a reserved bit is set"},
    [TLP_REFUSED_LOCAL_PREFIX] = {"local_prefix", "a local prefix is not the MR prefix, the only one supported"},
    [TLP_REFUSED_DUPLICATE_PREFIX] = {"duplicate_prefix", "there is more than one MR prefix"},
    [TLP_REFUSED_END_END_PREFIX] = {"end_end_prefix", "end-end prefixes are not supported"},
    [TLP_REFUSED_PREFIX_ORDER] = {"prefix_order", "an end-end prefix stands before a local prefix"},
    [TLP_REFUSED_HEADER_FORMAT] = {"header_format", "a header of 4 DW has an address below 4 GiB"},
    [TLP_REFUSED_PAYLOAD_OVER_MPS] = {"payload_over_mps", "the payload is longer than Max_Payload_Size"},
    [TLP_REFUSED_ECRC] = {"ecrc", "the digest does not match the header and payload"},
    [TLP_REFUSED_NOT_CARRIED] =
        {"not_carried", "it uses a field that the model does not carry (address type, LN, steering tag, "
                        "processing hint, byte count modified)"},
    [TLP_REFUSED_ROUTING] = {"routing", "the message's routing is reserved"},
    [TLP_REFUSED_LENGTH] = {"length", "the length is not one that the type may have"},
    [TLP_REFUSED_ALIGNMENT] = {"alignment", "the address is not aligned as the type needs it"},
    [TLP_REFUSED_CROSSES_4K] = {"crosses_4k", "the request crosses a 4 KiB boundary"},
    [TLP_REFUSED_BYTE_ENABLES] = {"byte_enables", "the byte enables do not fit the type, length and address"},
    [TLP_REFUSED_TRAFFIC_CLASS] = {"traffic_class", "the traffic class is not one that the type may have"},
    [TLP_REFUSED_ATTRIBUTES] = {"attributes", "an attribute is set that the type may not have"},
    [TLP_REFUSED_STATUS] = {"status", "the completion status is reserved, or fails and yet carries data"},
    [TLP_REFUSED_TYPE_RANGE] = {"type_range", "the type is unknown"},
    [TLP_REFUSED_TAG_RANGE] = {"tag_range", "the tag is wider than the 10 bits of a header outside flit mode"},
    [TLP_REFUSED_ADDRESS_RANGE] = {"address_range", "the address is wider than the header's field"},
    [TLP_REFUSED_BYTE_COUNT_RANGE] = {"byte_count_range", "the byte count is not 1 to 4096"},
    [TLP_REFUSED_VH_RANGE] = {"vh_range", "the VH number is wider than the MR prefix's 8 bits"},
    [TLP_REFUSED_VL_RANGE] = {"vl_range", "the virtual link is wider than the MR prefix's 3 bits"},
};

const char *tlp_refusal_name(enum tlp_refusal refusal)
{
    CHECK(refusal < TLP_REFUSALS);
    return refusals[refusal].name;
}

const char *tlp_refusal_text(enum tlp_refusal refusal)
{
    CHECK(refusal < TLP_REFUSALS);
    return refusals[refusal].text;
}
