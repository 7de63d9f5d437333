/* DLLP: a data-link-layer packet: what it says, and its eight bytes on a link outside flit mode.
 *
 * A DLLP is four bytes and a CRC of two, in framing of two: symbols before and after it in generations 1 and 2, a token
 * before it in generations 3 to 5 (base specification, 3.5 and 4.2). Both directions of the codec refuse what is
 * malformed, and each is the inverse of the other.
 *
 * The codes of MR-IOV's DLLPs are public, what they carry is not: MRInit's payload is the project's own
 * (docs/model.md), that of the flow-control ones is carried as it is.
 *
 * Plain values: nobody owns anything. */
#ifndef FABRIC_PCIE_DLLP_H
#define FABRIC_PCIE_DLLP_H

#include <stdint.h>

#include "fabric/base/status.h"

#define DLLP_BYTES 8 /* on the wire, framing and CRC included */

enum dllp_type {
    DLLP_ACK,
    DLLP_NAK,
    DLLP_FEATURE, /* Data Link Feature exchange */
    DLLP_PM_ENTER_L1,
    DLLP_PM_ENTER_L23,
    DLLP_PM_ACTIVE_STATE_REQUEST_L1,
    DLLP_PM_REQUEST_ACK,
    DLLP_VENDOR,
    DLLP_NOP,
    DLLP_INITFC1,
    DLLP_INITFC2,
    DLLP_UPDATEFC,
    DLLP_MRINIT,
    DLLP_MRINITFC1,
    DLLP_MRINITFC2,
    DLLP_MRUPDATEFC,
    DLLP_TYPES,
};

/* Fields that a type does not have are 0. */
struct dllp {
    uint8_t type;         /* enum dllp_type */
    uint8_t credit;       /* InitFC, UpdateFC: enum credit_type */
    uint8_t channel;      /* InitFC, UpdateFC: virtual channel; MR ones: virtual link; 0 to 7 */
    uint8_t header_scale; /* InitFC, UpdateFC: HdrScale, 0 to 3 */
    uint8_t data_scale;   /* likewise, DataScale */
    uint16_t headers;     /* InitFC, UpdateFC: HdrFC, 8 bits */
    uint16_t data;        /* likewise, DataFC, 12 bits */
    uint16_t sequence;    /* Ack, Nak: AckNak_Seq_Num, 12 bits */
    uint32_t payload;     /* Feature, power management, vendor, NOP, MR ones: bits 23:0 after the type */
};

/* Of Feature's payload. */
#define DLLP_FEATURE_ACK (UINT32_C(1) << 23)
#define DLLP_FEATURE_SCALED_FLOW_CONTROL UINT32_C(1)

enum dllp_framing {
    DLLP_SYMBOLS, /* generations 1 and 2: SDP before, END after */
    DLLP_TOKEN,   /* generations 3 to 5: the SDP token */
};

enum dllp_refusal {
    DLLP_ACCEPTED,
    DLLP_REFUSED_FRAMING,  /* no DLLP starts, or ends, here */
    DLLP_REFUSED_CRC,      /* a Bad DLLP error; the receiver discards it */
    DLLP_REFUSED_TYPE,     /* unknown: a receiver ignores it and reports nothing */
    DLLP_REFUSED_RESERVED, /* a reserved bit is set. Receivers ignore such bits; this codec does not carry them */
    DLLP_REFUSED_RANGE,    /* of structures only: a value does not fit into its field */
    DLLP_REFUSALS,
};

/* One word for traces and counters: "accepted", "framing", ... */
const char *dllp_refusal_name(enum dllp_refusal refusal);

/* "Ack", "InitFC1", ... as the base specification writes it. */
const char *dllp_type_name(enum dllp_type type);

/* Writes DLLP to BYTES. Refused: nothing is written. */
MUST_CHECK enum dllp_refusal dllp_encode(const struct dllp *dllp, enum dllp_framing framing, uint8_t bytes[DLLP_BYTES]);

/* Reads BYTES into *DLLP. Refused: *DLLP is as before. */
MUST_CHECK enum dllp_refusal dllp_decode(struct dllp *dllp, enum dllp_framing framing, const uint8_t bytes[DLLP_BYTES]);

#endif
