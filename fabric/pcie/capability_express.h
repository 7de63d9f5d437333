/* Capability PCI Express: device, link, slot and root registers, version 2 (base specification 7.5.3).
 *
 * Of the registers that act, the layout has what software may write; what then happens is a watch's (FLR, Retrain Link,
 * Link Disable, slot commands), and what hardware says (link speed and width, Link Active, Presence) is set by the
 * model. FLR and Retrain Link read as 0: a watch sees them with config_write_ones(). */
#ifndef FABRIC_PCIE_CAPABILITY_EXPRESS_H
#define FABRIC_PCIE_CAPABILITY_EXPRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_layout.h"
#include "fabric/pcie/config_space.h"
#include "fabric/pcie/express_registers.h"

/* A slot below a root port or downstream port, with attention button, both indicators and power controller. */
struct express_slot {
    uint8_t power_watts; /* slot power limit */
    bool hot_plug;       /* the host is told of changes */
    bool surprise;       /* what is in it may vanish without a word */
};

struct express_config {
    enum express_type type;
    bool vf;                         /* of an endpoint: a VF, most of whose controls are its PF's (9.3.5) */
    uint32_t mps_bytes;              /* largest payload that it can take: 128 to 4096, a power of two */
    uint8_t generation;              /* 1 to 6: fastest that its link can be */
    uint8_t width;                   /* lanes that its link can have: 1, 2, 4, 8, 12, 16 or 32 */
    bool rcb_128;                    /* root port: its read completion boundary is 128 bytes, otherwise 64 */
    bool ari_forwarding;             /* root and downstream ports */
    const struct express_slot *slot; /* root and downstream ports; NULL: none. Read, not kept */
};

/* Adds the capability. Returns its offset. */
uint16_t capability_express_add(struct config_layout *layout, const struct express_config *config);

/* Hardware: which port of its switch or root complex this is, and the physical slot number below it: 13 bits, unique in
 * a hierarchy, 0 where there is no slot. */
void express_set_port(struct config_space *space, uint16_t base, uint8_t port, uint16_t slot);

/* The capability at BASE as it stands. A code above what the function is capable of counts as the most it can. */
uint32_t express_mps_bytes(const struct config_space *space, uint16_t base);

/* Likewise the largest read request; codes that are reserved count as 4096. */
uint32_t express_mrrs_bytes(const struct config_space *space, uint16_t base);

/* Hardware reports the link: up at GENERATION with WIDTH lanes, or down (WIDTH 0, which leaves the speed alone). Sets
 * Link Active too where the port reports it. Returns false when nothing changed. */
bool express_set_link(struct config_space *space, uint16_t base, uint8_t generation, uint8_t width);

#endif
