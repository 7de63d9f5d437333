/* Root complex: a host's side of its hierarchies: memory, root ports, and the tags of its cores' MMIO reads.
 *
 * Each root port is the root of one hierarchy. It writes to memory and reads from it for the functions below, and
 * carries the MMIO of cores (hostsim/host/core.h). A read's answer never overtakes the writes that came before it
 * through the same port: its data counts as there when those have been accepted.
 *
 * With an IOMMU requests are translated before memory sees them. Those that wait for a page keep their place in the
 * receive buffer; behind a write that waits everything waits, behind a read nothing does. */
#ifndef HOSTSIM_HOST_ROOT_COMPLEX_H
#define HOSTSIM_HOST_ROOT_COMPLEX_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/latency.h"
#include "fabric/pcie/completer.h"
#include "fabric/pcie/port.h"
#include "fabric/pcie/read_table.h"
#include "fabric/pcie/tlp_fifo.h"
#include "fabric/pcie/wait_line.h"
#include "hostsim/host/iommu.h"
#include "hostsim/host/memory.h"
#include "hostsim/host/write_order.h"

struct config_requester;
struct config_requester_config;
struct core;
struct root_complex;

/* What a host programs into its functions and itself. */
struct root_complex_config {
    uint32_t mps, mrrs, rcb;
    bool split_at_rcb; /* completions of `rcb` bytes; otherwise of up to MPS, ending at a multiple of `rcb` */
    struct latency_config root_latency; /* core to root port, each way */
    uint64_t completion_timeout_ps;     /* of what cores read and of configuration requests, unless software chooses
                                           another;     0: none */
    uint32_t outstanding;               /* MMIO reads in flight, all cores */
};

/* What a root port has on one virtual channel of its link: the answers to reads of memory, and the order of writes. */
struct root_channel {
    struct egress_queue queue;
    struct completer completer;
    struct write_order write_order;
};

struct root_port;

/* Errors by what they are told as. */
enum root_error { ROOT_ERROR_COR, ROOT_ERROR_NONFATAL, ROOT_ERROR_FATAL, ROOT_ERRORS };

/* Who wants to know of errors in a hierarchy: the host's error handling, MR-PCIM's events. */
struct root_listener {
    /* ROOT_PORT has been told of an ERROR by function ID of its hierarchy; INTERRUPTS: as its registers say. */
    void (*heard)(
        struct root_listener *listener, struct root_port *root_port, enum root_error error, uint16_t id,
        bool interrupts);
};

struct root_port {
    struct port port;
    struct root_complex *owner;
    uint16_t vh;                   /* the hierarchy that it is the root of */
    struct root_channel *channels; /* [channel_count], owned */
    uint32_t channel_count;
    struct config_requester *requester; /* of configuration requests; owned; NULL: none */
    /* An interrupt (an MSI) of requester ID is accepted at AT_PS; NULL: nobody takes any. */
    void (*on_interrupt)(struct root_port *root_port, uint16_t id, uint64_t at_ps);
    /* The link below has come UP or gone down; NULL: nobody wants to know. */
    void (*on_link)(struct root_port *root_port, bool up);
    void *interrupt_context;        /* theirs, of both */
    uint64_t windows_base;          /* no window of its registers begins below; UINT64_MAX: it has none */
    bool holds_reset;               /* Secondary Bus Reset is set */
    struct root_listener *listener; /* of errors; NULL: nobody listens. Not owned */
    uint64_t errors[ROOT_ERRORS];   /* messages that came, its own included */
    /* With an IOMMU: */
    struct component component;
    struct event translated;     /* the first of `translating` has its address */
    struct tlp_fifo translating; /* requests, by when they have */
    uint64_t last_translated_ps; /* when all writes so far have */
};

struct root_complex {
    struct fabric *fabric; /* not owned */
    struct root_complex_config config;
    struct latency root_latency;
    struct memory memory;
    struct iommu *iommu;     /* owned; NULL: none */
    struct root_port *ports; /* owned */
    uint32_t port_count;
    struct read_table reads;  /* of cores */
    struct wait_line waiting; /* for a tag: cores */
    uint64_t unexpected_completions;
};

/* Where MSIs are written to: no memory is there. */
#define ROOT_INTERRUPT_ADDRESS UINT64_C(0xfee00000)

/* The routing ID of every root port in its own hierarchy: 00:00.0. */
#define ROOT_PORT_ID 0

/* A root complex whose PORT_COUNT ports the caller connects, each with `vh` and what it advertises set before; then
 * root_complex_start(). NAME is the host's. */
void root_complex_init(
    struct root_complex *root_complex, struct fabric *fabric, const struct root_complex_config *config,
    const struct memory_config *memory, uint32_t port_count, const char *name);

/* The completion timeout that a root port's registers say may have changed. */
void root_complex_apply_timeouts(struct root_complex *root_complex);

/* Gives it an IOMMU; before root_complex_start(). */
void root_complex_add_iommu(struct root_complex *root_complex, const struct iommu_config *config);
void root_complex_start(struct root_complex *root_complex);

/* Gives ROOT_PORT, which is connected, registers and a way to ask those below. Of CONFIG it sets itself what follows
 * from the port: hierarchy, latency, tags and read completion boundary. */
void root_port_configure(struct root_port *root_port, const struct config_requester_config *config);
void root_complex_free(struct root_complex *root_complex);

bool root_complex_is_valid(const struct root_complex *root_complex);

#endif
