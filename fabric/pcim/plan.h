/* Plan: the changes that an operation is going to make, while it is prepared. */
#ifndef FABRIC_PCIM_PLAN_H
#define FABRIC_PCIM_PLAN_H

#include "fabric/pcim/operation.h"
#include "fabric/pcim/rules.h"

/* FUNCTION goes to TO (nobody: to nobody) with VFS, if it is a PF, from whoever has it. */
void pcim_plan_add(
    const struct pcim *pcim, struct pcim_operation *operation, struct pcim_function_id function, struct pcim_owner to,
    uint32_t vfs);

/* The same from FROM, which may be who will have it by then. */
void pcim_plan_add_from(
    const struct pcim *pcim, struct pcim_operation *operation, struct pcim_function_id function, struct pcim_owner from,
    struct pcim_owner to, uint32_t vfs);

/* All functions of GRANT: one, or several single VFs. */
void pcim_plan_grant(const struct pcim *pcim, struct pcim_operation *operation, const struct pcim_grant *grant);

/* Refuses what the owners of the plan's functions cannot do: give up what they are not able to be asked for, or what
 * is in use when it must not be. */
MUST_CHECK enum status
pcim_plan_check(const struct pcim *pcim, const struct pcim_operation *operation, struct pcim_refusal *refusal);

/* Marks all that the plan changes as this operation's (method.h, `claim`). */
void pcim_plan_claim(struct pcim_operation *operation);

/* Names the one function that is changed, if it is one. */
void pcim_plan_name(const struct pcim *pcim, struct pcim_operation *operation);

#endif
