/* Release: a function leaves its owner and is nobody's. A VF of an mr-iov PF that a guest has goes back to its host. */
#include <stdio.h>

#include "fabric/pcim/method.h"
#include "fabric/pcim/plan.h"

/* Who has FUNCTION next. A VF of a PF stays with the PF's owner. */
static enum status next_owner(
    const struct pcim *pcim, struct pcim_function_id function, struct pcim_owner *next, bool *nothing_to_do,
    struct pcim_refusal *refusal)
{
    const struct pcim_adapter *adapter = &pcim->inventory.adapters[function.adapter];
    const struct pcim_function *now = pcim_function_at(&pcim->inventory, function);
    *next = PCIM_NOBODY;
    *nothing_to_do = now == NULL || !now->exists || (pcim_owner_is_nobody(now->owner) && now->state == PCIM_FREE);
    if (*nothing_to_do || function.vf == PCIM_NONE || adapter->sharing == PCIM_SR_IOV)
        return STATUS_OK;
    *next = adapter->pfs[function.pf].function.owner;
    if (now->owner.guest != PCIM_NONE && next->guest == PCIM_NONE)
        return STATUS_OK;
    char text[PCIM_TEXT];
    enum status status = pcim_refuse(
        refusal, STATUS_UNSUPPORTED, "%s goes with its PF: it cannot be released by itself",
        pcim_function_text(&pcim->inventory, function, text));
    pcim_owner_text(&pcim->inventory, now->owner, refusal->holder);
    refusal->generation = now->generation;
    pcim_hint(refusal, "let the PF offer fewer VFs (vfs), or release the PF");
    return status;
}

static enum status prepare(
    struct pcim *pcim, const struct pcim_request *request, struct pcim_operation *operation, bool *nothing_to_do,
    struct pcim_refusal *refusal)
{
    const struct pcim_release_request *asked = &request->release;
    const struct pcim_inventory *inventory = &pcim->inventory;
    struct pcim_function_id function;
    struct pcim_owner next = PCIM_NOBODY;
    enum status status = pcim_resolve_function(inventory, asked->function, false, &function, refusal);
    if (status == STATUS_OK)
        status = pcim_rules_release(inventory, function, refusal);
    if (status == STATUS_OK)
        status = pcim_rules_generation(inventory, function, asked->expected, refusal);
    if (status == STATUS_OK)
        status = next_owner(pcim, function, &next, nothing_to_do, refusal);
    if (status != STATUS_OK)
        return status;
    pcim_function_text(inventory, function, operation->subject);
    operation->dry_run = asked->dry_run;
    operation->policy = asked->policy;
    operation->deadline_ps = asked->deadline_ps;
    if (!*nothing_to_do)
        pcim_plan_add(pcim, operation, function, next, 0);
    return pcim_plan_check(pcim, operation, refusal);
}

const struct pcim_method_ops pcim_release = {
    .name = "release",
    .prepare = prepare,
    .claim = pcim_plan_claim,
    .start = pcim_changes_start,
    .may_cancel = pcim_changes_may_cancel,
    .cancel = pcim_changes_cancel,
};
