#include "hostsim/rack/commands_job.h"

#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/link_control.h"
#include "fabric/switch/bridge_config.h"
#include "fabric/switch/show_bridge.h"
#include "hostsim/rack/commands_slot.h"
#include "hostsim/rack/loads.h"
#include "hostsim/rack/plugs.h"

const struct pcim_binding commands_nowhere = {
    .function = {PCIM_NONE, PCIM_NONE, PCIM_NONE},
    .owner = {PCIM_NONE, PCIM_NONE, PCIM_NONE},
};

static struct commands_job *free_job(struct commands *commands)
{
    for (struct commands_job *job = commands->jobs; job != NULL; job = job->next)
        if (!job->busy)
            return job;
    struct commands_job *job = calloc(1, sizeof *job);
    CHECK(job != NULL);
    job->next = commands->jobs;
    commands->jobs = job;
    return job;
}

struct scenario_function commands_function(const struct pcim_binding *at)
{
    return (struct scenario_function){at->function.adapter, at->function.pf, at->function.vf};
}

static void run_on(struct commands_job *job)
{
    while (job->steps[job->step] != NULL) {
        if (job->steps[job->step](job))
            return;
        job->step++;
    }
    struct pcim_call *call = job->call;
    job->busy = false;
    if (call != NULL)
        call->done(call, STATUS_OK);
}

static void look_again(struct event *event)
{
    struct commands_job *job = CONTAINER_OF(event, struct commands_job, poll);
    if (job->awaited != COMMANDS_NOTHING && job->goes_on)
        commands_wake(job);
    else if (job->awaited != COMMANDS_NOTHING)
        commands_give_up(job, "its owner does not do what it has been asked for");
    else if (!job->is_refused)
        run_on(job);
    else {
        job->is_refused = false;
        commands_end_step(job, job->refused);
    }
}

void commands_await(struct commands_job *job, enum commands_awaited what)
{
    const struct scenario_host *host = &job->owner->world->scenario->hosts[job->at.owner.host];
    job->awaited = what;
    event_schedule(
        &job->poll, job->owner->component.simulation->now_ps + COMMANDS_PATIENCE_PS + host->hotplug_delay_ps +
                        host->vf_enable_delay_ps +
                        job->owner->world->scenario->adapters[job->at.function.adapter].flr_delay_ps);
}

struct commands_job *commands_prepare(
    struct commands *commands, const struct pcim_binding *at, struct pcim_call *call, const commands_step *steps)
{
    struct commands_job *job = free_job(commands), *next = job->next;
    *job =
        (struct commands_job){.owner = commands, .next = next, .busy = true, .call = call, .at = *at, .steps = steps};
    event_init(&job->poll, &commands->component, look_again);
    job->hop_count = way_find(commands->world, at->vh, at->function.adapter, job->hops);
    job->hop = 0;
    return job;
}

void commands_start(struct commands_job *job)
{
    run_on(job);
}

void commands_begin(
    struct commands *commands, const struct pcim_binding *at, struct pcim_call *call, const commands_step *steps)
{
    commands_start(commands_prepare(commands, at, call, steps));
}

void commands_wake_again(struct commands_job *job)
{
    job->awaited = COMMANDS_NOTHING;
    event_schedule_before(&job->poll, job->owner->component.simulation->now_ps);
}

void commands_wake(struct commands_job *job)
{
    job->step++;
    commands_wake_again(job);
}

void commands_give_up(struct commands_job *job, const char *why)
{
    commands_refuse(job, STATUS_UNAVAILABLE, why);
}

void commands_refuse(struct commands_job *job, enum status status, const char *why)
{
    if (job->awaited == COMMANDS_PASSED)
        plugs_pass_cancel(job->owner->world->plugs, commands_function(&job->at));
    if (job->awaited == COMMANDS_LET_GO)
        plugs_keep(job->owner->world->plugs, commands_function(&job->at));
    job->awaited = COMMANDS_NOTHING;
    job->is_refused = true;
    job->refused = status;
    commands_use(job, why);
    job->command.timed_out = false;
    event_schedule_before(&job->poll, job->owner->component.simulation->now_ps);
}

/* --- hosts that cannot be told --- */

bool commands_is_dead(const struct commands_job *job)
{
    return job->owner->world->plugs->states[job->at.vh - 1] == PLUGS_DEAD;
}

bool commands_is_cut_off(const struct commands_job *job)
{
    const struct world *world = job->owner->world;
    const struct topology_root *root = &world->topology.roots[job->at.vh - 1];
    bool up = link_is_up(&world->root_complexes[root->host].ports[root->port].port);
    for (uint32_t index = 0; index < job->hop_count; index++) {
        const struct way_hop *hop = &job->hops[index];
        up = up && (!hop->has_up || link_is_up(&world->switches[hop->chassis].ports[hop->up_port].port));
    }
    return !up || commands_is_dead(job);
}

/* What JOB awaits will not come, as the way to the host is down: the host will see when it is up. */
static void end_waiting_cut_off(struct commands_job *job)
{
    switch (job->awaited) {
    case COMMANDS_ATTACHED:
        if (job->call != NULL)
            job->call->unseen = true;
        job->is_over = true;
        commands_wake(job);
        break;
    case COMMANDS_KEPT:
    case COMMANDS_REACTION:
    case COMMANDS_OUTCOME:
        commands_wake(job);
        break;
    case COMMANDS_POWER_OFF:
    case COMMANDS_RELEASED:
        commands_give_up(job, "its owner cannot be reached");
        break;
    default:
        break;
    }
}

/* What passes within a host needs no way to it. */
static bool awaits_what_passes(const struct commands_job *job)
{
    return job->awaited == COMMANDS_LET_GO || job->awaited == COMMANDS_PASSED;
}

static bool is_dead_end(const struct commands_job *job, const struct way_hop *hop)
{
    const struct mr_switch *mr_switch = &job->owner->world->switches[hop->chassis];
    const struct virtual_switch *virtual_switch = mr_switch->virtual_switches[job->at.vh];
    const struct virtual_bridge *bridge = switch_find_bridge(mr_switch, job->at.vh, hop->port);
    if (bridge == NULL || bridge->absent)
        return false;
    uint16_t id = bridge_config_id(virtual_switch, (uint32_t)(bridge - virtual_switch->bridges));
    return plugs_is_dead_end(job->owner->world->plugs, (uint16_t)job->at.vh, id);
}

bool commands_lack_buses(struct commands_job *job)
{
    for (uint32_t index = 0; index < job->hop_count; index++) {
        if (!is_dead_end(job, &job->hops[index]))
            continue;
        commands_refuse(
            job, STATUS_RESOURCES_EXHAUSTED, "its owner has no bus numbers left for the bridges on the way to it");
        return true;
    }
    return false;
}

void commands_review(struct commands *commands)
{
    loads_interrupt_dead(commands->world->loads);
    for (struct commands_job *job = commands->jobs; job != NULL; job = job->next) {
        if (job->awaited == COMMANDS_NOTHING)
            continue;
        if (awaits_what_passes(job) && commands_is_dead(job))
            commands_give_up(job, "its owner cannot be reached");
        else if (!awaits_what_passes(job) && commands_is_cut_off(job))
            end_waiting_cut_off(job);
    }
}

void commands_forget(struct commands *commands, const struct pcim_binding *at)
{
    for (struct commands_job *job = commands->jobs; job != NULL; job = job->next) {
        const struct pcim_function_id *of = &job->at.function;
        bool same =
            job->busy && of->adapter == at->function.adapter && of->pf == at->function.pf && of->vf == at->function.vf;
        if (!same || job->call == NULL)
            continue;
        job->call = NULL;
        if (job->awaited == COMMANDS_NOTHING && !event_is_scheduled(&job->poll))
            continue; /* a command is under way: it ends by itself */
        event_cancel(&job->poll);
        job->awaited = COMMANDS_NOTHING;
        job->busy = false;
    }
}

void commands_end_step(struct commands_job *job, enum status status)
{
    struct pcim_call *call = job->call;
    if (status == STATUS_OK || job->goes_on) {
        job->step++;
        if (call != NULL || job->steps[job->step] == NULL)
            run_on(job);
        else
            job->busy = false; /* nobody wants the rest any more */
        return;
    }
    job->busy = false;
    if (call == NULL)
        return;
    commands_slot_stay(job);
    snprintf(
        call->why, sizeof call->why, "%s: %s", job->what,
        job->command.timed_out ? "no answer within the completion timeout" : status_name(status));
    call->done(call, status);
}

static void command_done(struct management_command *command)
{
    commands_end_step(CONTAINER_OF(command, struct commands_job, command), command->status);
}

struct management_command *commands_use(struct commands_job *job, const char *what)
{
    job->what = what;
    job->command.done = command_done;
    return &job->command;
}

struct chassis_port *commands_chassis(const struct commands_job *job, int chassis)
{
    return &job->owner->world->management[chassis].chassis;
}

struct adapter_port *commands_adapter(const struct commands_job *job)
{
    return &job->owner->world->adapter_ports[job->at.function.adapter];
}

const struct way_hop *commands_last_hop(const struct commands_job *job)
{
    CHECK(job->hop_count > 0);
    return &job->hops[job->hop_count - 1];
}

uint16_t commands_vf_number(const struct commands_job *job)
{
    return (uint16_t)(job->at.function.vf + 1);
}

struct slot *commands_slot_of(const struct commands_job *job)
{
    const struct way_hop *last = commands_last_hop(job);
    const struct virtual_bridge *bridge =
        switch_find_bridge(&job->owner->world->switches[last->chassis], job->at.vh, last->port);
    return bridge == NULL || bridge->absent ? NULL : bridge->slot;
}

void commands_free(struct commands *commands)
{
    commands_slots_free(commands);
    while (commands->jobs != NULL) {
        struct commands_job *next = commands->jobs->next;
        event_cancel(&commands->jobs->poll);
        free(commands->jobs);
        commands->jobs = next;
    }
}
