/* Durable: what of the rack and of its changes is still so after the daemon was killed, by its state file.
 *
 * An operation is in the file before MR-PCIM is asked for it, and its outcome, together with all that it changed, is
 * before anybody is told that it has ended: what has been answered is on disk. A daemon that starts with the file finds
 *
 *     operations that had ended      listed as they were, found by their request keys
 *     those that had not             FAILED, UNAVAILABLE: nothing of them is left
 *     owners, VFs, limits, ports     as the last operation that had ended left them: MR-PCIM makes them so, by
 *     and lasting faults             operations of its own (of `mriovd`) from time zero on
 *
 * Simulated time begins anew, and the scenario's timeline does not run again. While the file cannot be written, changes
 * are refused and the rest goes on; an operation that ends meanwhile is shown as running until the file has it. */
#ifndef MGMT_DURABLE_H
#define MGMT_DURABLE_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mgmt/state.h"

struct mriovd;
struct pcim_operation;
struct pcim_refusal;

struct durable {
    struct state state;  /* db NULL: nothing outlives the daemon */
    struct event *retry; /* owned */
    uint64_t events_end; /* events up to here may be told: a later life's numbers begin above */
    bool behind;         /* the file lacks what has happened */
    bool restoring;      /* operations of `mriovd` are making the rack what it was */
};

/* Who asks for something; KEY "": none. */
struct durable_intent {
    const char *method, *identity, *key;
    int number; /* enum pcim_method */
    uint64_t digest;
};

/* Opens FILE, NULL for none, and has the rack become what it says. False: WHY says what is in the way. */
bool durable_open(struct mriovd *daemon, const char *file, char *why, size_t why_size);
void durable_close(struct mriovd *daemon);

/* The next operation is going to be INTENT's. False: the file cannot be written, and nothing may be changed. */
bool durable_intend(struct mriovd *daemon, const struct durable_intent *intent);

/* MR-PCIM has refused it. */
void durable_refused(struct mriovd *daemon, const struct pcim_refusal *refusal);

/* OPERATION has ended. False: the file does not have it yet; change_ended() is called again when it does. */
bool durable_ended(struct mriovd *daemon, const struct pcim_operation *operation);

/* An event of number SEQUENCE is told. */
void durable_told(struct mriovd *daemon, uint64_t sequence);

#endif
