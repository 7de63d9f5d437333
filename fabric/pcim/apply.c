/* Apply: a whole desired ownership at once, all or nothing.
 *
 * It is tried on a copy of the inventory: what the wishes take from somebody is freed there, as is all that nobody
 * wished for where `prune` is on; then each wish is granted in turn, by the same rules as an assign. What differs
 * between the copy and the rack is the plan. So functions may change places, and asking again plans nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcim/method.h"
#include "fabric/pcim/plan.h"

struct trial {
    struct pcim *pcim;
    const struct pcim_apply_request *asked;
    struct pcim_inventory copy;
    struct pcim_function_id *functions; /* by wish: which it names; pf PCIM_NEXT */
    struct pcim_owner *owners;          /* by wish, uplinks settled later */
    struct pcim_refusal *refusal;
};

static struct pcim_function *copied(const struct trial *trial, struct pcim_function_id function)
{
    return pcim_function_at(&trial->copy, function);
}

/* Says which wish it was. */
static enum status in_wish(struct trial *trial, size_t wish, enum status status)
{
    if (status == STATUS_OK)
        return STATUS_OK;
    char message[181];
    snprintf(message, sizeof message, "%.180s", trial->refusal->message);
    snprintf(
        trial->refusal->message, sizeof trial->refusal->message, "binding %zu (%.48s to %.48s): %s", wish,
        trial->asked->wishes[wish].function != NULL ? trial->asked->wishes[wish].function : "?",
        trial->asked->wishes[wish].to != NULL ? trial->asked->wishes[wish].to : "?", message);
    return status;
}

static bool is_same(struct pcim_function_id one, struct pcim_function_id other)
{
    return one.adapter == other.adapter && one.pf == other.pf && one.vf == other.vf;
}

/* An adapter of one function, alone, is that function, whoever has it. */
static bool has_one(const struct pcim_adapter *adapter)
{
    return adapter->sharing != PCIM_SR_IOV && adapter->host == PCIM_NONE && adapter->pf_count == 1;
}

static enum status resolve_wish(struct trial *trial, size_t wish)
{
    const struct pcim_wish *of = &trial->asked->wishes[wish];
    const struct pcim_inventory *inventory = &trial->pcim->inventory;
    struct pcim_function_id *function = &trial->functions[wish];
    enum status status = pcim_resolve_function(inventory, of->function, true, function, trial->refusal);
    if (status == STATUS_OK)
        status = pcim_resolve_owner(inventory, of->to, &trial->owners[wish], trial->refusal);
    if (status == STATUS_OK && function->pf == PCIM_NEXT && has_one(&inventory->adapters[function->adapter]))
        function->pf = 0;
    for (size_t before = 0; before < wish && status == STATUS_OK && function->pf != PCIM_NEXT; before++)
        if (is_same(trial->functions[before], *function))
            status = pcim_refuse(trial->refusal, STATUS_INVALID_ARGUMENT, "binding %zu names it too", before);
    return status;
}

/* --- what is freed on the copy --- */

static void free_function(struct trial *trial, struct pcim_function_id function)
{
    struct pcim_function *at = copied(trial, function);
    if (at == NULL || at->state == PCIM_MANAGED)
        return;
    at->owner = at->actual = PCIM_NOBODY;
    if (function.vf == PCIM_NONE)
        pcim_inventory_offer(&trial->copy, function, 0);
}

/* A wish for what somebody else has takes it from there. A VF of a PF stays with its PF's owner. */
static void take_wished(struct trial *trial)
{
    for (size_t wish = 0; wish < trial->asked->wish_count; wish++) {
        struct pcim_function_id function = trial->functions[wish];
        if (function.pf < 0)
            continue;
        const struct pcim_adapter *adapter = &trial->copy.adapters[function.adapter];
        struct pcim_function *at = copied(trial, function);
        bool whole = function.vf == PCIM_NONE;
        if (at == NULL || at->state == PCIM_MANAGED || adapter->host != PCIM_NONE)
            continue;
        struct pcim_owner to = trial->owners[wish];
        bool stays = at->owner.host == to.host && at->owner.guest == to.guest &&
                     (to.uplink == PCIM_NONE || to.uplink == at->owner.uplink);
        if (!stays && (whole || adapter->sharing == PCIM_SR_IOV))
            free_function(trial, function);
        else if (!stays)
            at->owner = adapter->pfs[function.pf].function.owner;
    }
}

static bool is_wished(const struct trial *trial, struct pcim_function_id function)
{
    const struct pcim_function *at = copied(trial, function);
    for (size_t wish = 0; wish < trial->asked->wish_count; wish++) {
        struct pcim_function_id of = trial->functions[wish];
        /* One that asks for any PF is content with the one it has. */
        bool any = of.pf == PCIM_NEXT && of.adapter == function.adapter &&
                   pcim_owner_counts(at->owner, trial->owners[wish]) && at->owner.guest == trial->owners[wish].guest;
        if (any || is_same(of, function))
            return true;
    }
    return false;
}

static void prune_adapter(struct trial *trial, int index)
{
    struct pcim_adapter *adapter = &trial->copy.adapters[index];
    for (int pf = 0; pf < (int)adapter->pf_count; pf++) {
        struct pcim_function_id id = {index, pf, PCIM_NONE};
        if (adapter->sharing != PCIM_SR_IOV && adapter->host == PCIM_NONE && !is_wished(trial, id))
            free_function(trial, id);
        for (id.vf = 0; id.vf < (int)adapter->pfs[pf].vf_room; id.vf++) {
            if (is_wished(trial, id))
                continue;
            if (adapter->sharing == PCIM_SR_IOV)
                free_function(trial, id);
            else if (adapter->pfs[pf].vfs[id.vf].exists)
                adapter->pfs[pf].vfs[id.vf].owner = adapter->pfs[pf].function.owner;
        }
    }
}

/* --- what is granted on the copy --- */

/* An sr-iov adapter alone. */
static bool is_any_vfs(const struct trial *trial, size_t wish)
{
    struct pcim_function_id function = trial->functions[wish];
    return function.pf == PCIM_NEXT && trial->copy.adapters[function.adapter].sharing == PCIM_SR_IOV;
}

/* Of an sr-iov adapter alone: VFs that the owner has count. How many more it is to have; 0: they are enough, or it is
 * about something else. */
static uint32_t missing_vfs(const struct trial *trial, size_t wish)
{
    struct pcim_function_id function = trial->functions[wish];
    const struct pcim_adapter *adapter = &trial->copy.adapters[function.adapter];
    uint32_t wanted = trial->asked->wishes[wish].vfs_given ? trial->asked->wishes[wish].vfs : 1, has = 0;
    if (!is_any_vfs(trial, wish))
        return 0;
    for (uint32_t vf = 0; vf < adapter->pfs->vf_room; vf++)
        has += pcim_owner_counts(adapter->pfs->vfs[vf].owner, trial->owners[wish]) &&
               adapter->pfs->vfs[vf].owner.guest == trial->owners[wish].guest;
    return has < wanted ? wanted - has : 0;
}

static void own_on_copy(struct trial *trial, const struct pcim_grant *grant)
{
    struct pcim_function_id function = grant->function;
    for (uint32_t number = 0; number < grant->count; number++) {
        if (number > 0)
            function.vf = pcim_rules_next_vf(&trial->copy, function.adapter, function.vf + 1);
        copied(trial, function)->owner = grant->owner;
    }
    if (function.vf == PCIM_NONE)
        pcim_inventory_offer(&trial->copy, function, grant->vfs);
}

static enum status grant_wish(struct trial *trial, size_t wish)
{
    const struct pcim_wish *of = &trial->asked->wishes[wish];
    struct pcim_grant grant;
    bool any_vfs = is_any_vfs(trial, wish);
    uint32_t missing = missing_vfs(trial, wish), vfs = any_vfs ? missing : of->vfs;
    if (any_vfs && missing == 0 && (!of->vfs_given || of->vfs > 0))
        return STATUS_OK;
    enum status status = pcim_rules_assign(
        &trial->copy, trial->functions[wish], trial->owners[wish], of->vfs_given || any_vfs, vfs, &grant,
        trial->refusal);
    if (status == STATUS_OK && !grant.nothing_to_do)
        own_on_copy(trial, &grant);
    return status;
}

/* Whether a wish stands on what others get: a VF of a PF. */
static bool is_dependent(const struct trial *trial, size_t wish)
{
    struct pcim_function_id function = trial->functions[wish];
    return function.vf != PCIM_NONE && trial->copy.adapters[function.adapter].sharing != PCIM_SR_IOV;
}

static enum status grant_all(struct trial *trial)
{
    enum status status = STATUS_OK;
    for (int dependent = 0; dependent < 2; dependent++)
        for (size_t wish = 0; wish < trial->asked->wish_count && status == STATUS_OK; wish++)
            if (is_dependent(trial, wish) == (dependent == 1))
                status = in_wish(trial, wish, grant_wish(trial, wish));
    return status;
}

/* --- the difference --- */

/* PF as it is and as it shall be; then its VFs, which go with it unless a guest gets them. */
static void plan_pf(struct trial *trial, struct pcim_operation *operation, struct pcim_function_id id)
{
    const struct pcim_inventory *inventory = &trial->pcim->inventory;
    const struct pcim_pf *now = &inventory->adapters[id.adapter].pfs[id.pf];
    const struct pcim_pf *then = &trial->copy.adapters[id.adapter].pfs[id.pf];
    bool sr_iov = inventory->adapters[id.adapter].sharing == PCIM_SR_IOV;
    bool moves = !sr_iov && !pcim_owner_equal(now->function.owner, then->function.owner);
    if (moves)
        pcim_plan_add(trial->pcim, operation, id, then->function.owner, then->offered);
    for (id.vf = 0; id.vf < (int)(moves ? then->vf_room : now->vf_room); id.vf++) {
        const struct pcim_function *vf = &then->vfs[id.vf];
        struct pcim_owner from = moves ? then->function.owner : now->vfs[id.vf].owner;
        if (vf->exists && !pcim_owner_equal(from, vf->owner))
            pcim_plan_add_from(trial->pcim, operation, id, from, vf->owner, 0);
    }
}

static enum status plan_all(struct trial *trial, struct pcim_operation *operation)
{
    for (int adapter = 0; adapter < (int)trial->copy.adapter_count; adapter++)
        for (int pf = 0; pf < (int)trial->copy.adapters[adapter].pf_count; pf++)
            plan_pf(trial, operation, (struct pcim_function_id){adapter, pf, PCIM_NONE});
    enum status status = STATUS_OK;
    for (size_t index = 0; index < operation->change_count && status == STATUS_OK; index++)
        status = pcim_rules_unclaimed(&trial->pcim->inventory, operation->changes[index].function, trial->refusal);
    return status;
}

/* --- the method --- */

static enum status try_wishes(struct trial *trial, struct pcim_operation *operation)
{
    enum status status = STATUS_OK;
    for (size_t wish = 0; wish < trial->asked->wish_count && status == STATUS_OK; wish++)
        status = in_wish(trial, wish, resolve_wish(trial, wish));
    if (status != STATUS_OK)
        return status;
    take_wished(trial);
    for (int adapter = 0; trial->asked->prune && adapter < (int)trial->copy.adapter_count; adapter++)
        prune_adapter(trial, adapter);
    status = grant_all(trial);
    return status == STATUS_OK ? plan_all(trial, operation) : status;
}

static enum status
check_generation(const struct pcim *pcim, const struct pcim_apply_request *asked, struct pcim_refusal *refusal)
{
    uint64_t generation = pcim->inventory.generation;
    if (!asked->expected.given || asked->expected.generation == generation)
        return STATUS_OK;
    enum status status = pcim_refuse(
        refusal, STATUS_GENERATION_MISMATCH,
        "the rack is at generation %llu, not %llu: it has changed since you looked", (unsigned long long)generation,
        (unsigned long long)asked->expected.generation);
    refusal->generation = generation;
    return status;
}

static enum status prepare(
    struct pcim *pcim, const struct pcim_request *request, struct pcim_operation *operation, bool *nothing_to_do,
    struct pcim_refusal *refusal)
{
    const struct pcim_apply_request *asked = &request->apply;
    enum status status = check_generation(pcim, asked, refusal);
    if (status != STATUS_OK)
        return status;
    struct trial trial = {
        .pcim = pcim,
        .asked = asked,
        .copy = pcim_inventory_copy(&pcim->inventory),
        .functions = calloc(asked->wish_count + 1, sizeof *trial.functions),
        .owners = calloc(asked->wish_count + 1, sizeof *trial.owners),
        .refusal = refusal,
    };
    CHECK(trial.functions != NULL && trial.owners != NULL);
    operation->dry_run = asked->dry_run;
    operation->policy = asked->policy;
    operation->deadline_ps = asked->deadline_ps;
    status = try_wishes(&trial, operation);
    pcim_inventory_free_copy(&trial.copy);
    free(trial.functions);
    free(trial.owners);
    if (status != STATUS_OK)
        return status;
    pcim_plan_name(pcim, operation);
    *nothing_to_do = operation->change_count == 0;
    return pcim_plan_check(pcim, operation, refusal);
}

const struct pcim_method_ops pcim_apply = {
    .name = "apply",
    .prepare = prepare,
    .claim = pcim_plan_claim,
    .start = pcim_changes_start,
    .may_cancel = pcim_changes_may_cancel,
    .cancel = pcim_changes_cancel,
};
