/* Translator: how single VFs of an ordinary SR-IOV adapter come to be in different hierarchies.
 *
 * The adapter knows one hierarchy only, MR-PCIM's, with its PF and VFs at their native routing IDs and addresses. The
 * chassis port in front of it gives each VF a place in its owner's hierarchy, a synthesised function with an ID and a
 * BAR there, and rewrites what passes:
 *
 *   toward the adapter   a BAR's address: the owner's -> native; requester ID -> a proxy ID, since two hosts may both
 * be 00:00.0 with tag 5; completions: the function's ID -> native from the adapter     the hierarchy, by the native
 * requester ID (requests) or completer ID (completions); function IDs: native -> the owner's; completions: proxy ID ->
 * requester
 *
 * A slot is a function's place in a hierarchy: slot n has ID first_id + n and the n-th BAR of that hierarchy's window.
 */
#ifndef FABRIC_SWITCH_TRANSLATOR_H
#define FABRIC_SWITCH_TRANSLATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_device.h"
#include "fabric/pcie/fabric.h"
#include "fabric/pcie/tlp.h"

/* Proxy IDs are on buses that the adapter's own hierarchy does not use. */
#define TRANSLATOR_PROXY_FIRST 0x8000
#define TRANSLATOR_PROXIES_MAX 0x8000

struct translator_hierarchy {
    uint16_t first_id;
    uint32_t slot_count, slot_capacity;
    uint64_t bar_base;
    uint32_t *functions;         /* by slot: the function's native index; owned */
    struct config_device device; /* its functions' registers, by slot, as the hierarchy sees them; owned */
};

struct translator_function {
    uint16_t vh, id; /* in its owner's hierarchy; meaningless while it is not placed */
    bool placed;
};

struct translator_requester {
    uint16_t vh, id;
};

struct translator {
    uint16_t native_first_id; /* native function n has ID native_first_id + n ... */
    uint64_t native_bar_base; /* ... and the n-th BAR from here */
    uint64_t bar_bytes;
    uint32_t function_count;
    struct translator_function *functions; /* by native index; owned */
    uint32_t vh_count;
    struct translator_hierarchy *hierarchies; /* by VH number; owned */
    struct translator_requester *requesters;  /* by proxy ID, room for all, of which few are ever touched; owned */
    uint32_t requester_count;
};

void translator_init(
    struct translator *translator, uint32_t function_count, uint16_t native_first_id, uint64_t native_bar_base,
    uint64_t bar_bytes, uint32_t vh_count);
void translator_free(struct translator *translator);

/* Where the adapter's functions are in hierarchy VH. Once, before functions are placed there. */
void translator_open(struct translator *translator, uint16_t vh, uint16_t first_id, uint64_t bar_base);

/* Gives native function FUNCTION, which has none, a slot of VH: the lowest free one. It keeps it until it is unplaced,
 * whoever else comes and goes. Returns the slot. */
uint32_t translator_place(struct translator *translator, uint32_t function, uint16_t vh);

/* Takes FUNCTION's slot away: its registers are gone, requests to it find nobody, and what is under way of it in its
 * hierarchy is condemned (fabric/pcie/stale.h). Returns how many TLPs that were. */
uint32_t translator_unplace(struct translator *translator, struct fabric *fabric, uint32_t function);

/* The slot of FUNCTION, which is placed. */
uint32_t translator_slot(const struct translator *translator, uint32_t function);

/* Presents functions with registers in hierarchy VH, as many as CONFIG says. Once. */
void translator_present(
    struct translator *translator, uint16_t vh, struct config_shelf *shelf, const struct config_device_config *config);

/* Answers REQUEST, a configuration request of hierarchy VH that reached the port. */
enum tlp_status
translator_configure(struct translator *translator, uint16_t vh, const struct tlp *request, uint32_t *value);

/* Who the proxy ID that TLPs toward the adapter carry stands for, in its own hierarchy. */
uint16_t translator_requester(const struct translator *translator, uint16_t proxy);

/* Rewrites TLP, of hierarchy tlp->vh, on its way to the adapter. False when it is for no function placed there; then it
 * is as it was. */
bool translator_to_adapter(struct translator *translator, struct tlp *tlp);

/* Rewrites TLP from the adapter and sets its hierarchy. False when its function is placed nowhere, or when it answers a
 * request that was never made; then it is as it was. */
bool translator_from_adapter(const struct translator *translator, struct tlp *tlp);

#endif
