#include "hostsim/rack/run_json.h"

#include <math.h>

#include "hostsim/rack/json_writer.h"

double run_cost_rate(const struct run_cost *cost, uint64_t count)
{
    return cost->wall_s > 0 ? (double)count / cost->wall_s : (double)NAN;
}

void run_json_write(const struct run_cost *cost, const struct results *results, FILE *out)
{
    struct json_writer json = json_writer_start(out);
    json_write_open(&json, NULL, '{');
    json_write_text(&json, "version", MRIOV_VERSION);
    json_write_real(&json, "wall_seconds", cost->wall_s);
    json_write_count(&json, "events", results->totals.events);
    json_write_real(&json, "events_per_s", run_cost_rate(cost, results->totals.events));
    json_write_count(&json, "hops", results->totals.tlp_hops);
    json_write_real(&json, "hops_per_s", run_cost_rate(cost, results->totals.tlp_hops));
    json_write_count(&json, "peak_memory_bytes", cost->peak_memory_bytes);
    json_write_count(&json, "ranks", cost->ranks);
    json_write_close(&json);
}
