#include "hostsim/rack/tree_view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/switch/bridge_config.h"
#include "hostsim/rack/human.h"
#include "hostsim/rack/name_range.h"
#include "hostsim/rack/routing_id.h"
#include "hostsim/rack/text_table.h"

/* Two characters a level: two levels a chassis, and a hierarchy has fewer chassis than buses. */
#define INDENT_TEXT 1100
#define WORDS_TEXT (4 * NAME_LENGTH_LIMIT)
#define RANGE_TEXT 72

/* A tree under way. */
struct view {
    const struct world *world;
    const struct topology_root *root;
    struct text_table *table;
    uint32_t level;           /* of the next line; the root port's is 0 */
    char indent[INDENT_TEXT]; /* what stands before it */
};

/* Addresses of a window [FROM, TO); "" when it is empty. */
static const char *window_text(uint64_t from, uint64_t to, char buffer[RANGE_TEXT])
{
    char size[HUMAN_BYTES];
    buffer[0] = '\0';
    if (from < to)
        snprintf(buffer, RANGE_TEXT, "0x%" PRIx64 "-0x%" PRIx64 "  %s", from, to - 1, human_bytes(to - from, size));
    return buffer;
}

static const char *buses_text(uint8_t first, uint8_t last, char buffer[8])
{
    snprintf(buffer, 8, "%02x-%02x", first, last);
    return buffer;
}

/* A line of the tree; what is written until leave() stands below it. LAST: of its siblings. */
static void enter(struct view *view, uint16_t id, bool last, const char *words, const char *buses, const char *memory)
{
    char id_words[ROUTING_ID_TEXT], address[INDENT_TEXT + 16];
    const char *branch = view->level == 0 ? "" : last ? "`-" : "|-";
    snprintf(address, sizeof address, "  %s%s%s", view->indent, branch, routing_id_text(id, id_words));
    text_table_row(view->table, (const char *const[]){address, words, buses, memory});
    size_t length = strlen(view->indent);
    CHECK(length + 2 < INDENT_TEXT);
    if (view->level++ > 0)
        strcpy(view->indent + length, last ? "  " : "| ");
}

static void leave(struct view *view)
{
    if (--view->level > 0)
        view->indent[strlen(view->indent) - 2] = '\0';
}

/* The assignments of ADAPTER are those from this one on and before that of the next. */
static size_t first_of(const struct view *view, int adapter)
{
    struct scenario_function first = {adapter, SCENARIO_BF, SCENARIO_NONE};
    return scenario_assignments_before(view->world->scenario, first);
}

/* True when the hierarchy's host sees FUNCTION. */
static bool is_in(const struct view *view, const struct world_function *function)
{
    return function->root == view->root && function->function != NULL;
}

/* The functions of ADAPTER in the hierarchy, in the order of their routing IDs. */
static void write_functions(struct view *view, int adapter)
{
    const struct scenario *scenario = view->world->scenario;
    const struct world_function *functions = view->world->functions;
    size_t first = first_of(view, adapter), end = first_of(view, adapter + 1);
    while (end > first && !is_in(view, &functions[end - 1]))
        end--;
    for (size_t index = first; index < end; index++) {
        const struct scenario_assignment *assignment = &scenario->assignments[index];
        char words[WORDS_TEXT], name[WORDS_TEXT], bar[RANGE_TEXT], size[HUMAN_BYTES];
        if (!is_in(view, &functions[index]))
            continue;
        snprintf(words, sizeof words, "%s", scenario_function_name(scenario, assignment->function, name, sizeof name));
        if (assignment->owner.guest != SCENARIO_NONE)
            snprintf(
                words, sizeof words, "%.100s, guest %s", name,
                scenario->hosts[assignment->owner.host].guests[assignment->owner.guest].name);
        snprintf(
            bar, sizeof bar, "0x%" PRIx64 "  %s", functions[index].bar_base, human_bytes(FUNCTION_BAR_BYTES, size));
        enter(view, functions[index].id, index + 1 == end, words, NULL, bar);
        leave(view);
    }
}

static void write_chassis(struct view *view, int chassis, uint8_t bus);

/* What is behind the port of a downstream bridge: the adapter there, or SCENARIO_NONE. */
static int adapter_behind(const struct view *view, const struct switch_port *port)
{
    for (size_t i = 0; i < view->world->scenario->adapter_count; i++)
        if (view->world->adapters[i].port.peer == &port->port)
            return (int)i;
    return SCENARIO_NONE;
}

/* The trunk that begins at PORT, with the end that is there in *END. */
static int trunk_behind(const struct view *view, const struct switch_port *port, int *end)
{
    for (size_t i = 0; i < view->world->scenario->trunk_count; i++)
        for (*end = 0; *end < 2; ++*end)
            if (view->world->trunk_ports[i][*end] == port)
                return (int)i;
    CHECK(!"a downstream bridge leads to an adapter or a trunk");
    return SCENARIO_NONE;
}

static void write_downstream(struct view *view, const struct virtual_bridge *bridge, uint16_t id, bool last)
{
    const struct scenario *scenario = view->world->scenario;
    char words[WORDS_TEXT], buses[8], memory[RANGE_TEXT];
    int end = 0, adapter = adapter_behind(view, bridge->port);
    int trunk = adapter == SCENARIO_NONE ? trunk_behind(view, bridge->port, &end) : SCENARIO_NONE;
    const char *name = trunk == SCENARIO_NONE ? scenario->adapters[adapter].name : scenario->trunks[trunk].name;
    snprintf(words, sizeof words, "downstream bridge to %s", name);
    enter(
        view, id, last, words, buses_text(bridge->secondary, bridge->subordinate, buses),
        window_text(bridge->base, bridge->limit, memory));
    if (trunk == SCENARIO_NONE)
        write_functions(view, adapter);
    else
        write_chassis(view, scenario->trunks[trunk].between[1 - end], bridge->secondary);
    leave(view);
}

/* The virtual switch of the hierarchy in CHASSIS, whose upstream bridge is on BUS, and all below. */
static void write_chassis(struct view *view, int chassis, uint8_t bus)
{
    const struct virtual_switch *here = view->world->switches[chassis].virtual_switches[view->root->vh];
    const struct virtual_bridge *upstream = &here->bridges[VIRTUAL_SWITCH_UPSTREAM];
    char words[WORDS_TEXT], buses[8], memory[RANGE_TEXT];
    snprintf(words, sizeof words, "upstream bridge of %s", view->world->scenario->chassis[chassis].name);
    enter(
        view, (uint16_t)(bus << 8), true, words, buses_text(upstream->secondary, upstream->subordinate, buses),
        window_text(here->low, here->high, memory));
    for (uint32_t i = 1; i < here->bridge_count; i++)
        write_downstream(view, &here->bridges[i], bridge_config_id(here, i), i + 1 == here->bridge_count);
    leave(view);
}

/* The root port of a hierarchy that begins at a chassis. */
static void write_uplink(struct view *view)
{
    int chassis = view->root->chassis;
    const struct virtual_switch *below = view->world->switches[chassis].virtual_switches[view->root->vh];
    char buses[8], memory[RANGE_TEXT];
    buses_text(1, below->bridges[VIRTUAL_SWITCH_UPSTREAM].subordinate, buses);
    enter(view, 0, true, "root port", buses, window_text(below->low, below->high, memory));
    write_chassis(view, chassis, 1);
    leave(view);
}

/* The root port of an adapter in the host, which has all of the adapter's functions. */
static void write_local(struct view *view)
{
    int adapter = view->root->adapter;
    const struct world_function *first = &view->world->functions[first_of(view, adapter)];
    const struct world_function *last = &view->world->functions[first_of(view, adapter + 1) - 1];
    char buses[8], memory[RANGE_TEXT];
    CHECK(first <= last && first->root == view->root && last->root == view->root);
    while (!is_in(view, last)) /* the PF always is */
        last--;
    buses_text(1, (uint8_t)(last->id >> 8), buses);
    enter(view, 0, true, "root port", buses, window_text(first->bar_base, last->bar_base + FUNCTION_BAR_BYTES, memory));
    write_functions(view, adapter);
    leave(view);
}

/* "host h0, VH 1", with the root port where there are several. */
static void write_title(struct view *view)
{
    const struct scenario_host *host = &view->world->scenario->hosts[view->root->host];
    char line[WORDS_TEXT], port[64] = "";
    if (topology_port_count(&view->world->topology, view->root->host) > 1)
        snprintf(port, sizeof port, ", PCI domain %04" PRIx32, view->root->port);
    if (view->root->chassis == SCENARIO_NONE)
        snprintf(
            line, sizeof line, "host %s, root port of %s, VH %u%s", host->name,
            view->world->scenario->adapters[view->root->adapter].name, view->root->vh, port);
    else if (host->uplink_count > 1)
        snprintf(
            line, sizeof line, "host %s, root port %s:%d, VH %u%s", host->name, host->name, view->root->uplink,
            view->root->vh, port);
    else
        snprintf(line, sizeof line, "host %s, VH %u%s", host->name, view->root->vh, port);
    text_table_line(view->table, line);
}

void tree_view_write(const struct world *world, FILE *out)
{
    static const char *const headings[] = {"ADDRESS", "WHAT", "BUSES", "MEMORY"};
    struct text_table table = text_table_start(headings, "<<<<");
    table.longest = INDENT_TEXT;
    for (int host = 0; host < (int)world->scenario->host_count; host++)
        for (size_t i = 0; i < world->topology.root_count; i++) {
            struct view view = {.world = world, .root = &world->topology.roots[i], .table = &table};
            if (view.root->host != host)
                continue;
            write_title(&view);
            if (view.root->chassis != SCENARIO_NONE)
                write_uplink(&view);
            else
                write_local(&view);
        }
    text_table_print(&table, out);
    text_table_free(&table);
}
