/* Build function: the functions that references name. */
#ifndef HOSTSIM_RACK_BUILD_FUNCTION_H
#define HOSTSIM_RACK_BUILD_FUNCTION_H

#include "fabric/pcim/reference.h"
#include "hostsim/rack/builder.h"
#include "hostsim/rack/name_range.h"

/* What an assign deals: a function, or (pf PICK_NEXT) the next free one of an adapter. */
#define PICK_NEXT (-3)
struct pick {
    struct scenario_function function;
    const struct node *node; /* where it was written */
};

struct picks {
    struct pick *items;
    size_t count, capacity;
};

void picks_add(struct picks *picks, struct scenario_function function, const struct node *node);

/* The picks of an assign's `function`, a text or lists of them, in the order of the file. Adds the faults. */
void build_picks(struct builder *builder, const struct node *node, struct picks *picks);

/* The functions that NODE means anywhere else, each owned at time zero: where something has no owner, a fault says so.
 * With UNOWNED that is allowed: owners may change until the reference is used. */
void build_functions(struct builder *builder, const struct node *node, bool unowned, struct picks *picks);

/* Whether NODE is a set: a list, or with a star. */
bool build_is_set(const struct node *node);

/* "nic0.pf0.vf5" into BUFFER, which is returned. */
#define FUNCTION_TEXT (NAME_LENGTH_LIMIT + 24)
const char *function_text(const struct builder *builder, struct scenario_function function, char buffer[FUNCTION_TEXT]);

/* Whether the model's adapter has FUNCTION: its numbers are below `pfs` and `vfs`. */
bool function_exists(const struct builder *builder, struct scenario_function function);

#endif
