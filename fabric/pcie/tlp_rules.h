/* TLP rules: whether a struct tlp is one that may stand on a link outside flit mode.
 *
 * The encoder asks before it writes and the decoder after it has read, so both refuse the same TLPs with the same
 * words. Only what one TLP shows by itself is judged: not whether a message code may travel by its routing, whether a
 * completion answers its request, or whether a request is larger than Max_Read_Request_Size. */
#ifndef FABRIC_PCIE_TLP_RULES_H
#define FABRIC_PCIE_TLP_RULES_H

#include "fabric/base/status.h"
#include "fabric/pcie/tlp.h"
#include "fabric/pcie/tlp_refusal.h"

/* The first rule that TLP breaks, or TLP_ACCEPTED. Beside what fabric/pcie/tlp.h says of the fields:
 * - tags have 10 bits: a header outside flit mode has no room for the other 4;
 * - a read or write of 1 DW with no byte enabled is legal (the zero-length read);
 * - AtomicOps have no byte enables (0), and their length is that of their operands;
 * - with TLP_HINTS, which only memory requests and AtomicOps may have, a read enables all its bytes, as it does not
 *   carry the enables; a DMWr with hints is refused as not carried;
 * - messages by ID have the destination in completer_id and nothing in bits 63:48 of the address. */
MUST_CHECK enum tlp_refusal tlp_rules_check(const struct tlp *tlp);

/* Whether TLP's length counts something, a payload or what is asked for; where it does not it is 0. */
bool tlp_rules_has_length(const struct tlp *tlp);

/* The byte enables of a request that enables every byte of LENGTH_DW, 1 or more. */
uint8_t tlp_rules_all_bytes(uint32_t length_dw);

#endif
