/* What is valid and not modelled yet is checked as strictly: the names in qos, teams, the timeline and `send`. */
#include <stdlib.h>
#include <string.h>

#include "hostsim/rack/build_function.h"
#include "hostsim/rack/build_owner.h"

#define ENTRIES(list, type) ((struct type *)(list).entries)

#define KIND(kind) (1u << NAME_##kind)
#define LINKS (KIND(HOST) | KIND(ADAPTER) | KIND(TRUNK))
#define ANYTHING (LINKS | KIND(CHASSIS))

static void check_reference(struct builder *builder, const struct node *node, bool unowned)
{
    struct picks picks = {0};
    if (node)
        build_functions(builder, node, unowned, &picks);
    free(picks.items);
}

/* A reference whose functions must be there; who owns them may change until it is used. */
static void check_function(struct builder *builder, const struct node *node)
{
    check_reference(builder, node, true);
}

static void check_owner(struct builder *builder, const struct node *node)
{
    struct owners owners = {0};
    if (node)
        build_owners(builder, node, NULL, &owners);
    free(owners.items);
}

/* One HOST/GUEST. */
static void check_guest(struct builder *builder, const struct node *node)
{
    if (!node || strchr(node->text, '['))
        return;
    struct scenario_owner owner = build_owner(builder, node);
    if (owner.host != SCENARIO_NONE && owner.guest == SCENARIO_NONE)
        faults_add(builder->faults, node->place, "`%s` is no guest: write HOST/GUEST", node->text);
}

/* "isl0:tor0": the end of a trunk at a chassis; "h0:1": a root port. */
static void check_end(struct builder *builder, const struct node *node, const struct name *name, const char *end)
{
    const struct scenario *scenario = builder->scenario;
    if (name->kind == NAME_HOST) {
        check_owner(builder, node);
        return;
    }
    const struct name *chassis = names_find(&builder->names, end);
    if (name->kind == NAME_TRUNK && chassis && chassis->kind == NAME_CHASSIS) {
        const int *between = scenario->trunks[name->index].between;
        if (between[0] == chassis->index || between[1] == chassis->index)
            return;
    }
    faults_add(builder->faults, node->place, "`%s` is no port: %s has no end `%s`", node->text, name->text, end);
}

/* A name of one of KINDS, with an end where it has several; WHAT says what would be right. */
static void check_name(struct builder *builder, const struct node *node, unsigned kinds, const char *what)
{
    if (!node || node->text[0] == '\0' || strchr(node->text, '[') || builder->doubtful)
        return;
    char *text = strdup(node->text), *colon = text ? strchr(text, ':') : NULL;
    if (colon)
        *colon = '\0';
    const struct name *name = text ? names_find(&builder->names, text) : NULL;
    if (!name || !(kinds & 1u << name->kind))
        faults_add(builder->faults, node->place, "`%s` is not %s", node->text, what);
    else if (colon)
        check_end(builder, node, name, colon + 1);
    free(text);
}

/* --- qos --- */

static void check_qos(struct builder *builder, const struct draft_qos *qos, const struct node *node, bool unowned)
{
    check_reference(builder, qos->function, unowned);
    if (!node_get(node, "min") && !node_get(node, "max") && !node_get(node, "weight"))
        faults_add(builder->faults, node->place, "a qos entry needs a `min`, a `max` or a `weight`");
    if (qos->max_bps && qos->min_bps > qos->max_bps)
        faults_add(builder->faults, place_of(node, "min"), "`min` must not be more than `max`");
}

/* --- teams --- */

static void check_member(
    struct builder *builder, const struct scenario_owner owner, const struct draft_team *team,
    const struct pick *member)
{
    const struct ownership_slot *slot = ownership_slot(&builder->ownership, member->function);
    char function[FUNCTION_TEXT], holder[OWNER_TEXT];
    if (slot->owned && owner.host != SCENARIO_NONE && !ownership_counts(slot->owner, owner))
        faults_add(
            builder->faults, member->node->place, "%s is %s's, so it cannot be in a team of %s",
            function_text(builder, member->function, function), owner_text(builder->scenario, slot->owner, holder),
            team->host->text);
}

static void check_team(struct builder *builder, const struct draft_team *team)
{
    struct picks members = {0};
    struct scenario_owner owner = {SCENARIO_NONE, SCENARIO_NONE, SCENARIO_NONE};
    if (team->host)
        owner = build_owner(builder, team->host);
    if (team->members)
        build_functions(builder, team->members, builder->draft->timeline.count > 0, &members);
    for (size_t i = 0; i < members.count; i++)
        check_member(builder, owner, team, &members.items[i]);
    free(members.items);
}

static void check_teams(struct builder *builder)
{
    const struct draft_list *teams = &builder->draft->teams;
    struct names names = {0};
    for (size_t i = 0; i < teams->count; i++) {
        const struct draft_team *team = &ENTRIES(*teams, draft_team)[i];
        check_team(builder, team);
        if (team->name)
            names_add(&names, NAME_TEAM, (int)i, team->name->text, team->name->place);
    }
    names_seal(&names, builder->faults);
    for (size_t i = 0; i < builder->draft->workloads.count; i++) {
        const struct node *team = ENTRIES(builder->draft->workloads, draft_workload)[i].team;
        char hint[96];
        if (team && team->text[0] && !strchr(team->text, '[') && !names_find(&names, team->text))
            faults_add(
                builder->faults, team->place, "no team is called `%s`%s", team->text,
                names_hint(&names, NAME_TEAM, team->text, hint));
    }
    names_free(&names);
}

/* --- timeline --- */

static void check_part(
    struct builder *builder, const struct node *link, const struct node *adapter, const struct node *chassis,
    const struct node *function, const struct node *host)
{
    check_name(builder, link, LINKS, "a link: the name of a host, adapter or trunk");
    check_name(builder, adapter, KIND(ADAPTER), "an adapter");
    check_name(builder, chassis, KIND(CHASSIS), "a chassis");
    check_name(builder, host, KIND(HOST), "a host");
    check_function(builder, function);
}

static void check_target(struct builder *builder, const struct node *node)
{
    if (node && strpbrk(node->text, ".@"))
        check_function(builder, node);
    else
        check_name(builder, node, ANYTHING, "a host, adapter, chassis, trunk or function");
}

static void check_event(struct builder *builder, const struct draft_event *event)
{
    check_function(builder, event->assign.function);
    check_owner(builder, event->assign.to);
    check_function(builder, event->release.function);
    check_function(builder, event->move.function);
    check_owner(builder, event->move.to);
    check_function(builder, event->vfs.function);
    if (node_get(event->node, "qos"))
        check_qos(builder, &event->qos, node_get(event->node, "qos"), true);
    for (size_t i = 0; i < event->apply.bindings.count; i++) {
        check_function(builder, ENTRIES(event->apply.bindings, draft_assign)[i].function);
        check_owner(builder, ENTRIES(event->apply.bindings, draft_assign)[i].to);
    }
    check_name(builder, event->port.name, LINKS, "a port: h0, h0:1, nic0, isl0 or isl0:tor0");
    check_owner(builder, event->reset.vh);
    check_part(
        builder, event->fail.link, event->fail.adapter, event->fail.chassis, event->fail.function, event->fail.host);
    check_part(
        builder, event->repair.link, event->repair.adapter, event->repair.chassis, event->repair.function,
        event->repair.host);
    check_target(builder, event->inject.target);
    check_name(builder, event->inject.host, KIND(HOST), "a host");
    check_guest(builder, event->migrate.guest);
    check_name(builder, event->migrate.to, KIND(HOST), "a host");
}

/* --- send --- */

static void check_send(struct builder *builder, const struct node *to)
{
    if (to && strpbrk(to->text, ".@"))
        check_function(builder, to);
    else
        check_owner(builder, to);
}

void check_later(struct builder *builder)
{
    const struct draft *draft = builder->draft;
    for (size_t i = 0; i < draft->qos.count; i++) {
        const struct draft_qos *qos = &ENTRIES(draft->qos, draft_qos)[i];
        check_qos(builder, qos, qos->node, draft->timeline.count > 0);
    }
    check_teams(builder);
    for (size_t i = 0; i < draft->timeline.count; i++)
        check_event(builder, &ENTRIES(draft->timeline, draft_event)[i]);
    for (size_t i = 0; i < draft->workloads.count; i++)
        check_send(builder, ENTRIES(draft->workloads, draft_workload)[i].to);
}
