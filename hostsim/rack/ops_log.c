#include "hostsim/rack/ops_log.h"

#include <inttypes.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "hostsim/rack/loads.h"
#include "hostsim/rack/number.h"
#include "hostsim/rack/schema.h"

static size_t row_of(const struct loads *loads, const struct flow *flow)
{
    size_t index = flow >= loads->flows && flow < loads->flows + loads->flow_count ? (size_t)(flow - loads->flows)
                                                                                   : loads->flow_count;
    while (loads->rows[index]->flow != flow)
        index++;
    return index;
}

static void on_operation(struct flow *flow, const struct operation *operation)
{
    const struct loads *loads = flow->context;
    const struct ops_log *log = loads->ops_log;
    if (operation->done_ps >= log->end_ps)
        return;
    size_t index = row_of(loads, flow);
    const struct scenario *scenario = log->world->scenario;
    const struct scenario_workload *workload = &scenario->workloads[loads->rows[index]->spec->workload];
    char time[NUMBER_BYTES], latency[NUMBER_BYTES];
    fprintf(
        log->out, "%s,%s%s,%" PRIu64 ",0x%" PRIx64 ",%s,%s\n", number_ns(operation->arrival_ps, time),
        log->names[log->first_name[index] + operation->target],
        schema_word_name(schema_ops, (int)workload->ops[operation->op].op), operation->bytes, operation->address,
        number_ns(operation->done_ps - operation->arrival_ps, latency), operation->failed ? "failed" : "ok");
}

/* "writes,h0,,nic0.pf0,": names need no quotes. */
static char *name_of(const struct scenario *scenario, const struct scenario_flow *flow, size_t target)
{
    const struct scenario_flow_member *member = &flow->members[target];
    const struct scenario_host *host = &scenario->hosts[member->owner.host];
    const char *guest = member->owner.guest == SCENARIO_NONE ? "" : host->guests[member->owner.guest].name;
    char function[128], *name = NULL;
    scenario_function_name(scenario, member->function, function, sizeof function);
    int length = asprintf(&name, "%s,%s,%s,%s,", scenario->workloads[flow->workload].name, host->name, guest, function);
    CHECK(length >= 0);
    return name;
}

/* The names of the targets of the next row. */
static void name_row(struct ops_log *log, const struct load_row *row)
{
    size_t targets = row->spec->member_count;
    log->first_name = reallocarray(log->first_name, log->row_count + 1, sizeof *log->first_name);
    log->names = reallocarray(log->names, log->name_count + targets + 1, sizeof *log->names);
    CHECK(log->first_name != NULL && log->names != NULL);
    log->first_name[log->row_count++] = log->name_count;
    for (size_t target = 0; target < targets; target++)
        log->names[log->name_count++] = name_of(log->world->scenario, row->spec, target);
    row->flow->on_operation = on_operation;
}

static void on_added(struct loads *loads, struct load_row *row)
{
    name_row(loads->ops_log, row);
}

void ops_log_start(struct ops_log *log, struct world *world, FILE *out)
{
    struct loads *loads = world->loads;
    *log = (struct ops_log){.out = out, .world = world, .end_ps = world->fabric.window.to_ps};
    loads->ops_log = log;
    loads->on_added = on_added;
    for (size_t index = 0; index < loads->row_count; index++)
        name_row(log, loads->rows[index]);
    fputs("time_ns,flow,host,guest,function,op,bytes,address,latency_ns,status\n", out);
}

void ops_log_stop(struct ops_log *log)
{
    for (size_t n = 0; n < log->name_count; n++)
        free(log->names[n]);
    free(log->names);
    free(log->first_name);
    *log = (struct ops_log){0};
}
