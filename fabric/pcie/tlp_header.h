/* TLP header: the 12 or 16 bytes that open a TLP outside flit mode, after its prefix (base specification, 2.2).
 *
 * Layout only: what a field may hold is fabric/pcie/tlp_rules.h, and what stands around the header, with all that a
 * caller needs to know of fields and tags, is fabric/pcie/tlp_codec.h. */
#ifndef FABRIC_PCIE_TLP_HEADER_H
#define FABRIC_PCIE_TLP_HEADER_H

#include <stdint.h>

#include "fabric/base/bytes.h"
#include "fabric/base/status.h"
#include "fabric/pcie/tlp.h"
#include "fabric/pcie/tlp_refusal.h"

/* Bytes of TLP's header: 12, or 16 for messages and for addresses from 4 GiB on. */
uint32_t tlp_header_bytes(const struct tlp *tlp);

/* Appends the header of TLP, which keeps the rules. */
void tlp_header_write(const struct tlp *tlp, struct byte_writer *to);

/* Takes a header into those fields of TLP that are in it; they must be 0 before. Refused is only what no struct tlp can
 * say: reserved codes and bits, fields that are not carried, a header that is not all there. */
MUST_CHECK enum tlp_refusal tlp_header_read(struct tlp *tlp, struct byte_reader *from);

#endif
