/* Completer: answers reads with completions, split as the base specification has it (2.3.1.1).
 *
 * A read is answered from when its data is there, one read after the other in that order. Completions are made one at a
 * time, as the egress takes them, so a read costs no more than its own TLP while it waits, whatever its size. */
#ifndef FABRIC_PCIE_COMPLETER_H
#define FABRIC_PCIE_COMPLETER_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/egress.h"
#include "fabric/pcie/fabric.h"

struct completer_config {
    uint32_t chunk_bytes;    /* the most that one completion carries */
    uint32_t boundary_bytes; /* the read completion boundary: where completions but the last end; <= chunk_bytes */
    uint16_t vh;
    uint16_t completer_id;
};

struct completer {
    struct component component;
    struct event ready;         /* the first pending read's data is there */
    struct fabric *fabric;      /* not owned */
    struct egress_queue *queue; /* where completions wait; not owned */
    struct completer_config config;
    struct tlp_fifo pending; /* reads, by when their data is there */
    struct tlp *current;     /* the read that is being answered */
    uint64_t next_address;   /* of it: what the next completion begins with */
    uint32_t bytes_left;     /* of it */
    bool busy;               /* a completion is in the queue */
};

/* The caller passes on completions sent from QUEUE with completer_sent(). */
void completer_init(
    struct completer *completer, struct fabric *fabric, struct egress_queue *queue,
    const struct completer_config *config);

/* Takes over READ, a memory read, whose data is there at READY_PS (now or later). */
void completer_answer(struct completer *completer, struct tlp *read, uint64_t ready_ps);

/* From the next completion on it answers as CONFIG says. */
void completer_configure(struct completer *completer, const struct completer_config *config);

/* Hands over to END all reads that it has not answered in full. What it had in the queue must have been taken out. */
void completer_abort(struct completer *completer, void (*end)(struct tlp *read, void *context), void *context);

/* The completion that it had in the queue has started on the wire. */
void completer_sent(struct completer *completer);

bool completer_is_valid(const struct completer *completer);

#endif
