#include "mgmt/operation_message.h"

#include "fabric/base/time.h"
#include "mgmt/changes.h"
#include "mgmt/mriovd.h"

/* The numbers are the same on both sides. */
_Static_assert(
    (int)PCIM_CANCELLED == (int)MRIOV__V1__OPERATION__STATE__CANCELLED &&
        (int)PCIM_SUCCEEDED == (int)MRIOV__V1__OPERATION__STATE__SUCCEEDED,
    "states of operations");
_Static_assert((int)STATUS_INTERNAL == (int)MRIOV__V1__STATUS__CODE__INTERNAL, "status codes");

static Mriov__V1__Status *status_message(const struct pcim_refusal *refusal, struct arena *arena)
{
    Mriov__V1__Status *status = arena_get(arena, sizeof *status);
    mriov__v1__status__init(status);
    status->code = (Mriov__V1__Status__Code)refusal->code;
    status->message = (char *)refusal->message;
    status->holder = (char *)refusal->holder;
    status->generation = refusal->generation;
    status->hint = (char *)refusal->hint;
    return status;
}

Mriov__V1__Operation *
operation_message(const struct mriovd *daemon, const struct pcim_operation *operation, struct arena *arena)
{
    const struct change *change = changes_find(&daemon->changes, operation->id);
    Mriov__V1__Operation *message = arena_get(arena, sizeof *message);
    mriov__v1__operation__init(message);
    message->id = operation->id;
    message->state = (Mriov__V1__Operation__State)operation->state;
    message->method = (char *)pcim_method_name(operation->method);
    message->progress = operation->progress;
    message->status = status_message(&operation->status, arena);
    message->started_ns = operation->started_ps / PS_PER_NS;
    message->ended_ns = operation->ended_ps == TIME_NEVER ? 0 : operation->ended_ps / PS_PER_NS;
    message->epoch = change != NULL && change->epoch != 0 ? change->epoch : daemon->epoch;
    message->target = (char *)operation->subject;
    message->detail = (char *)operation->detail;
    if (change != NULL)
        message->identity = change->identity;
    if (change != NULL && change->unsaved) /* nobody is told of what a crash could undo */
        message->state = MRIOV__V1__OPERATION__STATE__RUNNING;
    return message;
}

/* That of an earlier life, as it was told then. */
static Mriov__V1__ApplyResponse__Step **past_plan(const struct change *change, struct arena *arena, size_t *count)
{
    Mriov__V1__ApplyResponse *past = mriov__v1__apply_response__unpack(NULL, change->plan_size, change->plan);
    *count = past != NULL ? past->n_plan : 0;
    Mriov__V1__ApplyResponse__Step **steps = arena_get(arena, *count * sizeof *steps);
    for (size_t i = 0; i < *count; i++) {
        steps[i] = arena_get(arena, sizeof **steps);
        mriov__v1__apply_response__step__init(steps[i]);
        steps[i]->kind = past->plan[i]->kind;
        steps[i]->function = arena_text(arena, past->plan[i]->function);
        steps[i]->from = arena_text(arena, past->plan[i]->from);
        steps[i]->to = arena_text(arena, past->plan[i]->to);
    }
    if (past != NULL)
        mriov__v1__apply_response__free_unpacked(past, NULL);
    return steps;
}

Mriov__V1__ApplyResponse__Step **
operation_plan(const struct mriovd *daemon, const struct pcim_operation *operation, struct arena *arena, size_t *count)
{
    const struct pcim *pcim = daemon->pcim;
    const struct change *known = changes_find(&daemon->changes, operation->id);
    if (known != NULL && known->plan != NULL)
        return past_plan(known, arena, count);
    Mriov__V1__ApplyResponse__Step **steps = arena_get(arena, operation->change_count * sizeof *steps);
    *count = operation->change_count;
    for (size_t i = 0; i < *count; i++) {
        const struct pcim_change *change = &operation->changes[i];
        bool is_taken = !pcim_owner_is_nobody(change->from.owner), is_given = !pcim_owner_is_nobody(change->to.owner);
        char text[PCIM_TEXT];
        steps[i] = arena_get(arena, sizeof **steps);
        mriov__v1__apply_response__step__init(steps[i]);
        steps[i]->kind = !is_taken  ? MRIOV__V1__APPLY_RESPONSE__STEP__KIND__ASSIGN
                         : is_given ? MRIOV__V1__APPLY_RESPONSE__STEP__KIND__MOVE
                                    : MRIOV__V1__APPLY_RESPONSE__STEP__KIND__RELEASE;
        steps[i]->function = arena_text(arena, pcim_function_text(&pcim->inventory, change->function, text));
        steps[i]->from = arena_text(arena, pcim_owner_text(&pcim->inventory, change->from.owner, text));
        steps[i]->to = arena_text(arena, pcim_owner_text(&pcim->inventory, change->to.owner, text));
    }
    return steps;
}
