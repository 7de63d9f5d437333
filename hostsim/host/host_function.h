/* Host function: what a host has found out about one function of a hierarchy: a bridge, a PF, a VF. */
#ifndef HOSTSIM_HOST_HOST_FUNCTION_H
#define HOSTSIM_HOST_HOST_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/pcie/config_header.h"
#include "fabric/pcie/express_registers.h"

#define HOST_FUNCTION_NONE (-1)

/* Bridges have two windows to memory; a BAR is in one of them. */
enum host_window_kind {
    HOST_WINDOW_LOW,      /* below 4 GiB, not prefetchable */
    HOST_WINDOW_PREFETCH, /* 64 bits */
    HOST_WINDOWS,
};

struct host_window {
    uint64_t base, bytes; /* whole MiB; 0 bytes: closed */
};

struct host_bar {
    uint64_t bytes; /* 0: none. A VF BAR's: of all VFs together */
    uint64_t align;
    uint64_t address;
    enum host_window_kind window;
    bool is_64;
};

struct host_function {
    uint16_t id;
    int parent;              /* the bridge above it; HOST_FUNCTION_NONE for the root port */
    uint16_t vendor, device; /* a VF's as its PF says */
    uint32_t class_code;
    uint8_t header; /* enum config_header_type, with the multi-function bit */
    enum express_type type;
    uint16_t express, sr_iov, ari_offset, acs; /* offsets of its capabilities; 0: none */
    uint32_t mps_able_bytes, mps_bytes;
    uint32_t device_capabilities_2;
    uint16_t device_control, device_control_2;
    uint16_t acs_able; /* a port: the access control services that it has */
    uint8_t ari_next;  /* next function of its device by ARI; 0: none */
    bool ari;          /* a port: forwards by ARI now */
    bool fresh;        /* found by the walk that is under way, or was the last */
    bool resized;      /* a bridge: that walk has changed its windows */
    bool leaving;      /* it is being removed (hostsim/host/hotplug.h) ... */
    bool asked;        /* ... and its driver has not let go of it */
    uint16_t msi;      /* offset of its MSI capability; 0: none */
    struct host_bar bars[CONFIG_BARS];

    /* Bridges: */
    uint8_t secondary, subordinate;
    uint16_t buses_wanted; /* that all that may come behind it takes; 0: nobody says */
    struct host_window windows[HOST_WINDOWS];

    /* PFs and VFs: */
    bool is_vf;
    int pf;               /* a VF's */
    uint16_t vfs;         /* NumVFs: there are never more */
    uint16_t initial_vfs; /* those that are there from the beginning */
    uint16_t first_offset, stride, vf_device;
    bool migrates;            /* its VFs may come and go (hostsim/host/hotplug_vfs.c) */
    uint32_t states, vectors; /* where its VF migration state array and its MSI-X table are, as the registers have it */
    uint16_t msix;            /* offset of its MSI-X capability; 0: none */
    struct host_bar vf_bars[CONFIG_BARS];
};

static inline bool host_function_is_bridge(const struct host_function *function)
{
    return (function->header & ~HEADER_TYPE_MULTI_FUNCTION) == HEADER_TYPE_BRIDGE;
}

/* The routing ID of VF, from 1, of PF. */
static inline uint16_t host_function_vf_id(const struct host_function *pf, uint32_t vf)
{
    return (uint16_t)(pf->id + pf->first_offset + (vf - 1) * pf->stride);
}

/* The address of what stands at PLACE, an offset whose bits 2:0 say in which BAR, is about. */
static inline uint64_t host_function_memory(const struct host_function *function, uint32_t place)
{
    return function->bars[place & 7].address + (place & ~7u);
}

#endif
