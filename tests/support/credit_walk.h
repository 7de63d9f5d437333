/* Credit walk: where the credits of a world are, found by walking over all places where TLPs can be.
 *
 * The model never counts what a receiver holds; it follows from what a sender has left. This is the other side. */
#ifndef TESTS_SUPPORT_CREDIT_WALK_H
#define TESTS_SUPPORT_CREDIT_WALK_H

#include "hostsim/rack/world.h"

/* For each direction of each link, hierarchy and type: what the sender has spent and not got back must be what its TLPs
 * on the wire and in the receiver's buffer take, and what is on its way back. Says the first place where it is not in
 * WHERE, of SIZE bytes; "" when all agree. Where AT_REST, all must be back. */
void credit_walk(const struct world *world, bool at_rest, char *where, size_t size);

#endif
