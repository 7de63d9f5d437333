#include "hostsim/rack/loads.h"

#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "hostsim/rack/load_kind.h"
#include "hostsim/rack/loads_parts.h"

/* Where the windows of workloads begin in a host's memory, by the size of addresses on its link. */
#define BUFFERS_BASE_64 (UINT64_C(4) << 30)
#define BUFFERS_BASE_32 (UINT64_C(1) << 20)
#define PAGE_BYTES 4096

static const struct arrival_ops *arrival_ops(enum scenario_arrival_kind kind)
{
    static const struct arrival_ops *const ops[] = {
        [ARRIVAL_SATURATE] = &arrival_saturate, [ARRIVAL_POISSON] = &arrival_poisson,
        [ARRIVAL_PERIODIC] = &arrival_periodic, [ARRIVAL_CLOSED] = &arrival_closed,
        [ARRIVAL_ONOFF] = &arrival_onoff,       [ARRIVAL_TRACE] = &arrival_trace,
    };
    CHECK((size_t)kind < sizeof ops / sizeof ops[0]);
    return ops[kind];
}

static const struct pattern_ops *pattern_ops(enum scenario_pattern_kind kind)
{
    static const struct pattern_ops *const ops[] = {
        [PATTERN_SEQUENTIAL] = &pattern_sequential,
        [PATTERN_RANDOM] = &pattern_random,
        [PATTERN_ZIPF] = &pattern_zipf,
        [PATTERN_REPEAT] = &pattern_repeat,
    };
    CHECK((size_t)kind < sizeof ops / sizeof ops[0]);
    return ops[kind];
}

static unsigned __int128 mean_interval(const struct scenario_workload *workload)
{
    const struct scenario_rate *rate = &workload->arrival.rate;
    if (rate->milli_per_s == 0)
        return 0;
    if (rate->of_operations)
        return arrival_interval_of_operations(rate->milli_per_s);
    return arrival_interval_of_payload(rate->milli_per_s, distribution_mean(&workload->size));
}

static struct arrival_config arrival_config(const struct scenario_workload *workload)
{
    return (struct arrival_config){
        .ops = arrival_ops(workload->arrival.kind),
        .start_ps = workload->start_ps,
        .interval = mean_interval(workload),
        .on = &workload->arrival.on,
        .off = &workload->arrival.off,
        .in_flight = workload->arrival.in_flight,
        .think = &workload->arrival.think,
        .trace = workload->arrival.kind == ARRIVAL_TRACE ? &workload->arrival.trace : NULL,
    };
}

static uint8_t ordering_attribute(enum scenario_ordering ordering)
{
    static const uint8_t attributes[] = {
        [ORDERING_STRICT] = 0,
        [ORDERING_RELAXED] = TLP_RELAXED_ORDERING,
        [ORDERING_ID_BASED] = TLP_ID_BASED_ORDERING,
    };
    CHECK((size_t)ordering < sizeof attributes);
    return attributes[ordering];
}

static struct flow_config flow_config(const struct scenario_workload *workload, const char *name)
{
    bool in_bar = false;
    for (size_t op = 0; op < workload->op_count; op++)
        in_bar = in_bar || load_kind(workload->ops[op].op)->target != TARGET_MEMORY;
    uint64_t window_bytes = workload->window_bytes;
    if (in_bar && window_bytes > FUNCTION_BAR_BYTES)
        window_bytes = FUNCTION_BAR_BYTES;
    struct flow_config config = {
        .name = name,
        .op_count = (uint32_t)workload->op_count,
        .arrival = arrival_config(workload),
        .size = &workload->size,
        .most_bytes = in_bar ? FUNCTION_BAR_BYTES : 0,
        .pattern = pattern_ops(workload->pattern),
        .window_bytes = window_bytes,
        .zipf_millis = workload->zipf_millis,
        .outstanding = workload->outstanding,
        .stop_ps = workload->stop_ps,
        .count = workload->count,
        .total_bytes = workload->total_bytes,
        .picks_in_turn = workload->spread == SPREAD_ROUND_ROBIN,
        .traffic_class = (uint8_t)workload->traffic_class,
        .attributes = ordering_attribute(workload->ordering),
    };
    for (size_t op = 0; op < workload->op_count; op++)
        config.op_weights[op] = workload->ops[op].weight;
    return config;
}

struct world_function *loads_find_function(struct world *world, struct scenario_function function)
{
    const struct holding *holding = holdings_find(&world->holdings, function);
    CHECK(holding != NULL);
    return holding->at;
}

static uint64_t take_buffer(struct loads *loads, const struct world_function *function, uint64_t window_bytes)
{
    uint64_t *next = &loads->next_buffer[function->root->host];
    uint64_t address = *next;
    *next += (window_bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    return address;
}

static struct core *add_core(struct loads *loads, struct root_port *root_port, struct flow_issuer *issuer)
{
    struct core *core = cache_line_calloc(1, sizeof *core);
    loads->cores = reallocarray(loads->cores, loads->core_count + 1, sizeof(struct core *));
    CHECK(loads->cores != NULL);
    core_init(core, root_port, &issuer->source);
    loads->cores[loads->core_count++] = core;
    return core;
}

static struct root_port *root_port_of(struct world *world, const struct world_function *function)
{
    return &world->root_complexes[function->root->host].ports[function->root->port];
}

/* The core at ROOT_PORT that has its operations from ISSUER; NULL when none has. FIRST_CORE: the flow's first. */
static const struct core *find_core(
    const struct loads *loads, const struct root_port *root_port, const struct flow_issuer *issuer, size_t first_core)
{
    for (size_t index = first_core; index < loads->core_count; index++)
        if (loads->cores[index]->source == &issuer->source && loads->cores[index]->root_port == root_port)
            return loads->cores[index];
    return NULL;
}

/* The issuer of FLOW that serves FUNCTION: its engine, or a core at its root port; one that is there already, or new.
 */
static struct flow_issuer *issuer_for(
    struct loads *loads, struct flow *flow, struct world_function *function, enum operation_kind kind, bool by_core,
    size_t first_core)
{
    struct root_port *root_port = root_port_of(loads->world, function);
    for (uint32_t index = 0; index < flow->issuer_count; index++) {
        struct flow_issuer *issuer = flow->issuers[index];
        bool same = by_core ? find_core(loads, root_port, issuer, first_core) != NULL
                            : issuer->source.issuer == &function->function->engine.issuer;
        if (same && issuer->source.kind == kind)
            return issuer;
    }
    struct flow_issuer *issuer = flow_add_issuer(flow, kind);
    if (by_core)
        add_core(loads, root_port, issuer);
    else
        dma_engine_add_source(&function->function->engine, &issuer->source);
    return issuer;
}

/* Where the window of KIND begins, of a member whose buffer in memory is at BUFFER. */
static enum status target_address(
    struct loads *loads, const struct load_kind *kind, const struct scenario_flow_member *member,
    const struct world_function *function, uint64_t buffer, uint64_t *address)
{
    *address = buffer;
    if (kind->target == TARGET_MEMORY)
        return STATUS_OK;
    const struct world_function *target = function;
    if (kind->target == TARGET_PEER_BAR)
        target = loads_find_function(loads->world, member->peer);
    *address = target->bar_base;
    return target->vh == function->vh ? STATUS_OK : STATUS_INVALID_ARGUMENT;
}

/* Memory for a window of the workload in the owner's host; none when no op needs it. */
static uint64_t buffer_for(
    struct loads *loads, const struct scenario_workload *workload, const struct world_function *function,
    uint64_t window_bytes)
{
    for (size_t op = 0; op < workload->op_count; op++)
        if (load_kind(workload->ops[op].op)->target == TARGET_MEMORY)
            return take_buffer(loads, function, window_bytes);
    return 0;
}

/* True when the owners of the functions of MEMBER see them; otherwise says in REASON which one does not. */
static bool is_seen(
    struct loads *loads, const struct scenario_flow_member *member, const struct scenario_workload *workload,
    char *reason, size_t reason_size)
{
    const struct scenario *scenario = loads->world->scenario;
    const struct scenario_function *functions[] = {&member->function, &member->peer};
    for (size_t n = 0; n < 2 && functions[n]->adapter != SCENARIO_NONE; n++) {
        const struct world_function *function = loads_find_function(loads->world, *functions[n]);
        if (function->function != NULL)
            continue;
        char name[128];
        snprintf(
            reason, reason_size,
            "workload %s: host %s does not see %s: without `ari` among its `capabilities` it finds the first eight "
            "functions of a device",
            workload->name, scenario->hosts[function->root->host].name,
            scenario_function_name(scenario, *functions[n], name, sizeof name));
        return false;
    }
    return true;
}

/* A target for one function of the flow. FIRST_CORE: the flow's first among the cores. */
static enum status add_member(
    struct loads *loads, struct flow *flow, const struct scenario_workload *workload,
    const struct scenario_flow_member *member, size_t first_core)
{
    struct flow_route routes[FLOW_OPS_MAX] = {0};
    struct world_function *function = loads_find_function(loads->world, member->function);
    uint64_t buffer = buffer_for(loads, workload, function, flow->config.window_bytes);
    for (size_t op = 0; op < workload->op_count; op++) {
        const struct load_kind *load = load_kind(workload->ops[op].op);
        for (enum operation_kind kind = 0; kind < OPERATION_KINDS; kind++)
            if (load->does[kind])
                routes[op].issuers[kind] = issuer_for(loads, flow, function, kind, load->by_core, first_core);
        enum status status = target_address(loads, load, member, function, buffer, &routes[op].address);
        if (status != STATUS_OK)
            return status;
    }
    flow_add_target(flow, routes);
    return STATUS_OK;
}

/* What a flow's random streams are called: its workload, owner and function. */
static void stream_name(const struct scenario *scenario, const struct scenario_flow *flow, char *name, size_t name_size)
{
    const struct scenario_flow_member *member = &flow->members[0];
    const struct scenario_host *host = &scenario->hosts[member->owner.host];
    bool guest = member->owner.guest != SCENARIO_NONE;
    char function[128];
    scenario_function_name(scenario, member->function, function, sizeof function);
    snprintf(
        name, name_size, "%s/%s%s%s/%s", scenario->workloads[flow->workload].name, host->name, guest ? "/" : "",
        guest ? host->guests[member->owner.guest].name : "", function);
}

static void on_finished(struct flow *flow)
{
    struct loads *loads = flow->context;
    CHECK(loads->unfinished > 0);
    if (--loads->unfinished > 0 || !loads->world->scenario->run.until_done)
        return;
    uint64_t end_ps = 0;
    for (size_t index = 0; index < loads->row_count; index++) {
        const struct flow *one = loads->rows[index]->flow;
        if (flow_is_finite(one) && one->last_done_ps > end_ps)
            end_ps = one->last_done_ps;
        if (flow_is_finite(one) && one->last_failed_ps > end_ps)
            end_ps = one->last_failed_ps;
    }
    event_schedule(&loads->finish, end_ps);
}

static void on_finish(struct event *event)
{
    struct loads *loads = CONTAINER_OF(event, struct loads, finish);
    simulation_stop(&loads->world->fabric.simulation);
}

static struct load_row *new_row(struct loads *loads, struct flow *flow, const struct scenario_flow *spec)
{
    struct load_row *row = calloc(1, sizeof *row);
    loads->rows = reallocarray(loads->rows, loads->row_count + 1, sizeof(struct load_row *));
    CHECK(row != NULL && loads->rows != NULL);
    loads->rows[loads->row_count++] = row;
    row->flow = flow;
    row->spec = spec;
    row->there = calloc(spec->member_count + 1, sizeof *row->there);
    CHECK(row->there != NULL);
    return row;
}

enum status loads_make_row(
    struct loads *loads, struct flow *flow, const struct scenario_flow *spec, char *reason, size_t reason_size)
{
    const struct scenario *scenario = loads->world->scenario;
    const struct scenario_workload *workload = &scenario->workloads[spec->workload];
    char name[512];
    stream_name(scenario, spec, name, sizeof name);
    struct flow_config config = flow_config(workload, name);
    flow_init(flow, &loads->world->fabric, &config);
    struct load_row *row = new_row(loads, flow, spec);
    flow->on_finished = on_finished;
    flow->on_quiet = loads_on_quiet;
    flow->context = loads;
    loads->unfinished += flow_is_finite(flow);
    size_t first_core = loads->core_count;
    for (size_t n = 0; n < spec->member_count; n++) {
        if (!is_seen(loads, &spec->members[n], workload, reason, reason_size))
            return STATUS_UNAVAILABLE;
        enum status status = add_member(loads, flow, workload, &spec->members[n], first_core);
        if (status != STATUS_OK) {
            snprintf(
                reason, reason_size, "workload %s: its function and its peer are in different hierarchies",
                workload->name);
            return status;
        }
        row->there[n] = true;
    }
    return STATUS_OK;
}

enum status loads_init(struct loads *loads, struct world *world, char *reason, size_t reason_size)
{
    const struct scenario *scenario = world->scenario;
    *loads = (struct loads){
        .world = world,
        .flows = cache_line_calloc(scenario->flow_count, sizeof *loads->flows),
        .next_buffer = calloc(scenario->host_count + 1, sizeof *loads->next_buffer),
    };
    CHECK(loads->next_buffer != NULL);
    component_init(&loads->component, &world->fabric.simulation);
    event_init(&loads->finish, &loads->component, on_finish);
    for (size_t host = 0; host < scenario->host_count; host++)
        loads->next_buffer[host] = scenario->hosts[host].link.address_64 ? BUFFERS_BASE_64 : BUFFERS_BASE_32;
    for (size_t index = 0; index < scenario->flow_count; index++) {
        loads->flow_count++;
        enum status status = loads_make_row(loads, &loads->flows[index], &scenario->flows[index], reason, reason_size);
        if (status != STATUS_OK)
            return status;
        loads_place_row(loads, loads->rows[loads->row_count - 1]);
    }
    return STATUS_OK;
}

static void free_row(struct load_row *row)
{
    flow_free(row->flow);
    if (row->owns_flow)
        free(row->flow);
    free(row->added.members);
    free(row->there);
    free(row);
}

void loads_free(struct loads *loads)
{
    if (loads == NULL)
        return;
    for (size_t index = 0; index < loads->row_count; index++)
        free_row(loads->rows[index]);
    for (size_t index = 0; index < loads->core_count; index++)
        free(loads->cores[index]);
    free(loads->cores);
    free(loads->rows);
    free(loads->flows);
    free(loads->next_buffer);
    *loads = (struct loads){0};
}

/* Whether row ONE stands before row OTHER in the results. */
static bool is_before(const struct load_row *one, const struct load_row *other)
{
    if (one->spec->workload != other->spec->workload)
        return one->spec->workload < other->spec->workload;
    return one->place < other->place;
}

size_t *loads_result_order(const struct loads *loads)
{
    size_t *order = calloc(loads->row_count + 1, sizeof *order);
    CHECK(order != NULL);
    for (size_t row = 0; row < loads->row_count; row++) {
        size_t at = row; /* the scenario's are in their order */
        if (row >= loads->flow_count)
            for (; at > 0 && is_before(loads->rows[row], loads->rows[order[at - 1]]); at--)
                order[at] = order[at - 1];
        order[at] = row;
    }
    return order;
}

bool loads_are_valid(const struct loads *loads)
{
    for (size_t index = 0; index < loads->row_count; index++)
        if (!flow_is_valid(loads->rows[index]->flow))
            return false;
    return true;
}
