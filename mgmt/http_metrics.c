#include "mgmt/http.h"

#include <inttypes.h>

#include "hostsim/rack/loads.h"
#include "mgmt/mriovd.h"

static void write_metric(FILE *out, const char *name, const char *kind, const char *help)
{
    fprintf(out, "# HELP mriov_%s %s\n# TYPE mriov_%s %s\n", name, help, name, kind);
}

static void write_count(FILE *out, const char *name, const char *kind, const char *help, uint64_t value)
{
    write_metric(out, name, kind, help);
    fprintf(out, "mriov_%s %" PRIu64 "\n", name, value);
}

/* A value in seconds, from ps, exactly. */
static void write_seconds(FILE *out, uint64_t ps)
{
    fprintf(out, "%" PRIu64 ".%012" PRIu64, ps / PS_PER_S, ps % PS_PER_S);
}

static void write_daemon(const struct mriovd *daemon, FILE *out)
{
    write_count(out, "connections", "gauge", "Clients connected", daemon->server.connection_count);
    write_count(out, "connections_total", "counter", "Clients that ever connected", daemon->server.accepted);
    write_count(out, "connections_refused_total", "counter", "Clients turned away", daemon->server.turned_away);
    write_count(out, "requests_total", "counter", "Requests answered", daemon->requests);
    write_count(out, "refusals_total", "counter", "Requests answered with an error", daemon->refusals);
    write_count(out, "unsent_bytes", "gauge", "Answers that clients have not read", daemon->server.queued_bytes);
}

static void write_model(const struct mriovd *daemon, FILE *out)
{
    const struct fabric *fabric = &daemon->live.world.fabric;
    write_metric(out, "simulated_seconds_total", "counter", "Simulated time");
    fputs("mriov_simulated_seconds_total ", out);
    write_seconds(out, fabric_now_ps(fabric));
    fputc('\n', out);
    write_metric(out, "speed", "gauge", "Simulated seconds a second, of late");
    fprintf(out, "mriov_speed %.6g\n", daemon->clock.speed);
    write_count(out, "events_total", "counter", "Events of the model", fabric->simulation.events);
    write_count(out, "tlps_total", "counter", "TLPs created", fabric->created);
    write_count(out, "tlp_hops_total", "counter", "Links crossed by TLPs", fabric->hops);
    write_count(out, "tlps_dropped_total", "counter", "TLPs dropped", fabric_dropped(fabric));
    write_count(
        out, "cross_vh_deliveries_total", "counter", "TLPs in another hierarchy than theirs: always 0",
        fabric->cross_vh_deliveries);
}

/* Names are letters, digits and `-`, and need no escape. */
static void write_links(const struct world *world, FILE *out)
{
    static const char *const ways[] = {[LINK_UP] = "up", [LINK_DOWN] = "down"};
    write_metric(out, "link_payload_bytes_total", "counter", "Payload sent since the end of the warm-up");
    for (size_t index = 0; index < world->link_count; index++)
        for (enum link_direction way = 0; way < LINK_DIRECTIONS; way++)
            fprintf(
                out, "mriov_link_payload_bytes_total{link=\"%s\",direction=\"%s\"} %" PRIu64 "\n",
                world->links[index].name, ways[way], world->links[index].directions[way]->counters.payload_bytes);
    write_metric(out, "link_busy_seconds_total", "counter", "Time that the wire was busy, since then");
    for (size_t index = 0; index < world->link_count; index++)
        for (enum link_direction way = 0; way < LINK_DIRECTIONS; way++) {
            fprintf(
                out, "mriov_link_busy_seconds_total{link=\"%s\",direction=\"%s\"} ", world->links[index].name,
                ways[way]);
            write_seconds(out, egress_busy_ps(world->links[index].directions[way]));
            fputc('\n', out);
        }
}

static void write_flows(const struct world *world, FILE *out)
{
    write_metric(out, "workload_bytes_total", "counter", "Payload of completed operations, since then");
    for (size_t index = 0; index < world->scenario->workload_count; index++) {
        uint64_t bytes = 0;
        for (size_t row = 0; row < world->loads->row_count; row++)
            if ((size_t)world->loads->rows[row]->spec->workload == index)
                bytes += world->loads->rows[row]->flow->counters.bytes;
        fprintf(
            out, "mriov_workload_bytes_total{workload=\"%s\",index=\"%zu\"} %" PRIu64 "\n",
            world->scenario->workloads[index].name, index, bytes);
    }
}

void http_write_metrics(const struct mriovd *daemon, FILE *out)
{
    write_daemon(daemon, out);
    write_model(daemon, out);
    write_links(&daemon->live.world, out);
    write_flows(&daemon->live.world, out);
}
