/* Bridge guard: what bridges ask of memory and I/O requests, and of completions, before they let them through, beyond
 * who claims them: Bus Master Enable, the upstream bridge's windows, and access control services (base specification
 * 7.5.1.1.3, 7.5.1.3, 6.12).
 *
 *     Bus Master           off: a request from below does not get past that bridge
 *     upstream windows     a request from above must be for one of them
 *     source validation    a request's requester must be on a bus below the bridge that it came in by
 *     request redirect     a request from below for another downstream bridge goes up instead
 *     completion redirect  likewise a completion, unless it has relaxed ordering
 *
 * Which of them apply is known by path, when registers are written: where none does, which is what hosts program, a TLP
 * pays for one look at a byte. */
#ifndef FABRIC_SWITCH_BRIDGE_GUARD_H
#define FABRIC_SWITCH_BRIDGE_GUARD_H

#include <stdint.h>

#include "fabric/switch/virtual_switch.h"

enum bridge_guard {
    BRIDGE_GUARD_MASTER = 1 << 0,      /* of the bridge that it came in by */
    BRIDGE_GUARD_MASTER_UP = 1 << 1,   /* of the upstream bridge, on the way up */
    BRIDGE_GUARD_WINDOW = 1 << 2,      /* from above */
    BRIDGE_GUARD_SOURCE = 1 << 3,      /* source validation */
    BRIDGE_GUARD_REQUESTS = 1 << 4,    /* redirected */
    BRIDGE_GUARD_COMPLETIONS = 1 << 5, /* redirected */
};

/* The registers of bridges have changed. */
void bridge_guard_apply(struct virtual_switch *virtual_switch);

/* For paths as they are made. */
void bridge_guard_path(struct virtual_switch *virtual_switch, int from, int to);

#define BRIDGE_GUARD_UNSUPPORTED (-1)
#define BRIDGE_GUARD_VIOLATION (-2)

/* The bridge by which TLP, come in through bridge FROM and on its way to TO by a path with guards, goes on; or why it
 * does not. */
int bridge_guard_pass(const struct virtual_switch *virtual_switch, int from, int to, const struct tlp *tlp);

#endif
