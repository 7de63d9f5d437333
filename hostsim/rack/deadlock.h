/* Deadlock: whether TLPs of a world wait for each other's places in a circle, so that none of them ever goes on.
 *
 * A TLP in a chassis keeps its place in the buffer that it came into until it has left, and leaves when there is a
 * place in the next one. Where hierarchies share the buffers between chassis (`credits: shared`) and ways between
 * chassis form a ring, or where a line of `queueing: fifo` holds up what wants elsewhere, places can come to wait for
 * each other.
 *
 * It looks at buffers, not at whether anything still happens: a rack that is idle is not deadlocked, and one of which a
 * part goes on for ever may be. */
#ifndef HOSTSIM_RACK_DEADLOCK_H
#define HOSTSIM_RACK_DEADLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostsim/rack/world.h"

#define DEADLOCK_TEXT_BYTES 1024

/* True when there is such a circle; then one line in TEXT, of SIZE bytes, names it. It allocates only when a sender has
 * waited for credits since SINCE_PS or longer, as all in a circle have. */
bool deadlock_find(const struct world *world, uint64_t since_ps, char *text, size_t size);

#endif
