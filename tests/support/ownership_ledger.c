#include "tests/support/ownership_ledger.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/adapter/adapter.h"
#include "fabric/adapter/adapter_hierarchy.h"
#include "fabric/base/check.h"
#include "hostsim/rack/holdings.h"
#include "hostsim/rack/plugs.h"

static void blame(struct ownership_ledger *ledger, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void blame(struct ownership_ledger *ledger, const char *format, ...)
{
    if (ledger->wrong[0] != '\0')
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ledger->wrong, sizeof ledger->wrong, format, arguments);
    va_end(arguments);
}

static bool is_same(struct pcim_function_id one, struct pcim_function_id other)
{
    return one.adapter == other.adapter && one.pf == other.pf && one.vf == other.vf;
}

static struct ownership_entry *entry_of(struct ownership_ledger *ledger, struct pcim_function_id function)
{
    for (size_t index = 0; index < ledger->count; index++)
        if (is_same(ledger->entries[index].function, function))
            return &ledger->entries[index];
    ledger->entries = reallocarray(ledger->entries, ledger->count + 1, sizeof *ledger->entries);
    CHECK(ledger->entries != NULL);
    struct ownership_entry *entry = &ledger->entries[ledger->count++];
    *entry = (struct ownership_entry){.function = function, .owner = PCIM_NOBODY};
    return entry;
}

void ownership_ledger_init(struct ownership_ledger *ledger, const struct world *world, const struct pcim *pcim)
{
    *ledger = (struct ownership_ledger){.world = world, .pcim = pcim};
    for (size_t index = 0; index < world->scenario->assignment_count; index++) {
        const struct scenario_assignment *of = &world->scenario->assignments[index];
        entry_of(ledger, (struct pcim_function_id){of->function.adapter, of->function.pf, of->function.vf})->owner =
            (struct pcim_owner){of->owner.host, of->owner.uplink, of->owner.guest};
    }
}

void ownership_ledger_free(struct ownership_ledger *ledger)
{
    free(ledger->entries);
    *ledger = (struct ownership_ledger){0};
}

static const char *text_of(const struct ownership_ledger *ledger, struct pcim_function_id function)
{
    static char text[PCIM_TEXT];
    return pcim_function_text(&ledger->pcim->inventory, function, text);
}

static const char *owner_text(const struct ownership_ledger *ledger, struct pcim_owner owner)
{
    static char texts[2][PCIM_TEXT];
    static size_t next;
    char *text = texts[next++ % 2];
    pcim_owner_text(&ledger->pcim->inventory, owner, text);
    return text[0] == '\0' ? "nobody" : text;
}

static bool is_sr_iov(const struct ownership_ledger *ledger, int adapter)
{
    return ledger->world->scenario->adapters[adapter].sharing == SHARING_SR_IOV;
}

/* --- what operations say --- */

/* The VFs of a PF come and go with it. */
static void note_vfs(struct ownership_ledger *ledger, const struct pcim_change *change)
{
    struct pcim_function_id of = change->function;
    for (size_t index = 0; index < ledger->count; index++) {
        struct ownership_entry *entry = &ledger->entries[index];
        if (entry->function.adapter == of.adapter && entry->function.pf == of.pf && entry->function.vf != PCIM_NONE)
            entry->owner = PCIM_NOBODY, entry->lost = false;
    }
    for (of.vf = 0; !pcim_owner_is_nobody(change->to.owner) && of.vf < (int)change->to.vfs; of.vf++)
        entry_of(ledger, of)->owner = change->to.owner;
}

static void note_change(struct ownership_ledger *ledger, const struct pcim_change *change)
{
    struct ownership_entry *entry = entry_of(ledger, change->function);
    if (!entry->lost && !pcim_owner_equal(entry->owner, change->from.owner))
        blame(
            ledger, "%s was taken from %s, and was %s's", text_of(ledger, change->function),
            owner_text(ledger, change->from.owner), owner_text(ledger, entry->owner));
    entry->owner = change->to.owner;
    entry->lost = false;
    if (change->function.vf == PCIM_NONE && !is_sr_iov(ledger, change->function.adapter))
        note_vfs(ledger, change);
}

/* Whether the manager has given up CHANGE's function, which only an operation on it may come to. */
static bool is_lost(const struct ownership_ledger *ledger, const struct pcim_change *change)
{
    const struct pcim_function *now = pcim_function_at(&ledger->pcim->inventory, change->function);
    return now != NULL && now->state == PCIM_FAILED;
}

static void note_loss(struct ownership_ledger *ledger, struct pcim_function_id id)
{
    entry_of(ledger, id); /* also of one that nobody ever had */
    for (size_t n = 0; n < ledger->count; n++) {
        struct ownership_entry *entry = &ledger->entries[n];
        bool of = entry->function.adapter == id.adapter && entry->function.pf == id.pf &&
                  (entry->function.vf == id.vf || (id.vf == PCIM_NONE && !is_sr_iov(ledger, id.adapter)));
        if (of)
            entry->owner = PCIM_NOBODY, entry->lost = true;
    }
}

/* How many VFs a PF has: as many as were asked for or, where that failed, as before. Where going back failed too, it is
 * between the two, and the refusal says how many. */
static void note_count(struct ownership_ledger *ledger, const struct pcim_operation *operation)
{
    struct pcim_function_id of = operation->vfs.pf;
    const struct pcim_owner owner = entry_of(ledger, of)->owner;
    uint32_t now = ledger->pcim->inventory.adapters[of.adapter].pfs[of.pf].offered;
    char said[64];
    snprintf(said, sizeof said, "it has %u VFs", now);
    if (operation->state == PCIM_SUCCEEDED
            ? now != operation->vfs.count
            : now != operation->vfs.was && strstr(operation->status.message, said) == NULL)
        blame(
            ledger, "%s has %u VFs after operation %llu, and had %u", text_of(ledger, of), now,
            (unsigned long long)operation->id, operation->vfs.was);
    for (of.vf = 0; of.vf < (int)now; of.vf++)
        if (pcim_owner_is_nobody(entry_of(ledger, of)->owner))
            entry_of(ledger, of)->owner = owner;
    for (size_t index = 0; index < ledger->count; index++) {
        struct ownership_entry *entry = &ledger->entries[index];
        if (entry->function.adapter == of.adapter && entry->function.pf == of.pf && entry->function.vf >= (int)now)
            entry->owner = PCIM_NOBODY, entry->lost = false;
    }
}

void ownership_ledger_note(struct ownership_ledger *ledger, const struct pcim_operation *operation)
{
    if (operation->dry_run)
        return;
    if (operation->method == PCIM_METHOD_SET_VFS) {
        note_count(ledger, operation);
        return;
    }
    /* Those of whole PFs first: a guest's VF is taken from the PF's owner. */
    for (int whole = 1; whole >= 0; whole--)
        for (size_t index = 0; index < operation->change_count; index++) {
            const struct pcim_change *change = &operation->changes[index];
            if ((change->function.vf == PCIM_NONE) != (whole == 1))
                continue;
            if (is_lost(ledger, change))
                note_loss(ledger, change->function);
            else if (operation->state == PCIM_SUCCEEDED)
                note_change(ledger, change);
        }
}

/* --- what the inventory says --- */

/* A VF of a PF that an operation changes: how many it has is known when that has ended. */
static bool is_being_counted(const struct ownership_ledger *ledger, struct pcim_function_id id)
{
    const struct pcim_adapter *adapter = &ledger->pcim->inventory.adapters[id.adapter];
    return adapter->sharing == PCIM_MR_IOV && id.vf != PCIM_NONE && adapter->pfs[id.pf].function.operation != 0;
}

static void compare_function(void *context, struct pcim_function_id id, const struct pcim_function *function)
{
    struct ownership_ledger *ledger = context;
    if (function->state == PCIM_MANAGED || function->operation != 0 || is_being_counted(ledger, id))
        return;
    const struct ownership_entry *entry = entry_of(ledger, id);
    if (!pcim_owner_equal(entry->owner, function->owner))
        blame(
            ledger, "%s is %s's by what operations said, and %s's in the inventory", text_of(ledger, id),
            owner_text(ledger, entry->owner), owner_text(ledger, function->owner));
    bool settled = function->state == PCIM_FREE || function->state == PCIM_ASSIGNED || function->state == PCIM_UNSEEN ||
                   function->state == PCIM_FAILED;
    if (!settled || (function->state == PCIM_FREE) != (pcim_owner_is_nobody(entry->owner) && !entry->lost))
        blame(
            ledger, "%s is %s, and %s has it", text_of(ledger, id), pcim_function_state_name(function->state),
            owner_text(ledger, entry->owner));
}

/* --- what the hardware says --- */

static uint16_t vh_of(const struct ownership_ledger *ledger, const struct ownership_entry *entry)
{
    const struct pcim_hierarchy *hierarchy =
        pcim_hierarchy_of(&ledger->pcim->inventory, entry->owner, entry->function.adapter);
    return hierarchy == NULL ? 0 : hierarchy->vh;
}

static bool is_settled(const struct ownership_ledger *ledger, const struct ownership_entry *entry)
{
    const struct pcim_function *now = pcim_function_at(&ledger->pcim->inventory, entry->function);
    return !entry->lost && (now == NULL || now->operation == 0);
}

/* A single VF works for its owner's hierarchy, and for none without. */
static void compare_vf(struct ownership_ledger *ledger, const struct ownership_entry *entry)
{
    const struct function *function =
        &ledger->world->adapters[entry->function.adapter].functions[entry->function.vf + 1];
    uint16_t vh = vh_of(ledger, entry), works = function->active ? function->settings.vh : 0;
    if (works != vh)
        blame(
            ledger, "%s works for VH %u, and is %s's (VH %u)", text_of(ledger, entry->function), works,
            owner_text(ledger, entry->owner), vh);
}

/* Some PF of ADAPTER is the hierarchy VH's. */
static bool has_pf(const struct ownership_ledger *ledger, int adapter, uint16_t vh)
{
    for (size_t index = 0; index < ledger->count; index++) {
        const struct ownership_entry *entry = &ledger->entries[index];
        if (entry->function.adapter == adapter && entry->function.vf == PCIM_NONE && vh_of(ledger, entry) == vh)
            return true;
    }
    return false;
}

/* An operation is changing a PF of ADAPTER, or one has left it wherever it was. */
static bool is_changing(const struct ownership_ledger *ledger, int index)
{
    const struct pcim_adapter *adapter = &ledger->pcim->inventory.adapters[index];
    for (uint32_t pf = 0; pf < adapter->pf_count; pf++)
        if (adapter->pfs[pf].function.operation != 0 || adapter->pfs[pf].function.state == PCIM_FAILED)
            return true;
    return false;
}

/* An mr-iov adapter is in the hierarchies that have a PF of it. */
static void compare_spaces(struct ownership_ledger *ledger, int index)
{
    const struct adapter *adapter = &ledger->world->adapters[index];
    if (is_changing(ledger, index))
        return;
    for (uint32_t vh = 1; vh < adapter->space_count; vh++) {
        bool has = has_pf(ledger, index, (uint16_t)vh), is_in = adapter->spaces[vh].device.count > 0;
        if (is_in != has)
            blame(
                ledger, "%s is %sin VH %u, which has %s PF of it", ledger->world->scenario->adapters[index].name,
                is_in ? "" : "not ", vh, has ? "a" : "no");
    }
}

/* A VF of a PF has one of the adapter's functions in the hierarchy of its PF, and none when it is nobody's. */
static void compare_pf_vf(struct ownership_ledger *ledger, struct ownership_entry entry)
{
    const struct adapter *adapter = &ledger->world->adapters[entry.function.adapter];
    struct pcim_function_id pf = {entry.function.adapter, entry.function.pf, PCIM_NONE};
    const struct ownership_entry *of = entry_of(ledger, pf);
    uint16_t vh = vh_of(ledger, of);
    bool known = ledger->pcim->inventory.adapters[pf.adapter].pfs[pf.pf].claimed == 0;
    if (!is_settled(ledger, of) || vh == 0 || !known)
        return;
    uint32_t slot = (uint32_t)entry.function.vf + 1;
    bool works = slot < adapter->spaces[vh].slot_count && adapter_function(adapter, vh, slot) != NULL;
    if (works == pcim_owner_is_nobody(entry.owner))
        blame(
            ledger, "%s %s in VH %u, and is %s's", text_of(ledger, entry.function), works ? "is there" : "is not there",
            vh, owner_text(ledger, entry.owner));
}

static void compare_hardware(struct ownership_ledger *ledger)
{
    const struct scenario *scenario = ledger->world->scenario;
    for (size_t index = 0; index < ledger->count; index++) {
        const struct ownership_entry *entry = &ledger->entries[index];
        enum scenario_sharing sharing = scenario->adapters[entry->function.adapter].sharing;
        if (sharing == SHARING_SR_IOV && is_settled(ledger, entry))
            compare_vf(ledger, entry);
        if (sharing == SHARING_MR_IOV && entry->function.vf != PCIM_NONE && is_settled(ledger, entry))
            compare_pf_vf(ledger, *entry);
    }
    for (size_t adapter = 0; adapter < scenario->adapter_count; adapter++)
        if (scenario->adapters[adapter].sharing == SHARING_MR_IOV)
            compare_spaces(ledger, (int)adapter);
}

const char *ownership_ledger_compare(struct ownership_ledger *ledger)
{
    pcim_each_function(&ledger->pcim->inventory, ledger, compare_function);
    compare_hardware(ledger);
    return ledger->wrong;
}

/* --- what hosts say --- */

const char *ownership_ledger_compare_hosts(struct ownership_ledger *ledger)
{
    for (size_t index = 0; index < ledger->count; index++) {
        const struct ownership_entry *entry = &ledger->entries[index];
        const struct holding *holding = holdings_find(
            &ledger->world->holdings,
            (struct scenario_function){entry->function.adapter, entry->function.pf, entry->function.vf});
        const struct pcim_function *now = pcim_function_at(&ledger->pcim->inventory, entry->function);
        uint16_t vh = vh_of(ledger, entry);
        bool looks =
            vh != 0 && entry->owner.uplink != PCIM_NONE && plugs_mode(ledger->world->plugs, vh) != HOTPLUG_MODE_NONE;
        if (entry->lost || now == NULL || now->state != PCIM_ASSIGNED || !looks)
            continue;
        if (holding == NULL || !holding->seen || holding->at->vh != vh)
            blame(
                ledger, "%s is %s's, whose host has not found it", text_of(ledger, entry->function),
                owner_text(ledger, entry->owner));
    }
    return ledger->wrong;
}
