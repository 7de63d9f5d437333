#include "hostsim/rack/rack_view.h"

#include <inttypes.h>

#include "hostsim/rack/human.h"
#include "hostsim/rack/link_text.h"
#include "hostsim/rack/name_range.h"
#include "hostsim/rack/schema.h"
#include "hostsim/rack/text_table.h"

/* What one port leads to, in words: names of two things and some figures. */
#define PEER_TEXT (2 * NAME_LENGTH_LIMIT + 128)

struct view {
    const struct world *world;
    struct text_table *table;
};

static void
add_port(const struct view *view, const char *port, const struct link_config *link, bool mr, const char *peer)
{
    char name[PEER_TEXT + 2], link_words[LINK_TEXT_BYTES], delay[HUMAN_BYTES];
    snprintf(name, sizeof name, "  %s", port);
    const char *const cells[] = {
        name, link_text(link, link_words), human_time(link->propagation_ps, delay), mr ? "MR" : "plain", peer};
    text_table_row(view->table, cells);
}

static void add_uplink(const struct view *view, const struct topology_root *root)
{
    const struct scenario_host *host = &view->world->scenario->hosts[root->host];
    char port[PEER_TEXT], peer[PEER_TEXT];
    if (host->uplink_count > 1)
        snprintf(port, sizeof port, "%s:%d", host->name, root->uplink);
    else
        snprintf(port, sizeof port, "%s", host->name);
    snprintf(peer, sizeof peer, "host %s, VH %u", host->name, root->vh);
    add_port(view, port, &host->link, false, peer);
}

static void add_trunk(const struct view *view, const struct scenario_trunk *trunk, int end)
{
    const struct scenario_chassis *chassis = view->world->scenario->chassis;
    char port[PEER_TEXT], peer[PEER_TEXT];
    snprintf(port, sizeof port, "%s:%s", trunk->name, chassis[trunk->between[end]].name);
    snprintf(peer, sizeof peer, "chassis %s", chassis[trunk->between[1 - end]].name);
    add_port(view, port, &trunk->link, true, peer);
}

/* How many functions of ADAPTER are somebody's. */
static size_t assigned_functions(const struct scenario *scenario, int adapter)
{
    struct scenario_function first = {adapter, SCENARIO_BF, SCENARIO_NONE};
    struct scenario_function next = {adapter + 1, SCENARIO_BF, SCENARIO_NONE};
    return scenario_assignments_before(scenario, next) - scenario_assignments_before(scenario, first);
}

/* VH: of an adapter in a host; 0 where it is in a chassis. */
static void add_adapter(const struct view *view, int index, uint16_t vh)
{
    const struct scenario_adapter *adapter = &view->world->scenario->adapters[index];
    char peer[PEER_TEXT], place[32] = "";
    if (vh != 0)
        snprintf(place, sizeof place, ", VH %u", vh);
    snprintf(
        peer, sizeof peer, "adapter %s%s: %s, %s, %" PRIu32 " PF%s, %" PRIu32 " VF%s, %zu assigned", adapter->name,
        place, schema_word_name(schema_kinds, (int)adapter->kind),
        schema_word_name(schema_sharings, (int)adapter->sharing), adapter->pfs, adapter->pfs == 1 ? "" : "s",
        adapter->vfs, adapter->vfs == 1 ? "" : "s", assigned_functions(view->world->scenario, index));
    add_port(view, adapter->name, &adapter->link, adapter->sharing == SHARING_MR_IOV, peer);
}

static void add_chassis(const struct view *view, int index)
{
    const struct scenario *scenario = view->world->scenario;
    const struct scenario_chassis *chassis = &scenario->chassis[index];
    char line[NAME_LENGTH_LIMIT + 128], latency[HUMAN_LATENCY_BYTES];
    snprintf(
        line, sizeof line, "chassis %s: %s, %s, %s, %s", chassis->name, human_latency(&chassis->latency, latency),
        chassis->forwarding == FORWARDING_CUT_THROUGH ? "cut-through" : "store-and-forward",
        chassis->queueing == QUEUEING_VOQ ? "voq" : "fifo",
        schema_word_name(schema_arbitrations, (int)chassis->arbitration));
    text_table_line(view->table, line);
    for (size_t i = 0; i < view->world->topology.root_count; i++)
        if (view->world->topology.roots[i].chassis == index)
            add_uplink(view, &view->world->topology.roots[i]);
    for (size_t i = 0; i < scenario->trunk_count; i++) {
        int end = topology_end_at(&scenario->trunks[i], index);
        if (end != SCENARIO_NONE)
            add_trunk(view, &scenario->trunks[i], end);
    }
    for (size_t i = 0; i < scenario->adapter_count; i++)
        if (scenario->adapters[i].chassis == index)
            add_adapter(view, (int)i, 0);
}

/* A host's own adapters, or that it has no link at all. */
static void add_host(const struct view *view, int host)
{
    const struct topology *topology = &view->world->topology;
    uint32_t ports = topology_port_count(topology, host);
    size_t uplinks = view->world->scenario->hosts[host].uplink_count;
    char line[NAME_LENGTH_LIMIT + 64];
    if (ports > 0 && ports == uplinks)
        return;
    snprintf(line, sizeof line, "host %s:%s", view->world->scenario->hosts[host].name, ports == 0 ? " no links" : "");
    text_table_line(view->table, line);
    for (size_t i = 0; i < topology->root_count; i++)
        if (topology->roots[i].host == host && topology->roots[i].adapter != SCENARIO_NONE)
            add_adapter(view, topology->roots[i].adapter, topology->roots[i].vh);
}

void rack_view_write(const struct world *world, FILE *out)
{
    static const char *const headings[] = {"PORT", "LINK", "DELAY", "KIND", "LEADS TO"};
    const struct scenario *scenario = world->scenario;
    struct text_table table = text_table_start(headings, "<<><<");
    struct view view = {world, &table};
    table.longest = PEER_TEXT;
    for (size_t i = 0; i < scenario->chassis_count; i++)
        add_chassis(&view, (int)i);
    for (size_t i = 0; i < scenario->host_count; i++)
        add_host(&view, (int)i);
    text_table_print(&table, out);
    text_table_free(&table);
}
