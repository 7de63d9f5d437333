/* Traces as scenarios name them; their faults are in tests/system/faulty/trace-lines.yaml. */
#include "hostsim/rack/build_trace.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/rack.h"

#define RACK                                                                                                           \
    "mriov: 1\nrun: {until: done}\ndefaults: {link: {rate: 8Gbps, propagation: 0ns}}\n"                                \
    "chassis: [{name: tor}]\nhosts: [{name: h, chassis: tor}]\nadapters: [{name: nic, at: tor}]\n"                     \
    "assign: [{function: nic, to: h, vfs: 1}]\nworkloads:\n"

static char folder[] = "/tmp/mriov-trace-XXXXXX";
static char path[64];

/* A trace of LINES, named by `path`. */
static void put(const char *lines)
{
    if (path[0] == '\0')
        cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/t.csv", folder);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(lines, file);
    fclose(file);
}

static void remove_all(void)
{
    unlink(path);
    rmdir(folder);
}

static char *scenario_of(const char *op, const char *more)
{
    char *text = NULL;
    cr_assert(
        asprintf(
            &text, RACK "  - {name: t, function: [nic.pf0, nic.pf0.vf0], op: %s, arrival: {trace: %s}%s}\n", op, path,
            more) > 0);
    return text;
}

Test(build_trace, every_way_to_write_a_line, .fini = remove_all)
{
    put("# recorded\n"
        "\n"
        "0,dma-write,256,0\r\n"
        " 1.5 , dma-read , 4KiB , 0x1000 \n"
        "1us,,7,8185");
    char *text = scenario_of("mmio-read", "");
    struct scenario *scenario = rack_scenario(text);
    const struct scenario_workload *workload = &scenario->workloads[0];
    const struct trace *trace = &workload->arrival.trace;
    cr_assert_eq(trace->count, 3);
    static const struct trace_entry expected[] = {{0, 256, 0, 0}, {1500, 4096, 4096, 1}, {1000000, 7, 8185, 2}};
    for (size_t n = 0; n < 3; n++) {
        cr_expect_eq(trace->entries[n].at_ps, expected[n].at_ps);
        cr_expect_eq(trace->entries[n].bytes, expected[n].bytes);
        cr_expect_eq(trace->entries[n].offset, expected[n].offset);
        cr_expect_eq(trace->entries[n].op, expected[n].op);
    }
    cr_assert_eq(workload->op_count, 3);
    cr_expect_eq(workload->ops[0].op, OP_DMA_WRITE);
    cr_expect_eq(workload->ops[1].op, OP_DMA_READ);
    cr_expect_eq(workload->ops[2].op, OP_MMIO_READ, "the workload's own");
    scenario_free(scenario);
    free(text);
}

Test(build_trace, every_flow_replays_it_until_it_is_done, .fini = remove_all)
{
    put("time_ns,op,bytes,address\n0,dma-write,64,0\n500,dma-read-write,640,64\n900,dma-read,64,128\n");
    char *text = scenario_of("dma-write", ", start: 2us");
    struct results results = rack_results(text);
    cr_assert_eq(results.flow_count, 2);
    for (size_t n = 0; n < 2; n++) {
        cr_expect_eq(results.flows[n].operations, 3);
        cr_expect_eq(results.flows[n].bytes, 768);
        cr_expect_str_eq(results.flows[n].op, "mix");
    }
    cr_expect(results.simulated_ps > 2900 * PS_PER_NS && results.simulated_ps < 8000 * PS_PER_NS);
    results_free(&results);
    free(text);
}

Test(build_trace, one_op_is_named, .fini = remove_all)
{
    put("0,dma-write,64,0\n");
    char *text = scenario_of("dma-read", "");
    struct results results = rack_results(text);
    cr_expect_str_eq(results.flows[0].op, "dma-write");
    results_free(&results);
    free(text);
}
