/* Assign: a function that nobody has goes to a host or guest, and is hot-added there. */
#include <stdio.h>

#include "fabric/pcim/method.h"
#include "fabric/pcim/plan.h"

static enum status prepare(
    struct pcim *pcim, const struct pcim_request *request, struct pcim_operation *operation, bool *nothing_to_do,
    struct pcim_refusal *refusal)
{
    const struct pcim_assign_request *asked = &request->assign;
    const struct pcim_inventory *inventory = &pcim->inventory;
    struct pcim_function_id function;
    struct pcim_owner owner;
    struct pcim_grant grant;
    enum status status = pcim_resolve_function(inventory, asked->function, true, &function, refusal);
    if (status == STATUS_OK)
        status = pcim_resolve_owner(inventory, asked->to, &owner, refusal);
    if (status == STATUS_OK && function.pf != PCIM_NEXT)
        status = pcim_rules_generation(inventory, function, asked->expected, refusal);
    if (status == STATUS_OK)
        status = pcim_rules_assign(inventory, function, owner, asked->vfs_given, asked->vfs, &grant, refusal);
    if (status != STATUS_OK)
        return status;
    operation->dry_run = asked->dry_run;
    pcim_function_text(inventory, grant.function, operation->subject);
    *nothing_to_do = grant.nothing_to_do;
    if (!grant.nothing_to_do)
        pcim_plan_grant(pcim, operation, &grant);
    return pcim_plan_check(pcim, operation, refusal);
}

const struct pcim_method_ops pcim_assign = {
    .name = "assign",
    .prepare = prepare,
    .claim = pcim_plan_claim,
    .start = pcim_changes_start,
    .may_cancel = pcim_changes_may_cancel,
    .cancel = pcim_changes_cancel,
};
