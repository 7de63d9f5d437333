/* Durable: what of the rack and of its changes is still so after the daemon was killed, by its state file.
 *
 * A change that MR-PCIM has accepted is held until the file has it, and then begins and is answered; its outcome,
 * together with all that it changed, is in the file before anybody is told that it has ended: what has been answered is
 * on disk. The loop does not wait for that: the writer's thread does (mgmt/writer.h), and calls stay open meanwhile. A
 * daemon that starts with the file finds
 *
 *     operations that had ended      listed as they were, found by their request keys
 *     those that had not             FAILED, UNAVAILABLE: nothing of them is left
 *     owners, VFs, limits, ports     as the last operation that had ended left them: MR-PCIM makes them so, by
 *     and lasting faults             operations of its own (of `mriovd`) from time zero on
 *
 * Simulated time begins anew, and the scenario's timeline does not run again.
 *
 * While the file cannot be written, changes are refused and the rest goes on. What was held then is withdrawn: refused
 * is not done. An operation that ends meanwhile is shown as running, and events from its end on wait, until the file
 * has it. */
#ifndef MGMT_DURABLE_H
#define MGMT_DURABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mgmt/audit.h"
#include "mgmt/state.h"
#include "mgmt/writer.h"

struct call;
struct call_status;
struct durable_end;
struct mriovd;
struct pcim_event;
struct pcim_operation;

struct durable {
    struct state state; /* db NULL: nothing outlives the daemon */
    struct writer writer;
    struct audit audit;
    struct durable_end *first_end, *last_end; /* operations whose end is on its way to the disk, in order */
    uint64_t events_end;                      /* events below may be told: a later life's numbers begin here */
    size_t faults_written;                    /* that the file has */
    uint64_t events_asked;                    /* what it will be when the disk has that */
    bool serving;                             /* it has begun: faults are not its end */
    bool behind;                              /* the file cannot be written, */
    char fault[STATE_FAULT_BYTES];            /* because of this */
    bool restoring;                           /* operations of `mriovd` are making the rack what it was */
};

/* Opens FILE, NULL for none, and has the rack become what it says. False: WHY says what is in the way. */
bool durable_open(struct mriovd *daemon, const char *file, char *why, size_t why_size);

/* Has all written that can be. */
void durable_close(struct mriovd *daemon);

/* Waits for what is on its way, as far as it can be written, and answers those who wait for it. */
void durable_flush(struct mriovd *daemon);

static inline bool durable_is_on(const struct durable *durable)
{
    return durable->state.db != NULL;
}

/* Whether a change may be asked for now; otherwise CALL has been refused. */
bool durable_admits(struct call *call);

/* Whether those who wait for the disk should ask for no more (LIMIT_UNSAVED_BYTES). */
bool durable_is_full(const struct durable *durable);

/* OPERATION, which MR-PCIM has accepted just now for CALL and mgmt/changes.h knows, begins when the file has it, and
 * CALL is answered then, or with WAIT when it has ended. */
void durable_accept(struct call *call, struct pcim_operation *operation, bool wait);

/* CALL asks for what was asked before: it is answered by OPERATION as its first asker, when that one is. */
void durable_accept_again(struct call *call, const struct pcim_operation *operation, bool wait);

/* CALL has had OPERATION cancelled; it is answered when the file has who it was. */
void durable_cancelled(struct call *call, const struct pcim_operation *operation);

/* CALL, a change, is refused with STATUS. True: it is answered when that is in the audit log; false: now. */
bool durable_refuse(struct call *call, const struct call_status *status);

/* OPERATION, of the daemon's own, has begun. */
void durable_own(struct mriovd *daemon, const struct pcim_operation *operation);

/* OPERATION has ended. True: it may be told; otherwise change_answer_all() is called when it may. */
bool durable_ended(struct mriovd *daemon, const struct pcim_operation *operation);

/* EVENT has happened. */
void durable_event(struct mriovd *daemon, const struct pcim_event *event);

/* Events below may be told to those who watch; the others when watch_tell() is called. */
uint64_t durable_told_end(const struct mriovd *daemon);

#endif
