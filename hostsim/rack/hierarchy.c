#include "hostsim/rack/hierarchy.h"

#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"

/* Where functions' BARs begin: far above all memory, so that no host's buffers reach it. */
#define BAR_WINDOWS_BASE (UINT64_C(1) << 44)
#define BUSES_MAX 256
#define FUNCTIONS_A_BUS 256

/* One hierarchy under construction. */
struct builder {
    struct world *world;
    const struct topology_root *root;
    struct topology_tree tree;
    uint32_t next_bus;
    uint64_t next_address;
};

static const struct scenario_adapter *adapter_spec(const struct builder *builder, int adapter)
{
    return &builder->world->scenario->adapters[adapter];
}

/* The assignments of ADAPTER are those from the first on and before the end. */
static size_t first_of(const struct builder *builder, int adapter)
{
    struct scenario_function first = {adapter, SCENARIO_BF, SCENARIO_NONE};
    return scenario_assignments_before(builder->world->scenario, first);
}

/* True when assignment INDEX is in the builder's hierarchy. */
static bool is_placed_here(const struct builder *builder, size_t index)
{
    return builder->world->functions[index].root == builder->root;
}

static bool shares(const struct builder *builder, int adapter)
{
    for (size_t index = first_of(builder, adapter), end = first_of(builder, adapter + 1); index < end; index++)
        if (is_placed_here(builder, index))
            return true;
    return false;
}

/* The place of a function behind its port: its PF first, then the VFs; single VFs of an SR-IOV adapter one by one. */
static uint32_t slot_of(const struct builder *builder, struct scenario_function function, uint32_t placed)
{
    if (adapter_spec(builder, function.adapter)->sharing == SHARING_SR_IOV)
        return placed;
    return (uint32_t)(function.vf + 1);
}

/* How many places the hierarchy's functions of ADAPTER need. */
static uint32_t slot_count(const struct builder *builder, int adapter)
{
    uint32_t placed = 0, slots = 0;
    for (size_t index = first_of(builder, adapter), end = first_of(builder, adapter + 1); index < end; index++) {
        if (!is_placed_here(builder, index))
            continue;
        uint32_t slot = slot_of(builder, builder->world->scenario->assignments[index].function, placed++);
        slots = slot + 1 > slots ? slot + 1 : slots;
    }
    return slots;
}

/* The least MPS and MRRS of the hosts that share an SR-IOV adapter: its PF has one of each. */
static void settle_sizes(const struct builder *builder, int adapter, struct function_settings *settings)
{
    const struct scenario *scenario = builder->world->scenario;
    for (size_t index = 0; index < scenario->assignment_count; index++) {
        const struct scenario_assignment *assignment = &scenario->assignments[index];
        if (assignment->function.adapter != adapter)
            continue;
        const struct scenario_host *host = &scenario->hosts[assignment->owner.host];
        settings->mps = host->mps < settings->mps ? host->mps : settings->mps;
        settings->mrrs = host->mrrs < settings->mrrs ? host->mrrs : settings->mrrs;
    }
}

/* What the weights of hosts go by where the hierarchy meets ADAPTER: 1 where they make no difference. */
static uint32_t host_weight(const struct builder *builder, int adapter)
{
    const struct scenario *scenario = builder->world->scenario;
    int chassis = scenario->adapters[adapter].chassis;
    if (chassis == SCENARIO_NONE)
        return 1;
    enum scenario_arbitration arbitration = scenario->chassis[chassis].arbitration;
    bool counts = arbitration == ARBITRATION_WEIGHTED || arbitration == ARBITRATION_DEFICIT;
    return counts ? scenario->hosts[builder->root->host].weight : 1;
}

static uint32_t product(uint32_t one, uint32_t other)
{
    uint64_t whole = (uint64_t)one * other;
    return whole > UINT32_MAX ? UINT32_MAX : (uint32_t)whole;
}

/* The weight of the hierarchy's traffic from and to ADAPTER: the host's, times the greatest of its functions'. */
static uint32_t adapter_weight(const struct builder *builder, int adapter)
{
    uint32_t greatest = 1;
    for (size_t index = first_of(builder, adapter), end = first_of(builder, adapter + 1); index < end; index++) {
        uint32_t weight = builder->world->scenario->assignments[index].weight;
        if (is_placed_here(builder, index) && weight > greatest)
            greatest = weight;
    }
    return product(host_weight(builder, adapter), greatest);
}

static struct function_settings settings_of(const struct builder *builder, int adapter)
{
    const struct scenario_host *host = &builder->world->scenario->hosts[builder->root->host];
    struct function_settings settings = {.vh = builder->root->vh, .mps = host->mps, .mrrs = host->mrrs};
    if (adapter_spec(builder, adapter)->sharing == SHARING_SR_IOV)
        settle_sizes(builder, adapter, &settings);
    return settings;
}

/* A VF of an SR-IOV adapter: at its native place for the adapter, at the next slot for its owner. */
static struct function *place_translated(
    struct builder *builder, struct scenario_function function, struct translator *translator,
    struct function_settings settings)
{
    struct adapter *adapter = &builder->world->adapters[function.adapter];
    uint32_t native = (uint32_t)(function.vf + 1);
    settings.id = (uint16_t)(translator->native_first_id + native);
    settings.bar_base = translator->native_bar_base + native * translator->bar_bytes;
    translator_place(translator, native, settings.vh);
    return adapter_activate(adapter, native, 0, native, &settings);
}

/* The first function of the adapter that no assignment has yet. */
static uint32_t next_inactive(const struct adapter *adapter)
{
    uint32_t index = 0;
    while (adapter->functions[index].active)
        index++;
    return index;
}

static void place_functions(struct builder *builder, int adapter_index, uint16_t first_id, uint64_t bar_base)
{
    struct world *world = builder->world;
    struct adapter *adapter = &world->adapters[adapter_index];
    struct function_settings settings = settings_of(builder, adapter_index);
    struct translator *translator = NULL;
    uint32_t space = adapter->port.mr ? settings.vh : 0;
    if (adapter_spec(builder, adapter_index)->sharing == SHARING_SR_IOV) {
        translator = CONTAINER_OF(adapter->port.peer, struct switch_port, port)->translator;
        translator_open(translator, settings.vh, first_id, bar_base);
    } else {
        adapter_open_space(adapter, space, bar_base, slot_count(builder, adapter_index));
    }
    uint32_t placed = 0;
    for (size_t index = first_of(builder, adapter_index), end = first_of(builder, adapter_index + 1); index < end;
         index++) {
        if (!is_placed_here(builder, index))
            continue;
        struct scenario_function function = world->scenario->assignments[index].function;
        uint32_t slot = slot_of(builder, function, placed++);
        struct world_function *result = &world->functions[index];
        settings.weight = product(host_weight(builder, adapter_index), world->scenario->assignments[index].weight);
        result->vh = settings.vh;
        result->id = (uint16_t)(first_id + slot);
        result->bar_base = bar_base + slot * FUNCTION_BAR_BYTES;
        if (translator != NULL) {
            result->function = place_translated(builder, function, translator, settings);
            continue;
        }
        settings.id = result->id;
        settings.bar_base = result->bar_base;
        result->function = adapter_activate(adapter, next_inactive(adapter), space, slot, &settings);
    }
}

static uint32_t adapter_buses(const struct builder *builder, int adapter)
{
    return (slot_count(builder, adapter) + FUNCTIONS_A_BUS - 1) / FUNCTIONS_A_BUS;
}

/* Gives ADAPTER its buses and its window. */
static void place_adapter(struct builder *builder, int adapter)
{
    place_functions(builder, adapter, (uint16_t)(builder->next_bus << 8), builder->next_address);
    builder->next_bus += adapter_buses(builder, adapter);
    builder->next_address += slot_count(builder, adapter) * FUNCTION_BAR_BYTES;
}

/* True when CHASSIS or one beyond it has an adapter of the hierarchy. */
static bool leads_somewhere(const struct builder *builder, int chassis)
{
    const struct scenario *scenario = builder->world->scenario;
    for (size_t adapter = 0; adapter < scenario->adapter_count; adapter++)
        if (scenario->adapters[adapter].chassis == chassis && shares(builder, (int)adapter))
            return true;
    for (size_t next = 0; next < scenario->chassis_count; next++) {
        int trunk = builder->tree.parent_trunk[next];
        if (trunk == SCENARIO_NONE)
            continue;
        int end = topology_end_at(&scenario->trunks[trunk], (int)next);
        if (scenario->trunks[trunk].between[1 - end] == chassis && leads_somewhere(builder, (int)next))
            return true;
    }
    return false;
}

static void build_chassis(struct builder *builder, int chassis, struct switch_port *upstream);

/* The downstream bridge at PORT, around what is built behind it. */
static struct virtual_bridge begin_bridge(const struct builder *builder, struct switch_port *port)
{
    return (struct virtual_bridge){
        .port = port, .secondary = (uint8_t)builder->next_bus, .base = builder->next_address};
}

static void end_bridge(const struct builder *builder, struct virtual_bridge *bridge)
{
    bridge->subordinate = (uint8_t)(builder->next_bus - 1);
    bridge->limit = builder->next_address;
}

static void
add_adapter_bridges(struct builder *builder, int chassis, struct virtual_bridge *bridges, uint32_t *bridge_count)
{
    struct world *world = builder->world;
    for (size_t adapter = 0; adapter < world->scenario->adapter_count; adapter++) {
        if (world->scenario->adapters[adapter].chassis != chassis || !shares(builder, (int)adapter))
            continue;
        struct switch_port *port = CONTAINER_OF(world->adapters[adapter].port.peer, struct switch_port, port);
        struct virtual_bridge *bridge = &bridges[(*bridge_count)++];
        *bridge = begin_bridge(builder, port);
        bridge->weight = adapter_weight(builder, (int)adapter);
        place_adapter(builder, (int)adapter);
        end_bridge(builder, bridge);
    }
}

static void
add_trunk_bridges(struct builder *builder, int chassis, struct virtual_bridge *bridges, uint32_t *bridge_count)
{
    struct world *world = builder->world;
    for (size_t trunk = 0; trunk < world->scenario->trunk_count; trunk++) {
        int end = topology_end_at(&world->scenario->trunks[trunk], chassis);
        if (end == SCENARIO_NONE)
            continue;
        int next = world->scenario->trunks[trunk].between[1 - end];
        if (builder->tree.parent_trunk[next] != (int)trunk || !leads_somewhere(builder, next))
            continue;
        struct virtual_bridge *bridge = &bridges[(*bridge_count)++];
        *bridge = begin_bridge(builder, world->trunk_ports[trunk][end]);
        bridge->weight = world->scenario->hosts[builder->root->host].weight;
        build_chassis(builder, next, world->trunk_ports[trunk][1 - end]);
        end_bridge(builder, bridge);
    }
}

/* The virtual switch of the hierarchy in CHASSIS, which it enters by UPSTREAM, and all behind it. */
static void build_chassis(struct builder *builder, int chassis, struct switch_port *upstream)
{
    struct mr_switch *mr_switch = &builder->world->switches[chassis];
    struct virtual_bridge *bridges = calloc(mr_switch->port_count, sizeof *bridges);
    CHECK(bridges != NULL);
    builder->next_bus++; /* the upstream bridge's own bus */
    bridges[0] = (struct virtual_bridge){.port = upstream, .secondary = (uint8_t)builder->next_bus++};
    uint32_t bridge_count = 1;
    add_adapter_bridges(builder, chassis, bridges, &bridge_count);
    add_trunk_bridges(builder, chassis, bridges, &bridge_count);
    end_bridge(builder, &bridges[0]);
    switch_add_hierarchy(mr_switch, builder->root->vh, bridges, bridge_count);
    free(bridges);
}

/* The buses of the whole hierarchy: the root's, two a chassis, and those of its adapters. */
static uint32_t bus_count(const struct builder *builder)
{
    const struct scenario *scenario = builder->world->scenario;
    uint32_t buses = 1;
    for (size_t adapter = 0; adapter < scenario->adapter_count; adapter++)
        buses += adapter_buses(builder, (int)adapter);
    for (size_t chassis = 0; builder->root->chassis != SCENARIO_NONE && chassis < scenario->chassis_count; chassis++)
        if (builder->tree.distance[chassis] != SCENARIO_NONE && leads_somewhere(builder, (int)chassis))
            buses += 2;
    return buses;
}

static void build(struct builder *builder)
{
    const struct topology_root *root = builder->root;
    struct world *world = builder->world;
    if (root->chassis == SCENARIO_NONE) {
        place_adapter(builder, root->adapter);
        return;
    }
    struct port *root_port = &world->root_complexes[root->host].ports[root->port].port;
    build_chassis(builder, root->chassis, CONTAINER_OF(root_port->peer, struct switch_port, port));
}

static enum status
build_hierarchy(struct world *world, const struct topology_root *root, char *reason, size_t reason_size)
{
    struct builder builder = {.world = world, .root = root, .next_bus = 1, .next_address = BAR_WINDOWS_BASE};
    if (root->chassis != SCENARIO_NONE)
        builder.tree = topology_tree_from(world->scenario, root->chassis);
    uint32_t buses = bus_count(&builder);
    bool fits = buses <= BUSES_MAX;
    if (fits)
        build(&builder);
    topology_tree_free(&builder.tree);
    if (fits)
        return STATUS_OK;
    snprintf(
        reason, reason_size, "host %s: its hierarchy would need %u buses and has %d: assign it fewer adapters or VFs",
        world->scenario->hosts[root->host].name, buses, BUSES_MAX);
    return STATUS_RESOURCES_EXHAUSTED;
}

enum status hierarchies_build(struct world *world, char *reason, size_t reason_size)
{
    for (size_t index = 0; index < world->topology.root_count; index++) {
        enum status status = build_hierarchy(world, &world->topology.roots[index], reason, reason_size);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}
