#include "fabric/pcie/command_registers.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_designated.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ENDED_MASK 0xffffu

/* A command's registers are its own until it has ended. */
static uint32_t
allow(const struct config_space *space, const struct config_rule *rule, const struct config_write *write)
{
    uint32_t command = config_space_read(space, rule->offset);
    return command & COMMAND_REGISTERS_GO ? write->old : write->value;
}

uint16_t command_registers_add(struct config_layout *layout, uint16_t id)
{
    uint16_t base = capability_designated_add(layout, id, 0, COMMAND_REGISTERS_BYTES);
    const uint32_t command = COMMAND_REGISTERS_OPCODE | COMMAND_REGISTERS_GO;
    const struct config_register registers[] = {
        {COMMAND_REGISTERS_COMMAND, 4, .writable = command, .sticky = command},
        {COMMAND_REGISTERS_ARGUMENTS, 4, .writable = UINT32_MAX, .sticky = UINT32_MAX},
        {COMMAND_REGISTERS_ARGUMENTS + 4, 4, .writable = UINT32_MAX, .sticky = UINT32_MAX},
        {COMMAND_REGISTERS_ARGUMENTS + 8, 4, .writable = UINT32_MAX, .sticky = UINT32_MAX},
        {COMMAND_REGISTERS_STATUS, 4, .live = UINT32_MAX, .sticky = UINT32_MAX},
        {COMMAND_REGISTERS_RESULT, 4, .live = UINT32_MAX, .sticky = UINT32_MAX},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
    const struct config_rule rule = {
        .name = "command",
        .offset = (uint16_t)(base + COMMAND_REGISTERS_COMMAND),
        .bytes = COMMAND_REGISTERS_STATUS - COMMAND_REGISTERS_COMMAND,
        .allow = allow,
    };
    config_layout_add_rule(layout, &rule);
    return base;
}

void command_registers_init(
    struct command_registers *registers, const struct command_registers_ops *ops, struct config_space *space)
{
    uint16_t base = capability_find_extended(space->layout, EXTENDED_DESIGNATED_VENDOR);
    CHECK(base != 0);
    *registers = (struct command_registers){.ops = ops, .space = space, .base = base};
}

void command_registers_written(struct command_registers *registers)
{
    uint32_t command = config_space_read(registers->space, registers->base + COMMAND_REGISTERS_COMMAND);
    if (registers->executing || !(command & COMMAND_REGISTERS_GO))
        return;
    uint32_t arguments[COMMAND_ARGUMENTS];
    for (uint16_t i = 0; i < COMMAND_ARGUMENTS; i++)
        arguments[i] =
            config_space_read(registers->space, (uint16_t)(registers->base + COMMAND_REGISTERS_ARGUMENTS + i * 4));
    registers->executing = true;
    config_space_set_bits(registers->space, registers->base + COMMAND_REGISTERS_STATUS, 4, COMMAND_REGISTERS_UNDER_WAY);
    struct command_outcome outcome =
        registers->ops->execute(registers, (uint8_t)(command & COMMAND_REGISTERS_OPCODE), arguments);
    if (outcome.busy)
        config_space_set(registers->space, registers->base + COMMAND_REGISTERS_RESULT, 4, outcome.result);
    else
        command_registers_end(registers, outcome.status, outcome.result);
}

void command_registers_end(struct command_registers *registers, enum status status, uint32_t result)
{
    CHECK(registers->executing);
    registers->executing = false;
    uint16_t base = registers->base;
    uint32_t ended = config_space_read(registers->space, base + COMMAND_REGISTERS_STATUS);
    ended = ((ended >> COMMAND_REGISTERS_ENDED_SHIFT) + 1) & ENDED_MASK;
    config_space_set(
        registers->space, base + COMMAND_REGISTERS_STATUS, 4,
        (uint32_t)status | ended << COMMAND_REGISTERS_ENDED_SHIFT);
    config_space_set(registers->space, base + COMMAND_REGISTERS_RESULT, 4, result);
    config_space_clear_bits(registers->space, base + COMMAND_REGISTERS_COMMAND, 4, COMMAND_REGISTERS_GO);
}
