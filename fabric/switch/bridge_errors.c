#include "fabric/switch/bridge_errors.h"

#include "fabric/pcie/capability.h"
#include "fabric/pcie/message.h"
#include "fabric/switch/bridge_config.h"
#include "fabric/switch/containment.h"

/* DPC Trigger Reason (base specification 7.9.14.5). */
enum { REASON_OWN_ERROR = 0, REASON_NONFATAL_MESSAGE = 1 << 1, REASON_FATAL_MESSAGE = 2 << 1 };

/* Tells the root port of MESSAGE from function ID, as long as the way up is open. */
static void send_up(struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, uint8_t message, uint16_t id)
{
    if (virtual_switch->bridges[VIRTUAL_SWITCH_UPSTREAM].cuts != 0)
        return;
    switch_send(
        mr_switch, virtual_switch, VIRTUAL_SWITCH_UPSTREAM,
        error_message_create(mr_switch->fabric, message, id, virtual_switch->vh));
}

/* The offset of BRIDGE's DPC; 0: it has none. */
static uint16_t dpc_of(const struct virtual_bridge *bridge)
{
    return bridge->config != NULL ? capability_find_extended(bridge->config->layout, EXTENDED_DPC) : 0;
}

/* Whether an error of the severity of MESSAGE triggers BRIDGE's containment. */
static bool is_contained(const struct virtual_bridge *bridge, uint8_t message)
{
    uint16_t dpc = dpc_of(bridge);
    if (dpc == 0 || message == MESSAGE_ERR_COR)
        return false;
    uint32_t trigger = config_space_get(bridge->config, dpc + DPC_CONTROL, 2) & DPC_CONTROL_TRIGGER;
    return trigger == DPC_CONTROL_ON_NONFATAL || (trigger == DPC_CONTROL_ON_FATAL && message == MESSAGE_ERR_FATAL);
}

static void
contain(struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int index, uint32_t reason, uint16_t source)
{
    const struct virtual_bridge *bridge = &virtual_switch->bridges[index];
    uint16_t dpc = dpc_of(bridge);
    if (config_space_get(bridge->config, dpc + DPC_STATUS, 2) & DPC_STATUS_TRIGGERED)
        return;
    config_space_clear_bits(bridge->config, dpc + DPC_STATUS, 2, DPC_STATUS_REASON | DPC_STATUS_REASON_EXTENSION);
    uint32_t interrupts = config_space_get(bridge->config, dpc + DPC_CONTROL, 2) & DPC_CONTROL_INTERRUPT;
    config_space_set_bits(
        bridge->config, dpc + DPC_STATUS, 2,
        DPC_STATUS_TRIGGERED | reason | (interrupts != 0 ? (uint32_t)DPC_STATUS_INTERRUPT : 0));
    config_space_set(bridge->config, dpc + DPC_SOURCE, 2, source);
    switch_cut_bridge(mr_switch, virtual_switch->vh, (uint32_t)index, BRIDGE_CUT_DPC);
}

void bridge_report(
    struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int index, const struct error_report *report)
{
    struct virtual_bridge *bridge = &virtual_switch->bridges[index];
    if (bridge->config == NULL)
        return;
    uint8_t message = error_report_log(bridge->config, bridge->config, report);
    if (message == 0)
        return;
    uint16_t id = bridge_config_id(virtual_switch, (uint32_t)index);
    send_up(mr_switch, virtual_switch, message, id);
    if (is_contained(bridge, message))
        contain(mr_switch, virtual_switch, index, REASON_OWN_ERROR, id);
}

/* Whether BRIDGE lets messages from below pass (6.2.5; its own Bridge Control). */
static bool forwards(const struct virtual_bridge *bridge)
{
    return bridge->config == NULL ||
           (config_space_get(bridge->config, CONFIG_BRIDGE_CONTROL, 2) & BRIDGE_CONTROL_SERR) != 0;
}

/* Logs what MESSAGE is about at the function that sends it. False when nobody is told. */
static bool log_for_function(const struct translator *translator, uint16_t vh, struct tlp *message)
{
    const struct config_device *device = &translator->hierarchies[vh].device;
    struct config_space *function = config_device_find(device, message->requester_id);
    const struct error_report report = {
        .error = message->payload, .advisory = message->byte_enables == MESSAGE_ERR_COR};
    if (function == NULL || report.error == 0)
        return true;
    uint8_t told = error_report_log(function, function, &report);
    message->payload = 0;
    message->byte_enables = told;
    return told != 0;
}

bool bridge_takes_message(
    struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int from, struct tlp *message)
{
    if (from == VIRTUAL_SWITCH_UPSTREAM)
        return true; /* nobody sends one down: it is routed nowhere */
    const struct virtual_bridge *bridge = &virtual_switch->bridges[from];
    const struct translator *translator = virtual_switch_translator(virtual_switch, from);
    if (translator != NULL && !log_for_function(translator, virtual_switch->vh, message))
        return false;
    if (is_contained(bridge, message->byte_enables)) {
        bool fatal = message->byte_enables == MESSAGE_ERR_FATAL;
        contain(
            mr_switch, virtual_switch, from, fatal ? REASON_FATAL_MESSAGE : REASON_NONFATAL_MESSAGE,
            message->requester_id);
        return false;
    }
    return forwards(bridge) && forwards(&virtual_switch->bridges[VIRTUAL_SWITCH_UPSTREAM]);
}

void bridge_apply_dpc(struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int index)
{
    const struct virtual_bridge *bridge = &virtual_switch->bridges[index];
    uint16_t dpc = dpc_of(bridge);
    if (dpc != 0 && (bridge->cuts & BRIDGE_CUT_DPC) != 0 &&
        (config_space_get(bridge->config, dpc + DPC_STATUS, 2) & DPC_STATUS_TRIGGERED) == 0)
        switch_join_bridge(mr_switch, virtual_switch->vh, (uint32_t)index, BRIDGE_CUT_DPC);
}
