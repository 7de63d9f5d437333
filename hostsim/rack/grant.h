/* Grant: one function, or the next free one, to one owner: the rules of who may have what. */
#ifndef HOSTSIM_RACK_GRANT_H
#define HOSTSIM_RACK_GRANT_H

#include "hostsim/rack/build_function.h"

/* Gives PICK to OWNER as ENTRY asks, or adds the fault. */
void grant(
    struct builder *builder, const struct pick *pick, struct scenario_owner owner, const struct draft_assign *entry);

#endif
