#include "fabric/pcim/adapter_port.h"

#define TOTAL_VFS_SHIFT 16

static void submit(
    struct adapter_port *adapter, struct management_command *command, enum adapter_command opcode,
    uint8_t argument_count, const uint32_t *arguments)
{
    command->opcode = (uint8_t)opcode;
    command->argument_count = argument_count;
    for (uint32_t i = 0; i < argument_count; i++)
        command->arguments[i] = arguments[i];
    command_port_submit(&adapter->commands, command);
}

void adapter_port_open(
    struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vh, uint16_t initial_vfs,
    uint16_t total_vfs, bool vfs_migrate)
{
    uint32_t where = vh | (vfs_migrate ? ADAPTER_OPEN_VFS_MIGRATE : 0);
    uint32_t vfs = initial_vfs | (uint32_t)total_vfs << TOTAL_VFS_SHIFT;
    submit(
        adapter, command, ADAPTER_OPEN_HIERARCHY, 3, (const uint32_t[]){adapter_commands_function(pf, 0), where, vfs});
}

void adapter_port_close(struct adapter_port *adapter, struct management_command *command, uint16_t pf)
{
    submit(adapter, command, ADAPTER_CLOSE_HIERARCHY, 1, (const uint32_t[]){adapter_commands_function(pf, 0)});
}

void adapter_port_enter(struct adapter_port *adapter, struct management_command *command, uint16_t vf, uint16_t vh)
{
    submit(adapter, command, ADAPTER_ENTER_HIERARCHY, 2, (const uint32_t[]){adapter_commands_function(0, vf), vh});
}

void adapter_port_leave(struct adapter_port *adapter, struct management_command *command, uint16_t vf)
{
    submit(adapter, command, ADAPTER_LEAVE_HIERARCHY, 1, (const uint32_t[]){adapter_commands_function(0, vf)});
}

void adapter_port_reset(struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vf)
{
    submit(adapter, command, ADAPTER_RESET_FUNCTION, 1, (const uint32_t[]){adapter_commands_function(pf, vf)});
}

void adapter_port_migrate_vf(
    struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vf, enum vf_state wanted)
{
    submit(adapter, command, ADAPTER_MIGRATE_VF, 2, (const uint32_t[]){adapter_commands_function(pf, vf), wanted});
}

void adapter_port_get_vf(struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vf)
{
    submit(adapter, command, ADAPTER_GET_VF, 1, (const uint32_t[]){adapter_commands_function(pf, vf)});
}

void adapter_port_get_function(
    struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vf)
{
    submit(adapter, command, ADAPTER_GET_FUNCTION, 1, (const uint32_t[]){adapter_commands_function(pf, vf)});
}

void adapter_port_set_weight(
    struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vf, uint32_t weight)
{
    submit(adapter, command, ADAPTER_SET_WEIGHT, 2, (const uint32_t[]){adapter_commands_function(pf, vf), weight});
}

void adapter_port_set_limits(
    struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vf, uint64_t min_bps,
    uint64_t max_bps)
{
    submit(
        adapter, command, ADAPTER_SET_LIMITS, 3,
        (const uint32_t[]){
            adapter_commands_function(pf, vf), command_registers_rate(min_bps), command_registers_rate(max_bps)});
}
