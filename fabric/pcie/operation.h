/* Operation: one thing that a workload asks of a device or a core, such as a DMA write of 4 KiB.
 *
 * It is made of parts: one for each issuer, until that has issued all of it, and the TLPs. The model calls
 * operation_part_done() or operation_part_failed() for each at the place where it ends, and the last one gives the
 * operation back to its source.
 *
 * A source makes operations (a workload's flow is one); an issuer turns them into TLPs (a DMA engine, a core). Issuers
 * pull: nothing is queued between the two, so a source that is ahead of its issuer costs no memory however far ahead
 * it is. */
#ifndef FABRIC_PCIE_OPERATION_H
#define FABRIC_PCIE_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/base/time.h"
#include "fabric/pcie/journey.h"
#include "fabric/pcie/tlp.h"

struct operation;
struct operation_source;
struct operation_issuer;

/* What an operation does, seen from its issuer. */
enum operation_kind { OPERATION_WRITE, OPERATION_READ, OPERATION_KINDS };

struct operation_source_ops {
    const char *name;

    /* The next operation that has arrived by NOW_PS, which the issuer takes over, with a part of it that has begun for
     * the issuer: it ends that when it has issued everything. Several issuers may have a part in one operation. NULL
     * when there is none: then source->next_ps says when to ask again, or TIME_NEVER when the source will kick its
     * issuer. */
    struct operation *(*next)(struct operation_source *source, uint64_t now_ps);

    /* All parts have ended, the last at operation->done_ps, which may be later than now (a posted write whose memory
     * access is still under way). The source takes the operation back. */
    void (*done)(struct operation_source *source, struct operation *operation);
};

struct operation_source {
    const struct operation_source_ops *ops;
    struct operation_issuer *issuer; /* who pulls from it; set by operation_issuer's owner */
    uint64_t next_ps;                /* see next() */
    uint64_t back_ps;                /* just before its issuer could issue nothing, or was not asked to */
    enum operation_kind kind;
    uint8_t traffic_class; /* of all its operations */
};

struct operation_issuer {
    /* SOURCE may have an operation again, after it had none. */
    void (*kick)(struct operation_issuer *issuer, struct operation_source *source);
};

struct operation {
    struct operation_source *source;
    uint64_t arrival_ps;
    uint64_t address; /* of its first byte, in the address space of its hierarchy */
    uint64_t done_ps; /* the latest end of its parts so far */
    uint64_t bytes;
    uint32_t parts; /* under way */
    bool failed;
    uint8_t traffic_class;
    uint8_t attributes;   /* of its TLPs: bits of enum tlp_attribute */
    uint8_t op;           /* the source's own: which of its ops, of a workload that mixes several */
    uint32_t target;      /* the source's own: which of its targets, of a workload that picks */
    bool followed;        /* it has a journey; what has none leaves that line of it alone */
    bool journey_by_read; /* of a read and a write started together: the reads carry the journey */
    bool ended;           /* its source is done with it; it goes when no TLP carries its journey any more */
    uint16_t carriers;    /* TLPs that carry its journey: a read that has timed out may still be on its way */
    bool all_issued;      /* what carries the journey now is the last that does, or the only one at a time */
    _Alignas(64) struct journey journey; /* of one that is followed; otherwise undefined */
};

_Static_assert(sizeof(struct operation) == 128, "an operation is two cache lines");

/* The time up to UNTIL_PS was PART's, if OPERATION is followed. */
static inline void operation_pass(struct operation *operation, enum journey_part part, uint64_t until_ps)
{
    if (operation->followed)
        journey_pass(&operation->journey, part, until_ps);
}

/* Likewise, it was spent waiting. */
static inline void operation_wait(struct operation *operation, uint64_t until_ps)
{
    if (operation->followed)
        journey_wait(&operation->journey, until_ps);
}

/* OPERATION, of which nothing has been done, arrives at AT_PS rather than before. */
static inline void operation_arrive_again(struct operation *operation, uint64_t at_ps)
{
    operation->arrival_ps = at_ps;
    if (operation->followed)
        operation->journey = (struct journey){.at_ps = at_ps};
}

/* One more part is under way. */
static inline void operation_part_begun(struct operation *operation)
{
    operation->parts++;
}

/* A part has ended at AT_PS. */
static inline void operation_part_done(struct operation *operation, uint64_t at_ps)
{
    if (at_ps > operation->done_ps)
        operation->done_ps = at_ps;
    if (--operation->parts == 0)
        operation->source->ops->done(operation->source, operation);
}

static inline void operation_part_failed(struct operation *operation, uint64_t at_ps)
{
    operation->failed = true;
    operation_part_done(operation, at_ps);
}

/* TLP ends here at AT_PS, not where it should: tells its operation. Of a read, a completion or a timeout does so. */
static inline void operation_tlp_failed(const struct tlp *tlp, uint64_t at_ps)
{
    if (tlp->operation != NULL && tlp_credit_type(tlp) == CREDIT_POSTED)
        operation_part_failed(tlp->operation, at_ps);
}

#endif
