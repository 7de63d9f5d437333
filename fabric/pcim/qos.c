/* SetQos: the least and the most that a function gets each way, and its weight. What is not given stays.
 *
 * No more is guaranteed than an adapter's link, and the uplink of an owner, can carry besides everybody's part
 * (fabric/pcie/rate_guarantee.h). */
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
    if (operation->qos.weight == 0 || operation->qos.weight > PCIM_WEIGHT_MOST)
        return pcim_refuse(
            refusal, STATUS_INVALID_ARGUMENT, "a weight is 1 to %d, not %u", PCIM_WEIGHT_MOST, operation->qos.weight);
    return STATUS_OK;
}

/* --- what is guaranteed in all --- */

/* What is looked for: functions whose payload goes over a link. */
struct sum {
    const struct pcim_inventory *inventory;
    const struct pcim_link *link;
    struct pcim_function_id but; /* this one */
    uint64_t min_bps;
};

static bool goes_over(const struct sum *sum, struct pcim_function_id id, struct pcim_owner owner)
{
    const struct pcim_adapter *adapter = &sum->inventory->adapters[id.adapter];
    if (sum->link->kind == PCIM_LINK_ADAPTER)
        return sum->link->of == id.adapter;
    return adapter->host == PCIM_NONE && sum->link->of == owner.host && sum->link->uplink == owner.uplink;
}

static void add(void *context, struct pcim_function_id id, const struct pcim_function *function)
{
    struct sum *sum = context;
    bool is_same = id.adapter == sum->but.adapter && id.pf == sum->but.pf && id.vf == sum->but.vf;
    uint64_t asked = function->asked_min_bps, min_bps = asked > function->min_bps ? asked : function->min_bps;
    if (is_same || function->state == PCIM_FAILED || !goes_over(sum, id, function->owner))
        return;
    sum->min_bps = min_bps > UINT64_MAX - sum->min_bps ? UINT64_MAX : sum->min_bps + min_bps;
}

/* Whether LINK can carry MIN_BPS for FUNCTION besides what others are guaranteed on it. */
static enum status check_link(
    const struct pcim_inventory *inventory, struct pcim_function_id function, int link, uint64_t min_bps,
    struct pcim_refusal *refusal)
{
    struct sum others = {.inventory = inventory, .link = &inventory->links[link], .but = function};
    uint64_t most_bps = others.link->most_min_bps;
    if (most_bps == 0)
        return STATUS_OK;
    pcim_each_function(inventory, &others, add);
    uint64_t room_bps = most_bps > others.min_bps ? most_bps - others.min_bps : 0;
    if (min_bps <= room_bps)
        return STATUS_OK;
    enum status status = pcim_refuse(
        refusal, STATUS_RESOURCES_EXHAUSTED,
        "min, %.3f Gb/s, is more than link %s can carry for it: of the %.3f Gb/s of payload that may be guaranteed "
        "there "
        "others have %.3f",
        (double)min_bps / 1e9, others.link->name, (double)most_bps / 1e9, (double)others.min_bps / 1e9);
    pcim_hint(refusal, "a min of up to %llu bit/s would fit", (unsigned long long)room_bps);
    return status;
}

static enum status check_guarantee(
    const struct pcim_inventory *inventory, const struct pcim_operation *operation, struct pcim_refusal *refusal)
{
    struct pcim_function_id id = operation->qos.function;
    const struct pcim_function *now = pcim_function_at(inventory, id);
    if (operation->qos.min_bps <= now->min_bps)
        return STATUS_OK; /* no more than before */
    enum status status =
        check_link(inventory, id, inventory->adapters[id.adapter].link, operation->qos.min_bps, refusal);
    const struct pcim_host *host = &inventory->hosts[now->owner.host];
    if (status == STATUS_OK && now->owner.uplink != PCIM_NONE)
        status = check_link(inventory, id, host->links[now->owner.uplink], operation->qos.min_bps, refusal);
    return status;
}

/* --- the method --- */

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
    status = check_limits(operation, refusal);
    return status == STATUS_OK ? check_guarantee(inventory, operation, refusal) : status;
}

static struct pcim_function *function_of(const struct pcim_operation *operation)
{
    return pcim_function_at(&operation->pcim->inventory, operation->qos.function);
}

static void claim(struct pcim_operation *operation)
{
    struct pcim_function *function = function_of(operation);
    function->operation = operation->id;
    function->asked_min_bps = operation->qos.min_bps;
}

static void done(struct pcim_call *call, enum status status)
{
    struct pcim_operation *operation = CONTAINER_OF(call, struct pcim_operation, call);
    struct pcim *pcim = operation->pcim;
    struct pcim_function *function = function_of(operation);
    function->operation = 0;
    function->asked_min_bps = 0;
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
