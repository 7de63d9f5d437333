#include "hostsim/rack/placement.h"

#include "fabric/adapter/adapter_hierarchy.h"
#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_express.h"
#include "fabric/switch/bridge_rates.h"
#include "hostsim/host/enumeration.h"
#include "hostsim/rack/hierarchy.h"
#include "hostsim/rack/way.h"

/* The functions of one adapter in one hierarchy. */
struct presence {
    struct world *world;
    const struct topology_root *root;
    int adapter;
    struct translator *translator; /* in front of the adapter; NULL: none */
    const struct config_device *device;
    uint32_t space; /* of the adapter */
};

/* What its host has programmed into the function in SLOT; MPS and MRRS are the PF's. */
static struct function_settings settings_of(const struct presence *place, uint32_t slot, size_t index)
{
    const struct config_space *space = &place->device->functions[place->device->split ? slot : 0];
    uint16_t express = capability_find(space->layout, CAPABILITY_EXPRESS);
    struct function_settings settings = {
        .vh = place->root->vh,
        .mps = express_mps_bytes(space, express),
        .mrrs = express_mrrs_bytes(space, express),
        .weight = hierarchy_weight(
            place->world, place->root, place->adapter, place->world->scenario->assignments[index].weight),
        .min_bps = place->world->scenario->assignments[index].min_bps,
        .max_bps = place->world->scenario->assignments[index].max_bps,
    };
    return settings;
}

/* A VF of an SR-IOV adapter has its slot, seen or not. */
static void reserve(const struct presence *place, size_t index, uint32_t slot)
{
    uint32_t native = (uint32_t)(place->world->scenario->assignments[index].function.vf + 1);
    uint32_t reserved = translator_place(place->translator, native, place->root->vh);
    CHECK(reserved == slot);
}

/* A VF of an SR-IOV adapter: at its native place for the adapter, at its slot for its owner. */
static struct function *place_translated(const struct presence *place, size_t index, uint32_t weight)
{
    uint32_t native = (uint32_t)(place->world->scenario->assignments[index].function.vf + 1);
    return adapter_enter(&place->world->adapters[place->adapter], native, place->root->vh, weight);
}

/* The first function of the adapter that no assignment has yet. */
static uint32_t next_inactive(const struct adapter *adapter)
{
    uint32_t index = 0;
    while (adapter->functions[index].active)
        index++;
    return index;
}

/* True when the host has found the function in SLOT and given it a place and an address: *RESULT's. */
static bool is_seen(const struct presence *place, uint32_t slot, struct world_function *result)
{
    const struct world_tree *tree = &place->world->trees[place->root->vh - 1];
    return config_device_id(place->device, slot, &result->id) &&
           host_function_find(tree->functions, tree->count, result->id) != NULL &&
           config_device_bar(place->device, slot, &result->bar_base) == FUNCTION_BAR_BYTES;
}

static void place_function(const struct presence *place, size_t index, uint32_t slot)
{
    struct world_function *result = &place->world->functions[index];
    result->vh = place->root->vh;
    if (place->translator != NULL)
        reserve(place, index, slot);
    if (!is_seen(place, slot, result))
        return;
    struct function_settings settings = settings_of(place, slot, index);
    if (place->translator != NULL) {
        const struct translator_hierarchy *hierarchy = &place->translator->hierarchies[result->vh];
        CHECK(result->bar_base == hierarchy->bar_base + slot * place->translator->bar_bytes);
        result->function = place_translated(place, index, settings.weight);
        function_set_rates(result->function, settings.weight, settings.min_bps, settings.max_bps);
        return;
    }
    struct adapter *adapter = &place->world->adapters[place->adapter];
    settings.id = result->id;
    settings.bar_base = result->bar_base;
    result->function = adapter_activate(adapter, next_inactive(adapter), place->space, slot, &settings);
}

static void place_functions(struct presence *place)
{
    const struct world *world = place->world;
    uint32_t placed = 0;
    for (size_t index = hierarchy_first_of(world, place->adapter);
         index < hierarchy_first_of(world, place->adapter + 1); index++)
        if (world->functions[index].root == place->root)
            place_function(place, index, hierarchy_slot_of(world, index, placed++));
}

/* Where the hierarchy's functions of an SR-IOV adapter begin: they follow each other. */
static void open_translator(const struct presence *place)
{
    uint16_t first_id;
    uint64_t bar_base;
    bool there = config_device_id(place->device, 0, &first_id);
    CHECK(there);
    config_device_bar(place->device, 0, &bar_base);
    translator_open(place->translator, place->root->vh, first_id, bar_base);
}

/* The chassis guarantees the hierarchy what its functions of the adapter are guaranteed together, and limits it to what
 * they are limited to, where all of them are. */
static void place_rates(const struct presence *place)
{
    const struct world *world = place->world;
    if (world->scenario->adapters[place->adapter].chassis == SCENARIO_NONE)
        return;
    uint64_t min_bps = 0, max_bps = 0;
    bool all_limited = true;
    for (size_t index = hierarchy_first_of(world, place->adapter);
         index < hierarchy_first_of(world, place->adapter + 1); index++) {
        const struct scenario_assignment *assignment = &world->scenario->assignments[index];
        if (world->functions[index].root != place->root)
            continue;
        min_bps += assignment->min_bps;
        max_bps += assignment->max_bps;
        all_limited = all_limited && assignment->max_bps > 0;
    }
    const struct switch_port *port = CONTAINER_OF(world->adapters[place->adapter].port.peer, struct switch_port, port);
    struct virtual_switch *virtual_switch = port->owner->virtual_switches[place->root->vh];
    bridge_rates_set(
        virtual_switch, virtual_switch->bridge_of_port[port->index], min_bps, all_limited ? max_bps : 0,
        fabric_now_ps(&world->fabric));
}

/* What the hierarchy of ROOT is guaranteed behind HOP, a trunk's bridge, together. */
static uint64_t
guaranteed_behind(const struct world *world, const struct topology_root *root, const struct way_hop *hop)
{
    uint64_t min_bps = 0;
    for (size_t index = 0; index < world->scenario->assignment_count; index++) {
        const struct scenario_assignment *assignment = &world->scenario->assignments[index];
        if (assignment->min_bps > 0 && world->functions[index].root == root &&
            way_passes(world, root->vh, assignment->function.adapter, hop->chassis, hop->port))
            min_bps += assignment->min_bps;
    }
    return min_bps;
}

/* Trunks on the way of what is guaranteed guarantee it, too. */
static void place_rates_on_way(struct world *world, const struct topology_root *root, int adapter)
{
    struct way_hop hops[WAY_HOPS];
    uint32_t count = way_find(world, root->vh, adapter, hops);
    for (uint32_t index = 0; index + 1 < count; index++) {
        uint64_t min_bps = guaranteed_behind(world, root, &hops[index]);
        struct virtual_switch *virtual_switch = world->switches[hops[index].chassis].virtual_switches[root->vh];
        if (min_bps > 0)
            bridge_rates_set(
                virtual_switch, virtual_switch->bridge_of_port[hops[index].port], min_bps, 0,
                fabric_now_ps(&world->fabric));
    }
}

static void place_adapter(struct world *world, const struct topology_root *root, int index)
{
    struct adapter *adapter = &world->adapters[index];
    struct presence place = {.world = world, .root = root, .adapter = index};
    if (world->scenario->adapters[index].sharing == SHARING_SR_IOV) {
        place.translator = CONTAINER_OF(adapter->port.peer, struct switch_port, port)->translator;
        place.device = &place.translator->hierarchies[root->vh].device;
    } else {
        place.space = adapter->port.mr ? root->vh : 0;
        place.device = &adapter->spaces[place.space].device;
    }
    if (place.translator != NULL)
        open_translator(&place);
    place_functions(&place);
    place_rates(&place);
}

void functions_place(struct world *world)
{
    for (size_t index = 0; index < world->presence_count; index++)
        place_adapter(world, world->presences[index].root, world->presences[index].adapter);
    for (size_t index = 0; index < world->presence_count; index++)
        place_rates_on_way(world, world->presences[index].root, world->presences[index].adapter);
}
