#include "hostsim/rack/build_function.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/build_owner.h"

void picks_add(struct picks *picks, struct scenario_function function, const struct node *node)
{
    if (picks->count == picks->capacity) {
        picks->capacity = picks->capacity ? 2 * picks->capacity : 16;
        picks->items = realloc(picks->items, picks->capacity * sizeof(*picks->items));
        CHECK(picks->items);
    }
    picks->items[picks->count++] = (struct pick){function, node};
}

const char *function_text(const struct builder *builder, struct scenario_function function, char buffer[FUNCTION_TEXT])
{
    return scenario_function_name(builder->scenario, function, buffer, FUNCTION_TEXT);
}

bool function_exists(const struct builder *builder, struct scenario_function function)
{
    const struct scenario_adapter *adapter = &builder->scenario->adapters[function.adapter];
    return function.pf < (int)adapter->pfs && function.vf < (int)adapter->vfs;
}

bool build_is_set(const struct node *node)
{
    return node_is_list(node) || (node_is_scalar(node) && strchr(node->text, '*'));
}

/* What one walk over references does with each adapter a reference matches. */
struct walk {
    struct builder *builder;
    struct picks *picks;
    bool unowned;     /* a function without an owner is allowed */
    const char *none; /* a set is empty: "`nic*.pf9` names no function" and this */
    void (*visit)(struct walk *walk, const struct function_reference *reference, int adapter, const struct node *node);
};

static void match_adapters(struct walk *walk, const struct function_reference *reference, const struct node *node)
{
    struct builder *builder = walk->builder;
    const struct scenario *scenario = builder->scenario;
    bool matched = false;
    if (!strchr(reference->adapter, '*')) {
        int adapter = builder_find(builder, NAME_ADAPTER, reference->adapter, node->place);
        if (adapter != SCENARIO_NONE)
            walk->visit(walk, reference, adapter, node);
        return;
    }
    for (size_t i = 0; i < scenario->adapter_count; i++) {
        if (!name_matches(reference->adapter, scenario->adapters[i].name))
            continue;
        matched = true;
        walk->visit(walk, reference, (int)i, node);
    }
    if (!matched && !builder->doubtful)
        faults_add(builder->faults, node->place, "`%s` matches no adapter", reference->adapter);
}

static void walk_node(struct walk *walk, const struct node *node)
{
    struct function_reference reference;
    struct reference_why why;
    for (size_t i = 0; node_is_list(node) && i < node->count; i++)
        walk_node(walk, node->items[i].value);
    if (!node_is_scalar(node) || node->text[0] == '\0' || strchr(node->text, '['))
        return; /* a list, or faulted when it was read */
    if (function_reference_parse(node->text, &reference, &why) != STATUS_OK) {
        faults_add(walk->builder->faults, node->place, "%s", why.text);
        return;
    }
    size_t before = walk->picks->count, faults = faults_added(walk->builder->faults);
    match_adapters(walk, &reference, node);
    if (reference.is_set && walk->picks->count == before && faults_added(walk->builder->faults) == faults &&
        !walk->builder->doubtful && !walk->builder->unsettled && !walk->unowned)
        faults_add(walk->builder->faults, node->place, "`%s` names no function%s", node->text, walk->none);
}

/* --- what a reference means on one adapter --- */

static void fault_bf(struct walk *walk, int adapter, const struct node *node)
{
    if (walk->builder->scenario->adapters[adapter].sharing == SHARING_MR_IOV)
        faults_add(
            walk->builder->faults, node->place, "`%s` is the base function, MR-PCIM's own: name a PF or VF",
            node->text);
    else
        faults_add(walk->builder->faults, node->place, "`%s`: only an mr-iov adapter has a base function", node->text);
}

static void fault_absent(struct walk *walk, struct scenario_function function, const struct node *node)
{
    const struct scenario_adapter *adapter = &walk->builder->scenario->adapters[function.adapter];
    if (function.pf >= (int)adapter->pfs)
        faults_add(
            walk->builder->faults, node->place, "`%s`: %s has %u PF%s, numbered from 0", node->text, adapter->name,
            adapter->pfs, adapter->pfs == 1 ? "" : "s");
    else
        faults_add(
            walk->builder->faults, node->place, "`%s`: %s has %u VF%s, numbered from 0", node->text, adapter->name,
            adapter->vfs, adapter->vfs == 1 ? "" : "s");
}

/* Each function of ADAPTER with the numbers of REFERENCE, stars written out; pf0 where it names none. */
static void each_number(
    struct walk *walk, const struct function_reference *reference, int adapter, const struct node *node,
    void (*take)(struct walk *walk, struct scenario_function function, const struct node *node, bool is_set))
{
    const struct scenario_adapter *of = &walk->builder->scenario->adapters[adapter];
    int pf_first = reference->pf >= 0 ? reference->pf : 0;
    int pf_last = reference->pf == REFERENCE_ANY ? (int)of->pfs - 1 : pf_first;
    int vf_first = reference->vf == REFERENCE_ANY ? 0 : reference->vf;
    int vf_last = reference->vf == REFERENCE_ANY ? (int)of->vfs - 1 : vf_first;
    for (int pf = pf_first; pf <= pf_last; pf++) {
        for (int vf = vf_first; vf <= vf_last; vf++) {
            struct scenario_function function = {adapter, pf, vf};
            if (function_exists(walk->builder, function))
                take(walk, function, node, reference->is_set);
            else if (!strchr(reference->adapter, '*'))
                fault_absent(walk, function, node);
        }
    }
}

/* All VFs of an adapter in a host are that host's; they come to be when somebody speaks of them. */
static void own_in_host(struct builder *builder, struct scenario_function function)
{
    struct ownership_slot *slot = ownership_slot(&builder->ownership, function);
    if (slot->owned)
        return;
    slot->owned = true;
    slot->owner =
        (struct scenario_owner){builder->scenario->adapters[function.adapter].host, SCENARIO_NONE, SCENARIO_NONE};
}

static void add_owned(struct walk *walk, struct scenario_function function, const struct node *node, bool is_set)
{
    struct builder *builder = walk->builder;
    const struct scenario_adapter *adapter = &builder->scenario->adapters[function.adapter];
    char text[FUNCTION_TEXT];
    if (adapter->host != SCENARIO_NONE)
        own_in_host(builder, function);
    if (ownership_is_owned(&builder->ownership, function) || (walk->unowned && !is_set))
        picks_add(walk->picks, function, node);
    else if (is_set || builder->unsettled)
        return;
    else if (adapter->sharing == SHARING_SR_IOV && function.vf == SCENARIO_NONE)
        faults_add(
            builder->faults, node->place, "%s is MR-PCIM's own (sr-iov): name a VF, such as %s.vf0 or %s@HOST",
            function_text(builder, function, text), adapter->name, adapter->name);
    else
        faults_add(
            builder->faults, node->place, "nobody owns %s at time zero: assign it first",
            function_text(builder, function, text));
}

/* `nic0@h3`: its PF, otherwise its lowest VF; `nic0@h3.vf1`: the second VF it has there. */
static bool pick_of_owner(
    struct walk *walk, const struct function_reference *reference, int adapter, struct scenario_owner owner,
    const struct node *node)
{
    const struct ownership *ownership = &walk->builder->ownership;
    struct scenario_function function;
    bool found = false;
    if (reference->vf == REFERENCE_ABSENT) {
        found = ownership_nth(ownership, adapter, owner, false, 0, &function) ||
                ownership_nth(ownership, adapter, owner, true, 0, &function);
        if (found)
            picks_add(walk->picks, function, node);
        return found;
    }
    uint32_t first = reference->vf == REFERENCE_ANY ? 0 : (uint32_t)reference->vf;
    for (uint32_t nth = first; ownership_nth(ownership, adapter, owner, true, nth, &function); nth++) {
        found = true;
        picks_add(walk->picks, function, node);
        if (reference->vf != REFERENCE_ANY)
            break;
    }
    return found;
}

static void fault_not_owned(
    struct walk *walk, const struct function_reference *reference, int adapter, struct scenario_owner owner,
    const struct node *node)
{
    struct scenario_function function;
    char text[OWNER_TEXT];
    const char *name = walk->builder->scenario->adapters[adapter].name;
    const char *who = owner_text(walk->builder->scenario, owner, text);
    uint32_t vfs = 0;
    while (ownership_nth(&walk->builder->ownership, adapter, owner, true, vfs, &function))
        vfs++;
    if (reference->vf >= 0 && vfs > 0)
        faults_add(
            walk->builder->faults, node->place, "`%s`: %s owns %u VF%s of %s at time zero, numbered from 0", node->text,
            who, vfs, vfs == 1 ? "" : "s", name);
    else
        faults_add(
            walk->builder->faults, node->place, "`%s`: %s owns no %s of %s at time zero", node->text, who,
            reference->vf >= 0 ? "VF" : "function", name);
}

static void
match_at_owners(struct walk *walk, const struct function_reference *reference, int adapter, const struct node *node)
{
    struct owners owners = {0};
    build_match_owners(walk->builder, &reference->owner, node, NULL, &owners);
    for (size_t i = 0; i < owners.count; i++)
        if (!pick_of_owner(walk, reference, adapter, owners.items[i].owner, node) && !reference->is_set &&
            !walk->builder->unsettled && !walk->unowned)
            fault_not_owned(walk, reference, adapter, owners.items[i].owner, node);
    free(owners.items);
}

static void
visit_function(struct walk *walk, const struct function_reference *reference, int adapter, const struct node *node)
{
    if (reference->bf)
        fault_bf(walk, adapter, node);
    else if (reference->has_owner)
        match_at_owners(walk, reference, adapter, node);
    else
        each_number(walk, reference, adapter, node, add_owned);
}

void build_functions(struct builder *builder, const struct node *node, bool unowned, struct picks *picks)
{
    struct walk walk = {builder, picks, unowned, " that somebody owns at time zero", visit_function};
    walk_node(&walk, node);
}

/* --- assigns --- */

static void add_pick(struct walk *walk, struct scenario_function function, const struct node *node, bool is_set)
{
    bool of_pf = walk->builder->scenario->adapters[function.adapter].sharing != SHARING_SR_IOV;
    /* A star over the VFs of a PF means those that it offers. */
    if (is_set && of_pf && function.vf != SCENARIO_NONE && !ownership_is_owned(&walk->builder->ownership, function))
        return;
    picks_add(walk->picks, function, node);
}

static void
visit_pick(struct walk *walk, const struct function_reference *reference, int adapter, const struct node *node)
{
    bool numbered = reference->pf != REFERENCE_ABSENT || reference->vf != REFERENCE_ABSENT;
    bool in_chassis = walk->builder->scenario->adapters[adapter].host == SCENARIO_NONE;
    if (reference->bf || reference->has_owner)
        visit_function(walk, reference, adapter, node);
    else if (numbered)
        each_number(walk, reference, adapter, node, add_pick);
    else if (in_chassis || !reference->is_set) /* a star does not mean what is a host's own */
        picks_add(walk->picks, (struct scenario_function){adapter, PICK_NEXT, SCENARIO_NONE}, node);
}

void build_picks(struct builder *builder, const struct node *node, struct picks *picks)
{
    struct walk walk = {builder, picks, false, "", visit_pick};
    walk_node(&walk, node);
}
