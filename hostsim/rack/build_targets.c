#include "hostsim/rack/build_targets.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/pcim/reference.h"
#include "hostsim/rack/build_owner.h"
#include "hostsim/rack/name_range.h"

static void add(struct scenario_workload *workload, struct scenario_target target)
{
    workload->targets = reallocarray(workload->targets, workload->target_count + 1, sizeof *workload->targets);
    CHECK(workload->targets != NULL);
    workload->targets[workload->target_count++] = target;
}

/* A number of a reference; NONE when it is absent. */
static int number(int written, int none)
{
    if (written == REFERENCE_ANY)
        return SCENARIO_ANY;
    return written == REFERENCE_ABSENT ? none : written;
}

static void add_of_owners(
    struct builder *builder, const struct function_reference *reference, int adapter, const struct node *node,
    struct scenario_workload *workload)
{
    struct owners owners = {0};
    build_match_owners(builder, &reference->owner, node, NULL, &owners);
    for (size_t index = 0; index < owners.count; index++)
        add(workload, (struct scenario_target){
                          .function = {adapter, SCENARIO_NONE, SCENARIO_NONE},
                          .of_owner = true,
                          .owner = owners.items[index].owner,
                          .nth = number(reference->vf, SCENARIO_NONE),
                      });
    free(owners.items);
}

static void add_text(struct builder *builder, const struct node *node, struct scenario_workload *workload)
{
    struct function_reference reference;
    struct reference_why why;
    if (function_reference_parse(node->text, &reference, &why) != STATUS_OK)
        return;
    for (size_t adapter = 0; adapter < builder->scenario->adapter_count; adapter++) {
        if (!name_matches(reference.adapter, builder->scenario->adapters[adapter].name))
            continue;
        if (reference.has_owner) {
            add_of_owners(builder, &reference, (int)adapter, node, workload);
            continue;
        }
        struct scenario_function function = {
            (int)adapter, number(reference.pf, 0), number(reference.vf, SCENARIO_NONE)};
        add(workload, (struct scenario_target){.function = function, .nth = SCENARIO_NONE});
    }
}

void build_targets(struct builder *builder, const struct node *node, struct scenario_workload *workload)
{
    if (node_is_list(node))
        for (size_t index = 0; index < node->count; index++)
            build_targets(builder, node->items[index].value, workload);
    else if (node_is_scalar(node))
        add_text(builder, node, workload);
}
