/* Ownership: who has which function at time zero, as a table to ask and to fill.
 *
 * Of each adapter: its PFs, and the VFs of each, indexed by number. Knows no text and no rule of who may have what
 * (build_assignments.c does). */
#ifndef HOSTSIM_RACK_OWNERSHIP_H
#define HOSTSIM_RACK_OWNERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostsim/rack/scenario.h"

struct node;

struct ownership_slot {
    bool owned;
    bool decided; /* of the file's reservations: the timeline has spoken of it (hostsim/rack/reservation.h) */
    const struct node *kept_for; /* names it: it is not for whoever takes the next free one. NULL: it is */
    struct scenario_owner owner;
};

struct ownership_pf {
    struct ownership_slot slot;
    struct ownership_slot *vfs; /* those looked at so far */
    uint32_t vf_room;
    uint32_t offered; /* VFs that came with the PF (`vfs:`), from 0 */
};

struct ownership_adapter {
    struct ownership_pf *pfs;
    uint32_t pf_count;
    uint32_t offered; /* VFs of all PFs */
};

struct ownership {
    struct ownership_adapter *adapters;
    size_t count;
};

/* One entry for each adapter of SCENARIO, nobody's. */
void ownership_init(struct ownership *ownership, const struct scenario *scenario);
void ownership_free(struct ownership *ownership);

/* The slot of a PF or VF; the numbers are the adapter's (CHECKed). Valid until the next call. */
struct ownership_slot *ownership_slot(struct ownership *ownership, struct scenario_function function);

/* Whether somebody owns FUNCTION, whose numbers are the adapter's. */
bool ownership_is_owned(const struct ownership *ownership, struct scenario_function function);

/* Whether OWNER counts as BY: the same host, and the uplink and guest that BY names (SCENARIO_NONE: any). */
bool ownership_counts(struct scenario_owner owner, struct scenario_owner by);

/* The PFs (vfs false) or VFs of ADAPTER that count as BY's, from the lowest: number NTH of them in *FUNCTION; false
 * when there are fewer. */
bool ownership_nth(
    const struct ownership *ownership, int adapter, struct scenario_owner by, bool vfs, uint32_t nth,
    struct scenario_function *function);

/* All that is owned, in the order that struct scenario has them. */
void ownership_list(const struct ownership *ownership, struct scenario *scenario);

#endif
