#include "hostsim/rack/ops_log.h"

#include <criterion/criterion.h>
#include <string.h>

#include "hostsim/rack/loads.h"
#include "tests/support/rack.h"
#include "tests/support/sheet.h"

static const char text[] =
    "mriov: 1\nrun: {warmup: 10us, duration: 50us}\ndefaults: {link: {rate: 8Gbps, propagation: 0ns}}\n"
    "chassis: [{name: tor}]\nhosts: [{name: h0, chassis: tor, guests: [{name: vm}]}, {name: h1, chassis: tor}]\n"
    "adapters: [{name: nic, at: tor}]\n"
    "assign: [{function: nic, to: h0, vfs: 1}, {function: nic, to: h1}, {function: nic.pf0.vf0, to: h0/vm}]\n"
    "workloads:\n"
    "  - {name: one, function: nic.pf0, op: dma-write, size: 64B, arrival: {periodic: 1Mops/s}, start: 1us}\n"
    "  - {name: any, function: [nic.pf0.vf0, nic.pf1], spread: round-robin, "
    "op: {mix: {dma-read: 1, dma-write: 1}}, size: 100B, arrival: {periodic: 500kops/s}, window: 128B}\n";

static size_t count(const char *in, const char *what)
{
    size_t found = 0;
    for (const char *at = in; (at = strstr(at, what)); at++)
        found++;
    return found;
}

/* As it stands, and agreeing with what the flows have counted. */
Test(ops_log, a_line_for_every_operation)
{
    struct rack rack;
    struct sheet sheet;
    struct ops_log log;
    rack_open(&rack, text);
    sheet_open(&sheet);
    ops_log_start(&log, &rack.world, sheet.out);
    rack_run(&rack, 60 * PS_PER_US);
    ops_log_stop(&log);
    const char *lines = sheet_close(&sheet);
    static const char heading[] = "time_ns,flow,host,guest,function,op,bytes,address,latency_ns,status\n";
    cr_assert_eq(strncmp(lines, heading, strlen(heading)), 0);
    cr_expect_not_null(strstr(lines, "\n1000,one,h0,,nic.pf0,dma-write,64,0x100000000,"));
    cr_expect_eq(count(lines, ",one,"), 59, "one each us from 1 us on, and the last has not ended");
    cr_expect_eq(count(lines, ",any,"), 30);
    cr_expect_eq(count(lines, ",any,h0,vm,nic.pf0.vf0,"), 15);
    cr_expect_eq(count(lines, ",any,h1,,nic.pf1,"), 15);
    uint64_t in_window[2] = {0};
    for (const char *line = strchr(lines, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        double time_ns, latency_ns;
        char name[16], rest[64];
        cr_assert_eq(sscanf(line, "%lf,%3s,%63[^\n]", &time_ns, name, rest), 3);
        const char *status = strrchr(rest, ',');
        cr_assert_eq(strncmp(status, ",ok", 3), 0);
        for (latency_ns = 0, status--; *status != ','; status--)
            continue;
        cr_assert_eq(sscanf(status, ",%lf", &latency_ns), 1);
        cr_assert(latency_ns > 0 && time_ns + latency_ns < 60000);
        in_window[name[0] == 'a'] += time_ns + latency_ns >= 10000;
    }
    for (size_t n = 0; n < 2; n++)
        cr_expect_eq(in_window[n], rack.world.loads->flows[n].counters.operations);
    sheet_free(&sheet);
    rack_close(&rack);
}
