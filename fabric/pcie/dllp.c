#include "fabric/pcie/dllp.h"

#include <stdbool.h>

#include "fabric/base/bytes.h"
#include "fabric/base/check.h"
#include "fabric/pcie/credits.h"

#define DLLP_BODY_BYTES 6 /* between the framing: four and the CRC */
#define DLLP_COVERED_BYTES 4

/* What follows the type's byte. */
enum layout { SEQUENCE, FLOW_CONTROL, PAYLOAD };

struct traits {
    const char *name;
    uint8_t code; /* the type's byte; with channels, bits 2:0 are the channel's; flow control: of posted */
    bool has_channel;
    uint8_t layout;
};

static const struct traits traits[DLLP_TYPES] = {
    [DLLP_ACK] = {"Ack", 0x00, false, SEQUENCE},
    [DLLP_NAK] = {"Nak", 0x10, false, SEQUENCE},
    [DLLP_FEATURE] = {"Data_Link_Feature", 0x02, false, PAYLOAD},
    [DLLP_PM_ENTER_L1] = {"PM_Enter_L1", 0x20, false, PAYLOAD},
    [DLLP_PM_ENTER_L23] = {"PM_Enter_L23", 0x21, false, PAYLOAD},
    [DLLP_PM_ACTIVE_STATE_REQUEST_L1] = {"PM_Active_State_Request_L1", 0x23, false, PAYLOAD},
    [DLLP_PM_REQUEST_ACK] = {"PM_Request_Ack", 0x24, false, PAYLOAD},
    [DLLP_VENDOR] = {"Vendor", 0x30, false, PAYLOAD},
    [DLLP_NOP] = {"NOP", 0x31, false, PAYLOAD},
    [DLLP_INITFC1] = {"InitFC1", 0x40, true, FLOW_CONTROL},
    [DLLP_INITFC2] = {"InitFC2", 0xc0, true, FLOW_CONTROL},
    [DLLP_UPDATEFC] = {"UpdateFC", 0x80, true, FLOW_CONTROL},
    [DLLP_MRINIT] = {"MRInit", 0x01, false, PAYLOAD},
    [DLLP_MRINITFC1] = {"MRInitFC1", 0x70, true, PAYLOAD},
    [DLLP_MRINITFC2] = {"MRInitFC2", 0xf0, true, PAYLOAD},
    [DLLP_MRUPDATEFC] = {"MRUpdateFC", 0xb0, true, PAYLOAD},
};

/* Framing symbols and the token's bytes: K28.2, K29.7 (4.2.1); SDP, F0h ACh (4.2.2.3). */
static const uint8_t sdp_symbol = 0x5c, end_symbol = 0xfd;
static const uint16_t sdp_token = 0xf0ac;

static const char *const refusal_names[DLLP_REFUSALS] = {
    [DLLP_ACCEPTED] = "accepted", [DLLP_REFUSED_FRAMING] = "framing",   [DLLP_REFUSED_CRC] = "crc",
    [DLLP_REFUSED_TYPE] = "type", [DLLP_REFUSED_RESERVED] = "reserved", [DLLP_REFUSED_RANGE] = "range",
};

const char *dllp_refusal_name(enum dllp_refusal refusal)
{
    CHECK((unsigned)refusal < DLLP_REFUSALS);
    return refusal_names[refusal];
}

const char *dllp_type_name(enum dllp_type type)
{
    CHECK((unsigned)type < DLLP_TYPES);
    return traits[type].name;
}

/* Polynomial 100Bh, seed FFFFh, bytes from their bit 0, the complement (3.5.1): here with all bits reversed, so that
 * the result's low byte is the first on the wire. */
static uint16_t crc_of(const uint8_t *bytes)
{
    uint32_t remainder = UINT16_MAX;
    for (int i = 0; i < DLLP_COVERED_BYTES; i++) {
        remainder ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            remainder = (remainder & 1) != 0 ? remainder >> 1 ^ 0xd008u : remainder >> 1;
    }
    uint32_t complement = ~remainder & UINT16_MAX;
    return (uint16_t)((complement & 0xff) << 8 | complement >> 8);
}

/* The first byte: flow control has its credit type in bits 5:4. */
static uint8_t code_of(const struct dllp *dllp)
{
    const struct traits *type = &traits[dllp->type];
    return (uint8_t)(type->code | (type->layout == FLOW_CONTROL ? dllp->credit << 4 : 0) | dllp->channel);
}

static uint32_t payload_of(const struct dllp *dllp)
{
    switch (traits[dllp->type].layout) {
    case SEQUENCE:
        return dllp->sequence;
    case FLOW_CONTROL:
        return (uint32_t)dllp->header_scale << 22 | (uint32_t)dllp->headers << 14 | (uint32_t)dllp->data_scale << 12 |
               dllp->data;
    default:
        return dllp->payload;
    }
}

/* The structure of a type whose byte is CODE; false when there is none. */
static bool find_type(uint8_t code, struct dllp *dllp)
{
    for (uint8_t type = 0; type < DLLP_TYPES; type++) {
        uint8_t channel = traits[type].has_channel ? code & 7 : 0;
        for (uint8_t credit = 0; credit < (traits[type].layout == FLOW_CONTROL ? CREDIT_TYPES : 1); credit++) {
            *dllp = (struct dllp){.type = type, .credit = credit, .channel = channel};
            if (code_of(dllp) == code)
                return true;
        }
    }
    return false;
}

static void take_payload(struct dllp *dllp, uint32_t payload)
{
    switch (traits[dllp->type].layout) {
    case SEQUENCE:
        dllp->sequence = payload & 0xfff;
        break;
    case FLOW_CONTROL:
        dllp->header_scale = payload >> 22 & 3;
        dllp->headers = payload >> 14 & 0xff;
        dllp->data_scale = payload >> 12 & 3;
        dllp->data = payload & 0xfff;
        break;
    default:
        dllp->payload = payload;
    }
}

static bool is_same(const struct dllp *one, const struct dllp *other)
{
    return one->type == other->type && one->credit == other->credit && one->channel == other->channel &&
           one->header_scale == other->header_scale && one->data_scale == other->data_scale &&
           one->headers == other->headers && one->data == other->data && one->sequence == other->sequence &&
           one->payload == other->payload;
}

/* Whether each value fits into its field, and fields that the type does not have are 0: its bytes say all of it. */
static bool fits(const struct dllp *dllp)
{
    if (dllp->type >= DLLP_TYPES || dllp->channel > 7 || dllp->credit >= CREDIT_TYPES || payload_of(dllp) >> 24 != 0)
        return false;
    struct dllp carried;
    if (!find_type(code_of(dllp), &carried))
        return false;
    take_payload(&carried, payload_of(dllp));
    return is_same(&carried, dllp);
}

enum dllp_refusal dllp_encode(const struct dllp *dllp, enum dllp_framing framing, uint8_t bytes[DLLP_BYTES])
{
    if (!fits(dllp))
        return DLLP_REFUSED_RANGE;
    struct byte_writer to = byte_writer_on(bytes, DLLP_BYTES);
    if (framing == DLLP_SYMBOLS)
        byte_writer_u8(&to, sdp_symbol);
    else
        byte_writer_u16(&to, sdp_token);
    const uint8_t *body = bytes + to.at;
    byte_writer_u32(&to, (uint32_t)code_of(dllp) << 24 | payload_of(dllp));
    byte_writer_u16(&to, crc_of(body));
    if (framing == DLLP_SYMBOLS)
        byte_writer_u8(&to, end_symbol);
    CHECK(!to.failed && to.at == DLLP_BYTES);
    return DLLP_ACCEPTED;
}

/* The bytes between the framing; NULL when it is not one. */
static const uint8_t *unframe(enum dllp_framing framing, const uint8_t *bytes)
{
    struct byte_reader from = byte_reader_on(bytes, DLLP_BYTES);
    bool framed = framing == DLLP_SYMBOLS ? byte_reader_u8(&from) == sdp_symbol : byte_reader_u16(&from) == sdp_token;
    const uint8_t *body = byte_reader_take(&from, DLLP_BODY_BYTES);
    if (framing == DLLP_SYMBOLS)
        framed = framed && byte_reader_u8(&from) == end_symbol;
    return framed ? body : NULL;
}

enum dllp_refusal dllp_decode(struct dllp *dllp, enum dllp_framing framing, const uint8_t bytes[DLLP_BYTES])
{
    const uint8_t *body = unframe(framing, bytes);
    if (body == NULL)
        return DLLP_REFUSED_FRAMING;
    struct byte_reader from = byte_reader_on(body, DLLP_BODY_BYTES);
    uint32_t word = byte_reader_u32(&from);
    if (byte_reader_u16(&from) != crc_of(body))
        return DLLP_REFUSED_CRC;
    struct dllp found;
    if (!find_type((uint8_t)(word >> 24), &found))
        return DLLP_REFUSED_TYPE;
    uint32_t payload = word & 0xffffff;
    take_payload(&found, payload);
    if (payload_of(&found) != payload)
        return DLLP_REFUSED_RESERVED;
    *dllp = found;
    return DLLP_ACCEPTED;
}
