#include "hostsim/rack/reservation.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "hostsim/rack/build_function.h"

#define ENTRIES(list, type) ((struct type *)(list).entries)

/* What being named, by NODE, does to a function. */
typedef void visit_slot(struct ownership_slot *slot, const struct node *node);

static void keep(struct ownership_slot *slot, const struct node *node)
{
    if (!slot->decided)
        slot->kept_for = node;
    slot->decided = true;
}

static void keep_at_zero(struct ownership_slot *slot, const struct node *node)
{
    slot->kept_for = node;
}

static void let_go(struct ownership_slot *slot, const struct node *node)
{
    (void)node;
    slot->decided = true;
}

struct naming {
    visit_slot *visit;
    bool next; /* an adapter alone is its next free function; otherwise its pf0 */
};

/* The numbers that REFERENCE has of what ADAPTER deals: PFs, of an sr-iov adapter VFs. False: it says none. */
static bool
numbers_of(const struct function_reference *reference, const struct scenario_adapter *adapter, bool next, int *number)
{
    bool of_vfs = adapter->sharing == SHARING_SR_IOV, one = !of_vfs && adapter->pfs == 1;
    if (reference->bf || (reference->has_owner && (!one || reference->vf != REFERENCE_ABSENT)))
        return false;
    if (of_vfs != (reference->vf != REFERENCE_ABSENT))
        return false;
    *number = of_vfs ? reference->vf : reference->pf;
    if (*number == REFERENCE_ABSENT && !next)
        *number = 0; /* whoever has it, it is that */
    return *number != REFERENCE_ABSENT;
}

static void name_in(
    struct builder *builder, const struct naming *naming, const struct function_reference *reference, int index,
    const struct node *node)
{
    const struct scenario_adapter *adapter = &builder->scenario->adapters[index];
    bool of_vfs = adapter->sharing == SHARING_SR_IOV;
    uint32_t count = of_vfs ? adapter->vfs : adapter->pfs;
    int named;
    if (!numbers_of(reference, adapter, naming->next, &named))
        return;
    for (uint32_t number = 0; number < count; number++) {
        struct scenario_function function = {index, of_vfs ? 0 : (int)number, of_vfs ? (int)number : SCENARIO_NONE};
        if (named == REFERENCE_ANY || named == (int)number)
            naming->visit(ownership_slot(&builder->ownership, function), node);
    }
}

/* All that the texts of NODE name by number. */
static void name_all(struct builder *builder, const struct node *node, const struct naming *naming)
{
    struct function_reference reference;
    struct reference_why why;
    for (size_t i = 0; node_is_list(node) && i < node->count; i++)
        name_all(builder, node->items[i].value, naming);
    if (!node_is_scalar(node) || function_reference_parse(node->text, &reference, &why) != STATUS_OK)
        return;
    for (size_t i = 0; i < builder->scenario->adapter_count; i++)
        if (name_matches(reference.adapter, builder->scenario->adapters[i].name))
            name_in(builder, naming, &reference, (int)i, node);
}

static void name_event(struct builder *builder, const struct draft_event *event)
{
    static const struct naming to_keep = {keep, true}, bound = {let_go, true}, taken = {let_go, false};
    name_all(builder, event->assign.function, &to_keep);
    name_all(builder, event->release.function, &taken);
    name_all(builder, event->move.function, &taken);
    for (size_t i = 0; i < event->apply.bindings.count; i++)
        name_all(builder, ENTRIES(event->apply.bindings, draft_assign)[i].function, &bound);
}

static int compare_times(const void *a, const void *b)
{
    const struct draft_event *one = *(const struct draft_event *const *)a;
    const struct draft_event *other = *(const struct draft_event *const *)b;
    if (one->at_ps != other->at_ps)
        return one->at_ps < other->at_ps ? -1 : 1;
    return (one > other) - (one < other); /* of one list: the order of the file */
}

static void keep_for_timeline(struct builder *builder)
{
    const struct draft_list *timeline = &builder->draft->timeline;
    const struct draft_event **events = calloc(timeline->count + 1, sizeof(*events));
    CHECK(events);
    for (size_t i = 0; i < timeline->count; i++)
        events[i] = &ENTRIES(*timeline, draft_event)[i];
    qsort(events, timeline->count, sizeof(*events), compare_times);
    for (size_t i = 0; i < timeline->count; i++)
        name_event(builder, events[i]);
    free(events);
}

void reservation_keep_named(struct builder *builder)
{
    static const struct naming at_zero = {keep_at_zero, true};
    const struct draft_list *assign = &builder->draft->assign;
    keep_for_timeline(builder);
    for (size_t i = 0; i < assign->count; i++)
        name_all(builder, ENTRIES(*assign, draft_assign)[i].function, &at_zero);
}
