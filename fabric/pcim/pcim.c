#include "fabric/pcim/pcim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcim/method.h"

static const struct pcim_method_ops *const methods[PCIM_METHODS] = {
    [PCIM_METHOD_ASSIGN] = &pcim_assign,
    [PCIM_METHOD_RELEASE] = &pcim_release,
    [PCIM_METHOD_MOVE] = &pcim_move,
    [PCIM_METHOD_APPLY] = &pcim_apply,
    [PCIM_METHOD_SET_QOS] = &pcim_set_qos,
    [PCIM_METHOD_SET_VFS] = &pcim_set_vfs,
    [PCIM_METHOD_CONTROL_PORT] = &pcim_control_port,
    [PCIM_METHOD_INJECT_FAULT] = &pcim_inject_fault,
    [PCIM_METHOD_REPAIR_FAULT] = &pcim_repair_fault,
    [PCIM_METHOD_MIGRATE_GUEST] = &pcim_migrate_guest,
};

void pcim_init(struct pcim *pcim, struct simulation *simulation, const struct pcim_hardware *hardware, void *rack)
{
    *pcim = (struct pcim){.hardware = hardware, .rack = rack, .next_operation = 1};
    component_init(&pcim->component, simulation);
    pcim_event_log_init(&pcim->events, 1);
    event_init(&pcim->faults.end, &pcim->component, pcim_faults_end);
}

static void free_operation(struct pcim_operation *operation)
{
    event_cancel(&operation->begin);
    event_cancel(&operation->deadline);
    free(operation->changes);
    free(operation);
}

void pcim_free(struct pcim *pcim)
{
    for (size_t index = 0; index < pcim->operation_count; index++)
        free_operation(pcim->operations[index]);
    free(pcim->operations);
    if (pcim->rehearsed != NULL)
        free_operation(pcim->rehearsed);
    pcim_faults_free(&pcim->faults);
    pcim_event_log_free(&pcim->events);
    pcim_inventory_free(&pcim->inventory);
    *pcim = (struct pcim){0};
}

static void age(void *context, struct pcim_function_id id, const struct pcim_function *function)
{
    const struct pcim *pcim = context;
    (void)function;
    pcim_function_at(&pcim->inventory, id)->generation += pcim->inventory.generations_before;
}

void pcim_resume(struct pcim *pcim, uint64_t first_operation, uint64_t first_event)
{
    CHECK(pcim->operation_count == 0 && pcim->events.next_sequence == 1 && first_operation > 0);
    const struct pcim_event_log before = pcim->events;
    pcim_event_log_free(&pcim->events);
    pcim_event_log_init(&pcim->events, first_event);
    pcim->events.listener = before.listener;
    pcim->events.context = before.context;
    pcim->next_operation = first_operation;
    pcim->inventory.generations_before = first_event - 1;
    pcim->inventory.generation += first_event - 1;
    pcim_each_function(&pcim->inventory, pcim, age);
}

uint64_t pcim_now_ps(const struct pcim *pcim)
{
    return pcim->component.simulation->now_ps;
}

/* --- the list --- */

static void forget_oldest(struct pcim *pcim)
{
    size_t index = 0;
    while (!pcim_operation_has_ended(pcim->operations[index]))
        index++;
    free_operation(pcim->operations[index]);
    pcim->operation_count--;
    memmove(
        &pcim->operations[index], &pcim->operations[index + 1],
        (pcim->operation_count - index) * sizeof *pcim->operations);
}

static void list_operation(struct pcim *pcim, struct pcim_operation *operation)
{
    if (pcim->operation_count == PCIM_OPERATIONS_KEPT + PCIM_OPERATIONS_RUNNING)
        forget_oldest(pcim);
    if ((pcim->operation_count & (pcim->operation_count - 1)) == 0) {
        size_t room = pcim->operation_count == 0 ? 1 : 2 * pcim->operation_count;
        pcim->operations = reallocarray(pcim->operations, room, sizeof(struct pcim_operation *));
        CHECK(pcim->operations != NULL);
    }
    pcim->operations[pcim->operation_count++] = operation;
}

struct pcim_operation *pcim_operation_find(const struct pcim *pcim, uint64_t id)
{
    size_t low = 0, high = pcim->operation_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pcim->operations[middle]->id == id)
            return pcim->operations[middle];
        if (pcim->operations[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *pcim_operation_state_name(enum pcim_operation_state state)
{
    static const char *const names[PCIM_OPERATION_STATES] = {
        [PCIM_PENDING] = "pending",         [PCIM_RUNNING] = "running",     [PCIM_SUCCEEDED] = "succeeded",
        [PCIM_FAILED_OPERATION] = "failed", [PCIM_CANCELLED] = "cancelled",
    };
    CHECK(state < PCIM_OPERATION_STATES);
    return names[state];
}

/* --- an operation's life --- */

static void tell(const struct pcim_operation *operation, const char *what)
{
    struct pcim *pcim = operation->pcim;
    pcim_event_log_add(
        &pcim->events, pcim_now_ps(pcim), PCIM_EVENT_OPERATION, operation->id, 0, operation->subject, "%s %s%s%s",
        operation->ops->name, what, operation->status.message[0] != '\0' ? ": " : "", operation->status.message);
}

static void begin(struct event *event)
{
    struct pcim_operation *operation = CONTAINER_OF(event, struct pcim_operation, begin);
    operation->state = PCIM_RUNNING;
    tell(operation, "began");
    operation->ops->start(operation);
}

static void expire(struct event *event)
{
    pcim_changes_expire(CONTAINER_OF(event, struct pcim_operation, deadline));
}

void pcim_operation_end(struct pcim_operation *operation, enum status status)
{
    struct pcim *pcim = operation->pcim;
    CHECK(!pcim_operation_has_ended(operation));
    event_cancel(&operation->begin);
    event_cancel(&operation->deadline);
    if (status == STATUS_OK) {
        pcim_refusal_clear(&operation->status);
        operation->progress = 100;
    }
    CHECK(operation->status.code == status);
    operation->state = status == STATUS_OK          ? PCIM_SUCCEEDED
                       : status == STATUS_CANCELLED ? PCIM_CANCELLED
                                                    : PCIM_FAILED_OPERATION;
    operation->ended_ps = pcim_now_ps(pcim);
    pcim->running--;
    tell(operation, pcim_operation_state_name(operation->state));
    if (operation->on_end != NULL)
        operation->on_end(operation->context, operation);
}

static struct pcim_operation *make_operation(struct pcim *pcim, enum pcim_method method)
{
    struct pcim_operation *operation = calloc(1, sizeof *operation);
    CHECK(operation != NULL);
    operation->method = method;
    operation->ops = methods[method];
    operation->pcim = pcim;
    operation->started_ps = pcim_now_ps(pcim);
    operation->ended_ps = TIME_NEVER;
    event_init(&operation->begin, &pcim->component, begin);
    event_init(&operation->deadline, &pcim->component, expire);
    return operation;
}

void pcim_recall(struct pcim *pcim, const struct pcim_operation *past)
{
    CHECK(pcim_operation_has_ended(past) && past->id >= pcim->next_operation);
    struct pcim_operation *operation = make_operation(pcim, past->method);
    operation->id = past->id;
    operation->state = past->state;
    operation->progress = past->state == PCIM_SUCCEEDED ? 100 : 0;
    operation->status = past->status;
    operation->started_ps = past->started_ps;
    operation->ended_ps = past->ended_ps;
    snprintf(operation->subject, sizeof operation->subject, "%s", past->subject);
    snprintf(operation->detail, sizeof operation->detail, "%s", past->detail);
    pcim->next_operation = past->id + 1;
    list_operation(pcim, operation);
}

/* As many as anybody likes, they push nothing out of the list and use up no numbers. */
static void keep_rehearsed(struct pcim *pcim, struct pcim_operation *operation)
{
    if (pcim->rehearsed != NULL)
        free_operation(pcim->rehearsed);
    pcim->rehearsed = operation;
}

/* It is accepted: nothing more to do, or to begin as soon as time goes on. */
static void accept_operation(struct pcim *pcim, struct pcim_operation *operation, bool nothing_to_do)
{
    if (nothing_to_do || operation->dry_run) {
        operation->state = PCIM_SUCCEEDED;
        operation->progress = 100;
        operation->ended_ps = pcim_now_ps(pcim);
    }
    if (operation->dry_run) {
        keep_rehearsed(pcim, operation);
        return;
    }
    operation->id = pcim->next_operation++;
    list_operation(pcim, operation);
    if (nothing_to_do)
        return;
    pcim->running++;
    if (operation->ops->claim != NULL)
        operation->ops->claim(operation);
    event_schedule(&operation->begin, pcim_now_ps(pcim));
}

enum status pcim_submit(
    struct pcim *pcim, const struct pcim_request *request, struct pcim_operation **operation,
    struct pcim_refusal *refusal)
{
    *operation = NULL;
    pcim_refusal_clear(refusal);
    if (request->method >= PCIM_METHODS)
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "there is no such method");
    if (pcim->running == PCIM_OPERATIONS_RUNNING)
        return pcim_refuse(
            refusal, STATUS_RESOURCES_EXHAUSTED, "%d operations are under way: wait until one has ended",
            PCIM_OPERATIONS_RUNNING);
    struct pcim_operation *made = make_operation(pcim, request->method);
    bool nothing_to_do = false;
    enum status status = made->ops->prepare(pcim, request, made, &nothing_to_do, refusal);
    if (status != STATUS_OK) {
        CHECK(refusal->code == status);
        free_operation(made);
        return status;
    }
    accept_operation(pcim, made, nothing_to_do);
    *operation = made;
    return STATUS_OK;
}

/* --- held --- */

void pcim_hold(struct pcim_operation *operation)
{
    CHECK(operation->state == PCIM_PENDING && event_is_scheduled(&operation->begin));
    event_cancel(&operation->begin);
}

void pcim_go(struct pcim_operation *operation)
{
    CHECK(operation->state == PCIM_PENDING && !event_is_scheduled(&operation->begin));
    event_schedule(&operation->begin, pcim_now_ps(operation->pcim));
}

/* What it claimed is anybody's again. */
static void unclaim(void *context, struct pcim_function_id id, const struct pcim_function *function)
{
    struct pcim_operation *operation = context;
    if (function->operation == operation->id)
        pcim_function_at(&operation->pcim->inventory, id)->operation = 0;
}

void pcim_withdraw(struct pcim_operation *operation, const char *why)
{
    CHECK(operation->state == PCIM_PENDING && !event_is_scheduled(&operation->begin));
    if (operation->ops->cancel != NULL) {
        operation->ops->cancel(operation);
        return;
    }
    pcim_each_function(&operation->pcim->inventory, operation, unclaim);
    pcim_operation_end(operation, pcim_refuse(&operation->status, STATUS_CANCELLED, "%s", why));
}

enum status pcim_cancel(struct pcim *pcim, uint64_t id, struct pcim_refusal *refusal)
{
    pcim_refusal_clear(refusal);
    struct pcim_operation *operation = pcim_operation_find(pcim, id);
    if (operation == NULL)
        return pcim_refuse(refusal, STATUS_NOT_FOUND, "there is no operation %llu", (unsigned long long)id);
    if (pcim_operation_has_ended(operation) || operation->status.code == STATUS_CANCELLED)
        return STATUS_OK; /* or is about to */
    if (operation->ops->may_cancel == NULL || !operation->ops->may_cancel(operation)) {
        enum status status =
            pcim_refuse(refusal, STATUS_BUSY, "operation %llu is too far to be cancelled", (unsigned long long)id);
        pcim_hint(refusal, "wait until it has ended, and undo it by another");
        return status;
    }
    operation->ops->cancel(operation);
    return STATUS_OK;
}

bool pcim_is_valid(const struct pcim *pcim)
{
    size_t running = 0;
    for (size_t index = 0; index < pcim->operation_count; index++) {
        const struct pcim_operation *operation = pcim->operations[index];
        running += !pcim_operation_has_ended(operation);
        if (index > 0 && operation->id <= pcim->operations[index - 1]->id)
            return false;
    }
    return running == pcim->running && pcim_inventory_is_valid(&pcim->inventory);
}
