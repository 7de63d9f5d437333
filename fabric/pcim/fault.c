/* InjectFault and RepairFault: what breaks and is mended by hand, to see what the rack makes of it. */
#include <stdio.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/bit_errors.h"
#include "fabric/pcim/method.h"

/* Which parts a fault can be done to. */
static bool fits(enum pcim_fault fault, enum pcim_part part)
{
    switch (fault) {
    case PCIM_FAULT_FAIL:
        return true;
    case PCIM_FAULT_BIT_ERRORS:
        return part == PCIM_PART_LINK;
    case PCIM_FAULT_SURPRISE_REMOVAL:
        return part == PCIM_PART_ADAPTER;
    case PCIM_FAULT_HANG:
        return part == PCIM_PART_ADAPTER || part == PCIM_PART_FUNCTION;
    default:
        return part == PCIM_PART_ADAPTER || part == PCIM_PART_FUNCTION || part == PCIM_PART_HOST;
    }
}

/* What a fault that does not fit can be done to. */
static const char *fitting(enum pcim_fault fault)
{
    switch (fault) {
    case PCIM_FAULT_BIT_ERRORS:
        return "it is done to links: hosts', adapters', trunks'";
    case PCIM_FAULT_SURPRISE_REMOVAL:
        return "it is done to adapters; `release` with policy surprise takes a function";
    case PCIM_FAULT_HANG:
        return "it is done to adapters and functions; `fail` lets a host crash";
    default:
        return "it is done to adapters and functions, and to all functions of a host";
    }
}

/* A fault of links means the link of that name. */
static enum pcim_part part_of(const struct pcim_fault_request *asked, bool injecting)
{
    bool of_link = injecting && asked->fault == PCIM_FAULT_BIT_ERRORS && asked->part == PCIM_PART_ANY;
    return of_link ? PCIM_PART_LINK : asked->part;
}

static enum status resolve(
    struct pcim *pcim, const struct pcim_request *request, struct pcim_operation *operation, bool injecting,
    struct pcim_refusal *refusal)
{
    const struct pcim_fault_request *asked = &request->fault;
    enum status status = pcim_resolve_target(
        &pcim->inventory, asked->target, part_of(asked, injecting), &operation->fault.target, refusal);
    if (status != STATUS_OK)
        return status;
    snprintf(operation->subject, sizeof operation->subject, "%s", asked->target);
    operation->fault.fault = *asked;
    operation->fault.fault.target = NULL;
    operation->fault.fault.host = NULL;
    return STATUS_OK;
}

/* What says that TARGET is dead by a fault; NULL: it is no part that can be. */
static bool *failed_flag(struct pcim_inventory *inventory, const struct pcim_target *target)
{
    switch (target->part) {
    case PCIM_PART_LINK:
        return &inventory->links[target->index].failed;
    case PCIM_PART_ADAPTER:
        return &inventory->adapters[target->index].failed;
    case PCIM_PART_CHASSIS:
        return &inventory->chassis[target->index].failed;
    case PCIM_PART_HOST:
        return &inventory->hosts[target->index].failed;
    default:
        return NULL;
    }
}

static bool lasts(const struct pcim_faults *faults, const struct pcim_target *target, enum pcim_fault fault)
{
    const struct pcim_fault_record *record = pcim_faults_find(faults, target, fault);
    return record != NULL && record->ends_ps == TIME_NEVER;
}

static bool is_dead(const struct pcim_faults *faults, const struct pcim_target *target)
{
    return pcim_faults_find(faults, target, PCIM_FAULT_FAIL) != NULL ||
           pcim_faults_find(faults, target, PCIM_FAULT_SURPRISE_REMOVAL) != NULL;
}

static enum status prepare_inject(
    struct pcim *pcim, const struct pcim_request *request, struct pcim_operation *operation, bool *nothing_to_do,
    struct pcim_refusal *refusal)
{
    const struct pcim_fault_request *asked = &request->fault;
    struct pcim_owner owner;
    if ((unsigned)asked->fault >= PCIM_FAULTS)
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "there is no such fault");
    enum status status = resolve(pcim, request, operation, true, refusal);
    if (status == STATUS_OK && asked->host != NULL)
        status = pcim_resolve_owner(&pcim->inventory, asked->host, &owner, refusal);
    if (status != STATUS_OK)
        return status;
    if (!fits(asked->fault, operation->fault.target.part)) {
        status = pcim_refuse(
            refusal, STATUS_INVALID_ARGUMENT, "%s cannot be done to %s", pcim_fault_name(asked->fault), asked->target);
        pcim_hint(refusal, "%s", fitting(asked->fault));
        return status;
    }
    if (asked->fault == PCIM_FAULT_BIT_ERRORS && (asked->rate == 0 || asked->rate > BIT_ERRORS_MOST))
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "bit-errors need a rate above 0 and up to 1e-3");
    operation->fault.host = asked->host != NULL ? owner.host : PCIM_NONE;
    bool dead = failed_flag(&pcim->inventory, &operation->fault.target) != NULL;
    *nothing_to_do =
        asked->fault == PCIM_FAULT_FAIL && dead && lasts(&pcim->faults, &operation->fault.target, PCIM_FAULT_FAIL);
    return STATUS_OK;
}

static enum status prepare_repair(
    struct pcim *pcim, const struct pcim_request *request, struct pcim_operation *operation, bool *nothing_to_do,
    struct pcim_refusal *refusal)
{
    (void)nothing_to_do; /* faults that are not failures leave no mark here: repairing is always done */
    return resolve(pcim, request, operation, false, refusal);
}

/* What the inventory has to say of a link after something failed or was repaired: all parts at it must work. */
static void judge_links(struct pcim *pcim)
{
    struct pcim_inventory *inventory = &pcim->inventory;
    for (size_t index = 0; index < inventory->link_count; index++) {
        struct pcim_link *link = &inventory->links[index];
        bool up = link->enabled && !link->failed;
        for (int end = 0; end < 2; end++)
            up = up && (link->chassis[end] == PCIM_NONE || !inventory->chassis[link->chassis[end]].failed);
        up = up && (link->kind != PCIM_LINK_ADAPTER || !inventory->adapters[link->of].failed);
        up = up && (link->kind != PCIM_LINK_UPLINK || !inventory->hosts[link->of].failed);
        if (up == link->up)
            continue;
        link->up = up;
        link->generation++;
        pcim_event_log_add(
            &pcim->events, pcim_now_ps(pcim), PCIM_EVENT_LINK, 0, link->generation, link->name, "%s",
            up ? "up" : "down");
    }
}

/* Something of TARGET has changed; WHAT, as the event has it. */
static void
tell(struct pcim *pcim, uint64_t operation, const struct pcim_target *target, const char *subject, const char *what)
{
    bool *failed = failed_flag(&pcim->inventory, target);
    if (failed != NULL)
        *failed = is_dead(&pcim->faults, target);
    pcim->inventory.generation++;
    pcim_event_log_add(&pcim->events, pcim_now_ps(pcim), PCIM_EVENT_FAULT, operation, 0, subject, "%s", what);
    judge_links(pcim);
}

static void note_injected(const struct pcim_operation *operation)
{
    const struct pcim_fault_request *fault = &operation->fault.fault;
    struct pcim_fault_record record = {
        .target = operation->fault.target, .fault = fault->fault, .rate = fault->rate, .ends_ps = TIME_NEVER};
    if (fault->duration_ps > 0 && fault->duration_ps < TIME_NEVER - pcim_now_ps(operation->pcim))
        record.ends_ps = pcim_now_ps(operation->pcim) + fault->duration_ps;
    snprintf(record.subject, sizeof record.subject, "%s", operation->subject);
    pcim_faults_add(&operation->pcim->faults, &record);
}

/* A host that boots has all its functions work again. */
static void note_repaired(struct pcim *pcim, const struct pcim_target *target)
{
    struct pcim_faults *faults = &pcim->faults;
    pcim_faults_clear(faults, target);
    for (size_t index = 0; index < faults->count && target->part == PCIM_PART_HOST; index++) {
        const struct pcim_target of = faults->records[index].target;
        const struct pcim_function *function =
            of.part == PCIM_PART_FUNCTION ? pcim_function_at(&pcim->inventory, of.function) : NULL;
        if (function == NULL || function->owner.host != target->index)
            continue;
        pcim_faults_clear(faults, &of);
        index = (size_t)-1; /* from the start again: the records have moved */
    }
}

static void done(struct pcim_call *call, enum status status)
{
    struct pcim_operation *operation = CONTAINER_OF(call, struct pcim_operation, call);
    struct pcim *pcim = operation->pcim;
    bool injecting = operation->method == PCIM_METHOD_INJECT_FAULT;
    if (status != STATUS_OK) {
        status = pcim_refuse(
            &operation->status, status, "%s: %s%s%s", operation->subject,
            injecting ? "the fault could not be injected" : "it could not be repaired",
            call->why[0] != '\0' ? ": " : "", call->why);
        pcim_operation_end(operation, status);
        return;
    }
    if (injecting)
        note_injected(operation);
    else
        note_repaired(pcim, &operation->fault.target);
    tell(
        pcim, operation->id, &operation->fault.target, operation->subject,
        injecting ? pcim_fault_name(operation->fault.fault.fault) : "repaired");
    pcim_operation_end(operation, STATUS_OK);
}

static void start_inject(struct pcim_operation *operation)
{
    struct pcim *pcim = operation->pcim;
    operation->call.done = done;
    pcim->hardware->inject(
        pcim->rack, &operation->fault.target, &operation->fault.fault, operation->fault.host, &operation->call);
}

static void start_repair(struct pcim_operation *operation)
{
    struct pcim *pcim = operation->pcim;
    operation->call.done = done;
    pcim->hardware->repair(pcim->rack, &operation->fault.target, &operation->call);
}

void pcim_faults_end(struct event *event)
{
    struct pcim *pcim = CONTAINER_OF(event, struct pcim, faults.end);
    struct pcim_fault_record over;
    char what[64];
    while (pcim_faults_take_ended(&pcim->faults, pcim_now_ps(pcim), &over)) {
        const struct pcim_fault_record *left = pcim_faults_find(&pcim->faults, &over.target, over.fault);
        if (left == NULL || over.fault == PCIM_FAULT_BIT_ERRORS)
            pcim->hardware->end_fault(pcim->rack, &over.target, over.fault, left != NULL ? left->rate : 0);
        snprintf(what, sizeof what, "%s ended", pcim_fault_name(over.fault));
        if (left == NULL)
            tell(pcim, 0, &over.target, over.subject, what);
    }
}

const struct pcim_method_ops pcim_inject_fault = {.name = "inject", .prepare = prepare_inject, .start = start_inject};
const struct pcim_method_ops pcim_repair_fault = {.name = "repair", .prepare = prepare_repair, .start = start_repair};
