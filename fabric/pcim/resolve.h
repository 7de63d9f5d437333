/* Resolve: what the names of a request mean, at the moment they are used.
 *
 * `nic0@h3` and "the next free function" depend on who owns what by then. Each function here fills REFUSAL when it does
 * not return STATUS_OK: INVALID_ARGUMENT for a text that is no name of its kind, NOT_FOUND for a name that nothing has.
 */
#ifndef FABRIC_PCIM_RESOLVE_H
#define FABRIC_PCIM_RESOLVE_H

#include "fabric/pcim/inventory.h"
#include "fabric/pcim/request.h"

/* As the number of a PF: "the next free function of the adapter". */
#define PCIM_NEXT (-3)

/* One function. An adapter alone is its pf0, or where NEXT its next free function (pf PCIM_NEXT). A set is refused. */
MUST_CHECK enum status pcim_resolve_function(
    const struct pcim_inventory *inventory, const char *text, bool next, struct pcim_function_id *function,
    struct pcim_refusal *refusal);

/* One owner: HOST, HOST:UPLINK (uplink given) or HOST/GUEST; uplink PCIM_NONE where the text names none. */
MUST_CHECK enum status pcim_resolve_owner(
    const struct pcim_inventory *inventory, const char *text, struct pcim_owner *owner, struct pcim_refusal *refusal);

/* A port, "h0", "h0:1", "nic0", "isl0:tor0": index in inventory.ports. A trunk without an end is its first. */
MUST_CHECK enum status
pcim_resolve_port(const struct pcim_inventory *inventory, const char *text, int *port, struct pcim_refusal *refusal);

/* A root port toward a chassis, "h0" (its only one) or "h0:1": index in inventory.hierarchies. */
MUST_CHECK enum status pcim_resolve_hierarchy(
    const struct pcim_inventory *inventory, const char *text, int *hierarchy, struct pcim_refusal *refusal);

/* What a fault is done to. */
struct pcim_target {
    enum pcim_part part;              /* never ANY */
    int index;                        /* of the link, adapter, chassis or host; of the function's adapter */
    struct pcim_function_id function; /* FUNCTION */
};

MUST_CHECK enum status pcim_resolve_target(
    const struct pcim_inventory *inventory, const char *text, enum pcim_part part, struct pcim_target *target,
    struct pcim_refusal *refusal);

#endif
