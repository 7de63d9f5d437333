#include "fabric/pcim/change.h"

#include <stdio.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/pcim/change_end.h"
#include "fabric/pcim/pcim.h"

/* A step of a phase: what is done, whether a change needs it, and where the change is afterwards. */
struct step {
    bool (*is_needed)(const struct pcim_change *change);
    void (*run)(struct pcim_change *change);
    enum pcim_change_place place;
    enum pcim_part_of_time part;
};

#define PHASE_STEPS 4
struct phase {
    const char *name;
    struct step steps[PHASE_STEPS]; /* one without `run` ends them */
};

static struct pcim *pcim_of(const struct pcim_change *change)
{
    return change->operation->pcim;
}

static struct pcim_function *function_of(const struct pcim_change *change)
{
    return pcim_function_at(&pcim_of(change)->inventory, change->function);
}

#define COMMAND(change, command, binding)                                                                              \
    pcim_of(change)->hardware->command(pcim_of(change)->rack, &(change)->binding, &(change)->call)

/* --- what a function's state says --- */

static void show_leaving(struct pcim_function *function, const struct pcim_change *change)
{
    (void)change;
    if (function->state != PCIM_FAILED)
        function->state = PCIM_LEAVING;
}

static void show_away(struct pcim_function *function, const struct pcim_change *change)
{
    (void)change;
    function->actual = PCIM_NOBODY;
    function->seen = false;
}

static void show_arriving(struct pcim_function *function, const struct pcim_change *change)
{
    (void)change;
    function->state = PCIM_ARRIVING;
    function->seen = false;
}

/* --- the steps --- */

static bool leaves(const struct pcim_change *change)
{
    return !change->within_host && !pcim_owner_is_nobody(change->from.owner);
}

static bool is_new(const struct pcim_change *change)
{
    return !change->within_host && !pcim_owner_is_nobody(change->to.owner);
}

static bool is_asked(const struct pcim_change *change)
{
    return leaves(change) && change->place == PCIM_AT_OWNER && change->operation->policy != PCIM_POLICY_SURPRISE;
}

/* Its host's hypervisor asks whoever has it now, if anybody has yet. */
static bool is_let_go(const struct pcim_change *change)
{
    const struct pcim_function *function = function_of(change);
    return change->within_host && change->place == PCIM_AT_OWNER && function->exists &&
           change->operation->policy != PCIM_POLICY_SURPRISE && pcim_owner_equal(function->actual, change->from.owner);
}

static bool is_waited_for(const struct pcim_change *change)
{
    return (is_asked(change) || is_let_go(change)) && change->operation->policy == PCIM_POLICY_WAIT;
}

static bool is_handed_over(const struct pcim_change *change)
{
    return change->within_host;
}

static void await_idle(struct pcim_change *change)
{
    COMMAND(change, await_idle, from);
}

static void withdraw(struct pcim_change *change)
{
    pcim_change_each(change, show_leaving);
    change->place = PCIM_ASKED;
    COMMAND(change, withdraw, from);
}

static void let_go(struct pcim_change *change)
{
    pcim_change_each(change, show_leaving);
    COMMAND(change, let_go, from);
}

static void remove_function(struct pcim_change *change)
{
    pcim_change_each(change, show_leaving);
    COMMAND(change, remove, from);
}

static void reset(struct pcim_change *change)
{
    pcim_change_each(change, show_away);
    COMMAND(change, reset, from);
}

/* The proof costs no time, and a model that fails it must not go on: a function would meet its new owner with something
 * of the old one's. */
static void prove(const struct pcim_change *change, const struct pcim_binding *binding)
{
    char why[160] = "";
    if (pcim_of(change)->hardware->is_clean(pcim_of(change)->rack, binding, why, sizeof why))
        return;
    fprintf(stderr, "mriov: a function was not clean between two owners: %s\n", why);
    CHECK(!"a function is clean between two owners");
}

static void unbind(struct pcim_change *change)
{
    COMMAND(change, unbind, from);
}

static void bind(struct pcim_change *change)
{
    pcim_change_each(change, show_arriving);
    COMMAND(change, bind, to);
}

static void present(struct pcim_change *change)
{
    COMMAND(change, present, to);
}

static void hand_over(struct pcim_change *change)
{
    pcim_change_each(change, show_arriving);
    enum pcim_policy policy = change->forced ? PCIM_POLICY_SURPRISE : change->operation->policy;
    pcim_of(change)->hardware->hand_over(pcim_of(change)->rack, &change->from, change->to.owner, policy, &change->call);
}

/* The ways back. */
static bool was_presented(const struct pcim_change *change)
{
    return is_new(change) && !change->half_bound &&
           (change->place == PCIM_PRESENTED || (change->place == PCIM_BOUND && change->failed));
}

static bool was_bound(const struct pcim_change *change)
{
    return is_new(change) && change->place >= PCIM_BOUND;
}

static bool was_unbound_in_part(const struct pcim_change *change)
{
    return leaves(change) && change->half_unbound && !change->quarantined;
}

static bool was_unbound(const struct pcim_change *change)
{
    return leaves(change) && change->place == PCIM_UNBOUND && !change->quarantined;
}

static bool was_taken(const struct pcim_change *change)
{
    return leaves(change) && change->place >= PCIM_GIVEN_UP && !change->quarantined;
}

static bool was_asked(const struct pcim_change *change)
{
    return change->place == PCIM_ASKED;
}

static bool was_handed_over(const struct pcim_change *change)
{
    return change->within_host && change->place == PCIM_PRESENTED;
}

static bool was_let_go(const struct pcim_change *change)
{
    return change->within_host && change->place == PCIM_GIVEN_UP;
}

static void use_again(struct pcim_change *change)
{
    pcim_of(change)->hardware->let_go_cancel(pcim_of(change)->rack, &change->from);
    change->call.done(&change->call, STATUS_OK);
}

static void remove_again(struct pcim_change *change)
{
    COMMAND(change, remove, to);
}

static void reset_again(struct pcim_change *change)
{
    COMMAND(change, reset, to);
}

static void unbind_again(struct pcim_change *change)
{
    COMMAND(change, unbind, to);
}

static void bind_back(struct pcim_change *change)
{
    COMMAND(change, bind, from);
}

static void keep(struct pcim_change *change)
{
    COMMAND(change, keep, from);
}

static void present_back(struct pcim_change *change)
{
    COMMAND(change, present, from);
}

static void hand_back(struct pcim_change *change)
{
    pcim_of(change)->hardware->hand_over(
        pcim_of(change)->rack, &change->to, change->from.owner, PCIM_POLICY_SURPRISE, &change->call);
}

static const struct phase forward[] = {
    {"ask",
     {{is_waited_for, await_idle, PCIM_AT_OWNER, PCIM_TIME_IDLE},
      {is_asked, withdraw, PCIM_GIVEN_UP, PCIM_TIME_ASK},
      {is_let_go, let_go, PCIM_GIVEN_UP, PCIM_TIME_ASK}}},
    {"take",
     {{leaves, remove_function, PCIM_REMOVED, PCIM_TIME_REMOVE},
      {leaves, reset, PCIM_CLEAN, PCIM_TIME_RESET},
      {leaves, unbind, PCIM_UNBOUND, PCIM_TIME_UNBIND}}},
    {"bind", {{is_new, bind, PCIM_BOUND, PCIM_TIME_BIND}}},
    {"present", {{is_new, present, PCIM_PRESENTED, PCIM_TIME_PRESENT}}},
    {"hand over", {{is_handed_over, hand_over, PCIM_PRESENTED, PCIM_TIME_HAND_OVER}}},
};
#define UNDO PCIM_TIME_UNDO
static const struct phase backward[] = {
    {"hand back", {{was_handed_over, hand_back, PCIM_AT_OWNER, UNDO}, {was_let_go, use_again, PCIM_AT_OWNER, UNDO}}},
    {"take back",
     {{was_presented, remove_again, PCIM_BOUND, UNDO},
      {was_bound, reset_again, PCIM_BOUND, UNDO},
      {was_bound, unbind_again, PCIM_UNBOUND, UNDO}}},
    {"put back",
     {{was_asked, keep, PCIM_AT_OWNER, UNDO},
      {was_unbound_in_part, unbind, PCIM_UNBOUND, UNDO},
      {was_unbound, bind_back, PCIM_CLEAN, UNDO},
      {was_taken, present_back, PCIM_AT_OWNER, UNDO}}},
};
#undef UNDO
#define FORWARD (sizeof forward / sizeof forward[0])
#define BACKWARD (sizeof backward / sizeof backward[0])

/* --- ends --- */

static void finish(struct pcim_operation *operation)
{
    for (size_t index = 0; index < operation->change_count; index++)
        pcim_change_settle(&operation->changes[index]);
    if (!operation->undoing)
        pcim_change_remark(operation);
    pcim_operation_end(operation, operation->undoing ? operation->status.code : STATUS_OK);
}

/* --- phases --- */

static const struct phase *phase_of(const struct pcim_operation *operation)
{
    return operation->undoing ? &backward[operation->phase] : &forward[operation->phase];
}

static void run_phase(struct pcim_operation *operation);

/* All changes have ended the phase. */
static void end_phase(struct pcim_operation *operation)
{
    bool failed = false;
    for (size_t index = 0; index < operation->change_count; index++)
        failed = failed || operation->changes[index].failed;
    event_cancel(&operation->deadline);
    if (failed && !operation->undoing) {
        operation->undoing = true;
        operation->phase = 0;
    } else if (++operation->phase == (operation->undoing ? BACKWARD : FORWARD)) {
        finish(operation);
        return;
    }
    run_phase(operation);
}

/* Runs the next step that CHANGE needs in this phase, or ends the phase for it. */
static void run_step(struct pcim_change *change)
{
    const struct phase *phase = phase_of(change->operation);
    while (change->steps < PHASE_STEPS && phase->steps[change->steps].run != NULL) {
        const struct step *step = &phase->steps[change->steps];
        if (!change->lost && step->is_needed(change)) {
            change->waiting = true;
            change->call.why[0] = '\0';
            change->call.unseen = false;
            step->run(change);
            return;
        }
        change->steps++;
    }
    change->steps = PHASE_STEPS;
    if (--change->operation->outstanding == 0)
        end_phase(change->operation);
}

/* What would work where CHANGE has failed with STATUS. */
static void hint_at_failure(const struct pcim_change *change, enum status status)
{
    struct pcim_operation *operation = change->operation;
    bool unreached = phase_of(operation) == &forward[0] && status == STATUS_UNAVAILABLE;
    bool has_owner = !pcim_owner_is_nobody(change->from.owner);
    if (status == STATUS_RESOURCES_EXHAUSTED)
        pcim_hint(&operation->status, "another host or root port may have room for it");
    else if (has_owner && operation->policy != PCIM_POLICY_SURPRISE && (unreached || change->place == PCIM_AT_OWNER))
        pcim_hint(&operation->status, "policy surprise takes it at once");
}

/* Notes why a change failed, the first of its operation only. */
static void note_failure(struct pcim_change *change, enum status status)
{
    struct pcim_operation *operation = change->operation;
    char name[PCIM_TEXT], owner[PCIM_TEXT];
    const struct pcim_inventory *inventory = &operation->pcim->inventory;
    change->failed = true;
    /* Binding is several commands, and some may have been done. */
    change->half_bound = phase_of(operation)->steps[change->steps].run == bind;
    if (change->half_bound)
        change->place = PCIM_BOUND;
    change->half_unbound = phase_of(operation)->steps[change->steps].run == unbind;
    if (operation->status.code != STATUS_OK)
        return;
    pcim_function_text(inventory, change->function, name);
    status = pcim_refuse(
        &operation->status, status, "%s: %s failed%s%s", name, phase_of(operation)->name,
        change->call.why[0] != '\0' ? ": " : "", change->call.why);
    const struct pcim_function *function = function_of(change);
    pcim_owner_text(inventory, function->actual, owner);
    snprintf(operation->status.holder, sizeof operation->status.holder, "%s", owner);
    operation->status.generation = function->generation;
    CHECK(status == operation->status.code);
    hint_at_failure(change, status);
}

/* What is to be nobody's, and has left its owner, need not be reset for that: what is broken can be cleared away. */
static bool is_kept_back(const struct pcim_change *change)
{
    return leaves(change) && pcim_owner_is_nobody(change->to.owner) && change->place >= PCIM_REMOVED;
}

/* The way back has failed too: nobody has it. */
static void note_loss(struct pcim_change *change)
{
    char name[PCIM_TEXT];
    struct pcim_refusal *status = &change->operation->status;
    size_t length = strlen(status->message);
    change->lost = true;
    snprintf(
        status->message + length, sizeof status->message - length, "; %s could not be put back (%s)",
        pcim_function_text(&pcim_of(change)->inventory, change->function, name), change->call.why);
}

/* What was under way until now was the earliest step of those that are. */
static void count_time(const struct pcim_change *ended)
{
    struct pcim_operation *operation = ended->operation;
    uint8_t earliest = ended->steps;
    for (size_t index = 0; index < operation->change_count; index++)
        if (operation->changes[index].waiting && operation->changes[index].steps < earliest)
            earliest = operation->changes[index].steps;
    pcim_parts_count(&operation->parts, phase_of(operation)->steps[earliest].part, pcim_now_ps(operation->pcim));
}

/* Where RUN has taken a function out of a hierarchy nothing is left of it. Also when nobody is to have it: its next
 * owner comes without asking. There and then, as in the next phase another function may come to that hierarchy. */
static void prove_unbound(const struct pcim_change *change, void (*run)(struct pcim_change *))
{
    if (run == unbind)
        prove(change, &change->from);
    else if (run == unbind_again)
        prove(change, &change->to);
}

static void step_done(struct pcim_call *call, enum status status)
{
    struct pcim_change *change = CONTAINER_OF(call, struct pcim_change, call);
    struct pcim_operation *operation = change->operation;
    CHECK(change->waiting);
    change->waiting = false;
    change->unseen = call->unseen;
    count_time(change);
    if (status == STATUS_OK) {
        prove_unbound(change, phase_of(operation)->steps[change->steps].run);
        change->place = phase_of(operation)->steps[change->steps++].place;
        operation->steps_done++;
        uint32_t progress = (uint32_t)(100 * operation->steps_done / operation->steps);
        operation->progress = progress < 99 ? progress : 99;
    } else {
        if (operation->undoing)
            note_loss(change);
        else if (is_kept_back(change))
            change->lost = true;
        else
            note_failure(change, status);
        change->steps = PHASE_STEPS;
    }
    run_step(change);
}

static void run_phase(struct pcim_operation *operation)
{
    operation->outstanding = operation->change_count;
    for (size_t index = 0; index < operation->change_count; index++)
        operation->changes[index].steps = 0;
    if (!operation->undoing && operation->phase == 0 && operation->deadline_ps > 0)
        event_schedule(&operation->deadline, pcim_now_ps(operation->pcim) + operation->deadline_ps);
    /* The last change to end its phase begins the next one for all, and may end the operation: nothing after that. */
    size_t count = operation->change_count;
    for (size_t index = 0; index < count; index++)
        run_step(&operation->changes[index]);
}

void pcim_changes_start(struct pcim_operation *operation)
{
    CHECK(operation->change_count > 0);
    for (size_t index = 0; index < operation->change_count; index++) {
        struct pcim_change *change = &operation->changes[index];
        change->operation = operation;
        change->call.done = step_done;
        /* One that failed before is where it could not be reset from: its owner has lost it already. */
        change->place = change->quarantined ? PCIM_GIVEN_UP : PCIM_AT_OWNER;
        operation->steps += change->within_host ? (size_t)1 + is_let_go(change)
                                                : (size_t)(leaves(change) ? 4 : 0) + (is_new(change) ? 2 : 0);
    }
    operation->steps += operation->steps == 0;
    operation->parts.since_ps = pcim_now_ps(operation->pcim);
    run_phase(operation);
}

/* --- deadline and cancel --- */

/* What CHANGE waits for in the first phase is not waited for any more. */
static void ask_no_more(const struct pcim_change *change)
{
    const struct pcim *pcim = pcim_of(change);
    if (forward[0].steps[change->steps].run == await_idle)
        pcim->hardware->await_idle_cancel(pcim->rack, &change->from);
    else if (forward[0].steps[change->steps].run == let_go)
        pcim->hardware->let_go_cancel(pcim->rack, &change->from);
    else
        pcim->hardware->withdraw_cancel(pcim->rack, &change->from);
}

/* Its owner keeps it. */
static void let_keep(struct pcim_change *change, enum status status)
{
    ask_no_more(change);
    snprintf(
        change->call.why, sizeof change->call.why, "%s",
        status == STATUS_CANCELLED ? "it was cancelled" : "its owner has not given it up in time");
    step_done(&change->call, status);
}

/* Its owner loses it as it is. */
static void take_anyway(struct pcim_change *change, enum status status)
{
    (void)status;
    ask_no_more(change);
    change->forced = true;
    step_done(&change->call, STATUS_OK);
}

/* Ends the asking of all changes that still wait. */
static void
stop_asking(struct pcim_operation *operation, void (*end)(struct pcim_change *, enum status), enum status status)
{
    CHECK(!operation->undoing && operation->phase == 0);
    operation->outstanding++; /* held, until all have been told */
    for (size_t index = 0; index < operation->change_count; index++)
        if (operation->changes[index].waiting)
            end(&operation->changes[index], status);
    if (--operation->outstanding == 0)
        end_phase(operation);
}

void pcim_changes_expire(struct pcim_operation *operation)
{
    bool insists = operation->policy == PCIM_POLICY_MANAGED;
    stop_asking(operation, insists ? take_anyway : let_keep, STATUS_DEADLINE_EXCEEDED);
}

bool pcim_changes_may_cancel(const struct pcim_operation *operation)
{
    if (operation->state == PCIM_PENDING)
        return true;
    if (operation->undoing || operation->phase != 0)
        return false;
    for (size_t index = 0; index < operation->change_count; index++)
        if (operation->changes[index].waiting)
            return true;
    return false;
}

void pcim_changes_cancel(struct pcim_operation *operation)
{
    if (operation->state == PCIM_RUNNING) {
        stop_asking(operation, let_keep, STATUS_CANCELLED);
        return;
    }
    operation->undoing = true;
    enum status status = pcim_refuse(&operation->status, STATUS_CANCELLED, "it was cancelled before it began");
    for (size_t index = 0; index < operation->change_count; index++) {
        operation->changes[index].operation = operation;
        pcim_change_settle(&operation->changes[index]);
    }
    pcim_operation_end(operation, status);
}
