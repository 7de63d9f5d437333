/* ECRC: the end-to-end check of a TLP, its digest (base specification, 2.7.1).
 *
 * CRC-32 with the polynomial 04C11DB7h, seed FFFFFFFFh, each byte from bit 0 to bit 7, complemented. The bits that may
 * change on the way, Type[0] and EP, count as 1. Local prefixes (the MR prefix is one) are never covered. */
#ifndef FABRIC_PCIE_ECRC_H
#define FABRIC_PCIE_ECRC_H

#include <stddef.h>
#include <stdint.h>

/* The digest field of a TLP whose header and payload are the SIZE bytes at TLP: its bits 31:24 are the first byte on
 * the wire. */
uint32_t ecrc_digest(const uint8_t *tlp, size_t size);

#endif
