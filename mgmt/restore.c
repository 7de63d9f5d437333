#include "mgmt/restore.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fabric/base/check.h"
#include "mgmt/arena.h"
#include "mgmt/changes.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"

#define WALL_MOST_NS INT64_C(1000000000)
#define STEP_PS (UINT64_C(10) * PS_PER_US)
#define STEP_EVENTS 20000
#define SELF "mriovd"

/* --- the past --- */

static void take_operation(void *context, sqlite3_stmt *row)
{
    struct mriovd *daemon = context;
    struct pcim_operation past = {
        .id = state_number(row, 0),
        .method = (enum pcim_method)state_number(row, 2),
        .state = (enum pcim_operation_state)state_number(row, 3),
        .status = {.code = (enum status)state_number(row, 9), .generation = state_number(row, 13)},
        .started_ps = state_number(row, 14),
        .ended_ps = state_number(row, 15),
    };
    if (past.method >= PCIM_METHODS || past.state >= PCIM_OPERATION_STATES || past.state < PCIM_SUCCEEDED)
        return;
    snprintf(past.subject, sizeof past.subject, "%s", state_text(row, 7));
    snprintf(past.detail, sizeof past.detail, "%s", state_text(row, 8));
    snprintf(past.status.message, sizeof past.status.message, "%s", state_text(row, 10));
    snprintf(past.status.holder, sizeof past.status.holder, "%s", state_text(row, 11));
    snprintf(past.status.hint, sizeof past.status.hint, "%s", state_text(row, 12));
    pcim_recall(daemon->pcim, &past);
    struct change *change =
        changes_add(&daemon->changes, past.id, state_text(row, 4), state_text(row, 5), state_number(row, 6));
    change->epoch = state_number(row, 1);
    change->plan_size = (size_t)sqlite3_column_bytes(row, 16);
    if (change->plan_size == 0)
        return;
    change->plan = malloc(change->plan_size);
    CHECK(change->plan != NULL);
    memcpy(change->plan, sqlite3_column_blob(row, 16), change->plan_size);
}

static void take_refusal(void *context, sqlite3_stmt *row)
{
    struct mriovd *daemon = context;
    struct pcim_refusal refusal = {.code = (enum status)state_number(row, 3), .generation = state_number(row, 7)};
    if (refusal.code == STATUS_OK || refusal.code > STATUS_INTERNAL)
        return;
    snprintf(refusal.message, sizeof refusal.message, "%s", state_text(row, 4));
    snprintf(refusal.holder, sizeof refusal.holder, "%s", state_text(row, 5));
    snprintf(refusal.hint, sizeof refusal.hint, "%s", state_text(row, 6));
    refusals_add(&daemon->refused, state_text(row, 0), state_text(row, 1), state_number(row, 2), &refusal);
}

static void take_number(void *context, sqlite3_stmt *row)
{
    *(uint64_t *)context = state_number(row, 0);
}

/* Nothing of these is left, as the file has what changed only with what ended. */
static bool fail_unended(struct state *state)
{
    return state_begin(state) &&
           state_run(
               state,
               "UPDATE operations SET state = ?, code = ?, message = 'the daemon ended before it did: nothing of it is "
               "left' WHERE state < ?",
               "iii", (uint64_t)PCIM_FAILED_OPERATION, (uint64_t)STATUS_UNAVAILABLE, (uint64_t)PCIM_SUCCEEDED) &&
           state_run(
               state,
               "UPDATE audit SET outcome = 'failed' WHERE outcome = 'accepted' AND operation IN "
               "(SELECT id FROM operations WHERE state = ?)",
               "i", (uint64_t)PCIM_FAILED_OPERATION) &&
           state_commit(state);
}

bool restore_past(struct mriovd *daemon)
{
    struct state *state = &daemon->durable.state;
    uint64_t events_end = 0;
    if (!fail_unended(state) ||
        !state_each(state, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'events'", &events_end, take_number)) {
        state_undo(state);
        return false;
    }
    pcim_resume(daemon->pcim, 1, events_end + 1);
    return state_each(
               state, "SELECT identity, key, digest, code, message, holder, hint, generation FROM refusals ORDER BY id",
               daemon, take_refusal) &&
           state_each(
               state,
               "SELECT id, epoch, method, state, identity, key, digest, target, detail, code, message, holder, hint, "
               "generation, started_ps, ended_ps, plan FROM operations ORDER BY id",
               daemon, take_operation);
}

/* --- the rack --- */

static void submit(struct mriovd *daemon, const struct pcim_request *request, const char *what)
{
    struct pcim_operation *operation;
    struct pcim_refusal refusal;
    if (pcim_submit(daemon->pcim, request, &operation, &refusal) != STATUS_OK) {
        log_line(LOG_FAULT, "restoring: %s %s: %s", pcim_method_name(request->method), what, refusal.message);
        return;
    }
    changes_add(&daemon->changes, operation->id, SELF, "", 0);
    durable_own(daemon, operation);
}

static int64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Until all that was submitted has ended, or it has taken too long. */
static bool let_end(struct mriovd *daemon, int64_t until_ns, char *why, size_t why_size)
{
    struct live *live = &daemon->live;
    while (daemon->pcim->running > 0 && wall_ns() < until_ns) {
        if (live_has_ended(live))
            live_go_on(live);
        if (live_slice(live, live_now_ps(live) + STEP_PS, STEP_EVENTS, why, why_size) != STATUS_OK)
            return false;
    }
    return true;
}

struct wishes {
    struct mriovd *daemon;
    struct arena arena;
    struct pcim_wish *list; /* in ARENA */
    size_t count, room;
};

static void wish(struct wishes *wishes, const struct pcim_wish *one)
{
    if (wishes->count == wishes->room) {
        struct pcim_wish *more = arena_get(&wishes->arena, 2 * (wishes->room + 8) * sizeof *more);
        if (wishes->count > 0)
            memcpy(more, wishes->list, wishes->count * sizeof *more);
        wishes->list = more;
        wishes->room = 2 * (wishes->room + 8);
    }
    wishes->list[wishes->count++] = *one;
}

/* Who has the function now; "" also where there is none. */
static const char *owner_now(const struct pcim_inventory *inventory, const char *name, char text[PCIM_TEXT])
{
    struct pcim_function_id id;
    struct pcim_refusal refusal;
    text[0] = '\0';
    if (pcim_resolve_function(inventory, name, false, &id, &refusal) != STATUS_OK)
        return text;
    const struct pcim_function *function = pcim_function_at(inventory, id);
    return function != NULL ? pcim_owner_text(inventory, function->owner, text) : text;
}

/* A VF that goes with its PF is not wished for. */
static void take_owner(void *context, sqlite3_stmt *row)
{
    struct wishes *wishes = context;
    const char *name = state_text(row, 0), *owner = state_text(row, 1);
    char text[PCIM_TEXT];
    if (owner[0] == '\0' || strcmp(owner, state_text(row, 2)) == 0) {
        bool is_vf = strstr(name, ".vf") != NULL;
        if (is_vf || owner[0] == '\0')
            return;
    }
    bool comes = strcmp(owner_now(&wishes->daemon->pcim->inventory, name, text), owner) != 0;
    wish(
        wishes, &(struct pcim_wish){
                    .function = arena_text(&wishes->arena, name),
                    .to = arena_text(&wishes->arena, owner),
                    .vfs_given = comes && state_number(row, 3) > 0,
                    .vfs = (uint32_t)state_number(row, 3),
                });
}

static bool restore_owners(struct mriovd *daemon)
{
    struct wishes wishes = {.daemon = daemon};
    bool done = state_each(
        &daemon->durable.state, "SELECT name, owner, pf_owner, vfs FROM functions ORDER BY name", &wishes, take_owner);
    if (done) {
        const struct pcim_request request = {
            .method = PCIM_METHOD_APPLY,
            .apply = {
                .wishes = wishes.list,
                .wish_count = wishes.count,
                .prune = true,
                .policy = PCIM_POLICY_SURPRISE,
            }};
        submit(daemon, &request, "owners");
    }
    arena_free(&wishes.arena);
    return done;
}

static void take_limits(void *context, sqlite3_stmt *row)
{
    struct mriovd *daemon = context;
    struct pcim_function_id id;
    struct pcim_refusal refusal;
    const char *name = state_text(row, 0);
    if (pcim_resolve_function(&daemon->pcim->inventory, name, false, &id, &refusal) != STATUS_OK)
        return;
    const struct pcim_function *now = pcim_function_at(&daemon->pcim->inventory, id);
    const struct pcim_set_qos_request asked = {
        .function = name,
        .min_given = true,
        .max_given = true,
        .weight_given = true,
        .min_bps = state_number(row, 1),
        .max_bps = state_number(row, 2),
        .weight = (uint32_t)state_number(row, 3),
    };
    if (now == NULL || (now->min_bps == asked.min_bps && now->max_bps == asked.max_bps && now->weight == asked.weight))
        return;
    submit(daemon, &(struct pcim_request){.method = PCIM_METHOD_SET_QOS, .set_qos = asked}, name);
}

static void take_vfs(void *context, sqlite3_stmt *row)
{
    struct mriovd *daemon = context;
    struct pcim_function_id id;
    struct pcim_refusal refusal;
    const char *name = state_text(row, 0);
    if (pcim_resolve_function(&daemon->pcim->inventory, name, false, &id, &refusal) != STATUS_OK || id.pf < 0 ||
        id.vf != PCIM_NONE)
        return;
    uint32_t count = (uint32_t)state_number(row, 1);
    if (daemon->pcim->inventory.adapters[id.adapter].sharing == PCIM_MR_IOV &&
        daemon->pcim->inventory.adapters[id.adapter].pfs[id.pf].offered != count)
        submit(
            daemon, &(struct pcim_request){.method = PCIM_METHOD_SET_VFS, .set_vfs = {.pf = name, .count = count}},
            name);
}

static void take_port(void *context, sqlite3_stmt *row)
{
    const char *port = state_text(row, 0);
    submit(
        context,
        &(struct pcim_request){
            .method = PCIM_METHOD_CONTROL_PORT, .control_port = {.port = port, .action = PCIM_PORT_DISABLE}},
        port);
}

static void take_fault(void *context, sqlite3_stmt *row)
{
    struct mriovd *daemon = context;
    const char *target = state_text(row, 0);
    daemon->durable.faults_written++;
    submit(
        daemon,
        &(struct pcim_request){
            .method = PCIM_METHOD_INJECT_FAULT,
            .fault =
                {
                    .target = target,
                    .part = (enum pcim_part)state_number(row, 1),
                    .fault = (enum pcim_fault)state_number(row, 2),
                    .rate = state_number(row, 3) << 32 | state_number(row, 4),
                    .duration_ps = state_number(row, 5),
                }},
        target);
}

/* --- whether it is this rack's --- */

struct names {
    struct mriovd *daemon;
    char unknown[PCIM_TEXT]; /* the first; "": none */
};

static void check_function(void *context, sqlite3_stmt *row)
{
    struct names *names = context;
    const struct pcim_inventory *inventory = &names->daemon->pcim->inventory;
    struct pcim_function_id id;
    struct pcim_owner owner;
    struct pcim_refusal refusal;
    const char *name = state_text(row, 0), *to = state_text(row, 1);
    const char *unknown = NULL;
    if (pcim_resolve_function(inventory, name, false, &id, &refusal) != STATUS_OK)
        unknown = name;
    else if (to[0] != '\0' && pcim_resolve_owner(inventory, to, &owner, &refusal) != STATUS_OK)
        unknown = to;
    if (unknown != NULL && names->unknown[0] == '\0')
        snprintf(names->unknown, sizeof names->unknown, "%s", unknown);
}

static void check_port(void *context, sqlite3_stmt *row)
{
    struct names *names = context;
    struct pcim_refusal refusal;
    int port;
    if (pcim_resolve_port(&names->daemon->pcim->inventory, state_text(row, 0), &port, &refusal) != STATUS_OK)
        snprintf(names->unknown, sizeof names->unknown, "port %s", state_text(row, 0));
}

static void check_fault(void *context, sqlite3_stmt *row)
{
    struct names *names = context;
    struct pcim_target target;
    struct pcim_refusal refusal;
    if (pcim_resolve_target(
            &names->daemon->pcim->inventory, state_text(row, 0), (enum pcim_part)state_number(row, 1), &target,
            &refusal) != STATUS_OK)
        snprintf(names->unknown, sizeof names->unknown, "%s", state_text(row, 0));
}

/* Half of what a file says would be worse than nothing of it. */
static bool check_names(struct mriovd *daemon, char *why, size_t why_size)
{
    struct names names = {.daemon = daemon};
    struct state *state = &daemon->durable.state;
    if (!state_each(
            state, "SELECT name, owner FROM functions WHERE owner <> '' ORDER BY name", &names, check_function) ||
        !state_each(state, "SELECT port FROM ports", &names, check_port) ||
        !state_each(state, "SELECT target, part FROM faults", &names, check_fault))
        return false;
    if (names.unknown[0] != '\0')
        snprintf(
            why, why_size, "it knows of %s, which `%s` has not any more: begin with another file", names.unknown,
            daemon->scenario->name);
    return names.unknown[0] == '\0';
}

/* One after the other: limits are of functions that are there, and broken parts can be told nothing. */
bool restore_rack(struct mriovd *daemon, char *why, size_t why_size)
{
    static const struct {
        const char *sql;
        void (*take)(void *context, sqlite3_stmt *row);
    } parts[] = {
        {"SELECT name, vfs FROM functions WHERE owner <> '' ORDER BY name", take_vfs},
        {"SELECT name, min_bps, max_bps, weight FROM functions WHERE owner <> '' ORDER BY name", take_limits},
        {"SELECT port FROM ports ORDER BY link", take_port},
        {"SELECT target, part, fault, rate_high, rate_low, left_ps FROM faults ORDER BY id", take_fault},
    };
    int64_t until_ns = wall_ns() + WALL_MOST_NS;
    daemon->durable.restoring = true;
    timeline_skip(&daemon->live.timeline);
    bool done =
        check_names(daemon, why, why_size) && restore_owners(daemon) && let_end(daemon, until_ns, why, why_size);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && done; i++)
        done = state_each(&daemon->durable.state, parts[i].sql, daemon, parts[i].take) &&
               let_end(daemon, until_ns, why, why_size);
    if (done && daemon->pcim->running > 0)
        log_line(LOG_CAUTION, "restoring goes on as time does: %zu operations", daemon->pcim->running);
    daemon->durable.restoring = false;
    if (!done && why[0] == '\0')
        snprintf(why, why_size, "%s", daemon->durable.state.fault);
    return done;
}
