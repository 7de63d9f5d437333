#include "tests/support/rack_path.h"

#include <stdio.h>
#include <string.h>

#include "fabric/base/check.h"

#define CHASSIS_MOST 64

/* A way down from a host: to an adapter. */
static struct rack_hop *add_hop(struct rack_path *path, const char *name, const struct link_config *link, bool mr)
{
    CHECK(path->hop_count < RACK_PATH_HOPS_MOST);
    struct rack_hop *hop = &path->hops[path->hop_count++];
    *hop = (struct rack_hop){.link = link, .mr = mr, .direction = LINK_DOWN};
    snprintf(hop->name, sizeof hop->name, "%s", name);
    return hop;
}

/* Fewest trunks from FROM to each chassis; PARENT: the last trunk on the way, of those the one of the lowest name. */
static void flood(const struct scenario *scenario, int from, int parent[CHASSIS_MOST])
{
    int distance[CHASSIS_MOST];
    for (int chassis = 0; chassis < CHASSIS_MOST; chassis++) {
        distance[chassis] = chassis == from ? 0 : CHASSIS_MOST;
        parent[chassis] = SCENARIO_NONE;
    }
    for (size_t round = 0; round < scenario->chassis_count; round++)
        for (size_t index = 0; index < scenario->trunk_count; index++)
            for (int end = 0; end < 2; end++) {
                const struct scenario_trunk *trunk = &scenario->trunks[index];
                int near = trunk->between[end], far = trunk->between[1 - end];
                bool shorter = distance[near] + 1 < distance[far];
                bool as_short = distance[near] + 1 == distance[far] && parent[far] != SCENARIO_NONE &&
                                strcmp(trunk->name, scenario->trunks[parent[far]].name) < 0;
                if (!shorter && !as_short)
                    continue;
                distance[far] = distance[near] + 1;
                parent[far] = (int)index;
            }
}

/* The trunks from chassis FROM to TO, then. */
static void add_trunks(const struct scenario *scenario, struct rack_path *path, int from, int to)
{
    int parent[CHASSIS_MOST], trunks[CHASSIS_MOST], count = 0;
    CHECK(scenario->chassis_count <= CHASSIS_MOST);
    flood(scenario, from, parent);
    for (int at = to; at != from; count++) {
        CHECK(parent[at] != SCENARIO_NONE);
        const struct scenario_trunk *trunk = &scenario->trunks[parent[at]];
        trunks[count] = parent[at];
        at = trunk->between[trunk->between[0] == at];
    }
    int at = from;
    while (count-- > 0) {
        const struct scenario_trunk *trunk = &scenario->trunks[trunks[count]];
        bool from_first = trunk->between[0] == at;
        struct rack_hop *hop = add_hop(path, trunk->name, &trunk->link, true);
        hop->direction = from_first ? LINK_DOWN : LINK_UP; /* `up` is toward the first of `between` */
        at = trunk->between[from_first];
        hop->into = &scenario->chassis[at];
    }
}

static struct rack_path path_down(const struct scenario *scenario, struct scenario_owner owner, int index)
{
    struct rack_path path = {0};
    const struct scenario_host *host = &scenario->hosts[owner.host];
    const struct scenario_adapter *adapter = &scenario->adapters[index];
    if (adapter->chassis != SCENARIO_NONE) {
        char name[64];
        int first = host->uplinks[owner.uplink];
        snprintf(name, sizeof name, host->uplink_count > 1 ? "%s:%d" : "%s", host->name, owner.uplink);
        add_hop(&path, name, &host->link, false)->into = &scenario->chassis[first];
        add_trunks(scenario, &path, first, adapter->chassis);
    }
    bool mr = adapter->chassis != SCENARIO_NONE && adapter->sharing == SHARING_MR_IOV;
    add_hop(&path, adapter->name, &adapter->link, mr);
    return path;
}

static struct rack_path reversed(const struct rack_path *path)
{
    struct rack_path back = {.hop_count = path->hop_count};
    for (int n = 0; n < path->hop_count; n++) {
        int from = path->hop_count - 1 - n;
        back.hops[n] = path->hops[from];
        back.hops[n].direction = path->hops[from].direction == LINK_UP ? LINK_DOWN : LINK_UP;
        back.hops[n].into = from > 0 ? path->hops[from - 1].into : NULL;
    }
    return back;
}

struct rack_path rack_path_from_host(const struct scenario *scenario, const struct scenario_flow_member *member)
{
    return path_down(scenario, member->owner, member->function.adapter);
}

struct rack_path rack_path_to_host(const struct scenario *scenario, const struct scenario_flow_member *member)
{
    struct rack_path down = rack_path_from_host(scenario, member);
    return reversed(&down);
}

struct rack_path
rack_path_to_peer(const struct scenario *scenario, const struct scenario_flow_member *member, bool back)
{
    struct rack_path one = path_down(scenario, member->owner, member->function.adapter);
    struct rack_path other = path_down(scenario, member->owner, member->peer.adapter);
    int common = 0;
    while (strcmp(one.hops[common].name, other.hops[common].name) == 0)
        common++;
    struct rack_path path = reversed(&one);
    path.hop_count = one.hop_count - common; /* the last of these ends in the chassis where the two ways part */
    for (int n = common; n < other.hop_count; n++) {
        CHECK(path.hop_count < RACK_PATH_HOPS_MOST);
        path.hops[path.hop_count++] = other.hops[n];
    }
    if (!back)
        return path;
    /* The chassis between hops stay where they are. */
    return reversed(&path);
}

double rack_hop_bps(const struct rack_hop *hop)
{
    static const double lane_bps[] = {
        0, 2e9, 4e9, 8e9 * 128 / 130, 16e9 * 128 / 130, 32e9 * 128 / 130, 64e9 * 236 / 256};
    if (hop->link->rate_bps[hop->direction] != 0)
        return (double)hop->link->rate_bps[hop->direction];
    return lane_bps[hop->link->gen] * hop->link->width;
}

double rack_hop_bytes(const struct rack_hop *hop, bool completion, uint32_t payload)
{
    double bytes = completion || !hop->link->address_64 ? 12 : 16;
    bytes += hop->link->gen < 6 ? 8 : 0;
    bytes += hop->mr ? 4 : 0;
    bytes += hop->link->ecrc ? 4 : 0;
    return bytes + payload;
}

double rack_path_ps(const struct rack_path *path, bool completion, uint32_t payload)
{
    double start = 0, first_in = 0, last_in = 0;
    for (int n = 0; n < path->hop_count; n++) {
        const struct rack_hop *hop = &path->hops[n];
        double duration = rack_hop_bytes(hop, completion, payload) * 8e12 / rack_hop_bps(hop);
        if (n > 0) {
            const struct scenario_chassis *chassis = path->hops[n - 1].into;
            double latency =
                distribution_is_constant(&chassis->latency) ? (double)distribution_mean(&chassis->latency) : 0;
            const struct rack_hop *before = &path->hops[n - 1];
            double prefix = before->mr && !hop->mr ? 4 * 8e12 / rack_hop_bps(before) : 0; /* it ends here */
            double fed = last_in - prefix + latency - duration;                           /* it must not run dry */
            start = chassis->forwarding == FORWARDING_STORE_AND_FORWARD ? last_in + latency : first_in + latency;
            if (chassis->forwarding == FORWARDING_CUT_THROUGH && fed > start)
                start = fed;
        }
        first_in = start + (double)hop->link->propagation_ps;
        last_in = first_in + duration;
    }
    return last_in;
}
