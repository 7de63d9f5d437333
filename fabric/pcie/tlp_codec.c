#include "fabric/pcie/tlp_codec.h"

#include "fabric/base/bytes.h"
#include "fabric/base/check.h"
#include "fabric/pcie/ecrc.h"
#include "fabric/pcie/tlp_header.h"
#include "fabric/pcie/tlp_rules.h"

/* The first byte of a prefix: Fmt 7:5, Type 4:0. */
#define FMT_PREFIX 4
#define PREFIX_END_END 0x10u
#define PREFIX_MR 0x80u

#define MR_PREFIX_RESERVED 0x1f00u

static bool has_digest(const struct tlp *tlp)
{
    return tlp->attributes & TLP_DIGEST;
}

uint32_t tlp_encoded_bytes(const struct tlp *tlp, bool mr_prefix)
{
    return (mr_prefix ? TLP_PREFIX_BYTES : 0) + tlp_header_bytes(tlp) + tlp_payload_bytes(tlp) +
           (has_digest(tlp) ? TLP_DIGEST_BYTES : 0);
}

/* The digest that the header and payload among the SIZE bytes at BYTES ought to have. */
static uint32_t digest_of(const struct tlp *tlp, bool mr_prefix, const uint8_t *bytes, size_t size)
{
    struct byte_reader covered = byte_reader_on(bytes, size);
    if (mr_prefix)
        byte_reader_take(&covered, TLP_PREFIX_BYTES);
    size_t count = tlp_header_bytes(tlp) + tlp_payload_bytes(tlp);
    const uint8_t *start = byte_reader_take(&covered, count);
    CHECK(start);
    return ecrc_digest(start, count);
}

static enum tlp_refusal check_envelope(const struct tlp *tlp, const struct tlp_envelope *envelope)
{
    if (envelope->mr_prefix && tlp->vh > UINT8_MAX)
        return TLP_REFUSED_VH_RANGE;
    if (envelope->virtual_link > (envelope->mr_prefix ? 7 : 0))
        return TLP_REFUSED_VL_RANGE;
    return TLP_ACCEPTED;
}

static void write_mr_prefix(const struct tlp *tlp, uint8_t virtual_link, struct byte_writer *to)
{
    byte_writer_u8(to, PREFIX_MR);
    byte_writer_u8(to, (uint8_t)tlp->vh);
    byte_writer_u8(to, (uint8_t)(virtual_link << 5));
    byte_writer_u8(to, tlp->generation);
}

enum tlp_refusal
tlp_encode(const struct tlp *tlp, const struct tlp_envelope *envelope, uint8_t *bytes, size_t capacity, size_t *size)
{
    enum tlp_refusal refusal = tlp_rules_check(tlp);
    if (refusal == TLP_ACCEPTED)
        refusal = check_envelope(tlp, envelope);
    if (refusal != TLP_ACCEPTED)
        return refusal;

    struct byte_writer to = byte_writer_on(bytes, capacity);
    if (envelope->mr_prefix)
        write_mr_prefix(tlp, envelope->virtual_link, &to);
    tlp_header_write(tlp, &to);
    byte_writer_copy(&to, envelope->payload, tlp_payload_bytes(tlp));
    CHECK(!to.failed);
    if (has_digest(tlp))
        byte_writer_u32(&to, digest_of(tlp, envelope->mr_prefix, bytes, to.at));
    CHECK(!to.failed && to.at == tlp_encoded_bytes(tlp, envelope->mr_prefix));
    *size = to.at;
    return TLP_ACCEPTED;
}

static enum tlp_refusal read_mr_prefix(struct tlp *tlp, struct tlp_envelope *envelope, uint32_t prefix)
{
    if (envelope->mr_prefix)
        return TLP_REFUSED_DUPLICATE_PREFIX;
    envelope->mr_prefix = true;
    envelope->virtual_link = (uint8_t)(prefix >> 13 & 7);
    tlp->vh = (uint16_t)(prefix >> 16 & 0xff);
    tlp->generation = (uint8_t)prefix;
    return prefix & MR_PREFIX_RESERVED ? TLP_REFUSED_RESERVED_BITS : TLP_ACCEPTED;
}

static uint8_t next_byte(const struct byte_reader *from)
{
    struct byte_reader ahead = *from;
    return byte_reader_u8(&ahead);
}

/* Takes prefixes as long as there are any. */
static enum tlp_refusal read_prefixes(struct tlp *tlp, struct tlp_envelope *envelope, struct byte_reader *from)
{
    bool end_end = false;
    while (next_byte(from) >> 5 == FMT_PREFIX) {
        uint32_t prefix = byte_reader_u32(from);
        if (from->failed)
            return TLP_REFUSED_TRUNCATED;
        if (prefix >> 24 & PREFIX_END_END) {
            end_end = true;
            continue;
        }
        if (end_end)
            return TLP_REFUSED_PREFIX_ORDER;
        if (prefix >> 24 != PREFIX_MR)
            return TLP_REFUSED_LOCAL_PREFIX;
        enum tlp_refusal refusal = read_mr_prefix(tlp, envelope, prefix);
        if (refusal != TLP_ACCEPTED)
            return refusal;
    }
    return end_end ? TLP_REFUSED_END_END_PREFIX : TLP_ACCEPTED;
}

enum tlp_refusal tlp_decode(
    struct tlp *tlp, struct tlp_envelope *envelope, const uint8_t *bytes, size_t size, uint32_t max_payload_bytes)
{
    struct byte_reader from = byte_reader_on(bytes, size);
    struct tlp found = {0};
    struct tlp_envelope found_envelope = {0};

    enum tlp_refusal refusal = read_prefixes(&found, &found_envelope, &from);
    if (refusal == TLP_ACCEPTED)
        refusal = tlp_header_read(&found, &from);
    if (refusal == TLP_ACCEPTED)
        refusal = tlp_rules_check(&found);
    if (refusal != TLP_ACCEPTED)
        return refusal;

    uint32_t payload_bytes = tlp_payload_bytes(&found);
    if (payload_bytes > max_payload_bytes)
        return TLP_REFUSED_PAYLOAD_OVER_MPS;
    if (payload_bytes > 0)
        found_envelope.payload = byte_reader_take(&from, payload_bytes);
    uint32_t digest = has_digest(&found) ? byte_reader_u32(&from) : 0;
    if (from.failed)
        return TLP_REFUSED_TRUNCATED;
    if (byte_reader_left(&from) > 0)
        return TLP_REFUSED_LENGTH_MISMATCH;
    if (has_digest(&found) && digest != digest_of(&found, found_envelope.mr_prefix, bytes, size))
        return TLP_REFUSED_ECRC;

    *tlp = found;
    *envelope = found_envelope;
    return TLP_ACCEPTED;
}
