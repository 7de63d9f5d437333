/* Config access: configuration requests and their completions as TLPs (base specification 2.2.7.1, 2.2.9).
 *
 * A request's `completer_id` is who is asked, its `address` the register's offset, its `byte_enables` the bytes; what
 * is written, and what a completion brings back, is one DW: the TLP's `payload` is that DW itself. */
#ifndef FABRIC_PCIE_CONFIG_ACCESS_H
#define FABRIC_PCIE_CONFIG_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_space.h"
#include "fabric/pcie/fabric.h"
#include "fabric/pcie/tlp.h"

/* True for configuration requests of both types. */
static inline bool config_access_is(uint8_t type)
{
    return (uint8_t)(type - TLP_CFGRD0) <= TLP_CFGWR1 - TLP_CFGRD0;
}

static inline bool config_access_is_write(uint8_t type)
{
    return type == TLP_CFGWR0 || type == TLP_CFGWR1;
}

static inline bool config_access_is_type_0(uint8_t type)
{
    return type == TLP_CFGRD0 || type == TLP_CFGWR0;
}

/* The same request of the other type: what a bridge makes of it whose secondary bus it is for. */
static inline uint8_t config_access_as_type_0(uint8_t type)
{
    return config_access_is_write(type) ? TLP_CFGWR0 : TLP_CFGRD0;
}

/* REQUEST reads SPACE's DW into *VALUE, or writes it. True when it wrote. */
bool config_access(struct config_space *space, const struct tlp *request, uint32_t *value);

/* The completion of REQUEST with STATUS by the function COMPLETER_ID of hierarchy VH; VALUE is what a successful read
 * brings back. */
struct tlp *config_access_answer(
    struct fabric *fabric, const struct tlp *request, enum tlp_status status, uint32_t value, uint16_t completer_id,
    uint16_t vh);

#endif
