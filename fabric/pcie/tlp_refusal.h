/* TLP refusal: why something is not a legal TLP.
 *
 * What fabric/pcie/tlp_rules.h and fabric/pcie/tlp_codec.h answer. TLP_ACCEPTED is 0. A receiver reports most of these
 * as a Malformed TLP (base specification, 6.2); TLP_REFUSED_NOT_CARRIED and the prefixes say what this model leaves
 * out, not what is wrong with the TLP. */
#ifndef FABRIC_PCIE_TLP_REFUSAL_H
#define FABRIC_PCIE_TLP_REFUSAL_H

enum tlp_refusal {
    TLP_ACCEPTED,

    /* Of bytes only. */
    TLP_REFUSED_TRUNCATED,
    TLP_REFUSED_LENGTH_MISMATCH,
    TLP_REFUSED_RESERVED_FORMAT,
    TLP_REFUSED_RESERVED_TYPE,
    TLP_REFUSED_RESERVED_BITS,
    TLP_REFUSED_LOCAL_PREFIX,
    TLP_REFUSED_DUPLICATE_PREFIX,
    TLP_REFUSED_END_END_PREFIX,
    TLP_REFUSED_PREFIX_ORDER,
    TLP_REFUSED_HEADER_FORMAT,
    TLP_REFUSED_PAYLOAD_OVER_MPS,
    TLP_REFUSED_ECRC,

    /* Of bytes and of structures. */
    TLP_REFUSED_NOT_CARRIED,
    TLP_REFUSED_ROUTING,
    TLP_REFUSED_LENGTH,
    TLP_REFUSED_ALIGNMENT,
    TLP_REFUSED_CROSSES_4K,
    TLP_REFUSED_BYTE_ENABLES,
    TLP_REFUSED_TRAFFIC_CLASS,
    TLP_REFUSED_ATTRIBUTES,
    TLP_REFUSED_STATUS,

    /* Of structures only: what does not fit into the field it goes to. */
    TLP_REFUSED_TYPE_RANGE,
    TLP_REFUSED_TAG_RANGE,
    TLP_REFUSED_ADDRESS_RANGE,
    TLP_REFUSED_BYTE_COUNT_RANGE,
    TLP_REFUSED_VH_RANGE,
    TLP_REFUSED_VL_RANGE,

    TLP_REFUSALS,
};

/* One word for traces and counters: "accepted", "truncated", "crosses_4k", ... */
const char *tlp_refusal_name(enum tlp_refusal refusal);

/* A sentence for people, without a full stop: "the request crosses a 4 KiB boundary". */
const char *tlp_refusal_text(enum tlp_refusal refusal);

#endif
