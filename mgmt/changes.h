/* Changes: what clients have had changed: who asked for which operation, by which key, and who waits for its end.
 *
 * An entry an operation, as long as MR-PCIM lists it: one that runs stays however old it is, of the others the oldest
 * go first. A request key is its client identity's own: asking again with the same key and the same request finds the
 * first one's operation. */
#ifndef MGMT_CHANGES_H
#define MGMT_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/pcim/pcim.h"

struct call;

struct change {
    uint64_t operation;
    uint64_t digest; /* of method and payload */
    uint64_t epoch;  /* of the daemon that it began in; 0: this one */
    bool unlisted;   /* the state file does not have it yet, or never will: nobody is told of it */
    bool unsaved;    /* it has ended, and the state file does not have that yet */
    uint64_t audit;  /* its entry in the audit log; 0: none */
    uint8_t *plan;   /* of an Apply of an earlier life: an ApplyResponse with the plan, packed; owned; NULL: none */
    size_t plan_size;
    char *identity, *key;  /* owned; key NULL: none was given */
    struct call **waiting; /* for its end; owned, the calls are not */
    size_t waiting_count;
};

#define CHANGES_KEPT (PCIM_OPERATIONS_KEPT + PCIM_OPERATIONS_RUNNING)

/* What is looked for in all entries, beside each other. */
struct changes_entry {
    uint64_t operation;
    uint64_t key_digest;   /* of identity and key; 0: none was given */
    struct change *change; /* owned */
};

/* {.pcim = ...} is empty. */
struct changes {
    const struct pcim *pcim;       /* whose operations they are; not owned */
    struct changes_entry *entries; /* by operation; owned; NULL: none yet */
    size_t count, room;            /* of ENTRIES; CHANGES_KEPT at most, and those that calls wait for */
};

void changes_free(struct changes *changes);

bool changes_is_valid(const struct changes *changes);

/* Remembers OPERATION, which is not remembered. What MR-PCIM lists no more makes room for it. */
struct change *
changes_add(struct changes *changes, uint64_t operation, const char *identity, const char *key, uint64_t digest);

/* NULL: it is not kept. */
struct change *changes_find(const struct changes *changes, uint64_t operation);

/* What IDENTITY asked for with KEY; NULL: nothing. */
struct change *changes_find_key(const struct changes *changes, const char *identity, const char *key);

/* CALL waits for the end, or no longer does. */
void change_wait(struct change *change, struct call *call);
void change_forget(struct change *change, const struct call *call);

/* Tells requests apart: FNV-1a, 64 bits, over the method's name and the payload. */
uint64_t change_digest(const char *method, const void *payload, size_t size);

#endif
