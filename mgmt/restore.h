/* Restore: a rack becomes what the state file says (mgmt/durable.h). */
#ifndef MGMT_RESTORE_H
#define MGMT_RESTORE_H

#include <stdbool.h>
#include <stddef.h>

struct mriovd;

/* Lists the operations of earlier lives, those that had not ended as failed; operations and events go on counting where
 * they were. False: the file cannot be read or written. */
bool restore_past(struct mriovd *daemon);

/* Has MR-PCIM make the rack what it was, by operations of its own, and lets time pass until they have ended: for a
 * second of wall clock, then the rest goes on as time does. What is no longer possible is in the log. False: the file
 * cannot be read, or the model cannot go on. */
bool restore_rack(struct mriovd *daemon, char *why, size_t why_size);

#endif
