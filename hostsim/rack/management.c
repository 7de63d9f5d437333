#include "hostsim/rack/management.h"

#include <stdlib.h>

#include "fabric/adapter/adapter_commands.h"
#include "fabric/adapter/adapter_turn.h"
#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/switch/bridge_config.h"
#include "fabric/switch/switch_commands.h"
#include "hostsim/rack/hierarchy.h"

#define BUSES 256
/* The root's, the upstream bridge's, and the switch's internal one. */
#define BUSES_OF_SWITCH 3
#define FUNCTIONS_A_BUS 256

/* A base function: this project's own. */
#define BASE_DEVICE 3
#define CLASS_SYSTEM_PERIPHERAL 0x088000

static struct switch_port *port_in_front(const struct world *world, size_t adapter)
{
    return CONTAINER_OF(world->adapters[adapter].port.peer, struct switch_port, port);
}

/* --- adapters --- */

static bool is_manageable(const struct scenario_adapter *spec, size_t chassis)
{
    return spec->chassis == (int)chassis && spec->sharing != SHARING_EXCLUSIVE;
}

/* What VH 0 has of ADAPTER. */
static struct config_device_config device_of(const struct world *world, size_t adapter)
{
    const struct scenario_adapter *spec = &world->scenario->adapters[adapter];
    bool base = spec->sharing == SHARING_MR_IOV;
    struct config_device_config device =
        hierarchy_device(world, (int)adapter, base ? 1 : world->adapters[adapter].function_count);
    device.function.commands = ADAPTER_COMMANDS_ID;
    device.function.migration = false;
    if (!base)
        return device;
    device.function.base = true;
    device.function.sr_iov = false;
    device.function.device = (uint16_t)(device.function.device + BASE_DEVICE);
    device.function.class_code = CLASS_SYSTEM_PERIPHERAL;
    return device;
}

/* What a VF of the sr-iov adapter at PORT is to a hierarchy that it comes to later. */
static void offer_split(const struct world *world, size_t adapter, struct switch_port *port)
{
    port->split = malloc(sizeof *port->split);
    CHECK(port->split != NULL);
    *port->split = hierarchy_split_device(world, (int)adapter, 0);
}

static void present_adapter(struct world *world, size_t index)
{
    const struct scenario_adapter *spec = &world->scenario->adapters[index];
    struct adapter *adapter = &world->adapters[index];
    struct config_device_config own = device_of(world, index), offered = hierarchy_device(world, (int)index, 1);
    if (spec->sharing == SHARING_MR_IOV)
        adapter_open_space(adapter, MANAGEMENT_VH, 0, 1);
    else
        offer_split(world, index, port_in_front(world, index));
    adapter_present(adapter, 0, MANAGEMENT_VH, &own);
    adapter_commands_init(adapter, (uint16_t)(spec->sharing == SHARING_MR_IOV ? spec->pfs : 1), &offered);
}

/* --- the switch --- */

struct bridges {
    struct virtual_bridge *list;
    uint32_t count, buses;
};

static void add_bridge(
    struct world *world, struct bridges *bridges, struct switch_port *port, const struct link_config *link,
    struct bridge_config config)
{
    config.generation = (uint8_t)link->gen;
    config.width = (uint8_t)link->width;
    config.port = (uint8_t)bridges->count;
    config.slot = config.upstream ? 0 : (uint16_t)(bridges->count + 1); /* 1 is below the root port */
    bridges->list[bridges->count++] = (struct virtual_bridge){
        .port = port,
        .config = bridge_config_new(&world->fabric.shelf, &config),
        .what = config,
    };
}

/* Buses that ADAPTER takes. */
static uint32_t buses_of(const struct world *world, size_t adapter)
{
    if (world->scenario->adapters[adapter].sharing == SHARING_MR_IOV)
        return 1;
    return (world->adapters[adapter].function_count + FUNCTIONS_A_BUS - 1) / FUNCTIONS_A_BUS;
}

/* How many adapters of CHASSIS, and no others, have room in VH 0. */
static uint32_t count_adapters(const struct world *world, size_t chassis)
{
    uint32_t count = 0, buses = BUSES_OF_SWITCH;
    for (size_t adapter = 0; adapter < world->scenario->adapter_count; adapter++) {
        if (!is_manageable(&world->scenario->adapters[adapter], chassis))
            continue;
        buses += buses_of(world, adapter);
        if (buses > BUSES)
            break;
        count++;
    }
    return count;
}

static void build_switch(struct world *world, size_t chassis)
{
    struct mr_switch *mr_switch = &world->switches[chassis];
    uint32_t left = count_adapters(world, chassis);
    bool multi_function = bridge_config_is_multi_function(left);
    struct bridges bridges = {.list = calloc(mr_switch->port_count, sizeof *bridges.list)};
    CHECK(bridges.list != NULL);
    add_bridge(
        world, &bridges, switch_management_port(mr_switch), management_port_link(),
        (struct bridge_config){.upstream = true, .manages = true});
    for (size_t adapter = 0; adapter < world->scenario->adapter_count && left > 0; adapter++) {
        const struct scenario_adapter *spec = &world->scenario->adapters[adapter];
        if (!is_manageable(spec, chassis))
            continue;
        left--;
        add_bridge(
            world, &bridges, port_in_front(world, adapter), &spec->link,
            (struct bridge_config){.multi_function = multi_function});
        present_adapter(world, adapter);
    }
    switch_add_hierarchy(mr_switch, MANAGEMENT_VH, bridges.list, bridges.count);
    bridge_config_apply(mr_switch->virtual_switches[MANAGEMENT_VH]);
    switch_commands_init(mr_switch);
    free(bridges.list);
}

/* An exclusive adapter in a chassis may change its owner. */
static void offer_exclusive(struct world *world, size_t adapter)
{
    const struct scenario_adapter *spec = &world->scenario->adapters[adapter];
    if (spec->chassis == SCENARIO_NONE || spec->sharing != SHARING_EXCLUSIVE)
        return;
    const struct config_device_config device = hierarchy_device(world, (int)adapter, 1);
    adapter_offer(&world->adapters[adapter], &device);
}

void management_build(struct world *world)
{
    for (size_t chassis = 0; chassis < world->scenario->chassis_count; chassis++) {
        struct management_port *port = &world->management[chassis].port;
        struct switch_port *lower = switch_management_port(&world->switches[chassis]);
        lower->vh = MANAGEMENT_VH;
        management_port_init(port, &world->fabric, (uint32_t)chassis);
        management_port_connect(
            port, &lower->port, world->scenario->chassis[chassis].name, topology_vh_count(&world->topology));
        build_switch(world, chassis);
    }
    for (size_t adapter = 0; adapter < world->scenario->adapter_count; adapter++)
        offer_exclusive(world, adapter);
}

/* --- after boot --- */

#define SIZE_LEAST_BYTES 128u
#define SIZE_MOST_BYTES 4096u

/* As Device Control has them (7.5.3.4). */
static uint32_t size_code(uint32_t bytes)
{
    return (uint32_t)__builtin_ctz(bytes / SIZE_LEAST_BYTES);
}

bool management_has(const struct world *world, size_t adapter, uint16_t *id)
{
    const struct adapter *of = &world->adapters[adapter];
    return of->commands != NULL && config_device_id(&of->spaces[0].device, 0, id);
}

/* The PF of an sr-iov adapter has one MPS and MRRS for all its VFs: MR-PCIM has made them the least of their hosts'. */
static void set_sizes(struct world *world, size_t index)
{
    struct config_space *pf = &world->adapters[index].spaces[0].device.functions[0];
    uint16_t at = (uint16_t)(capability_find(pf->layout, CAPABILITY_EXPRESS) + EXPRESS_DEVICE_CONTROL);
    uint32_t mps = SIZE_MOST_BYTES, mrrs = SIZE_MOST_BYTES;
    hierarchy_least_sizes(world, (int)index, &mps, &mrrs);
    uint32_t control = config_space_read(pf, at) & ~(uint32_t)(DEVICE_CONTROL_PAYLOAD | DEVICE_CONTROL_READ_REQUEST);
    control |= size_code(mps) << DEVICE_CONTROL_PAYLOAD_SHIFT | size_code(mrrs) << DEVICE_CONTROL_READ_REQUEST_SHIFT;
    config_space_write(pf, at, 0x3, control);
    adapter_apply(&world->adapters[index], 0);
}

/* The sr-iov adapter's functions are where MR-PCIM's registers have them. */
static void place_native(struct world *world, size_t index)
{
    struct translator *translator = port_in_front(world, index)->translator;
    const struct config_device *device = &world->adapters[index].spaces[0].device;
    uint16_t pf, vf;
    uint64_t vf_base;
    if (translator == NULL || device->count < 2)
        return;
    bool there = config_device_id(device, 0, &pf) && config_device_id(device, 1, &vf);
    CHECK(there && vf == pf + 1);
    CHECK(config_device_bar(device, 1, &vf_base) == translator->bar_bytes);
    translator->native_first_id = world->adapters[index].native_first_id = pf;
    translator->native_bar_base = vf_base - translator->bar_bytes;
    set_sizes(world, index);
}

static void place_adapter(struct world *world, size_t index)
{
    uint16_t id;
    if (!management_has(world, index, &id))
        return;
    struct world_management *management = &world->management[world->scenario->adapters[index].chassis];
    const struct config_layout *layout = world->adapters[index].spaces[0].device.functions[0].layout;
    command_port_init(
        &world->adapter_ports[index].commands, &management->port, id,
        capability_find_extended(layout, EXTENDED_DESIGNATED_VENDOR));
    place_native(world, index);
}

static void found_functions(struct world *world)
{
    for (size_t index = 0; index < world->scenario->assignment_count; index++) {
        struct scenario_function function = world->scenario->assignments[index].function;
        bool is_pf = function.pf >= 0 && function.vf == SCENARIO_NONE;
        if (is_pf && world->adapters[function.adapter].commands != NULL)
            adapter_commands_found(
                &world->adapters[function.adapter], (uint16_t)function.pf, world->functions[index].root->vh);
    }
}

void management_place(struct world *world)
{
    for (size_t chassis = 0; chassis < world->scenario->chassis_count; chassis++) {
        struct world_management *management = &world->management[chassis];
        const struct virtual_switch *own = world->switches[chassis].virtual_switches[MANAGEMENT_VH];
        const struct config_space *registers = own->bridges[VIRTUAL_SWITCH_UPSTREAM].config;
        command_port_init(
            &management->chassis.commands, &management->port, bridge_config_id(own, VIRTUAL_SWITCH_UPSTREAM),
            capability_find_extended(registers->layout, EXTENDED_DESIGNATED_VENDOR));
    }
    for (size_t adapter = 0; adapter < world->scenario->adapter_count; adapter++)
        place_adapter(world, adapter);
    found_functions(world);
}

void management_free(struct world *world)
{
    for (size_t chassis = 0; chassis < world->scenario->chassis_count; chassis++) {
        free(world->management[chassis].tree.functions);
        if (world->management[chassis].port.fabric != NULL)
            management_port_free(&world->management[chassis].port);
    }
}

const struct config_space *management_find(const struct world *world, size_t chassis, uint16_t id)
{
    const struct virtual_switch *own = world->switches[chassis].virtual_switches[MANAGEMENT_VH];
    if (id == CONFIG_REQUESTER_ID)
        return &world->management[chassis].port.requester.registers;
    for (uint32_t bridge = 0; bridge < own->bridge_count; bridge++)
        if (bridge_config_id(own, bridge) == id)
            return own->bridges[bridge].config;
    for (size_t adapter = 0; adapter < world->scenario->adapter_count; adapter++) {
        if (world->scenario->adapters[adapter].chassis != (int)chassis || world->adapters[adapter].commands == NULL)
            continue;
        const struct config_space *space = config_device_find(&world->adapters[adapter].spaces[0].device, id);
        if (space != NULL)
            return space;
    }
    return NULL;
}
