/* Switch commands: what MR-PCIM can have a chassis do: the command registers (fabric/pcie/command_registers.h) of its
 * upstream bridge in VH 0. **This project's own.**
 *
 * A port is a port number of the chassis. A command that names what is not there is INVALID_ARGUMENT or NOT_FOUND; one
 * for which the chassis has no means is UNSUPPORTED. All but the resets end at once. */
#ifndef FABRIC_SWITCH_SWITCH_COMMANDS_H
#define FABRIC_SWITCH_SWITCH_COMMANDS_H

#include <stdint.h>

#include "fabric/switch/switch.h"

#define SWITCH_COMMANDS_ID 0x0002

enum switch_command {
    /* VH, port, 0: its slot is empty, 1: occupied. The hierarchy has the bridge at that port, closed, from now on. OK
     * when it had. */
    SWITCH_SHOW_BRIDGE = 1,
    /* VH, port. The hierarchy does not have it any more. OK when it had not. */
    SWITCH_HIDE_BRIDGE = 2,
    /* VH, port, bits of enum switch_slot: what is in its slot, and whether the attention button is pressed, or is as if
     * it had not been. Result: SWITCH_SLOT_TAKE_BACK where that was in time. NOT_FOUND where the bridge is not shown,
     * UNSUPPORTED where it has no slot. */
    SWITCH_SET_SLOT = 3,
    /* VH, port. Result: bits of enum switch_bridge_state. */
    SWITCH_GET_BRIDGE = 4,
    /* Port, enum switch_port_action, VH (hot reset: of that hierarchy; SWITCH_ALL_HIERARCHIES: of all). */
    SWITCH_CONTROL_PORT = 5,
    /* Port of an sr-iov adapter, VF from 1, VH. Result: the VF's place there, its function number. ALREADY_ASSIGNED
     * while it has one. */
    SWITCH_PLACE_VF = 6,
    /* Port, VF. OK when it had no place. */
    SWITCH_UNPLACE_VF = 7,
    /* VH, port, weight (1 or more) of what the hierarchy moves through that port. */
    SWITCH_SET_WEIGHT = 8,
    /* VH, port, a place (7:0) of what is in its slot and what becomes of the function there (15:8: enum slot_place of
     * fabric/switch/slot.h): the host is told. */
    SWITCH_CHANGE_PLACE = 9,
    /* VH (15:0) and port (31:16), payload that the hierarchy must be able to move and may move at most through that
     * port, each way, in units of COMMAND_RATE_BPS; 0: none. */
    SWITCH_SET_LIMITS = 10,
    /* Port of an exclusive adapter, VH (0: nobody's), VFs: the port leads to that hierarchy from now on, and the
     * adapter begins anew there; result: how long it is reset for, in ns. RESOURCES_EXHAUSTED: it has fewer VFs. */
    SWITCH_TURN_PORT = 11,
};

#define SWITCH_LIMITS_VH UINT32_C(0xffff)
#define SWITCH_LIMITS_PORT_SHIFT 16

#define SWITCH_PLACE UINT32_C(0xff)
#define SWITCH_PLACE_CHANGE_SHIFT 8

enum switch_slot {
    SWITCH_SLOT_OCCUPIED = 0x1,
    SWITCH_SLOT_ATTENTION = 0x2, /* its attention button is pressed */
    SWITCH_SLOT_TAKE_BACK = 0x4, /* that it was pressed is taken back, if the host has not read of it */
};

enum switch_bridge_state {
    SWITCH_BRIDGE_SHOWN = 0x1,
    SWITCH_BRIDGE_OCCUPIED = 0x2,
    SWITCH_BRIDGE_POWERED = 0x4, /* its host has the slot's power on */
    SWITCH_BRIDGE_LINK_UP = 0x8, /* and sees a link below */
};

enum switch_port_action {
    SWITCH_PORT_DISABLE,
    SWITCH_PORT_ENABLE,
    SWITCH_PORT_RETRAIN,
    SWITCH_PORT_HOT_RESET,
};

#define SWITCH_ALL_HIERARCHIES UINT32_C(0xffff)

/* Gives MR_SWITCH its command registers: those of the upstream bridge of VH 0, which has been added and manages. */
void switch_commands_init(struct mr_switch *mr_switch);

#endif
