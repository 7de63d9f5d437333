/* Config decode: what a header's registers say to those who route: addresses of BARs, buses and windows of bridges. */
#ifndef FABRIC_PCIE_CONFIG_DECODE_H
#define FABRIC_PCIE_CONFIG_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_space.h"

/* The bytes behind the BAR whose (lower) register is at OFFSET; 0 when there is no BAR. Its address goes to *ADDRESS.
 * The upper register of a 64-bit BAR must not be asked for. */
uint64_t config_decode_bar(const struct config_space *space, uint16_t offset, uint64_t *address);

/* From base to the byte before limit; empty when they are equal. */
struct config_window {
    uint64_t base, limit;
};

/* A bridge as programmed. Windows are empty where the Command register does not let requests through. */
struct config_bridge_state {
    uint8_t primary, secondary, subordinate;
    bool bus_master;             /* forwards requests upstream */
    bool secondary_reset;        /* holds its secondary side in reset */
    struct config_window memory; /* below 4 GiB, whole MiB */
    struct config_window prefetchable;
    struct config_window io; /* whole 4 KiB */
};

struct config_bridge_state config_decode_bridge(const struct config_space *space);

/* True when the bus is one of those behind the bridge: a bridge that has none (all zeros) claims none. */
static inline bool config_bridge_claims_bus(const struct config_bridge_state *bridge, uint8_t bus)
{
    return bridge->secondary != 0 && bus >= bridge->secondary && bus <= bridge->subordinate;
}

#endif
