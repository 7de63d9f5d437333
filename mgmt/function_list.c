#include "mgmt/function_list.h"

#include <string.h>

#include "hostsim/rack/holdings.h"
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

_Static_assert(
    (int)PCIM_FREE == (int)KIND(FREE) && (int)PCIM_UNSEEN == (int)KIND(UNSEEN) && (int)PCIM_FAILED == (int)KIND(FAILED),
    "states of functions");

struct listing {
    const struct world *world;
    const struct pcim_inventory *inventory;
    struct arena *arena;
    Mriov__V1__Function **functions;
    Mriov__V1__Function *pf; /* the last one */
    size_t count;
};

/* Where its owner's host has it, which MR-PCIM does not know. */
static void fill_place(const struct listing *listing, struct pcim_function_id id, Mriov__V1__Function *function)
{
    const struct scenario_function found = {id.adapter, id.pf, id.vf};
    const struct holding *holding = holdings_find(&listing->world->holdings, found);
    char text[ROUTING_ID_TEXT];
    if (holding == NULL || !holding->bound)
        return;
    if (!holding->seen) {
        if (function->actual == KIND(ASSIGNED))
            function->actual = KIND(UNSEEN);
        return;
    }
    function->routing_id = arena_text(listing->arena, routing_id_text(holding->at->id, text));
    function->bar_base = holding->at->bar_base;
}

static void fill_owned(
    const struct listing *listing, struct pcim_function_id id, const struct pcim_function *owned,
    Mriov__V1__Function *function)
{
    const struct pcim_hierarchy *hierarchy = pcim_hierarchy_of(listing->inventory, owned->owner, id.adapter);
    char owner[PCIM_TEXT];
    function->owner = arena_text(listing->arena, pcim_owner_text(listing->inventory, owned->owner, owner));
    function->desired = KIND(ASSIGNED);
    function->vh = hierarchy != NULL ? hierarchy->vh : 0;
    fill_place(listing, id, function);
}

/* A PF is followed by its VFs. */
static void count_vf(struct listing *listing, struct pcim_function_id id, Mriov__V1__Function *function)
{
    if (id.vf == PCIM_NONE)
        listing->pf = function;
    else if (listing->pf != NULL)
        listing->pf->vfs++;
}

static void add(void *context, struct pcim_function_id id, const struct pcim_function *of)
{
    struct listing *listing = context;
    Mriov__V1__Function *function = arena_get(listing->arena, sizeof *function);
    char name[PCIM_TEXT];
    mriov__v1__function__init(function);
    function->name = arena_text(listing->arena, pcim_function_text(listing->inventory, id, name));
    function->adapter = listing->inventory->adapters[id.adapter].name;
    function->generation = of->generation;
    function->min_bps = of->min_bps;
    function->max_bps = of->max_bps;
    function->weight = of->weight != 0 ? of->weight : 1;
    function->actual = (Mriov__V1__FunctionState__Kind)of->state;
    if (of->state == PCIM_MANAGED)
        function->desired = KIND(MANAGED);
    else if (!pcim_owner_is_nobody(of->owner))
        fill_owned(listing, id, of, function);
    count_vf(listing, id, function);
    listing->functions[listing->count++] = function;
}

static void count_one(void *context, struct pcim_function_id id, const struct pcim_function *function)
{
    (void)id;
    (void)function;
    ++*(size_t *)context;
}

Mriov__V1__Function **
function_list(const struct pcim_inventory *inventory, const struct world *world, struct arena *arena, size_t *count)
{
    size_t room = 0;
    pcim_each_function(inventory, &room, count_one);
    struct listing listing = {.world = world, .inventory = inventory, .arena = arena};
    listing.functions = arena_get(arena, room * sizeof *listing.functions);
    pcim_each_function(inventory, &listing, add);
    *count = listing.count;
    return listing.functions;
}
