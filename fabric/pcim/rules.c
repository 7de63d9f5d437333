#include "fabric/pcim/rules.h"

#include <stdio.h>

#include "fabric/base/check.h"
#include "fabric/pcim/resolve.h"

/* A question under way. */
struct asking {
    const struct pcim_inventory *inventory;
    const struct pcim_adapter *adapter;
    struct pcim_refusal *refusal;
    struct pcim_grant *grant;
    bool moving; /* whoever has it loses it */
    bool vfs_given;
    char function[PCIM_TEXT], owner[PCIM_TEXT], other[PCIM_TEXT];
};

static const struct pcim_function *at(const struct asking *asking, int pf, int vf)
{
    return pcim_function_at(asking->inventory, (struct pcim_function_id){asking->grant->function.adapter, pf, vf});
}

static const char *name_of(struct asking *asking, int pf, int vf)
{
    return pcim_function_text(
        asking->inventory, (struct pcim_function_id){asking->grant->function.adapter, pf, vf}, asking->function);
}

static const char *text_of(struct asking *asking, struct pcim_owner owner)
{
    return pcim_owner_text(asking->inventory, owner, asking->other);
}

/* --- common --- */

enum status pcim_rules_generation(
    const struct pcim_inventory *inventory, struct pcim_function_id id, struct pcim_expected expected,
    struct pcim_refusal *refusal)
{
    const struct pcim_function *function = pcim_function_at(inventory, id);
    uint64_t generation = function == NULL ? 0 : function->generation;
    if (!expected.given || expected.generation == generation)
        return STATUS_OK;
    char text[PCIM_TEXT];
    enum status status = pcim_refuse(
        refusal, STATUS_GENERATION_MISMATCH, "%s is at generation %llu, not %llu: it has changed since you looked",
        pcim_function_text(inventory, id, text), (unsigned long long)generation,
        (unsigned long long)expected.generation);
    refusal->generation = generation;
    if (function != NULL)
        pcim_owner_text(inventory, function->owner, refusal->holder);
    pcim_hint(refusal, "look again, and ask with the generation that you find");
    return status;
}

static enum status unclaimed(
    const struct pcim_inventory *inventory, struct pcim_function_id id, const struct pcim_function *function,
    struct pcim_refusal *refusal)
{
    if (function == NULL || function->operation == 0)
        return STATUS_OK;
    char text[PCIM_TEXT];
    enum status status = pcim_refuse(
        refusal, STATUS_BUSY, "operation %llu is changing %s", (unsigned long long)function->operation,
        pcim_function_text(inventory, id, text));
    snprintf(refusal->holder, sizeof refusal->holder, "operation %llu", (unsigned long long)function->operation);
    refusal->generation = function->generation;
    pcim_hint(refusal, "wait until it has ended, or cancel it");
    return status;
}

enum status
pcim_rules_unclaimed(const struct pcim_inventory *inventory, struct pcim_function_id id, struct pcim_refusal *refusal)
{
    const struct pcim_pf *pf = &inventory->adapters[id.adapter].pfs[id.pf];
    enum status status = unclaimed(inventory, id, pcim_function_at(inventory, id), refusal);
    bool whole = inventory->adapters[id.adapter].sharing != PCIM_SR_IOV;
    struct pcim_function_id of = {id.adapter, id.pf, PCIM_NONE};
    if (status == STATUS_OK && whole && id.vf != PCIM_NONE)
        status = unclaimed(inventory, of, &pf->function, refusal);
    for (of.vf = 0; status == STATUS_OK && whole && id.vf == PCIM_NONE && of.vf < (int)pf->vf_room; of.vf++)
        status = unclaimed(inventory, of, &pf->vfs[of.vf], refusal);
    return status;
}

static enum status refuse_owned(struct asking *asking, int pf, int vf)
{
    const struct pcim_function *function = at(asking, pf, vf);
    enum status status = pcim_refuse(
        asking->refusal, STATUS_ALREADY_ASSIGNED, "%s is %s's", name_of(asking, pf, vf),
        text_of(asking, function->owner));
    pcim_owner_text(asking->inventory, function->owner, asking->refusal->holder);
    asking->refusal->generation = function->generation;
    if (pcim_owner_equal(function->owner, asking->grant->owner))
        pcim_hint(asking->refusal, "`vfs` changes how many VFs it offers (SetVfs)");
    else
        pcim_hint(asking->refusal, "move it to %s, or release it first", asking->owner);
    return status;
}

static enum status refuse_managed(struct asking *asking, int pf)
{
    enum status status =
        pcim_refuse(asking->refusal, STATUS_UNSUPPORTED, "%s is MR-PCIM's own", name_of(asking, pf, PCIM_NONE));
    snprintf(asking->refusal->holder, sizeof asking->refusal->holder, "MR-PCIM");
    if (pf == PCIM_BF)
        pcim_hint(asking->refusal, "hosts get PFs, such as %s.pf0", asking->adapter->name);
    else
        pcim_hint(asking->refusal, "hosts get its VFs, such as %s.vf0", asking->adapter->name);
    return status;
}

/* The way there, and that all on it works. */
static enum status settle_uplink(struct asking *asking)
{
    const struct pcim_inventory *inventory = asking->inventory;
    struct pcim_owner *owner = &asking->grant->owner;
    const struct pcim_host *host = &inventory->hosts[owner->host];
    const struct pcim_function *now =
        asking->grant->function.pf >= 0 ? at(asking, asking->grant->function.pf, asking->grant->function.vf) : NULL;
    int chassis = asking->adapter->chassis, nearest = PCIM_NONE;
    if (owner->uplink == PCIM_NONE && now != NULL && now->owner.host == owner->host)
        owner->uplink = now->owner.uplink; /* it stays where it is */
    if (asking->adapter->host != PCIM_NONE) {
        if (asking->adapter->host == owner->host)
            return STATUS_OK;
        enum status status = pcim_refuse(
            asking->refusal, STATUS_UNSUPPORTED, "%s is in %s: it cannot go to %s", asking->adapter->name,
            inventory->hosts[asking->adapter->host].name, asking->owner);
        pcim_hint(asking->refusal, "only what is in a chassis is shared");
        return status;
    }
    for (int uplink = 0; uplink < (int)host->uplink_count; uplink++) {
        int hops = pcim_hops(inventory, host->chassis[uplink], chassis);
        if (hops == PCIM_NONE || (owner->uplink != PCIM_NONE && owner->uplink != uplink))
            continue;
        if (nearest == PCIM_NONE || hops < pcim_hops(inventory, host->chassis[nearest], chassis))
            nearest = uplink;
    }
    if (nearest == PCIM_NONE)
        return pcim_refuse(
            asking->refusal, STATUS_UNSUPPORTED, "there is no way from %s to %s at %s", asking->owner,
            asking->adapter->name, inventory->chassis[chassis].name);
    owner->uplink = nearest;
    return STATUS_OK;
}

static enum status check_works(struct asking *asking)
{
    const struct pcim_inventory *inventory = asking->inventory;
    const struct pcim_owner *owner = &asking->grant->owner;
    const char *dead = NULL;
    const char *what = "adapter";
    if (asking->adapter->failed)
        dead = asking->adapter->name;
    else if (inventory->hosts[owner->host].failed)
        dead = inventory->hosts[owner->host].name, what = "host";
    else if (asking->adapter->chassis != PCIM_NONE && inventory->chassis[asking->adapter->chassis].failed)
        dead = inventory->chassis[asking->adapter->chassis].name, what = "chassis";
    else if (!inventory->links[asking->adapter->link].up)
        dead = inventory->links[asking->adapter->link].name, what = "link";
    else if (owner->uplink != PCIM_NONE && !inventory->links[inventory->hosts[owner->host].links[owner->uplink]].up)
        dead = inventory->links[inventory->hosts[owner->host].links[owner->uplink]].name, what = "link";
    if (dead == NULL)
        return STATUS_OK;
    enum status status = pcim_refuse(
        asking->refusal, STATUS_UNAVAILABLE, "%s %s is down: %s cannot have %s", what, dead, asking->owner,
        asking->adapter->name);
    pcim_hint(asking->refusal, "repair or enable it first");
    return status;
}

/* --- sr-iov: single VFs to anybody --- */

int pcim_rules_next_vf(const struct pcim_inventory *inventory, int adapter, int vf)
{
    const struct pcim_pf *pf = inventory->adapters[adapter].pfs;
    for (; vf < (int)pf->vf_room; vf++)
        if (pcim_owner_is_nobody(pf->vfs[vf].owner) && pf->vfs[vf].operation == 0 && !pf->vfs[vf].reserved)
            return vf;
    return PCIM_NONE;
}

static enum status assign_next_vfs(struct asking *asking, uint32_t vfs)
{
    uint32_t wanted = asking->vfs_given ? vfs : 1, found = 0;
    if (wanted == 0)
        return pcim_refuse(
            asking->refusal, STATUS_INVALID_ARGUMENT, "0 VFs of %s give %s nothing", asking->adapter->name,
            asking->owner);
    int adapter = asking->grant->function.adapter, first = pcim_rules_next_vf(asking->inventory, adapter, 0);
    for (int vf = first; vf != PCIM_NONE; vf = pcim_rules_next_vf(asking->inventory, adapter, vf + 1))
        found++;
    if (found < wanted) {
        enum status status = pcim_refuse(
            asking->refusal, STATUS_RESOURCES_EXHAUSTED, "%s has %u VFs, of which %u are free: %s cannot get %u",
            asking->adapter->name, asking->adapter->vf_limit, found, asking->owner, wanted);
        pcim_hint(asking->refusal, "release some, or move one");
        return status;
    }
    asking->grant->function = (struct pcim_function_id){adapter, 0, first};
    asking->grant->count = wanted;
    return STATUS_OK;
}

static enum status assign_sr_iov(struct asking *asking, uint32_t vfs)
{
    struct pcim_function_id id = asking->grant->function;
    if (id.pf == PCIM_NEXT)
        return assign_next_vfs(asking, vfs);
    if (id.vf == PCIM_NONE)
        return refuse_managed(asking, id.pf);
    if (asking->vfs_given)
        return pcim_refuse(
            asking->refusal, STATUS_INVALID_ARGUMENT, "VFs come with an adapter or a PF, and %s is one VF",
            name_of(asking, id.pf, id.vf));
    const struct pcim_function *function = at(asking, id.pf, id.vf);
    if (pcim_owner_equal(function->owner, asking->grant->owner))
        asking->grant->nothing_to_do = true;
    else if (!pcim_owner_is_nobody(function->owner) && !asking->moving)
        return refuse_owned(asking, id.pf, id.vf);
    return STATUS_OK;
}

/* --- mr-iov and exclusive: PFs whole, single VFs to guests of the host that has the PF --- */

static enum status check_one_pf(struct asking *asking)
{
    const struct pcim_owner *owner = &asking->grant->owner;
    for (int pf = 0; pf < (int)asking->adapter->pf_count; pf++) {
        const struct pcim_function *function = at(asking, pf, PCIM_NONE);
        struct pcim_owner root = {owner->host, owner->uplink, PCIM_NONE};
        bool has = pcim_owner_counts(function->owner, root);
        bool leaves = pcim_owner_counts(function->actual, root) || pcim_owner_counts(function->origin, root);
        if (pf == asking->grant->function.pf || (!has && !leaves))
            continue;
        if (!has && function->operation != 0) /* it may come back */
            return unclaimed(
                asking->inventory, (struct pcim_function_id){asking->grant->function.adapter, pf, PCIM_NONE}, function,
                asking->refusal);
        enum status status = pcim_refuse(
            asking->refusal, STATUS_ALREADY_ASSIGNED, "%s has %s: an adapter offers at most one PF to each hierarchy",
            asking->owner, name_of(asking, pf, PCIM_NONE));
        pcim_owner_text(asking->inventory, function->owner, asking->refusal->holder);
        asking->refusal->generation = function->generation;
        pcim_hint(asking->refusal, "let %s offer more VFs (vfs)", name_of(asking, pf, PCIM_NONE));
        return status;
    }
    return STATUS_OK;
}

/* Whoever asks for a PF and has one of the adapter has it: asking again changes nothing. */
static void find_own_pf(struct asking *asking)
{
    for (int pf = 0; pf < (int)asking->adapter->pf_count; pf++)
        if (pcim_owner_equal(at(asking, pf, PCIM_NONE)->owner, asking->grant->owner))
            asking->grant->function.pf = pf;
}

static enum status find_next_pf(struct asking *asking)
{
    for (int pf = 0; pf < (int)asking->adapter->pf_count; pf++) {
        const struct pcim_function *function = at(asking, pf, PCIM_NONE);
        if (!pcim_owner_is_nobody(function->owner) || function->operation != 0 || function->reserved)
            continue;
        asking->grant->function.pf = pf;
        return STATUS_OK;
    }
    if (asking->adapter->pf_count == 1 && !pcim_owner_is_nobody(at(asking, 0, PCIM_NONE)->owner))
        return refuse_owned(asking, 0, PCIM_NONE);
    enum status status = pcim_refuse(
        asking->refusal, STATUS_RESOURCES_EXHAUSTED, "%s has %u PF%s, and none is free for %s", asking->adapter->name,
        asking->adapter->pf_count, asking->adapter->pf_count == 1 ? "" : "s", asking->owner);
    pcim_hint(asking->refusal, "release one, or move one to %s", asking->owner);
    return status;
}

static enum status check_vfs(struct asking *asking, uint32_t vfs)
{
    const struct pcim_host *host = &asking->inventory->hosts[asking->grant->owner.host];
    const struct pcim_pf *pf = &asking->adapter->pfs[asking->grant->function.pf];
    uint32_t left = asking->adapter->vf_limit - pcim_offered(asking->adapter) + pcim_pf_vfs(pf);
    if (vfs > left)
        return pcim_refuse(
            asking->refusal, STATUS_RESOURCES_EXHAUSTED, "%s has %u VFs in all, and %u are left: %s cannot get %u",
            asking->adapter->name, asking->adapter->vf_limit, left, asking->owner, vfs);
    if (vfs > 0 && !host->sr_iov)
        return pcim_refuse(
            asking->refusal, STATUS_UNSUPPORTED, "%s cannot enable VFs: its hypervisor has no sr-iov", host->name);
    asking->grant->vfs = vfs;
    return STATUS_OK;
}

static enum status assign_pf(struct asking *asking, uint32_t vfs)
{
    enum status status = STATUS_OK;
    if (asking->grant->function.pf == PCIM_NEXT)
        find_own_pf(asking);
    if (asking->grant->function.pf == PCIM_NEXT) {
        status = check_one_pf(asking); /* first: there is a hint in it */
        if (status == STATUS_OK)
            status = find_next_pf(asking);
        if (status != STATUS_OK)
            return status;
    }
    int pf = asking->grant->function.pf;
    const struct pcim_function *function = at(asking, pf, PCIM_NONE);
    uint32_t offered = asking->adapter->pfs[pf].offered;
    if (!asking->vfs_given)
        vfs = asking->moving || !pcim_owner_is_nobody(function->owner) ? offered : 0;
    if (pcim_owner_equal(function->owner, asking->grant->owner) && vfs == offered) {
        asking->grant->nothing_to_do = true;
        return STATUS_OK;
    }
    if (!pcim_owner_is_nobody(function->owner) && !asking->moving)
        return refuse_owned(asking, pf, PCIM_NONE);
    status = check_one_pf(asking);
    return status == STATUS_OK ? check_vfs(asking, vfs) : status;
}

static enum status assign_vf_to_guest(struct asking *asking)
{
    int pf = asking->grant->function.pf, vf = asking->grant->function.vf;
    const struct pcim_function *of = at(asking, pf, PCIM_NONE), *function = at(asking, pf, vf);
    enum status status;
    if (asking->vfs_given)
        return pcim_refuse(
            asking->refusal, STATUS_INVALID_ARGUMENT, "VFs come with an adapter or a PF, and %s is one VF",
            name_of(asking, pf, vf));
    if (pcim_owner_is_nobody(of->owner)) {
        status = pcim_refuse(asking->refusal, STATUS_NOT_ASSIGNED, "%s: nobody has its PF", name_of(asking, pf, vf));
        pcim_hint(asking->refusal, "assign %s with VFs first", name_of(asking, pf, PCIM_NONE));
        return status;
    }
    if (of->owner.host != asking->grant->owner.host) {
        status = pcim_refuse(
            asking->refusal, STATUS_UNSUPPORTED,
            "%s cannot go to %s: a single VF of a PF goes to guests of the host that has it, %s",
            name_of(asking, pf, vf), asking->owner, text_of(asking, of->owner));
        pcim_owner_text(asking->inventory, of->owner, asking->refusal->holder);
        pcim_hint(asking->refusal, "between hosts a PF moves whole, or VFs through `vfs` of the PFs");
        return status;
    }
    if (function == NULL || !function->exists) {
        status = pcim_refuse(
            asking->refusal, STATUS_NOT_FOUND, "%s is not there: its PF offers %u VFs", name_of(asking, pf, vf),
            asking->adapter->pfs[pf].offered);
        pcim_hint(asking->refusal, "let %s offer %d", name_of(asking, pf, PCIM_NONE), vf + 1);
        return status;
    }
    asking->grant->owner.uplink = of->owner.uplink;
    if (pcim_owner_equal(function->owner, asking->grant->owner))
        asking->grant->nothing_to_do = true;
    else if (!asking->moving && function->owner.guest != PCIM_NONE)
        return refuse_owned(asking, pf, vf);
    return STATUS_OK;
}

/* --- the questions --- */

/* What the owner is to get, by the kind of adapter. */
static enum status find_grant(struct asking *asking, uint32_t vfs)
{
    struct pcim_function_id id = asking->grant->function;
    enum status status = settle_uplink(asking);
    if (status != STATUS_OK)
        return status;
    if (asking->adapter->host != PCIM_NONE && id.vf == PCIM_NONE) {
        asking->grant->function.pf = 0;
        if (asking->grant->owner.guest == PCIM_NONE && !asking->vfs_given) {
            asking->grant->nothing_to_do = true;
            return STATUS_OK;
        }
        return pcim_refuse(
            asking->refusal, STATUS_UNSUPPORTED, "%s is %s's own, in the server: only its VFs go to guests",
            asking->adapter->name, asking->inventory->hosts[asking->adapter->host].name);
    }
    if (asking->adapter->sharing == PCIM_SR_IOV)
        status = assign_sr_iov(asking, vfs);
    else if (id.vf != PCIM_NONE)
        status = assign_vf_to_guest(asking);
    else
        status = assign_pf(asking, vfs);
    if (status != STATUS_OK)
        return status;
    /* Also where nothing is to do: what an operation is about to make so is not so. */
    status = pcim_rules_unclaimed(asking->inventory, asking->grant->function, asking->refusal);
    return status == STATUS_OK && !asking->grant->nothing_to_do ? check_works(asking) : status;
}

static enum status ask(struct asking *asking, uint32_t vfs)
{
    struct pcim_function_id id = asking->grant->function;
    pcim_owner_text(asking->inventory, asking->grant->owner, asking->owner);
    if (id.pf == PCIM_BF)
        return refuse_managed(asking, id.pf);
    enum status status = STATUS_OK;
    if (id.pf != PCIM_NEXT)
        status = pcim_rules_unclaimed(asking->inventory, id, asking->refusal);
    return status == STATUS_OK ? find_grant(asking, vfs) : status;
}

enum status pcim_rules_assign(
    const struct pcim_inventory *inventory, struct pcim_function_id function, struct pcim_owner owner, bool vfs_given,
    uint32_t vfs, struct pcim_grant *grant, struct pcim_refusal *refusal)
{
    *grant = (struct pcim_grant){.function = function, .owner = owner, .count = 1};
    struct asking asking = {
        .inventory = inventory,
        .adapter = &inventory->adapters[function.adapter],
        .refusal = refusal,
        .grant = grant,
        .vfs_given = vfs_given,
    };
    return ask(&asking, vfs);
}

enum status pcim_rules_move(
    const struct pcim_inventory *inventory, struct pcim_function_id function, struct pcim_owner owner,
    struct pcim_grant *grant, struct pcim_refusal *refusal)
{
    *grant = (struct pcim_grant){.function = function, .owner = owner, .count = 1};
    struct asking asking = {
        .inventory = inventory,
        .adapter = &inventory->adapters[function.adapter],
        .refusal = refusal,
        .grant = grant,
        .moving = true,
    };
    CHECK(function.pf != PCIM_NEXT);
    const struct pcim_function *now = pcim_function_at(inventory, function);
    bool managed = function.pf == PCIM_BF || (now != NULL && now->state == PCIM_MANAGED);
    bool still = now != NULL && now->operation == 0;
    if (!managed && (now == NULL || (still && pcim_owner_is_nobody(now->owner)))) {
        char text[PCIM_TEXT];
        enum status status =
            pcim_refuse(refusal, STATUS_NOT_ASSIGNED, "nobody has %s", pcim_function_text(inventory, function, text));
        refusal->generation = now == NULL ? 0 : now->generation;
        pcim_hint(refusal, "assign it");
        return status;
    }
    return ask(&asking, 0);
}

enum status pcim_rules_release(
    const struct pcim_inventory *inventory, struct pcim_function_id function, struct pcim_refusal *refusal)
{
    struct pcim_grant grant = {.function = function};
    struct asking asking = {
        .inventory = inventory,
        .adapter = &inventory->adapters[function.adapter],
        .refusal = refusal,
        .grant = &grant,
    };
    const struct pcim_function *now = pcim_function_at(inventory, function);
    if (function.pf == PCIM_BF || (now != NULL && now->state == PCIM_MANAGED))
        return refuse_managed(&asking, function.pf);
    if (asking.adapter->host == PCIM_NONE || (function.vf != PCIM_NONE && now != NULL && now->owner.guest != PCIM_NONE))
        return pcim_rules_unclaimed(inventory, function, refusal);
    return pcim_refuse(
        refusal, STATUS_UNSUPPORTED, "%s is %s's own, in the server: it cannot be released", asking.adapter->name,
        inventory->hosts[asking.adapter->host].name);
}
