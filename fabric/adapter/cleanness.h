/* Cleanness: the proof that nothing is left of who had a function, or an adapter, before.
 *
 * It shares nothing with what cleans up: it looks by itself at every place in the adapter, at both directions of its
 * link, at the translator in front of it, and at all TLPs of the model, and trusts no counter. What is condemned
 * (fabric/pcie/stale.h) does not count: nobody takes it. The first thing that is left is named in WHAT, of SIZE bytes;
 * "" when there is nothing. Slow. */
#ifndef FABRIC_ADAPTER_CLEANNESS_H
#define FABRIC_ADAPTER_CLEANNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/adapter/adapter.h"

/* FUNCTION, which is inactive, has left nothing of the hierarchy that it was in last. Until somebody else has its ID
 * there: what is that one's is taken for its own. */
bool function_is_clean(const struct function *function, char *what, size_t size);

/* Hierarchy VH has nothing in ADAPTER, which may be other hierarchies', nor on the way to it. */
bool adapter_is_clean(const struct adapter *adapter, uint16_t vh, char *what, size_t size);

/* FUNCTION, which is in its hierarchy still, has left nothing of who used it there last: between a host and its guests.
 * ID, BAR: its routing ID and address in the hierarchy. Its registers are as after a reset: it issues nothing, answers
 * nothing, and its interrupts are off. */
bool function_is_reset(const struct function *function, uint16_t id, uint64_t bar, char *what, size_t size);

#endif
