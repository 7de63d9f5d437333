/* Wait line: who waits for something scarce, such as a tag, first come first served.
 *
 * A waiter is embedded in its owner and stands in at most one line, at most once. */
#ifndef FABRIC_PCIE_WAIT_LINE_H
#define FABRIC_PCIE_WAIT_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct waiter {
    struct waiter *next; /* in the line */
    bool waits;          /* it stands in one */
};

struct wait_line {
    struct waiter *first, *last; /* `last` counts only while there is a first */
};

/* Puts WAITER at the end, unless it waits already. */
static inline void wait_line_join(struct wait_line *line, struct waiter *waiter)
{
    if (waiter->waits)
        return;
    waiter->waits = true;
    waiter->next = NULL;
    if (line->first == NULL)
        line->first = waiter;
    else
        line->last->next = waiter;
    line->last = waiter;
}

/* Takes out who has waited longest; NULL when nobody waits. */
static inline struct waiter *wait_line_leave(struct wait_line *line)
{
    struct waiter *waiter = line->first;
    if (waiter == NULL)
        return NULL;
    line->first = waiter->next;
    waiter->waits = false;
    return waiter;
}

/* Takes WAITER out, wherever it stands. Nothing happens when it does not wait. */
static inline void wait_line_remove(struct wait_line *line, struct waiter *waiter)
{
    if (!waiter->waits)
        return;
    struct waiter **link = &line->first, *before = NULL;
    while (*link != waiter) {
        before = *link;
        link = &before->next;
    }
    *link = waiter->next;
    if (line->last == waiter)
        line->last = before;
    waiter->waits = false;
}

#endif
