/* Adapter commands: what MR-PCIM can have an adapter do: the command registers (fabric/pcie/command_registers.h) of an
 * mr-iov adapter's base function, or of an sr-iov adapter's PF. **This project's own.**
 *
 * A function is a PF (from 0; an sr-iov adapter has PF 0 only) in bits 15:0 of the first argument and a VF (from 1; 0:
 * the PF itself) in 31:16. A command that names what is not there is INVALID_ARGUMENT. */
#ifndef FABRIC_ADAPTER_ADAPTER_COMMANDS_H
#define FABRIC_ADAPTER_ADAPTER_COMMANDS_H

#include <stdint.h>

#include "fabric/adapter/adapter.h"
#include "fabric/pcie/command_registers.h"

#define ADAPTER_COMMANDS_ID 0x0001

enum adapter_command {
    /* PF, VH (15:0; ADAPTER_OPEN_VFS_MIGRATE: its VFs migrate), VFs (15:0 InitialVFs, 31:16 TotalVFs). The PF is in
     * that hierarchy from now on, at its reset values, with InitialVFs VFs; the others may come by ADAPTER_MIGRATE_VF.
     * INVALID_ARGUMENT: TotalVFs is less, or is more and VFs do not migrate; ALREADY_ASSIGNED while the PF is in
     * another or the hierarchy has another; RESOURCES_EXHAUSTED: so many VFs are not free. Of mr-iov adapters. */
    ADAPTER_OPEN_HIERARCHY = 1,
    /* PF. It and its VFs stop, are reset, and are in no hierarchy when the command ends. Of mr-iov adapters. */
    ADAPTER_CLOSE_HIERARCHY = 2,
    /* Function: a function-level reset, of a PF with its VFs. Ends when the function works again. OK at once for one
     * that is in no hierarchy. */
    ADAPTER_RESET_FUNCTION = 3,
    /* Function (a VF), state wanted (fabric/pcie/vf_migration.h): offers it to the PF's host, retracts that, asks it
     * back or takes that back, and tells the host (fabric/adapter/vf_array.h, which says what is refused how). Of
     * mr-iov adapters. */
    ADAPTER_MIGRATE_VF = 4,
    /* Function. Result: bits of enum adapter_function_state, and its VH in 31:16. */
    ADAPTER_GET_FUNCTION = 5,
    /* Function, weight (1 or more): its share where the adapter's functions take turns. */
    ADAPTER_SET_WEIGHT = 6,
    /* Function, payload that it must be able to move and may move at most, each way, in units of COMMAND_RATE_BPS; 0:
     * none. */
    ADAPTER_SET_LIMITS = 7,
    /* Function (a VF), VH: it works for that hierarchy, where the chassis has given it a place
     * (fabric/switch/switch_commands.h). NOT_ASSIGNED: it has not. Of sr-iov adapters. */
    ADAPTER_ENTER_HIERARCHY = 8,
    /* Function (a VF). It stops, and works for nobody, before the chassis takes its place away. Of sr-iov adapters. */
    ADAPTER_LEAVE_HIERARCHY = 9,
    /* Function (a VF). Result: its state (fabric/pcie/vf_migration.h). NOT_ASSIGNED: its PF is in no hierarchy. Of
     * mr-iov adapters. */
    ADAPTER_GET_VF = 10,
};

/* Of ADAPTER_OPEN_HIERARCHY. */
#define ADAPTER_OPEN_VFS_MIGRATE (UINT32_C(1) << 31)

enum adapter_function_state {
    ADAPTER_FUNCTION_IN_HIERARCHY = 0x1,
    ADAPTER_FUNCTION_QUIET = 0x2, /* nothing of it is in flight */
};

/* MR-PCIM's block of an adapter, in the registers of space 0. */
struct adapter_commands {
    struct command_registers registers;
    struct component component;
    struct event reset_over;            /* of the function that a command resets */
    struct adapter *adapter;            /* not owned */
    struct config_device_config device; /* a PF and its VFs, as hierarchies see them */
    uint16_t pf_count;
    uint16_t *vh_of_pf; /* the hierarchy that each is in; 0: none. Owned */
};

/* Gives ADAPTER, whose space 0 has been presented to VH 0, its command registers. It has PF_COUNT PFs; DEVICE is what
 * one that comes to a hierarchy is, but for its VFs. */
void adapter_commands_init(struct adapter *adapter, uint16_t pf_count, const struct config_device_config *device);
void adapter_commands_free(struct adapter_commands *commands);

/* PF is in hierarchy VH from the beginning. */
void adapter_commands_found(struct adapter *adapter, uint16_t pf, uint16_t vh);

/* The first argument of a command. */
static inline uint32_t adapter_commands_function(uint16_t pf, uint16_t vf)
{
    return pf | (uint32_t)vf << 16;
}

#endif
