/* Root errors: what a root port makes of errors: of its own, and of those that functions of its hierarchy tell it of.
 */
#ifndef HOSTSIM_HOST_ROOT_ERRORS_H
#define HOSTSIM_HOST_ROOT_ERRORS_H

#include <stdint.h>

#include "fabric/pcie/error_report.h"
#include "hostsim/host/root_complex.h"

/* ROOT_PORT has detected an error. Nothing is logged where it has no registers. */
void root_port_report(struct root_port *root_port, const struct error_report *report);

/* MESSAGE (MESSAGE_ERR_COR, ...) has come from function ID. */
void root_port_hear(struct root_port *root_port, uint8_t message, uint16_t id);

/* COMPLETION is unsuccessful, or its data is bad: a core has all ones. */
void root_port_read_failed(struct root_port *root_port, const struct tlp *completion);

/* Its link has gone down. */
void root_port_lost_link(struct root_port *root_port);

#endif
