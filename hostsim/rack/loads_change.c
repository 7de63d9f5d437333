#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "hostsim/guest/flow_suspend.h"
#include "hostsim/rack/load_kind.h"
#include "hostsim/rack/loads_parts.h"
#include "hostsim/rack/ownership.h"

static bool is_same(struct scenario_function one, struct scenario_function other)
{
    return one.adapter == other.adapter && one.pf == other.pf && one.vf == other.vf;
}

static bool is_same_owner(struct scenario_owner one, struct scenario_owner other)
{
    return one.host == other.host && one.uplink == other.uplink && one.guest == other.guest;
}

static const struct scenario_workload *workload_of(const struct loads *loads, const struct load_row *row)
{
    return &loads->world->scenario->workloads[row->spec->workload];
}

/* --- which workload is about what --- */

static bool number_matches(int wanted, int is)
{
    return wanted == is || (wanted == SCENARIO_ANY && is >= 0);
}

static bool is_about(const struct loads *loads, const struct scenario_target *target, const struct holding *holding)
{
    struct scenario_function function = holding->function;
    if (target->function.adapter != function.adapter)
        return false;
    if (!target->of_owner)
        return number_matches(target->function.pf, function.pf) && number_matches(target->function.vf, function.vf);
    return ownership_counts(holding->owner, target->owner) &&
           holdings_is_nth(&loads->world->holdings, function, target->owner, target->nth);
}

/* The first target of the workload that is about HOLDING; SIZE_MAX: none, or its `host` is another. */
static size_t
find_target(const struct loads *loads, const struct scenario_workload *workload, const struct holding *holding)
{
    struct scenario_owner of = {workload->host, SCENARIO_NONE, workload->guest};
    if (workload->host != SCENARIO_NONE && !ownership_counts(holding->owner, of))
        return SIZE_MAX;
    for (size_t index = 0; index < workload->target_count; index++)
        if (is_about(loads, &workload->targets[index], holding))
            return index;
    return SIZE_MAX;
}

void loads_place_row(const struct loads *loads, struct load_row *row)
{
    const struct holding *holding = holdings_find(&loads->world->holdings, row->spec->members[0].function);
    size_t target = find_target(loads, workload_of(loads, row), holding);
    row->place = target == SIZE_MAX ? 0 : target;
}

/* --- one member of one row --- */

/* A row's member: FLOW's target N. */
static bool is_member(const struct load_row *row, size_t n, const struct holding *holding)
{
    return is_same(row->spec->members[n].function, holding->function) &&
           is_same_owner(row->spec->members[n].owner, holding->owner);
}

/* The issuers of target N that are DMA engines'. */
static void serve(struct loads *loads, struct load_row *row, size_t n, bool served)
{
    const struct scenario_workload *workload = workload_of(loads, row);
    const struct world_function *at = loads_find_function(loads->world, row->spec->members[n].function);
    for (uint32_t op = 0; op < workload->op_count; op++) {
        if (load_kind(workload->ops[op].op)->by_core)
            continue;
        const struct flow_route *route = flow_route(row->flow, (uint32_t)n, op);
        for (int kind = 0; kind < OPERATION_KINDS; kind++) {
            if (route->issuers[kind] == NULL || at->function == NULL)
                continue;
            struct operation_source *source = &route->issuers[kind]->source;
            bool is_served = source->issuer == &at->function->engine.issuer;
            if (served && !is_served)
                dma_engine_add_source(&at->function->engine, source);
            if (!served && is_served && at->function->active)
                dma_engine_remove_source(&at->function->engine, source);
        }
    }
}

/* BARs may be elsewhere now. */
static void set_addresses(struct loads *loads, struct load_row *row, size_t n)
{
    const struct scenario_workload *workload = workload_of(loads, row);
    const struct scenario_flow_member *member = &row->spec->members[n];
    for (uint32_t op = 0; op < workload->op_count; op++) {
        const struct load_kind *kind = load_kind(workload->ops[op].op);
        if (kind->target == TARGET_MEMORY)
            continue;
        struct scenario_function whose = kind->target == TARGET_PEER_BAR ? member->peer : member->function;
        flow_set_address(row->flow, (uint32_t)n, op, loads_find_function(loads->world, whose)->bar_base);
    }
}

static void attach_member(struct loads *loads, struct load_row *row, size_t n)
{
    if (row->there[n])
        return;
    row->there[n] = true;
    serve(loads, row, n, true);
    set_addresses(loads, row, n);
    flow_set_absent(row->flow, (uint32_t)n, false);
    flow_resume(row->flow);
}

static bool is_anything_there(const struct load_row *row)
{
    for (size_t n = 0; n < row->spec->member_count; n++)
        if (row->there[n])
            return true;
    return false;
}

static void detach_member(struct loads *loads, struct load_row *row, size_t n)
{
    if (!row->there[n])
        return;
    row->there[n] = false;
    flow_suspend(row->flow);
    serve(loads, row, n, false);
    flow_drop_waiting(row->flow);
    flow_set_absent(row->flow, (uint32_t)n, true);
    flow_interrupt(row->flow, row->flow->last_done_ps);
    if (is_anything_there(row))
        flow_resume(row->flow);
}

/* --- rows that come with new owners --- */

/* The row of another owner of the same workload and function that was the last at work, and is no more; NULL: there was
 * none. */
static struct load_row *find_last(const struct loads *loads, const struct load_row *row)
{
    struct load_row *last = NULL;
    for (size_t index = 0; index < loads->row_count; index++) {
        struct load_row *other = loads->rows[index];
        bool same = other != row && other->spec->workload == row->spec->workload && !other->is_succeeded &&
                    is_same(other->spec->members[0].function, row->spec->members[0].function);
        if (same && (last == NULL || other->flow->last_done_ps >= last->flow->last_done_ps))
            last = other;
    }
    return last == NULL || is_anything_there(last) ? NULL : last;
}

/* What an earlier owner's row of the same workload and function had left to do is ROW's, which is new or (RETURNS) has
 * been there before. */
static void succeed(struct loads *loads, struct load_row *row, bool returns)
{
    struct load_row *last = find_last(loads, row);
    if (last == NULL)
        return;
    flow_interrupt(row->flow, last->flow->last_done_ps);
    if (returns && row->flow->interrupted_ps < last->flow->last_done_ps)
        row->flow->interrupted_ps = last->flow->last_done_ps;
    bool left = flow_is_finite(row->flow) && (!returns || (row->is_succeeded && !flow_is_exhausted(last->flow)));
    if (!left)
        return;
    last->is_succeeded = true;
    row->is_succeeded = false;
    row->flow->issued = last->flow->issued;
    row->flow->issued_bytes = last->flow->issued_bytes;
    loads->unfinished -= !returns;
}

static void add_row(struct loads *loads, int workload, size_t place, const struct holding *holding)
{
    const struct scenario_workload *of = &loads->world->scenario->workloads[workload];
    const struct holding *peer = NULL;
    if (of->peer.adapter != SCENARIO_NONE) {
        peer = holdings_find(&loads->world->holdings, of->peer);
        if (peer == NULL || !peer->seen || peer->at->vh != holding->at->vh)
            return; /* nobody that it could reach */
    }
    struct scenario_flow_member *member = malloc(sizeof *member);
    struct flow *flow = cache_line_calloc(1, sizeof *flow);
    CHECK(member != NULL);
    *member = (struct scenario_flow_member){holding->function, holding->owner, of->peer};
    struct scenario_flow spec = {.workload = workload, .members = member, .member_count = 1};
    char reason[256];
    enum status status = loads_make_row(loads, flow, &spec, reason, sizeof reason);
    CHECK(status == STATUS_OK);
    struct load_row *row = loads->rows[loads->row_count - 1];
    row->added = spec;
    row->spec = &row->added;
    row->owns_flow = true;
    row->place = place;
    flow_suspend(flow);
    flow_resume(flow); /* it begins now, not at time zero */
    if (loads->on_added != NULL)
        loads->on_added(loads, row);
    succeed(loads, row, false);
}

/* --- what a host tells --- */

static bool resume_row(struct loads *loads, int workload, const struct holding *holding)
{
    bool found = false;
    for (size_t index = 0; index < loads->row_count; index++) {
        struct load_row *row = loads->rows[index];
        for (size_t n = 0; row->spec->workload == workload && n < row->spec->member_count; n++) {
            if (!is_member(row, n, holding))
                continue;
            found = true;
            if (row->spec->member_count == 1)
                succeed(loads, row, true);
            if (!row->is_succeeded)
                attach_member(loads, row, n);
        }
    }
    return found;
}

void loads_attach(struct loads *loads, struct scenario_function function)
{
    const struct scenario *scenario = loads->world->scenario;
    const struct holding *holding = holdings_find(&loads->world->holdings, function);
    CHECK(holding != NULL && holding->at->function != NULL);
    for (size_t index = 0; index < scenario->workload_count; index++) {
        const struct scenario_workload *workload = &scenario->workloads[index];
        size_t target = find_target(loads, workload, holding);
        if (target == SIZE_MAX)
            continue;
        bool picks = workload->spread != SPREAD_EACH && workload->target_count > 1;
        if (!resume_row(loads, (int)index, holding) && !picks)
            add_row(loads, (int)index, target, holding);
    }
}

static bool uses(const struct load_row *row, struct scenario_function function)
{
    for (size_t n = 0; n < row->spec->member_count; n++)
        if (row->there[n] && is_same(row->spec->members[n].function, function))
            return true;
    return false;
}

bool loads_are_using(const struct loads *loads, struct scenario_function function)
{
    for (size_t index = 0; index < loads->row_count; index++)
        if (uses(loads->rows[index], function) && loads->rows[index]->flow->in_flight > 0)
            return true;
    return false;
}

static void tell_if_released(struct loads *loads, struct holding *holding)
{
    if (!holding->releasing || loads_are_using(loads, holding->function))
        return;
    holding->releasing = false;
    if (loads->on_released != NULL)
        loads->on_released(loads, holding->function);
}

void loads_on_quiet(struct flow *flow)
{
    struct loads *loads = flow->context;
    struct holdings *holdings = &loads->world->holdings;
    for (size_t index = 0; index < holdings->count; index++)
        tell_if_released(loads, &holdings->list[index]);
}

void loads_release(struct loads *loads, struct scenario_function function)
{
    struct holding *holding = holdings_find(&loads->world->holdings, function);
    CHECK(holding != NULL);
    holding->releasing = true;
    for (size_t index = 0; index < loads->row_count; index++)
        if (uses(loads->rows[index], function))
            flow_suspend(loads->rows[index]->flow);
    tell_if_released(loads, holding);
}

/* No member of ROW is on its way to somebody else. */
static bool is_kept(const struct loads *loads, const struct load_row *row)
{
    for (size_t n = 0; n < row->spec->member_count; n++) {
        const struct holding *holding = holdings_find(&loads->world->holdings, row->spec->members[n].function);
        if (row->there[n] && holding != NULL && holding->releasing)
            return false;
    }
    return true;
}

void loads_keep(struct loads *loads, struct scenario_function function)
{
    struct holding *holding = holdings_find(&loads->world->holdings, function);
    CHECK(holding != NULL);
    holding->releasing = false;
    for (size_t index = 0; index < loads->row_count; index++)
        if (uses(loads->rows[index], function) && is_kept(loads, loads->rows[index]))
            flow_resume(loads->rows[index]->flow);
}

void loads_cut(struct loads *loads, struct scenario_function function)
{
    for (size_t index = 0; index < loads->row_count; index++) {
        struct load_row *row = loads->rows[index];
        for (size_t n = 0; n < row->spec->member_count; n++) {
            if (!row->there[n] || !is_same(row->spec->members[n].function, function))
                continue;
            serve(loads, row, n, false);
            flow_drop_waiting(row->flow);
        }
    }
}

void loads_detach(struct loads *loads, struct scenario_function function)
{
    struct holding *holding = holdings_find(&loads->world->holdings, function);
    if (holding == NULL)
        return;
    holding->releasing = false;
    for (size_t index = 0; index < loads->row_count; index++) {
        struct load_row *row = loads->rows[index];
        for (size_t n = 0; n < row->spec->member_count; n++)
            if (is_same(row->spec->members[n].function, function))
                detach_member(loads, row, n);
    }
}

void loads_stop_cores(struct loads *loads, const struct root_port *root_port)
{
    for (size_t index = 0; index < loads->core_count; index++)
        if (loads->cores[index]->root_port == root_port)
            core_stop(loads->cores[index]);
}

void loads_go_on(struct loads *loads, const struct root_port *root_port)
{
    for (size_t index = 0; index < loads->core_count; index++) {
        const struct flow *flow = CONTAINER_OF(loads->cores[index]->source, struct flow_issuer, source)->flow;
        if (loads->cores[index]->root_port == root_port)
            core_go_on(loads->cores[index], !flow->arrival.config.ops->is_open);
    }
}

uint64_t loads_down_since_ps(const struct loads *loads, const struct load_row *row)
{
    for (size_t index = 0; index < loads->row_count; index++) {
        const struct load_row *other = loads->rows[index];
        if (other != row && other->spec->workload == row->spec->workload && row->spec->member_count == 1 &&
            is_same(other->spec->members[0].function, row->spec->members[0].function) &&
            (is_anything_there(other) || other->flow->last_done_ps > row->flow->last_done_ps) &&
            !is_anything_there(row))
            return TIME_NEVER;
    }
    return row->flow->interrupted ? row->flow->interrupted_ps : TIME_NEVER;
}

static bool is_dead(const struct world_function *at)
{
    const struct function *function = at->function;
    return function != NULL && (function->unreachable || function->failed || function->adapter->hangs);
}

void loads_interrupt_dead(struct loads *loads)
{
    for (size_t index = 0; index < loads->row_count; index++) {
        const struct load_row *row = loads->rows[index];
        for (size_t n = 0; n < row->spec->member_count; n++)
            if (row->there[n] && is_dead(loads_find_function(loads->world, row->spec->members[n].function)))
                flow_interrupt(row->flow, row->flow->last_done_ps);
    }
}
