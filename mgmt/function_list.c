#include "mgmt/function_list.h"

#include <string.h>

#include "hostsim/rack/build_owner.h"
#include "hostsim/rack/inventory.h"
#include "hostsim/rack/routing_id.h"

#define KIND(state) MRIOV__V1__FUNCTION_STATE__KIND__##state

const char *function_state_word(Mriov__V1__FunctionState__Kind state)
{
    static const char *const words[] = {
        [KIND(FREE)] = "free",     [KIND(ASSIGNED)] = "assigned", [KIND(MANAGED)] = "managed",
        [KIND(UNSEEN)] = "unseen", [KIND(ARRIVING)] = "arriving", [KIND(LEAVING)] = "leaving",
        [KIND(FAILED)] = "failed",
    };
    return words[state];
}

static void fill_owned(const struct world *world, int assignment, Mriov__V1__Function *function, struct arena *arena)
{
    const struct scenario_assignment *owned = &world->scenario->assignments[assignment];
    const struct world_function *placed = &world->functions[assignment];
    char owner[OWNER_TEXT], id[ROUTING_ID_TEXT];
    function->owner = arena_text(arena, owner_text(world->scenario, owned->owner, owner));
    function->vh = placed->vh;
    function->weight = owned->weight;
    function->desired = KIND(ASSIGNED);
    function->actual = placed->function != NULL ? KIND(ASSIGNED) : KIND(UNSEEN);
    if (placed->function == NULL)
        return;
    function->routing_id = arena_text(arena, routing_id_text(placed->id, id));
    function->bar_base = placed->bar_base;
}

static void
fill(const struct world *world, const struct inventory_entry *entry, Mriov__V1__Function *function, struct arena *arena)
{
    const struct scenario *scenario = world->scenario;
    char name[128];
    mriov__v1__function__init(function);
    function->name = arena_text(arena, scenario_function_name(scenario, entry->function, name, sizeof name));
    function->adapter = scenario->adapters[entry->function.adapter].name;
    function->generation = 1;
    function->weight = 1;
    if (entry->state == INVENTORY_MANAGED)
        function->desired = function->actual = KIND(MANAGED);
    else if (entry->state == INVENTORY_ASSIGNED)
        fill_owned(world, entry->assignment, function, arena);
}

/* How many VFs come with each PF is counted from the VFs that follow it. */
static void count_vfs(const struct inventory *inventory, Mriov__V1__Function **functions)
{
    Mriov__V1__Function *pf = NULL;
    for (size_t i = 0; i < inventory->count; i++)
        if (inventory->entries[i].function.vf == SCENARIO_NONE)
            pf = functions[i];
        else if (pf != NULL)
            pf->vfs++;
}

Mriov__V1__Function **function_list(const struct world *world, struct arena *arena, size_t *count)
{
    struct inventory inventory;
    inventory_take(&inventory, world->scenario, NULL);
    Mriov__V1__Function **functions = arena_get(arena, inventory.count * sizeof *functions);
    for (size_t i = 0; i < inventory.count; i++) {
        functions[i] = arena_get(arena, sizeof **functions);
        fill(world, &inventory.entries[i], functions[i], arena);
    }
    count_vfs(&inventory, functions);
    *count = inventory.count;
    inventory_free(&inventory);
    return functions;
}
