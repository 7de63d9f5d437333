/* Adapter errors: what functions of an adapter make of errors: logged in the function that detects them, whose messages
 * go to the root port of its hierarchy.
 *
 * A VF logs its own, by the masks of its PF. In front of an sr-iov adapter the chassis keeps the functions' registers,
 * so there the message says what happened, which the chassis logs and passes on as those registers say
 * (fabric/switch/bridge_errors.h): in the TLP's `payload`, which is the model's and not of the wire. */
#ifndef FABRIC_ADAPTER_ADAPTER_ERRORS_H
#define FABRIC_ADAPTER_ADAPTER_ERRORS_H

#include <stdint.h>

#include "fabric/adapter/adapter.h"
#include "fabric/pcie/error_report.h"

/* FUNCTION, which is active, has detected an error. */
void function_report(struct function *function, const struct error_report *report);

/* The PF of the hierarchy of TLP has, which nobody of ADAPTER takes. Nothing is logged where nobody is. */
void adapter_report(struct adapter *adapter, const struct error_report *report);

#endif
