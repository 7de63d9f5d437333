/* Refusals: what MR-PCIM refused to do under a request key: the first answer, which asking again has again.
 *
 * The last ones, as many as operations that have ended are kept. A request that was refused otherwise (who asks may
 * not; the daemon has no room for it, or cannot write it down) has not been decided on, and binds no key. */
#ifndef MGMT_REFUSALS_H
#define MGMT_REFUSALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/pcim/pcim.h"

#define REFUSALS_KEPT PCIM_OPERATIONS_KEPT

struct refused {
    uint64_t digest;      /* of method and payload */
    char *identity, *key; /* owned */
    enum status code;
    uint64_t generation;
    char *message, *holder, *hint; /* owned */
};

struct refusals_entry {
    uint64_t key_digest; /* of identity and key */
    struct refused *refused;
};

/* {0} is empty. */
struct refusals {
    struct refusals_entry *entries; /* [REFUSALS_KEPT], a ring; owned; NULL: none yet */
    uint64_t added;                 /* ever */
};

void refusals_free(struct refusals *refusals);

/* Remembers REFUSAL of what IDENTITY asked for with KEY, which no refusal has yet. */
void refusals_add(
    struct refusals *refusals, const char *identity, const char *key, uint64_t digest,
    const struct pcim_refusal *refusal);

/* NULL: there is none, or it was too long ago. */
const struct refused *refusals_find(const struct refusals *refusals, const char *identity, const char *key);

#endif
