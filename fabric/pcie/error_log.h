/* Error log: what a function, and its root port, make of an error: status bits, header log, and whether anybody is told
 * (base specification 6.2).
 *
 * Recording says what message is to be sent, and nothing more: the caller sends it. */
#ifndef FABRIC_PCIE_ERROR_LOG_H
#define FABRIC_PCIE_ERROR_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_space.h"

/* A function and where its error registers are. */
struct error_registers {
    struct config_space *space; /* not owned */
    uint16_t express;           /* offset of PCI Express */
    uint16_t aer;               /* and of AER; 0: there is none */
};

/* Records an uncorrectable ERROR (one bit) of FUNCTION, of the TLP that opens with the 4 DWs of HEADER (NULL: of none),
 * its first byte in bits 31:24. Masks and severities are those of CONTROLS: the function itself or, for a VF, its PF
 * (9.4.2.2). Returns the message to send, MESSAGE_ERR_NONFATAL or MESSAGE_ERR_FATAL; 0 when none is: the error is
 * masked, or neither Device Control nor SERR# Enable lets it be reported (6.2.5).
 *
 * ADVISORY: a non-fatal error that somebody else reports better (6.2.3.2.4), so that it counts as correctable:
 * MESSAGE_ERR_COR or 0. An error whose severity is fatal is never advisory. */
uint8_t error_log_uncorrectable(
    const struct error_registers *function, const struct error_registers *controls, uint32_t error, bool advisory,
    const uint32_t *header);

/* Records a correctable ERROR (one bit). Returns MESSAGE_ERR_COR or 0. */
uint8_t
error_log_correctable(const struct error_registers *function, const struct error_registers *controls, uint32_t error);

/* The root port ROOT takes MESSAGE, one of the three, from the function REQUESTER. Returns true when it interrupts its
 * host (6.2.4.1.2). */
bool error_log_message(const struct error_registers *root, uint8_t message, uint16_t requester);

#endif
