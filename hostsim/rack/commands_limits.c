#include "hostsim/rack/commands_limits.h"

#include "fabric/base/check.h"
#include "hostsim/rack/commands_job.h"
#include "hostsim/rack/hierarchy.h"

static const struct topology_root *root_of(const struct commands_job *job)
{
    return &job->owner->world->topology.roots[job->at.vh - 1];
}

static uint32_t weight_there(const struct commands_job *job, uint32_t weight)
{
    return hierarchy_weight(job->owner->world, root_of(job), job->at.function.adapter, weight);
}

static void tell_weight(struct commands_job *job, struct pcim_function_id id, uint32_t weight)
{
    adapter_port_set_weight(
        commands_adapter(job), commands_use(job, "the weight cannot be set"), (uint16_t)id.pf, (uint16_t)(id.vf + 1),
        weight_there(job, weight));
}

static void tell_limits(struct commands_job *job, struct pcim_function_id id, uint64_t min_bps, uint64_t max_bps)
{
    adapter_port_set_limits(
        commands_adapter(job), commands_use(job, "the limits cannot be set"), (uint16_t)id.pf, (uint16_t)(id.vf + 1),
        min_bps, max_bps);
}

/* --- what comes to a hierarchy --- */

/* Weight and limits, of each function. */
#define ITEMS 2

/* The ITEM-th thing to tell of the job's functions; false when there is nothing to tell of it. */
static bool tell_item(struct commands_job *job, uint32_t item)
{
    struct pcim_function_id id = job->at.function;
    if (item >= ITEMS)
        id.vf = (int)(item / ITEMS) - 1;
    const struct pcim_function *function = pcim_function_at(job->owner->inventory, id);
    if (function == NULL)
        return false;
    bool weighs = item % ITEMS == 0;
    if (weighs ? weight_there(job, function->weight) == 1 : function->min_bps == 0 && function->max_bps == 0)
        return false;
    if (weighs)
        tell_weight(job, id, function->weight);
    else
        tell_limits(job, id, function->min_bps, function->max_bps);
    return true;
}

bool commands_restore_limits(struct commands_job *job)
{
    if (job->owner->inventory->adapters[job->at.function.adapter].sharing == PCIM_EXCLUSIVE)
        return false; /* it is not in VH 0, and has no command registers */
    uint32_t functions = job->at.function.vf == PCIM_NONE ? 1 + job->at.vfs : 1;
    while (job->item < ITEMS * functions) {
        if (!tell_item(job, job->item++))
            continue;
        job->step--; /* this step again, for the next */
        return true;
    }
    job->item = 0;
    return false;
}

/* --- the chassis --- */

struct sum {
    uint64_t min_bps, max_bps;
    bool all_limited;
    uint32_t greatest_weight;
};

static void
add(const struct commands_job *job, struct sum *sum, struct pcim_function_id id, const struct pcim_function *function)
{
    const struct pcim_hierarchy *hierarchy = pcim_hierarchy_of(job->owner->inventory, function->owner, id.adapter);
    if (!function->exists || hierarchy == NULL || hierarchy->vh != job->at.vh)
        return;
    const struct pcim_function *own = pcim_function_at(job->owner->inventory, job->at.function);
    bool is_set = job->sets_limits && function == own;
    uint64_t max_bps = is_set ? job->max_bps : function->max_bps;
    uint32_t weight = is_set ? job->weight : function->weight;
    sum->min_bps += is_set ? job->min_bps : function->min_bps;
    sum->max_bps += max_bps;
    sum->all_limited = sum->all_limited && max_bps > 0;
    sum->greatest_weight = weight > sum->greatest_weight ? weight : sum->greatest_weight;
}

static void add_adapter(const struct commands_job *job, struct sum *sum, int index)
{
    const struct pcim_adapter *adapter = &job->owner->inventory->adapters[index];
    for (int pf = 0; pf < (int)adapter->pf_count; pf++) {
        add(job, sum, (struct pcim_function_id){index, pf, PCIM_NONE}, &adapter->pfs[pf].function);
        for (int vf = 0; vf < (int)adapter->pfs[pf].vf_room; vf++)
            add(job, sum, (struct pcim_function_id){index, pf, vf}, &adapter->pfs[pf].vfs[vf]);
    }
}

/* Over what the job's hierarchy has behind HOP of the way to the job's adapter: of that adapter where it is the last,
 * otherwise of all whose way leads through the trunk. */
static struct sum sum_of(const struct commands_job *job, const struct way_hop *hop)
{
    struct sum sum = {.all_limited = true, .greatest_weight = 1};
    const struct world *world = job->owner->world;
    if (hop == &job->hops[job->hop_count - 1]) {
        add_adapter(job, &sum, job->at.function.adapter);
        return sum;
    }
    for (int index = 0; index < (int)job->owner->inventory->adapter_count; index++)
        if (way_passes(world, (uint16_t)job->at.vh, index, hop->chassis, hop->port))
            add_adapter(job, &sum, index);
    sum.all_limited = false; /* limits are kept at adapters */
    return sum;
}

static void tell_bridge_limits(struct commands_job *job, const struct way_hop *hop, const struct sum *sum)
{
    chassis_port_set_limits(
        commands_chassis(job, hop->chassis), commands_use(job, "the chassis cannot limit it"), job->at.vh, hop->port,
        sum->min_bps, sum->all_limited ? sum->max_bps : 0);
}

static void tell_bridge_weight(struct commands_job *job, const struct way_hop *hop, const struct sum *sum)
{
    bool is_last = hop == &job->hops[job->hop_count - 1];
    uint32_t weight = is_last ? weight_there(job, sum->greatest_weight)
                              : hierarchy_trunk_weight(job->owner->world, root_of(job), sum->greatest_weight);
    chassis_port_set_weight(
        commands_chassis(job, hop->chassis), commands_use(job, "the chassis cannot weigh it"), job->at.vh, hop->port,
        weight);
}

bool commands_tell_chassis(struct commands_job *job)
{
    while (job->item < ITEMS * job->hop_count) {
        uint32_t item = job->item++;
        const struct way_hop *hop = &job->hops[job->hop_count - 1 - item / ITEMS];
        struct sum sum = sum_of(job, hop);
        bool limited = sum.min_bps > 0 || (sum.all_limited && sum.max_bps > 0);
        bool tells = job->sets_limits || (item % ITEMS == 0 ? limited : sum.greatest_weight > 1);
        if (!tells)
            continue;
        job->step--; /* this step again: at each bridge the limits, then the weight */
        if (item % ITEMS == 0)
            tell_bridge_limits(job, hop, &sum);
        else
            tell_bridge_weight(job, hop, &sum);
        return true;
    }
    job->item = 0;
    return false;
}

/* --- on request --- */

static bool set_weight(struct commands_job *job)
{
    tell_weight(job, job->at.function, job->weight);
    return true;
}

static bool set_limits(struct commands_job *job)
{
    tell_limits(job, job->at.function, job->min_bps, job->max_bps);
    return true;
}

void commands_set_limits(
    void *rack, const struct pcim_binding *at, uint64_t min_bps, uint64_t max_bps, uint32_t weight,
    struct pcim_call *call)
{
    static const commands_step steps[] = {set_weight, set_limits, commands_tell_chassis, NULL};
    struct commands_job *job = commands_prepare(rack, at, call, steps);
    job->sets_limits = true;
    job->min_bps = min_bps;
    job->max_bps = max_bps;
    job->weight = weight;
    commands_start(job);
}
