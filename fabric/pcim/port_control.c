/* ControlPort: a port is taken down, brought up, trained again, or what is behind it is reset. */
#include <stdio.h>

#include "fabric/base/check.h"
#include "fabric/pcim/method.h"

static struct pcim_link *link_of(const struct pcim_operation *operation)
{
    struct pcim_inventory *inventory = &operation->pcim->inventory;
    return &inventory->links[inventory->ports[operation->port.port].link];
}

static enum status prepare(
    struct pcim *pcim, const struct pcim_request *request, struct pcim_operation *operation, bool *nothing_to_do,
    struct pcim_refusal *refusal)
{
    const struct pcim_control_port_request *asked = &request->control_port;
    int hierarchy = PCIM_NONE;
    if ((unsigned)asked->action >= PCIM_PORT_ACTIONS)
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "there is no such action");
    enum status status = pcim_resolve_port(&pcim->inventory, asked->port, &operation->port.port, refusal);
    if (status == STATUS_OK && asked->hierarchy != NULL)
        status = pcim_resolve_hierarchy(&pcim->inventory, asked->hierarchy, &hierarchy, refusal);
    if (status != STATUS_OK)
        return status;
    if (hierarchy != PCIM_NONE && asked->action != PCIM_PORT_HOT_RESET)
        return pcim_refuse(
            refusal, STATUS_INVALID_ARGUMENT, "only a hot-reset may be of one hierarchy: %s is the whole port's",
            pcim_port_action_name(asked->action));
    const struct pcim_link *link = link_of(operation);
    snprintf(operation->subject, sizeof operation->subject, "%s", pcim->inventory.ports[operation->port.port].name);
    operation->port.action = asked->action;
    operation->port.vh = hierarchy == PCIM_NONE ? 0 : pcim->inventory.hierarchies[hierarchy].vh;
    *nothing_to_do =
        (asked->action == PCIM_PORT_DISABLE && !link->enabled) || (asked->action == PCIM_PORT_ENABLE && link->enabled);
    bool wants_up = asked->action == PCIM_PORT_RETRAIN || asked->action == PCIM_PORT_HOT_RESET;
    if (!wants_up || link->up)
        return STATUS_OK;
    status = pcim_refuse(
        refusal, STATUS_UNAVAILABLE, "link %s is down: it cannot be told to %s", link->name,
        pcim_port_action_name(asked->action));
    pcim_hint(refusal, link->failed ? "repair it first" : "enable it first");
    return status;
}

static void done(struct pcim_call *call, enum status status)
{
    struct pcim_operation *operation = CONTAINER_OF(call, struct pcim_operation, call);
    struct pcim *pcim = operation->pcim;
    struct pcim_link *link = link_of(operation);
    if (status != STATUS_OK) {
        status = pcim_refuse(
            &operation->status, status, "%s: %s failed%s%s", operation->subject,
            pcim_port_action_name(operation->port.action), call->why[0] != '\0' ? ": " : "", call->why);
        pcim_operation_end(operation, status);
        return;
    }
    if (operation->port.action == PCIM_PORT_DISABLE || operation->port.action == PCIM_PORT_ENABLE) {
        link->enabled = operation->port.action == PCIM_PORT_ENABLE;
        link->up = link->enabled && !link->failed;
    }
    link->generation++;
    pcim->inventory.generation++;
    pcim_event_log_add(
        &pcim->events, pcim_now_ps(pcim), PCIM_EVENT_LINK, operation->id, link->generation, link->name, "%s",
        pcim_port_action_name(operation->port.action));
    pcim_operation_end(operation, STATUS_OK);
}

static void start(struct pcim_operation *operation)
{
    struct pcim *pcim = operation->pcim;
    operation->call.done = done;
    if (operation->port.vh != 0)
        pcim->hardware->reset_hierarchy(pcim->rack, operation->port.vh, &operation->call);
    else
        pcim->hardware->control_port(pcim->rack, operation->port.port, operation->port.action, &operation->call);
}

const struct pcim_method_ops pcim_control_port = {.name = "port", .prepare = prepare, .start = start};
