#include "fabric/pcim/plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcim/pcim.h"

static struct pcim_binding
binding_of(const struct pcim *pcim, struct pcim_function_id function, struct pcim_owner owner, uint32_t vfs)
{
    const struct pcim_hierarchy *hierarchy = pcim_hierarchy_of(&pcim->inventory, owner, function.adapter);
    return (struct pcim_binding){
        .function = function, .owner = owner, .vh = hierarchy == NULL ? 0 : hierarchy->vh, .vfs = vfs};
}

void pcim_plan_add_from(
    const struct pcim *pcim, struct pcim_operation *operation, struct pcim_function_id function, struct pcim_owner from,
    struct pcim_owner to, uint32_t vfs)
{
    const struct pcim_inventory *inventory = &pcim->inventory;
    const struct pcim_adapter *adapter = &inventory->adapters[function.adapter];
    const struct pcim_function *now = pcim_function_at(inventory, function);
    operation->changes = reallocarray(operation->changes, operation->change_count + 1, sizeof *operation->changes);
    CHECK(operation->changes != NULL);
    struct pcim_change *change = &operation->changes[operation->change_count++];
    *change = (struct pcim_change){
        .function = function,
        .from = binding_of(pcim, function, from, function.vf == PCIM_NONE ? adapter->pfs[function.pf].offered : 0),
        .to = binding_of(pcim, function, to, vfs),
        .quarantined = now != NULL && now->state == PCIM_FAILED,
    };
    /* With other VFs a PF begins anew. */
    change->within_host = !change->quarantined && change->from.vh != 0 && change->from.vh == change->to.vh &&
                          change->from.vfs == change->to.vfs;
}

void pcim_plan_add(
    const struct pcim *pcim, struct pcim_operation *operation, struct pcim_function_id function, struct pcim_owner to,
    uint32_t vfs)
{
    const struct pcim_function *now = pcim_function_at(&pcim->inventory, function);
    struct pcim_owner from = now->state == PCIM_FAILED ? now->actual : now->owner;
    pcim_plan_add_from(pcim, operation, function, from, to, vfs);
}

void pcim_plan_grant(const struct pcim *pcim, struct pcim_operation *operation, const struct pcim_grant *grant)
{
    struct pcim_function_id function = grant->function;
    for (uint32_t number = 0; number < grant->count; number++) {
        if (number > 0)
            function.vf = pcim_rules_next_vf(&pcim->inventory, function.adapter, function.vf + 1);
        pcim_plan_add(pcim, operation, function, grant->owner, grant->vfs);
    }
}

static enum status
check_in_use(const struct pcim *pcim, const struct pcim_change *change, const char *name, struct pcim_refusal *refusal)
{
    if (!pcim->hardware->is_in_use(pcim->rack, &change->from))
        return STATUS_OK;
    char owner[PCIM_TEXT];
    pcim_owner_text(&pcim->inventory, change->from.owner, owner);
    enum status status = pcim_refuse(refusal, STATUS_BUSY, "%s is in use by %s", name, owner);
    snprintf(refusal->holder, sizeof refusal->holder, "%s", owner);
    refusal->generation = pcim_function_at(&pcim->inventory, change->function)->generation;
    pcim_hint(refusal, "policy wait takes it when it is idle, managed when its driver lets go, surprise at once");
    return status;
}

/* A function that is there passes between a host and its guests. */
static enum status check_passing(
    const struct pcim *pcim, const struct pcim_change *change, const struct pcim_host *host, const char *name,
    struct pcim_refusal *refusal)
{
    const struct pcim_function *function = pcim_function_at(&pcim->inventory, change->function);
    if (function == NULL || !function->exists || !pcim_owner_equal(function->actual, change->from.owner))
        return STATUS_OK; /* it comes with the rest of the plan */
    if (host->failed)
        return pcim_refuse(refusal, STATUS_UNAVAILABLE, "%s is down: it cannot pass %s on", host->name, name);
    if (host->plugs_guests)
        return STATUS_OK;
    enum status status = pcim_refuse(
        refusal, STATUS_UNSUPPORTED, "%s cannot pass %s on: its hypervisor has no hotplug", host->name, name);
    snprintf(refusal->holder, sizeof refusal->holder, "%s", host->name);
    pcim_hint(refusal, "its guests have what `assign` gives them at time zero");
    return status;
}

/* Its owner is asked for it, and can be: trunks on the way are looked at when it is. */
static enum status check_asking(
    const struct pcim *pcim, const struct pcim_change *change, const struct pcim_host *host, const char *name,
    struct pcim_refusal *refusal)
{
    int uplink = change->from.owner.uplink;
    const struct pcim_link *link = uplink != PCIM_NONE ? &pcim->inventory.links[host->links[uplink]] : NULL;
    enum status status = STATUS_OK;
    if (host->hotplug != PCIM_HOTPLUG_MANAGED)
        status = pcim_refuse(
            refusal, STATUS_UNSUPPORTED, "%s cannot be asked for %s: it has no managed hot-plug", host->name, name);
    else if (host->failed)
        status = pcim_refuse(refusal, STATUS_UNAVAILABLE, "%s is down: it cannot be asked for %s", host->name, name);
    else if (link != NULL && !link->up)
        status = pcim_refuse(
            refusal, STATUS_UNAVAILABLE, "link %s is down: %s cannot be asked for %s", link->name, host->name, name);
    if (status == STATUS_OK)
        return STATUS_OK;
    snprintf(refusal->holder, sizeof refusal->holder, "%s", host->name);
    pcim_hint(
        refusal, "policy surprise takes it at once%s",
        host->hotplug == PCIM_HOTPLUG_NONE ? "; the host keeps a dead function until it reboots" : "");
    return status;
}

enum status
pcim_plan_check(const struct pcim *pcim, const struct pcim_operation *operation, struct pcim_refusal *refusal)
{
    for (size_t index = 0; index < operation->change_count; index++) {
        const struct pcim_change *change = &operation->changes[index];
        char name[PCIM_TEXT];
        if (pcim_owner_is_nobody(change->from.owner) || change->quarantined)
            continue;
        pcim_function_text(&pcim->inventory, change->function, name);
        const struct pcim_host *host = &pcim->inventory.hosts[change->from.owner.host];
        bool asked = operation->policy != PCIM_POLICY_SURPRISE && !change->within_host;
        if (change->within_host) {
            enum status status = check_passing(pcim, change, host, name, refusal);
            if (status != STATUS_OK)
                return status;
        }
        if (operation->policy == PCIM_POLICY_REFUSE_IF_BUSY) {
            enum status status = check_in_use(pcim, change, name, refusal);
            if (status != STATUS_OK)
                return status;
        }
        enum status status = asked ? check_asking(pcim, change, host, name, refusal) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static void claim(struct pcim_operation *operation, const struct pcim_change *change)
{
    struct pcim_inventory *inventory = &operation->pcim->inventory;
    struct pcim_pf *pf = &inventory->adapters[change->function.adapter].pfs[change->function.pf];
    bool whole = change->function.vf == PCIM_NONE;
    if (whole)
        pcim_inventory_make_room(inventory, change->function, change->to.vfs);
    struct pcim_function *function = pcim_function_at(inventory, change->function);
    function->operation = operation->id;
    function->owner = change->to.owner;
    function->origin = change->quarantined ? PCIM_NOBODY : change->from.owner;
    function->reserved = function->seen = false;
    if (function->state != PCIM_FAILED)
        function->state = pcim_owner_is_nobody(change->from.owner) ? PCIM_ARRIVING : PCIM_LEAVING;
    inventory->generation++;
    for (uint32_t vf = 0; whole && vf < pf->offered; vf++)
        pf->vfs[vf].operation = operation->id, pf->vfs[vf].seen = false;
}

void pcim_plan_claim(struct pcim_operation *operation)
{
    for (size_t index = 0; index < operation->change_count; index++)
        claim(operation, &operation->changes[index]);
}

void pcim_plan_name(const struct pcim *pcim, struct pcim_operation *operation)
{
    if (operation->change_count == 1)
        pcim_function_text(&pcim->inventory, operation->changes[0].function, operation->subject);
}
