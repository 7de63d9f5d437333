/* Capability errors: advanced error reporting (base specification 7.8.4), and containment on downstream ports (7.9.14).
 * Registers only: what is made of an error is fabric/pcie/error_log.h. */
#ifndef FABRIC_PCIE_CAPABILITY_ERRORS_H
#define FABRIC_PCIE_CAPABILITY_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_layout.h"
#include "fabric/pcie/express_registers.h"

/* Uncorrectable errors whose severity is fatal until software says otherwise (7.8.4.4), with AER or without. */
#define AER_FATAL_BY_DEFAULT                                                                                           \
    (AER_DATA_LINK_PROTOCOL | AER_SURPRISE_DOWN | AER_FLOW_CONTROL_PROTOCOL | AER_RECEIVER_OVERFLOW | AER_MALFORMED |  \
     AER_INTERNAL)

/* Adds AER, with root error registers on a root port; VF: of a VF, which has only errors of its own (9.4.2). Returns
 * its offset. */
uint16_t capability_aer_add(struct config_layout *layout, enum express_type type, bool vf);

/* Adds DPC, for downstream ports. DPC Software Trigger reads as 0: a watch sees it with config_write_ones(). */
uint16_t capability_dpc_add(struct config_layout *layout);

#endif
