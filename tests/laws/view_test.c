/* What `mriov show` prints of a rack is a PCI hierarchy, whatever the rack: parsed from its text, with no help from who
 * writes it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "hostsim/rack/dot_view.h"
#include "hostsim/rack/tree_view.h"
#include "tests/support/law.h"
#include "tests/support/rack_generator.h"
#include "tests/support/sheet.h"

#define SEEDS 300
#define LEVELS 64

TestSuite(views, .timeout = 240);

/* A line of a tree. */
struct line {
    unsigned level, id;
    bool is_bridge;
    unsigned first_bus, last_bus;
    unsigned long long from, to; /* of memory, both included; from > to: none */
};

/* False for titles. BUSES: the column where buses stand. */
static bool parse(const char *text, size_t length, size_t buses, struct line *line)
{
    unsigned bus, device, function;
    size_t indent = strspn(text, " |`-");
    if (indent < 2 || sscanf(text + indent, "%2x:%2x.%1x", &bus, &device, &function) != 3)
        return false;
    *line =
        (struct line){.level = (unsigned)(indent - 2) / 2, .id = bus << 8 | device << 3 | function, .from = 1, .to = 0};
    if (length <= buses)
        return true;
    line->is_bridge = sscanf(text + buses, "%2x-%2x", &line->first_bus, &line->last_bus) == 2;
    const char *memory = memmem(text + buses, length - buses, "0x", 2);
    if (memory && sscanf(memory, "0x%llx-0x%llx", &line->from, &line->to) == 1)
        line->to = line->from;
    return true;
}

static void check_place(const struct line *line, const struct line *parent, const struct line *sibling)
{
    unsigned bus = line->id >> 8;
    law_holds(parent->is_bridge, "%04x is below a bridge", line->id);
    law_holds(bus >= parent->first_bus && bus <= parent->last_bus, "%04x is on a bus of %04x", line->id, parent->id);
    law_holds(
        !line->is_bridge || (line->first_bus > parent->first_bus && line->last_bus <= parent->last_bus),
        "buses behind %04x are behind %04x", line->id, parent->id);
    law_holds(
        line->from > line->to || (line->from >= parent->from && line->to <= parent->to), "memory of %04x is in %04x's",
        line->id, parent->id);
    if (!sibling)
        return;
    law_holds(line->id > sibling->id, "%04x comes after %04x", line->id, sibling->id);
    law_holds(line->from > line->to || line->from > sibling->to, "memory of %04x is its own", line->id);
    law_holds(!line->is_bridge || line->first_bus > sibling->last_bus, "buses of %04x are its own", line->id);
}

/* Bridges and root ports; the rest are functions. */
static size_t check_tree(const char *text, size_t *bridges)
{
    struct line path[LEVELS] = {0};
    bool has_sibling[LEVELS] = {false};
    size_t functions = 0, buses = (size_t)(strstr(text, "BUSES") - text);
    for (const char *at = text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        struct line line;
        if (!parse(at, (size_t)(end - at), buses, &line))
            continue;
        law_holds(line.level < LEVELS - 1, "%04x is not too deep", line.id);
        if (line.level == 0)
            law_holds(line.id == 0, "a root port is 00:00.0");
        else
            check_place(&line, &path[line.level - 1], has_sibling[line.level] ? &path[line.level] : NULL);
        path[line.level] = line;
        has_sibling[line.level] = true;
        has_sibling[line.level + 1] = false;
        functions += !line.is_bridge;
        *bridges += line.is_bridge;
    }
    return functions;
}

static size_t count(const char *text, const char *word)
{
    size_t found = 0;
    for (; (text = strstr(text, word)) != NULL; text += strlen(word))
        found++;
    return found;
}

static size_t bridges_of(const struct world *world)
{
    size_t found = world->topology.root_count + world->scenario->chassis_count; /* MR-PCIM has a root port in each */
    for (size_t chassis = 0; chassis < world->scenario->chassis_count; chassis++)
        for (uint32_t vh = 0; vh < topology_vh_count(&world->topology); vh++)
            if (world->switches[chassis].virtual_switches[vh] != NULL)
                found += virtual_switch_shown(world->switches[chassis].virtual_switches[vh]);
    return found;
}

/* MR-PCIM's: a base function, or a PF and its VFs. */
static size_t own_functions(const struct world *world)
{
    size_t found = 0;
    for (size_t n = 0; n < world->scenario->adapter_count; n++) {
        const struct scenario_adapter *adapter = &world->scenario->adapters[n];
        if (adapter->chassis != SCENARIO_NONE && adapter->sharing != SHARING_EXCLUSIVE)
            found += adapter->sharing == SHARING_MR_IOV ? 1 : 1 + adapter->vfs;
    }
    return found;
}

static void check_views(const struct world *world)
{
    struct sheet sheet;
    size_t bridges = 0;
    sheet_open(&sheet);
    tree_view_write(world, sheet.out);
    size_t functions = check_tree(sheet_close(&sheet), &bridges);
    law_holds(
        functions == world->scenario->assignment_count + own_functions(world),
        "every function that is somebody's is in one tree");
    law_holds(bridges == bridges_of(world), "every bridge is in one tree");
    sheet_free(&sheet);
    sheet_open(&sheet);
    dot_view_write(world, sheet.out);
    sheet_close(&sheet);
    law_holds(count(sheet.text, " -- ") == world->link_count, "every link is an edge");
    law_holds(
        count(sheet.text, "shape=") ==
            world->scenario->host_count + world->scenario->chassis_count + world->scenario->adapter_count,
        "everything else is a node");
    sheet_free(&sheet);
}

Test(views, are_hierarchies_and_whole)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        char *text = rack_generate(seed);
        law_begin("laws/view", seed, text);
        struct scenario *scenario = law_scenario(text);
        struct world *world = law_world(scenario);
        check_views(world);
        law_world_free(world);
        scenario_free(scenario);
        law_end();
        free(text);
    }
}
