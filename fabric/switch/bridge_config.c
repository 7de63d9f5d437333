#include "fabric/switch/bridge_config.h"
#include "fabric/switch/bridge_guard.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_express.h"
#include "fabric/pcie/config_access.h"
#include "fabric/pcie/config_decode.h"
#include "fabric/switch/slot.h"
#include "fabric/switch/switch.h"
#include "fabric/switch/switch_commands.h"

/* This project's own device IDs. */
#define DEVICE_UPSTREAM 0x0101
#define DEVICE_DOWNSTREAM 0x0102
#define CLASS_BRIDGE 0x060400
#define BRIDGE_MPS_BYTES 4096

struct config_space *bridge_config_new(struct config_shelf *shelf, const struct bridge_config *config)
{
    const struct config_kind kind = {
        .type = config->upstream ? EXPRESS_UPSTREAM_PORT : EXPRESS_DOWNSTREAM_PORT,
        .device = config->upstream ? DEVICE_UPSTREAM : DEVICE_DOWNSTREAM,
        .class_code = CLASS_BRIDGE,
        .generation = config->generation,
        .width = config->width,
        .mps_bytes = BRIDGE_MPS_BYTES,
        .multi_function = config->multi_function,
        .hot_plug = config->hot_plug,
        .surprise = config->surprise,
        .commands = config->manages ? SWITCH_COMMANDS_ID : 0,
    };
    struct config_space *space = malloc(sizeof *space);
    CHECK(space != NULL);
    config_space_init(space, config_shelf_layout(shelf, &kind), NULL);
    bridge_config_reset(space, config, true);
    return space;
}

void bridge_config_reset(struct config_space *space, const struct bridge_config *config, bool occupied)
{
    config_space_reset(space, CONFIG_RESET_COLD);
    uint16_t express = capability_find(space->layout, CAPABILITY_EXPRESS);
    express_set_link(space, express, config->generation, config->upstream || occupied ? config->width : 0);
    express_set_port(space, express, config->port, config->upstream ? 0 : config->slot);
    if (config->upstream)
        return;
    if (occupied)
        config_space_set_bits(space, express + EXPRESS_SLOT_STATUS, 2, SLOT_STATUS_PRESENT);
    else
        config_space_clear_bits(space, express + EXPRESS_SLOT_STATUS, 2, SLOT_STATUS_PRESENT);
}

uint8_t bridge_config_place(uint32_t index, uint32_t count)
{
    CHECK(index >= 1 && index <= BRIDGE_CONFIG_DOWNSTREAM_MAX);
    uint32_t from_first = index - 1;
    if (bridge_config_is_multi_function(count))
        return (uint8_t)from_first;
    return (uint8_t)(from_first % BRIDGE_CONFIG_DEVICES << 3 | from_first / BRIDGE_CONFIG_DEVICES);
}

uint16_t bridge_config_id(const struct virtual_switch *virtual_switch, uint32_t index)
{
    const struct virtual_bridge *upstream = &virtual_switch->bridges[VIRTUAL_SWITCH_UPSTREAM];
    if (index == VIRTUAL_SWITCH_UPSTREAM)
        return (uint16_t)(upstream->primary << 8);
    return (uint16_t)(upstream->secondary << 8 | bridge_config_place(index, virtual_switch->place_count));
}

static void apply_bridge(struct virtual_bridge *bridge)
{
    struct config_bridge_state state = config_decode_bridge(bridge->config);
    bridge->secondary = state.secondary;
    bridge->subordinate = state.subordinate;
    bridge->base = state.prefetchable.base;
    bridge->limit = state.prefetchable.limit;
    bridge->low_base = state.memory.base;
    bridge->low_limit = state.memory.limit;
}

void bridge_config_apply(struct virtual_switch *virtual_switch)
{
    for (uint32_t index = 0; index < virtual_switch->bridge_count; index++)
        if (virtual_switch->bridges[index].config != NULL)
            apply_bridge(&virtual_switch->bridges[index]);
    virtual_switch_sort(virtual_switch);
    bridge_guard_apply(virtual_switch);
}

static struct bridge_verdict unsupported(const struct virtual_switch *virtual_switch, uint32_t by)
{
    return (struct bridge_verdict){
        .to = VIRTUAL_SWITCH_NOWHERE,
        .status = TLP_STATUS_UR,
        .completer_id = bridge_config_id(virtual_switch, by),
    };
}

/* Bridge INDEX answers for itself. */
static struct bridge_verdict answer(struct virtual_switch *virtual_switch, uint32_t index, const struct tlp *request)
{
    struct virtual_bridge *bridge = &virtual_switch->bridges[index];
    if (bridge->config == NULL)
        return unsupported(virtual_switch, index);
    struct bridge_verdict verdict = {.to = VIRTUAL_SWITCH_NOWHERE, .status = TLP_STATUS_SC};
    verdict.completer_id = request->completer_id;
    if (!config_access(bridge->config, request, &verdict.value)) {
        if (bridge->slot != NULL)
            slot_was_read(bridge->slot, request);
        return verdict;
    }
    bridge_config_apply(virtual_switch);
    if (bridge->slot != NULL)
        slot_written(bridge->slot, request);
    if (index == VIRTUAL_SWITCH_UPSTREAM && virtual_switch->commands != NULL)
        command_registers_written(virtual_switch->commands);
    return verdict;
}

/* Which downstream bridge has that place on the internal bus; VIRTUAL_SWITCH_NOWHERE when none has. */
static int bridge_at(const struct virtual_switch *virtual_switch, uint8_t place)
{
    uint32_t device = place >> 3, function = place & 7;
    bool packed = bridge_config_is_multi_function(virtual_switch->place_count);
    uint32_t index = 1 + (packed ? place : function * BRIDGE_CONFIG_DEVICES + device);
    bool there = index < virtual_switch->bridge_count && !virtual_switch->bridges[index].absent;
    return there ? (int)index : VIRTUAL_SWITCH_NOWHERE;
}

static bool forwards_ari(const struct virtual_bridge *bridge)
{
    uint16_t express = capability_find(bridge->config->layout, CAPABILITY_EXPRESS);
    return config_space_get(bridge->config, express + EXPRESS_DEVICE_CONTROL_2, 2) & DEVICE_CONTROL_2_ARI_FORWARDING;
}

/* REQUEST is for a bus behind downstream bridge INDEX. */
static struct bridge_verdict pass_on(struct virtual_switch *virtual_switch, uint32_t index, struct tlp *request)
{
    const struct virtual_bridge *bridge = &virtual_switch->bridges[index];
    if (bridge->config == NULL)
        return unsupported(virtual_switch, index);
    if (request->completer_id >> 8 == bridge->secondary) {
        /* Only one device is below; with ARI its functions have all 8 bits (6.13). */
        if ((request->completer_id & 0xf8) != 0 && !forwards_ari(bridge))
            return unsupported(virtual_switch, index);
        request->type = config_access_as_type_0(request->type);
    }
    struct translator *translator = virtual_switch_translator(virtual_switch, (int)index);
    if (translator == NULL)
        return (struct bridge_verdict){.to = (int)index};
    struct bridge_verdict verdict = {.to = VIRTUAL_SWITCH_NOWHERE, .completer_id = request->completer_id};
    verdict.status = translator_configure(translator, virtual_switch->vh, request, &verdict.value);
    return verdict;
}

struct bridge_verdict bridge_config_request(struct virtual_switch *virtual_switch, int from, struct tlp *request)
{
    if (from != VIRTUAL_SWITCH_UPSTREAM)
        return unsupported(virtual_switch, (uint32_t)from);
    struct virtual_bridge *upstream = &virtual_switch->bridges[VIRTUAL_SWITCH_UPSTREAM];
    uint8_t bus = (uint8_t)(request->completer_id >> 8);
    if (config_access_is_type_0(request->type)) {
        upstream->primary = bus;
        return (request->completer_id & 0xff) == 0 ? answer(virtual_switch, VIRTUAL_SWITCH_UPSTREAM, request)
                                                   : unsupported(virtual_switch, VIRTUAL_SWITCH_UPSTREAM);
    }
    if (upstream->config != NULL && config_decode_bridge(upstream->config).secondary_reset)
        return unsupported(virtual_switch, VIRTUAL_SWITCH_UPSTREAM);
    if (bus == upstream->secondary && bus != 0) {
        int index = bridge_at(virtual_switch, (uint8_t)request->completer_id);
        return index != VIRTUAL_SWITCH_NOWHERE ? answer(virtual_switch, (uint32_t)index, request)
                                               : unsupported(virtual_switch, VIRTUAL_SWITCH_UPSTREAM);
    }
    int index = virtual_switch_by_bus(virtual_switch, bus);
    return index != VIRTUAL_SWITCH_NOWHERE ? pass_on(virtual_switch, (uint32_t)index, request)
                                           : unsupported(virtual_switch, VIRTUAL_SWITCH_UPSTREAM);
}
