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

static const struct commands_hop *last_hop(const struct commands_job *job)
{
    return &job->hops[job->hop_count - 1];
}

/* VFs are numbered from 1 in registers. */
static uint16_t vf_number(const struct commands_job *job)
{
    return (uint16_t)(job->at.function.vf + 1);
}

/* Whether the function shares its slot with others of its hierarchy: those that are there, and that are just COMING. */
static bool shares_slot(const struct commands_job *job, bool coming)
{
    const struct pcim_adapter *adapter = &job->owner->inventory->adapters[job->at.function.adapter];
    for (uint32_t vf = 0; is_single_vf(job) && vf < adapter->pfs->vf_room; vf++) {
        const struct pcim_function *other = &adapter->pfs->vfs[vf];
        struct pcim_owner whose = coming && other->state == PCIM_ARRIVING ? other->owner : other->actual;
        const struct pcim_hierarchy *hierarchy =
            pcim_hierarchy_of(job->owner->inventory, whose, job->at.function.adapter);
        if ((int)vf != job->at.function.vf && hierarchy != NULL && hierarchy->vh == job->at.vh)
            return true;
    }
    return false;
}

/* --- bind and unbind --- */

/* The bridges on the way, the farthest chassis first, so that a host that is told of one finds what is behind it; and
 * of each chassis that is come to by a trunk its upstream bridge first. In front of the adapter with an empty slot. */
static bool show_way(struct commands_job *job)
{
    if (job->hop == job->hop_count)
        return false;
    const struct commands_hop *hop = &job->hops[job->hop_count - 1 - job->hop];
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
        commands_chassis(job, last_hop(job)->chassis), commands_use(job, what), last_hop(job)->port, vh,
        (uint16_t)job->at.vfs);
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

static bool place_vf(struct commands_job *job)
{
    if (!is_single_vf(job))
        return false;
    chassis_port_place_vf(
        commands_chassis(job, last_hop(job)->chassis), commands_use(job, "the VF cannot be placed"),
        last_hop(job)->port, vf_number(job), job->at.vh);
    return true;
}

/* The VF works for the hierarchy from now on; or does not any more. */
static bool enter(struct commands_job *job)
{
    if (!is_single_vf(job))
        return false;
    adapter_port_enter(commands_adapter(job), commands_use(job, "the VF does not begin"), vf_number(job), job->at.vh);
    return true;
}

static bool leave(struct commands_job *job)
{
    if (!is_single_vf(job))
        return false;
    adapter_port_leave(commands_adapter(job), commands_use(job, "the VF does not end"), vf_number(job));
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
        commands_chassis(job, last_hop(job)->chassis), commands_use(job, "the VF cannot be taken back"),
        last_hop(job)->port, vf_number(job));
    return true;
}

/* --- the slot --- */

static bool set_slot(struct commands_job *job, uint32_t bits, const char *what)
{
    chassis_port_set_slot(
        commands_chassis(job, last_hop(job)->chassis), commands_use(job, what), job->at.vh, last_hop(job)->port, bits);
    return true;
}

/* A slot is for the whole device: while others of the function's hierarchy are in it, only its place changes. */
static bool change_place(struct commands_job *job, enum slot_place what, const char *text)
{
    chassis_port_change_place(
        commands_chassis(job, last_hop(job)->chassis), commands_use(job, text), job->at.vh, last_hop(job)->port,
        job->place, what);
    return true;
}

static bool take_place(struct commands_job *job, bool shares)
{
    const struct world *world = job->owner->world;
    int adapter = job->at.function.adapter;
    job->whole_slot = !shares;
    if (shares)
        job->place = (uint8_t)translator_slot(world_translator(world, adapter), vf_number(job));
    return false;
}

static bool find_place(struct commands_job *job)
{
    return take_place(job, shares_slot(job, true));
}

/* Of those that come to an empty slot together each fills it. */
static bool find_new_place(struct commands_job *job)
{
    return take_place(job, shares_slot(job, false));
}

static bool occupy(struct commands_job *job)
{
    return job->whole_slot ? set_slot(job, SWITCH_SLOT_OCCUPIED, "the slot cannot be filled")
                           : change_place(job, SLOT_PLACE_COMES, "the slot cannot be changed");
}

static bool press(struct commands_job *job)
{
    return job->whole_slot ? set_slot(job, SWITCH_SLOT_OCCUPIED | SWITCH_SLOT_ATTENTION, "the owner cannot be asked")
                           : change_place(job, SLOT_PLACE_WANTED, "the owner cannot be asked");
}

/* A second press within the attention window takes the first back. */
static bool press_again(struct commands_job *job)
{
    return job->whole_slot ? press(job) : change_place(job, SLOT_PLACE_COMES, "the owner cannot be told");
}

static bool empty(struct commands_job *job)
{
    return job->whole_slot ? set_slot(job, 0, "the slot cannot be emptied")
                           : change_place(job, SLOT_PLACE_GONE, "the slot cannot be changed");
}

static void on_power(struct slot *slot, bool on)
{
    struct commands_job *job = slot->context;
    if (!on && job != NULL && job->awaited == COMMANDS_POWER_OFF && job->slot == slot)
        commands_wake(job);
}

static void on_release(struct slot *slot, uint8_t place)
{
    struct commands *commands = slot->context != NULL ? ((struct commands_job *)slot->context)->owner : NULL;
    for (struct commands_job *job = commands != NULL ? commands->jobs : NULL; job != NULL; job = job->next)
        if (job->awaited == COMMANDS_RELEASED && job->slot == slot && job->place == place)
            commands_wake(job);
}

static bool await_slot(struct commands_job *job, enum commands_awaited what)
{
    if (commands_is_dead(job)) {
        commands_give_up(job, "its owner cannot be reached");
        return true;
    }
    job->slot = commands_slot(job);
    CHECK(job->slot != NULL);
    commands_await(job, what);
    job->slot->on_power = on_power;
    job->slot->on_release = on_release;
    job->slot->context = job;
    return true;
}

static bool await_off(struct commands_job *job)
{
    const struct slot *slot = commands_slot(job);
    return job->whole_slot && slot->powered && await_slot(job, COMMANDS_POWER_OFF);
}

static bool await_release(struct commands_job *job)
{
    return !job->whole_slot && await_slot(job, COMMANDS_RELEASED);
}

/* Until the owner's driver has it; which it never will where the host does not look, or cannot now. */
static bool await_attached(struct commands_job *job)
{
    const struct plugs *plugs = job->owner->world->plugs;
    if (plugs_mode(plugs, job->at.vh) == HOTPLUG_MODE_NONE || commands_is_cut_off(job)) {
        if (job->call != NULL)
            job->call->unseen = true;
        return false;
    }
    if (plugs_is_attached(plugs, commands_function(&job->at)))
        return false;
    commands_await(job, COMMANDS_ATTACHED);
    return true;
}

/* --- reset --- */

/* What an exclusive adapter had of one owner ends when its port is turned away. */
static bool reset_function(struct commands_job *job)
{
    if (!is_mr(job) && !is_single_vf(job))
        return false;
    adapter_port_reset(
        commands_adapter(job), commands_use(job, "the function cannot be reset"), (uint16_t)job->at.function.pf,
        job->at.function.vf == PCIM_NONE ? 0 : vf_number(job));
    return true;
}

/* --- the table --- */

static void bind(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    static const commands_step steps[] = {
        open_hierarchy, turn, show_way, place_vf, enter, commands_restore_limits, commands_tell_chassis, NULL};
    struct commands *commands = rack;
    plugs_bind(
        commands->world->plugs, commands_function(at),
        (struct scenario_owner){at->owner.host, at->owner.uplink, at->owner.guest});
    commands_begin(rack, at, call, steps);
}

static void present(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    static const commands_step steps[] = {find_new_place, occupy, await_attached, NULL};
    commands_begin(rack, at, call, steps);
}

static void withdraw(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    static const commands_step steps[] = {find_place, press, await_off, await_release, NULL};
    commands_begin(rack, at, call, steps);
}

static void withdraw_cancel(void *rack, const struct pcim_binding *at)
{
    static const commands_step steps[] = {find_place, press_again, NULL};
    commands_forget(rack, at);
    commands_begin(rack, at, NULL, steps);
}

static void remove_function(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    static const commands_step steps[] = {find_place, empty, NULL};
    commands_begin(rack, at, call, steps);
}

static void reset(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    static const commands_step steps[] = {reset_function, NULL};
    commands_begin(rack, at, call, steps);
}

static void unbind(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    static const commands_step steps[] = {close_hierarchy, turn_away, leave, unplace_vf, NULL};
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
        if (job->awaited == COMMANDS_ATTACHED && of.adapter == function.adapter && of.pf == function.pf &&
            of.vf == function.vf)
            commands_wake(job);
    }
}

static const struct plugs_ops plugs_ops = {
    .name = "MR-PCIM", .on_attached = on_attached, .on_let_go = commands_on_let_go, .on_passed = commands_on_passed};

void commands_init(struct commands *commands, struct world *world, struct pcim_inventory *inventory)
{
    *commands = (struct commands){.world = world, .inventory = inventory};
    component_init(&commands->component, &world->fabric.simulation);
    if (world->plugs == NULL)
        return;
    world->plugs->ops = &plugs_ops;
    world->plugs->context = commands;
}
