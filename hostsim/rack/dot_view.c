#include "hostsim/rack/dot_view.h"

#include <inttypes.h>

#include "hostsim/rack/human.h"
#include "hostsim/rack/link_text.h"
#include "hostsim/rack/schema.h"

/* Writes TEXT for a quoted string that is a label: there a backslash begins an escape, and an ampersand an HTML entity,
 * also without angle brackets. Control characters would not be XML in an SVG. */
static void write_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if (*text == '&')
            fputs("&amp;", out);
        else
            fputc((unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text, out);
    }
}

/* Names of things need no escapes: letters, digits and hyphens. */
static void begin_node(FILE *out, const char *name, const char *shape)
{
    fprintf(out, "  \"%s\" [shape=%s, label=\"%s", name, shape, name);
}

static void write_chassis(const struct scenario_chassis *chassis, FILE *out)
{
    char latency[HUMAN_LATENCY_BYTES];
    begin_node(out, chassis->name, "box3d");
    fprintf(
        out, "\\n%s\\n%s\"];\n", human_latency(&chassis->latency, latency),
        schema_word_name(schema_arbitrations, (int)chassis->arbitration));
}

/* The hierarchies of a host are those of its root ports. */
static void write_host(const struct world *world, int host, FILE *out)
{
    const char *separator = "\\nVH ";
    begin_node(out, world->scenario->hosts[host].name, "box");
    for (size_t i = 0; i < world->topology.root_count; i++) {
        if (world->topology.roots[i].host != host)
            continue;
        fprintf(out, "%s%u", separator, world->topology.roots[i].vh);
        separator = ", ";
    }
    fputs("\"];\n", out);
}

static void write_adapter(const struct scenario_adapter *adapter, FILE *out)
{
    begin_node(out, adapter->name, "component");
    fprintf(
        out, "\\n%s, %s\"];\n", schema_word_name(schema_kinds, (int)adapter->kind),
        schema_word_name(schema_sharings, (int)adapter->sharing));
}

/* NAME: what results call the link; NULL where its end says so. */
static void
write_edge(FILE *out, const char *from, const char *to, const char *name, const struct link_config *link, bool mr)
{
    char text[LINK_TEXT_BYTES];
    fprintf(
        out, "  \"%s\" -- \"%s\" [label=\"%s%s%s\"%s];\n", from, to, name ? name : "", name ? "\\n" : "",
        link_text(link, text), mr ? ", style=bold" : "");
}

static void write_uplinks(const struct scenario *scenario, const struct scenario_host *host, FILE *out)
{
    for (size_t uplink = 0; uplink < host->uplink_count; uplink++) {
        char name[128];
        snprintf(name, sizeof name, "%s:%zu", host->name, uplink);
        write_edge(
            out, host->name, scenario->chassis[host->uplinks[uplink]].name, host->uplink_count > 1 ? name : NULL,
            &host->link, false);
    }
}

static void write_edges(const struct scenario *scenario, FILE *out)
{
    for (size_t i = 0; i < scenario->host_count; i++)
        write_uplinks(scenario, &scenario->hosts[i], out);
    for (size_t i = 0; i < scenario->trunk_count; i++) {
        const struct scenario_trunk *trunk = &scenario->trunks[i];
        write_edge(
            out, scenario->chassis[trunk->between[0]].name, scenario->chassis[trunk->between[1]].name, trunk->name,
            &trunk->link, true);
    }
    for (size_t i = 0; i < scenario->adapter_count; i++) {
        const struct scenario_adapter *adapter = &scenario->adapters[i];
        bool in_host = adapter->host != SCENARIO_NONE;
        write_edge(
            out, in_host ? scenario->hosts[adapter->host].name : scenario->chassis[adapter->chassis].name,
            adapter->name, NULL, &adapter->link, adapter->sharing == SHARING_MR_IOV);
    }
}

void dot_view_write(const struct world *world, FILE *out)
{
    const struct scenario *scenario = world->scenario;
    fputs("graph rack {\n  label=\"", out);
    write_escaped(out, scenario->name);
    fputs("\";\n  labelloc=t;\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n", out);
    fputs("  edge [fontname=\"sans-serif\", fontsize=10];\n", out);
    for (size_t i = 0; i < scenario->host_count; i++)
        write_host(world, (int)i, out);
    for (size_t i = 0; i < scenario->chassis_count; i++)
        write_chassis(&scenario->chassis[i], out);
    for (size_t i = 0; i < scenario->adapter_count; i++)
        write_adapter(&scenario->adapters[i], out);
    write_edges(scenario, out);
    fputs("}\n", out);
}
