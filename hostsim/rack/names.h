/* Names: which name of a scenario is what.
 *
 * Hosts, chassis, trunks and adapters share one space of names; guests have their host's, and teams their own. Looking
 * up is by bisection, so that racks of thousands of hosts load at once. */
#ifndef HOSTSIM_RACK_NAMES_H
#define HOSTSIM_RACK_NAMES_H

#include <stddef.h>

#include "hostsim/rack/fault.h"

enum name_kind { NAME_CHASSIS, NAME_TRUNK, NAME_HOST, NAME_ADAPTER, NAME_GUEST, NAME_TEAM, NAME_KINDS };

struct name {
    const char *text; /* the draft's */
    enum name_kind kind;
    int index; /* in the scenario's array of its kind */
    struct place place;
};

/* {0} is empty; names_free() frees it. */
struct names {
    struct name *items;
    size_t count, capacity;
};

void names_add(struct names *names, enum name_kind kind, int index, const char *text, struct place place);

/* Sorts, for looking up, after the last names_add(); adds a fault for each name that is taken. */
void names_seal(struct names *names, struct faults *faults);

/* NULL when there is none. */
const struct name *names_find(const struct names *names, const char *text);

/* "host" */
const char *name_kind_noun(enum name_kind kind);

/* "; did you mean `h0`?" among the names of KIND, or "": 96 bytes at BUFFER, which is returned. */
const char *names_hint(const struct names *names, enum name_kind kind, const char *text, char buffer[96]);

void names_free(struct names *names);

#endif
