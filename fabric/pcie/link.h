/* Link: what joins two ports, as arithmetic: rates and the bytes a TLP takes on the wire.
 *
 * The moving parts are in fabric/pcie/wire.h (one direction) and fabric/pcie/port.h (an end). */
#ifndef FABRIC_PCIE_LINK_H
#define FABRIC_PCIE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/credits.h"

enum link_dllp { LINK_DLLP_PHYSICAL, LINK_DLLP_OFF, LINK_DLLP_PCIE_BENCH };

enum link_direction { LINK_UP, LINK_DOWN, LINK_DIRECTIONS };

struct link_config {
    uint32_t gen;                             /* 1 to 6 */
    uint32_t width;                           /* lanes: 1, 2, 4, 8, 16 */
    uint64_t propagation_ps;                  /* one way; a cable's 5 ns/m is already in it */
    bool address_64;                          /* memory request headers of 16 bytes; false: 12 */
    bool ecrc;                                /* 4 more bytes a TLP */
    double ber;                               /* bit errors a bit */
    enum link_dllp dllp;                      /* what DLLPs cost */
    uint32_t ack_every;                       /* TLPs an Ack; 0: the base specification's latency limit */
    uint32_t updatefc_every;                  /* TLPs an UpdateFC; 0: likewise */
    bool credits_given;                       /* `credits:` was written: both receivers advertise `credits` */
    bool credits_given_each[CREDIT_TYPES][2]; /* which of them: [type][0 headers, 1 data] */
    struct credit_limits credits;
    uint64_t replay_timer_ps;    /* 0: the table's */
    uint32_t replay_buffer_tlps; /* 0: as many as the table's Ack latency needs */
    uint64_t training_ps;
    uint32_t virtual_channels;          /* 1 to 8 */
    uint64_t rate_bps[LINK_DIRECTIONS]; /* wire rate that wins over gen and width; 0: theirs */
};

#endif
