/* Latency limit: how long a receiver may keep a good TLP waiting for its Ack, and its credits for their UpdateFC.
 *
 * The base specification gives both the same values (5.0, tables 2-46 to 2-48 and 3-7 to 3-9):
 *
 *     (MPS + 28) * AckFactor / lanes + InternalDelay       symbol times, rounded down
 *
 * AckFactor is 1.4 (1 to 4 lanes), 2.5 (8) or 3.0 (16) for an MPS of 128 and 256, and 1.0 (1 to 8) or 2.0 (16) above;
 * InternalDelay is 19, 70 and 115 for generations 1, 2 and 3 on. A symbol is a byte on one lane. */
#ifndef FABRIC_PCIE_LATENCY_LIMIT_H
#define FABRIC_PCIE_LATENCY_LIMIT_H

#include <stdint.h>

/* In symbol times. GEN 1 to 6, WIDTH 1 to 16 lanes, MPS_BYTES 128 to 4096: each what a link can be. */
uint32_t latency_limit_symbols(uint32_t gen, uint32_t width, uint32_t mps_bytes);

#endif
