#include "fabric/pcie/command_registers.h"

#include <criterion/criterion.h>

#include "fabric/base/check.h"
#include "fabric/pcie/config_header.h"

static struct config_layout layout;
static struct config_space space;
static struct command_registers registers;
static uint16_t base;

/* What was executed last, and what it is to say. */
static uint8_t opcode;
static uint32_t arguments[COMMAND_ARGUMENTS];
static uint32_t executions;
static struct command_outcome outcome;

static struct command_outcome
execute(struct command_registers *of, uint8_t code, const uint32_t with[COMMAND_ARGUMENTS])
{
    cr_assert_eq(of, &registers);
    opcode = code;
    for (int i = 0; i < COMMAND_ARGUMENTS; i++)
        arguments[i] = with[i];
    executions++;
    return outcome;
}

static const struct command_registers_ops ops = {.name = "test", .execute = execute};

static void start(void)
{
    config_layout_init(&layout);
    config_header_endpoint(&layout, &(struct config_endpoint){0});
    base = command_registers_add(&layout, 0x0077);
    config_space_init(&space, &layout, NULL);
    command_registers_init(&registers, &ops, &space);
    executions = 0;
}

static void end(void)
{
    config_space_free(&space);
}

static void write(uint16_t offset, uint8_t enables, uint32_t value)
{
    config_space_write(&space, (uint16_t)(base + offset), enables, value);
    command_registers_written(&registers);
}

static uint32_t read(uint16_t offset)
{
    return config_space_read(&space, (uint16_t)(base + offset));
}

TestSuite(command_registers, .init = start, .fini = end);

Test(command_registers, a_command_that_ends_at_once)
{
    outcome = (struct command_outcome){.status = STATUS_BUSY, .result = 0x12345678};
    write(COMMAND_REGISTERS_ARGUMENTS, 0xf, 11);
    write(COMMAND_REGISTERS_ARGUMENTS + 4, 0xf, 22);
    write(COMMAND_REGISTERS_ARGUMENTS + 8, 0xf, 33);
    cr_assert_eq(executions, 0, "not before go");
    write(COMMAND_REGISTERS_COMMAND, 0xf, 0x55 | COMMAND_REGISTERS_GO);
    cr_assert(executions == 1 && opcode == 0x55);
    cr_assert(arguments[0] == 11 && arguments[1] == 22 && arguments[2] == 33);
    cr_assert_eq(read(COMMAND_REGISTERS_COMMAND), 0x55, "go reads as 0 again");
    cr_assert_eq(read(COMMAND_REGISTERS_STATUS), STATUS_BUSY | 1u << COMMAND_REGISTERS_ENDED_SHIFT);
    cr_assert_eq(read(COMMAND_REGISTERS_RESULT), 0x12345678);
}

Test(command_registers, while_one_goes_on_writes_change_nothing)
{
    outcome = (struct command_outcome){.busy = true};
    write(COMMAND_REGISTERS_ARGUMENTS, 0xf, 7);
    write(COMMAND_REGISTERS_COMMAND, 0xf, 1 | COMMAND_REGISTERS_GO);
    for (int i = 0; i < 3; i++) {
        write(COMMAND_REGISTERS_COMMAND, 0xf, 2 | COMMAND_REGISTERS_GO);
        write(COMMAND_REGISTERS_ARGUMENTS, 0xf, 8);
        write(COMMAND_REGISTERS_STATUS, 0xf, 0);
    }
    cr_assert(executions == 1 && read(COMMAND_REGISTERS_COMMAND) == (1 | COMMAND_REGISTERS_GO));
    cr_assert(read(COMMAND_REGISTERS_ARGUMENTS) == 7 && read(COMMAND_REGISTERS_STATUS) == COMMAND_REGISTERS_UNDER_WAY);
    command_registers_end(&registers, STATUS_OK, 9);
    cr_assert_eq(read(COMMAND_REGISTERS_STATUS), STATUS_OK | 1u << COMMAND_REGISTERS_ENDED_SHIFT);
    cr_assert_eq(read(COMMAND_REGISTERS_RESULT), 9);
    write(COMMAND_REGISTERS_COMMAND, 0xf, 2 | COMMAND_REGISTERS_GO);
    cr_assert(executions == 2 && opcode == 2);
}

Test(command_registers, go_by_its_byte_alone_and_resets)
{
    outcome = (struct command_outcome){.status = STATUS_OK};
    write(COMMAND_REGISTERS_COMMAND, 0x1, 5);
    cr_assert_eq(executions, 0);
    write(COMMAND_REGISTERS_COMMAND, 0x8, COMMAND_REGISTERS_GO);
    cr_assert(executions == 1 && opcode == 5);
    write(COMMAND_REGISTERS_ARGUMENTS, 0xf, 77);
    config_space_reset(&space, CONFIG_RESET_CONVENTIONAL);
    cr_assert_eq(read(COMMAND_REGISTERS_ARGUMENTS), 77, "no reset that software can make");
    cr_assert_eq(executions, 1);
}

Test(command_registers, the_count_of_ended_ones_wraps)
{
    outcome = (struct command_outcome){.status = STATUS_OK};
    for (uint32_t i = 1; i <= 0x10002; i++) {
        write(COMMAND_REGISTERS_COMMAND, 0xf, COMMAND_REGISTERS_GO);
        cr_assert_eq(read(COMMAND_REGISTERS_STATUS) >> COMMAND_REGISTERS_ENDED_SHIFT, i & 0xffff);
    }
}
