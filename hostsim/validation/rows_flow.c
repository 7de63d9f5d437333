/* Rows of flow control and queues: reads and credits in flight, and Poisson arrivals (cases 9, 10, 13). */
#include "hostsim/validation/validation_case.h"

/* A row as a table has it, not each value on a line of its own. */
/* clang-format off */

/* Reads x bytes x 8 / round trip. */
const struct validation_row rows_reads_in_flight[] = {
    {"32 of 64 B in 500 ns", "c9-reads-in-flight", {NULL},
     &measure_goodput, "w", NULL, 32.768, WITHIN_SHARE, 0.01, QUICK},
    {"32 of 64 B in 1000 ns", "c9-reads-in-flight", {"hosts.h.memory.read-latency=1000ns"},
     &measure_goodput, "w", NULL, 16.384, WITHIN_SHARE, 0.01, QUICK},
    {"16 of 256 B in 2000 ns", "c9-reads-in-flight",
     {"hosts.h.memory.read-latency=2000ns", "adapters.a.outstanding=16", "workloads.w.size=256B"},
     &measure_goodput, "w", NULL, 16.384, WITHIN_SHARE, 0.01, QUICK},
    {"workload's 8 of 64 B in 500 ns", "c9-reads-in-flight", {"workloads.w.outstanding=8"},
     &measure_goodput, "w", NULL, 8.192, WITHIN_SHARE, 0.01, QUICK},
    {"function's 4 of 64 B in 500 ns", "c9-reads-in-flight", {"adapters.a.function-outstanding=4"},
     &measure_goodput, "w", NULL, 4.096, WITHIN_SHARE, 0.01, QUICK},
    {"a core's 1 of 64 B in 500 ns", "c9-reads-in-flight", {"workloads.w.op=mmio-read", "adapters.a.bar-latency=500ns"},
     &measure_goodput, "w", NULL, 1.024, WITHIN_SHARE, 0.01, QUICK},
    {"closed: 24 of 64 B in 500 ns", "c9-reads-in-flight", {"workloads.w.arrival={closed: 24}"},
     &measure_goodput, "w", NULL, 24.576, WITHIN_SHARE, 0.01, QUICK},
    {0},
};

/* Writes that the credits allow x bytes x 8 / (400 ns + their serialisation). */
const struct validation_row rows_credits[] = {
    {"64 data credits, 256 B", "c10-credits", {NULL},
     &measure_goodput, "w", NULL, 18.809, WITHIN_SHARE, 0.01, QUICK},
    {"4 header credits, 256 B", "c10-credits", {"adapters.a.link.credits={posted-headers: 4, posted-data: infinite}"},
     &measure_goodput, "w", NULL, 18.8085381166, WITHIN_SHARE, 0.01, QUICK},
    {"128 data credits, 256 B", "c10-credits", {"adapters.a.link.credits.posted-data=2KiB"},
     &measure_goodput, "w", NULL, 37.6170762332, WITHIN_SHARE, 0.01, QUICK},
    {"16 data credits, 64 B", "c10-credits",
     {"adapters.a.link.credits.posted-data=256B", "workloads.w.size=64B", "hosts.h.mps=128B"},
     &measure_goodput, "w", NULL, 4.98088542656, WITHIN_SHARE, 0.01, QUICK},
    {"192 data credits: link-bound", "c10-credits",
     {"adapters.a.link.credits.posted-data=3KiB", "adapters.a.link.propagation=100ns"},
     &measure_goodput, "w", NULL, 57.6140659341, WITHIN_SHARE, 0.01, QUICK},
    {"64, gen4 x16", "c10-credits", {"adapters.a.link.gen=4", "adapters.a.link.width=16"},
     &measure_goodput, "w", NULL, 20.034888942, WITHIN_SHARE, 0.01, QUICK},
    {"64, write-latency 100 ns", "c10-credits", {"hosts.h.memory.write-latency=100ns"},
     &measure_goodput, "w", NULL, 15.2965134938, WITHIN_SHARE, 0.01, QUICK},
    {"64, MMIO", "c10-credits", {"workloads.w.op=mmio-write"},
     &measure_goodput, "w", NULL, 18.8085381166, WITHIN_SHARE, 0.01, QUICK},
    {"4 nonposted, 64 B reads", "c10-credits",
     {"adapters.a.link.credits={nonposted-headers: 4}", "workloads.w.op=dma-read", "workloads.w.size=64B"},
     &measure_goodput, "w", NULL, 5.08129482458, WITHIN_SHARE, 0.01, QUICK},
    {"64 completion data, reads", "c10-credits",
     {"adapters.a.link.credits={completion-data: 1KiB}", "workloads.w.op=dma-read"},
     &measure_goodput, "w", NULL, 18.8304929514, WITHIN_SHARE, 0.01, QUICK},
    {0},
};

/* Load x service / (2 (1 - load)); for two sizes arrivals x E[service^2] / (2 (1 - load)). */
const struct validation_row rows_md1[] = {
    {"load 0.5", "c13-md1", {"workloads.w.arrival={poisson: 14065934.066ops/s}"},
     &measure_wait, "a up", NULL, 17.773, WITHIN_SHARE, 0.02, SLOW},
    {"load 0.5, wait and wire", "c13-md1", {"workloads.w.arrival={poisson: 14065934.066ops/s}"},
     &measure_latency, "w", NULL, 53.32, WITHIN_UNITS, 0.355, SLOW},
    {"load 0.8", "c13-md1", {"workloads.w.arrival={poisson: 22505494.505ops/s}"},
     &measure_wait, "a up", NULL, 71.094, WITHIN_SHARE, 0.02, SLOW},
    {"load 0.8, wait and wire", "c13-md1", {"workloads.w.arrival={poisson: 22505494.505ops/s}"},
     &measure_latency, "w", NULL, 106.641, WITHIN_UNITS, 1.422, SLOW},
    {"load 0.9", "c13-md1", {"workloads.w.arrival={poisson: 25318681.319ops/s}"},
     &measure_wait, "a up", NULL, 159.961, WITHIN_SHARE, 0.04, SLOW},
    {"load 0.9, wait and wire", "c13-md1", {"workloads.w.arrival={poisson: 25318681.319ops/s}"},
     &measure_latency, "w", NULL, 195.508, WITHIN_UNITS, 6.398, SLOW},
    {"load 0.8, MMIO", "c13-md1", {"workloads.w.arrival={poisson: 22505494.505ops/s}", "workloads.w.op=mmio-write"},
     &measure_wait, "a down", NULL, 71.094, WITHIN_SHARE, 0.02, SLOW},
    {"load 0.7, gen4 x8, 512 B", "c13-md1",
     {"adapters.a.link.gen=4", "adapters.a.link.width=8", "workloads.w.size=512B",
      "workloads.w.arrival={poisson: 20574052.813ops/s}"},
     &measure_wait, "a up", NULL, 39.6940104167, WITHIN_SHARE, 0.02, SLOW},
    {"load 0.8, 64 and 256 B mixed", "c13-md1",
     {"workloads.w.size={mix: {64B: 1, 256B: 1}}", "workloads.w.arrival={poisson: 34247491.639ops/s}"},
     &measure_wait, "a up", NULL, 59.4361413043, WITHIN_SHARE, 0.02, SLOW},
    {"load 0.8, eight functions", "c13-md1-functions", {NULL},
     &measure_wait, "a up", NULL, 72.109375, WITHIN_SHARE, 0.02, SLOW},
    {"load 0.8 at a switch, latency", "c13-md1-switch", {NULL},
     &measure_latency, "w", NULL, 211.641, WITHIN_UNITS, 1.422, SLOW},
    {0},
};
