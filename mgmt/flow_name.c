#include "mgmt/flow_name.h"

#include "hostsim/rack/schema.h"

struct flow_name flow_name_of(const struct world *world, const struct load_row *row, struct arena *arena)
{
    const struct scenario *scenario = world->scenario;
    const struct scenario_flow *spec = row->spec;
    const struct scenario_workload *workload = &scenario->workloads[spec->workload];
    const struct scenario_flow_member *first = &spec->members[0];
    const struct scenario_host *host = &scenario->hosts[first->owner.host];
    struct flow_name name = {.name = workload->name, .host = (char *)"", .guest = (char *)""};
    bool one_host = true, one_owner = true;
    char function[128];
    for (size_t n = 1; n < spec->member_count; n++) {
        one_host = one_host && spec->members[n].owner.host == first->owner.host;
        one_owner = one_owner && one_host && spec->members[n].owner.guest == first->owner.guest;
    }
    if (one_host)
        name.host = host->name;
    if (one_owner && first->owner.guest != SCENARIO_NONE)
        name.guest = host->guests[first->owner.guest].name;
    name.function = arena_text(
        arena,
        spec->text != NULL ? spec->text : scenario_function_name(scenario, first->function, function, sizeof function));
    name.op = workload->op_count > 1 ? (char *)"mix" : (char *)schema_word_name(schema_ops, (int)workload->ops[0].op);
    return name;
}
