#include "hostsim/rack/functions_view.h"

#include <inttypes.h>

#include "hostsim/rack/build_owner.h"
#include "hostsim/rack/inventory.h"
#include "hostsim/rack/json_writer.h"
#include "hostsim/rack/management.h"
#include "hostsim/rack/routing_id.h"
#include "hostsim/rack/text_table.h"

/* What both forms say of a function; NULL for what it has not. */
struct line {
    const char *name, *state;
    const char *host;  /* "h0", or "h0:1" */
    const char *guest; /* its name alone */
    const char *owner; /* host and guest in one */
    const char *routing_id, *bar;
    bool has_vh;
    uint32_t vh;
    char texts[3][OWNER_TEXT];
    char id_text[ROUTING_ID_TEXT], bar_text[24];
};

static void describe_owned(struct line *line, const struct world *world, int assignment)
{
    const struct scenario *scenario = world->scenario;
    const struct world_function *placed = &world->functions[assignment];
    struct scenario_owner owner = scenario->assignments[assignment].owner, host = owner;
    host.guest = SCENARIO_NONE;
    line->owner = owner_text(scenario, owner, line->texts[1]);
    line->host = owner_text(scenario, host, line->texts[2]);
    if (owner.guest != SCENARIO_NONE)
        line->guest = scenario->hosts[owner.host].guests[owner.guest].name;
    line->has_vh = true;
    line->vh = placed->vh;
    if (placed->function == NULL) {
        line->state = "unseen";
        return;
    }
    line->routing_id = routing_id_text(placed->id, line->id_text);
    snprintf(line->bar_text, sizeof line->bar_text, "0x%" PRIx64, placed->bar_base);
    line->bar = line->bar_text;
}

/* A function of MR-PCIM's own, which is what it is in VH 0; one that is not there has no registers. */
static void describe_managed(struct line *line, const struct world *world, size_t adapter)
{
    uint16_t id;
    uint64_t address;
    if (!management_has(world, adapter, &id))
        return;
    line->routing_id = routing_id_text(id, line->id_text);
    if (config_device_bar(&world->adapters[adapter].spaces[0].device, 0, &address) == 0)
        return;
    snprintf(line->bar_text, sizeof line->bar_text, "0x%" PRIx64, address);
    line->bar = line->bar_text;
}

static void describe(struct line *line, const struct world *world, const struct inventory_entry *entry)
{
    *line = (struct line){
        .state = inventory_state_name(entry->state), .has_vh = entry->state == INVENTORY_MANAGED, /* VH 0 */
    };
    line->name = scenario_function_name(world->scenario, entry->function, line->texts[0], sizeof line->texts[0]);
    if (entry->state == INVENTORY_ASSIGNED)
        describe_owned(line, world, entry->assignment);
    else if (entry->state == INVENTORY_MANAGED)
        describe_managed(line, world, (size_t)entry->function.adapter);
}

static const char *or_none(const char *text)
{
    return text ? text : "-";
}

void functions_view_table(const struct world *world, FILE *out)
{
    static const char *const headings[] = {"NAME", "OWNER", "GUEST", "VH", "ROUTING-ID", "STATE", "BAR"};
    struct inventory inventory;
    inventory_take(&inventory, world->scenario, NULL);
    struct text_table table = text_table_start(headings, "<<<><<<");
    table.longest = OWNER_TEXT; /* names are there to be copied: none is cut */
    for (size_t i = 0; i < inventory.count; i++) {
        struct line line;
        char vh[16] = "-";
        describe(&line, world, &inventory.entries[i]);
        if (line.has_vh)
            snprintf(vh, sizeof vh, "%" PRIu32, line.vh);
        const char *const cells[] = {line.name,  or_none(line.host), or_none(line.guest), vh, or_none(line.routing_id),
                                     line.state, or_none(line.bar)};
        text_table_row(&table, cells);
    }
    text_table_print(&table, out);
    text_table_free(&table);
    inventory_free(&inventory);
}

void functions_view_json(const struct world *world, FILE *out)
{
    struct inventory inventory;
    inventory_take(&inventory, world->scenario, NULL);
    struct json_writer json = json_writer_start(out);
    json_write_open(&json, NULL, '[');
    for (size_t i = 0; i < inventory.count; i++) {
        struct line line;
        describe(&line, world, &inventory.entries[i]);
        json_write_open(&json, NULL, '{');
        json_write_text(&json, "name", line.name);
        json_write_text(&json, "owner", line.owner);
        json_write_text(&json, "state", line.state);
        json_write_text(&json, "guest", line.guest);
        if (line.has_vh)
            json_write_count(&json, "vh", line.vh);
        else
            json_write_null(&json, "vh");
        json_write_text(&json, "routing_id", line.routing_id);
        json_write_text(&json, "bar", line.bar);
        json_write_close(&json);
    }
    json_write_close(&json);
    inventory_free(&inventory);
}
