/* TLP: one transaction-layer packet, the thing that the model moves.
 *
 * Exactly one cache line, from a pool (fabric/base/pool.h). Whoever holds the pointer owns it; handing it to a port or
 * a queue hands it over. The codec to and from wire bytes is fabric/pcie/tlp_codec.h; what it costs in credits and in
 * bytes on a wire is fabric/pcie/credits.h and fabric/pcie/link.h.
 *
 * Names and values follow the base specification, 2.2. */
#ifndef FABRIC_PCIE_TLP_H
#define FABRIC_PCIE_TLP_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/credits.h"

enum tlp_type {
    TLP_MRD,   /* memory read */
    TLP_MRDLK, /* memory read, locked */
    TLP_MWR,   /* memory write */
    TLP_IORD,
    TLP_IOWR,
    TLP_CFGRD0,
    TLP_CFGWR0,
    TLP_CFGRD1,
    TLP_CFGWR1,
    TLP_MSG,
    TLP_MSGD,
    TLP_CPL,
    TLP_CPLD,
    TLP_CPLLK,
    TLP_CPLDLK,
    TLP_FETCHADD,
    TLP_SWAP,
    TLP_CAS,
    TLP_DMWR, /* deferrable memory write */
    TLP_TYPES,
};

enum tlp_status { TLP_STATUS_SC = 0, TLP_STATUS_UR = 1, TLP_STATUS_CRS = 2, TLP_STATUS_CA = 4 };

/* Bits of tlp.attributes. */
enum tlp_attribute {
    TLP_NO_SNOOP = 1 << 0,
    TLP_RELAXED_ORDERING = 1 << 1,
    TLP_ID_BASED_ORDERING = 1 << 2,
    TLP_POISONED = 1 << 3,
    TLP_DIGEST = 1 << 4, /* an ECRC follows */
    TLP_HINTS = 1 << 5,  /* TH: processing hints are there */

    /* Not of the wire: it carries its operation's journey (fabric/pcie/journey.h), and has the operation also when it
     * is a read or a completion. */
    TLP_JOURNEY = 1 << 6,

    /* Not of the wire: forwarded before its end came in, with a wrong bit (fabric/pcie/data_link.h). It has no room in
     * the buffer of who forwards it, no operation, and ends as soon as it has left. */
    TLP_NULLIFIED = 1 << 7,
};

/* Those that its bytes show. */
#define TLP_WIRE_ATTRIBUTES ((TLP_HINTS << 1) - 1)

/* Where a message goes: the rrr of its type (base specification, table 2-20). */
enum tlp_message_routing {
    TLP_TO_ROOT = 0,
    TLP_BY_ADDRESS = 1,
    TLP_BY_ID = 2,
    TLP_BROADCAST = 3,
    TLP_LOCAL = 4,
    TLP_GATHER = 5,
};

/* What a completion has of its request (base specification 2.2.9). */
#define TLP_COPIED_ATTRIBUTES (TLP_NO_SNOOP | TLP_RELAXED_ORDERING | TLP_ID_BASED_ORDERING)

#define TLP_PAYLOAD_MAX_BYTES 4096

struct operation;

struct tlp {
    struct tlp *next;            /* in the queue or on the wire where it is */
    struct operation *operation; /* what it is part of: posted requests, and those with TLP_JOURNEY. Otherwise NULL */
    uint64_t address;            /* memory, I/O: of the first DW, bits 1:0 zero. Configuration: the register's offset.
                                    Completions: the lower address (7 bits). Messages: bytes 8 to 15 of the header */
    uint64_t ready_ps;           /* queued: from when it may leave. On a wire: when the receiver gets it */
    uint64_t tail_ps;            /* on a wire: when its last byte is there */
    uint32_t payload;            /* configuration: the DW itself (fabric/pcie/config_access.h). Otherwise handle of
                                    carried payload bytes; 0: none are carried, only their length */
    uint16_t requester_id;       /* bus 15:8, device 7:3, function 2:0 (ARI: function 7:0) */
    uint16_t completer_id;       /* completions: who answers. Configuration, messages by ID: who is asked */
    uint16_t tag;                /* 14 bits */
    uint16_t length_dw;          /* payload, or what is asked for: 1 to 1024; 0 where there is none */
    uint16_t byte_count;         /* completions: bytes left to answer, this one's included: 1 to 4096 */
    uint16_t vh;                 /* the virtual hierarchy that it travels in, as this hop knows it */
    uint16_t origin_vh;          /* the hierarchy of its creator. No model decides by it: it is the witness that nothing
                                    is delivered elsewhere */
    uint8_t type;                /* enum tlp_type */
    uint8_t byte_enables;        /* requests: last DW 7:4, first DW 3:0. Messages: the message code */
    uint8_t attributes;          /* bits of enum tlp_attribute */
    uint8_t traffic_class;       /* 0 to 7 */
    uint8_t status;              /* completions: enum tlp_status. Messages: enum tlp_message_routing */
    uint8_t generation;          /* 0: of the ownership that is. Otherwise condemned (fabric/pcie/stale.h): who gets it
                                    next drops it. On MR links the key of the prefix, counted from the present one */
};

_Static_assert(sizeof(struct tlp) == 64, "a TLP is one cache line");

/* What the model needs to know of a type. */
struct tlp_traits {
    const char *name; /* "MRd", as traces show it */
    uint8_t credit;   /* enum credit_type */
    bool has_data;    /* carries length_dw of payload */
    bool is_request;  /* otherwise a completion */
    bool by_address;  /* has a memory address and so a header of 12 or 16 bytes */
};

extern const struct tlp_traits tlp_traits[TLP_TYPES];

static inline enum credit_type tlp_credit_type(const struct tlp *tlp)
{
    return (enum credit_type)tlp_traits[tlp->type].credit;
}

/* Bytes of payload on the wire: whole DWs. */
static inline uint32_t tlp_payload_bytes(const struct tlp *tlp)
{
    return tlp_traits[tlp->type].has_data ? (uint32_t)tlp->length_dw * 4 : 0;
}

/* Data credits of its payload, 16 bytes each, rounded up. */
static inline uint32_t tlp_data_credits(const struct tlp *tlp)
{
    return (tlp_payload_bytes(tlp) + CREDIT_DATA_BYTES - 1) / CREDIT_DATA_BYTES;
}

/* DWs that the bytes [address, address + bytes) touch. */
static inline uint32_t tlp_span_dw(uint64_t address, uint32_t bytes)
{
    return (uint32_t)(((address & 3) + bytes + 3) / 4);
}

/* The bytes that a memory request is for: from *FIRST (its first enabled byte) on. A read of no bytes counts as 1
 * (base specification 2.2.5 and table 2-39). */
uint32_t tlp_request_bytes(const struct tlp *tlp, uint64_t *first);

/* The byte enables of a memory request for the bytes [address, address + bytes), bytes > 0. */
uint8_t tlp_byte_enables(uint64_t address, uint32_t bytes);

bool tlp_is_valid(const struct tlp *tlp);

#endif
