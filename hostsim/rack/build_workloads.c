/* Workloads, and the flows they make of what is owned at time zero. */
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "hostsim/rack/build_function.h"
#include "hostsim/rack/build_owner.h"
#include "hostsim/rack/build_targets.h"
#include "hostsim/rack/build_trace.h"
#include "hostsim/rack/schema.h"

#define ENTRIES(list, type) ((struct type *)(list).entries)
#define KIND(kind) (1u << ADAPTER_##kind)
#define ANY_KIND (~0u)

/* Which adapters do which op (contract, section 2). */
static const unsigned op_kinds[] = {
    [OP_DMA_WRITE] = ANY_KIND,
    [OP_DMA_READ] = ANY_KIND,
    [OP_DMA_READ_WRITE] = ANY_KIND,
    [OP_MMIO_WRITE] = ANY_KIND,
    [OP_MMIO_READ] = ANY_KIND,
    [OP_PEER_WRITE] = ANY_KIND,
    [OP_PEER_READ] = ANY_KIND,
    [OP_TRANSMIT] = KIND(NIC),
    [OP_RECEIVE] = KIND(NIC),
    [OP_SEND] = KIND(NIC),
    [OP_READ] = KIND(NVME) | KIND(RAID) | KIND(HBA),
    [OP_WRITE] = KIND(NVME) | KIND(RAID) | KIND(HBA),
    [OP_MIX] = ANY_KIND,
    [OP_COPY_IN] = KIND(GPU),
    [OP_COPY_OUT] = KIND(GPU),
};

/* --- the workload itself --- */

static void build_arrival(struct builder *builder, struct draft_workload *draft, struct scenario_arrival *arrival)
{
    static const struct {
        const char *key;
        enum scenario_arrival_kind kind;
    } kinds[] = {
        {"poisson", ARRIVAL_POISSON}, {"periodic", ARRIVAL_PERIODIC}, {"closed", ARRIVAL_CLOSED},
        {"onoff", ARRIVAL_ONOFF},     {"trace", ARRIVAL_TRACE},
    };
    const struct node *node = node_get(draft->node, "arrival");
    struct draft_arrival *from = &draft->arrival;
    *arrival = (struct scenario_arrival){.kind = ARRIVAL_SATURATE};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (node_get(node, kinds[i].key))
            arrival->kind = kinds[i].kind;
    if (node_get(node, "think") && arrival->kind != ARRIVAL_CLOSED)
        faults_add(builder->faults, node_item(node, "think")->key_place, "`think` goes with `closed`");
    if (arrival->kind == ARRIVAL_POISSON)
        arrival->rate = from->poisson;
    if (arrival->kind == ARRIVAL_PERIODIC)
        arrival->rate = from->periodic;
    if (arrival->kind == ARRIVAL_ONOFF)
        arrival->rate = from->onoff.rate;
    arrival->in_flight = arrival->kind == ARRIVAL_CLOSED ? from->closed : 0;
    arrival->think = from->think;
    arrival->on = from->onoff.on;
    arrival->off = from->onoff.off;
    from->think = from->onoff.on = from->onoff.off = (struct distribution){0};
}

/* Arrivals closer together than simulated time can tell. */
static void check_interval(struct builder *builder, const struct node *node, const struct scenario_workload *workload)
{
    const struct scenario_rate *rate = &workload->arrival.rate;
    unsigned __int128 bits = (unsigned __int128)distribution_mean(&workload->size) * 8;
    unsigned __int128 per_operation = rate->of_operations ? 1 : bits;
    if (rate->milli_per_s > 0 && per_operation * 1000 * PS_PER_S < rate->milli_per_s)
        faults_add(
            builder->faults, place_of(node, "arrival"),
            "these arrivals are finer than 1 ps: a lower rate, or a larger "
            "`size`");
}

static bool does(const struct scenario_workload *workload, enum scenario_op op)
{
    for (size_t i = 0; i < workload->op_count; i++)
        if (workload->ops[i].op == op)
            return true;
    return false;
}

/* What the workload does, one op or those of the mix; PLACES has where each is written. */
static void build_op(
    struct builder *builder, const struct draft_workload *draft, struct scenario_workload *workload,
    struct place places[SCENARIO_OPS])
{
    const struct node *node = node_get(draft->node, "op"), *mix = node_get(node, "mix");
    workload->op = node_is_map(node) ? OP_MIX : (enum scenario_op)draft->op.word;
    if (workload->op != OP_MIX) {
        places[0] = place_of(draft->node, "op");
        workload->ops[workload->op_count++] = (struct scenario_workload_op){workload->op, 1};
        return;
    }
    if (mix && mix->count == 0)
        faults_add(builder->faults, mix->place, "a mix needs at least one op: {read: 0.7, write: 0.3}");
    for (size_t op = 0; op < SCENARIO_OPS; op++) {
        if (draft->op.mix[op] == 0)
            continue;
        places[workload->op_count] = node_item(mix, schema_word_name(schema_ops, (int)op))->key_place;
        workload->ops[workload->op_count++] = (struct scenario_workload_op){(enum scenario_op)op, draft->op.mix[op]};
    }
}

/* Whether `peer` and `to` are there when, and only when, an op needs them. */
static void check_op(
    struct builder *builder, const struct draft_workload *draft, const struct scenario_workload *workload,
    const struct place places[SCENARIO_OPS])
{
    for (size_t i = 0; i < workload->op_count; i++) {
        enum scenario_op op = workload->ops[i].op;
        if ((op == OP_PEER_WRITE || op == OP_PEER_READ) && !draft->peer)
            faults_add(
                builder->faults, places[i], "`%s` needs `peer`: the other function",
                schema_word_name(schema_ops, (int)op));
        if (op == OP_SEND && !draft->to)
            faults_add(builder->faults, places[i], "`send` needs `to`: HOST/GUEST or its function");
    }
    if (draft->peer && !does(workload, OP_PEER_WRITE) && !does(workload, OP_PEER_READ))
        faults_add(builder->faults, draft->peer->place, "`peer` goes with peer-write and peer-read");
    if (draft->to && !does(workload, OP_SEND))
        faults_add(builder->faults, draft->to->place, "`to` goes with `send`");
}

static void check_times(struct builder *builder, const struct draft_workload *draft)
{
    if (node_get(draft->node, "stop") && draft->stop_ps <= draft->start_ps)
        faults_add(builder->faults, place_of(draft->node, "stop"), "`stop` must be later than `start`");
}

static void build_workload(
    struct builder *builder, struct draft_workload *draft, struct scenario_workload *workload,
    struct place places[SCENARIO_OPS])
{
    struct scenario_owner owner = {SCENARIO_NONE, SCENARIO_NONE, SCENARIO_NONE};
    if (draft->host)
        owner = build_owner(builder, draft->host);
    *workload = (struct scenario_workload){
        .name = strdup(draft->name ? draft->name->text : ""),
        .spread = (enum scenario_spread)draft->spread,
        .size = draft->size,
        .outstanding = draft->outstanding,
        .window_bytes = draft->window_bytes,
        .span_bytes = draft->span_bytes,
        .pattern = node_is_map(node_get(draft->node, "pattern")) ? PATTERN_ZIPF
                                                                 : (enum scenario_pattern_kind)draft->pattern.word,
        .zipf_millis = draft->pattern.zipf_millis,
        .traffic_class = draft->traffic_class,
        .ordering = (enum scenario_ordering)draft->ordering,
        .peer = {SCENARIO_NONE, SCENARIO_NONE, SCENARIO_NONE},
        .host = owner.host,
        .guest = owner.guest,
        .start_ps = draft->start_ps,
        .stop_ps = node_get(draft->node, "stop") ? draft->stop_ps : TIME_NEVER,
        .count = draft->count,
        .total_bytes = draft->total_bytes,
    };
    CHECK(workload->name);
    draft->size = (struct distribution){0};
    build_op(builder, draft, workload, places);
    build_arrival(builder, draft, &workload->arrival);
    if (draft->arrival.trace)
        build_trace(builder, draft->arrival.trace, workload, places);
    check_op(builder, draft, workload, places);
    check_interval(builder, draft->node, workload);
    check_times(builder, draft);
}

/* --- flows --- */

/* Whether the adapter of PICK does OP. PLACE: where the op is written; for a single op the function says more. */
static void check_kind(struct builder *builder, enum scenario_op op, const struct pick *pick, struct place place)
{
    const struct scenario_adapter *adapter = &builder->scenario->adapters[pick->function.adapter];
    if (op_kinds[op] & 1u << adapter->kind)
        return;
    char kinds[64] = "";
    for (const struct schema_word *word = schema_kinds; word->name; word++)
        if (op_kinds[op] & 1u << word->value) {
            strcat(kinds, kinds[0] ? " or " : "");
            strcat(kinds, word->name);
        }
    faults_add(
        builder->faults, place, "`%s` needs an adapter of kind %s, and %s is of kind %s",
        schema_word_name(schema_ops, (int)op), kinds, adapter->name,
        schema_word_name(schema_kinds, (int)adapter->kind));
}

static void check_kinds(
    struct builder *builder, const struct scenario_workload *workload, const struct pick *pick,
    const struct place places[SCENARIO_OPS])
{
    bool single = workload->op != OP_MIX && workload->arrival.kind != ARRIVAL_TRACE;
    for (size_t i = 0; i < workload->op_count; i++)
        check_kind(builder, workload->ops[i].op, pick, single ? pick->node->place : places[i]);
}

static struct scenario_owner owner_of(struct builder *builder, struct scenario_function function)
{
    return ownership_slot(&builder->ownership, function)->owner;
}

/* `host:` leaves those that it owns; of what is no set that is a fault when nothing can change it. */
static bool is_of_host(struct builder *builder, const struct scenario_workload *workload, const struct pick *pick)
{
    struct scenario_owner by = {workload->host, SCENARIO_NONE, workload->guest},
                          owner = owner_of(builder, pick->function);
    char name[FUNCTION_TEXT], holder[OWNER_TEXT], wanted[OWNER_TEXT];
    if (workload->host == SCENARIO_NONE || ownership_counts(owner, by))
        return true;
    if (!build_is_set(pick->node) && !builder->scenario->managed)
        faults_add(
            builder->faults, pick->node->place, "%s is %s's, and the workload is %s's: it would never run",
            function_text(builder, pick->function, name), owner_text(builder->scenario, owner, holder),
            owner_text(builder->scenario, by, wanted));
    return false;
}

static struct scenario_function find_peer(struct builder *builder, const struct node *node)
{
    struct scenario_function peer = {SCENARIO_NONE, SCENARIO_NONE, SCENARIO_NONE};
    struct picks picks = {0};
    if (!node)
        return peer;
    build_functions(builder, node, builder->scenario->managed, &picks);
    if (picks.count == 1)
        peer = picks.items[0].function;
    else if (picks.count > 1)
        faults_add(
            builder->faults, node->place, "`peer` must be one function, and `%s` is %zu", node->text, picks.count);
    free(picks.items);
    return peer;
}

static void check_peer(
    struct builder *builder, const struct node *node, struct scenario_function function, struct scenario_function peer)
{
    const struct scenario *scenario = builder->scenario;
    struct scenario_owner one = owner_of(builder, function), other = owner_of(builder, peer);
    char a[FUNCTION_TEXT], b[FUNCTION_TEXT];
    function_text(builder, function, a);
    function_text(builder, peer, b);
    if (memcmp(&function, &peer, sizeof(peer)) == 0)
        faults_add(builder->faults, node->place, "%s cannot be its own peer", a);
    else if (
        scenario->adapters[function.adapter].host != SCENARIO_NONE ||
        scenario->adapters[peer.adapter].host != SCENARIO_NONE)
        faults_add(
            builder->faults, node->place, "%s and %s are no peers: a chassis switches between its own adapters", a, b);
    else if (one.host != other.host || one.uplink != other.uplink)
        faults_add(
            builder->faults, node->place, "%s and %s are in different hierarchies: peers are functions of one host", a,
            b);
    else if (function.adapter == peer.adapter)
        faults_add(
            builder->faults, node->place,
            "%s and %s are on one adapter: a chassis sends nothing back where it came from, so peers need two", a, b);
}

static bool is_same_flow(
    const struct builder *builder, const struct scenario_flow *flow, int workload, struct scenario_function function)
{
    const struct scenario *scenario = builder->scenario;
    return flow->member_count == 1 && !flow->text &&
           memcmp(&flow->members[0].function, &function, sizeof(function)) == 0 &&
           strcmp(scenario->workloads[flow->workload].name, scenario->workloads[workload].name) == 0;
}

static struct scenario_flow *add_flow(struct builder *builder, int workload, size_t members)
{
    struct scenario *scenario = builder->scenario;
    size_t count = scenario->flow_count;
    if ((count & (count - 1)) == 0) {
        scenario->flows = realloc(scenario->flows, (count ? 2 * count : 1) * sizeof(*scenario->flows));
        CHECK(scenario->flows);
    }
    struct scenario_flow *flow = &scenario->flows[scenario->flow_count++];
    *flow = (struct scenario_flow){
        .workload = workload, .members = calloc(members, sizeof(*flow->members)), .member_count = members};
    CHECK(flow->members);
    return flow;
}

static void
add_each(struct builder *builder, int workload, const struct scenario_flow_member *member, const struct pick *pick)
{
    const struct scenario *scenario = builder->scenario;
    char name[FUNCTION_TEXT];
    for (size_t i = 0; i < scenario->flow_count; i++) {
        if (!is_same_flow(builder, &scenario->flows[i], workload, member->function))
            continue;
        faults_add(
            builder->faults, pick->node->place, "`%s` is on %s already: workloads of one name must differ in function",
            scenario->workloads[workload].name, function_text(builder, member->function, name));
        return;
    }
    add_flow(builder, workload, 1)->members[0] = *member;
}

/* "[nic0.pf0, nic1.pf0]", as it was written. */
static void write_text(const struct node *node, char **text)
{
    char *before = *text;
    int length = 0;
    if (node_is_scalar(node)) {
        length = asprintf(text, "%s%s", before ? before : "", node->text);
        CHECK(length >= 0);
        free(before);
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        before = *text;
        length = asprintf(text, "%s%s", before ? before : "", i == 0 ? "[" : ", ");
        CHECK(length >= 0);
        free(before);
        write_text(node->items[i].value, text);
    }
    before = *text;
    length = asprintf(text, "%s]", before);
    CHECK(length >= 0);
    free(before);
}

static void build_flows(
    struct builder *builder, const struct draft_workload *draft, int index, const struct place places[SCENARIO_OPS])
{
    const struct scenario_workload *workload = &builder->scenario->workloads[index];
    struct picks picks = {0};
    bool later = builder->scenario->managed;
    size_t count = 0;
    if (!draft->function)
        return;
    build_functions(builder, draft->function, later, &picks);
    struct scenario_function peer = find_peer(builder, draft->peer);
    builder->scenario->workloads[index].peer = peer;
    if (faults_added(builder->faults) == 0)
        build_targets(builder, draft->function, &builder->scenario->workloads[index]);
    struct scenario_flow_member *members = calloc(picks.count + 1, sizeof(*members));
    CHECK(members);
    for (size_t i = 0; i < picks.count; i++) {
        check_kinds(builder, workload, &picks.items[i], places);
        if (!ownership_is_owned(&builder->ownership, picks.items[i].function))
            continue; /* until the timeline assigns it */
        if (!is_of_host(builder, workload, &picks.items[i]))
            continue;
        members[count] =
            (struct scenario_flow_member){picks.items[i].function, owner_of(builder, picks.items[i].function), peer};
        if (peer.adapter != SCENARIO_NONE && ownership_is_owned(&builder->ownership, peer))
            check_peer(builder, draft->peer, members[count].function, peer);
        if (workload->spread == SPREAD_EACH || picks.count == 1)
            add_each(builder, index, &members[count], &picks.items[i]);
        count++;
    }
    if (count == 0 && picks.count > 0 && build_is_set(draft->function) && !later && workload->host != SCENARIO_NONE)
        faults_add(
            builder->faults, draft->function->place, "%s owns none of these at time zero",
            builder->scenario->hosts[workload->host].name);
    if (workload->spread != SPREAD_EACH && picks.count > 1 && count > 0) {
        struct scenario_flow *flow = add_flow(builder, index, count);
        memcpy(flow->members, members, count * sizeof(*members));
        write_text(draft->function, &flow->text);
    }
    free(members);
    free(picks.items);
}

/* --- the run --- */

static void check_run(struct builder *builder)
{
    const struct scenario *scenario = builder->scenario;
    const struct node *run = node_get(builder->draft->node, "run");
    bool finite = false;
    for (size_t i = 0; i < scenario->workload_count; i++)
        finite = finite || scenario->workloads[i].count || scenario->workloads[i].total_bytes ||
                 scenario->workloads[i].arrival.kind == ARRIVAL_TRACE;
    if (scenario->run.until_done && !finite)
        faults_add(
            builder->faults, place_of(run, "until"),
            "`until: done` needs a workload with a `count`, a `total` or a trace: otherwise the run never ends");
}

void build_workloads(struct builder *builder)
{
    struct draft_list *drafts = &builder->draft->workloads;
    struct scenario *scenario = builder->scenario;
    scenario->workloads = calloc(drafts->count + 1, sizeof(*scenario->workloads));
    CHECK(scenario->workloads);
    for (; scenario->workload_count < drafts->count; scenario->workload_count++) {
        struct draft_workload *draft = &ENTRIES(*drafts, draft_workload)[scenario->workload_count];
        struct place places[SCENARIO_OPS] = {0};
        build_workload(builder, draft, &scenario->workloads[scenario->workload_count], places);
        build_flows(builder, draft, (int)scenario->workload_count, places);
    }
    check_run(builder);
}
