/* Translator: how single VFs of an ordinary SR-IOV adapter come to be in different hierarchies.
 *
 * The adapter knows one hierarchy only, MR-PCIM's, with its PF and VFs at their native routing IDs and addresses. The
 * chassis port in front of it gives each VF a place in its owner's hierarchy, a synthesised function with an ID and a
 * BAR there, and rewrites what passes:
 *
 *   toward the adapter   a BAR's address: the owner's -> native; requester ID -> a proxy ID, since two hosts may both
 *                        be 00:00.0 with tag 5; completions: the function's ID -> native
 *   from the adapter     the hierarchy, by the native requester ID (requests) or completer ID (completions); function
 *                        IDs: native -> the owner's; completions: proxy ID -> requester. What says no more than that
 *                        something failed goes to the requester also when the function has gone
 *
 * A slot is a function's place in a hierarchy: slot n has the n-th ID of the device that the hierarchy sees, and keeps
 * it while others come and go. Its BAR is where software has put it: mostly all of them in a row, the n-th for slot n.
 */
#ifndef FABRIC_SWITCH_TRANSLATOR_H
#define FABRIC_SWITCH_TRANSLATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_device.h"
#include "fabric/pcie/fabric.h"
#include "fabric/pcie/tlp.h"

/* Proxy IDs are on buses that the adapter's own hierarchy does not use; who answers another ID answers MR-PCIM. */
#define TRANSLATOR_PROXY_FIRST 0x8000
#define TRANSLATOR_PROXIES_MAX 0x8000

/* Native index of nobody. */
#define TRANSLATOR_NOBODY UINT32_MAX

/* What a slot is. */
struct translator_slot {
    uint32_t function; /* native index of who has it; TRANSLATOR_NOBODY: it is free */
    uint32_t decoder;  /* the same while its BAR answers, and is where the slot's would be in a row; otherwise nobody */
    uint64_t bar;      /* where it answers, unless `scattered` is false; TRANSLATOR_NO_BAR: nowhere */
};

#define TRANSLATOR_NO_BAR UINT64_MAX

struct translator;

struct translator_hierarchy {
    struct translator *translator; /* whose it is */
    uint16_t vh;
    uint16_t first_id;
    uint32_t slot_count, slot_capacity;
    uint64_t bar_base;             /* slot n answers at the n-th BAR from here ... */
    bool scattered;                /* ... unless software has put them elsewhere */
    struct translator_slot *slots; /* owned */
    struct config_device device;   /* its functions' registers, by slot, as the hierarchy sees them; owned */
};

/* Who does what software writes to the registers, and knows what they are to show; FUNCTION is a native index. */
struct translator_client {
    void (*changed)(void *owner, uint32_t function); /* what its registers let it do may have changed */
    void (*reset)(void *owner, uint32_t function);   /* a function-level reset begins */
    bool (*retries)(void *owner, uint32_t function); /* it is not ready */
    bool (*pending)(void *owner, uint32_t function); /* it waits for completions */
};

struct translator_function {
    uint16_t vh, id; /* in its owner's hierarchy; while it is not placed, where it was last */
    uint32_t slot;   /* likewise */
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
    const struct translator_client *client; /* NULL: nobody cares */
    void *client_owner;
};

void translator_init(
    struct translator *translator, uint32_t function_count, uint16_t native_first_id, uint64_t native_bar_base,
    uint64_t bar_bytes, uint32_t vh_count);
void translator_free(struct translator *translator);

/* Where the adapter's functions are in hierarchy VH, one after the other, where they have no registers. Once, before
 * functions are placed there. */
void translator_open(struct translator *translator, uint16_t vh, uint16_t first_id, uint64_t bar_base);

/* Gives native function FUNCTION, which has none, a slot of VH: the lowest free one. It keeps it until it is unplaced,
 * whoever else comes and goes. Returns the slot. */
uint32_t translator_place(struct translator *translator, uint32_t function, uint16_t vh);

/* Takes FUNCTION's slot away: its registers are gone, requests to it find nobody, and what is under way of it in its
 * hierarchy is condemned (fabric/pcie/stale.h). Returns how many TLPs that were. */
uint32_t translator_unplace(struct translator *translator, struct fabric *fabric, uint32_t function);

/* True when hierarchy VH has a free slot for one function more. */
bool translator_has_room(const struct translator *translator, uint16_t vh);

/* The slot of FUNCTION, which is placed, and the registers it has there; NULL: none. */
uint32_t translator_slot(const struct translator *translator, uint32_t function);
struct config_device *translator_registers(const struct translator *translator, uint32_t function);

/* Resets all that hierarchy VH has there, registers too. */
void translator_reset(struct translator *translator, uint16_t vh);

/* The registers of hierarchy VH have changed other than by a request. */
void translator_apply(struct translator *translator, uint16_t vh);

/* Presents functions with registers in hierarchy VH: as many as CONFIG says (which may be none) from slot 0 on, and
 * further ones as they are placed. Once. Where functions are is then what software makes of these registers. */
void translator_present(
    struct translator *translator, uint16_t vh, struct config_shelf *shelf, const struct config_device_config *config);

bool translator_is_presented(const struct translator *translator, uint16_t vh);

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
