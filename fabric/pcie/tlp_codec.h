/* TLP codec: a struct tlp to the bytes that it is on a link outside flit mode, and back.
 *
 * The bytes are those of the transaction layer, in the order of the wire:
 *
 *     MR prefix (4, on MR links)   header (12 or 16)   payload (whole DWs)   digest (4, with TLP_DIGEST)
 *
 * Framing, sequence number and LCRC are the link layer's (fabric/pcie/link.h). Headers are laid out as the base
 * specification, 2.2, has them. Both directions refuse what fabric/pcie/tlp_rules.h refuses, and each is the inverse of
 * the other: what decodes encodes to the same bytes. So reserved bits that a receiver would ignore are refused as well,
 * and so are fields that struct tlp has no room for.
 *
 * Tags: T9 and T8 of the header carry bits 9 and 8 of the tag. There is no place outside flit mode for bits 13 to 10.
 * Processing hints: TH is carried, with processing hint 00 and, but for a memory write, whose tag is its steering tag,
 * steering tag 0.
 * End-end prefixes are refused by name. So are local prefixes other than the MR prefix.
 *
 * The MR prefix is the local TLP prefix of type 0. What its other 24 bits are in MR-IOV is not public; this layout is
 * the project's own (docs/model.md):
 *
 *     byte 0   80h: Fmt 100b, Type 0_0000b
 *     byte 1   VH number
 *     byte 2   7:5 virtual link, 4:0 reserved (zero)
 *     byte 3   key: the generation of the ownership under which the TLP was sent
 */
#ifndef FABRIC_PCIE_TLP_CODEC_H
#define FABRIC_PCIE_TLP_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/base/status.h"
#include "fabric/pcie/tlp.h"
#include "fabric/pcie/tlp_refusal.h"

#define TLP_PREFIX_BYTES 4
#define TLP_DIGEST_BYTES 4
#define TLP_ENCODED_MAX_BYTES (TLP_PREFIX_BYTES + 16 + TLP_PAYLOAD_MAX_BYTES + TLP_DIGEST_BYTES)

/* What belongs to a TLP on a link and is not in struct tlp. */
struct tlp_envelope {
    bool mr_prefix;         /* there is an MR prefix: the TLP's vh and generation, and virtual_link */
    uint8_t virtual_link;   /* 0 to 7; 0 without a prefix */
    const uint8_t *payload; /* tlp_payload_bytes() of it, in the order of the wire. To encode: NULL stands for zeros.
                               Decoded: within the bytes that were decoded, and NULL where there is none */
};

/* Bytes that tlp_encode() makes of TLP. */
uint32_t tlp_encoded_bytes(const struct tlp *tlp, bool mr_prefix);

/* Writes TLP to BYTES, which has room for CAPACITY bytes, at least tlp_encoded_bytes(); TLP_ENCODED_MAX_BYTES are
 * always enough. *SIZE becomes how many were written. Refused: nothing is written. */
MUST_CHECK enum tlp_refusal
tlp_encode(const struct tlp *tlp, const struct tlp_envelope *envelope, uint8_t *bytes, size_t capacity, size_t *size);

/* Reads the one TLP that the SIZE bytes at BYTES are into *TLP and *ENVELOPE. What is not on the wire (next, operation,
 * times, payload handle, origin_vh; vh and generation without a prefix) becomes 0. A payload of more than
 * MAX_PAYLOAD_BYTES, the receiver's Max_Payload_Size, is refused. Refused: *TLP and *ENVELOPE are as before. */
MUST_CHECK enum tlp_refusal tlp_decode(
    struct tlp *tlp, struct tlp_envelope *envelope, const uint8_t *bytes, size_t size, uint32_t max_payload_bytes);

#endif
