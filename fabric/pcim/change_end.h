/* Change end: what the inventory says of a function once its change (fabric/pcim/change.h) is over, whichever way it
 * has gone, and who is told. */
#ifndef FABRIC_PCIM_CHANGE_END_H
#define FABRIC_PCIM_CHANGE_END_H

#include <stddef.h>

#include "fabric/pcim/change.h"
#include "fabric/pcim/operation.h"

/* Calls VISIT for the function of CHANGE and, of a whole PF, each of its VFs. */
void pcim_change_each(
    const struct pcim_change *change, void (*visit)(struct pcim_function *function, const struct pcim_change *change));

/* CHANGE is over: with its new owner or, when its operation is undoing, with the old one; or lost. */
void pcim_change_settle(struct pcim_change *change);

/* What whoever asked should know of OPERATION, which has worked, as its `detail`, unless there is one: the first that
 * there is to say of its changes. */
void pcim_change_remark(struct pcim_operation *operation);

#endif
