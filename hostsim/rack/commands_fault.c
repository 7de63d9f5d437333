#include "hostsim/rack/commands_fault.h"

#include <stdio.h>

#include "fabric/adapter/adapter_fault.h"
#include "fabric/base/check.h"
#include "fabric/pcie/link_control.h"
#include "hostsim/rack/commands_job.h"
#include "hostsim/rack/crash.h"

static struct port *end_of(const struct commands *commands, size_t link)
{
    return CONTAINER_OF(commands->world->links[link].directions[LINK_UP], struct port, egress);
}

/* --- links --- */

static bool is_at(const struct pcim_link *link, size_t index, const struct pcim_target *target)
{
    switch (target->part) {
    case PCIM_PART_LINK:
        return (int)index == target->index;
    case PCIM_PART_ADAPTER:
        return link->kind == PCIM_LINK_ADAPTER && link->of == target->index;
    default:
        return link->chassis[0] == target->index || link->chassis[1] == target->index;
    }
}

/* Why a link of TARGET is down when that is dead: which of its ends it is. */
static enum link_cause cause_of(const struct pcim_link *link, const struct pcim_target *target)
{
    if (target->part == PCIM_PART_LINK)
        return LINK_CAUSE_FAILED;
    bool upper = link->kind == PCIM_LINK_ADAPTER ? target->part == PCIM_PART_CHASSIS
                                                 : link->chassis[0] == target->index; /* a trunk's first end */
    return upper ? LINK_CAUSE_UPPER_DEAD : LINK_CAUSE_LOWER_DEAD;
}

/* All links of TARGET, which is no host, are down, or no more. */
static void set_dead(struct commands *commands, const struct pcim_target *target, bool dead)
{
    for (size_t index = 0; index < commands->inventory->link_count; index++) {
        const struct pcim_link *link = &commands->inventory->links[index];
        if (!is_at(link, index, target))
            continue;
        if (dead)
            link_take_down(end_of(commands, index), cause_of(link, target));
        else
            link_bring_up(end_of(commands, index), cause_of(link, target));
    }
    if (target->part != PCIM_PART_CHASSIS)
        return;
    struct port *own = &commands->world->management[target->index].port.port; /* MR-PCIM's */
    if (dead)
        link_take_down(own, LINK_CAUSE_UPPER_DEAD);
    else
        link_bring_up(own, LINK_CAUSE_UPPER_DEAD);
}

/* Nobody is at the lower end of the adapter's link, or somebody is. */
static void set_removed(struct commands *commands, int adapter, bool removed)
{
    struct port *end = &commands->world->adapters[adapter].port;
    if (removed)
        link_take_down(end, LINK_CAUSE_REMOVED);
    else
        link_bring_up(end, LINK_CAUSE_REMOVED);
}

static void set_bit_errors(struct commands *commands, int link, uint64_t rate)
{
    link_set_bit_errors(end_of(commands, (size_t)link), rate, commands->world->links[link].name);
}

/* --- functions --- */

static bool is_meant(const struct pcim_target *target, const struct holding *holding)
{
    const struct scenario_function *of = &holding->function;
    if (target->part == PCIM_PART_HOST)
        return holding->owner.host == target->index;
    return of->adapter == target->index &&
           (target->part == PCIM_PART_ADAPTER || (of->pf == target->function.pf && of->vf == target->function.vf));
}

/* Calls ACT for each function of TARGET that somebody has: one, all of an adapter, or all that a host has; where HOST
 * is one, only its. */
static uint32_t each_function(
    struct commands *commands, const struct pcim_target *target, int host, uint32_t count,
    void (*act)(struct function *function, uint32_t count))
{
    const struct holdings *holdings = &commands->world->holdings;
    uint32_t found = 0;
    for (size_t index = 0; index < holdings->count; index++) {
        const struct holding *holding = &holdings->list[index];
        if (!is_meant(target, holding) || !holding->seen || holding->at->function == NULL ||
            !holding->at->function->active)
            continue;
        if (host != PCIM_NONE && holding->owner.host != host)
            continue;
        act(holding->at->function, count);
        found++;
    }
    return found;
}

static void fail(struct function *function, uint32_t count)
{
    function_fail(function, count > 0);
}

/* --- what a fault is --- */

static enum status hurt_functions(
    struct commands *commands, const struct pcim_target *target, const struct pcim_fault_request *fault, int host,
    struct pcim_call *call)
{
    uint32_t count = fault->count == 0 ? 1 : fault->count > UINT32_MAX ? UINT32_MAX : (uint32_t)fault->count;
    void (*act)(struct function * function, uint32_t count) = fault->fault == PCIM_FAULT_POISONED ? function_poison
                                                              : fault->fault == PCIM_FAULT_LOST_COMPLETION
                                                                  ? function_lose_completions
                                                                  : fail;
    if (each_function(commands, target, host, count, act) > 0)
        return STATUS_OK;
    snprintf(call->why, sizeof call->why, "nobody has a function there");
    return STATUS_NOT_ASSIGNED;
}

static enum status hurt(
    struct commands *commands, const struct pcim_target *target, const struct pcim_fault_request *fault, int host,
    struct pcim_call *call)
{
    bool function = target->part == PCIM_PART_FUNCTION;
    if (fault->fault == PCIM_FAULT_BIT_ERRORS)
        set_bit_errors(commands, target->index, fault->rate);
    else if (fault->fault == PCIM_FAULT_POISONED || fault->fault == PCIM_FAULT_LOST_COMPLETION || function)
        return hurt_functions(commands, target, fault, host, call);
    else if (fault->fault == PCIM_FAULT_HANG && target->part == PCIM_PART_ADAPTER)
        adapter_hang(&commands->world->adapters[target->index], true);
    else if (fault->fault == PCIM_FAULT_SURPRISE_REMOVAL)
        set_removed(commands, target->index, true);
    else if (target->part == PCIM_PART_HOST)
        crash_host(commands->world, target->index);
    else
        set_dead(commands, target, true);
    if (target->part == PCIM_PART_CHASSIS)
        crash_chassis(commands->world, target->index);
    return STATUS_OK;
}

/* Looks for what is behind a chassis that has power again. */
static void look_behind(struct commands *commands, const struct pcim_target *target);

static void heal_functions(struct commands *commands, const struct pcim_target *target)
{
    if (target->part != PCIM_PART_FUNCTION && target->part != PCIM_PART_ADAPTER && target->part != PCIM_PART_HOST)
        return;
    each_function(commands, target, PCIM_NONE, 0, fail);
    each_function(commands, target, PCIM_NONE, 0, function_poison);
    each_function(commands, target, PCIM_NONE, 0, function_lose_completions);
}

/* TARGET is not dead any more, if it was. */
static void revive(struct commands *commands, const struct pcim_target *target)
{
    if (target->part == PCIM_PART_HOST)
        crash_reboot(commands->world, target->index);
    else if (target->part != PCIM_PART_FUNCTION)
        set_dead(commands, target, false);
    if (target->part == PCIM_PART_CHASSIS && commands->inventory->chassis[target->index].failed)
        look_behind(commands, target);
}

static void heal(struct commands *commands, const struct pcim_target *target)
{
    commands_review(commands); /* what was already on its way as it failed may have ended since */
    heal_functions(commands, target);
    if (target->part == PCIM_PART_ADAPTER) {
        adapter_hang(&commands->world->adapters[target->index], false);
        set_removed(commands, target->index, false);
    }
    if (target->part == PCIM_PART_LINK)
        set_bit_errors(commands, target->index, commands->world->links[target->index].config->ber);
    revive(commands, target);
}

/* --- the table's --- */

void commands_inject(
    void *rack, const struct pcim_target *target, const struct pcim_fault_request *fault, int host,
    struct pcim_call *call)
{
    struct commands *commands = rack;
    enum status status = hurt(commands, target, fault, host, call);
    commands_review(commands);
    call->done(call, status);
}

/* The links of a chassis train; what was behind its trunks is looked for when they have. */
static bool await_training(struct commands_job *job)
{
    if (job->over)
        return false;
    job->over = true;
    uint64_t longest_ps = 0;
    for (size_t index = 0; index < job->owner->inventory->link_count; index++) {
        const struct pcim_link *link = &job->owner->inventory->links[index];
        uint64_t training_ps = end_of(job->owner, index)->control->config.training_ps;
        if (link->kind == PCIM_LINK_TRUNK && is_at(link, index, &job->target) && training_ps > longest_ps)
            longest_ps = training_ps;
    }
    event_schedule(&job->poll, job->owner->component.simulation->now_ps + longest_ps + 1);
    return true;
}

static bool find_chassis(struct commands_job *job)
{
    crash_find_chassis(job->owner->world, job->target.index);
    return false;
}

static void look_behind(struct commands *commands, const struct pcim_target *target)
{
    static const commands_step steps[] = {await_training, find_chassis, NULL};
    struct commands_job *job = commands_prepare(commands, &commands_nowhere, NULL, steps);
    job->target = *target;
    commands_start(job);
}

void commands_repair(void *rack, const struct pcim_target *target, struct pcim_call *call)
{
    heal(rack, target);
    call->done(call, STATUS_OK);
}

void commands_end_fault(void *rack, const struct pcim_target *target, enum pcim_fault fault, uint64_t rate)
{
    struct commands *commands = rack;
    bool function = target->part == PCIM_PART_FUNCTION;
    commands_review(commands);
    if (fault == PCIM_FAULT_BIT_ERRORS)
        set_bit_errors(commands, target->index, rate != 0 ? rate : commands->world->links[target->index].config->ber);
    else if (fault == PCIM_FAULT_POISONED)
        each_function(commands, target, PCIM_NONE, 0, function_poison);
    else if (fault == PCIM_FAULT_LOST_COMPLETION)
        each_function(commands, target, PCIM_NONE, 0, function_lose_completions);
    else if (function)
        each_function(commands, target, PCIM_NONE, 0, fail);
    else if (fault == PCIM_FAULT_HANG)
        adapter_hang(&commands->world->adapters[target->index], false);
    else if (fault == PCIM_FAULT_SURPRISE_REMOVAL)
        set_removed(commands, target->index, false);
    else
        revive(commands, target);
}
