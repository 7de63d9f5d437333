/* What a host does when a function passes between it and its guests: the driver lets go; the function is reset (by the
 * host: hostsim/host/hotplug_pass.c); then the IOMMU has nothing more for it, so that whatever it still has under way
 * is refused, and the proof is made that nothing is left; then it is the next one's. */
#include "hostsim/rack/plugs_pass.h"

#include <stdio.h>

#include "fabric/adapter/cleanness.h"
#include "fabric/base/check.h"
#include "fabric/pcie/stale.h"
#include "hostsim/host/iommu.h"
#include "hostsim/rack/loads.h"
#include "hostsim/rack/plugs.h"

/* Calls VISIT for each function of FUNCTION's (a PF: with its VFs) that somebody has. */
static void each_of(
    struct plugs *plugs, struct scenario_function function, void (*visit)(struct plugs *plugs, struct holding *holding))
{
    struct holdings *holdings = &plugs->world->holdings;
    bool whole = function.vf == SCENARIO_NONE;
    for (size_t index = 0; index < holdings->count; index++) {
        struct holding *holding = &holdings->list[index];
        bool same = holding->function.adapter == function.adapter && holding->function.pf == function.pf;
        if (same && holding->bound && (whole || holding->function.vf == function.vf))
            visit(plugs, holding);
    }
}

/* --- asking --- */

static void ask(struct plugs *plugs, struct holding *holding)
{
    if (holding->seen)
        loads_release(plugs->world->loads, holding->function);
}

bool plugs_ask(struct plugs *plugs, struct scenario_function function)
{
    each_of(plugs, function, ask);
    return plugs_has_let_go(plugs, function);
}

bool plugs_has_let_go(const struct plugs *plugs, struct scenario_function function)
{
    const struct holdings *holdings = &plugs->world->holdings;
    bool whole = function.vf == SCENARIO_NONE;
    for (size_t index = 0; index < holdings->count; index++) {
        const struct holding *holding = &holdings->list[index];
        bool same = holding->function.adapter == function.adapter && holding->function.pf == function.pf;
        if (same && (whole || holding->function.vf == function.vf) && holding->seen && holding->releasing)
            return false;
    }
    return true;
}

static void keep(struct plugs *plugs, struct holding *holding)
{
    if (holding->seen)
        loads_keep(plugs->world->loads, holding->function);
}

void plugs_keep(struct plugs *plugs, struct scenario_function function)
{
    each_of(plugs, function, keep);
}

/* --- passing on --- */

/* What the function has under way in its hierarchy ends: its operations, and requests to and from it. */
static void end_traffic(struct plugs *plugs, struct holding *holding)
{
    const struct world_function *at = holding->at;
    if (at->function == NULL || !at->function->active)
        return;
    function_disown(at->function);
    stale_condemn_requester(&plugs->world->fabric, at->vh, at->id, false);
}

static void cut(struct plugs *plugs, struct holding *holding)
{
    if (!holding->seen)
        return;
    loads_release(plugs->world->loads, holding->function);
    end_traffic(plugs, holding);
    loads_cut(plugs->world->loads, holding->function);
}

static void mark(struct plugs *plugs, struct holding *holding)
{
    (void)plugs;
    holding->passing = true;
    holding->former = holding->owner;
}

bool plugs_pass(struct plugs *plugs, struct scenario_function function, struct scenario_owner owner, bool at_once)
{
    struct holdings *holdings = &plugs->world->holdings;
    struct holding *holding = holdings_find(holdings, function);
    if (holding == NULL || !holding->seen) {
        holdings_bind(holdings, function, owner);
        for (size_t index = 0; index < holdings->count && function.vf == SCENARIO_NONE; index++) {
            struct holding *vf = &holdings->list[index];
            if (vf->function.adapter == function.adapter && vf->function.pf == function.pf && vf->bound)
                vf->owner = owner;
        }
        return false;
    }
    each_of(plugs, function, mark);
    for (size_t index = 0; index < holdings->count; index++)
        if (holdings->list[index].passing && holdings->list[index].function.adapter == function.adapter &&
            holdings->list[index].function.pf == function.pf)
            holdings->list[index].next = owner;
    if (at_once)
        each_of(plugs, function, cut);
    hotplug_pass(
        &plugs->drivers[holding->at->root->vh - 1], holding->at->id,
        plugs->world->scenario->adapters[function.adapter].flr_delay_ps);
    return true;
}

static bool is_same_owner(struct scenario_owner one, struct scenario_owner other)
{
    return one.host == other.host && one.uplink == other.uplink && one.guest == other.guest;
}

static void stay(struct plugs *plugs, struct holding *holding)
{
    if (!holding->passing)
        return;
    holding->passing = false;
    if (is_same_owner(holding->owner, holding->former))
        return;
    if (holding->seen)
        loads_detach(plugs->world->loads, holding->function);
    holding->owner = holding->former;
    if (holding->seen)
        loads_attach(plugs->world->loads, holding->function);
}

void plugs_pass_cancel(struct plugs *plugs, struct scenario_function function)
{
    each_of(plugs, function, stay);
}

/* --- what the driver tells --- */

/* What passes on as ID below the driver's root; NULL: nothing any more. */
static struct holding *find_passing(const struct hotplug *driver, uint16_t id)
{
    const struct plugs *plugs = driver->context;
    const struct topology_root *root = &plugs->world->topology.roots[driver - plugs->drivers];
    struct holdings *holdings = &plugs->world->holdings;
    for (size_t index = 0; index < holdings->count; index++) {
        struct holding *holding = &holdings->list[index];
        if (holding->passing && holding->at->root == root && holding->at->id == id)
            return holding;
    }
    return NULL;
}

struct reach {
    uint16_t vh;
    uint64_t bar;
};

/* A request for the BAR, of whoever could reach it. */
static void condemn_reach(struct tlp *tlp, void *context)
{
    const struct reach *reach = context;
    if (tlp_traits[tlp->type].by_address && tlp->vh == reach->vh && !stale_is_condemned(tlp) &&
        tlp->address - reach->bar < FUNCTION_BAR_BYTES)
        stale_condemn(tlp, STALE_TARGET);
}

/* The proof that nothing of its last user is left. A model that fails it must not go on. */
static void prove(struct plugs *plugs, const struct holding *holding)
{
    const struct world_function *at = holding->at;
    const struct iommu *iommu = plugs->world->root_complexes[at->root->host].iommu;
    char why[160] = "";
    if (iommu != NULL && iommu_knows(iommu, at->vh, at->id))
        snprintf(why, sizeof why, "the IOMMU of its host still knows it");
    else if (function_is_reset(at->function, at->id, at->bar_base, why, sizeof why))
        return;
    fprintf(stderr, "mriov: a function was not clean between two owners: %s\n", why);
    CHECK(!"a function is clean between two owners");
}

static void pass(struct plugs *plugs, struct holding *holding)
{
    const struct world_function *at = holding->at;
    struct iommu *iommu = at->root != NULL ? plugs->world->root_complexes[at->root->host].iommu : NULL;
    if (!holding->passing)
        return;
    CHECK(!holding->seen);
    holding->owner = holding->next;
    if (at->root == NULL || at->function == NULL || !at->function->active)
        return;
    end_traffic(plugs, holding);
    struct reach reach = {at->vh, at->bar_base};
    if (at->bar_base != 0)
        stale_visit_all(&plugs->world->fabric, condemn_reach, &reach);
    if (iommu != NULL)
        iommu_forget(iommu, at->vh, at->id);
    prove(plugs, holding);
}

void plugs_on_reset(struct hotplug *driver, const struct host_function *function)
{
    const struct holding *holding = find_passing(driver, function->id);
    if (holding != NULL)
        each_of(driver->context, holding->function, pass);
}

static void end_passing(struct plugs *plugs, struct holding *holding)
{
    (void)plugs;
    holding->passing = false;
}

void plugs_on_passed(struct hotplug *driver, uint16_t id, bool well)
{
    struct plugs *plugs = driver->context;
    const struct holding *holding = find_passing(driver, id);
    if (holding == NULL)
        return; /* nobody wants it any more */
    struct scenario_function function = holding->function;
    each_of(plugs, function, well ? end_passing : stay);
    if (plugs->ops != NULL && plugs->ops->on_passed != NULL)
        plugs->ops->on_passed(plugs->context, function, well);
}
