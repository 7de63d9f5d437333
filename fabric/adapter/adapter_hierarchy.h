/* Adapter hierarchy: how functions of an adapter come to a hierarchy and leave it while the rack runs, what their
 * registers make them do, and the proof that nothing of a hierarchy is left.
 *
 * Who owns what is MR-PCIM's to say: opening a hierarchy gives it a PF and VFs, closing takes them away. What they then
 * do is the hierarchy's software's to say, by their registers: VF Enable has VFs exist, Memory Space has BARs answer,
 * Bus Master has DMA engines issue, MPS and MRRS bound what they issue, D3hot stops both, and a function-level reset
 * starts over. All of it acts from the write on.
 *
 *     mr-iov      each hierarchy has a space of its own, numbered as the hierarchy: adapter_open_hierarchy()
 *     exclusive   there is one space, which is in one hierarchy at a time: the same calls
 *     sr-iov      the space is MR-PCIM's and stays; single VFs are in hierarchies: adapter_enter() and adapter_leave(),
 *                 with their registers in the chassis's port (fabric/switch/translator.h)
 *
 * A function that leaves stops at once: what it has queued is dropped, its operations fail, its tags are free. What it
 * has under way elsewhere is condemned (fabric/pcie/stale.h): who gets it next drops it as stale. So a function may
 * enter another hierarchy in the very same picosecond. */
#ifndef FABRIC_ADAPTER_ADAPTER_HIERARCHY_H
#define FABRIC_ADAPTER_ADAPTER_HIERARCHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/adapter/adapter.h"

/* What a function that left had under way. */
struct adapter_left {
    uint32_t operations; /* that have failed, their sources told */
    uint32_t tlps;       /* dropped or condemned */
};

/* Gives hierarchy VH functions of ADAPTER, whose registers are as DEVICE says and reset: a PF in slot 0, VFs from slot
 * 1 on, each (but those that come later: fabric/adapter/vf_array.h) with an inactive function of the adapter, of which
 * there must be enough (adapter_free_functions()).
 * WEIGHT: their share at the adapter's port. Nobody has an ID or an address yet: software programs them. Not for
 * sr-iov. The port of a chassis in front of an exclusive adapter is the caller's to turn to VH (switch_port.vh). */
void adapter_open_hierarchy(
    struct adapter *adapter, uint16_t vh, const struct config_device_config *device, uint32_t weight);

/* Takes them away. The hierarchy's number may be opened again at once. */
struct adapter_left adapter_close_hierarchy(struct adapter *adapter, uint16_t vh);

/* True between the two. */
bool adapter_has_hierarchy(const struct adapter *adapter, uint16_t vh);

/* How many functions nobody has, and the first of them. */
uint32_t adapter_free_functions(const struct adapter *adapter);
uint32_t adapter_free_function(const struct adapter *adapter);

/* The function in SLOT of hierarchy VH; NULL: nobody there. */
struct function *adapter_function(const struct adapter *adapter, uint16_t vh, uint32_t slot);

/* sr-iov: native function FUNCTION (1 and up: a VF) has been placed in hierarchy VH by the adapter's TRANSLATOR
 * (translator_place()), or is to leave it, before translator_unplace(). */
struct function *adapter_enter(struct adapter *adapter, uint32_t function, uint16_t vh, uint32_t weight);
struct adapter_left adapter_leave(struct adapter *adapter, uint32_t function);

/* sr-iov: ADAPTER does what software writes to the registers that TRANSLATOR presents. MPS and MRRS: its PF's, which
 * those of a VF do not exceed. */
struct translator;
void adapter_follow(struct adapter *adapter, struct translator *translator, uint32_t mps, uint32_t mrrs);

/* A function-level reset of FUNCTION, of ADAPTER, other than by its registers: MR-PCIM's. The registers are reset too.
 * Over after the adapter's `flr_delay_ps`: until then the function answers configuration requests with Retry Status and
 * nothing else. Of a PF: its VFs vanish. */
struct adapter_left function_reset(struct function *function);

#endif
