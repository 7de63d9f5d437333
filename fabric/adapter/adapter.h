/* Adapter: a device in a chassis or in a server: a port, its functions, and the tags that they share.
 *
 * Functions take turns at the port TLP by TLP. On an `mr-iov` adapter each hierarchy has one PF, with VFs, and sees its
 * functions at IDs and addresses of its own; on any other there is one set of IDs and addresses, of which the switch
 * in front of an `sr-iov` adapter makes hierarchies (fabric/switch/translator.h). */
#ifndef FABRIC_ADAPTER_ADAPTER_H
#define FABRIC_ADAPTER_ADAPTER_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/adapter/adapter_space.h"
#include "fabric/adapter/function.h"
#include "fabric/adapter/tag_turns.h"
#include "fabric/base/latency.h"
#include "fabric/pcie/port.h"
#include "fabric/pcie/read_table.h"

struct adapter_commands;

struct adapter_config {
    const char *name;                  /* for its random stream; not kept */
    uint32_t outstanding;              /* reads in flight, the whole adapter */
    uint32_t function_outstanding;     /* and each function; 0: no bound of its own */
    uint64_t issue_interval_ps;        /* least time between the starts of two TLPs */
    uint64_t completion_timeout_ps;    /* of reads, unless software chooses another; 0: none */
    struct latency_config bar_latency; /* register access */
    uint64_t flr_delay_ps;             /* how long a function-level reset takes */
};

struct translator;

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
    struct wait_line waiting;      /* for a tag: DMA engines */
    struct tag_turns tags;         /* whose turn it is among them */
    struct egress_queue **answers; /* [VH * vc_count + channel]: to configuration requests, and refusals; NULL: none so
                                      far; owned */
    struct translator *translator; /* of the port in front of it, whose registers it goes by; not owned */
    bool translated;               /* the port in front of it translates; then ... */
    uint16_t native_first_id;      /* ... its PF's ID on this side */
    uint32_t native_mps, native_mrrs;     /* ... and what its PF lets VFs have */
    struct config_device_config *offered; /* of an exclusive one: what it is to who gets it (adapter_turn.h); owned */
    struct adapter_commands *commands;    /* of MR-PCIM (fabric/adapter/adapter_commands.h); NULL: none. Owned */
    uint64_t unsupported_requests;
    bool hangs;              /* it takes nothing and sends nothing (fabric/adapter/adapter_fault.h) */
    struct tlp_fifo unheard; /* what has come since */
};

/* How an adapter without faults receives: its port's functions. */
extern const struct port_ops adapter_port_ops;
void adapter_receive(struct port *port, struct tlp *tlp);
void adapter_receive_stale(struct port *port, struct tlp *tlp);

/* An adapter of FUNCTION_COUNT inactive functions; the caller sets what its port advertises, connects it, and then
 * calls adapter_start(). SPACE_COUNT: one more than the highest VH number for an mr-iov adapter, otherwise 1. */
void adapter_init(
    struct adapter *adapter, struct fabric *fabric, const struct adapter_config *config, uint32_t function_count,
    uint32_t space_count);

/* What needs the connected port. */
void adapter_start(struct adapter *adapter);
void adapter_free(struct adapter *adapter);

/* Makes a queue for answers to configuration requests of hierarchy VH, rather than when the first is answered. */
void adapter_open_answers(struct adapter *adapter, uint16_t vh);

/* COUNT tags are free again that nobody has been offered. */
void adapter_tags_freed(struct adapter *adapter, uint32_t count);

/* The completion timeout that a hierarchy's PF says may have changed. */
void adapter_apply_timeouts(struct adapter *adapter);

/* Ends REQUEST, which ADAPTER has received, as dropped for REASON: who waits for an answer gets Unsupported Request
 * from the function COMPLETER_ID. */
void adapter_refuse(struct adapter *adapter, struct tlp *request, uint16_t completer_id, enum drop_reason reason);

/* Sends COMPLETION, an answer, when a register access would have ended. */
void adapter_answer(struct adapter *adapter, struct tlp *completion);

/* Sends MESSAGE of one of its functions now. */
void adapter_send_message(struct adapter *adapter, struct tlp *message);

/* The function that TLP, which ADAPTER receives, is for; NULL: there is none, or TLP is not for one alone. */
struct function *adapter_function_for(const struct adapter *adapter, const struct tlp *tlp);

/* Sends that answer to the requester and tag of TLP. */
void adapter_answer_refusal(struct adapter *adapter, const struct tlp *tlp, uint16_t completer_id);

/* True when ENGINE may send a read now. Otherwise it is told with dma_engine_continue_reads() when it may. */
bool adapter_may_read(struct adapter *adapter, struct dma_engine *engine);

bool adapter_is_valid(const struct adapter *adapter);

#endif
