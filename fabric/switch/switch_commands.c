#include "fabric/switch/switch_commands.h"

#include "fabric/base/check.h"
#include "fabric/pcie/link_control.h"
#include "fabric/switch/bridge_rates.h"
#include "fabric/switch/containment.h"
#include "fabric/switch/show_bridge.h"
#include "fabric/switch/slot.h"
#include "fabric/switch/switch_paths.h"

typedef struct command_outcome (*handler)(struct mr_switch *mr_switch, const uint32_t arguments[COMMAND_ARGUMENTS]);

static struct command_outcome ends(enum status status)
{
    return (struct command_outcome){.status = status};
}

static bool is_hosts(const struct mr_switch *mr_switch, uint32_t vh)
{
    return vh != VIRTUAL_SWITCH_MANAGEMENT_VH && vh < mr_switch->vh_count;
}

/* The shown bridge of a host's hierarchy VH at PORT; NULL when there is none. */
static struct virtual_bridge *shown_bridge(const struct mr_switch *mr_switch, uint32_t vh, uint32_t port)
{
    struct virtual_bridge *bridge = is_hosts(mr_switch, vh) ? switch_find_bridge(mr_switch, vh, port) : NULL;
    return bridge == NULL || bridge->absent ? NULL : bridge;
}

static struct command_outcome show(struct mr_switch *mr_switch, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    if (!is_hosts(mr_switch, arguments[0]))
        return ends(STATUS_INVALID_ARGUMENT);
    return ends(
        switch_show_bridge(mr_switch, (uint16_t)arguments[0], arguments[1], arguments[2] & SWITCH_SLOT_OCCUPIED));
}

static struct command_outcome hide(struct mr_switch *mr_switch, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    if (!is_hosts(mr_switch, arguments[0]))
        return ends(STATUS_INVALID_ARGUMENT);
    return ends(switch_hide_bridge(mr_switch, (uint16_t)arguments[0], arguments[1]));
}

/* The slot of BRIDGE; NULL: nothing is ever inserted there or taken away. */
static struct slot *slot_of(const struct virtual_bridge *bridge)
{
    return bridge->what.upstream || !bridge->what.hot_plug ? NULL : bridge->slot;
}

static struct command_outcome set_slot(struct mr_switch *mr_switch, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    const struct virtual_bridge *bridge = shown_bridge(mr_switch, arguments[0], arguments[1]);
    if (bridge == NULL)
        return ends(STATUS_NOT_FOUND);
    struct slot *slot = slot_of(bridge);
    if (slot == NULL)
        return ends(STATUS_UNSUPPORTED);
    bool occupied = arguments[2] & SWITCH_SLOT_OCCUPIED;
    if (occupied && !slot->occupied)
        slot_insert(slot);
    else if (!occupied && slot->occupied)
        slot_remove_surprise(slot);
    if (arguments[2] & SWITCH_SLOT_ATTENTION)
        slot_press_attention(slot);
    bool taken_back = (arguments[2] & SWITCH_SLOT_TAKE_BACK) != 0 && slot_take_back_attention(slot);
    return (struct command_outcome){.result = taken_back ? SWITCH_SLOT_TAKE_BACK : 0};
}

static struct command_outcome change_place(struct mr_switch *mr_switch, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    const struct virtual_bridge *bridge = shown_bridge(mr_switch, arguments[0], arguments[1]);
    if (bridge == NULL)
        return ends(STATUS_NOT_FOUND);
    uint32_t what = arguments[2] >> SWITCH_PLACE_CHANGE_SHIFT, place = arguments[2] & SWITCH_PLACE;
    if (slot_of(bridge) == NULL)
        return ends(STATUS_UNSUPPORTED);
    if (what > SLOT_PLACE_WANTED)
        return ends(STATUS_INVALID_ARGUMENT);
    slot_change_place(slot_of(bridge), (uint8_t)place, (enum slot_place)what);
    return ends(STATUS_OK);
}

static struct command_outcome get(struct mr_switch *mr_switch, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    const struct virtual_bridge *bridge =
        is_hosts(mr_switch, arguments[0]) ? switch_find_bridge(mr_switch, arguments[0], arguments[1]) : NULL;
    if (bridge == NULL)
        return ends(STATUS_NOT_FOUND);
    struct command_outcome outcome = ends(STATUS_OK);
    if (bridge->absent)
        return outcome;
    outcome.result = SWITCH_BRIDGE_SHOWN;
    const struct slot *slot = slot_of(bridge);
    if (slot == NULL)
        return outcome;
    outcome.result |= slot->occupied ? SWITCH_BRIDGE_OCCUPIED : 0;
    outcome.result |= slot->powered ? SWITCH_BRIDGE_POWERED : 0;
    outcome.result |= slot->link_up ? SWITCH_BRIDGE_LINK_UP : 0;
    return outcome;
}

/* Hot reset below PORT: of all hierarchies, by the link; of VH alone, while it stays up. */
static struct command_outcome reset_port(struct mr_switch *mr_switch, uint32_t port, uint32_t vh)
{
    if (vh == SWITCH_ALL_HIERARCHIES) {
        link_hot_reset(&mr_switch->ports[port].port);
        return ends(STATUS_OK);
    }
    if (shown_bridge(mr_switch, vh, port) == NULL)
        return ends(STATUS_NOT_FOUND);
    switch_reset_hierarchy(mr_switch, (uint16_t)vh, port);
    return ends(STATUS_OK);
}

static struct command_outcome control(struct mr_switch *mr_switch, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    if (arguments[0] >= mr_switch->port_count || &mr_switch->ports[arguments[0]] == switch_management_port(mr_switch))
        return ends(STATUS_INVALID_ARGUMENT);
    struct port *port = &mr_switch->ports[arguments[0]].port;
    switch ((enum switch_port_action)arguments[1]) {
    case SWITCH_PORT_DISABLE:
        link_take_down(port, LINK_CAUSE_DISABLED);
        return ends(STATUS_OK);
    case SWITCH_PORT_ENABLE:
        link_bring_up(port, LINK_CAUSE_DISABLED);
        return ends(STATUS_OK);
    case SWITCH_PORT_RETRAIN:
        link_retrain(port);
        return ends(STATUS_OK);
    case SWITCH_PORT_HOT_RESET:
        return reset_port(mr_switch, arguments[0], arguments[2]);
    default:
        return ends(STATUS_INVALID_ARGUMENT);
    }
}

static struct translator *translator_at(const struct mr_switch *mr_switch, uint32_t port)
{
    return port < mr_switch->port_count ? mr_switch->ports[port].translator : NULL;
}

static struct command_outcome place_vf(struct mr_switch *mr_switch, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    struct translator *translator = translator_at(mr_switch, arguments[0]);
    if (translator == NULL || arguments[1] == 0 || arguments[1] >= translator->function_count ||
        !is_hosts(mr_switch, arguments[2]))
        return ends(STATUS_INVALID_ARGUMENT);
    if (translator->functions[arguments[1]].placed)
        return ends(STATUS_ALREADY_ASSIGNED);
    uint16_t vh = (uint16_t)arguments[2];
    if (!translator_has_room(translator, vh))
        return ends(STATUS_RESOURCES_EXHAUSTED);
    const struct config_device_config *split = mr_switch->ports[arguments[0]].split;
    if (split != NULL && !translator_is_presented(translator, vh))
        translator_present(translator, vh, &mr_switch->fabric->shelf, split);
    return (struct command_outcome){.result = translator_place(translator, arguments[1], vh)};
}

static struct command_outcome unplace_vf(struct mr_switch *mr_switch, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    struct translator *translator = translator_at(mr_switch, arguments[0]);
    if (translator == NULL || arguments[1] == 0 || arguments[1] >= translator->function_count)
        return ends(STATUS_INVALID_ARGUMENT);
    if (translator->functions[arguments[1]].placed)
        translator_unplace(translator, mr_switch->fabric, arguments[1]);
    return ends(STATUS_OK);
}

static struct command_outcome turn_port(struct mr_switch *mr_switch, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    if (arguments[0] >= mr_switch->port_count || arguments[1] >= mr_switch->vh_count)
        return ends(STATUS_INVALID_ARGUMENT);
    struct switch_port *port = &mr_switch->ports[arguments[0]];
    struct port *partner = port->port.peer;
    if (port->port.mr || port->translator != NULL || partner->ops->on_turned == NULL)
        return ends(STATUS_UNSUPPORTED);
    uint16_t vh = (uint16_t)arguments[1];
    uint64_t reset_ps = 0;
    enum status status = partner->ops->on_turned(partner, vh, arguments[2], &reset_ps);
    if (status != STATUS_OK)
        return ends(status);
    port->vh = vh;
    uint64_t reset_ns = (reset_ps + PS_PER_NS - 1) / PS_PER_NS;
    return (struct command_outcome){.result = reset_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)reset_ns};
}

static struct command_outcome set_weight(struct mr_switch *mr_switch, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    struct virtual_bridge *bridge = shown_bridge(mr_switch, arguments[0], arguments[1]);
    if (bridge == NULL)
        return ends(STATUS_NOT_FOUND);
    if (arguments[2] == 0)
        return ends(STATUS_INVALID_ARGUMENT);
    bridge->weight = arguments[2];
    switch_paths_set_weights(mr_switch->virtual_switches[arguments[0]]);
    return ends(STATUS_OK);
}

static struct command_outcome set_limits(struct mr_switch *mr_switch, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    uint32_t vh = arguments[0] & SWITCH_LIMITS_VH;
    const struct virtual_bridge *bridge = shown_bridge(mr_switch, vh, arguments[0] >> SWITCH_LIMITS_PORT_SHIFT);
    if (bridge == NULL)
        return ends(STATUS_NOT_FOUND);
    struct virtual_switch *virtual_switch = mr_switch->virtual_switches[vh];
    int index = (int)(bridge - virtual_switch->bridges);
    if (index == VIRTUAL_SWITCH_UPSTREAM || (arguments[2] != 0 && arguments[1] > arguments[2]))
        return ends(STATUS_INVALID_ARGUMENT);
    bridge_rates_set(
        virtual_switch, index, arguments[1] * COMMAND_RATE_BPS, arguments[2] * COMMAND_RATE_BPS,
        fabric_now_ps(mr_switch->fabric));
    return ends(STATUS_OK);
}

static const handler handlers[] = {
    [SWITCH_SHOW_BRIDGE] = show,      [SWITCH_HIDE_BRIDGE] = hide,      [SWITCH_SET_SLOT] = set_slot,
    [SWITCH_GET_BRIDGE] = get,        [SWITCH_CONTROL_PORT] = control,  [SWITCH_PLACE_VF] = place_vf,
    [SWITCH_UNPLACE_VF] = unplace_vf, [SWITCH_SET_WEIGHT] = set_weight, [SWITCH_CHANGE_PLACE] = change_place,
    [SWITCH_SET_LIMITS] = set_limits, [SWITCH_TURN_PORT] = turn_port,
};

static struct command_outcome
execute(struct command_registers *registers, uint8_t opcode, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    struct mr_switch *mr_switch = CONTAINER_OF(registers, struct mr_switch, commands);
    if (opcode >= sizeof handlers / sizeof handlers[0] || handlers[opcode] == NULL)
        return ends(STATUS_UNSUPPORTED);
    return handlers[opcode](mr_switch, arguments);
}

static const struct command_registers_ops switch_commands_ops = {.name = "switch", .execute = execute};

void switch_commands_init(struct mr_switch *mr_switch)
{
    struct virtual_switch *own = mr_switch->virtual_switches[VIRTUAL_SWITCH_MANAGEMENT_VH];
    CHECK(own != NULL && own->bridges[VIRTUAL_SWITCH_UPSTREAM].what.manages);
    command_registers_init(&mr_switch->commands, &switch_commands_ops, own->bridges[VIRTUAL_SWITCH_UPSTREAM].config);
    own->commands = &mr_switch->commands;
}
