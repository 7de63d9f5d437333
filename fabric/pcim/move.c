/* Move: a function leaves one owner and goes to another, as one: reset in between, and on failure back where it was. */
#include "fabric/pcim/method.h"
#include "fabric/pcim/plan.h"

static enum status prepare(
    struct pcim *pcim, const struct pcim_request *request, struct pcim_operation *operation, bool *nothing_to_do,
    struct pcim_refusal *refusal)
{
    const struct pcim_move_request *asked = &request->move;
    const struct pcim_inventory *inventory = &pcim->inventory;
    struct pcim_function_id function;
    struct pcim_owner owner;
    struct pcim_grant grant;
    enum status status = pcim_resolve_function(inventory, asked->function, false, &function, refusal);
    if (status == STATUS_OK)
        status = pcim_resolve_owner(inventory, asked->to, &owner, refusal);
    if (status == STATUS_OK)
        status = pcim_rules_generation(inventory, function, asked->expected, refusal);
    if (status == STATUS_OK)
        status = pcim_rules_move(inventory, function, owner, &grant, refusal);
    if (status != STATUS_OK)
        return status;
    pcim_function_text(inventory, function, operation->subject);
    operation->dry_run = asked->dry_run;
    operation->policy = asked->policy;
    operation->deadline_ps = asked->deadline_ps;
    *nothing_to_do = grant.nothing_to_do;
    if (!grant.nothing_to_do)
        pcim_plan_grant(pcim, operation, &grant);
    return pcim_plan_check(pcim, operation, refusal);
}

const struct pcim_method_ops pcim_move = {
    .name = "move",
    .prepare = prepare,
    .claim = pcim_plan_claim,
    .start = pcim_changes_start,
    .may_cancel = pcim_changes_may_cancel,
    .cancel = pcim_changes_cancel,
};
