/* The timeline: each entry becomes the request that the management API would get, to be submitted at its time. Names
 * are texts until then, because they mean what they mean when they are used; check_later.c says what can be known to
 * be wrong with them before. */
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/build_function.h"
#include "hostsim/rack/build_owner.h"

#define ENTRIES(list, type) ((struct type *)(list).entries)

static struct scenario_event *add_event(struct builder *builder, const struct draft_event *draft, const char *op)
{
    struct scenario *scenario = builder->scenario;
    scenario->events = reallocarray(scenario->events, scenario->event_count + 1, sizeof *scenario->events);
    CHECK(scenario->events != NULL);
    struct scenario_event *event = &scenario->events[scenario->event_count++];
    *event = (struct scenario_event){.at_ps = draft->at_ps, .op = op};
    return event;
}

/* A copy of TEXT, which EVENT owns; NULL for none. */
static const char *keep(struct scenario_event *event, const char *text)
{
    if (text == NULL)
        return NULL;
    event->texts = reallocarray(event->texts, event->text_count + 1, sizeof *event->texts);
    CHECK(event->texts != NULL);
    char *copy = strdup(text);
    CHECK(copy != NULL);
    event->texts[event->text_count++] = copy;
    return copy;
}

static const char *keep_node(struct scenario_event *event, const struct node *node)
{
    return keep(event, node_is_scalar(node) ? node->text : NULL);
}

/* --- assign and apply: what they deal --- */

struct deal {
    const struct node *function, *to;
    bool vfs_given, each;
    uint32_t vfs;
};

struct dealt {
    char function[FUNCTION_TEXT], to[OWNER_TEXT];
};

/* Whom FUNCTION goes to, one by one, where the entry has a set; the texts themselves where it has none. Faults of the
 * references are said by check_later.c. */
static size_t deal_out(struct builder *builder, const struct deal *deal, struct dealt **dealt)
{
    struct faults said_elsewhere = {0}, *faults = builder->faults;
    struct picks picks = {0};
    struct owners owners = {0};
    builder->faults = &said_elsewhere;
    build_picks(builder, deal->function, &picks);
    build_owners(builder, deal->to, NULL, &owners);
    builder->faults = faults;
    faults_free(&said_elsewhere);
    size_t count = picks.count > owners.count ? picks.count : owners.count;
    if (picks.count == 0 || owners.count == 0)
        count = 0;
    else if (deal->each)
        count = picks.count * owners.count;
    *dealt = calloc(count + 1, sizeof **dealt);
    CHECK(*dealt != NULL);
    for (size_t index = 0; index < count; index++) {
        const struct pick *pick = &picks.items[index % picks.count];
        size_t owner = deal->each ? index / picks.count : index % owners.count;
        if (pick->function.pf == PICK_NEXT)
            snprintf(
                (*dealt)[index].function, FUNCTION_TEXT, "%s",
                builder->scenario->adapters[pick->function.adapter].name);
        else
            function_text(builder, pick->function, (*dealt)[index].function);
        owner_text(builder->scenario, owners.items[owner].owner, (*dealt)[index].to);
    }
    free(picks.items);
    free(owners.items);
    return count;
}

static bool is_plain(const struct deal *deal)
{
    return node_is_scalar(deal->function) && node_is_scalar(deal->to) && !build_is_set(deal->function) &&
           !build_is_set(deal->to);
}

static void add_assign(
    struct builder *builder, const struct draft_event *draft, const struct deal *deal, const char *function,
    const char *to)
{
    struct scenario_event *event = add_event(builder, draft, "assign");
    event->request = (struct pcim_request){
        .method = PCIM_METHOD_ASSIGN,
        .assign = {
            .function = keep(event, function), .to = keep(event, to), .vfs_given = deal->vfs_given, .vfs = deal->vfs}};
}

static void build_assign(struct builder *builder, const struct draft_event *draft)
{
    struct deal deal = {
        .function = draft->assign.function,
        .to = draft->assign.to,
        .vfs_given = node_get(node_get(draft->node, "assign"), "vfs") != NULL,
        .vfs = draft->assign.vfs,
    };
    if (deal.function == NULL || deal.to == NULL)
        return;
    if (is_plain(&deal)) {
        add_assign(builder, draft, &deal, deal.function->text, deal.to->text);
        return;
    }
    struct dealt *dealt;
    size_t count = deal_out(builder, &deal, &dealt);
    for (size_t index = 0; index < count; index++)
        add_assign(builder, draft, &deal, dealt[index].function, dealt[index].to);
    free(dealt);
}

static void
add_wish(struct scenario_event *event, size_t *count, const struct deal *deal, const char *function, const char *to)
{
    event->wishes = reallocarray(event->wishes, *count + 1, sizeof *event->wishes);
    CHECK(event->wishes != NULL);
    event->wishes[(*count)++] = (struct pcim_wish){
        .function = keep(event, function), .to = keep(event, to), .vfs_given = deal->vfs_given, .vfs = deal->vfs};
}

static void
add_binding(struct builder *builder, struct scenario_event *event, size_t *count, const struct draft_assign *binding)
{
    struct deal deal = {
        .function = binding->function,
        .to = binding->to,
        .vfs_given = node_get(binding->node, "vfs") != NULL,
        .vfs = binding->vfs,
        .each = binding->each,
    };
    if (deal.function == NULL || deal.to == NULL)
        return;
    if (is_plain(&deal)) {
        add_wish(event, count, &deal, deal.function->text, deal.to->text);
        return;
    }
    struct dealt *dealt;
    size_t deals = deal_out(builder, &deal, &dealt);
    for (size_t index = 0; index < deals; index++)
        add_wish(event, count, &deal, dealt[index].function, dealt[index].to);
    free(dealt);
}

void build_wishes(struct builder *builder)
{
    const struct draft_event now = {0};
    add_event(builder, &now, "apply")->request.method = PCIM_METHOD_APPLY;
}

void build_wish(struct builder *builder, const struct draft_assign *entry, const char *function, const char *to)
{
    struct deal deal = {.vfs_given = node_get(entry->node, "vfs") != NULL, .vfs = entry->vfs};
    struct scenario_event *event = &builder->scenario->events[0];
    size_t count = event->request.apply.wish_count;
    add_wish(event, &count, &deal, function, to);
    event->request.apply.wishes = event->wishes;
    event->request.apply.wish_count = count;
}

static void build_apply(struct builder *builder, const struct draft_event *draft)
{
    struct scenario_event *event = add_event(builder, draft, "apply");
    size_t count = 0;
    for (size_t index = 0; index < draft->apply.bindings.count; index++)
        add_binding(builder, event, &count, &ENTRIES(draft->apply.bindings, draft_assign)[index]);
    event->request = (struct pcim_request){
        .method = PCIM_METHOD_APPLY,
        .apply = {
            .wishes = event->wishes,
            .wish_count = count,
            .prune = draft->apply.prune,
            .policy = (enum pcim_policy)draft->apply.policy,
            .deadline_ps = draft->apply.deadline_ps}};
}

/* --- the others: one function, port or part --- */

static void build_release(struct builder *builder, const struct draft_event *draft)
{
    struct scenario_event *event = add_event(builder, draft, "release");
    event->request = (struct pcim_request){
        .method = PCIM_METHOD_RELEASE,
        .release = {
            .function = keep_node(event, draft->release.function),
            .policy = (enum pcim_policy)draft->release.policy,
            .deadline_ps = draft->release.deadline_ps}};
}

static void build_move(struct builder *builder, const struct draft_event *draft)
{
    struct scenario_event *event = add_event(builder, draft, "move");
    event->request = (struct pcim_request){
        .method = PCIM_METHOD_MOVE,
        .move = {
            .function = keep_node(event, draft->move.function),
            .to = keep_node(event, draft->move.to),
            .policy = (enum pcim_policy)draft->move.policy,
            .deadline_ps = draft->move.deadline_ps}};
}

static void build_vfs(struct builder *builder, const struct draft_event *draft)
{
    struct scenario_event *event = add_event(builder, draft, "vfs");
    event->request = (struct pcim_request){
        .method = PCIM_METHOD_SET_VFS,
        .set_vfs = {.pf = keep_node(event, draft->vfs.function), .count = draft->vfs.count}};
}

static void build_limits(struct builder *builder, const struct draft_event *draft)
{
    struct scenario_event *event = add_event(builder, draft, "qos");
    const struct node *node = node_get(draft->node, "qos");
    event->request = (struct pcim_request){
        .method = PCIM_METHOD_SET_QOS,
        .set_qos = {
            .function = keep_node(event, draft->qos.function),
            .min_given = node_get(node, "min") != NULL,
            .max_given = node_get(node, "max") != NULL,
            .weight_given = node_get(node, "weight") != NULL,
            .min_bps = draft->qos.min_bps,
            .max_bps = draft->qos.max_bps,
            .weight = draft->qos.weight}};
}

static void build_port(struct builder *builder, const struct draft_event *draft)
{
    struct scenario_event *event = add_event(builder, draft, "port");
    event->request = (struct pcim_request){
        .method = PCIM_METHOD_CONTROL_PORT,
        .control_port = {
            .port = keep_node(event, draft->port.name), .action = (enum pcim_port_action)draft->port.action}};
}

static void build_reset(struct builder *builder, const struct draft_event *draft)
{
    struct scenario_event *event = add_event(builder, draft, "reset");
    const char *root = keep_node(event, draft->reset.vh);
    event->request = (struct pcim_request){
        .method = PCIM_METHOD_CONTROL_PORT,
        .control_port = {.port = root, .action = PCIM_PORT_HOT_RESET, .hierarchy = root}};
}

/* Fills the target of FAULT from the one of PARTS that is there. */
static void build_part(struct scenario_event *event, const struct draft_event *draft, bool repair)
{
    const struct {
        const struct node *node;
        enum pcim_part part;
    } parts[] = {
        {repair ? draft->repair.link : draft->fail.link, PCIM_PART_LINK},
        {repair ? draft->repair.adapter : draft->fail.adapter, PCIM_PART_ADAPTER},
        {repair ? draft->repair.chassis : draft->fail.chassis, PCIM_PART_CHASSIS},
        {repair ? draft->repair.function : draft->fail.function, PCIM_PART_FUNCTION},
        {repair ? draft->repair.host : draft->fail.host, PCIM_PART_HOST},
    };
    for (size_t index = 0; index < sizeof parts / sizeof parts[0]; index++) {
        if (parts[index].node == NULL)
            continue;
        event->request.fault.target = keep_node(event, parts[index].node);
        event->request.fault.part = parts[index].part;
    }
}

static void build_fail(struct builder *builder, const struct draft_event *draft)
{
    struct scenario_event *event = add_event(builder, draft, "fail");
    event->request.method = PCIM_METHOD_INJECT_FAULT;
    event->request.fault.duration_ps = draft->fail.duration_ps;
    build_part(event, draft, false);
}

static void build_repair(struct builder *builder, const struct draft_event *draft)
{
    struct scenario_event *event = add_event(builder, draft, "repair");
    event->request.method = PCIM_METHOD_REPAIR_FAULT;
    build_part(event, draft, true);
}

static void build_inject(struct builder *builder, const struct draft_event *draft)
{
    struct scenario_event *event = add_event(builder, draft, "inject");
    event->request = (struct pcim_request){
        .method = PCIM_METHOD_INJECT_FAULT,
        .fault = {
            .target = keep_node(event, draft->inject.target),
            .fault = (enum pcim_fault)(PCIM_FAULT_BIT_ERRORS + draft->inject.fault),
            .host = keep_node(event, draft->inject.host),
            .direction_given = node_get(node_get(draft->node, "inject"), "direction") != NULL,
            .direction = (enum link_direction)draft->inject.direction,
            .count = draft->inject.count,
            .duration_ps = draft->inject.duration_ps,
            .rate = draft->inject.rate}};
}

static const struct {
    const char *key;
    void (*build)(struct builder *builder, const struct draft_event *draft);
} operations[] = {
    {"assign", build_assign}, {"release", build_release}, {"move", build_move},     {"vfs", build_vfs},
    {"qos", build_limits},    {"apply", build_apply},     {"port", build_port},     {"reset", build_reset},
    {"fail", build_fail},     {"repair", build_repair},   {"inject", build_inject},
};

void build_timeline(struct builder *builder)
{
    const struct draft_list *timeline = &builder->draft->timeline;
    for (size_t index = 0; index < timeline->count; index++) {
        const struct draft_event *draft = &ENTRIES(*timeline, draft_event)[index];
        for (size_t op = 0; op < sizeof operations / sizeof operations[0]; op++)
            if (node_get(draft->node, operations[op].key) != NULL)
                operations[op].build(builder, draft);
    }
}
