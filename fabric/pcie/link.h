/* Link: what joins two ports, as arithmetic: rates and the bytes a TLP takes on the wire.
 *
 * The moving parts are in fabric/pcie/wire.h (one direction) and fabric/pcie/port.h (an end). */
#ifndef FABRIC_PCIE_LINK_H
#define FABRIC_PCIE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/credits.h"
#include "fabric/pcie/tlp.h"

enum link_dllp { LINK_DLLP_PHYSICAL, LINK_DLLP_OFF, LINK_DLLP_PCIE_BENCH };

enum link_direction { LINK_UP, LINK_DOWN, LINK_DIRECTIONS };

struct link_config {
    uint32_t gen;                             /* 1 to 6 */
    uint32_t width;                           /* lanes: 1, 2, 4, 8, 16 */
    uint64_t propagation_ps;                  /* one way; a cable's 5 ns/m is already in it */
    bool address_64;                          /* memory request headers of 16 bytes; false: 12 */
    bool ecrc;                                /* 4 more bytes a TLP */
    uint64_t ber;                             /* bit errors a bit, in BIT_ERRORS_ONE-ths (bit_errors.h) */
    enum link_dllp dllp;                      /* what DLLPs cost */
    uint32_t mps_bytes;                       /* the least payload limit of the hosts that use it; 128 to 4096 */
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

/* Bytes around every TLP in generations 1 to 5: framing (4), sequence number and its reserved bits, LCRC (base
 * specification 2.2 to 4.2: STP token with sequence number 4, LCRC 4). None in flit mode. */
#define LINK_FRAMING_BYTES 8
#define LINK_MR_PREFIX_BYTES 4
#define LINK_ECRC_BYTES 4

/* A flit of generation 6: 256 bytes, of which 236 carry TLPs (base specification 6.0, 4.2.3). */
#define LINK_FLIT_BYTES 256
#define LINK_FLIT_TLP_BYTES 236

/* Generations from this on run in flit mode. */
#define LINK_FLIT_GEN 6

#define LINK_PROPAGATION_PS_PER_METRE 5000

/* A duration in 2^-32 ps. */
typedef uint64_t link_time_t;
#define LINK_TIME_BITS 32

/* The share of a wire that TLPs have. */
struct link_share {
    uint64_t numerator, denominator;
};

/* The wire rate of one direction in bits/s, rounded down, after encoding: rate_bps, or lanes x GT/s x 8/10 (generations
 * 1, 2), x 128/130 (3 to 5), x 236/256 (6: the share of a flit that TLPs have). */
uint64_t link_rate_bps(const struct link_config *config, enum link_direction direction);

/* What `dllp: pcie-bench` leaves to TLPs, 1/1 otherwise: an Ack and an UpdateFC of 8 bytes in each latency limit
 * (fabric/pcie/latency_limit.h), which are not divided by the lanes, and a SKP ordered set of 4 symbols in every 1538
 * (Neugebauer et al., SIGCOMM 2018). In flit mode, which that model does not have, DLLPs stand in the flit: all. */
struct link_share link_tlp_share(const struct link_config *config);

/* What one byte of a TLP takes on the wire: 8 bits over the rate above and TLPs' share of it, rounded to nearest. Exact
 * for generations 1 to 5 where all is TLPs', whose times are multiples of 2^-9 ps. */
link_time_t link_byte_time(const struct link_config *config, enum link_direction direction);

/* What a flit takes; 0 where there are none. */
link_time_t link_flit_time(const struct link_config *config, enum link_direction direction);

/* Bytes that a TLP of this type takes on the wire besides its payload: framing, prefix (where MR), header, ECRC. */
uint32_t link_overhead_bytes(const struct link_config *config, enum tlp_type type, bool mr);

/* Payload in bits/s, rounded down, that each direction carries of writes of the largest payload (mps_bytes): the rate
 * of the slower one times TLPs' share of it, times payload / (payload + bytes around it). MR: with the prefix. */
uint64_t link_payload_bps(const struct link_config *config, bool mr);

/* True for 1, 2, 4, 8, 16 lanes and generations 1 to 6. */
bool link_config_is_valid(const struct link_config *config);

#endif
