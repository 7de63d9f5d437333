#include "hostsim/rack/inventory.h"

#include <stdlib.h>

#include "fabric/base/check.h"

const char *inventory_state_name(enum inventory_state state)
{
    static const char *const names[] = {
        [INVENTORY_FREE] = "free",
        [INVENTORY_ASSIGNED] = "assigned",
        [INVENTORY_MANAGED] = "managed",
    };
    CHECK((size_t)state < sizeof names / sizeof names[0]);
    return names[state];
}

static bool is_managed(const struct scenario *scenario, struct scenario_function function)
{
    bool is_pf = function.pf >= 0 && function.vf == SCENARIO_NONE;
    return function.pf == SCENARIO_BF || (is_pf && scenario->adapters[function.adapter].sharing == SHARING_SR_IOV);
}

static void add(struct inventory *inventory, const struct scenario *scenario, struct scenario_function function)
{
    struct inventory_entry entry = {.function = function, .assignment = SCENARIO_NONE};
    if (is_managed(scenario, function))
        entry.state = INVENTORY_MANAGED;
    else
        entry.assignment = scenario_find_assignment(scenario, function);
    if (entry.assignment != SCENARIO_NONE)
        entry.state = INVENTORY_ASSIGNED;
    inventory->entries[inventory->count++] = entry;
}

static void add_vfs(
    struct inventory *inventory, const struct scenario *scenario, const struct holdings *holdings,
    struct scenario_function pf)
{
    const struct scenario_adapter *adapter = &scenario->adapters[pf.adapter];
    struct scenario_function vf = {pf.adapter, pf.pf, 0}, next = {pf.adapter, pf.pf + 1, SCENARIO_NONE};
    if (adapter->sharing == SHARING_SR_IOV) {
        for (; vf.vf < (int)adapter->vfs; vf.vf++)
            add(inventory, scenario, vf);
        return;
    }
    size_t end = scenario_assignments_before(scenario, next);
    for (size_t index = scenario_assignments_before(scenario, vf); holdings == NULL && index < end; index++)
        add(inventory, scenario, scenario->assignments[index].function);
    for (size_t index = 0; holdings != NULL && index < holdings->count; index++) {
        struct scenario_function held = holdings->list[index].function;
        if (held.adapter == pf.adapter && held.pf == pf.pf && held.vf != SCENARIO_NONE)
            add(inventory, scenario, held);
    }
}

static void
add_adapter(struct inventory *inventory, const struct scenario *scenario, const struct holdings *holdings, int adapter)
{
    const struct scenario_adapter *spec = &scenario->adapters[adapter];
    if (spec->sharing == SHARING_MR_IOV)
        add(inventory, scenario, (struct scenario_function){adapter, SCENARIO_BF, SCENARIO_NONE});
    for (int pf = 0; pf < (int)spec->pfs; pf++) {
        struct scenario_function function = {adapter, pf, SCENARIO_NONE};
        add(inventory, scenario, function);
        add_vfs(inventory, scenario, holdings, function);
    }
}

/* No more functions than these are in an inventory. */
static size_t most(const struct scenario *scenario, const struct holdings *holdings)
{
    size_t count = scenario->assignment_count + (holdings != NULL ? holdings->count : 0);
    for (size_t adapter = 0; adapter < scenario->adapter_count; adapter++) {
        const struct scenario_adapter *spec = &scenario->adapters[adapter];
        count += 1 + spec->pfs + (spec->sharing == SHARING_SR_IOV ? spec->vfs : 0);
    }
    return count;
}

void inventory_take(struct inventory *inventory, const struct scenario *scenario, const struct holdings *holdings)
{
    *inventory = (struct inventory){.entries = calloc(most(scenario, holdings) + 1, sizeof *inventory->entries)};
    CHECK(inventory->entries != NULL);
    for (size_t adapter = 0; adapter < scenario->adapter_count; adapter++)
        add_adapter(inventory, scenario, holdings, (int)adapter);
    CHECK(inventory->count <= most(scenario, holdings));
}

void inventory_free(struct inventory *inventory)
{
    free(inventory->entries);
    *inventory = (struct inventory){0};
}
