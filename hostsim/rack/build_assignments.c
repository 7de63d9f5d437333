/* Ownership at time zero: `assign:`, dealt, and the adapters in hosts.
 *
 * First what the file names is kept from those who take the next free function (reservation.h). Then the entries in
 * two passes: PFs, VFs of sr-iov adapters and next free functions; then what stands on those: single VFs of a PF that a
 * host has, and references with `@`. The copies that ranges made of one entry are one dealing. */
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/build_function.h"
#include "hostsim/rack/build_owner.h"
#include "hostsim/rack/grant.h"
#include "hostsim/rack/reservation.h"

#define ENTRIES(list, type) ((struct type *)(list).entries)

/* --- dealing --- */

static bool is_same_text(const struct node *a, const struct node *b)
{
    if (!a || !b || a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == NODE_SCALAR)
        return strcmp(a->text, b->text) == 0;
    for (size_t i = 0; i < a->count; i++)
        if (!is_same_text(a->items[i].value, b->items[i].value))
            return false;
    return true;
}

/* How many entries from the first on deal from one set. */
static size_t group_length(const struct draft_assign *entries, size_t count)
{
    size_t length = 1;
    while (length < count && entries->node->origin != 0 && entries[length].node->origin == entries->node->origin &&
           is_same_text(entries[length].function, entries->function))
        length++;
    return length;
}

/* For a rack that runs, which alone knows what is free and who has what: functions stay as they were written, but sets
 * are dealt. */
static void deal_wishes(
    struct builder *builder, const struct node *function, const struct picks *picks, const struct owners *owners,
    bool each)
{
    bool is_plain = node_is_scalar(function) && !build_is_set(function);
    size_t functions = is_plain ? 1 : picks->count;
    size_t deals = functions > owners->count ? functions : owners->count;
    if (functions == 0 || owners->count == 0)
        deals = 0;
    if (each)
        deals = functions * owners->count;
    for (size_t i = 0; i < deals; i++) {
        char text[FUNCTION_TEXT], to[OWNER_TEXT];
        size_t owner = each ? i / functions : i % owners->count;
        const struct scenario_function picked =
            is_plain ? (struct scenario_function){0} : picks->items[i % functions].function;
        const char *adapter = is_plain ? NULL : builder->scenario->adapters[picked.adapter].name;
        owner_text(builder->scenario, owners->items[owner].owner, to);
        build_wish(
            builder, owners->items[owner].entry,
            is_plain                 ? function->text
            : picked.pf == PICK_NEXT ? adapter
                                     : function_text(builder, picked, text),
            to);
    }
}

static void grant_all(struct builder *builder, const struct picks *picks, const struct owners *owners, bool each)
{
    size_t deals = picks->count > owners->count ? picks->count : owners->count;
    if (picks->count == 0 || owners->count == 0)
        deals = 0;
    if (each)
        deals = picks->count * owners->count;
    for (size_t i = 0; i < deals; i++) {
        size_t pick = i % picks->count, owner = each ? i / picks->count : i % owners->count;
        grant(builder, &picks->items[pick], owners->items[owner].owner, owners->items[owner].entry);
    }
}

static void deal(struct builder *builder, const struct draft_assign *entries, size_t count)
{
    struct picks picks = {0};
    struct owners owners = {0};
    if (!builder->is_change || build_is_set(entries->function))
        build_picks(builder, entries->function, &picks);
    for (size_t i = 0; i < count; i++)
        build_owners(builder, entries[i].to, &entries[i], &owners);
    if (builder->is_change)
        deal_wishes(builder, entries->function, &picks, &owners, entries->each);
    else
        grant_all(builder, &picks, &owners, entries->each);
    free(picks.items);
    free(owners.items);
}

/* Calls VISIT for each text of NODE that is a function in form. */
static void each_reference(
    struct builder *builder, const struct node *node,
    void (*visit)(struct builder *builder, const struct function_reference *reference))
{
    struct function_reference reference;
    struct reference_why why;
    for (size_t i = 0; node_is_list(node) && i < node->count; i++)
        each_reference(builder, node->items[i].value, visit);
    if (node_is_scalar(node) && function_reference_parse(node->text, &reference, &why) == STATUS_OK)
        visit(builder, &reference);
}

/* Whether an entry stands on what others get: `@`, or a VF of an adapter whose PFs have owners. */
static void note_dependent(struct builder *builder, const struct function_reference *reference)
{
    const struct scenario *scenario = builder->scenario;
    builder->dependent = builder->dependent || reference->has_owner;
    for (size_t i = 0; i < scenario->adapter_count && reference->vf != REFERENCE_ABSENT; i++)
        if (scenario->adapters[i].sharing != SHARING_SR_IOV &&
            name_matches(reference->adapter, scenario->adapters[i].name))
            builder->dependent = true;
}

static void deal_all(struct builder *builder, bool dependent)
{
    const struct draft_list *assign = &builder->draft->assign;
    for (size_t i = 0, length; i < assign->count; i += length) {
        const struct draft_assign *entries = &ENTRIES(*assign, draft_assign)[i];
        length = group_length(entries, assign->count - i);
        builder->dependent = false;
        each_reference(builder, entries->function, note_dependent);
        if (entries->function && entries->to && builder->dependent == dependent)
            deal(builder, entries, length);
    }
}

void build_assignments(struct builder *builder)
{
    const struct scenario *scenario = builder->scenario;
    ownership_init(&builder->ownership, scenario);
    for (size_t i = 0; i < scenario->adapter_count; i++) {
        if (scenario->adapters[i].host == SCENARIO_NONE)
            continue;
        struct ownership_slot *slot =
            ownership_slot(&builder->ownership, (struct scenario_function){(int)i, 0, SCENARIO_NONE});
        slot->owned = true;
        slot->owner = (struct scenario_owner){scenario->adapters[i].host, SCENARIO_NONE, SCENARIO_NONE};
    }
    size_t before = faults_added(builder->faults);
    if (builder->is_change && node_is_list(node_get(builder->draft->node, "assign")))
        build_wishes(builder);
    reservation_keep_named(builder);
    deal_all(builder, false);
    deal_all(builder, true);
    builder->unsettled = builder->doubtful || faults_added(builder->faults) != before;
}
