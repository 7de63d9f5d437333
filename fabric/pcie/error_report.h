/* Error report: what lies between an error and fabric/pcie/error_log.h: where a function's error registers are, what of
 * a TLP they keep, and the message that tells the root port (base specification 2.2.8.3, 6.2). */
#ifndef FABRIC_PCIE_ERROR_REPORT_H
#define FABRIC_PCIE_ERROR_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/error_log.h"
#include "fabric/pcie/fabric.h"
#include "fabric/pcie/tlp.h"

/* An uncorrectable error. */
struct error_report {
    uint32_t error;        /* one bit of enum aer_uncorrectable */
    bool advisory;         /* non-fatal, and reported better by somebody else (6.2.3.2.4) */
    const struct tlp *tlp; /* which it is about; NULL: none */
};

/* The error registers of SPACE, which has PCI Express. */
struct error_registers error_registers_of(struct config_space *space);

/* Logs REPORT at FUNCTION, whose controls are those of CONTROLS: error_log_uncorrectable(). */
uint8_t
error_report_log(struct config_space *function, struct config_space *controls, const struct error_report *report);

/* MESSAGE (MESSAGE_ERR_COR, ...) from function ID of hierarchy VH to its root port. */
struct tlp *error_message_create(struct fabric *fabric, uint8_t message, uint16_t id, uint16_t vh);

/* True when TLP is one of the three. */
static inline bool error_message_is(const struct tlp *tlp)
{
    return tlp->type == TLP_MSG && (tlp->byte_enables & 0xf0) == 0x30;
}

#endif
