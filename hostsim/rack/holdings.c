#include "hostsim/rack/holdings.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/ownership.h"
#include "hostsim/rack/world.h"

static int compare(struct scenario_function one, struct scenario_function other)
{
    if (one.adapter != other.adapter)
        return one.adapter < other.adapter ? -1 : 1;
    if (one.pf != other.pf)
        return one.pf < other.pf ? -1 : 1;
    return (one.vf > other.vf) - (one.vf < other.vf);
}

/* How many come before FUNCTION. */
static size_t place_of(const struct holdings *holdings, struct scenario_function function)
{
    size_t low = 0, high = holdings->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(holdings->list[middle].function, function) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct holding *holdings_find(const struct holdings *holdings, struct scenario_function function)
{
    size_t place = place_of(holdings, function);
    bool there = place < holdings->count && compare(holdings->list[place].function, function) == 0;
    return there ? &holdings->list[place] : NULL;
}

static struct holding *add(struct holdings *holdings, struct scenario_function function)
{
    if (holdings->count == holdings->capacity) {
        holdings->capacity = holdings->capacity == 0 ? 16 : holdings->capacity * 2;
        holdings->list = reallocarray(holdings->list, holdings->capacity, sizeof *holdings->list);
        CHECK(holdings->list != NULL);
    }
    size_t place = place_of(holdings, function);
    struct holding *holding = &holdings->list[place];
    memmove(holding + 1, holding, (holdings->count++ - place) * sizeof *holding);
    *holding = (struct holding){.function = function, .at = calloc(1, sizeof *holding->at), .assignment = SIZE_MAX};
    CHECK(holding->at != NULL);
    return holding;
}

void holdings_init(struct holdings *holdings, const struct world *world)
{
    *holdings = (struct holdings){0};
    for (size_t index = 0; index < world->scenario->assignment_count; index++) {
        const struct scenario_assignment *assignment = &world->scenario->assignments[index];
        struct holding *holding = add(holdings, assignment->function);
        holding->owner = assignment->owner;
        holding->bound = true;
        holding->seen = world->functions[index].function != NULL;
        holding->assignment = index;
        *holding->at = world->functions[index];
    }
}

void holdings_free(struct holdings *holdings)
{
    for (size_t index = 0; index < holdings->count; index++)
        free(holdings->list[index].at);
    free(holdings->list);
    *holdings = (struct holdings){0};
}

struct holding *holdings_bind(struct holdings *holdings, struct scenario_function function, struct scenario_owner owner)
{
    struct holding *holding = holdings_find(holdings, function);
    if (holding == NULL)
        holding = add(holdings, function);
    holding->owner = owner;
    holding->bound = true;
    return holding;
}

void holdings_unbind(struct holdings *holdings, struct scenario_function function)
{
    struct holding *holding = holdings_find(holdings, function);
    if (holding != NULL)
        holding->bound = false;
}

/* The holding is one of OWNER's of ADAPTER: a VF or (not VFS) a PF. */
static bool is_of(const struct holding *holding, int adapter, struct scenario_owner owner, bool vfs)
{
    return holding->function.adapter == adapter && holding->bound && holding->seen &&
           ownership_counts(holding->owner, owner) && (holding->function.vf != SCENARIO_NONE) == vfs;
}

bool holdings_is_nth(
    const struct holdings *holdings, struct scenario_function function, struct scenario_owner owner, int nth)
{
    bool vf = function.vf != SCENARIO_NONE;
    int before = 0, pfs = 0;
    for (size_t index = 0; index < holdings->count; index++) {
        const struct holding *holding = &holdings->list[index];
        pfs += is_of(holding, function.adapter, owner, false);
        if (is_of(holding, function.adapter, owner, vf) && compare(holding->function, function) < 0)
            before++;
    }
    if (nth == SCENARIO_NONE)
        return before == 0 && (!vf || pfs == 0);
    return vf && (nth == SCENARIO_ANY || nth == before);
}
