#include "hostsim/host/root_registers.h"

#include "fabric/pcie/config_decode.h"
#include "fabric/pcie/config_requester.h"

static struct config_bridge_state state_of(const struct root_port *root_port)
{
    return config_decode_bridge(&root_port->requester->registers);
}

static uint64_t lowest(uint64_t base, struct config_window window)
{
    return window.base < window.limit && window.base < base ? window.base : base;
}

static void hold_in_reset(struct root_port *root_port, bool holds)
{
    struct port *below = root_port->port.peer;
    root_port->holds_reset = holds;
    if (below->ops->on_virtual_link != NULL)
        below->ops->on_virtual_link(below, root_port->vh, !holds);
    if (holds && below->ops->on_reset != NULL)
        below->ops->on_reset(below, root_port->vh);
}

void root_registers_apply(struct root_port *root_port)
{
    struct config_bridge_state state = state_of(root_port);
    uint64_t base = lowest(lowest(UINT64_MAX, state.memory), state.prefetchable);
    root_port->windows_base = state.bus_master ? base : 0; /* off: all are looked at */
    if (state.secondary_reset != root_port->holds_reset)
        hold_in_reset(root_port, state.secondary_reset);
    root_complex_apply_timeouts(root_port->owner);
}

void root_registers_start_anew(struct root_port *root_port)
{
    struct port *below = root_port->port.peer;
    config_space_reset(&root_port->requester->registers, CONFIG_RESET_CONVENTIONAL);
    config_requester_apply(root_port->requester);
    root_registers_apply(root_port);
    if (below->ops->on_reset != NULL)
        below->ops->on_reset(below, root_port->vh);
}

static bool is_in(struct config_window window, uint64_t address)
{
    return address >= window.base && address < window.limit;
}

bool root_registers_allow(const struct root_port *root_port, const struct tlp *request)
{
    struct config_bridge_state state = state_of(root_port);
    return state.bus_master && !is_in(state.memory, request->address) && !is_in(state.prefetchable, request->address);
}
