/* The weights of `qos`, given to the functions that they name; check_later.c says what is wrong with an entry. */
#include <stdlib.h>

#include "hostsim/rack/build_function.h"

#define ENTRIES(list, type) ((struct type *)(list).entries)

static void set_weight(struct builder *builder, const struct draft_qos *qos)
{
    struct faults said_elsewhere = {0}, *faults = builder->faults;
    struct picks picks = {0};
    builder->faults = &said_elsewhere;
    build_functions(builder, qos->function, true, &picks);
    builder->faults = faults;
    faults_free(&said_elsewhere);
    for (size_t i = 0; i < picks.count; i++) {
        int assignment = scenario_find_assignment(builder->scenario, picks.items[i].function);
        if (assignment != SCENARIO_NONE)
            builder->scenario->assignments[assignment].weight = qos->weight;
    }
    free(picks.items);
}

void build_qos(struct builder *builder)
{
    const struct draft_list *entries = &builder->draft->qos;
    for (size_t i = 0; i < entries->count; i++) {
        const struct draft_qos *qos = &ENTRIES(*entries, draft_qos)[i];
        if (qos->function != NULL && node_get(qos->node, "weight"))
            set_weight(builder, qos);
    }
}
