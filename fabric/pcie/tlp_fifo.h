/* TLP FIFO: TLPs in the order in which they came, linked through themselves. Owns those that it holds. */
#ifndef FABRIC_PCIE_TLP_FIFO_H
#define FABRIC_PCIE_TLP_FIFO_H

#include <stdbool.h>
#include <stddef.h>

#include "fabric/pcie/tlp.h"

struct tlp_fifo {
    struct tlp *first, *last; /* `last` counts only while there is a first */
};

static inline bool tlp_fifo_is_empty(const struct tlp_fifo *fifo)
{
    return fifo->first == NULL;
}

static inline void tlp_fifo_push(struct tlp_fifo *fifo, struct tlp *tlp)
{
    tlp->next = NULL;
    if (fifo->first == NULL)
        fifo->first = tlp;
    else
        fifo->last->next = tlp;
    fifo->last = tlp;
}

/* Inserts TLP behind all that are ready no later than it. */
static inline void tlp_fifo_push_by_ready(struct tlp_fifo *fifo, struct tlp *tlp)
{
    if (fifo->first == NULL || fifo->last->ready_ps <= tlp->ready_ps) {
        tlp_fifo_push(fifo, tlp);
        return;
    }
    struct tlp **link = &fifo->first;
    while ((*link)->ready_ps <= tlp->ready_ps)
        link = &(*link)->next;
    tlp->next = *link;
    *link = tlp;
}

/* The first, which must be there. */
static inline struct tlp *tlp_fifo_pop(struct tlp_fifo *fifo)
{
    struct tlp *tlp = fifo->first;
    fifo->first = tlp->next;
    return tlp;
}

/* TLPs from FIRST on, linked through themselves. Looks at each. */
static inline uint64_t tlp_list_count(const struct tlp *first)
{
    uint64_t count = 0;
    for (const struct tlp *tlp = first; tlp != NULL; tlp = tlp->next)
        count++;
    return count;
}

#endif
