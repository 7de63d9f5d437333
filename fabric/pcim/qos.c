/* SetQos: the least and the most that a function gets each way, and its weight. What is not given stays. */
#include <stdio.h>

#include "fabric/base/check.h"
#include "fabric/pcim/method.h"
#include "fabric/pcim/rules.h"

static enum status check_limits(const struct pcim_operation *operation, struct pcim_refusal *refusal)
{
    if (operation->qos.max_bps != 0 && operation->qos.min_bps > operation->qos.max_bps)
        return pcim_refuse(
            refusal, STATUS_INVALID_ARGUMENT, "min, %llu bit/s, would be more than max, %llu bit/s",
            (unsigned long long)operation->qos.min_bps, (unsigned long long)operation->qos.max_bps);
    if (operation->qos.weight == 0)
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "a weight is at least 1");
    return STATUS_OK;
}

/* MR-PCIM reaches adapters by their base function or PF in VH 0: neither what a host has in itself is there, nor what
 * is one host's alone. */
static enum status check_reach(const struct pcim *pcim, struct pcim_function_id function, struct pcim_refusal *refusal)
{
    const struct pcim_adapter *adapter = &pcim->inventory.adapters[function.adapter];
    if (adapter->host == PCIM_NONE && adapter->sharing != PCIM_EXCLUSIVE)
        return STATUS_OK;
    enum status status = pcim_refuse(
        refusal, STATUS_UNSUPPORTED, "%s is %s: MR-PCIM does not reach its limits while it runs", adapter->name,
        adapter->host != PCIM_NONE ? "in a host" : "exclusive");
    const struct pcim_function *now = pcim_function_at(&pcim->inventory, function);
    pcim_owner_text(&pcim->inventory, now->owner, refusal->holder);
    pcim_hint(refusal, "`qos` of the scenario sets them from the start");
    return status;
}

static enum status prepare(
    struct pcim *pcim, const struct pcim_request *request, struct pcim_operation *operation, bool *nothing_to_do,
    struct pcim_refusal *refusal)
{
    const struct pcim_set_qos_request *asked = &request->set_qos;
    const struct pcim_inventory *inventory = &pcim->inventory;
    struct pcim_function_id function;
    char text[PCIM_TEXT];
    enum status status = pcim_resolve_function(inventory, asked->function, false, &function, refusal);
    if (status != STATUS_OK)
        return status;
    if (!asked->min_given && !asked->max_given && !asked->weight_given)
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "nothing is given: a min, a max or a weight is needed");
    const struct pcim_function *now = function.pf == PCIM_BF ? NULL : pcim_function_at(inventory, function);
    if (now == NULL || pcim_owner_is_nobody(now->owner)) {
        status =
            pcim_refuse(refusal, STATUS_NOT_ASSIGNED, "nobody has %s", pcim_function_text(inventory, function, text));
        pcim_hint(refusal, "limits hold while somebody has it: assign it first");
        return status;
    }
    status = check_reach(pcim, function, refusal);
    if (status == STATUS_OK)
        status = pcim_rules_generation(inventory, function, asked->expected, refusal);
    if (status == STATUS_OK)
        status = pcim_rules_unclaimed(inventory, function, refusal);
    if (status != STATUS_OK)
        return status;
    pcim_function_text(inventory, function, operation->subject);
    operation->qos.function = function;
    operation->qos.min_bps = asked->min_given ? asked->min_bps : now->min_bps;
    operation->qos.max_bps = asked->max_given ? asked->max_bps : now->max_bps;
    operation->qos.weight = asked->weight_given ? asked->weight : now->weight;
    *nothing_to_do = operation->qos.min_bps == now->min_bps && operation->qos.max_bps == now->max_bps &&
                     operation->qos.weight == now->weight;
    return check_limits(operation, refusal);
}

static struct pcim_function *function_of(const struct pcim_operation *operation)
{
    return pcim_function_at(&operation->pcim->inventory, operation->qos.function);
}

static void claim(struct pcim_operation *operation)
{
    function_of(operation)->operation = operation->id;
}

static void done(struct pcim_call *call, enum status status)
{
    struct pcim_operation *operation = CONTAINER_OF(call, struct pcim_operation, call);
    struct pcim *pcim = operation->pcim;
    struct pcim_function *function = function_of(operation);
    function->operation = 0;
    if (status != STATUS_OK) {
        status = pcim_refuse(
            &operation->status, status, "%s: its limits could not be set%s%s", operation->subject,
            call->why[0] != '\0' ? ": " : "", call->why);
        pcim_operation_end(operation, status);
        return;
    }
    function->min_bps = operation->qos.min_bps;
    function->max_bps = operation->qos.max_bps;
    function->weight = operation->qos.weight;
    pcim_inventory_touch(&pcim->inventory, function);
    pcim_event_log_add(
        &pcim->events, pcim_now_ps(pcim), PCIM_EVENT_QOS, operation->id, function->generation, operation->subject,
        "min %llu max %llu bit/s weight %u", (unsigned long long)function->min_bps,
        (unsigned long long)function->max_bps, function->weight);
    pcim_operation_end(operation, STATUS_OK);
}

static void start(struct pcim_operation *operation)
{
    struct pcim *pcim = operation->pcim;
    struct pcim_function_id id = operation->qos.function;
    struct pcim_owner owner = function_of(operation)->owner;
    struct pcim_binding at = {
        .function = id,
        .owner = owner,
        .vh = pcim_hierarchy_of(&pcim->inventory, owner, id.adapter)->vh,
        .vfs = id.vf == PCIM_NONE ? pcim->inventory.adapters[id.adapter].pfs[id.pf].offered : 0,
    };
    operation->call.done = done;
    pcim->hardware->set_limits(
        pcim->rack, &at, operation->qos.min_bps, operation->qos.max_bps, operation->qos.weight, &operation->call);
}

const struct pcim_method_ops pcim_set_qos = {.name = "qos", .prepare = prepare, .claim = claim, .start = start};
