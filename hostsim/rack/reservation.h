/* Reservation: which functions are kept from those who take the next free one at time zero, because the file names
 * them.
 *
 * Kept is what an assign names: one of time zero, or one of the timeline, which is to find it free. Where the timeline
 * speaks of a function several times the first time decides: what it first releases, moves or names in an `apply` is
 * somebody's by then, and is there for everybody. */
#ifndef HOSTSIM_RACK_RESERVATION_H
#define HOSTSIM_RACK_RESERVATION_H

#include "hostsim/rack/builder.h"

/* Fills `kept_for` of the builder's ownership. */
void reservation_keep_named(struct builder *builder);

#endif
