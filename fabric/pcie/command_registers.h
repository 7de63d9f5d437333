/* Command registers: how MR-PCIM has hardware do something: a block of registers, in a designated vendor-specific
 * capability of this project's own, in a function that only MR-PCIM's hierarchy has:
 *
 *     08h  15:0 which commands the block takes (fabric/switch/switch_commands.h, fabric/adapter/adapter_commands.h)
 *     0Ch  7:0 command; 31 go: written as 1 it starts the command, and reads as 1 until that has ended
 *     10h, 14h, 18h  arguments
 *     1Ch  7:0 status of the last command: a code of fabric/base/status.h; 8 a command is under way;
 *          31:16 commands that have ended
 *     20h  result of the last command; while one is under way: the ns that it takes in all, 0 where that is not known
 *
 * While a command is under way (go reads as 1) writes change nothing. No reset changes the block. What a command does
 * is its owner's: it ends it at once, or says BUSY and calls command_registers_end() later. */
#ifndef FABRIC_PCIE_COMMAND_REGISTERS_H
#define FABRIC_PCIE_COMMAND_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/status.h"
#include "fabric/pcie/config_layout.h"
#include "fabric/pcie/config_space.h"

/* Rates in arguments are in units of this many bits a second. */
#define COMMAND_RATE_BPS UINT64_C(1000)

/* A rate as an argument: rounded up, and no more than fits. */
static inline uint32_t command_registers_rate(uint64_t bps)
{
    uint64_t units = bps / COMMAND_RATE_BPS + (bps % COMMAND_RATE_BPS != 0);
    return units > UINT32_MAX ? UINT32_MAX : (uint32_t)units;
}

#define COMMAND_ARGUMENTS 3

/* Offsets from the start of the capability. */
enum {
    COMMAND_REGISTERS_COMMAND = 0x0c,
    COMMAND_REGISTERS_ARGUMENTS = 0x10,
    COMMAND_REGISTERS_STATUS = 0x1c,
    COMMAND_REGISTERS_RESULT = 0x20,
    COMMAND_REGISTERS_BYTES = 0x24,
};

#define COMMAND_REGISTERS_OPCODE UINT32_C(0x000000ff)
#define COMMAND_REGISTERS_GO UINT32_C(0x80000000)
#define COMMAND_REGISTERS_STATUS_CODE UINT32_C(0x000000ff)
#define COMMAND_REGISTERS_UNDER_WAY UINT32_C(0x00000100)
#define COMMAND_REGISTERS_ENDED_SHIFT 16

struct command_registers;

/* What a command says. */
struct command_outcome {
    bool busy;          /* it goes on: command_registers_end() ends it; `result` is how long that takes, in ns */
    enum status status; /* otherwise this */
    uint32_t result;    /* and this */
};

struct command_registers_ops {
    const char *name;
    /* Does command OPCODE. A code that is not known is UNSUPPORTED. */
    struct command_outcome (*execute)(
        struct command_registers *registers, uint8_t opcode, const uint32_t arguments[COMMAND_ARGUMENTS]);
};

/* One block as hardware has it; part of who executes its commands. */
struct command_registers {
    const struct command_registers_ops *ops;
    struct config_space *space; /* that the block is in; not owned */
    uint16_t base;              /* of the block in it */
    bool executing;
};

/* Adds the block of commands ID to LAYOUT. Returns its offset. */
uint16_t command_registers_add(struct config_layout *layout, uint16_t id);

/* The block of SPACE, whose layout must have one. */
void command_registers_init(
    struct command_registers *registers, const struct command_registers_ops *ops, struct config_space *space);

/* Software has written to SPACE: a command may have been started. */
void command_registers_written(struct command_registers *registers);

/* The command that was BUSY has ended. */
void command_registers_end(struct command_registers *registers, enum status status, uint32_t result);

#endif
