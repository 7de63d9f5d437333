/* Holdings: who has which function, as MR-PCIM says and as hosts see it: the ownership of time zero, and what has
 * become of it.
 *
 * A holding stays in the table once it has been there: `bound` says whether MR-PCIM gives the function to `owner`
 * (still), `seen` whether the owner's host has found and programmed it. Between the two a function comes or goes.
 * Sorted by adapter, PF, VF as scenario.assignments are. Holdings move when others are added. */
#ifndef HOSTSIM_RACK_HOLDINGS_H
#define HOSTSIM_RACK_HOLDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "hostsim/rack/scenario.h"

struct world;
struct world_function;

struct holding {
    struct scenario_function function;
    struct scenario_owner owner; /* or, while nobody's, whose it was last */
    bool bound, seen;
    bool releasing; /* its host wants its driver to let go of it */
    bool passing;   /* its host gives it to `next`, one of its guests or itself, or takes it from there */
    struct scenario_owner next, former; /* passing: whose it will be, and was */
    struct world_function *at;          /* in its owner's hierarchy, where seen: its own; owned */
    size_t assignment;                  /* of time zero; SIZE_MAX: none */
};

struct holdings {
    struct holding *list; /* owned */
    size_t count, capacity;
};

/* What the assignments of WORLD, whose functions are placed, say. */
void holdings_init(struct holdings *holdings, const struct world *world);
void holdings_free(struct holdings *holdings);

/* The holding of FUNCTION; NULL: nobody ever had it. */
struct holding *holdings_find(const struct holdings *holdings, struct scenario_function function);

/* MR-PCIM gives FUNCTION to OWNER, or takes it away. */
struct holding *
holdings_bind(struct holdings *holdings, struct scenario_function function, struct scenario_owner owner);
void holdings_unbind(struct holdings *holdings, struct scenario_function function);

/* Whether FUNCTION is what OWNER has of its adapter as a workload writes it: NTH as in struct scenario_target. */
bool holdings_is_nth(
    const struct holdings *holdings, struct scenario_function function, struct scenario_owner owner, int nth);

#endif
