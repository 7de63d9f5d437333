/* DMA engine: turns the operations of a function into memory requests, and sees the reads to their end.
 *
 * Writes and reads are two channels on each virtual channel: a read that waits for a tag does not hold up writes, nor
 * does one virtual channel another; their reads get free tags in turn. In each channel the sources start their
 * operations in turn, and an operation's requests go one after the other: split at 4 KiB, and at MPS (writes) or MRRS
 * (reads) counted from their start. One request of each channel waits in the function's queue at a time; the egress of
 * the adapter lets functions take turns TLP by TLP.
 */
#ifndef FABRIC_ADAPTER_DMA_ENGINE_H
#define FABRIC_ADAPTER_DMA_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/engine/event.h"
#include "fabric/pcie/egress_queue.h"
#include "fabric/pcie/operation.h"
#include "fabric/pcie/tlp.h"
#include "fabric/pcie/wait_line.h"

struct fabric;
struct function;

struct dma_channel {
    CACHE_LINE_ALIGNED struct function *function; /* whose engine it is of; not owned */
    struct egress_queue *queue;                   /* not owned */
    struct operation_source **sources;            /* owned array, the sources are not */
    uint32_t source_count;
    uint32_t turn;               /* the source that is asked first */
    struct operation *operation; /* being issued; NULL: none */
    uint64_t issued_bytes;       /* of it */
    uint64_t ready_ps;           /* from when its next request could have gone */
    enum operation_kind kind;
    bool held; /* issues nothing */
};

struct dma_engine {
    struct fabric *fabric;     /* not owned */
    struct function *function; /* not owned */
    struct operation_issuer issuer;
    struct component component;
    struct event wake; /* a source has its next operation */
    uint32_t reads_in_flight;
    uint32_t read_turn;   /* the virtual channel whose reads are the first to be offered a tag */
    struct waiter waiter; /* for a tag: in the adapter's line */
    uint64_t tag_time;    /* fabric/adapter/tag_turns.h: what it has had of tags */
};

void dma_engine_init(struct dma_engine *engine, struct function *function);

/* A channel of FUNCTION's engine for operations of KIND, whose requests wait in QUEUE. */
void dma_channel_init(
    struct dma_channel *channel, struct function *function, struct egress_queue *queue, enum operation_kind kind);
void dma_channel_free(struct dma_channel *channel);

/* The request of CHANNEL that was in the queue has started; its last byte leaves at END_PS. */
void dma_channel_sent(struct dma_channel *channel, uint64_t end_ps);

/* Pulls operations from SOURCE from now on. Before the simulation runs, or from an event. */
void dma_engine_add_source(struct dma_engine *engine, struct operation_source *source);

/* Pulls none from SOURCE any more, which nobody serves from then on. An operation of it that is being issued fails;
 * reads under way go on. */
void dma_engine_remove_source(struct dma_engine *engine, struct operation_source *source);

/* Issues nothing while HELD: operations that have begun go on when it no longer is. */
void dma_engine_hold(struct dma_engine *engine, bool held);

/* Gives up its reads under way. Returns how many operations have ended so. */
uint32_t dma_engine_abort_reads(struct dma_engine *engine);

/* Gives up all that ENGINE, which is held and whose queues are empty, has begun: the operations fail, their tags are
 * free. Completions that still come for them must have been condemned (fabric/pcie/stale.h). Returns how many
 * operations have ended so. */
uint32_t dma_engine_abort(struct dma_engine *engine);

/* Removes all its sources. */
void dma_engine_forget_sources(struct dma_engine *engine);

/* A tag may be free for it: sends the next read, if it can, of its virtual channels in turn. */
void dma_engine_continue_reads(struct dma_engine *engine);

/* A read of it has ended. */
void dma_engine_read_ended(struct dma_engine *engine, struct operation *operation, bool failed);

#endif
