/* `timing: standard`: what real racks take, for every key of time that the file leaves alone.
 *
 *     hot-plug    5 s      attention to power off: the window of the standard usage model (base specification 6.7.1.5)
 *     VF enable   100 ms   before the first access to a VF (SR-IOV specification 3.3.3.1)
 *     FLR         100 ms   until a function must have ended its reset (base specification 6.6.2)
 *     training    20 ms    a link from Detect to L0, within the range of 10 to 100 ms that is seen */
#include "fabric/base/time.h"
#include "hostsim/rack/builder.h"

#define HOTPLUG_PS (5 * PS_PER_S)
#define VF_ENABLE_PS (100 * PS_PER_MS)
#define FLR_PS (100 * PS_PER_MS)
#define TRAINING_PS (20 * PS_PER_MS)

#define ENTRIES(list, type) ((struct type *)(list).entries)

static void set(uint64_t *time_ps, uint64_t standard_ps, const struct node *node, const char *key)
{
    if (node_get(node, key) == NULL)
        *time_ps = standard_ps;
}

static void set_link(const struct builder *builder, struct link_config *link, const struct node *of)
{
    const struct node *defaults = node_get(node_get(builder->draft->node, "defaults"), "link");
    if (node_get(defaults, "training") == NULL)
        set(&link->training_ps, TRAINING_PS, node_get(of, "link"), "training");
}

void build_timing(struct builder *builder)
{
    struct scenario *scenario = builder->scenario;
    if (!scenario->run.standard_timing)
        return;
    for (size_t i = 0; i < scenario->host_count; i++) {
        const struct node *node = ENTRIES(builder->draft->hosts, draft_host)[i].node;
        set(&scenario->hosts[i].hotplug_delay_ps, HOTPLUG_PS, node, "hotplug-delay");
        set(&scenario->hosts[i].vf_enable_delay_ps, VF_ENABLE_PS, node, "vf-enable-delay");
        set_link(builder, &scenario->hosts[i].link, node);
    }
    for (size_t i = 0; i < scenario->trunk_count; i++)
        set_link(builder, &scenario->trunks[i].link, ENTRIES(builder->draft->trunks, draft_trunk)[i].node);
    for (size_t i = 0; i < scenario->adapter_count; i++) {
        const struct node *node = ENTRIES(builder->draft->adapters, draft_adapter)[i].node;
        set(&scenario->adapters[i].flr_delay_ps, FLR_PS, node, "flr-delay");
        set_link(builder, &scenario->adapters[i].link, node);
    }
}
