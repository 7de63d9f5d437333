/* Bridge rates: what a hierarchy may and must be able to move between its host and one of its adapters, in a chassis.
 *
 * The adapter sees to each function's own rates (struct function_settings); here it is the sum of those that the
 * hierarchy has there: in both directions what is guaranteed goes first at the outputs, and what hosts write to
 * registers toward the adapter is limited. What functions read comes back at the rate at which they ask. */
#ifndef FABRIC_SWITCH_BRIDGE_RATES_H
#define FABRIC_SWITCH_BRIDGE_RATES_H

#include <stdint.h>

#include "fabric/pcie/arbiter_guaranteed.h"
#include "fabric/pcie/rate_limit.h"

struct virtual_switch;

/* Of a downstream bridge. */
struct bridge_rates {
    struct rate_limit limit; /* of posted payload toward the adapter */
    struct rate_guarantee toward[GUARANTEE_DIRECTIONS], from[GUARANTEE_DIRECTIONS]; /* the adapter */
};

/* Downstream bridge BRIDGE of VIRTUAL_SWITCH, at NOW_PS: no less than MIN_BPS and no more than MAX_BPS bits of payload
 * a second; 0: none. */
void bridge_rates_set(
    struct virtual_switch *virtual_switch, int bridge, uint64_t min_bps, uint64_t max_bps, uint64_t now_ps);

/* Path FROM a bridge TO another has just been made: it goes by the rates of the downstream one of the two. */
void bridge_rates_apply(struct virtual_switch *virtual_switch, int from, int to);

void bridge_rates_free(struct virtual_switch *virtual_switch);

#endif
