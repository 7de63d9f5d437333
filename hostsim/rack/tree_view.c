#include "hostsim/rack/tree_view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/switch/bridge_config.h"
#include "hostsim/host/host_function.h"
#include "hostsim/rack/hierarchy.h"
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
    const struct topology_root *root; /* NULL: MR-PCIM's */
    int chassis;                      /* MR-PCIM's: in which */
    const struct world_tree *tree;    /* what the host, or MR-PCIM, has found there */
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

/* --- what things are called --- */

/* What is at the other end of PORT, of a downstream bridge: *ADAPTER, or SCENARIO_NONE and then a trunk. */
static const char *name_behind(const struct world *world, const struct switch_port *port, int *adapter)
{
    const struct scenario *scenario = world->scenario;
    *adapter = SCENARIO_NONE;
    for (size_t i = 0; i < scenario->trunk_count; i++)
        if (world->trunk_ports[i][0] == port || world->trunk_ports[i][1] == port)
            return scenario->trunks[i].name;
    for (*adapter = 0; *adapter < (int)scenario->adapter_count; ++*adapter)
        if (world->adapters[*adapter].port.peer == &port->port)
            return scenario->adapters[*adapter].name;
    CHECK(!"a downstream bridge leads to an adapter or a trunk");
    return NULL;
}

/* The bridge with routing ID, and the adapter behind it; SCENARIO_NONE where there is none. */
static int name_bridge(const struct view *view, uint16_t id, char words[WORDS_TEXT])
{
    int adapter = SCENARIO_NONE;
    for (size_t chassis = 0; chassis < view->world->scenario->chassis_count; chassis++) {
        if (view->root == NULL && (int)chassis != view->chassis)
            continue;
        uint16_t vh = view->root != NULL ? view->root->vh : MANAGEMENT_VH;
        const struct virtual_switch *here = view->world->switches[chassis].virtual_switches[vh];
        for (uint32_t i = 0; here != NULL && i < here->bridge_count; i++) {
            if (here->bridges[i].absent || bridge_config_id(here, i) != id)
                continue;
            if (i == VIRTUAL_SWITCH_UPSTREAM)
                snprintf(words, WORDS_TEXT, "upstream bridge of %s", view->world->scenario->chassis[chassis].name);
            else
                snprintf(
                    words, WORDS_TEXT, "downstream bridge to %s",
                    name_behind(view->world, here->bridges[i].port, &adapter));
            return adapter;
        }
    }
    CHECK(!"every bridge below a root port is a switch's");
    return SCENARIO_NONE;
}

/* The assignment of the function with routing ID, of ADAPTER; SCENARIO_NONE: it is nobody's. */
static int find_assignment(const struct view *view, int adapter, uint16_t id)
{
    const struct world *world = view->world;
    for (size_t i = hierarchy_first_of(world, adapter); i < hierarchy_first_of(world, adapter + 1); i++) {
        const struct world_function *function = &world->functions[i];
        if (function->root == view->root && function->function != NULL && function->id == id)
            return (int)i;
    }
    return SCENARIO_NONE;
}

/* --- lines --- */

/* What MR-PCIM has of ADAPTER: its base function, or its PF and VFs. */
static void write_own_function(struct view *view, const struct host_function *found, int adapter, bool last)
{
    const struct world *world = view->world;
    const struct config_device *device = &world->adapters[adapter].spaces[0].device;
    uint32_t place = 0;
    uint16_t id = 0;
    while (place < device->count && !(config_device_id(device, place, &id) && id == found->id))
        place++;
    CHECK(place < device->count);
    struct scenario_function function = {adapter, 0, place == 0 ? SCENARIO_NONE : (int)place - 1};
    if (world->scenario->adapters[adapter].sharing == SHARING_MR_IOV)
        function.pf = SCENARIO_BF;
    char name[WORDS_TEXT], bar[RANGE_TEXT], size[HUMAN_BYTES];
    uint64_t address, bytes = config_device_bar(device, place, &address);
    scenario_function_name(world->scenario, function, name, sizeof name);
    snprintf(bar, sizeof bar, "0x%" PRIx64 "  %s", address, human_bytes(bytes, size));
    enter(view, found->id, last, name, NULL, bar);
    leave(view);
}

static void write_function(struct view *view, const struct host_function *found, int adapter, bool last)
{
    const struct scenario *scenario = view->world->scenario;
    int index = find_assignment(view, adapter, found->id);
    if (index == SCENARIO_NONE) {
        enter(view, found->id, last, "of nobody", NULL, NULL);
        leave(view);
        return;
    }
    const struct scenario_assignment *assignment = &scenario->assignments[index];
    char words[WORDS_TEXT], name[WORDS_TEXT / 2], bar[RANGE_TEXT], size[HUMAN_BYTES],
        guest[NAME_LENGTH_LIMIT + 16] = "";
    if (assignment->owner.guest != SCENARIO_NONE)
        snprintf(
            guest, sizeof guest, ", guest %s",
            scenario->hosts[assignment->owner.host].guests[assignment->owner.guest].name);
    scenario_function_name(scenario, assignment->function, name, sizeof name);
    snprintf(words, sizeof words, "%s%s", name, guest);
    snprintf(
        bar, sizeof bar, "0x%" PRIx64 "  %s", view->world->functions[index].bar_base,
        human_bytes(FUNCTION_BAR_BYTES, size));
    enter(view, found->id, last, words, NULL, bar);
    leave(view);
}

/* The windows of a bridge that are open. */
static const char *windows_text(const struct host_function *bridge, char buffer[2 * RANGE_TEXT])
{
    buffer[0] = '\0';
    for (enum host_window_kind kind = 0; kind < HOST_WINDOWS; kind++) {
        const struct host_window *window = &bridge->windows[kind];
        char range[RANGE_TEXT];
        size_t length = strlen(buffer);
        if (window->bytes > 0)
            snprintf(
                buffer + length, 2 * RANGE_TEXT - length, "%s%s", length > 0 ? ", " : "",
                window_text(window->base, window->base + window->bytes, range));
    }
    return buffer;
}

/* Where the last function right below the bridge with ID is found; -1: there is none. */
static int last_below(const struct world_tree *tree, uint16_t parent)
{
    int i = (int)tree->count - 1;
    while (i >= 0 && tree->functions[i].parent != parent)
        i--;
    return i;
}

/* What the host has found at INDEX, and all below it. ADAPTER: what the bridge above leads to, or SCENARIO_NONE. */
static void write_found(struct view *view, int index, int adapter, bool last)
{
    const struct host_function *found = &view->tree->functions[index];
    if (!host_function_is_bridge(found)) {
        if (view->root == NULL)
            write_own_function(view, found, adapter, last);
        else
            write_function(view, found, adapter, last);
        return;
    }
    char words[WORDS_TEXT] = "root port", buses[8], windows[2 * RANGE_TEXT];
    int behind = view->root == NULL ? SCENARIO_NONE : view->root->adapter;
    if (found->parent != HOST_FUNCTION_NONE)
        behind = name_bridge(view, found->id, words);
    buses_text(found->secondary, found->subordinate, buses);
    enter(view, found->id, last, words, buses, windows_text(found, windows));
    int last_child = last_below(view->tree, found->id);
    for (int child = 0; child <= last_child; child++)
        if (view->tree->functions[child].parent == found->id)
            write_found(view, child, behind, child == last_child);
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
            struct view view = {
                .world = world, .root = &world->topology.roots[i], .tree = &world->trees[i], .table = &table};
            if (view.root->host != host)
                continue;
            write_title(&view);
            write_found(&view, 0, SCENARIO_NONE, true);
        }
    for (size_t chassis = 0; chassis < world->scenario->chassis_count; chassis++) {
        struct view view = {
            .world = world, .chassis = (int)chassis, .tree = &world->management[chassis].tree, .table = &table};
        char line[WORDS_TEXT];
        snprintf(line, sizeof line, "MR-PCIM, in chassis %s, VH 0", world->scenario->chassis[chassis].name);
        text_table_line(view.table, line);
        write_found(&view, 0, SCENARIO_NONE, true);
    }
    text_table_print(&table, out);
    text_table_free(&table);
}
