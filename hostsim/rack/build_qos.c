/* `qos`, given to the functions that it names; check_later.c says what is wrong with an entry by itself. */
#include <inttypes.h>
#include <stdlib.h>

#include "fabric/pcie/link.h"
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

/* The payload a second that the adapters of FUNCTIONS have guaranteed is no more than their links have in all. */
static void check_sum(struct builder *builder, const struct draft_qos *qos, struct scenario_function function)
{
    const struct scenario *scenario = builder->scenario;
    const struct scenario_adapter *adapter = &scenario->adapters[function.adapter];
    uint64_t up_bps = link_rate_bps(&adapter->link, LINK_UP), down_bps = link_rate_bps(&adapter->link, LINK_DOWN);
    uint64_t rate_bps = up_bps < down_bps ? up_bps : down_bps;
    unsigned __int128 sum_bps = 0;
    for (size_t index = 0; index < scenario->assignment_count; index++)
        if (scenario->assignments[index].function.adapter == function.adapter)
            sum_bps += scenario->assignments[index].min_bps;
    if (sum_bps > rate_bps)
        faults_add(
            builder->faults, place_of(qos->node, "min"),
            "the functions of %s are guaranteed %.3f Gb/s with this, more than its link has: %.3f", adapter->name,
            (double)sum_bps / 1e9, (double)rate_bps / 1e9);
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
            check_sum(builder, qos, picks.items[i].function);
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
