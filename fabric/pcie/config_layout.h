/* Config layout: what the configuration space of one kind of function is made of.
 *
 * Builders (fabric/pcie/config_header.h, the capabilities) write registers into it: their reset values, and bit by bit
 * who may change them. A layout is built once a kind of function, then constant; any number of configuration spaces
 * (fabric/pcie/config_space.h) share it. Owned by who builds it; it must outlive its spaces.
 *
 * A bit is at most one of writable, clearable, live and wired; what is none of them is read-only for good.
 * Configuration space is little-endian: byte 0 is bits 7:0 of the first DW.
 *
 *     rule   a register's own law beyond its masks (NumVFs stays while VFs are enabled): part of the layout
 *     watch  what somebody outside does when a register is written (VF Enable makes VFs): the function's owner's */
#ifndef FABRIC_PCIE_CONFIG_LAYOUT_H
#define FABRIC_PCIE_CONFIG_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_registers.h"

#define CONFIG_SPACE_DWS (CONFIG_SPACE_BYTES / 4)
#define CONFIG_RULES_MAX 8
#define CONFIG_WATCHES_MAX 32
#define CONFIG_CAPABILITIES_MAX 24

struct config_space;

/* One register of up to a DW, which must not cross one. Masks and values are of the register, bit 0 its lowest. */
struct config_register {
    uint16_t offset; /* from where config_layout_define() is told */
    uint8_t bytes;   /* 1, 2 or 4 */
    uint32_t reset;
    uint32_t writable;  /* RW: takes what software writes */
    uint32_t clearable; /* RW1C: set by hardware, cleared by software's writing 1 */
    uint32_t live;      /* RO, and changed by hardware */
    uint32_t wired;     /* RO, and changed by hardware as the world outside is: no reset changes it */
    uint32_t sticky;    /* of these: not reset by a conventional nor a function-level reset */
    uint32_t kept;      /* of these: not reset by a function-level reset */
};

/* The same by DW of configuration space. */
struct config_dword {
    uint32_t reset, writable, clearable, live, wired, sticky, kept;
};

/* A write by software. */
struct config_write {
    uint16_t offset;  /* of the DW */
    uint32_t enabled; /* the bits of its enabled bytes */
    uint32_t written; /* what was written there; 0 in bytes that are not enabled */
    uint32_t old;     /* what the DW held */
    uint32_t value;   /* what it holds now */
};

struct config_rule {
    const char *name;
    uint16_t offset, bytes; /* the registers that it is about: whole DWs */
    uint32_t arguments[4];  /* the rule's own */
    /* Of WRITE, whose value is what the masks allow: the value that the DW gets; no bit may differ from the old one
     * that is not writable or clearable. NULL: as the masks allow. */
    uint32_t (*allow)(
        const struct config_space *space, const struct config_rule *rule, const struct config_write *write);
    /* Brings registers that follow from others into line, after a write to the rule's registers and after a reset.
     * NULL: none. */
    void (*settle)(struct config_space *space, const struct config_rule *rule);
};

struct config_watch {
    const char *name;
    uint16_t offset, bytes; /* the registers watched: whole DWs */
    /* Called after each write that reaches a watched DW, changed or not, in the order of registration. OWNER: the
     * space's. May set registers; must not write them. */
    void (*written)(void *owner, struct config_space *space, const struct config_write *write);
};

/* A capability in the layout. */
struct config_capability {
    uint16_t id;
    uint16_t offset, bytes;
};

struct config_layout {
    struct config_dword dwords[CONFIG_SPACE_DWS];
    uint16_t bytes;                                                 /* what lies behind reads as 0; a multiple of 4 */
    struct config_capability capabilities[CONFIG_CAPABILITIES_MAX]; /* in the order of adding */
    uint32_t capability_count;
    struct config_rule rules[CONFIG_RULES_MAX];
    uint32_t rule_count;
    struct config_watch watches[CONFIG_WATCHES_MAX];
    uint32_t watch_count;
};

/* An empty layout: all zeros, all read-only. */
void config_layout_init(struct config_layout *layout);

/* Writes COUNT registers, whose offsets count from BASE. What they say of a bit replaces what was said before. */
void config_layout_define(
    struct config_layout *layout, uint16_t base, const struct config_register *registers, uint32_t count);

/* Adds a rule or a watch, which is copied. */
void config_layout_add_rule(struct config_layout *layout, const struct config_rule *rule);
void config_layout_add_watch(struct config_layout *layout, const struct config_watch *watch);

/* The reset value of the register of BYTES (1, 2 or 4) at OFFSET. */
uint32_t config_layout_reset_value(const struct config_layout *layout, uint16_t offset, uint8_t bytes);

/* True also for the chains of capabilities: each reaches all of its kind, once, and they do not overlap. */
bool config_layout_is_valid(const struct config_layout *layout);

/* Shared with fabric/pcie/config_space.h: the bits of a register of BYTES at OFFSET within its DW, and how far they are
 * shifted there. The register must not cross a DW. */
uint32_t config_register_mask(uint16_t offset, uint8_t bytes);
static inline uint32_t config_register_shift(uint16_t offset)
{
    return offset % 4 * 8u;
}

#endif
