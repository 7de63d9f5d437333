/* Config probe: configuration requests of a root port, one at a time, each run to its end. */
#ifndef TESTS_SUPPORT_CONFIG_PROBE_H
#define TESTS_SUPPORT_CONFIG_PROBE_H

#include <stdint.h>

#include "fabric/pcie/config_requester.h"

/* The DW at OFFSET of the function with routing ID; all ones when nobody answered. The last request is left to look
 * at. */
uint32_t config_probe_read(struct config_requester *requester, uint16_t id, uint16_t offset);

/* Writes the register of BYTES (1, 2 or 4) at OFFSET. True when somebody took it. */
bool config_probe_write(
    struct config_requester *requester, uint16_t id, uint16_t offset, uint8_t bytes, uint32_t value);

/* The request before, as it ended. */
const struct config_request *config_probe_last(void);

#endif
