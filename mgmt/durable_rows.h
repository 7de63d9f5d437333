/* Durable rows: what the state file has of operations and of what they changed, as records (mgmt/durable.h). */
#ifndef MGMT_DURABLE_ROWS_H
#define MGMT_DURABLE_ROWS_H

#include "fabric/pcim/pcim.h"
#include "mgmt/record.h"

struct mriovd;

/* Who owns FUNCTION, and its limits. */
void durable_rows_function(struct record *record, struct mriovd *daemon, struct pcim_function_id function);

/* All faults that hold, and how long each will. */
void durable_rows_faults(struct record *record, struct mriovd *daemon);

/* The last of the refusals that bind a request key. */
void durable_rows_refused(struct record *record, struct mriovd *daemon);

/* OPERATION has been accepted: who asked, by which key, and its plan. */
void durable_rows_accepted(struct record *record, struct mriovd *daemon, const struct pcim_operation *operation);

/* It has ended. With EFFECTS: all that it has changed; the oldest operations go as MR-PCIM's do. */
void durable_rows_ended(
    struct record *record, struct mriovd *daemon, const struct pcim_operation *operation, bool effects);

#endif
