/* Adapter: a device in a chassis or in a server: a port, its functions, and the tags that they share.
 *
 * Functions take turns at the port TLP by TLP. On an `mr-iov` adapter each hierarchy has one PF, with VFs, and sees its
 * functions at IDs and addresses of its own; on any other there is one set of IDs and addresses, of which the switch
 * in front of an `sr-iov` adapter makes hierarchies (fabric/switch/translator.h). */
#ifndef FABRIC_ADAPTER_ADAPTER_H
#define FABRIC_ADAPTER_ADAPTER_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/adapter/function.h"
#include "fabric/base/latency.h"
#include "fabric/pcie/config_device.h"
#include "fabric/pcie/port.h"
#include "fabric/pcie/read_table.h"

struct adapter_config {
    const char *name;                  /* for its random stream; not kept */
    uint32_t outstanding;              /* reads in flight, the whole adapter */
    uint32_t function_outstanding;     /* and each function; 0: no bound of its own */
    uint64_t issue_interval_ps;        /* least time between the starts of two TLPs */
    uint64_t completion_timeout_ps;    /* of reads, unless software chooses another; 0: none */
    struct latency_config bar_latency; /* register access */
};

/* The functions of one address space of the adapter: a PF, and the BARs of its VFs one after the other. With registers
 * these are where those say, from each write on. */
struct adapter_space {
    uint64_t pf_base, pf_bytes;  /* the PF's BAR, in slot 0; 0 bytes: it answers to no address */
    uint64_t vf_base, vf_bytes;  /* the BARs of all VFs, from slot 1 on */
    struct config_device device; /* the registers of all functions, by slot; none when empty */
    struct egress_queue answers; /* to configuration requests, where there are registers */
    uint16_t vh;                 /* the hierarchy that the registers are in */
    uint32_t slot_count;
    struct function **slots; /* owned array; NULL: nobody there */
};

struct adapter {
    struct port port;
    struct fabric *fabric; /* not owned */
    struct adapter_config config;
    struct latency bar_latency;
    struct function *functions; /* owned */
    uint32_t function_count;
    struct adapter_space *spaces; /* by VH number on an MR link, otherwise only [0]; owned */
    uint32_t space_count;
    struct read_table reads;
    struct wait_line waiting; /* for a tag: DMA engines */
    uint64_t unsupported_requests;
};

/* An adapter of FUNCTION_COUNT inactive functions; the caller sets what its port advertises, connects it, and then
 * calls adapter_start(). SPACE_COUNT: one more than the highest VH number for an mr-iov adapter, otherwise 1. */
void adapter_init(
    struct adapter *adapter, struct fabric *fabric, const struct adapter_config *config, uint32_t function_count,
    uint32_t space_count);

/* What needs the connected port. */
void adapter_start(struct adapter *adapter);
void adapter_free(struct adapter *adapter);

/* Makes SLOT_COUNT places for functions at BAR_BASE of address space SPACE. */
void adapter_open_space(struct adapter *adapter, uint32_t space, uint64_t bar_base, uint32_t slot_count);

/* Gives SPACE, which is open and whose port is connected, registers in hierarchy VH: a function a slot, as CONFIG says,
 * which answer to no address until software has programmed one. */
void adapter_present(struct adapter *adapter, uint32_t space, uint16_t vh, const struct config_device_config *config);

/* The completion timeout that a hierarchy's PF says may have changed. */
void adapter_apply_timeouts(struct adapter *adapter);

/* The registers of SPACE have changed other than by a request. */
void adapter_apply(struct adapter *adapter, uint32_t space);

/* Activates function INDEX in place SLOT of SPACE. */
struct function *adapter_activate(
    struct adapter *adapter, uint32_t index, uint32_t space, uint32_t slot, const struct function_settings *settings);

/* True when ENGINE may send a read now. Otherwise it is told with dma_engine_continue_reads() when it may. */
bool adapter_may_read(struct adapter *adapter, struct dma_engine *engine);

bool adapter_is_valid(const struct adapter *adapter);

#endif
