/* Command port: MR-PCIM's end of a block of command registers (fabric/pcie/command_registers.h): commands in line, one
 * under way.
 *
 *     static void opened(struct management_command *command)
 *     {
 *         if (command->status != STATUS_OK) ...
 *     }
 *
 *     step->command.done = opened;
 *     adapter_port_open(&adapter_port, &step->command, pf, vh, 4, 4);       (fabric/pcim/adapter_port.h)
 *
 * A command is a few configuration writes, then reads of its status until it has ended: at once, then at growing
 * distances, a millisecond at most. It takes the time of these TLPs. The caller owns the command, which must stay until
 * DONE is called; DONE may reuse and submit it again. */
#ifndef FABRIC_PCIM_COMMAND_PORT_H
#define FABRIC_PCIM_COMMAND_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/status.h"
#include "fabric/pcie/command_registers.h"
#include "fabric/pcim/management_port.h"

struct management_command {
    struct management_command *next; /* the port's */
    uint8_t opcode;
    uint8_t argument_count; /* that are written */
    uint32_t arguments[COMMAND_ARGUMENTS];

    /* Set when it has ended: */
    enum status status; /* the hardware's; UNAVAILABLE when it was not reached */
    bool timed_out;     /* it was not reached: no answer within the completion timeout, otherwise nobody is there */
    uint32_t result;
    uint64_t started_ps, ended_ps;
    uint32_t requests; /* configuration requests that it took */

    /* Called at the end, never from within a submit; set by the caller. */
    void (*done)(struct management_command *command);
};

struct command_port {
    struct management_port *management; /* not owned */
    uint16_t id;                        /* routing ID of the function with the block, in VH 0 */
    uint16_t base;                      /* of the block in its registers; 0: it has none */
    struct component component;
    struct event poll;
    struct config_request request;
    struct management_command *first, *last; /* in line; the first is under way */
    uint32_t step;                           /* of the first: which register is next */
    uint64_t gone_ps;                        /* when it has been started */
    uint64_t distance_ps;                    /* to the next look at its status, where nobody says how long it takes */
};

/* The commands of function ID below MANAGEMENT, whose block is at BASE (0: none: every command is UNSUPPORTED). */
void command_port_init(struct command_port *port, struct management_port *management, uint16_t id, uint16_t base);

/* Puts COMMAND, whose opcode, arguments and `done` are set, in line. */
void command_port_submit(struct command_port *port, struct management_command *command);

#endif
