/* Config header: the first 64 bytes of configuration space: type 0 (functions), type 1 (bridges) and a VF's (base
 * specification 7.5.1, 9.3.4.1).
 *
 * BARs are sized by their masks: of a BAR of 64 KiB the lower 16 bits are read-only, so software that writes all ones
 * reads the size. */
#ifndef FABRIC_PCIE_CONFIG_HEADER_H
#define FABRIC_PCIE_CONFIG_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_layout.h"
#include "fabric/pcie/config_space.h"

#define CONFIG_BARS 6
#define CONFIG_BRIDGE_BARS 2

/* The IDs that this project gives what it models. No vendor has this one: it is not from the PCI-SIG's list. */
#define CONFIG_VENDOR_MRIOV 0x6d72

enum config_bar_kind {
    CONFIG_BAR_NONE,
    CONFIG_BAR_IO,
    CONFIG_BAR_32,
    CONFIG_BAR_64, /* two registers: the next BAR must be CONFIG_BAR_NONE */
};

struct config_bar_size {
    enum config_bar_kind kind;
    bool prefetchable; /* memory only */
    uint64_t bytes;    /* a power of two; at least 4 for I/O, 16 for memory (128 where a host gives pages) */
};

struct config_identity {
    uint16_t vendor, device;
    uint32_t class_code; /* 24 bits: base class, subclass, interface */
    uint8_t revision;
    uint16_t subsystem_vendor, subsystem; /* type 0 only */
    bool multi_function;                  /* function 0 of a device with others that need no ARI */
};

struct config_endpoint {
    struct config_identity identity;
    struct config_bar_size bars[CONFIG_BARS];
    uint8_t interrupt_pin; /* 0: none; 1 to 4: INTA to INTD */
};

struct config_bridge {
    struct config_identity identity;
    struct config_bar_size bars[CONFIG_BRIDGE_BARS];
    uint8_t interrupt_pin;
    bool io_window; /* 32 bits wide; otherwise the bridge forwards no I/O */
};

/* Writes a header into an empty layout. */
void config_header_endpoint(struct config_layout *layout, const struct config_endpoint *endpoint);
void config_header_bridge(struct config_layout *layout, const struct config_bridge *bridge);

/* A VF's: vendor and device ffffh, no BARs (they are in its PF's SR-IOV capability), Bus Master the only command. */
void config_header_vf(struct config_layout *layout, const struct config_identity *identity);

/* Writes COUNT BARs from OFFSET on: a header's, or VF BARs. */
void config_header_bars(
    struct config_layout *layout, uint16_t offset, const struct config_bar_size *bars, uint32_t count);

/* Hardware: whether the function, an endpoint's first, shares its device with others that need no ARI to be found. */
void config_header_set_multi_function(struct config_space *space, bool multi_function);

#endif
