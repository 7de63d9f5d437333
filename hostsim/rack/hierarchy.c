#include "hostsim/rack/hierarchy.h"

#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/config_requester.h"
#include "fabric/pcie/vf_migration.h"
#include "fabric/pcim/inventory.h"
#include "fabric/switch/bridge_config.h"
#include "hostsim/rack/bus_needs.h"
#include "hostsim/rack/way.h"

#define BUSES_MAX 256
#define FUNCTIONS_A_BUS 256

/* One hierarchy under construction. */
struct builder {
    struct world *world;
    const struct topology_root *root;
    struct topology_tree tree;
    uint16_t next_slot;   /* physical slot number */
    uint16_t absent_slot; /* likewise, of bridges that are not shown yet */
};

static const struct scenario_adapter *adapter_spec(const struct builder *builder, int adapter)
{
    return &builder->world->scenario->adapters[adapter];
}

size_t hierarchy_first_of(const struct world *world, int adapter)
{
    struct scenario_function first = {adapter, SCENARIO_BF, SCENARIO_NONE};
    return scenario_assignments_before(world->scenario, first);
}

static size_t first_of(const struct builder *builder, int adapter)
{
    return hierarchy_first_of(builder->world, adapter);
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

uint32_t hierarchy_slot_of(const struct world *world, size_t index, uint32_t placed)
{
    struct scenario_function function = world->scenario->assignments[index].function;
    if (world->scenario->adapters[function.adapter].sharing == SHARING_SR_IOV)
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
        uint32_t slot = hierarchy_slot_of(builder->world, index, placed++);
        slots = slot + 1 > slots ? slot + 1 : slots;
    }
    return slots;
}

void hierarchy_least_sizes(const struct world *world, int adapter, uint32_t *mps, uint32_t *mrrs)
{
    for (size_t index = hierarchy_first_of(world, adapter); index < hierarchy_first_of(world, adapter + 1); index++) {
        const struct scenario_host *host = &world->scenario->hosts[world->scenario->assignments[index].owner.host];
        *mps = host->mps < *mps ? host->mps : *mps;
        *mrrs = host->mrrs < *mrrs ? host->mrrs : *mrrs;
    }
}

/* What the weights of hosts go by where the hierarchy of ROOT meets ADAPTER. */
static uint32_t host_weight(const struct world *world, const struct topology_root *root, int adapter)
{
    const struct scenario *scenario = world->scenario;
    int chassis = scenario->adapters[adapter].chassis;
    if (chassis == SCENARIO_NONE)
        return 1;
    enum scenario_arbitration arbitration = scenario->chassis[chassis].arbitration;
    bool counts = arbitration == ARBITRATION_WEIGHTED || arbitration == ARBITRATION_DEFICIT;
    return counts ? scenario->hosts[root->host].weight : 1;
}

static uint32_t bounded_product(uint32_t host_weight_there, uint32_t function_weight)
{
    uint64_t product = (uint64_t)host_weight_there * function_weight;
    return product > PCIM_WEIGHT_MOST ? PCIM_WEIGHT_MOST : (uint32_t)product;
}

uint32_t
hierarchy_weight(const struct world *world, const struct topology_root *root, int adapter, uint32_t function_weight)
{
    return bounded_product(host_weight(world, root, adapter), function_weight);
}

uint32_t hierarchy_trunk_weight(const struct world *world, const struct topology_root *root, uint32_t greatest_weight)
{
    return bounded_product(world->scenario->hosts[root->host].weight, greatest_weight);
}

/* The greatest weight of the hierarchy's functions of ADAPTER. */
static uint32_t greatest_weight(const struct builder *builder, int adapter)
{
    uint32_t greatest = 1;
    for (size_t index = first_of(builder, adapter), end = first_of(builder, adapter + 1); index < end; index++) {
        uint32_t weight = builder->world->scenario->assignments[index].weight;
        if (is_placed_here(builder, index) && weight > greatest)
            greatest = weight;
    }
    return greatest;
}

/* The weight of the hierarchy's traffic from and to ADAPTER. */
static uint32_t adapter_weight(const struct builder *builder, int adapter)
{
    return hierarchy_weight(builder->world, builder->root, adapter, greatest_weight(builder, adapter));
}

/* The weight of the hierarchy's traffic through PORT of CHASSIS, a trunk's. */
static uint32_t trunk_weight(const struct builder *builder, int chassis, const struct switch_port *port)
{
    uint32_t greatest = 1;
    for (int adapter = 0; adapter < (int)builder->world->scenario->adapter_count; adapter++) {
        uint32_t weight = greatest_weight(builder, adapter);
        if (weight > greatest && way_passes(builder->world, builder->root->vh, adapter, chassis, port->index))
            greatest = weight;
    }
    return hierarchy_trunk_weight(builder->world, builder->root, greatest);
}

/* --- functions --- */

/* This project's own device IDs: of a PF of each kind, the next one of its VFs, and then of a VF that a host sees as a
 * function of its own. */
static const struct {
    uint16_t device;
    uint32_t class_code;
} kinds[] = {
    [ADAPTER_DMA] = {0x1000, 0x080100},  [ADAPTER_NIC] = {0x1010, 0x020000}, [ADAPTER_NVME] = {0x1020, 0x010802},
    [ADAPTER_RAID] = {0x1030, 0x010400}, [ADAPTER_HBA] = {0x1040, 0x0c0400}, [ADAPTER_GPU] = {0x1050, 0x030200},
};
#define VF_DEVICE 1
#define SPLIT_DEVICE 2

/* What a chassis has in place of a function 0 that has left: a system peripheral, which no driver is for. */
#define STAND_IN_DEVICE 4
#define STAND_IN_CLASS 0x088000
#define FUNCTION_MPS_BYTES 4096
#define FUNCTION_VECTORS 32
#define SERIAL_NUMBERS ((uint64_t)CONFIG_VENDOR_MRIOV << 48)

struct config_device_config hierarchy_device(const struct world *world, int adapter, uint32_t count)
{
    const struct scenario_adapter *spec = &world->scenario->adapters[adapter];
    CHECK((size_t)spec->kind < sizeof kinds / sizeof kinds[0]);
    struct config_device_config config = {
        .function =
            {
                .type = EXPRESS_ENDPOINT,
                .device = kinds[spec->kind].device,
                .class_code = kinds[spec->kind].class_code,
                .generation = (uint8_t)spec->link.gen,
                .width = (uint8_t)spec->link.width,
                .mps_bytes = FUNCTION_MPS_BYTES,
                .bar_bytes = FUNCTION_BAR_BYTES,
                .vectors = FUNCTION_VECTORS,
            },
        .count = count,
        .serial_number = SERIAL_NUMBERS | (uint64_t)(adapter + 1),
        .generation = (uint8_t)spec->link.gen,
        .width = (uint8_t)spec->link.width,
    };
    config.vf = config.function;
    config.vf.vf = true;
    config.function.sr_iov = spec->vfs > 0 || config.count > 1;
    config.function.migration =
        config.function.sr_iov && spec->sharing == SHARING_MR_IOV && spec->chassis != SCENARIO_NONE;
    config.function.vf_device = (uint16_t)(kinds[spec->kind].device + VF_DEVICE);
    return config;
}

struct config_device_config hierarchy_split_device(const struct world *world, int adapter, uint32_t count)
{
    struct config_device_config config = hierarchy_device(world, adapter, count);
    uint32_t mrrs = FUNCTION_MPS_BYTES;
    config.split = true;
    config.function.device = (uint16_t)(config.function.device + SPLIT_DEVICE);
    config.function.sr_iov = config.function.migration = false;
    hierarchy_least_sizes(world, adapter, &config.function.mps_bytes, &mrrs);
    config.stand_in = config.function;
    config.stand_in.device = (uint16_t)(config.stand_in.device - SPLIT_DEVICE + STAND_IN_DEVICE);
    config.stand_in.class_code = STAND_IN_CLASS;
    config.stand_in.bar_bytes = config.stand_in.vectors = 0;
    return config;
}

struct hierarchy_vfs hierarchy_vfs(const struct world *world, int host, int adapter, uint32_t initial)
{
    const struct scenario_adapter *spec = &world->scenario->adapters[adapter];
    uint32_t capabilities = world->scenario->hosts[host].capabilities;
    struct hierarchy_vfs vfs = {.initial = initial, .total = initial};
    vfs.migrate = spec->chassis != SCENARIO_NONE && spec->sharing == SHARING_MR_IOV && spec->vfs > 0 &&
                  (capabilities & CAPABILITY_SR_IOV) != 0 && (capabilities & CAPABILITY_VF_MIGRATION) != 0;
    uint32_t most = spec->vfs < VF_MIGRATION_MOST ? spec->vfs : VF_MIGRATION_MOST;
    if (vfs.migrate && most > initial)
        vfs.total = most;
    return vfs;
}

/* What the hierarchy's functions of ADAPTER are. */
static struct config_device_config device_of(const struct builder *builder, int adapter)
{
    bool split = adapter_spec(builder, adapter)->sharing == SHARING_SR_IOV;
    uint32_t slots = slot_count(builder, adapter);
    if (split)
        return hierarchy_split_device(builder->world, adapter, slots);
    struct hierarchy_vfs vfs = hierarchy_vfs(builder->world, builder->root->host, adapter, slots - 1);
    struct config_device_config config = hierarchy_device(builder->world, adapter, 1 + vfs.total);
    config.later = vfs.total - vfs.initial;
    config.function.migration = vfs.migrate;
    return config;
}

/* Gives the functions of ADAPTER their registers. */
static void present_adapter(struct builder *builder, int index)
{
    struct adapter *adapter = &builder->world->adapters[index];
    struct config_device_config config = device_of(builder, index);
    uint16_t vh = builder->root->vh;
    builder->world->presences[builder->world->presence_count++] = (struct world_presence){builder->root, index};
    if (config.split) {
        struct translator *translator = CONTAINER_OF(adapter->port.peer, struct switch_port, port)->translator;
        translator_present(translator, vh, &builder->world->fabric.shelf, &config);
        return;
    }
    uint32_t space = adapter->port.mr ? vh : 0;
    adapter_open_space(adapter, space, 0, config.count);
    adapter_present(adapter, space, vh, &config);
}

/* --- bridges --- */

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

static void
build_chassis(struct builder *builder, int chassis, struct switch_port *upstream, const struct link_config *link);

/* Bridges of one virtual switch under construction; the upstream one is the first. */
struct bridges {
    struct virtual_bridge *list;
    uint32_t count;
};

/* What firmware says of all that may come behind a bridge; nothing where nothing may. */
static uint16_t told(const struct builder *builder, uint32_t buses)
{
    if (!builder->world->scenario->managed)
        return 0;
    return (uint16_t)(buses < UINT16_MAX ? buses : UINT16_MAX);
}

static uint16_t adapter_needs(const struct builder *builder, size_t adapter)
{
    return told(builder, bus_needs_adapter(builder->world->scenario, builder->root->host, (int)adapter));
}

/* Of the upstream bridge of CHASSIS; BEFORE: of the trunk's bridge that leads there. */
static uint16_t chassis_needs(const struct builder *builder, int chassis, bool before)
{
    const struct scenario *scenario = builder->world->scenario;
    return told(builder, bus_needs_chassis(scenario, &builder->tree, builder->root->host, chassis) + (before ? 1 : 0));
}

/* Slots of bridges that come later are numbered from here on; the last number is that of all the rest. */
#define ABSENT_SLOT_FIRST 4096
#define SLOT_LAST 8191

static void add_bridge(
    struct builder *builder, struct bridges *bridges, struct switch_port *port, const struct link_config *link,
    struct bridge_config config, uint32_t weight)
{
    config.upstream = bridges->count == VIRTUAL_SWITCH_UPSTREAM;
    config.generation = (uint8_t)link->gen;
    config.width = (uint8_t)link->width;
    config.training_ps = link->training_ps;
    config.port = (uint8_t)bridges->count;
    config.slot = config.upstream ? 0 : builder->next_slot++;
    bridges->list[bridges->count++] = (struct virtual_bridge){
        .port = port,
        .config = bridge_config_new(&builder->world->fabric.shelf, &config),
        .what = config,
        .weight = weight,
    };
}

/* A bridge that the hierarchy may be shown later. */
static void add_absent_bridge(
    struct builder *builder, struct bridges *bridges, struct switch_port *port, const struct link_config *link,
    struct bridge_config config, uint32_t weight)
{
    if (bridges->count > BRIDGE_CONFIG_DOWNSTREAM_MAX)
        return; /* no place is left for it on the internal bus */
    config.upstream = bridges->count == VIRTUAL_SWITCH_UPSTREAM;
    config.generation = (uint8_t)link->gen;
    config.training_ps = link->training_ps;
    config.width = (uint8_t)link->width;
    config.port = (uint8_t)bridges->count;
    config.slot = config.upstream ? 0 : builder->absent_slot;
    if (!config.upstream && builder->absent_slot < SLOT_LAST)
        builder->absent_slot++;
    bridges->list[bridges->count++] =
        (struct virtual_bridge){.port = port, .what = config, .absent = true, .weight = weight};
}

/* The chassis that the hierarchy could go on to through TRUNK, out of CHASSIS; SCENARIO_NONE: it has other ways. */
static int next_chassis(const struct builder *builder, int chassis, size_t trunk)
{
    int end = topology_end_at(&builder->world->scenario->trunks[trunk], chassis);
    if (end == SCENARIO_NONE)
        return SCENARIO_NONE;
    int next = builder->world->scenario->trunks[trunk].between[1 - end];
    return builder->tree.parent_trunk[next] == (int)trunk ? next : SCENARIO_NONE;
}

/* True when the hierarchy goes on through TRUNK, out of CHASSIS. */
static bool goes_on(const struct builder *builder, int chassis, size_t trunk)
{
    int next = next_chassis(builder, chassis, trunk);
    return next != SCENARIO_NONE && leads_somewhere(builder, next);
}

/* How many downstream bridges the hierarchy needs in CHASSIS. */
static uint32_t downstream_count(const struct builder *builder, int chassis)
{
    const struct scenario *scenario = builder->world->scenario;
    uint32_t count = 0;
    for (size_t adapter = 0; adapter < scenario->adapter_count; adapter++)
        count += scenario->adapters[adapter].chassis == chassis && shares(builder, (int)adapter);
    for (size_t trunk = 0; trunk < scenario->trunk_count; trunk++)
        count += goes_on(builder, chassis, trunk);
    return count;
}

static void add_adapter_bridges(struct builder *builder, int chassis, struct bridges *bridges, bool multi_function)
{
    struct world *world = builder->world;
    for (size_t adapter = 0; adapter < world->scenario->adapter_count; adapter++) {
        const struct scenario_adapter *spec = &world->scenario->adapters[adapter];
        if (spec->chassis != chassis || !shares(builder, (int)adapter))
            continue;
        struct switch_port *port = CONTAINER_OF(world->adapters[adapter].port.peer, struct switch_port, port);
        const struct bridge_config config = {
            .hot_plug = true,
            .surprise = true,
            .multi_function = multi_function,
            .buses = adapter_needs(builder, adapter),
        };
        add_bridge(builder, bridges, port, &spec->link, config, adapter_weight(builder, (int)adapter));
        present_adapter(builder, (int)adapter);
    }
}

static void add_trunk_bridges(struct builder *builder, int chassis, struct bridges *bridges, bool multi_function)
{
    struct world *world = builder->world;
    for (size_t trunk = 0; trunk < world->scenario->trunk_count; trunk++) {
        if (!goes_on(builder, chassis, trunk))
            continue;
        const struct scenario_trunk *spec = &world->scenario->trunks[trunk];
        int end = topology_end_at(spec, chassis);
        add_bridge(
            builder, bridges, world->trunk_ports[trunk][end], &spec->link,
            (struct bridge_config){
                .multi_function = multi_function, .buses = chassis_needs(builder, spec->between[1 - end], true)},
            trunk_weight(builder, chassis, world->trunk_ports[trunk][end]));
        build_chassis(builder, spec->between[1 - end], world->trunk_ports[trunk][1 - end], &spec->link);
    }
}

static void build_absent_chassis(
    struct builder *builder, int chassis, struct switch_port *upstream, const struct link_config *link);

/* Bridges to all adapters in CHASSIS of which the hierarchy has nothing yet, and trunks that lead to more of them. */
static void add_absent_bridges(struct builder *builder, int chassis, struct bridges *bridges)
{
    struct world *world = builder->world;
    const struct scenario *scenario = world->scenario;
    for (size_t adapter = 0; adapter < scenario->adapter_count; adapter++) {
        if (scenario->adapters[adapter].chassis != chassis || shares(builder, (int)adapter))
            continue;
        struct switch_port *port = CONTAINER_OF(world->adapters[adapter].port.peer, struct switch_port, port);
        add_absent_bridge(
            builder, bridges, port, &scenario->adapters[adapter].link,
            (struct bridge_config){.hot_plug = true, .surprise = true, .buses = adapter_needs(builder, adapter)},
            hierarchy_weight(world, builder->root, (int)adapter, 1));
    }
    for (size_t trunk = 0; trunk < scenario->trunk_count; trunk++) {
        int next = next_chassis(builder, chassis, trunk);
        if (next == SCENARIO_NONE || leads_somewhere(builder, next))
            continue;
        int end = topology_end_at(&scenario->trunks[trunk], chassis);
        add_absent_bridge(
            builder, bridges, world->trunk_ports[trunk][end], &scenario->trunks[trunk].link,
            (struct bridge_config){.buses = chassis_needs(builder, next, true)},
            scenario->hosts[builder->root->host].weight);
        build_absent_chassis(builder, next, world->trunk_ports[trunk][1 - end], &scenario->trunks[trunk].link);
    }
}

static struct bridges bridges_of(const struct mr_switch *mr_switch)
{
    struct bridges bridges = {.list = calloc(mr_switch->port_count, sizeof *bridges.list)};
    CHECK(bridges.list != NULL);
    return bridges;
}

/* A chassis that the hierarchy could come to by UPSTREAM, and all behind it. */
static void
build_absent_chassis(struct builder *builder, int chassis, struct switch_port *upstream, const struct link_config *link)
{
    struct mr_switch *mr_switch = &builder->world->switches[chassis];
    struct bridges bridges = bridges_of(mr_switch);
    const struct bridge_config config = {.buses = chassis_needs(builder, chassis, false)};
    add_absent_bridge(builder, &bridges, upstream, link, config, 0);
    add_absent_bridges(builder, chassis, &bridges);
    switch_add_hierarchy(mr_switch, builder->root->vh, bridges.list, bridges.count);
    free(bridges.list);
}

/* The virtual switch of the hierarchy in CHASSIS, which it enters by UPSTREAM through LINK, and all behind it. */
static void
build_chassis(struct builder *builder, int chassis, struct switch_port *upstream, const struct link_config *link)
{
    struct mr_switch *mr_switch = &builder->world->switches[chassis];
    struct bridges bridges = bridges_of(mr_switch);
    bool multi_function = bridge_config_is_multi_function(downstream_count(builder, chassis));
    const struct bridge_config config = {.buses = chassis_needs(builder, chassis, false)};
    add_bridge(builder, &bridges, upstream, link, config, 0);
    add_adapter_bridges(builder, chassis, &bridges, multi_function);
    add_trunk_bridges(builder, chassis, &bridges, multi_function);
    add_absent_bridges(builder, chassis, &bridges);
    switch_add_hierarchy(mr_switch, builder->root->vh, bridges.list, bridges.count);
    bridge_config_apply(mr_switch->virtual_switches[builder->root->vh]);
    free(bridges.list);
}

/* --- the whole --- */

static uint32_t adapter_buses(const struct builder *builder, int adapter)
{
    return (slot_count(builder, adapter) + FUNCTIONS_A_BUS - 1) / FUNCTIONS_A_BUS;
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
    const struct scenario_host *host = &world->scenario->hosts[root->host];
    bool in_host = root->chassis == SCENARIO_NONE;
    const struct link_config *link = in_host ? &adapter_spec(builder, root->adapter)->link : &host->link;
    struct root_port *root_port = &world->root_complexes[root->host].ports[root->port];
    const struct config_requester_config port = {
        .generation = (uint8_t)link->gen,
        .width = (uint8_t)link->width,
        .port = (uint8_t)root->port,
        .slot = builder->next_slot++,
    };
    root_port_configure(root_port, &port);
    if (in_host)
        present_adapter(builder, root->adapter);
    else
        build_chassis(builder, root->chassis, CONTAINER_OF(root_port->port.peer, struct switch_port, port), link);
}

/* The first SR-IOV adapter of which the hierarchy has more single VFs than one device can have; SCENARIO_NONE. */
static int overfull_adapter(const struct builder *builder)
{
    const struct scenario *scenario = builder->world->scenario;
    for (size_t adapter = 0; adapter < scenario->adapter_count; adapter++)
        if (scenario->adapters[adapter].sharing == SHARING_SR_IOV &&
            slot_count(builder, (int)adapter) > CONFIG_DEVICE_FUNCTIONS)
            return (int)adapter;
    return SCENARIO_NONE;
}

static enum status
build_hierarchy(struct world *world, const struct topology_root *root, char *reason, size_t reason_size)
{
    struct builder builder = {.world = world, .root = root, .next_slot = 1, .absent_slot = ABSENT_SLOT_FIRST};
    const char *host = world->scenario->hosts[root->host].name;
    int overfull = overfull_adapter(&builder);
    if (overfull != SCENARIO_NONE) {
        snprintf(
            reason, reason_size, "host %s: %u VFs of %s, and a device has %d functions: assign it fewer", host,
            slot_count(&builder, overfull), world->scenario->adapters[overfull].name, CONFIG_DEVICE_FUNCTIONS);
        return STATUS_RESOURCES_EXHAUSTED;
    }
    if (root->chassis != SCENARIO_NONE)
        builder.tree = topology_tree_from(world->scenario, root->chassis);
    bool grows = world->scenario->managed && root->chassis != SCENARIO_NONE;
    int too_far = grows ? way_too_far(world->scenario, &builder.tree) : SCENARIO_NONE;
    if (too_far != SCENARIO_NONE) {
        topology_tree_free(&builder.tree);
        snprintf(
            reason, reason_size, "host %s: there are no bus numbers for %s, more than %d chassis away", host,
            world->scenario->chassis[too_far].name, WAY_HOPS);
        return STATUS_RESOURCES_EXHAUSTED;
    }
    uint32_t buses = bus_count(&builder);
    bool fits = buses <= BUSES_MAX;
    if (fits)
        build(&builder);
    topology_tree_free(&builder.tree);
    if (fits)
        return STATUS_OK;
    snprintf(
        reason, reason_size, "host %s: its hierarchy would need %u buses and has %d: assign it fewer adapters or VFs",
        host, buses, BUSES_MAX);
    return STATUS_RESOURCES_EXHAUSTED;
}

/* The downstream bridge of VIRTUAL_SWITCH at PLACE. */
static const struct virtual_bridge *bridge_at(const struct virtual_switch *virtual_switch, uint8_t place)
{
    for (uint32_t index = 1; index < virtual_switch->bridge_count; index++)
        if (bridge_config_place(index, virtual_switch->place_count) == place)
            return &virtual_switch->bridges[index];
    return NULL;
}

uint32_t hierarchy_buses(const void *rack, uint16_t vh, const uint8_t *places, size_t count)
{
    const struct world *world = rack;
    const struct mr_switch *mr_switch = &world->switches[world->topology.roots[vh - 1].chassis];
    const struct virtual_bridge *bridge = NULL;
    for (size_t at = 0; at < count; at++) {
        const struct virtual_switch *virtual_switch = mr_switch->virtual_switches[vh];
        bool up = at % 2 == 0;
        bridge = up ? &virtual_switch->bridges[VIRTUAL_SWITCH_UPSTREAM] : bridge_at(virtual_switch, places[at]);
        if (bridge == NULL)
            return 0;
        if (!up && at + 1 < count) /* through a trunk */
            mr_switch = CONTAINER_OF(bridge->port->port.peer, struct switch_port, port)->owner;
    }
    return bridge != NULL ? bridge->what.buses : 0;
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
