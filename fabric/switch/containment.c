#include "fabric/switch/containment.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/config_access.h"
#include "fabric/pcie/egress_hold.h"
#include "fabric/pcie/express_registers.h"
#include "fabric/pcie/operation.h"
#include "fabric/switch/bridge_config.h"
#include "fabric/switch/bridge_errors.h"
#include "fabric/switch/bridge_reset.h"
#include "fabric/switch/slot.h"
#include "fabric/switch/switch_paths.h"

/* --- what becomes of TLPs --- */

/* How a non-posted request is answered that bridge BRIDGE cannot pass on. */
static enum tlp_status answer_of(const struct virtual_bridge *bridge)
{
    if ((bridge->cuts & BRIDGE_CUT_DPC) == 0)
        return TLP_STATUS_UR;
    uint16_t dpc = capability_find_extended(bridge->config->layout, EXTENDED_DPC);
    bool unsupported = config_space_get(bridge->config, dpc + DPC_CONTROL, 2) & DPC_CONTROL_UNSUPPORTED;
    return unsupported ? TLP_STATUS_UR : TLP_STATUS_CA;
}

/* Answers REQUEST, on its way to bridge TO, where it came from. */
static void answer_request(
    struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int from, int to, const struct tlp *request)
{
    enum tlp_status status = answer_of(&virtual_switch->bridges[to]);
    uint16_t vh = virtual_switch->vh, id = bridge_config_id(virtual_switch, (uint32_t)to);
    virtual_switch->unsupported_requests += status == TLP_STATUS_UR;
    fabric_count_error(mr_switch->fabric, vh, status == TLP_STATUS_UR ? FABRIC_ERROR_UR : FABRIC_ERROR_CA);
    if (virtual_switch->bridges[from].cuts != 0)
        return; /* who asked is cut off, too */
    struct tlp *completion = config_access_answer(mr_switch->fabric, request, status, 0, id, vh);
    switch_send(mr_switch, virtual_switch, from, completion);
}

void switch_end_cut(
    struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int from, int to, struct tlp *tlp)
{
    struct fabric *fabric = mr_switch->fabric;
    uint8_t cuts = virtual_switch->bridges[from].cuts | virtual_switch->bridges[to].cuts;
    enum drop_reason reason = cuts & BRIDGE_CUT_LINK ? DROP_LINK_DOWN : DROP_CONTAINED;
    if ((tlp->attributes & TLP_NULLIFIED) != 0)
        reason = DROP_NULLIFIED;
    else if (tlp_credit_type(tlp) == CREDIT_NONPOSTED)
        answer_request(mr_switch, virtual_switch, from, to, tlp);
    operation_tlp_failed(tlp, fabric_now_ps(fabric));
    fabric_drop_tlp(fabric, tlp, reason);
}

/* TLP waited in QUEUE, of a path that has just been closed. */
static void end_queued(struct egress_queue *queue, struct tlp *tlp)
{
    struct port *port = CONTAINER_OF(queue->egress, struct port, egress);
    struct switch_port *out = CONTAINER_OF(port, struct switch_port, port);
    struct mr_switch *mr_switch = out->owner;
    struct virtual_switch *virtual_switch = mr_switch->virtual_switches[tlp->vh];
    int to = virtual_switch_at_port(virtual_switch, out->index);
    struct path_queue *waited = CONTAINER_OF(queue, struct path_queue, queue);
    for (uint32_t from = 0; from < virtual_switch->path_stride; from++) {
        const struct virtual_path *path = virtual_switch_path(virtual_switch, (int)from, to);
        if (waited < path->queues || waited >= path->queues + path->queue_count)
            continue;
        if (path->translator != NULL && tlp_traits[tlp->type].by_address)
            tlp->requester_id = translator_requester(path->translator, tlp->requester_id); /* as it came */
        switch_end_cut(mr_switch, virtual_switch, (int)from, to, tlp);
        return;
    }
    CHECK(false);
}

/* --- paths --- */

void switch_close_path(struct virtual_switch *virtual_switch, int from, int to)
{
    bool cut = virtual_switch->bridges[from].cuts != 0 || virtual_switch->bridges[to].cuts != 0;
    virtual_switch_path(virtual_switch, from, to)->closed = cut;
}

static void close_paths(struct virtual_switch *virtual_switch, int bridge)
{
    for (int other = 0; (uint32_t)other < virtual_switch->path_stride; other++) {
        switch_close_path(virtual_switch, other, bridge);
        switch_close_path(virtual_switch, bridge, other);
    }
}

static void drain_paths(struct virtual_switch *virtual_switch, int bridge)
{
    for (int from = 0; (uint32_t)from < virtual_switch->path_stride; from++) {
        struct virtual_path *path = virtual_switch_path(virtual_switch, from, bridge);
        for (uint32_t index = 0; index < path->queue_count; index++)
            egress_queue_drain(&path->queues[index].queue, end_queued);
    }
}

/* --- who is below --- */

static void tell_peer(const struct virtual_bridge *bridge, uint16_t vh, bool up)
{
    struct port *peer = bridge->port->port.peer;
    if (peer != NULL && peer->ops->on_virtual_link != NULL)
        peer->ops->on_virtual_link(peer, vh, up);
}

/* A reset goes down through all downstream bridges that it can reach. */
static void tell_below(const struct virtual_switch *virtual_switch, bool up)
{
    for (uint32_t index = 1; index < virtual_switch->bridge_count; index++) {
        const struct virtual_bridge *bridge = &virtual_switch->bridges[index];
        if (!bridge->absent && (!up || bridge->cuts == 0))
            tell_peer(bridge, virtual_switch->vh, up);
    }
    for (uint32_t index = 0; up && index < virtual_switch->bridge_count; index++)
        if (!virtual_switch->bridges[index].absent && virtual_switch->bridges[index].slot != NULL)
            slot_tell_again(virtual_switch->bridges[index].slot);
}

/* The hierarchy has lost, or found again, what is on the far side of BRIDGE. */
static void changed(struct virtual_switch *virtual_switch, int index, bool up)
{
    const struct virtual_bridge *bridge = &virtual_switch->bridges[index];
    close_paths(virtual_switch, index);
    if (index == VIRTUAL_SWITCH_UPSTREAM) {
        tell_below(virtual_switch, up);
        return;
    }
    if (bridge->slot != NULL)
        slot_set_port_up(bridge->slot, up);
    tell_peer(bridge, virtual_switch->vh, up);
}

void switch_cut_bridge(struct mr_switch *mr_switch, uint16_t vh, uint32_t index, enum bridge_cut why)
{
    struct virtual_switch *virtual_switch = mr_switch->virtual_switches[vh];
    CHECK(virtual_switch != NULL && index < virtual_switch->bridge_count);
    struct virtual_bridge *bridge = &virtual_switch->bridges[index];
    bool was_cut = bridge->cuts != 0;
    bridge->cuts |= (uint8_t)why;
    if (was_cut || index >= virtual_switch->path_stride)
        return;
    changed(virtual_switch, (int)index, false);
    drain_paths(virtual_switch, (int)index);
}

void switch_join_bridge(struct mr_switch *mr_switch, uint16_t vh, uint32_t index, enum bridge_cut why)
{
    struct virtual_switch *virtual_switch = mr_switch->virtual_switches[vh];
    CHECK(virtual_switch != NULL && index < virtual_switch->bridge_count);
    struct virtual_bridge *bridge = &virtual_switch->bridges[index];
    bool was_cut = bridge->cuts != 0;
    bridge->cuts &= (uint8_t)~why;
    if (!was_cut || bridge->cuts != 0 || index >= virtual_switch->path_stride)
        return;
    changed(virtual_switch, (int)index, true);
    virtual_switch_sort(virtual_switch); /* one whose slot's link has gone meanwhile claims nothing any more */
}

void switch_reset_hierarchy(struct mr_switch *mr_switch, uint16_t vh, uint32_t port)
{
    struct virtual_switch *virtual_switch = vh < mr_switch->vh_count ? mr_switch->virtual_switches[vh] : NULL;
    int bridge = virtual_switch != NULL ? virtual_switch_at_port(virtual_switch, port) : VIRTUAL_SWITCH_NOWHERE;
    if (bridge == VIRTUAL_SWITCH_NOWHERE)
        return;
    switch_cut_bridge(mr_switch, vh, (uint32_t)bridge, BRIDGE_CUT_RESET);
    if (bridge != VIRTUAL_SWITCH_UPSTREAM)
        bridge_reset_below(virtual_switch, bridge);
    switch_join_bridge(mr_switch, vh, (uint32_t)bridge, BRIDGE_CUT_RESET);
}

/* --- the link at a port --- */

/* Whether a downstream bridge calls it an error that its link is down: not when somebody wants it so, nor where its
 * slot expects surprises (base specification 3.2.1). */
static bool is_surprise(const struct virtual_bridge *bridge)
{
    const struct link_control *control = bridge->port->port.control;
    if ((control->causes & LINK_CAUSES_OF_FAILURE) == 0 || bridge->config == NULL)
        return false;
    uint16_t express = capability_find(bridge->config->layout, CAPABILITY_EXPRESS);
    uint32_t slot = config_space_get(bridge->config, express + EXPRESS_SLOT_CAPABILITIES, 4);
    return (slot & SLOT_CAPABILITIES_SURPRISE) == 0;
}

void switch_on_link(struct port *port, bool up)
{
    struct switch_port *switch_port = CONTAINER_OF(port, struct switch_port, port);
    struct mr_switch *mr_switch = switch_port->owner;
    const struct error_report report = {.error = AER_SURPRISE_DOWN};
    for (uint32_t vh = 0; vh < mr_switch->vh_count; vh++) {
        struct virtual_switch *virtual_switch = mr_switch->virtual_switches[vh];
        int index = virtual_switch != NULL ? virtual_switch_at_port(virtual_switch, switch_port->index)
                                           : VIRTUAL_SWITCH_NOWHERE;
        if (index == VIRTUAL_SWITCH_NOWHERE)
            continue;
        if (up) {
            switch_join_bridge(mr_switch, (uint16_t)vh, (uint32_t)index, BRIDGE_CUT_LINK);
            continue;
        }
        switch_cut_bridge(mr_switch, (uint16_t)vh, (uint32_t)index, BRIDGE_CUT_LINK);
        const struct virtual_bridge *bridge = &virtual_switch->bridges[index];
        if (index != VIRTUAL_SWITCH_UPSTREAM && !bridge->absent && is_surprise(bridge))
            bridge_report(mr_switch, virtual_switch, index, &report);
    }
}

void switch_on_virtual_link(struct port *port, uint16_t vh, bool up)
{
    const struct switch_port *switch_port = CONTAINER_OF(port, struct switch_port, port);
    const struct virtual_switch *virtual_switch = switch_port->owner->virtual_switches[vh];
    if (virtual_switch != NULL)
        tell_below(virtual_switch, up);
}
