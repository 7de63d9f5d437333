#include "fabric/switch/bridge_rates.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/switch/virtual_switch.h"

static void guarantee(struct virtual_path *path, struct rate_guarantee *guarantees)
{
    for (uint32_t index = 0; index < path->queue_count; index++)
        egress_queue_guarantee(&path->queues[index].queue, guarantees);
}

void bridge_rates_apply(struct virtual_switch *virtual_switch, int from, int to)
{
    struct virtual_path *path = virtual_switch_path(virtual_switch, from, to);
    struct bridge_rates *rates = virtual_switch->bridges[to].rates;
    if (to != VIRTUAL_SWITCH_UPSTREAM && rates != NULL) {
        path->limit = rate_limit_is_set(&rates->limit) ? &rates->limit : NULL;
        guarantee(path, rates->toward);
    }
    rates = virtual_switch->bridges[from].rates;
    if (to == VIRTUAL_SWITCH_UPSTREAM && rates != NULL)
        guarantee(path, rates->from);
}

void bridge_rates_set(
    struct virtual_switch *virtual_switch, int bridge, uint64_t min_bps, uint64_t max_bps, uint64_t now_ps)
{
    CHECK(bridge > VIRTUAL_SWITCH_UPSTREAM && (uint32_t)bridge < virtual_switch->bridge_count);
    struct bridge_rates **rates = &virtual_switch->bridges[bridge].rates;
    if (*rates == NULL && min_bps == 0 && max_bps == 0)
        return;
    if (*rates == NULL)
        *rates = calloc(1, sizeof **rates);
    CHECK(*rates != NULL);
    rate_limit_set(&(*rates)->limit, max_bps);
    for (enum guarantee_direction direction = 0; direction < GUARANTEE_DIRECTIONS; direction++) {
        rate_guarantee_set(&(*rates)->toward[direction], min_bps, now_ps);
        rate_guarantee_set(&(*rates)->from[direction], min_bps, now_ps);
    }
    if ((uint32_t)bridge >= virtual_switch->path_stride)
        return; /* not shown yet: it has no paths */
    for (uint32_t other = 0; other < virtual_switch->path_stride; other++) {
        bridge_rates_apply(virtual_switch, bridge, (int)other);
        bridge_rates_apply(virtual_switch, (int)other, bridge);
    }
}

void bridge_rates_free(struct virtual_switch *virtual_switch)
{
    for (uint32_t bridge = 0; bridge < virtual_switch->bridge_count; bridge++)
        free(virtual_switch->bridges[bridge].rates);
}
