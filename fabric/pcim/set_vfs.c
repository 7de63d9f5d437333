/* SetVfs: how many VFs a PF offers in its hierarchy, by the VF migration handshake (SR-IOV 1.1, 2.4).
 *
 * More: each further VF is offered to the host, whose SR-PCIM takes it; one that it does not take is retracted, and so
 * are those it had taken by then. Fewer: the highest are asked back one by one, which their host must have idle and
 * reset first; then this side resets them again. */
#include <stdio.h>

#include "fabric/base/check.h"
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

static enum status
check_count(const struct pcim *pcim, struct pcim_function_id pf, uint32_t count, struct pcim_refusal *refusal)
{
    const struct pcim_adapter *adapter = &pcim->inventory.adapters[pf.adapter];
    uint32_t left = adapter->vf_limit - pcim_offered(adapter) + adapter->pfs[pf.pf].offered;
    if (count <= left)
        return STATUS_OK;
    enum status status = pcim_refuse(
        refusal, STATUS_RESOURCES_EXHAUSTED, "%s has %u VFs in all: this PF can offer %u, not %u", adapter->name,
        adapter->vf_limit, left, count);
    pcim_hint(refusal, "let other PFs offer fewer first");
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
    operation->vfs.was = inventory->adapters[pf.adapter].pfs[pf.pf].offered;
    *nothing_to_do = asked->count == operation->vfs.was;
    if (*nothing_to_do)
        return STATUS_OK;
    status = check_count(pcim, pf, asked->count, refusal);
    if (status == STATUS_OK)
        status = check_host(pcim, now, refusal);
    return status == STATUS_OK ? check_guests(pcim, pf, asked->count, refusal) : status;
}

static struct pcim_function *function_of(const struct pcim_operation *operation)
{
    return pcim_function_at(&operation->pcim->inventory, operation->vfs.pf);
}

static uint32_t *offered_of(const struct pcim_operation *operation)
{
    return &operation->pcim->inventory.adapters[operation->vfs.pf.adapter].pfs[operation->vfs.pf.pf].offered;
}

static void claim(struct pcim_operation *operation)
{
    function_of(operation)->operation = operation->id;
}

static void step(struct pcim_operation *operation);

static void end(struct pcim_operation *operation, enum status status)
{
    struct pcim_function *function = function_of(operation);
    function->operation = 0;
    pcim_inventory_touch(&operation->pcim->inventory, function);
    pcim_operation_end(operation, status);
}

static void note_failure(struct pcim_operation *operation, enum status status)
{
    status = pcim_refuse(
        &operation->status, status, "%s: VF %u was not %s%s%s", operation->subject,
        *offered_of(operation) - (operation->vfs.count < operation->vfs.was),
        operation->vfs.count > operation->vfs.was ? "taken" : "given back", operation->call.why[0] != '\0' ? ": " : "",
        operation->call.why);
    CHECK(status == operation->status.code);
    /* Back to what was: the next steps go the other way. */
    operation->undoing = true;
    operation->vfs.count = operation->vfs.was;
}

static void done(struct pcim_call *call, enum status status)
{
    struct pcim_operation *operation = CONTAINER_OF(call, struct pcim_operation, call);
    uint32_t offered = *offered_of(operation);
    if (status == STATUS_OK) {
        offered = offered < operation->vfs.count ? offered + 1 : offered - 1;
        pcim_inventory_offer(&operation->pcim->inventory, operation->vfs.pf, offered);
    } else if (operation->undoing) {
        end(operation, operation->status.code);
        return;
    } else {
        note_failure(operation, status);
    }
    step(operation);
}

static void step(struct pcim_operation *operation)
{
    struct pcim *pcim = operation->pcim;
    struct pcim_owner owner = function_of(operation)->owner;
    uint32_t offered = *offered_of(operation), count = operation->vfs.count;
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
        end(operation, operation->status.code);
}

const struct pcim_method_ops pcim_set_vfs = {.name = "vfs", .prepare = prepare, .claim = claim, .start = step};
