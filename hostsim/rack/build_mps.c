/* The payload limit that each link goes by: the least of the hosts whose TLPs it carries, as a port whose functions
 * have several does (base specification 3.6.3.1, of functions whose settings differ).
 *
 * A chassis's adapter carries those of the hosts that own some of it at time zero; a trunk, and an adapter that nobody
 * owns, those of any host at a chassis. */
#include "hostsim/rack/builder.h"

/* The largest there is: where no host limits it. */
#define MPS_MOST 4096

static uint32_t least(uint32_t mps_bytes, uint32_t other_bytes)
{
    return mps_bytes < other_bytes ? mps_bytes : other_bytes;
}

static uint32_t least_at_any_chassis(const struct scenario *scenario)
{
    uint32_t mps_bytes = MPS_MOST;
    for (size_t i = 0; i < scenario->host_count; i++)
        if (scenario->hosts[i].uplink_count > 0)
            mps_bytes = least(mps_bytes, scenario->hosts[i].mps);
    return mps_bytes;
}

/* Also of adapters in hosts: each is that host's own. */
static void lower_to_owners(struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->assignment_count; i++) {
        const struct scenario_assignment *assignment = &scenario->assignments[i];
        struct link_config *link = &scenario->adapters[assignment->function.adapter].link;
        uint32_t mps_bytes = scenario->hosts[assignment->owner.host].mps;
        link->mps_bytes = link->mps_bytes == 0 ? mps_bytes : least(link->mps_bytes, mps_bytes);
    }
}

void build_mps(struct builder *builder)
{
    struct scenario *scenario = builder->scenario;
    uint32_t any = least_at_any_chassis(scenario);
    for (size_t i = 0; i < scenario->host_count; i++)
        scenario->hosts[i].link.mps_bytes = scenario->hosts[i].mps;
    for (size_t i = 0; i < scenario->trunk_count; i++)
        scenario->trunks[i].link.mps_bytes = any;
    lower_to_owners(scenario);
    for (size_t i = 0; i < scenario->adapter_count; i++)
        if (scenario->adapters[i].link.mps_bytes == 0)
            scenario->adapters[i].link.mps_bytes = any;
}
