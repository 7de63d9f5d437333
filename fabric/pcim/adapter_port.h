/* Adapter port: what MR-PCIM can ask an adapter: the commands of its base function or, of an sr-iov adapter, its PF
 * (fabric/adapter/adapter_commands.h, which says what each means and answers), asynchronously
 * (fabric/pcim/command_port.h): COMMAND is the caller's, with `done` set. */
#ifndef FABRIC_PCIM_ADAPTER_PORT_H
#define FABRIC_PCIM_ADAPTER_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/adapter/adapter_commands.h"
#include "fabric/pcie/vf_migration.h"
#include "fabric/pcim/command_port.h"

struct adapter_port {
    struct command_port commands; /* of the base function, or the PF */
};

/* PF of an mr-iov adapter into hierarchy VH, with VFs: so many when it opens, and so many at most, which are no more
 * unless they may migrate. */
void adapter_port_open(
    struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vh, uint16_t initial_vfs,
    uint16_t total_vfs, bool vfs_migrate);
void adapter_port_close(struct adapter_port *adapter, struct management_command *command, uint16_t pf);

/* VF, from 1, of an sr-iov adapter: after the chassis has given it a place, and before it takes that away. */
void adapter_port_enter(struct adapter_port *adapter, struct management_command *command, uint16_t vf, uint16_t vh);
void adapter_port_leave(struct adapter_port *adapter, struct management_command *command, uint16_t vf);

/* VF from 1; 0: the PF itself. */
void adapter_port_reset(struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vf);
void adapter_port_migrate_vf(
    struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vf, enum vf_state wanted);

/* command->result: enum vf_state. */
void adapter_port_get_vf(struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vf);

/* command->result: bits of enum adapter_function_state, and its VH in 31:16. */
void adapter_port_get_function(
    struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vf);
void adapter_port_set_weight(
    struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vf, uint32_t weight);

/* Payload that it must be able to move and may move at most, each way, in bit/s; 0: none. */
void adapter_port_set_limits(
    struct adapter_port *adapter, struct management_command *command, uint16_t pf, uint16_t vf, uint64_t min_bps,
    uint64_t max_bps);

#endif
