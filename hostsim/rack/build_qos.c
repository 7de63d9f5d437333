/* `qos`, given to the functions that it names; check_later.c says what is wrong with an entry by itself. */
#include <inttypes.h>
#include <stdlib.h>

#include "fabric/pcie/link.h"
#include "fabric/pcie/rate_guarantee.h"
#include "hostsim/rack/build_function.h"

#define ENTRIES(list, type) ((struct type *)(list).entries)

/* What QOS says, and nothing else. */
static void give(const struct draft_qos *qos, struct scenario_assignment *assignment)
{
    if (node_get(qos->node, "weight"))
        assignment->weight = qos->weight;
    if (node_get(qos->node, "min"))
        assignment->min_bps = qos->min_bps;
    if (node_get(qos->node, "max"))
        assignment->max_bps = qos->max_bps;
}

/* Of what goes over a link: what functions are guaranteed there, and what may be. */
struct load {
    const char *what, *name;
    unsigned __int128 sum_bps;
    uint64_t most_bps;
};

static bool is_too_much(struct builder *builder, const struct draft_qos *qos, const struct load *load, uint64_t own_bps)
{
    if (load->sum_bps <= load->most_bps)
        return false;
    unsigned __int128 others_bps = load->sum_bps - own_bps;
    uint64_t room_bps = others_bps < load->most_bps ? load->most_bps - (uint64_t)others_bps : 0;
    faults_add(
        builder->faults, place_of(qos->node, "min"),
        "%s %s are guaranteed %.3f Gb/s with this, and %.3f of its link's payload may be: %.3f would fit", load->what,
        load->name, (double)load->sum_bps / 1e9, (double)load->most_bps / 1e9, (double)room_bps / 1e9);
    return true;
}

/* What is guaranteed goes over the adapter's link and the owner's uplink: no more than they carry in all, besides
 * everybody's part. */
static void check_sum(struct builder *builder, const struct draft_qos *qos, const struct scenario_assignment *own)
{
    const struct scenario *scenario = builder->scenario;
    const struct scenario_adapter *adapter = &scenario->adapters[own->function.adapter];
    const struct scenario_host *host = &scenario->hosts[own->owner.host];
    struct load at_adapter = {
        .what = "the functions of",
        .name = adapter->name,
        .most_bps = rate_guarantee_most_bps(link_payload_bps(&adapter->link, adapter->sharing == SHARING_MR_IOV))};
    struct load at_host = {
        .what = "the functions that share an uplink of",
        .name = host->name,
        .most_bps = rate_guarantee_most_bps(link_payload_bps(&host->link, false))};
    for (size_t index = 0; index < scenario->assignment_count; index++) {
        const struct scenario_assignment *other = &scenario->assignments[index];
        if (other->function.adapter == own->function.adapter)
            at_adapter.sum_bps += other->min_bps;
        if (other->owner.host == own->owner.host && other->owner.uplink == own->owner.uplink)
            at_host.sum_bps += other->min_bps;
    }
    if (!is_too_much(builder, qos, &at_adapter, own->min_bps) && own->owner.uplink != SCENARIO_NONE)
        is_too_much(builder, qos, &at_host, own->min_bps);
}

static void build_entry(struct builder *builder, const struct draft_qos *qos)
{
    struct faults said_elsewhere = {0}, *faults = builder->faults;
    struct picks picks = {0};
    builder->faults = &said_elsewhere;
    build_functions(builder, qos->function, true, &picks);
    builder->faults = faults;
    faults_free(&said_elsewhere);
    for (size_t i = 0; i < picks.count; i++) {
        int assignment = scenario_find_assignment(builder->scenario, picks.items[i].function);
        if (assignment == SCENARIO_NONE)
            continue;
        uint64_t old_min_bps = builder->scenario->assignments[assignment].min_bps;
        give(qos, &builder->scenario->assignments[assignment]);
        if (builder->scenario->assignments[assignment].min_bps > old_min_bps)
            check_sum(builder, qos, &builder->scenario->assignments[assignment]);
    }
    free(picks.items);
}

void build_qos(struct builder *builder)
{
    const struct draft_list *entries = &builder->draft->qos;
    for (size_t i = 0; i < entries->count; i++)
        if (ENTRIES(*entries, draft_qos)[i].function != NULL)
            build_entry(builder, &ENTRIES(*entries, draft_qos)[i]);
}
