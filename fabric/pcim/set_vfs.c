/* SetVfs: how many VFs a PF offers in its hierarchy, by the VF migration handshake (SR-IOV 1.1, 2.4).
 *
 * More: each further VF is offered to the host, whose SR-PCIM resets and takes it; one that it does not take is
 * retracted, and those it had taken by then are asked back. Fewer: the highest are asked back one by one, which their
 * host must have idle and reset first; what is not given back stays, and those given back by then are offered again. */
#include <stdio.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/pcie/vf_migration.h"
#include "fabric/pcim/method.h"
#include "fabric/pcim/rules.h"

static enum status refuse_kind(const struct pcim *pcim, struct pcim_function_id pf, struct pcim_refusal *refusal)
{
    const struct pcim_adapter *adapter = &pcim->inventory.adapters[pf.adapter];
    char text[PCIM_TEXT];
    pcim_function_text(&pcim->inventory, pf, text);
    if (pf.vf != PCIM_NONE || pf.pf == PCIM_BF)
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "%s is not a PF", text);
    if (adapter->sharing == PCIM_MR_IOV)
        return STATUS_OK;
    enum status status =
        pcim_refuse(refusal, STATUS_UNSUPPORTED, "%s is not mr-iov: its VFs do not migrate", adapter->name);
    if (adapter->sharing == PCIM_SR_IOV)
        pcim_hint(refusal, "assign and release its VFs one by one");
    return status;
}

/* What the host cannot do. */
static enum status check_host(const struct pcim *pcim, const struct pcim_function *now, struct pcim_refusal *refusal)
{
    const struct pcim_host *host = &pcim->inventory.hosts[now->owner.host];
    const char *missing = !host->sr_iov ? "sr-iov" : !host->vf_migration ? "vf-migration" : NULL;
    if (missing == NULL)
        return STATUS_OK;
    enum status status = pcim_refuse(
        refusal, STATUS_UNSUPPORTED, "%s cannot change the number of its VFs: its hypervisor has no %s", host->name,
        missing);
    snprintf(refusal->holder, sizeof refusal->holder, "%s", host->name);
    pcim_hint(refusal, "release the PF, and assign it with the VFs that it shall have");
    return status;
}

/* VFs that would end and are a guest's. */
static enum status
check_guests(const struct pcim *pcim, struct pcim_function_id pf, uint32_t count, struct pcim_refusal *refusal)
{
    const struct pcim_pf *of = &pcim->inventory.adapters[pf.adapter].pfs[pf.pf];
    for (uint32_t vf = count; vf < of->offered; vf++) {
        if (of->vfs[vf].owner.guest == PCIM_NONE || of->function.owner.guest != PCIM_NONE)
            continue;
        char text[PCIM_TEXT], owner[PCIM_TEXT];
        pf.vf = (int)vf;
        pcim_owner_text(&pcim->inventory, of->vfs[vf].owner, owner);
        enum status status = pcim_refuse(
            refusal, STATUS_BUSY, "%s would end, and is %s's", pcim_function_text(&pcim->inventory, pf, text), owner);
        snprintf(refusal->holder, sizeof refusal->holder, "%s", owner);
        pcim_hint(refusal, "release it first");
        return status;
    }
    return STATUS_OK;
}

/* Which of the adapter's other PFs has most of its VFs; PCIM_NONE: none has any. */
static int greatest_other(const struct pcim_adapter *adapter, int pf)
{
    int greatest = PCIM_NONE;
    for (int other = 0; other < (int)adapter->pf_count; other++)
        if (other != pf && pcim_pf_vfs(&adapter->pfs[other]) > 0 &&
            (greatest == PCIM_NONE || pcim_pf_vfs(&adapter->pfs[other]) > pcim_pf_vfs(&adapter->pfs[greatest])))
            greatest = other;
    return greatest;
}

/* Others have what is wanted. */
static enum status refuse_taken(
    const struct pcim *pcim, struct pcim_function_id pf, uint32_t count, uint32_t left, struct pcim_refusal *refusal)
{
    const struct pcim_inventory *inventory = &pcim->inventory;
    const struct pcim_adapter *adapter = &inventory->adapters[pf.adapter];
    const struct pcim_function_id other = {pf.adapter, greatest_other(adapter, pf.pf), PCIM_NONE};
    const struct pcim_pf *holds = &adapter->pfs[other.pf];
    char text[PCIM_TEXT], holder[PCIM_TEXT];
    enum status status = pcim_refuse(
        refusal, STATUS_RESOURCES_EXHAUSTED, "%s has %u VFs in all: %s can have %u, not %u, while %s has %u",
        adapter->name, adapter->vf_limit, pcim_function_text(inventory, pf, text), left, count,
        pcim_function_text(inventory, other, holder), pcim_pf_vfs(holds));
    pcim_owner_text(inventory, holds->function.owner, refusal->holder);
    pcim_hint(refusal, "ask for %u at most, or let %s have fewer first", left, holder);
    return status;
}

static enum status
check_count(const struct pcim *pcim, struct pcim_function_id pf, uint32_t count, struct pcim_refusal *refusal)
{
    const struct pcim_adapter *adapter = &pcim->inventory.adapters[pf.adapter];
    uint32_t now = adapter->pfs[pf.pf].offered, left = adapter->vf_limit - pcim_offered(adapter) + now;
    uint32_t total = adapter->vf_limit < VF_MIGRATION_MOST ? adapter->vf_limit : VF_MIGRATION_MOST;
    if (count <= now || (count <= left && count <= total))
        return STATUS_OK;
    if (count <= total)
        return refuse_taken(pcim, pf, count, left, refusal);
    uint32_t most = left < total ? left : total;
    char text[PCIM_TEXT];
    pcim_function_text(&pcim->inventory, pf, text);
    enum status status = pcim_refuse(
        refusal, STATUS_RESOURCES_EXHAUSTED, "%s cannot have %u VFs: its TotalVFs are %u, and %s has %u in all", text,
        count, total, adapter->name, adapter->vf_limit);
    pcim_hint(refusal, "ask for %u at most", most);
    return status;
}

/* What is in the way to the adapter. */
static enum status check_adapter(const struct pcim *pcim, struct pcim_function_id pf, struct pcim_refusal *refusal)
{
    const struct pcim_inventory *inventory = &pcim->inventory;
    const struct pcim_adapter *adapter = &inventory->adapters[pf.adapter];
    const char *dead = adapter->failed                               ? adapter->name
                       : inventory->chassis[adapter->chassis].failed ? inventory->chassis[adapter->chassis].name
                       : !inventory->links[adapter->link].up         ? inventory->links[adapter->link].name
                                                                     : NULL;
    if (dead == NULL)
        return STATUS_OK;
    enum status status =
        pcim_refuse(refusal, STATUS_UNAVAILABLE, "%s is down: %s cannot be asked for VFs", dead, adapter->name);
    pcim_hint(refusal, "repair or enable it first");
    return status;
}

static enum status prepare(
    struct pcim *pcim, const struct pcim_request *request, struct pcim_operation *operation, bool *nothing_to_do,
    struct pcim_refusal *refusal)
{
    const struct pcim_set_vfs_request *asked = &request->set_vfs;
    const struct pcim_inventory *inventory = &pcim->inventory;
    struct pcim_function_id pf;
    char text[PCIM_TEXT];
    enum status status = pcim_resolve_function(inventory, asked->pf, false, &pf, refusal);
    if (status == STATUS_OK)
        status = refuse_kind(pcim, pf, refusal);
    if (status == STATUS_OK)
        status = pcim_rules_generation(inventory, pf, asked->expected, refusal);
    if (status == STATUS_OK)
        status = pcim_rules_unclaimed(inventory, pf, refusal);
    if (status != STATUS_OK)
        return status;
    const struct pcim_function *now = pcim_function_at(inventory, pf);
    pcim_function_text(inventory, pf, operation->subject);
    if (pcim_owner_is_nobody(now->owner)) {
        status = pcim_refuse(refusal, STATUS_NOT_ASSIGNED, "nobody has %s", pcim_function_text(inventory, pf, text));
        pcim_hint(refusal, "assign it, with as many VFs");
        return status;
    }
    operation->vfs.pf = pf;
    operation->vfs.count = asked->count;
    operation->vfs.doubtful = inventory->adapters[pf.adapter].pfs[pf.pf].claimed;
    operation->vfs.was = inventory->adapters[pf.adapter].pfs[pf.pf].offered;
    *nothing_to_do = asked->count == operation->vfs.was && operation->vfs.doubtful == 0;
    if (*nothing_to_do)
        return STATUS_OK;
    status = check_count(pcim, pf, asked->count, refusal);
    if (status == STATUS_OK)
        status = check_host(pcim, now, refusal);
    if (status == STATUS_OK)
        status = check_adapter(pcim, pf, refusal);
    return status == STATUS_OK ? check_guests(pcim, pf, asked->count, refusal) : status;
}

static struct pcim_function *function_of(const struct pcim_operation *operation)
{
    return pcim_function_at(&operation->pcim->inventory, operation->vfs.pf);
}

static struct pcim_pf *pf_of(const struct pcim_operation *operation)
{
    return &operation->pcim->inventory.adapters[operation->vfs.pf.adapter].pfs[operation->vfs.pf.pf];
}

/* The VFs that it is about to have are no other PF's from now on, and those that it gives back are not before all have
 * been: it may need them again. */
static void claim(struct pcim_operation *operation)
{
    function_of(operation)->operation = operation->id;
    pf_of(operation)->claimed = operation->vfs.count > operation->vfs.was ? operation->vfs.count : operation->vfs.was;
}

static void step(struct pcim_operation *operation);

static void end(struct pcim_operation *operation, enum status status)
{
    struct pcim_function *function = function_of(operation);
    function->operation = 0;
    pcim_inventory_touch(&operation->pcim->inventory, function);
    pcim_operation_end(operation, status);
}

static void end_known(struct pcim_operation *operation, enum status status)
{
    pf_of(operation)->claimed = 0;
    end(operation, status);
}

static void note_failure(struct pcim_operation *operation, enum status status)
{
    status = pcim_refuse(
        &operation->status, status, "%s: VF %u was not %s%s%s", operation->subject,
        pf_of(operation)->offered - (operation->vfs.count < operation->vfs.was),
        operation->vfs.count > operation->vfs.was ? "taken" : "given back", operation->call.why[0] != '\0' ? ": " : "",
        operation->call.why);
    CHECK(status == operation->status.code);
}

static void note_remainder(struct pcim_operation *operation, uint32_t offered, const char *more)
{
    size_t used = strlen(operation->status.message);
    snprintf(
        operation->status.message + used, sizeof operation->status.message - used, "; it has %u VFs%s", offered, more);
}

/* The adapter has not answered: the VF that was to come or go has, or has not. It is claimed until somebody asks again.
 */
static void end_unknown(struct pcim_operation *operation, bool comes)
{
    uint32_t offered = pf_of(operation)->offered;
    note_remainder(operation, offered, comes ? " or one more" : " or one fewer");
    pf_of(operation)->claimed = comes ? offered + 1 : offered;
    end(operation, operation->status.code);
}

static void done(struct pcim_call *call, enum status status)
{
    struct pcim_operation *operation = CONTAINER_OF(call, struct pcim_operation, call);
    uint32_t offered = pf_of(operation)->offered;
    bool comes = offered < operation->vfs.count;
    if (status == STATUS_OK) {
        pcim_inventory_offer(&operation->pcim->inventory, operation->vfs.pf, comes ? offered + 1 : offered - 1);
        step(operation);
        return;
    }
    if (!operation->undoing)
        note_failure(operation, status);
    if (status == STATUS_UNAVAILABLE) {
        end_unknown(operation, comes);
    } else if (operation->undoing) {
        note_remainder(operation, offered, "");
        end_known(operation, operation->status.code);
    } else { /* back to what was: the next steps go the other way */
        operation->undoing = true;
        operation->vfs.count = operation->vfs.was;
        step(operation);
    }
}

static void limits_told(struct pcim_call *call, enum status status)
{
    struct pcim_operation *operation = CONTAINER_OF(call, struct pcim_operation, call);
    end_known(operation, operation->status.code != STATUS_OK ? operation->status.code : status);
}

/* What the chassis limits in front of the adapter is the sum over the PF and its VFs, which are others now. */
static void finish(struct pcim_operation *operation, const struct pcim_binding *at)
{
    const struct pcim *pcim = operation->pcim;
    const struct pcim_function *pf = function_of(operation);
    if (pf->min_bps == 0 && pf->max_bps == 0) {
        end_known(operation, operation->status.code);
        return;
    }
    operation->call.done = limits_told;
    pcim->hardware->set_limits(pcim->rack, at, pf->min_bps, pf->max_bps, pf->weight, &operation->call);
}

static void step(struct pcim_operation *operation)
{
    struct pcim *pcim = operation->pcim;
    struct pcim_owner owner = function_of(operation)->owner;
    uint32_t offered = pf_of(operation)->offered, count = operation->vfs.count;
    struct pcim_binding at = {
        .function = operation->vfs.pf,
        .owner = owner,
        .vh = pcim_hierarchy_of(&pcim->inventory, owner, operation->vfs.pf.adapter)->vh,
        .vfs = offered,
    };
    operation->call.done = done;
    operation->call.why[0] = '\0';
    if (offered < count)
        pcim->hardware->vf_offer(pcim->rack, &at, offered, &operation->call);
    else if (offered > count)
        pcim->hardware->vf_take_back(pcim->rack, &at, offered - 1, &operation->call);
    else
        finish(operation, &at);
}

/* Where the last operation did not learn what became of a VF, the highest that its PF may have, it is offered again, or
 * asked back: both do nothing where that is so already. */
static void start(struct pcim_operation *operation)
{
    struct pcim_inventory *inventory = &operation->pcim->inventory;
    uint32_t doubtful = operation->vfs.doubtful;
    if (doubtful > 0)
        pcim_inventory_offer(inventory, operation->vfs.pf, operation->vfs.count < doubtful ? doubtful : doubtful - 1);
    step(operation);
}

const struct pcim_method_ops pcim_set_vfs = {.name = "vfs", .prepare = prepare, .claim = claim, .start = start};
