#include "hostsim/rack/ops_log.h"

#include <inttypes.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "hostsim/rack/loads.h"
#include "hostsim/rack/number.h"
#include "hostsim/rack/schema.h"

static void on_operation(struct flow *flow, const struct operation *operation)
{
    const struct loads *loads = flow->context;
    const struct ops_log *log = loads->ops_log;
    if (operation->done_ps >= log->end_ps)
        return;
    size_t index = (size_t)(flow - loads->flows);
    const struct scenario *scenario = log->world->scenario;
    const struct scenario_workload *workload = &scenario->workloads[scenario->flows[index].workload];
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

void ops_log_start(struct ops_log *log, struct world *world, FILE *out)
{
    const struct scenario *scenario = world->scenario;
    *log = (struct ops_log){
        .out = out,
        .world = world,
        .end_ps = world->fabric.window.to_ps,
        .first_name = calloc(scenario->flow_count + 1, sizeof *log->first_name),
    };
    CHECK(log->first_name != NULL);
    world->loads->ops_log = log;
    for (size_t index = 0; index < scenario->flow_count; index++) {
        const struct scenario_flow *flow = &scenario->flows[index];
        log->first_name[index] = log->name_count;
        log->names = reallocarray(log->names, log->name_count + flow->member_count + 1, sizeof *log->names);
        CHECK(log->names != NULL);
        for (size_t target = 0; target < flow->member_count; target++)
            log->names[log->name_count++] = name_of(scenario, flow, target);
        world->loads->flows[index].on_operation = on_operation;
    }
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
