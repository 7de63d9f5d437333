#include "fabric/pcim/change_end.h"

#include <stdio.h>

#include "fabric/pcim/pcim.h"

static struct pcim *pcim_of(const struct pcim_change *change)
{
    return change->operation->pcim;
}

static struct pcim_function *function_of(const struct pcim_change *change)
{
    return pcim_function_at(&pcim_of(change)->inventory, change->function);
}

void pcim_change_each(
    const struct pcim_change *change, void (*visit)(struct pcim_function *function, const struct pcim_change *change))
{
    struct pcim_inventory *inventory = &pcim_of(change)->inventory;
    visit(function_of(change), change);
    struct pcim_adapter *adapter = &inventory->adapters[change->function.adapter];
    if (change->function.vf != PCIM_NONE || adapter->sharing == PCIM_SR_IOV)
        return;
    struct pcim_pf *pf = &adapter->pfs[change->function.pf];
    for (uint32_t vf = 0; vf < pf->offered; vf++)
        visit(&pf->vfs[vf], change);
}

static void settle(struct pcim_function *function, const struct pcim_change *change)
{
    (void)change;
    function->operation = 0;
    function->origin = PCIM_NOBODY;
}

/* `actual` is where it still is bound, for the next operation to take it from. */
static void settle_lost(struct pcim_function *function, const struct pcim_change *change)
{
    function->state = PCIM_FAILED;
    function->owner = PCIM_NOBODY;
    function->actual = change->place >= PCIM_BOUND     ? change->to.owner
                       : change->place == PCIM_UNBOUND ? PCIM_NOBODY
                                                       : change->from.owner;
}

/* Limits hold while somebody has it, also when it moves on. */
static void settle_owner(struct pcim_function *function, struct pcim_owner owner, bool unseen)
{
    if (pcim_owner_is_nobody(owner)) {
        function->min_bps = function->max_bps = 0;
        function->weight = 1;
    }
    function->owner = function->actual = owner;
    function->state = pcim_owner_is_nobody(owner) ? PCIM_FREE : unseen && !function->seen ? PCIM_UNSEEN : PCIM_ASSIGNED;
}

static void settle_forward(struct pcim_function *function, const struct pcim_change *change)
{
    settle_owner(function, change->to.owner, change->unseen);
}

/* A guest's VFs go back to the guest: `from` is what the PF's owner has. */
static void settle_back(struct pcim_function *function, const struct pcim_change *change)
{
    if (function == function_of(change))
        settle_owner(function, change->from.owner, change->unseen);
    else
        settle_owner(function, function->owner, change->unseen);
}

static void tell_change(const struct pcim_change *change)
{
    struct pcim *pcim = pcim_of(change);
    struct pcim_function *function = function_of(change);
    char name[PCIM_TEXT], from[PCIM_TEXT], to[PCIM_TEXT];
    bool had = !pcim_owner_is_nobody(change->from.owner), has = !pcim_owner_is_nobody(change->to.owner);
    enum pcim_event_kind kind = had && has ? PCIM_EVENT_MOVED : has ? PCIM_EVENT_ASSIGNED : PCIM_EVENT_RELEASED;
    pcim_owner_text(&pcim->inventory, change->from.owner, from);
    pcim_owner_text(&pcim->inventory, change->to.owner, to);
    pcim_event_log_add(
        &pcim->events, pcim_now_ps(pcim), kind, change->operation->id, function->generation,
        pcim_function_text(&pcim->inventory, change->function, name), "%s%s%s%s%s", had ? "from " : "", from,
        had && has ? " " : "", has ? "to " : "", to);
}

void pcim_change_settle(struct pcim_change *change)
{
    struct pcim_inventory *inventory = &pcim_of(change)->inventory;
    bool whole = change->function.vf == PCIM_NONE;
    if (change->lost || (change->operation->undoing && change->quarantined))
        pcim_change_each(change, settle_lost);
    else
        pcim_change_each(change, change->operation->undoing ? settle_back : settle_forward);
    pcim_change_each(change, settle);
    if (!change->within_host)
        pcim_faults_clear_function(&pcim_of(change)->faults, change->function);
    pcim_inventory_touch(inventory, function_of(change));
    if (change->operation->undoing)
        return;
    if (whole && !change->within_host)
        inventory->adapters[change->function.adapter].pfs[change->function.pf].claimed = 0;
    if (whole && !change->lost)
        pcim_inventory_offer(inventory, change->function, pcim_owner_is_nobody(change->to.owner) ? 0 : change->to.vfs);
    tell_change(change);
}

/* Its last owner's host, which sees nothing come and go, has not noticed. */
static bool keeps_dead(const struct pcim_change *change)
{
    const struct pcim_owner *from = &change->from.owner, *to = &change->to.owner;
    bool same = from->host == to->host && from->uplink == to->uplink;
    return !pcim_owner_is_nobody(*from) && !change->within_host && !same &&
           pcim_of(change)->inventory.hosts[from->host].hotplug == PCIM_HOTPLUG_NONE;
}

/* What its asker should know of CHANGE, which has worked, in DETAIL; otherwise that stays as it is. */
static void note_remark(const struct pcim_change *change, char *detail, size_t size)
{
    const struct pcim_inventory *inventory = &pcim_of(change)->inventory;
    char name[PCIM_TEXT], owner[PCIM_TEXT];
    pcim_function_text(inventory, change->function, name);
    if (change->lost)
        snprintf(detail, size, "%s is kept from everybody until it is reset: %s", name, change->call.why);
    else if (function_of(change)->state == PCIM_UNSEEN)
        snprintf(
            detail, size, "%s does not see %s before it reboots", pcim_owner_text(inventory, change->to.owner, owner),
            name);
    else if (change->forced)
        snprintf(
            detail, size, "%s was taken by surprise: %s had not given it up in time", name,
            pcim_owner_text(inventory, change->from.owner, owner));
    else if (keeps_dead(change))
        snprintf(
            detail, size, "%s keeps a dead function, %s, until it reboots: it has no hot-plug",
            pcim_owner_text(inventory, change->from.owner, owner), name);
}

void pcim_change_remark(struct pcim_operation *operation)
{
    for (size_t index = 0; index < operation->change_count && operation->detail[0] == '\0'; index++)
        note_remark(&operation->changes[index], operation->detail, sizeof operation->detail);
}
