#include "hostsim/rack/plugs.h"

#include <stdlib.h>

#include "fabric/adapter/adapter_hierarchy.h"
#include "fabric/base/check.h"
#include "fabric/pcie/config_requester.h"
#include "hostsim/host/iommu.h"
#include "hostsim/rack/crash.h"
#include "hostsim/rack/loads.h"
#include "hostsim/rack/plugs_pass.h"
#include "hostsim/rack/world.h"

/* A driver's place among PLUGS' is its root's. */
static const struct topology_root *root_of(const struct hotplug *driver)
{
    const struct plugs *plugs = driver->context;
    return &plugs->world->topology.roots[driver - plugs->drivers];
}

static struct world *world_of(const struct hotplug *driver)
{
    const struct plugs *plugs = driver->context;
    return plugs->world;
}

/* --- who is meant --- */

/* The adapter of which the hierarchy of ROOT has a function with routing ID, and that function's place. */
static bool
find_place(const struct world *world, const struct topology_root *root, uint16_t id, size_t *adapter, uint32_t *place)
{
    for (*adapter = 0; *adapter < world->scenario->adapter_count; (*adapter)++) {
        const struct config_device *device = world_device(world, root, (int)*adapter);
        const struct config_space *space = device != NULL ? config_device_find(device, id) : NULL;
        if (space == NULL)
            continue;
        *place = (uint32_t)(space - device->functions);
        return true;
    }
    return false;
}

/* The PF of ADAPTER that MR-PCIM has given to the hierarchy of ROOT; NULL: none. */
static const struct holding *find_pf(const struct world *world, const struct topology_root *root, int adapter)
{
    for (size_t index = 0; index < world->holdings.count; index++) {
        const struct holding *holding = &world->holdings.list[index];
        if (holding->function.adapter == adapter && holding->function.vf == SCENARIO_NONE && holding->bound &&
            topology_root_of(&world->topology, holding->owner, adapter) == root)
            return holding;
    }
    return NULL;
}

/* The holding of the function with routing ID below ROOT, with where it is; NULL: nothing that the model knows. */
static struct holding *identify(struct world *world, const struct topology_root *root, uint16_t id)
{
    size_t adapter;
    uint32_t place;
    if (!find_place(world, root, id, &adapter, &place))
        return NULL;
    struct scenario_function function = {(int)adapter, 0, (int)place - 1};
    struct holding *holding = NULL;
    if (world->scenario->adapters[adapter].sharing == SHARING_SR_IOV) {
        const struct translator *translator = world_translator(world, (int)adapter);
        uint32_t native = translator->hierarchies[root->vh].slots[place].function;
        if (native == TRANSLATOR_NOBODY)
            return NULL;
        function.vf = (int)native - 1;
        holding = holdings_find(&world->holdings, function);
    } else {
        const struct holding *pf = find_pf(world, root, (int)adapter);
        if (pf == NULL)
            return NULL;
        function.pf = pf->function.pf;
        if (place == 0)
            function.vf = SCENARIO_NONE;
        holding = holdings_find(&world->holdings, function);
        if (holding == NULL || !holding->bound) /* a VF that came with its PF */
            holding = holdings_bind(&world->holdings, function, pf->owner);
    }
    bool here =
        holding != NULL && holding->bound && topology_root_of(&world->topology, holding->owner, (int)adapter) == root;
    return here ? holding : NULL;
}

/* Where the function of HOLDING is now. False when it is not there. */
static bool locate(struct world *world, const struct topology_root *root, uint16_t id, struct holding *holding)
{
    size_t adapter;
    uint32_t place;
    if (!find_place(world, root, id, &adapter, &place))
        return false;
    const struct config_device *device = world_device(world, root, (int)adapter);
    struct adapter *of = &world->adapters[adapter];
    struct world_function at = {.root = root, .vh = root->vh, .id = id};
    if (world->scenario->adapters[adapter].sharing == SHARING_SR_IOV)
        at.function = &of->functions[holding->function.vf + 1];
    else
        at.function = adapter_function(of, root->vh, place);
    if (at.function == NULL || !at.function->active)
        return false;
    config_device_bar(device, place, &at.bar_base);
    *holding->at = at;
    return true;
}

/* --- what drivers tell --- */

static void on_attach(struct hotplug *driver, const struct host_function *function)
{
    const struct plugs *plugs = driver->context;
    struct world *world = world_of(driver);
    struct holding *holding = identify(world, root_of(driver), function->id);
    if (holding != NULL && holding->seen) { /* who had it before has not noticed yet */
        loads_detach(world->loads, holding->function);
        holding->seen = false;
    }
    if (holding == NULL || !locate(world, root_of(driver), function->id, holding))
        return; /* it has gone again */
    struct scenario_function name = holding->function;
    holding->seen = true;
    loads_attach(world->loads, name);
    if (plugs->ops != NULL && plugs->ops->on_attached != NULL)
        plugs->ops->on_attached(plugs->context, name);
}

/* What the host knows as ID below its root. */
static struct holding *find_seen(const struct hotplug *driver, uint16_t id)
{
    const struct holdings *holdings = &world_of(driver)->holdings;
    for (size_t index = 0; index < holdings->count; index++) {
        struct holding *holding = &holdings->list[index];
        if (holding->seen && holding->at->root == root_of(driver) && holding->at->id == id)
            return holding;
    }
    return NULL;
}

static void on_release(struct hotplug *driver, const struct host_function *function)
{
    const struct holding *holding = find_seen(driver, function->id);
    if (holding == NULL)
        hotplug_released(driver, function->id);
    else
        loads_release(world_of(driver)->loads, holding->function);
}

static void on_released(struct loads *loads, struct scenario_function function)
{
    struct plugs *plugs = loads->world->plugs;
    const struct holding *holding = holdings_find(&loads->world->holdings, function);
    hotplug_released(&plugs->drivers[holding->at->root->vh - 1], holding->at->id);
    if (plugs->ops != NULL && plugs->ops->on_let_go != NULL)
        plugs->ops->on_let_go(plugs->context, function);
}

/* The host of the function AT translates nothing for it any more. */
static void forget_translations(const struct world *world, const struct world_function *at)
{
    struct iommu *iommu = world->root_complexes[at->root->host].iommu;
    if (iommu != NULL)
        iommu_forget(iommu, at->vh, at->id);
}

static void on_lost(struct hotplug *driver, const struct host_function *function)
{
    const struct plugs *plugs = driver->context;
    struct holding *holding = find_seen(driver, function->id);
    const struct world_function at = {.root = root_of(driver), .vh = root_of(driver)->vh, .id = function->id};
    forget_translations(world_of(driver), &at);
    if (holding == NULL) /* somebody else has it by now */
        return;
    struct scenario_function name = holding->function;
    loads_detach(world_of(driver)->loads, name);
    holding->seen = false;
    if (plugs->ops != NULL && plugs->ops->on_detached != NULL)
        plugs->ops->on_detached(plugs->context, name);
}

static void on_refused(struct hotplug *driver)
{
    const struct plugs *plugs = driver->context;
    if (plugs->ops != NULL && plugs->ops->on_refused != NULL)
        plugs->ops->on_refused(plugs->context, root_of(driver)->vh);
}

static void on_settled(struct hotplug *driver, uint16_t id)
{
    const struct plugs *plugs = driver->context;
    const struct topology_root *root = root_of(driver);
    plugs->states[root->vh - 1] = PLUGS_RUNS;
    world_of(driver)->trees[root->vh - 1] = (struct world_tree){.functions = driver->functions, .count = driver->count};
    if (plugs->ops != NULL && plugs->ops->on_settled != NULL)
        plugs->ops->on_settled(plugs->context, root->vh, id);
}

static const struct hotplug_ops driver_ops = {
    .name = "world",
    .on_attach = on_attach,
    .on_release = on_release,
    .on_lost = on_lost,
    .on_reset = plugs_on_reset,
    .on_passed = plugs_on_passed,
    .on_refused = on_refused,
    .on_settled = on_settled,
};

static void on_interrupt(struct root_port *root_port, uint16_t id, uint64_t at_ps)
{
    hotplug_interrupt(root_port->interrupt_context, id, at_ps);
}

static void on_link(struct root_port *root_port, bool up)
{
    struct hotplug *driver = root_port->interrupt_context;
    crash_on_link(world_of(driver), root_port->vh - 1u, up);
}

/* --- as a whole --- */

static enum hotplug_mode mode_of(const struct scenario_host *host)
{
    static const enum hotplug_mode modes[] = {
        [HOTPLUG_MANAGED] = HOTPLUG_MODE_MANAGED,
        [HOTPLUG_SURPRISE] = HOTPLUG_MODE_SURPRISE,
        [HOTPLUG_NONE] = HOTPLUG_MODE_NONE,
    };
    return (host->capabilities & CAPABILITY_HOTPLUG) != 0 ? modes[host->hotplug] : HOTPLUG_MODE_NONE;
}

static void init_driver(struct plugs *plugs, size_t index, const struct plugs *from)
{
    struct world *world = plugs->world;
    const struct topology_root *root = &world->topology.roots[index];
    const struct scenario_host *host = &world->scenario->hosts[root->host];
    struct root_port *root_port = &world->root_complexes[root->host].ports[root->port];
    struct world_tree *tree = &world->trees[index];
    const struct hotplug_config config = {
        .mode = mode_of(host),
        .delay_ps = host->hotplug_delay_ps,
        .enumeration = world_enumeration_config(world, root),
    };
    struct hotplug *driver = &plugs->drivers[index];
    hotplug_init(driver, root_port->requester, &config, &driver_ops, plugs, tree->functions, tree->count);
    root_port->on_interrupt = on_interrupt;
    root_port->on_link = on_link;
    root_port->interrupt_context = driver;
    if (from != NULL)
        hotplug_take(driver, &from->drivers[index]);
}

void plugs_init(struct plugs *plugs, struct world *world, const struct plugs *from)
{
    *plugs = (struct plugs){
        .world = world,
        .drivers = calloc(world->topology.root_count + 1, sizeof *plugs->drivers),
        .states = calloc(world->topology.root_count + 1, sizeof *plugs->states),
        .count = world->topology.root_count,
    };
    CHECK(plugs->drivers != NULL && plugs->states != NULL);
    for (size_t index = 0; index < plugs->count; index++)
        init_driver(plugs, index, from);
}

void plugs_join_loads(struct plugs *plugs)
{
    plugs->world->loads->on_released = on_released;
}

void plugs_free(struct plugs *plugs)
{
    for (size_t index = 0; index < plugs->count; index++) {
        hotplug_free(&plugs->drivers[index]);
        plugs->world->trees[index] = (struct world_tree){0}; /* was the driver's */
    }
    free(plugs->drivers);
    free(plugs->states);
    *plugs = (struct plugs){0};
}

static void on_started(struct hotplug *driver)
{
    on_settled(driver, 0);
}

void plugs_start(struct plugs *plugs)
{
    for (size_t index = 0; index < plugs->count; index++)
        hotplug_start(&plugs->drivers[index], on_started);
}

void plugs_bind(struct plugs *plugs, struct scenario_function function, struct scenario_owner owner)
{
    struct holding *holding = holdings_bind(&plugs->world->holdings, function, owner);
    const struct topology_root *root = topology_root_of(&plugs->world->topology, owner, function.adapter);
    if (holding->seen) /* who had it before has not noticed, or never will */
        loads_detach(plugs->world->loads, function);
    holding->seen = false;
    *holding->at = (struct world_function){.root = root, .vh = root->vh, .function = holding->at->function};
}

void plugs_unbind(struct plugs *plugs, struct scenario_function function)
{
    struct holdings *holdings = &plugs->world->holdings;
    bool vfs = function.vf == SCENARIO_NONE;
    for (size_t index = 0; index < holdings->count; index++) {
        struct holding *holding = &holdings->list[index];
        bool same = holding->function.adapter == function.adapter && holding->function.pf == function.pf;
        if (!same || (!vfs && holding->function.vf != function.vf))
            continue;
        holding->bound = false;
        /* Its host keeps it, dead; what would be handed to it would never end. */
        if (holding->seen && plugs_mode(plugs, holding->at->vh) == HOTPLUG_MODE_NONE)
            loads_detach(plugs->world->loads, holding->function);
    }
}

void plugs_unbound(struct plugs *plugs, struct scenario_function function)
{
    struct holdings *holdings = &plugs->world->holdings;
    for (size_t index = 0; index < holdings->count; index++) {
        const struct holding *holding = &holdings->list[index];
        bool same = holding->function.adapter == function.adapter && holding->function.pf == function.pf &&
                    (function.vf == SCENARIO_NONE || holding->function.vf == function.vf);
        if (same && !holding->seen && holding->at->root != NULL)
            forget_translations(plugs->world, holding->at);
    }
}

bool plugs_is_attached(const struct plugs *plugs, struct scenario_function function)
{
    const struct holding *holding = holdings_find(&plugs->world->holdings, function);
    return holding != NULL && holding->bound && holding->seen;
}

bool plugs_has_settled(const struct plugs *plugs, struct scenario_function function)
{
    const struct holding *holding = holdings_find(&plugs->world->holdings, function);
    return plugs_is_attached(plugs, function) &&
           hotplug_has_settled(&plugs->drivers[holding->at->vh - 1], holding->at->id);
}

enum hotplug_mode plugs_mode(const struct plugs *plugs, uint16_t vh)
{
    CHECK(vh >= 1 && vh <= plugs->count);
    return plugs->drivers[vh - 1].config.mode;
}

bool plugs_is_dead_end(const struct plugs *plugs, uint16_t vh, uint16_t id)
{
    CHECK(vh >= 1 && vh <= plugs->count);
    return hotplug_is_dead_end(&plugs->drivers[vh - 1], id);
}

bool plugs_are_valid(const struct plugs *plugs)
{
    for (size_t index = 0; index < plugs->count; index++)
        if (!hotplug_is_valid(&plugs->drivers[index]))
            return false;
    return true;
}
