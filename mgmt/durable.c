#include "mgmt/durable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "mgmt/changes.h"
#include "mgmt/handlers.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"
#include "mgmt/restore.h"

/* Numbers of events that are set aside at a time: a write every so many. */
#define EVENTS_AHEAD 65536
#define RETRY_S 1

/* --- what is written --- */

static bool write_function(struct mriovd *daemon, struct pcim_function_id id)
{
    struct state *state = &daemon->durable.state;
    const struct pcim_inventory *inventory = &daemon->pcim->inventory;
    const struct pcim_function *function = pcim_function_at(inventory, id);
    const struct pcim_pf *pf = &inventory->adapters[id.adapter].pfs[id.pf];
    char name[PCIM_TEXT], owner[PCIM_TEXT], pf_owner[PCIM_TEXT];
    pcim_function_text(inventory, id, name);
    if (function == NULL || !function->exists || function->state == PCIM_MANAGED)
        return state_run(state, "DELETE FROM functions WHERE name = ?", "s", name);
    return state_run(
        state, "INSERT OR REPLACE INTO functions VALUES(?, ?, ?, ?, ?, ?, ?)", "sssiiii", name,
        pcim_owner_text(inventory, function->owner, owner), pcim_owner_text(inventory, pf->function.owner, pf_owner),
        (uint64_t)(id.vf == PCIM_NONE ? pf->offered : 0), function->min_bps, function->max_bps,
        (uint64_t)function->weight);
}

/* A PF with all VFs that it has, or ever had. */
static bool write_family(struct mriovd *daemon, struct pcim_function_id id)
{
    const struct pcim_inventory *inventory = &daemon->pcim->inventory;
    bool done = write_function(daemon, id);
    if (id.vf != PCIM_NONE || inventory->adapters[id.adapter].sharing == PCIM_SR_IOV)
        return done;
    for (id.vf = 0; id.vf < (int)inventory->adapters[id.adapter].pfs[id.pf].vf_room && done; id.vf++)
        done = write_function(daemon, id);
    return done;
}

static bool write_port(struct mriovd *daemon, const struct pcim_operation *operation)
{
    struct state *state = &daemon->durable.state;
    const struct pcim_port *port = &daemon->pcim->inventory.ports[operation->port.port];
    const struct pcim_link *link = &daemon->pcim->inventory.links[port->link];
    if (link->enabled)
        return state_run(state, "DELETE FROM ports WHERE link = ?", "s", link->name);
    return state_run(state, "INSERT OR REPLACE INTO ports VALUES(?, ?)", "ss", link->name, port->name);
}

/* Those that end of themselves do not outlive the daemon's simulated time. */
static bool write_fault(struct mriovd *daemon, const struct pcim_operation *operation)
{
    struct state *state = &daemon->durable.state;
    const struct pcim_fault_request *fault = &operation->fault.fault;
    const struct pcim_inventory *inventory = &daemon->pcim->inventory;
    uint64_t part = operation->fault.target.part;
    if (operation->method == PCIM_METHOD_REPAIR_FAULT)
        return state_run(state, "DELETE FROM faults WHERE target = ? AND part = ?", "si", operation->subject, part);
    if (fault->count != 0 || fault->duration_ps != 0)
        return true;
    return state_run(
        state, "INSERT OR REPLACE INTO faults VALUES(?, ?, ?, ?, ?, ?, ?, ?)", "isiiiisi", operation->id,
        operation->subject, part, (uint64_t)fault->fault, fault->rate >> 32, fault->rate & UINT32_MAX,
        operation->fault.host != PCIM_NONE ? inventory->hosts[operation->fault.host].name : "",
        (uint64_t)(fault->direction_given ? 1 + (int)fault->direction : 0));
}

/* What the operation has changed. */
static bool write_effects(struct mriovd *daemon, const struct pcim_operation *operation)
{
    bool done = true;
    for (size_t i = 0; i < operation->change_count && done; i++)
        done = write_family(daemon, operation->changes[i].function);
    switch (operation->method) {
    case PCIM_METHOD_SET_QOS:
        return write_function(daemon, operation->qos.function);
    case PCIM_METHOD_SET_VFS:
        return write_family(daemon, operation->vfs.pf);
    case PCIM_METHOD_CONTROL_PORT:
        return write_port(daemon, operation);
    case PCIM_METHOD_INJECT_FAULT:
    case PCIM_METHOD_REPAIR_FAULT:
        return operation->state != PCIM_SUCCEEDED || write_fault(daemon, operation);
    default:
        return done;
    }
}

static bool write_operation(struct mriovd *daemon, const struct pcim_operation *operation)
{
    struct state *state = &daemon->durable.state;
    const struct change *change = changes_find(&daemon->changes, operation->id);
    const struct pcim_refusal *status = &operation->status;
    return state_run(
               state,
               "INSERT INTO operations(id, epoch, method, identity) VALUES(?, ?, ?, ?) ON CONFLICT(id) DO NOTHING",
               "iiis", operation->id, daemon->epoch, (uint64_t)operation->method,
               change != NULL ? change->identity : "scenario") &&
           state_run(
               state,
               "UPDATE operations SET state = ?, target = ?, detail = ?, code = ?, message = ?, holder = ?, hint = ?, "
               "generation = ?, started_ps = ?, ended_ps = ? WHERE id = ?",
               "ississsiiii", (uint64_t)operation->state, operation->subject, operation->detail, (uint64_t)status->code,
               status->message, status->holder, status->hint, status->generation, operation->started_ps,
               operation->ended_ps, operation->id) &&
           state_run(
               state, "UPDATE audit SET outcome = ? WHERE operation = ?", "si",
               pcim_operation_state_name(operation->state), operation->id);
}

/* The oldest go as MR-PCIM's do. */
static bool write_end(struct mriovd *daemon, const struct pcim_operation *operation)
{
    struct state *state = &daemon->durable.state;
    uint64_t kept = PCIM_OPERATIONS_KEPT + PCIM_OPERATIONS_RUNNING;
    uint64_t oldest = operation->id > kept ? operation->id - kept : 0;
    if (state_begin(state) && write_operation(daemon, operation) &&
        (daemon->durable.restoring || write_effects(daemon, operation)) &&
        state_run(state, "DELETE FROM operations WHERE id < ? AND state >= 2", "i", oldest) && state_commit(state))
        return true;
    state_undo(state);
    return false;
}

/* --- when --- */

static void fall_behind(struct mriovd *daemon)
{
    const struct timeval later = {.tv_sec = RETRY_S};
    if (!daemon->durable.behind)
        log_line(LOG_FAULT, "--state: cannot be written, changes are refused: %s", daemon->durable.state.fault);
    daemon->durable.behind = true;
    event_add(daemon->durable.retry, &later);
}

static bool write_events_end(struct mriovd *daemon, uint64_t end)
{
    struct state *state = &daemon->durable.state;
    if (!state_begin(state) || !state_run(state, "INSERT OR REPLACE INTO meta VALUES('events', ?)", "i", end) ||
        !state_commit(state)) {
        state_undo(state);
        return false;
    }
    daemon->durable.events_end = end;
    return true;
}

/* All that the file lacks; those who wait are answered. */
static bool catch_up(struct mriovd *daemon)
{
    struct pcim *pcim = daemon->pcim;
    for (size_t i = 0; i < pcim->operation_count; i++) {
        struct change *change = changes_find(&daemon->changes, pcim->operations[i]->id);
        if (change == NULL || !change->unsaved)
            continue;
        if (!write_end(daemon, pcim->operations[i]))
            return false;
        change->unsaved = false;
        change_answer_all(daemon, pcim->operations[i]);
    }
    if (pcim->events.next_sequence > daemon->durable.events_end)
        return write_events_end(daemon, pcim->events.next_sequence + EVENTS_AHEAD);
    return true;
}

static void on_retry(evutil_socket_t socket, short what, void *context)
{
    (void)socket;
    (void)what;
    struct mriovd *daemon = context;
    if (!catch_up(daemon)) {
        fall_behind(daemon);
        return;
    }
    daemon->durable.behind = false;
    log_line(LOG_NOTE, "--state: is written again");
}

bool durable_intend(struct mriovd *daemon, const struct durable_intent *intent)
{
    struct state *state = &daemon->durable.state;
    if (state->db == NULL)
        return true;
    if (daemon->durable.behind)
        return false;
    uint64_t id = daemon->pcim->next_operation, pending = PCIM_PENDING;
    if (state_begin(state) &&
        state_run(
            state,
            "INSERT OR REPLACE INTO operations(id, epoch, method, state, identity, key, digest) "
            "VALUES(?, ?, ?, ?, ?, ?, ?)",
            "iiiissi", id, daemon->epoch, (uint64_t)intent->number, pending, intent->identity, intent->key,
            intent->digest) &&
        state_run(
            state, "INSERT INTO audit(identity, method, operation, outcome) VALUES(?, ?, ?, 'accepted')", "ssi",
            intent->identity, intent->method, id) &&
        state_commit(state))
        return true;
    state_undo(state);
    return false;
}

void durable_refused(struct mriovd *daemon, const struct pcim_refusal *refusal)
{
    struct state *state = &daemon->durable.state;
    uint64_t id = daemon->pcim->next_operation;
    if (state->db == NULL)
        return;
    /* Should it fail: the next operation takes the row's place, and a restart takes it for one that did nothing. */
    if (!state_begin(state) ||
        !state_run(
            state, "UPDATE audit SET operation = 0, outcome = ? WHERE operation = ?", "si", status_name(refusal->code),
            id) ||
        !state_run(state, "DELETE FROM operations WHERE id = ?", "i", id) || !state_commit(state))
        state_undo(state);
}

bool durable_ended(struct mriovd *daemon, const struct pcim_operation *operation)
{
    if (daemon->durable.state.db == NULL || operation->dry_run)
        return true;
    if (!daemon->durable.behind && write_end(daemon, operation))
        return true;
    struct change *change = changes_find(&daemon->changes, operation->id);
    if (change == NULL)
        change = changes_add(&daemon->changes, operation->id, "scenario", "", 0);
    change->unsaved = true;
    fall_behind(daemon);
    return false;
}

void durable_told(struct mriovd *daemon, uint64_t sequence)
{
    if (daemon->durable.state.db == NULL || sequence < daemon->durable.events_end || daemon->durable.behind)
        return;
    if (!write_events_end(daemon, sequence + EVENTS_AHEAD))
        fall_behind(daemon);
}

/* --- life --- */

static void visit_owned(void *context, struct pcim_function_id id, const struct pcim_function *function)
{
    struct mriovd *daemon = context;
    if (function->state != PCIM_MANAGED && !pcim_owner_is_nobody(function->owner) && id.pf != PCIM_BF &&
        !write_function(daemon, id))
        daemon->durable.behind = true;
}

/* The ownership of time zero is where the first operations start from. */
static bool begin_new(struct mriovd *daemon)
{
    struct state *state = &daemon->durable.state;
    if (!state_begin(state))
        return false;
    pcim_each_function(&daemon->pcim->inventory, daemon, visit_owned);
    bool done =
        !daemon->durable.behind && state_run(state, "INSERT INTO meta VALUES('began', '')", "") && state_commit(state);
    daemon->durable.behind = false;
    return done;
}

bool durable_open(struct mriovd *daemon, const char *file, char *why, size_t why_size)
{
    struct durable *durable = &daemon->durable;
    if (file == NULL)
        return true;
    durable->retry = evtimer_new(daemon->base, on_retry, daemon);
    CHECK(durable->retry != NULL);
    if (!state_open(&durable->state, file, daemon->scenario->name, why, why_size))
        return false;
    bool done = durable->state.is_new ? begin_new(daemon) : restore_past(daemon);
    if (done)
        done = write_events_end(daemon, daemon->pcim->events.next_sequence + EVENTS_AHEAD);
    if (!done)
        snprintf(why, why_size, "%s", durable->state.fault);
    return done && (durable->state.is_new || restore_rack(daemon, why, why_size));
}

void durable_close(struct mriovd *daemon)
{
    if (daemon->durable.retry != NULL)
        event_free(daemon->durable.retry);
    if (daemon->durable.state.db != NULL)
        state_close(&daemon->durable.state);
}
