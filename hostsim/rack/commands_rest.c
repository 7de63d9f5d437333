/* The rest of the hardware table: use, VF migration, ports. */
#include "hostsim/rack/commands_rest.h"
#include "fabric/base/check.h"
#include "hostsim/rack/commands_job.h"
#include "hostsim/rack/loads.h"

/* --- use --- */

bool commands_is_in_use(void *rack, const struct pcim_binding *at)
{
    struct commands *commands = rack;
    return loads_are_using(commands->world->loads, commands_function(at));
}

/* How often MR-PCIM looks whether a function is idle. */
#define IDLE_POLL_PS PS_PER_US

static bool await_idle(struct commands_job *job)
{
    if (!commands_is_in_use(job->owner, &job->at))
        return false;
    event_schedule(&job->poll, job->owner->component.simulation->now_ps + IDLE_POLL_PS);
    return true;
}

void commands_await_idle(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    static const commands_step steps[] = {await_idle, NULL};
    commands_begin(rack, at, call, steps);
}

void commands_forget_idle(void *rack, const struct pcim_binding *at)
{
    commands_forget(rack, at);
}

/* --- ports --- */

/* The end of link INDEX that is a chassis's port, at END. */
static struct port *port_of(const struct commands *commands, int index, int end)
{
    const struct world_link *link = &commands->world->links[index];
    /* `up` leaves from the lower end, which of a trunk is the second of `between`. */
    struct port *lower = CONTAINER_OF(link->directions[LINK_UP], struct port, egress);
    struct port *upper = lower->peer;
    enum pcim_link_kind kind = commands->inventory->links[index].kind;
    if (kind == PCIM_LINK_TRUNK)
        return end == 0 ? upper : lower;
    return kind == PCIM_LINK_UPLINK ? lower : upper;
}

static const enum switch_port_action actions[PCIM_PORT_ACTIONS] = {
    [PCIM_PORT_DISABLE] = SWITCH_PORT_DISABLE,
    [PCIM_PORT_ENABLE] = SWITCH_PORT_ENABLE,
    [PCIM_PORT_RETRAIN] = SWITCH_PORT_RETRAIN,
    [PCIM_PORT_HOT_RESET] = SWITCH_PORT_HOT_RESET,
};

static bool control(struct commands_job *job)
{
    chassis_port_control(
        commands_chassis(job, job->chassis), commands_use(job, "the port does not do it"), job->port,
        actions[job->action], job->vh);
    return true;
}

static bool review(struct commands_job *job)
{
    commands_review(job->owner);
    return false;
}

static void ask_port(
    struct commands *commands, int chassis, const struct port *port, enum pcim_port_action action, uint32_t vh,
    struct pcim_call *call)
{
    static const commands_step steps[] = {review, control, review, NULL};
    struct commands_job *job = commands_prepare(commands, &commands_nowhere, call, steps);
    job->chassis = chassis;
    job->port = CONTAINER_OF(port, struct switch_port, port)->index;
    job->action = action;
    job->vh = vh;
    commands_start(job);
}

void commands_control_port(void *rack, int index, enum pcim_port_action action, struct pcim_call *call)
{
    struct commands *commands = rack;
    const struct pcim_port *port = &commands->inventory->ports[index];
    int chassis = commands->inventory->links[port->link].chassis[port->end];
    ask_port(commands, chassis, port_of(commands, port->link, port->end), action, SWITCH_ALL_HIERARCHIES, call);
}

void commands_reset_hierarchy(void *rack, uint16_t vh, struct pcim_call *call)
{
    struct commands *commands = rack;
    const struct pcim_hierarchy *hierarchy = &commands->inventory->hierarchies[vh - 1];
    const struct pcim_host *host = &commands->inventory->hosts[hierarchy->host];
    ask_port(
        commands, host->chassis[hierarchy->uplink], port_of(commands, host->links[hierarchy->uplink], 1),
        PCIM_PORT_HOT_RESET, vh, call);
}
