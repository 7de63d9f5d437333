/* What can be known to be wrong with an operation of the timeline before it runs, besides its names (check_later.c):
 * what could never be done, whoever has what by then. What depends on that is refused when it comes, and results say
 * so. */
#include <stdlib.h>
#include <string.h>

#include "hostsim/rack/build_function.h"
#include "hostsim/rack/build_owner.h"

#define ENTRIES(list, type) ((struct type *)(list).entries)

/* The adapter of the one function that NODE names; NULL where it names none, or that was faulted elsewhere. */
static const struct scenario_adapter *
adapter_of(struct builder *builder, const struct node *node, struct function_reference *reference)
{
    struct reference_why why;
    if (!node_is_scalar(node) || node->text[0] == '\0' || strchr(node->text, '[') != NULL || builder->doubtful)
        return NULL;
    if (function_reference_parse(node->text, reference, &why) != STATUS_OK || reference->is_set)
        return NULL;
    const struct name *name = names_find(&builder->names, reference->adapter);
    return name != NULL && name->kind == NAME_ADAPTER ? &builder->scenario->adapters[name->index] : NULL;
}

static void check_one(struct builder *builder, const struct node *node)
{
    if (node != NULL && build_is_set(node))
        faults_add(
            builder->faults, node->place, "one function is wanted, and `%s` is a set: `apply` is for several",
            node_is_scalar(node) ? node->text : "a list");
}

/* What hosts get and give. NEXT: an adapter alone is its next free function. */
static void check_changes_hands(struct builder *builder, const struct node *node, bool next)
{
    struct function_reference reference;
    const struct scenario_adapter *adapter = adapter_of(builder, node, &reference);
    if (adapter == NULL || reference.bf)
        return;
    bool numbered = reference.pf != REFERENCE_ABSENT || !next;
    if (adapter->host != SCENARIO_NONE && reference.vf == REFERENCE_ABSENT)
        faults_add(
            builder->faults, node->place, "%s is %s's own, in the server: it cannot change hands", adapter->name,
            builder->scenario->hosts[adapter->host].name);
    else if (adapter->sharing == SHARING_SR_IOV && !reference.has_owner && reference.vf == REFERENCE_ABSENT && numbered)
        faults_add(
            builder->faults, node->place, "%s.pf0 is MR-PCIM's own (sr-iov): name a VF, such as %s.vf0 or %s@HOST",
            adapter->name, adapter->name, adapter->name);
}

static void check_vfs(struct builder *builder, const struct draft_event *event)
{
    struct function_reference reference;
    const struct node *node = event->vfs.function;
    const struct scenario_adapter *adapter = adapter_of(builder, node, &reference);
    if (adapter == NULL || reference.bf)
        return;
    if (reference.vf != REFERENCE_ABSENT)
        faults_add(builder->faults, node->place, "`%s` is no PF: VFs are a PF's", node->text);
    else if (adapter->sharing != SHARING_MR_IOV || adapter->host != SCENARIO_NONE)
        faults_add(
            builder->faults, node->place, "%s is not mr-iov: the number of its VFs does not change", adapter->name);
    else if (event->vfs.count > adapter->vfs)
        faults_add(
            builder->faults, place_of(node_get(event->node, "vfs"), "count"), "%s has %u VFs in all", adapter->name,
            adapter->vfs);
}

/* A host with several root ports: which? */
static void check_root(struct builder *builder, const struct node *node)
{
    const struct name *name = node_is_scalar(node) ? names_find(&builder->names, node->text) : NULL;
    if (name == NULL || name->kind != NAME_HOST)
        return;
    const struct scenario_host *host = &builder->scenario->hosts[name->index];
    if (host->uplink_count != 1)
        faults_add(
            builder->faults, node->place, "%s has %zu root ports: name one%s", host->name, host->uplink_count,
            host->uplink_count > 1 ? ", such as HOST:0" : " of a host that has some");
}

/* A function's owner-to-be must have a way to chassis. */
static void check_uplink(struct builder *builder, const struct node *to)
{
    struct owner_reference owner;
    struct reference_why why;
    if (!node_is_scalar(to) || strchr(to->text, '[') || builder->doubtful ||
        owner_reference_parse(to->text, &owner, &why) != STATUS_OK)
        return;
    const struct name *name = names_find(&builder->names, owner.host);
    if (name != NULL && name->kind == NAME_HOST && builder->scenario->hosts[name->index].uplink_count == 0 &&
        owner.guest[0] == '\0')
        faults_add(
            builder->faults, to->place, "%s has no uplink, so it can have nothing of a chassis: give it a `chassis`",
            owner.host);
}

/* A port of a chassis: an adapter in a server has none. */
static void check_port(struct builder *builder, const struct node *node)
{
    const struct name *name = node_is_scalar(node) ? names_find(&builder->names, node->text) : NULL;
    if (name == NULL || name->kind != NAME_ADAPTER || builder->doubtful)
        return;
    const struct scenario_adapter *adapter = &builder->scenario->adapters[name->index];
    if (adapter->host != SCENARIO_NONE)
        faults_add(
            builder->faults, node->place, "%s is in %s: it is at no port of a chassis", adapter->name,
            builder->scenario->hosts[adapter->host].name);
}

/* A function that fails is a host's. */
static void check_fails(struct builder *builder, const struct node *node)
{
    struct function_reference reference;
    const struct scenario_adapter *adapter = node != NULL ? adapter_of(builder, node, &reference) : NULL;
    if (adapter != NULL && adapter->host == SCENARIO_NONE && adapter->sharing == SHARING_SR_IOV && !reference.bf &&
        !reference.has_owner && reference.vf == REFERENCE_ABSENT)
        faults_add(
            builder->faults, node->place, "%s.pf0 is MR-PCIM's own (sr-iov): name a VF, such as %s.vf0", adapter->name,
            adapter->name);
}

/* Which keys say nothing of that fault. */
static void check_inject_keys(struct builder *builder, const struct node *inject, const char *fault)
{
    static const struct {
        const char *key, *faults; /* that it is for */
    } keys[] = {
        {"rate", "bit-errors"},
        {"direction", "bit-errors"},
        {"count", "poisoned lost-completion"},
        {"host", "poisoned lost-completion"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (node_get(inject, keys[i].key) != NULL && strstr(keys[i].faults, fault) == NULL)
            faults_add(
                builder->faults, place_of(inject, keys[i].key), "`%s` makes no difference to `%s`", keys[i].key, fault);
}

/* Whole adapters, and functions, hang; only adapters are removed. */
static void
check_inject_target(struct builder *builder, const struct node *inject, const char *fault, const struct node *target)
{
    const struct name *name = names_find(&builder->names, target->text);
    bool removed = strcmp(fault, "surprise-removal") == 0, function = strpbrk(target->text, ".@") != NULL;
    bool host = name != NULL && name->kind == NAME_HOST;
    check_inject_keys(builder, inject, fault);
    if (strcmp(fault, "hang") == 0 && host)
        faults_add(
            builder->faults, target->place, "`%s` is a host: adapters and functions hang; `fail` lets a host crash",
            target->text);
    if (removed && (host || function))
        faults_add(
            builder->faults, target->place,
            "`%s` is not an adapter: only adapters are removed; `release` with policy surprise takes a function",
            target->text);
}

static void check_inject(struct builder *builder, const struct draft_event *event)
{
    const struct node *inject = node_get(event->node, "inject"), *target = event->inject.target;
    if (inject == NULL || !node_is_scalar(target) || builder->doubtful)
        return;
    const struct node *fault = node_get(inject, "fault");
    bool bits = fault != NULL && node_is_scalar(fault) && strcmp(fault->text, "bit-errors") == 0;
    if (fault != NULL && node_is_scalar(fault))
        check_inject_target(builder, inject, fault->text, target);
    const struct name *name = names_find(&builder->names, target->text);
    if (bits && node_get(inject, "rate") == NULL)
        faults_add(builder->faults, inject->place, "bit-errors need a `rate`, such as 1e-9");
    if (bits && (strpbrk(target->text, ".@") != NULL || (name != NULL && name->kind == NAME_CHASSIS)))
        faults_add(
            builder->faults, target->place, "`%s` is not a link: the name of a host, adapter or trunk", target->text);
    if (!bits && name != NULL && (name->kind == NAME_TRUNK || name->kind == NAME_CHASSIS))
        faults_add(
            builder->faults, target->place, "`%s` is not an adapter or a function: only bit-errors are done to links",
            target->text);
}

static void check_event(struct builder *builder, const struct draft_event *event)
{
    check_one(builder, event->release.function);
    check_one(builder, event->move.function);
    check_one(builder, event->move.to);
    check_one(builder, event->vfs.function);
    if (node_get(event->node, "qos") != NULL)
        check_one(builder, event->qos.function);
    check_changes_hands(builder, event->assign.function, true);
    check_changes_hands(builder, event->release.function, false);
    check_changes_hands(builder, event->move.function, false);
    for (size_t i = 0; i < event->apply.bindings.count; i++)
        check_changes_hands(builder, ENTRIES(event->apply.bindings, draft_assign)[i].function, true);
    check_uplink(builder, event->assign.to);
    check_uplink(builder, event->move.to);
    for (size_t i = 0; i < event->apply.bindings.count; i++)
        check_uplink(builder, ENTRIES(event->apply.bindings, draft_assign)[i].to);
    check_fails(builder, event->fail.function);
    check_vfs(builder, event);
    check_port(builder, event->port.name);
    check_root(builder, event->fail.link);
    check_root(builder, event->repair.link);
    check_root(builder, event->port.name);
    check_root(builder, event->reset.vh);
    check_inject(builder, event);
}

void check_timeline(struct builder *builder)
{
    for (size_t i = 0; i < builder->draft->timeline.count; i++)
        check_event(builder, &ENTRIES(builder->draft->timeline, draft_event)[i]);
}
