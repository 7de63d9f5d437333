#include "hostsim/rack/commands.h"

#include <stdio.h>

#include "fabric/adapter/cleanness.h"
#include "fabric/base/check.h"
#include "hostsim/host/iommu.h"
#include "hostsim/rack/commands_fault.h"
#include "hostsim/rack/commands_job.h"
#include "hostsim/rack/commands_limits.h"
#include "hostsim/rack/commands_pass.h"
#include "hostsim/rack/commands_rest.h"
#include "hostsim/rack/commands_slot.h"
#include "hostsim/rack/commands_vfs.h"
#include "hostsim/rack/hierarchy.h"
#include "hostsim/rack/holdings.h"
#include "hostsim/rack/plugs.h"

static bool is_mr(const struct commands_job *job)
{
    return job->owner->inventory->adapters[job->at.function.adapter].sharing == PCIM_MR_IOV;
}

static bool is_single_vf(const struct commands_job *job)
{
    return job->owner->inventory->adapters[job->at.function.adapter].sharing == PCIM_SR_IOV;
}

/* --- bind and unbind --- */

/* The bridges on the way, the farthest chassis first, so that a host that is told of one finds what is behind it; and
 * of each chassis that is come to by a trunk its upstream bridge first. In front of the adapter with an empty slot. */
static bool show_way(struct commands_job *job)
{
    if (job->hop == job->hop_count)
        return false;
    const struct way_hop *hop = &job->hops[job->hop_count - 1 - job->hop];
    bool up = hop->has_up && !job->is_up_shown, last = job->hop == 0;
    if (!up)
        job->hop++;
    job->is_up_shown = up;
    job->step--; /* this step again, for the next bridge */
    chassis_port_show_bridge(
        commands_chassis(job, hop->chassis), commands_use(job, "a bridge cannot be shown"), job->at.vh,
        up ? hop->up_port : hop->port, !up && !last);
    return true;
}

static bool open_hierarchy(struct commands_job *job)
{
    if (!is_mr(job))
        return false;
    const struct world *world = job->owner->world;
    struct hierarchy_vfs vfs = hierarchy_vfs(world, job->at.owner.host, job->at.function.adapter, job->at.vfs);
    adapter_port_open(
        commands_adapter(job), commands_use(job, "the adapter cannot offer it"), (uint16_t)job->at.function.pf,
        job->at.vh, (uint16_t)vfs.initial, (uint16_t)vfs.total, vfs.migrate);
    return true;
}

/* An exclusive adapter is its port's, which leads to one hierarchy. */
static bool turn_to(struct commands_job *job, uint16_t vh, const char *what)
{
    if (is_mr(job) || is_single_vf(job))
        return false;
    chassis_port_turn(
        commands_chassis(job, commands_last_hop(job)->chassis), commands_use(job, what), commands_last_hop(job)->port,
        vh, (uint16_t)job->at.vfs);
    return true;
}

static bool turn(struct commands_job *job)
{
    return turn_to(job, job->at.vh, "the port cannot be turned to it");
}

static bool turn_away(struct commands_job *job)
{
    return turn_to(job, 0, "the port cannot be turned away");
}

/* What it was turned away from is over when it has been reset. */
static bool await_reset(struct commands_job *job)
{
    if (is_mr(job) || is_single_vf(job) || job->command.result == 0)
        return false;
    job->step++;
    uint64_t over_ps = job->owner->component.simulation->now_ps + job->command.result * PS_PER_NS;
    event_schedule(&job->poll, over_ps);
    return true;
}

static bool place_vf(struct commands_job *job)
{
    if (!is_single_vf(job))
        return false;
    chassis_port_place_vf(
        commands_chassis(job, commands_last_hop(job)->chassis), commands_use(job, "the VF cannot be placed"),
        commands_last_hop(job)->port, commands_vf_number(job), job->at.vh);
    return true;
}

/* The VF works for the hierarchy from now on; or does not any more. */
static bool enter(struct commands_job *job)
{
    if (!is_single_vf(job))
        return false;
    adapter_port_enter(
        commands_adapter(job), commands_use(job, "the VF does not begin"), commands_vf_number(job), job->at.vh);
    return true;
}

static bool leave(struct commands_job *job)
{
    if (!is_single_vf(job))
        return false;
    adapter_port_leave(commands_adapter(job), commands_use(job, "the VF does not end"), commands_vf_number(job));
    return true;
}

static bool close_hierarchy(struct commands_job *job)
{
    if (!is_mr(job))
        return false;
    adapter_port_close(
        commands_adapter(job), commands_use(job, "the adapter cannot take it back"), (uint16_t)job->at.function.pf);
    return true;
}

static bool unplace_vf(struct commands_job *job)
{
    if (!is_single_vf(job))
        return false;
    chassis_port_unplace_vf(
        commands_chassis(job, commands_last_hop(job)->chassis), commands_use(job, "the VF cannot be taken back"),
        commands_last_hop(job)->port, commands_vf_number(job));
    return true;
}

/* The function is in no hierarchy. */
static bool forget(struct commands_job *job)
{
    plugs_unbound(job->owner->world->plugs, commands_function(&job->at));
    return false;
}

/* --- reset --- */

/* What an exclusive adapter had of one owner ends when its port is turned away. */
static bool reset_function(struct commands_job *job)
{
    if (!is_mr(job) && !is_single_vf(job))
        return false;
    adapter_port_reset(
        commands_adapter(job), commands_use(job, "the function cannot be reset"), (uint16_t)job->at.function.pf,
        job->at.function.vf == PCIM_NONE ? 0 : commands_vf_number(job));
    return true;
}

/* --- the table --- */

static void bind(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    static const commands_step steps[] = {
        commands_slot_enter,     open_hierarchy,        turn, show_way, place_vf, enter,
        commands_restore_limits, commands_tell_chassis, NULL};
    struct commands *commands = rack;
    plugs_bind(
        commands->world->plugs, commands_function(at),
        (struct scenario_owner){at->owner.host, at->owner.uplink, at->owner.guest});
    commands_begin(rack, at, call, steps);
}

static void present(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    commands_begin(rack, at, call, commands_slot_present);
}

static void withdraw(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    commands_begin(rack, at, call, commands_slot_withdraw);
}

static void withdraw_cancel(void *rack, const struct pcim_binding *at)
{
    commands_forget(rack, at);
}

static void keep(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    commands_begin(rack, at, call, commands_slot_keep);
}

static void remove_function(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    commands_begin(rack, at, call, commands_slot_remove);
}

static void reset(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    static const commands_step steps[] = {reset_function, NULL};
    commands_begin(rack, at, call, steps);
}

static void unbind(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    static const commands_step steps[] = {
        close_hierarchy,      turn_away, await_reset, leave, unplace_vf, forget, commands_slot_vacate,
        commands_slot_settle, NULL};
    struct commands *commands = rack;
    plugs_unbind(commands->world->plugs, commands_function(at));
    commands_begin(rack, at, call, steps);
}

/* The host of AT, which has noticed that the function has gone, translates nothing for it any more. */
static bool is_translated(const struct commands *commands, const struct pcim_binding *at)
{
    const struct holding *holding = holdings_find(&commands->world->holdings, commands_function(at));
    if (holding == NULL || holding->seen || holding->at->root == NULL)
        return false;
    const struct iommu *iommu = commands->world->root_complexes[holding->at->root->host].iommu;
    return iommu != NULL && iommu_knows(iommu, at->vh, holding->at->id);
}

/* The model's own proof, by a walk over everything that could still name the old owner. */
static bool is_clean(void *rack, const struct pcim_binding *at, char *why, size_t why_size)
{
    struct commands *commands = rack;
    const struct adapter *adapter = &commands->world->adapters[at->function.adapter];
    why[0] = '\0';
    if (is_translated(commands, at)) {
        snprintf(why, why_size, "the IOMMU of its host still knows it");
        return false;
    }
    if (commands->inventory->adapters[at->function.adapter].sharing == PCIM_SR_IOV)
        return function_is_clean(&adapter->functions[at->function.vf + 1], why, why_size);
    return adapter_is_clean(adapter, at->vh, why, why_size);
}

const struct pcim_hardware commands_hardware = {
    .name = "world",
    .bind = bind,
    .present = present,
    .withdraw = withdraw,
    .withdraw_cancel = withdraw_cancel,
    .keep = keep,
    .remove = remove_function,
    .reset = reset,
    .unbind = unbind,
    .is_clean = is_clean,
    .let_go = commands_let_go,
    .let_go_cancel = commands_let_go_cancel,
    .hand_over = commands_hand_over,
    .is_in_use = commands_is_in_use,
    .await_idle = commands_await_idle,
    .await_idle_cancel = commands_forget_idle,
    .set_limits = commands_set_limits,
    .vf_offer = commands_vf_offer,
    .vf_retract = commands_vf_retract,
    .vf_take_back = commands_vf_take_back,
    .control_port = commands_control_port,
    .reset_hierarchy = commands_reset_hierarchy,
    .inject = commands_inject,
    .repair = commands_repair,
    .end_fault = commands_end_fault,
};

/* --- what hosts tell --- */

static void on_attached(void *context, struct scenario_function function)
{
    struct commands *commands = context;
    pcim_inventory_see(commands->inventory, (struct pcim_function_id){function.adapter, function.pf, function.vf});
    for (struct commands_job *job = commands->jobs; job != NULL; job = job->next) {
        struct scenario_function of = commands_function(&job->at);
        if (job->busy && of.adapter == function.adapter && of.pf == function.pf && of.vf == function.vf)
            commands_slot_attached(job);
    }
}

static void on_settled(void *context, uint16_t vh, uint16_t id)
{
    const struct commands *commands = context;
    (void)id;
    for (struct commands_job *job = commands->jobs; job != NULL; job = job->next)
        if (job->busy && job->at.vh == vh)
            commands_slot_settled(job);
}

static void on_refused(void *context, uint16_t vh)
{
    struct commands *commands = context;
    for (struct commands_job *job = commands->jobs; job != NULL; job = job->next)
        if (job->awaited == COMMANDS_ATTACHED && job->at.vh == vh)
            (void)commands_lack_buses(job);
}

static const struct plugs_ops plugs_ops = {
    .name = "MR-PCIM",
    .on_attached = on_attached,
    .on_refused = on_refused,
    .on_let_go = commands_on_let_go,
    .on_passed = commands_on_passed,
    .on_settled = on_settled,
};

void commands_init(struct commands *commands, struct world *world, struct pcim_inventory *inventory)
{
    *commands = (struct commands){.world = world, .inventory = inventory};
    component_init(&commands->component, &world->fabric.simulation);
    if (world->plugs == NULL)
        return;
    world->plugs->ops = &plugs_ops;
    world->plugs->context = commands;
}
