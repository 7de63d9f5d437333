/* Adapter turn: an exclusive adapter goes from one hierarchy to another. It knows none: the chassis turns the port in
 * front of it (fabric/switch/switch_commands.h), and it begins anew with who is there then. */
#ifndef FABRIC_ADAPTER_ADAPTER_TURN_H
#define FABRIC_ADAPTER_ADAPTER_TURN_H

#include <stdint.h>

#include "fabric/adapter/adapter.h"
#include "fabric/base/status.h"

/* ADAPTER, behind a plain port, may be turned: DEVICE is what it is to who gets it, but for its VFs. */
void adapter_offer(struct adapter *adapter, const struct config_device_config *device);

/* For the adapter's port (fabric/pcie/port.h, on_turned): it is reset for its `flr_delay_ps`. UNSUPPORTED: it was never
 * offered. */
MUST_CHECK enum status adapter_turned(struct port *port, uint16_t vh, uint32_t vfs, uint64_t *reset_ps);

#endif
