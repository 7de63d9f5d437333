#include "hostsim/rack/ownership.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

void ownership_init(struct ownership *ownership, const struct scenario *scenario)
{
    ownership->count = scenario->adapter_count;
    ownership->adapters = calloc(ownership->count + 1, sizeof(*ownership->adapters));
    CHECK(ownership->adapters);
    for (size_t i = 0; i < ownership->count; i++) {
        struct ownership_adapter *adapter = &ownership->adapters[i];
        adapter->pf_count = scenario->adapters[i].pfs;
        adapter->pfs = calloc(adapter->pf_count, sizeof(*adapter->pfs));
        CHECK(adapter->pfs);
    }
}

void ownership_free(struct ownership *ownership)
{
    for (size_t i = 0; i < ownership->count; i++) {
        for (uint32_t pf = 0; pf < ownership->adapters[i].pf_count; pf++)
            free(ownership->adapters[i].pfs[pf].vfs);
        free(ownership->adapters[i].pfs);
    }
    free(ownership->adapters);
    *ownership = (struct ownership){0};
}

struct ownership_slot *ownership_slot(struct ownership *ownership, struct scenario_function function)
{
    CHECK(function.adapter >= 0 && (size_t)function.adapter < ownership->count);
    struct ownership_adapter *adapter = &ownership->adapters[function.adapter];
    CHECK(function.pf >= 0 && (uint32_t)function.pf < adapter->pf_count);
    struct ownership_pf *pf = &adapter->pfs[function.pf];
    if (function.vf == SCENARIO_NONE)
        return &pf->slot;
    uint32_t vf = (uint32_t)function.vf;
    if (vf >= pf->vf_room) {
        uint32_t room = vf < 16 ? 16 : 2 * vf;
        pf->vfs = realloc(pf->vfs, room * sizeof(*pf->vfs));
        CHECK(pf->vfs);
        memset(pf->vfs + pf->vf_room, 0, (room - pf->vf_room) * sizeof(*pf->vfs));
        pf->vf_room = room;
    }
    return &pf->vfs[vf];
}

bool ownership_is_owned(const struct ownership *ownership, struct scenario_function function)
{
    const struct ownership_pf *pf = &ownership->adapters[function.adapter].pfs[function.pf];
    if (function.vf == SCENARIO_NONE)
        return pf->slot.owned;
    return (uint32_t)function.vf < pf->vf_room && pf->vfs[function.vf].owned;
}

bool ownership_counts(struct scenario_owner owner, struct scenario_owner by)
{
    return owner.host == by.host && (by.uplink == SCENARIO_NONE || owner.uplink == by.uplink) &&
           (by.guest == SCENARIO_NONE || owner.guest == by.guest);
}

bool ownership_nth(
    const struct ownership *ownership, int adapter, struct scenario_owner by, bool vfs, uint32_t nth,
    struct scenario_function *function)
{
    const struct ownership_adapter *of = &ownership->adapters[adapter];
    for (uint32_t pf = 0; pf < of->pf_count; pf++) {
        const struct ownership_slot *slots = vfs ? of->pfs[pf].vfs : &of->pfs[pf].slot;
        uint32_t count = vfs ? of->pfs[pf].vf_room : 1;
        for (uint32_t i = 0; i < count; i++) {
            if (!slots[i].owned || !ownership_counts(slots[i].owner, by) || nth-- > 0)
                continue;
            *function = (struct scenario_function){adapter, (int)pf, vfs ? (int)i : SCENARIO_NONE};
            return true;
        }
    }
    return false;
}

static void
append(struct scenario *scenario, size_t *room, struct scenario_function function, struct ownership_slot slot)
{
    if (!slot.owned)
        return;
    if (scenario->assignment_count == *room) {
        *room = *room ? 2 * *room : 64;
        scenario->assignments = realloc(scenario->assignments, *room * sizeof(*scenario->assignments));
        CHECK(scenario->assignments);
    }
    scenario->assignments[scenario->assignment_count++] =
        (struct scenario_assignment){.function = function, .owner = slot.owner, .weight = 1};
}

void ownership_list(const struct ownership *ownership, struct scenario *scenario)
{
    size_t room = 0;
    for (size_t adapter = 0; adapter < ownership->count; adapter++) {
        for (uint32_t i = 0; i < ownership->adapters[adapter].pf_count; i++) {
            const struct ownership_pf *pf = &ownership->adapters[adapter].pfs[i];
            struct scenario_function function = {(int)adapter, (int)i, SCENARIO_NONE};
            append(scenario, &room, function, pf->slot);
            for (uint32_t vf = 0; vf < pf->vf_room; vf++) {
                function.vf = (int)vf;
                append(scenario, &room, function, pf->vfs[vf]);
            }
        }
    }
}
