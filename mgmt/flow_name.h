/* Flow name: who and what a flow of the rack is about, as the API and results name it. */
#ifndef MGMT_FLOW_NAME_H
#define MGMT_FLOW_NAME_H

#include "hostsim/rack/loads.h"
#include "mgmt/arena.h"

/* Texts are the scenario's or the arena's; "" for what differs between the members of a flow that picks. */
struct flow_name {
    char *name, *host, *guest, *function, *op;
};

struct flow_name flow_name_of(const struct world *world, const struct load_row *row, struct arena *arena);

#endif
