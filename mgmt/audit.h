/* Audit: the state file's table `audit`: who asked for which change of the rack, when, and what became of it; the
 * refused ones too. docs/api.md says how it is read.
 *
 * The last LIMIT_AUDIT of those that were accepted are kept, and as many of those that were refused: nobody can wash
 * away what was done by asking for what is not allowed. */
#ifndef MGMT_AUDIT_H
#define MGMT_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/status.h"

struct call;
struct mriovd;
struct record;
struct state;

struct audit {
    uint64_t last_id;
    uint64_t counts[2]; /* entries: accepted, refused */
};

/* Counts what is in the file. False: it cannot be read. */
bool audit_open(struct audit *audit, struct state *state);

/* Has RECORD enter what CALL asks for: accepted, as OPERATION (0: it has none) about TARGET. Answers the entry's id. */
uint64_t audit_accepted(struct record *record, const struct call *call, uint64_t operation, const char *target);

/* ... refused, with CODE and MESSAGE. */
void audit_refused(struct record *record, const struct call *call, enum status code, const char *message);

/* ... what OPERATION, of the daemon's own, is for. */
uint64_t
audit_own(struct record *record, struct mriovd *daemon, const char *method, uint64_t operation, const char *target);

/* Entry ID has this OUTCOME, and why; ID 0 is none. */
void audit_outcome(struct record *record, uint64_t id, const char *outcome, const char *message);

#endif
