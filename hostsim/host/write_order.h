/* Write order: when writes to memory become visible, and what must wait for them (base specification 2.4.1).
 *
 * Writes through one root port become visible in the order in which they came, and a read's data is not taken before
 * the writes ahead of it are visible. A write with relaxed ordering need not wait for others; with ID-based ordering, a
 * write or read waits only for those of its own requester. Whoever comes later without the attribute waits for all.
 *
 * Requesters share 256 places by their IDs: two that fall on one place wait for each other, which is always allowed. */
#ifndef HOSTSIM_HOST_WRITE_ORDER_H
#define HOSTSIM_HOST_WRITE_ORDER_H

#include <stdint.h>

#include "fabric/pcie/tlp.h"

#define WRITE_ORDER_PLACES 256

struct write_order {
    uint64_t last_ps; /* when all writes so far are visible */
    uint64_t by_requester_ps[WRITE_ORDER_PLACES];
};

/* WRITE is done at DONE_PS. Returns when it is visible. */
uint64_t write_order_write(struct write_order *order, const struct tlp *write, uint64_t done_ps);

/* From when the writes that READ must not overtake are visible; 0 when there are none. */
uint64_t write_order_read(const struct write_order *order, const struct tlp *read);

#endif
