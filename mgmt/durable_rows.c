#include "mgmt/durable_rows.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "mgmt/arena.h"
#include "mgmt/audit.h"
#include "mgmt/changes.h"
#include "mgmt/mriovd.h"
#include "mgmt/operation_message.h"

void durable_rows_function(struct record *record, struct mriovd *daemon, struct pcim_function_id id)
{
    const struct pcim_inventory *inventory = &daemon->pcim->inventory;
    const struct pcim_function *function = pcim_function_at(inventory, id);
    const struct pcim_pf *pf = &inventory->adapters[id.adapter].pfs[id.pf];
    char name[PCIM_TEXT], owner[PCIM_TEXT], pf_owner[PCIM_TEXT];
    pcim_function_text(inventory, id, name);
    if (function == NULL || !function->exists || function->state == PCIM_MANAGED) {
        record_add(record, "DELETE FROM functions WHERE name = ?", "s", name);
        return;
    }
    record_add(
        record, "INSERT OR REPLACE INTO functions VALUES(?, ?, ?, ?, ?, ?, ?)", "sssiiii", name,
        pcim_owner_text(inventory, function->owner, owner), pcim_owner_text(inventory, pf->function.owner, pf_owner),
        (uint64_t)(id.vf == PCIM_NONE ? pf->offered : 0), function->min_bps, function->max_bps,
        (uint64_t)function->weight);
}

/* A PF with all VFs that it has, or ever had. */
static void write_family(struct record *record, struct mriovd *daemon, struct pcim_function_id id)
{
    const struct pcim_adapter *adapter = &daemon->pcim->inventory.adapters[id.adapter];
    durable_rows_function(record, daemon, id);
    if (id.vf != PCIM_NONE || adapter->sharing == PCIM_SR_IOV)
        return;
    for (id.vf = 0; id.vf < (int)adapter->pfs[id.pf].vf_room; id.vf++)
        durable_rows_function(record, daemon, id);
}

static void write_port(struct record *record, struct mriovd *daemon, const struct pcim_operation *operation)
{
    const struct pcim_port *port = &daemon->pcim->inventory.ports[operation->port.port];
    const struct pcim_link *link = &daemon->pcim->inventory.links[port->link];
    if (link->enabled)
        record_add(record, "DELETE FROM ports WHERE link = ?", "s", link->name);
    else
        record_add(record, "INSERT OR REPLACE INTO ports VALUES(?, ?)", "ss", link->name, port->name);
}

/* Those that happen a number of times are over soon, and where they are is not known. */
static bool lasts(const struct pcim_fault_record *fault)
{
    return fault->fault != PCIM_FAULT_POISONED && fault->fault != PCIM_FAULT_LOST_COMPLETION;
}

void durable_rows_faults(struct record *record, struct mriovd *daemon)
{
    const struct pcim *pcim = daemon->pcim;
    size_t *written = &daemon->durable.faults_written;
    if (*written == 0 && pcim->faults.count == 0)
        return;
    record_add(record, "DELETE FROM faults", "");
    for (size_t i = 0; i < pcim->faults.count; i++) {
        const struct pcim_fault_record *fault = &pcim->faults.records[i];
        bool is_function = fault->target.part == PCIM_PART_FUNCTION;
        char name[PCIM_TEXT];
        if (!lasts(fault))
            continue;
        record_add(
            record, "INSERT INTO faults(target, part, fault, rate_high, rate_low, left_ps) VALUES(?, ?, ?, ?, ?, ?)",
            "siiiii", is_function ? pcim_function_text(&pcim->inventory, fault->target.function, name) : fault->subject,
            (uint64_t)fault->target.part, (uint64_t)fault->fault, fault->rate >> 32, fault->rate & UINT32_MAX,
            fault->ends_ps != TIME_NEVER ? fault->ends_ps - pcim_now_ps(pcim) : 0);
    }
    *written = pcim->faults.count;
}

/* What the operation has changed. */
static void write_effects(struct record *record, struct mriovd *daemon, const struct pcim_operation *operation)
{
    for (size_t i = 0; i < operation->change_count; i++)
        write_family(record, daemon, operation->changes[i].function);
    if (operation->method == PCIM_METHOD_SET_QOS)
        durable_rows_function(record, daemon, operation->qos.function);
    else if (operation->method == PCIM_METHOD_SET_VFS)
        write_family(record, daemon, operation->vfs.pf);
    else if (operation->method == PCIM_METHOD_CONTROL_PORT)
        write_port(record, daemon, operation);
    durable_rows_faults(record, daemon);
}

static void write_plan(struct record *record, struct mriovd *daemon, const struct pcim_operation *operation)
{
    struct arena arena = {0};
    Mriov__V1__ApplyResponse plan = MRIOV__V1__APPLY_RESPONSE__INIT;
    plan.plan = operation_plan(daemon, operation, &arena, &plan.n_plan);
    size_t size = mriov__v1__apply_response__get_packed_size(&plan);
    uint8_t *bytes = arena_get(&arena, size + 1);
    mriov__v1__apply_response__pack(&plan, bytes);
    record_add(record, "UPDATE operations SET plan = ? WHERE id = ?", "bi", (const void *)bytes, size, operation->id);
    arena_free(&arena);
}

void durable_rows_accepted(struct record *record, struct mriovd *daemon, const struct pcim_operation *operation)
{
    const struct change *change = changes_find(&daemon->changes, operation->id);
    uint64_t pending = PCIM_PENDING;
    CHECK(change != NULL);
    record_add(
        record,
        "INSERT OR REPLACE INTO operations(id, epoch, method, state, identity, key, digest, target, started_ps) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "iiiissisi", operation->id, daemon->epoch, (uint64_t)operation->method, pending, change->identity,
        change->key != NULL ? change->key : "", change->digest, operation->subject, operation->started_ps);
    if (operation->method == PCIM_METHOD_APPLY)
        write_plan(record, daemon, operation);
}

void durable_rows_ended(
    struct record *record, struct mriovd *daemon, const struct pcim_operation *operation, bool effects)
{
    const struct change *change = changes_find(&daemon->changes, operation->id);
    const struct pcim_refusal *status = &operation->status;
    uint64_t kept = PCIM_OPERATIONS_KEPT + PCIM_OPERATIONS_RUNNING;
    record_add(
        record, "INSERT INTO operations(id, epoch, method, identity) VALUES(?, ?, ?, ?) ON CONFLICT(id) DO NOTHING",
        "iiis", operation->id, daemon->epoch, (uint64_t)operation->method,
        change != NULL ? change->identity : "scenario");
    record_add(
        record,
        "UPDATE operations SET state = ?, target = ?, detail = ?, code = ?, message = ?, holder = ?, hint = ?, "
        "generation = ?, started_ps = ?, ended_ps = ? WHERE id = ?",
        "ississsiiii", (uint64_t)operation->state, operation->subject, operation->detail, (uint64_t)status->code,
        status->message, status->holder, status->hint, status->generation, operation->started_ps, operation->ended_ps,
        operation->id);
    audit_outcome(
        record, change != NULL ? change->audit : 0, pcim_operation_state_name(operation->state), status->message);
    if (effects)
        write_effects(record, daemon, operation);
    if (operation->id > kept)
        record_add(record, "DELETE FROM operations WHERE id < ? AND state >= 2", "i", operation->id - kept);
}

void durable_rows_refused(struct record *record, struct mriovd *daemon)
{
    const struct refusals *refusals = &daemon->refused;
    CHECK(refusals->added > 0);
    const struct refused *last = refusals->entries[(refusals->added - 1) % REFUSALS_KEPT].refused;
    record_add(
        record,
        "INSERT INTO refusals(identity, key, digest, code, message, holder, hint, generation) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
        "ssiisssi", last->identity, last->key, last->digest, (uint64_t)last->code, last->message, last->holder,
        last->hint, last->generation);
    if (refusals->added > REFUSALS_KEPT)
        record_add(record, "DELETE FROM refusals WHERE id = (SELECT min(id) FROM refusals)", "");
}
