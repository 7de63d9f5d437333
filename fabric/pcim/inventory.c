#include "fabric/pcim/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

/* --- asking --- */

bool pcim_owner_equal(struct pcim_owner one, struct pcim_owner other)
{
    return one.host == other.host &&
           (one.host == PCIM_NONE || (one.uplink == other.uplink && one.guest == other.guest));
}

bool pcim_owner_counts(struct pcim_owner owner, struct pcim_owner by)
{
    return owner.host != PCIM_NONE && owner.host == by.host && (by.uplink == PCIM_NONE || owner.uplink == by.uplink) &&
           (by.guest == PCIM_NONE || owner.guest == by.guest);
}

bool pcim_function_is_possible(const struct pcim_inventory *inventory, struct pcim_function_id function)
{
    const struct pcim_adapter *adapter = &inventory->adapters[function.adapter];
    if (function.pf == PCIM_BF)
        return adapter->sharing == PCIM_MR_IOV && function.vf == PCIM_NONE;
    return function.pf >= 0 && (uint32_t)function.pf < adapter->pf_count &&
           (function.vf == PCIM_NONE || (function.vf >= 0 && (uint32_t)function.vf < adapter->vf_limit));
}

struct pcim_function *pcim_function_at(const struct pcim_inventory *inventory, struct pcim_function_id function)
{
    CHECK(function.adapter >= 0 && (size_t)function.adapter < inventory->adapter_count);
    struct pcim_adapter *adapter = &inventory->adapters[function.adapter];
    if (function.pf == PCIM_BF)
        return &adapter->bf;
    CHECK(function.pf >= 0 && (uint32_t)function.pf < adapter->pf_count);
    struct pcim_pf *pf = &adapter->pfs[function.pf];
    if (function.vf == PCIM_NONE)
        return &pf->function;
    return (uint32_t)function.vf < pf->vf_room ? &pf->vfs[function.vf] : NULL;
}

const struct pcim_hierarchy *
pcim_hierarchy_of(const struct pcim_inventory *inventory, struct pcim_owner owner, int adapter)
{
    bool local = inventory->adapters[adapter].host != PCIM_NONE;
    for (size_t index = 0; index < inventory->hierarchy_count && !pcim_owner_is_nobody(owner); index++) {
        const struct pcim_hierarchy *hierarchy = &inventory->hierarchies[index];
        if (hierarchy->host == owner.host &&
            (local ? hierarchy->adapter == adapter : hierarchy->uplink == owner.uplink && owner.uplink != PCIM_NONE))
            return hierarchy;
    }
    return NULL;
}

int pcim_hops(const struct pcim_inventory *inventory, int from, int to)
{
    return inventory->hops[(size_t)from * inventory->chassis_count + (size_t)to];
}

uint32_t pcim_offered(const struct pcim_adapter *adapter)
{
    uint32_t offered = 0;
    for (uint32_t pf = 0; pf < adapter->pf_count; pf++)
        offered += pcim_pf_vfs(&adapter->pfs[pf]);
    return offered;
}

const char *
pcim_function_text(const struct pcim_inventory *inventory, struct pcim_function_id function, char buffer[PCIM_TEXT])
{
    const char *name = inventory->adapters[function.adapter].name;
    if (function.pf == PCIM_BF)
        snprintf(buffer, PCIM_TEXT, "%s.bf", name);
    else if (function.vf == PCIM_NONE)
        snprintf(buffer, PCIM_TEXT, "%s.pf%d", name, function.pf);
    else
        snprintf(buffer, PCIM_TEXT, "%s.pf%d.vf%d", name, function.pf, function.vf);
    return buffer;
}

const char *pcim_owner_text(const struct pcim_inventory *inventory, struct pcim_owner owner, char buffer[PCIM_TEXT])
{
    buffer[0] = '\0';
    if (pcim_owner_is_nobody(owner))
        return buffer;
    const struct pcim_host *host = &inventory->hosts[owner.host];
    if (owner.guest != PCIM_NONE)
        snprintf(buffer, PCIM_TEXT, "%s/%s", host->name, host->guests[owner.guest].name);
    else if (owner.uplink != PCIM_NONE && host->uplink_count > 1)
        snprintf(buffer, PCIM_TEXT, "%s:%d", host->name, owner.uplink);
    else
        snprintf(buffer, PCIM_TEXT, "%s", host->name);
    return buffer;
}

const char *pcim_function_state_name(enum pcim_function_state state)
{
    static const char *const names[PCIM_FUNCTION_STATES] = {
        [PCIM_FREE] = "free",     [PCIM_ASSIGNED] = "assigned", [PCIM_MANAGED] = "managed",
        [PCIM_UNSEEN] = "unseen", [PCIM_ARRIVING] = "arriving", [PCIM_LEAVING] = "leaving",
        [PCIM_FAILED] = "failed",
    };
    CHECK(state < PCIM_FUNCTION_STATES);
    return names[state];
}

void pcim_each_function(
    const struct pcim_inventory *inventory, void *context,
    void (*visit)(void *context, struct pcim_function_id id, const struct pcim_function *function))
{
    for (int index = 0; index < (int)inventory->adapter_count; index++) {
        const struct pcim_adapter *adapter = &inventory->adapters[index];
        if (adapter->bf.exists)
            visit(context, (struct pcim_function_id){index, PCIM_BF, PCIM_NONE}, &adapter->bf);
        for (int pf = 0; pf < (int)adapter->pf_count; pf++) {
            visit(context, (struct pcim_function_id){index, pf, PCIM_NONE}, &adapter->pfs[pf].function);
            for (int vf = 0; vf < (int)adapter->pfs[pf].vf_room; vf++)
                if (adapter->pfs[pf].vfs[vf].exists)
                    visit(context, (struct pcim_function_id){index, pf, vf}, &adapter->pfs[pf].vfs[vf]);
        }
    }
}

/* --- changing --- */

void pcim_inventory_touch(struct pcim_inventory *inventory, struct pcim_function *function)
{
    function->generation++;
    inventory->generation++;
}

void pcim_inventory_see(struct pcim_inventory *inventory, struct pcim_function_id id)
{
    struct pcim_function *function = pcim_function_at(inventory, id);
    if (function == NULL)
        return;
    function->seen = true;
    if (function->state != PCIM_UNSEEN || function->operation != 0)
        return;
    function->state = PCIM_ASSIGNED;
    pcim_inventory_touch(inventory, function);
}

static const struct pcim_function unborn = {
    .owner = {PCIM_NONE, PCIM_NONE, PCIM_NONE},
    .actual = {PCIM_NONE, PCIM_NONE, PCIM_NONE},
    .origin = {PCIM_NONE, PCIM_NONE, PCIM_NONE},
    .generation = 1,
    .weight = 1,
};

void pcim_inventory_make_room(struct pcim_inventory *inventory, struct pcim_function_id id, uint32_t vfs)
{
    struct pcim_pf *pf = &inventory->adapters[id.adapter].pfs[id.pf];
    if (vfs <= pf->vf_room)
        return;
    pf->vfs = reallocarray(pf->vfs, vfs, sizeof *pf->vfs);
    CHECK(pf->vfs != NULL);
    while (pf->vf_room < vfs) {
        struct pcim_function *vf = &pf->vfs[pf->vf_room++];
        *vf = unborn;
        vf->generation += inventory->generations_before;
    }
}

/* VF, which did not exist or was nobody's, is its PF's owner's. */
static void come_into_being(struct pcim_inventory *inventory, const struct pcim_function *of, struct pcim_function *vf)
{
    vf->exists = true;
    vf->state = of->state;
    vf->owner = of->owner;
    vf->actual = of->actual;
    vf->min_bps = vf->max_bps = 0;
    vf->weight = 1;
    pcim_inventory_touch(inventory, vf);
}

static void cease(struct pcim_inventory *inventory, struct pcim_function *vf)
{
    vf->exists = false;
    vf->state = PCIM_FREE;
    vf->owner = vf->actual = PCIM_NOBODY;
    pcim_inventory_touch(inventory, vf);
}

void pcim_inventory_offer(struct pcim_inventory *inventory, struct pcim_function_id id, uint32_t vfs)
{
    struct pcim_pf *pf = &inventory->adapters[id.adapter].pfs[id.pf];
    CHECK(inventory->adapters[id.adapter].sharing != PCIM_SR_IOV);
    pcim_inventory_make_room(inventory, id, vfs);
    for (uint32_t vf = vfs; vf < pf->offered; vf++)
        cease(inventory, &pf->vfs[vf]);
    for (uint32_t vf = pf->offered; vf < vfs; vf++)
        come_into_being(inventory, &pf->function, &pf->vfs[vf]);
    pf->offered = vfs;
}

void pcim_inventory_own(
    struct pcim_inventory *inventory, struct pcim_function_id id, struct pcim_owner owner, uint32_t weight)
{
    struct pcim_adapter *adapter = &inventory->adapters[id.adapter];
    CHECK(pcim_function_is_possible(inventory, id) && id.pf != PCIM_BF);
    if (id.vf != PCIM_NONE && adapter->sharing != PCIM_SR_IOV && (uint32_t)id.vf >= adapter->pfs[id.pf].offered)
        pcim_inventory_offer(inventory, (struct pcim_function_id){id.adapter, id.pf, PCIM_NONE}, (uint32_t)id.vf + 1);
    struct pcim_function *function = pcim_function_at(inventory, id);
    function->state = pcim_owner_is_nobody(owner) ? PCIM_FREE : PCIM_ASSIGNED;
    function->owner = function->actual = owner;
    function->weight = weight;
}

/* --- validity --- */

static bool function_is_valid(const struct pcim_function *function)
{
    bool owned = !pcim_owner_is_nobody(function->owner), had = !pcim_owner_is_nobody(function->actual);
    switch (function->state) {
    case PCIM_FREE:
    case PCIM_MANAGED:
        return !owned && !had;
    case PCIM_ASSIGNED:
    case PCIM_UNSEEN:
        return owned && pcim_owner_equal(function->owner, function->actual);
    default:
        return true;
    }
}

static void judge(void *context, struct pcim_function_id id, const struct pcim_function *function)
{
    (void)id;
    bool *valid = context;
    *valid = *valid && function->generation > 0 && function_is_valid(function);
}

bool pcim_inventory_is_valid(const struct pcim_inventory *inventory)
{
    bool valid = true;
    pcim_each_function(inventory, &valid, judge);
    for (size_t index = 0; index < inventory->adapter_count; index++)
        valid = valid && pcim_offered(&inventory->adapters[index]) <= inventory->adapters[index].vf_limit;
    return valid;
}
