/* MR-PCIM's side of the VF migration handshake: it changes a VF's state by a command to the adapter, and then looks at
 * the state until the host has done its part. A host that has not within a second finds the VF as it was: the offer is
 * retracted, or the VF no longer wanted. Where the host was faster than that, it has done its part after all. */
#include "hostsim/rack/commands_vfs.h"

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "hostsim/rack/commands_job.h"
#include "hostsim/rack/hierarchy.h"
#include "hostsim/rack/plugs.h"

/* How long a host has, and when MR-PCIM looks first, and how often at least. */
#define PATIENCE_PS PS_PER_S
#define FIRST_POLL_PS PS_PER_US
#define LAST_POLL_PS (100 * PS_PER_US)

static uint64_t now_of(const struct commands_job *job)
{
    return job->owner->component.simulation->now_ps;
}

/* VFs are numbered from 1 in registers. */
static uint16_t number_of(const struct commands_job *job)
{
    return (uint16_t)(job->vf + 1);
}

/* The VF as the scenario has it. */
static struct scenario_function name_of(const struct commands_job *job)
{
    struct scenario_function function = commands_function(&job->at);
    function.vf = (int)job->vf;
    return function;
}

static void migrate(struct commands_job *job, enum vf_state wanted)
{
    adapter_port_migrate_vf(
        commands_adapter(job), commands_use(job, "the adapter refuses it"), (uint16_t)job->at.function.pf,
        number_of(job), wanted);
}

/* Goes on at STEP, a little later each time. */
static bool go_back(struct commands_job *job, commands_step step)
{
    event_schedule(&job->poll, now_of(job) + job->poll_ps);
    job->poll_ps = job->poll_ps * 2 < LAST_POLL_PS ? job->poll_ps * 2 : LAST_POLL_PS;
    for (job->step = 0; job->steps[job->step] != step;)
        job->step++;
    return true;
}

/* An adapter that is being reset, or whose link trains, is asked again: what has been done by then it says. */
static void on_answered(struct management_command *command)
{
    struct commands_job *job = CONTAINER_OF(command, struct commands_job, command);
    if (command->status == STATUS_UNAVAILABLE && now_of(job) < job->patience_ps)
        go_back(job, job->steps[job->step]);
    else
        commands_end_step(job, command->status);
}

static bool begin(struct commands_job *job)
{
    job->patience_ps = now_of(job) + PATIENCE_PS;
    job->poll_ps = FIRST_POLL_PS;
    return false;
}

/* The host has been so fast that the VF's state is beyond what was asked for. */
static void on_asked(struct management_command *command)
{
    struct commands_job *job = CONTAINER_OF(command, struct commands_job, command);
    if (command->status == STATUS_BUSY)
        commands_end_step(job, STATUS_OK);
    else
        on_answered(command);
}

static bool ask(struct commands_job *job)
{
    migrate(job, job->wanted);
    job->command.done = on_asked;
    return true;
}

/* A VF that comes has its host's weight, where that counts, before it works. */
static bool weigh(struct commands_job *job)
{
    const struct world *world = job->owner->world;
    const struct topology_root *root = &world->topology.roots[job->at.vh - 1];
    uint32_t weight = hierarchy_weight(world, root, job->at.function.adapter, 1);
    if (weight == 1)
        return false;
    adapter_port_set_weight(
        commands_adapter(job), commands_use(job, "the weight cannot be set"), (uint16_t)job->at.function.pf,
        number_of(job), weight);
    job->command.done = on_answered;
    return true;
}

/* --- what the host does --- */

static bool look(struct commands_job *job)
{
    adapter_port_get_vf(
        commands_adapter(job), commands_use(job, "the state of the VF cannot be read"), (uint16_t)job->at.function.pf,
        number_of(job));
    job->command.done = on_answered;
    return true;
}

/* The host may have been faster: then it is looked at once more. */
static void on_taken_back(struct management_command *command)
{
    struct commands_job *job = CONTAINER_OF(command, struct commands_job, command);
    if (command->status == STATUS_BUSY) {
        job->patience_ps = now_of(job) + PATIENCE_PS;
        go_back(job, look);
        return;
    }
    job->what = "the host does not do its part";
    commands_end_step(job, command->status == STATUS_OK ? STATUS_DEADLINE_EXCEEDED : command->status);
}

/* A PF that has been reset since has forgotten what was asked for. */
static bool await_state(struct commands_job *job)
{
    enum vf_state state = (enum vf_state)job->command.result;
    if (state == job->awaited_state)
        return false;
    if (now_of(job) < job->patience_ps)
        return go_back(job, state == job->wanted ? look : ask);
    migrate(job, job->back);
    job->command.done = on_taken_back;
    return true;
}

/* --- the table --- */

/* Until its owner has a driver for it; which an owner that has not found the PF will have when it does. */
static bool await_driver(struct commands_job *job)
{
    const struct plugs *plugs = job->owner->world->plugs;
    bool used = plugs_is_attached(plugs, commands_function(&job->at));
    if (!used || plugs_is_attached(plugs, name_of(job)) || now_of(job) >= job->patience_ps)
        return false;
    event_schedule(&job->poll, now_of(job) + FIRST_POLL_PS);
    return true;
}

static bool unbind(struct commands_job *job)
{
    plugs_unbind(job->owner->world->plugs, name_of(job));
    return false;
}

void commands_vf_offer(void *rack, const struct pcim_binding *pf, uint32_t vf, struct pcim_call *call)
{
    static const commands_step steps[] = {begin, ask, weigh, look, await_state, await_driver, NULL};
    struct commands_job *job = commands_prepare(rack, pf, call, steps);
    job->vf = vf;
    job->wanted = VF_DORMANT_MIGRATE_IN;
    job->awaited_state = VF_ACTIVE_AVAILABLE;
    job->back = VF_INACTIVE_UNAVAILABLE;
    commands_start(job);
}

void commands_vf_retract(void *rack, const struct pcim_binding *pf, uint32_t vf, struct pcim_call *call)
{
    static const commands_step steps[] = {begin, ask, unbind, NULL};
    struct commands_job *job = commands_prepare(rack, pf, call, steps);
    job->vf = vf;
    job->wanted = VF_INACTIVE_UNAVAILABLE;
    commands_start(job);
}

void commands_vf_take_back(void *rack, const struct pcim_binding *pf, uint32_t vf, struct pcim_call *call)
{
    static const commands_step steps[] = {begin, ask, look, await_state, unbind, NULL};
    struct commands_job *job = commands_prepare(rack, pf, call, steps);
    job->vf = vf;
    job->wanted = VF_ACTIVE_MIGRATE_OUT;
    job->awaited_state = VF_INACTIVE_UNAVAILABLE;
    job->back = VF_ACTIVE_AVAILABLE;
    commands_start(job);
}
