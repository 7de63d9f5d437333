/* Build owner: the owners and functions that references name, as indices. */
#ifndef HOSTSIM_RACK_BUILD_OWNER_H
#define HOSTSIM_RACK_BUILD_OWNER_H

#include "fabric/pcim/reference.h"
#include "hostsim/rack/builder.h"
#include "hostsim/rack/name_range.h"

/* A growing list of owners, each with the node that named it. */
struct owners {
    struct {
        struct scenario_owner owner;
        const struct node *node;
        const void *entry; /* whatever the caller hangs on it */
    } * items;
    size_t count, capacity;
};

void owners_add(struct owners *owners, struct scenario_owner owner, const struct node *node, const void *entry);

/* The owners that NODE names, a text or (nested) lists of them, in the order of the file, each with ENTRY. The uplink
 * is SCENARIO_NONE where none was named. Adds the faults. */
void build_owners(struct builder *builder, const struct node *node, const void *entry, struct owners *owners);

/* The single owner of NODE; host SCENARIO_NONE after a fault. */
struct scenario_owner build_owner(struct builder *builder, const struct node *node);

/* Appends all that REFERENCE, written at PLACE, stands for; nothing at all is a fault. */
void build_match_owners(
    struct builder *builder, const struct owner_reference *reference, const struct node *node, const void *entry,
    struct owners *owners);

/* "h0", "h0:1" (where the host has several uplinks) or "h0/vm1" into BUFFER, which is returned. */
#define OWNER_TEXT (2 * NAME_LENGTH_LIMIT + 16)
const char *owner_text(const struct scenario *scenario, struct scenario_owner owner, char buffer[OWNER_TEXT]);

#endif
