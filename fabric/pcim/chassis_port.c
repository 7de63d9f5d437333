#include "fabric/pcim/chassis_port.h"

static void submit(
    struct chassis_port *chassis, struct management_command *command, enum switch_command opcode,
    uint8_t argument_count, const uint32_t *arguments)
{
    command->opcode = (uint8_t)opcode;
    command->argument_count = argument_count;
    for (uint32_t i = 0; i < argument_count; i++)
        command->arguments[i] = arguments[i];
    command_port_submit(&chassis->commands, command);
}

void chassis_port_show_bridge(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port, bool occupied)
{
    submit(chassis, command, SWITCH_SHOW_BRIDGE, 3, (const uint32_t[]){vh, port, occupied});
}

void chassis_port_hide_bridge(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port)
{
    submit(chassis, command, SWITCH_HIDE_BRIDGE, 2, (const uint32_t[]){vh, port});
}

void chassis_port_set_slot(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port, uint32_t slot)
{
    submit(chassis, command, SWITCH_SET_SLOT, 3, (const uint32_t[]){vh, port, slot});
}

void chassis_port_change_place(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port, uint8_t place,
    enum slot_place what)
{
    uint32_t change = place | (uint32_t)what << SWITCH_PLACE_CHANGE_SHIFT;
    submit(chassis, command, SWITCH_CHANGE_PLACE, 3, (const uint32_t[]){vh, port, change});
}

void chassis_port_get_bridge(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port)
{
    submit(chassis, command, SWITCH_GET_BRIDGE, 2, (const uint32_t[]){vh, port});
}

void chassis_port_control(
    struct chassis_port *chassis, struct management_command *command, uint32_t port, enum switch_port_action action,
    uint32_t vh)
{
    submit(chassis, command, SWITCH_CONTROL_PORT, 3, (const uint32_t[]){port, action, vh});
}

void chassis_port_place_vf(
    struct chassis_port *chassis, struct management_command *command, uint32_t port, uint16_t vf, uint16_t vh)
{
    submit(chassis, command, SWITCH_PLACE_VF, 3, (const uint32_t[]){port, vf, vh});
}

void chassis_port_unplace_vf(
    struct chassis_port *chassis, struct management_command *command, uint32_t port, uint16_t vf)
{
    submit(chassis, command, SWITCH_UNPLACE_VF, 2, (const uint32_t[]){port, vf});
}

void chassis_port_turn(
    struct chassis_port *chassis, struct management_command *command, uint32_t port, uint16_t vh, uint32_t vfs)
{
    submit(chassis, command, SWITCH_TURN_PORT, 3, (const uint32_t[]){port, vh, vfs});
}

void chassis_port_set_weight(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port, uint32_t weight)
{
    submit(chassis, command, SWITCH_SET_WEIGHT, 3, (const uint32_t[]){vh, port, weight});
}

void chassis_port_set_limits(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port, uint64_t min_bps,
    uint64_t max_bps)
{
    submit(
        chassis, command, SWITCH_SET_LIMITS, 3,
        (const uint32_t[]){
            vh | port << SWITCH_LIMITS_PORT_SHIFT, command_registers_rate(min_bps), command_registers_rate(max_bps)});
}
