/* Adapter space: the functions of an adapter that one hierarchy has: where their BARs are, their registers, and what
 * those make them do.
 *
 * Registers, where a space has them, act from the write on: VF Enable has VFs exist, Memory Space has BARs answer, Bus
 * Master has functions issue, MPS and MRRS (of a VF: its PF's) bound what they issue, D3hot stops both, and a
 * function-level reset begins anew: nothing is answered but configuration requests, and those by Retry Status, until it
 * is over.
 *
 * Part of its adapter. */
#ifndef FABRIC_ADAPTER_ADAPTER_SPACE_H
#define FABRIC_ADAPTER_ADAPTER_SPACE_H

#include <stdint.h>

#include "fabric/adapter/function.h"
#include "fabric/adapter/pf_memory.h"
#include "fabric/pcie/config_device.h"

/* The functions of one address space of the adapter: a PF, and the BARs of its VFs one after the other. With registers
 * these are where those say, from each write on. */
struct adapter_space {
    uint64_t pf_base, pf_bytes;  /* the PF's BAR, in slot 0; 0 bytes: it answers to no address */
    uint64_t vf_base, vf_bytes;  /* the BARs of all VFs, from slot 1 on */
    struct config_device device; /* the registers of all functions, by slot; none when empty */
    struct adapter *adapter;     /* not owned; set with registers */
    struct pf_memory *memory;    /* the PF's registers behind its BAR; owned; NULL: its VFs do not migrate */
    uint16_t vh;                 /* the hierarchy that the registers are in */
    uint32_t slot_count;
    struct function **slots; /* owned array; NULL: nobody there */
};

/* Makes SLOT_COUNT places for functions at BAR_BASE of address space SPACE. */
void adapter_open_space(struct adapter *adapter, uint32_t space, uint64_t bar_base, uint32_t slot_count);

/* Gives SPACE, which is open and whose port is connected, registers in hierarchy VH: a function a slot, as CONFIG says,
 * which answer to no address until software has programmed one. */
void adapter_present(struct adapter *adapter, uint32_t space, uint16_t vh, const struct config_device_config *config);

/* The registers of SPACE have changed other than by a request. */
void adapter_apply(struct adapter *adapter, uint32_t space);

/* The PF of SPACE is being reset: its registers behind its BAR too. */
void adapter_reset_memory(struct adapter_space *space);

/* Resets all that hierarchy VH has in the adapter of PORT, registers too; over after the time of a function-level
 * reset. For the adapter's port. */
void adapter_on_reset(struct port *port, uint16_t vh);

/* Activates function INDEX in place SLOT of SPACE. */
struct function *adapter_activate(
    struct adapter *adapter, uint32_t index, uint32_t space, uint32_t slot, const struct function_settings *settings);

#endif
