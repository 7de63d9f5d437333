/* Chassis port: what MR-PCIM can ask a chassis: switch commands (fabric/switch/switch_commands.h, which says what each
 * means and answers), asynchronously (fabric/pcim/command_port.h): COMMAND is the caller's, with `done` set. */
#ifndef FABRIC_PCIM_CHASSIS_PORT_H
#define FABRIC_PCIM_CHASSIS_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcim/command_port.h"
#include "fabric/switch/slot.h"
#include "fabric/switch/switch_commands.h"

struct chassis_port {
    struct command_port commands; /* of the upstream bridge of VH 0 */
};

/* PORT: a port number of the chassis. OCCUPIED: the slot behind the bridge has something in it from the start. */
void chassis_port_show_bridge(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port, bool occupied);
void chassis_port_hide_bridge(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port);

/* SLOT: bits of enum switch_slot. */
void chassis_port_set_slot(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port, uint32_t slot);

/* WHAT becomes of the function in PLACE of what is in the slot: its host is told. */
void chassis_port_change_place(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port, uint8_t place,
    enum slot_place what);

/* command->result: bits of enum switch_bridge_state. */
void chassis_port_get_bridge(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port);

/* VH: whose, of a hot reset; SWITCH_ALL_HIERARCHIES otherwise. */
void chassis_port_control(
    struct chassis_port *chassis, struct management_command *command, uint32_t port, enum switch_port_action action,
    uint32_t vh);

/* VF of the sr-iov adapter at PORT, from 1. command->result of placing: its function number in the hierarchy. */
void chassis_port_place_vf(
    struct chassis_port *chassis, struct management_command *command, uint32_t port, uint16_t vf, uint16_t vh);
void chassis_port_unplace_vf(
    struct chassis_port *chassis, struct management_command *command, uint32_t port, uint16_t vf);

/* PORT of an exclusive adapter: VH's from now on, with VFS VFs; 0: nobody's. */
void chassis_port_turn(
    struct chassis_port *chassis, struct management_command *command, uint32_t port, uint16_t vh, uint32_t vfs);

void chassis_port_set_weight(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port, uint32_t weight);

/* Payload that the hierarchy must be able to move and may move at most through PORT, each way; 0: none. */
void chassis_port_set_limits(
    struct chassis_port *chassis, struct management_command *command, uint16_t vh, uint32_t port, uint64_t min_bps,
    uint64_t max_bps);

#endif
