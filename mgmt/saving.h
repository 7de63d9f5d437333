/* Saving: a record on its way to the disk, and the call that is answered when it is there.
 *
 * The call stays open meanwhile; should it end before (its client is gone, its deadline is over), the record goes its
 * way all the same. */
#ifndef MGMT_SAVING_H
#define MGMT_SAVING_H

#include "fabric/pcim/refusal.h"
#include "mgmt/record.h"

struct call;
struct mriovd;

struct saving {
    struct record record; /* the maker's to fill */
    struct mriovd *daemon;
    struct call *call; /* NULL: none, or no longer */
    /* Once it is on disk, or cannot be written. SAVING goes afterwards. */
    void (*done)(struct saving *saving, bool written);
    uint64_t operation;          /* the maker's, as all below: what it is about; 0: none */
    uint64_t number;             /* ... */
    bool wait;                   /* CALL is to be answered when the operation has ended */
    struct pcim_refusal refusal; /* ... or with this */
};

/* One without statements, for CALL, which nobody has answered; NULL: for none. */
struct saving *saving_new(struct mriovd *daemon, struct call *call, void (*done)(struct saving *saving, bool written));

/* Sends it off: it is not the maker's any more. */
void saving_start(struct saving *saving);

#endif
