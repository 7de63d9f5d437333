/* Enumeration: how a host finds out what is below a root port, and makes it usable: a kernel's bus walk, by
 * configuration requests that travel as TLPs, one after the other.
 *
 *     scan     depth first: each place of a bus is asked for its vendor; who is there tells its header, capabilities
 * and the sizes of its BARs; a bridge gets the next bus number, and what is behind it is scanned before its neighbour.
 * PFs keep buses free for their VFs. ARI is turned on where host, port and device have it assign   addresses and
 * windows (hostsim/host/windows.h) program  BARs and windows, MPS (of a function no more than of the port above it) and
 * MRRS, memory and bus master, and VFs enabled: as many as the PF has
 *
 * A capability that the host lacks has the consequences that it has: without `sr_iov` there are no VFs; without `ari`
 * of functions that are no VFs only the first 8 of a device are found, and VFs are numbered on buses of their own.
 *
 * A part of a hierarchy is walked again when something has come to it (hostsim/host/hotplug.h): a bus behind a bridge,
 * or one place of a bus. What is known stays where it is; what is found gets a part of what is free: bus numbers
 * (hostsim/host/buses.h), and room in the windows above it, which grow where they must. For that the first walk keeps
 * room (`room`), as much as bridges ask for; where what is there needs it itself all is walked again, and less kept.
 *
 * It is a machine of small steps: each asks a batch of registers and says which step looks at the answers. */
#ifndef HOSTSIM_HOST_ENUMERATION_H
#define HOSTSIM_HOST_ENUMERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/engine/event.h"
#include "fabric/pcie/config_requester.h"
#include "hostsim/host/host_function.h"

struct enumeration_config {
    uint32_t mps, mrrs;   /* largest that it programs; bytes */
    bool sr_iov, ari;     /* what the hypervisor supports */
    bool vf_migration;    /* VFs may come and go */
    bool acs;             /* ports check who asks: ACS Source Validation */
    uint64_t vf_delay_ps; /* from VF Enable to the first look at a VF */
    bool room;            /* something may come: room is kept for it in windows (hostsim/host/windows.h), and of bus
                             numbers */

    /* What firmware's tables say of hot-plug, as ACPI's do by the way to a bridge: how many buses all that may ever
     * come behind the one at PLACES, its secondary bus included, takes; 0: nothing. PLACES are devices and functions
     * from the switch's bridge below the root port on, of each COUNT buses on the way. NULL: there are no tables. */
    uint32_t (*buses)(const void *rack, uint16_t vh, const uint8_t *places, size_t count);
    const void *rack;
    uint16_t vh;
};

/* One access of a batch: of configuration space or, where ADDRESS is not 0, of memory there. */
struct enumeration_access {
    uint16_t offset;
    uint64_t address;
    uint8_t enables; /* 0: a read */
    uint32_t value;
};

#define ENUMERATION_BATCH_MAX 64
/* A bus that is being scanned. There are no more than the buses. */
#define ENUMERATION_BUSES 256

struct enumeration_bus {
    int bridge;      /* above it; HOST_FUNCTION_NONE: bus 0 */
    uint16_t place;  /* device and function that is looked at; 256: all have been */
    bool one_device; /* a link is above it: there is device 0 only */
    bool one_place;  /* no other place is looked at */
    bool ari;        /* its device's functions are numbered by ARI */
    bool multi;      /* the device that is looked at has several functions */
};

struct enumeration {
    struct enumeration_config config;
    struct config_requester *requester; /* not owned */
    void (*done)(struct enumeration *enumeration);

    struct host_function *functions; /* found; in bus order once it is done. Owned */
    size_t count, capacity;
    uint64_t requests;    /* sent */
    uint64_t finished_ps; /* when it was done */
    bool finished;
    bool out_of_buses;     /* something was left out: there are 256 */
    bool out_of_addresses; /* likewise below 4 GiB */

    /* The machine: */
    struct component component;
    struct event waited;
    struct config_request request;
    struct enumeration_access batch[ENUMERATION_BATCH_MAX];
    uint32_t batch_count, batch_at;
    uint16_t batch_id;
    void (*then)(struct enumeration *enumeration);
    struct enumeration_bus buses[ENUMERATION_BUSES]; /* from bus 0 to the one that is scanned */
    uint32_t depth;
    bool partial;        /* a part is walked again */
    bool keeps_buses;    /* bridges get numbers for what may come behind them ... */
    uint8_t tightness;   /* ... 2^-this of those missing: with all of them there was no room for what is there */
    uint32_t last_bus;   /* the highest number that is taken or kept */
    uint32_t bus_limit;  /* and that may be */
    int ancestor;        /* the bridge whose numbers are being extended ... */
    uint8_t extend_to;   /* ... to here */
    size_t at;           /* the function that is looked at */
    uint16_t capability; /* the offset that is looked at */
    uint32_t capabilities_seen;
    uint16_t vf; /* the VF that is programmed, from 1 */
};

/* Begins to walk now; DONE is told of the end. ENUMERATION is all zeros before its first walk. */
void enumeration_start(
    struct enumeration *enumeration, struct config_requester *requester, const struct enumeration_config *config,
    void (*done)(struct enumeration *));

/* Walks a part again: PLACE of the bus behind bridge BRIDGE_ID, or the whole bus (ENUMERATION_WHOLE_BUS). TREE, COUNT
 * functions in bus order without any that it is to find, is taken over, and is the walk's with what has been found,
 * which is marked as fresh. */
#define ENUMERATION_WHOLE_BUS (-1)
void enumeration_extend(
    struct enumeration *enumeration, struct config_requester *requester, const struct enumeration_config *config,
    struct host_function *tree, size_t count, uint16_t bridge_id, int place, void (*done)(struct enumeration *));
void enumeration_free(struct enumeration *enumeration);

/* Ends a walk wherever it is, if it has begun: `done` is not told, and what it has found is forgotten. */
void enumeration_stop(struct enumeration *enumeration);

/* What was found with that routing ID; NULL when nothing was. Once it is done. */
const struct host_function *host_function_find(const struct host_function *functions, size_t count, uint16_t id);

#endif
