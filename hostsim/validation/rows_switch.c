/* Rows of switches: hops, and flows against each other (cases 21, 22, 24). */
#include "hostsim/validation/validation_case.h"

/* A row as a table has it, not each value on a line of its own. */
/* clang-format off */

/* 2 x (105 + 10) ns, and with store-and-forward the serialisation of request and completion. A trunk's prefix takes
 * 0.508 ns each way, which each trunk adds with store-and-forward. Out of a fast trunk a TLP is ready later, as its
 * last byte must not leave before it came in. */
const struct validation_row rows_hops[] = {
    {"cut-through, 64 B: 0 to 1", "c21-hops", {"chassis.*.forwarding=cut-through", "workloads.*.size=64B"},
     &measure_latency_growth, "r0", "r-local", 230, WITHIN_UNITS, 1, QUICK},
    {"cut-through, 64 B: 1 to 2, MR", "c21-hops", {"chassis.*.forwarding=cut-through", "workloads.*.size=64B"},
     &measure_latency_growth, "r1", "r0", 230, WITHIN_UNITS, 1, QUICK},
    {"cut-through, 64 B: 2 to 3, MR", "c21-hops", {"chassis.*.forwarding=cut-through", "workloads.*.size=64B"},
     &measure_latency_growth, "r2", "r1", 230, WITHIN_UNITS, 1, QUICK},
    {"cut-through, 256 B: 0 to 1", "c21-hops", {"chassis.*.forwarding=cut-through", "workloads.*.size=256B"},
     &measure_latency_growth, "r0", "r-local", 230, WITHIN_UNITS, 1, QUICK},
    {"cut-through, 256 B: 1 to 2, MR", "c21-hops", {"chassis.*.forwarding=cut-through", "workloads.*.size=256B"},
     &measure_latency_growth, "r1", "r0", 230, WITHIN_UNITS, 1, QUICK},
    {"cut-through, 256 B: 2 to 3, MR", "c21-hops", {"chassis.*.forwarding=cut-through", "workloads.*.size=256B"},
     &measure_latency_growth, "r2", "r1", 230, WITHIN_UNITS, 1, QUICK},
    {"store, 64 B: 0 to 1", "c21-hops", {"chassis.*.forwarding=store-and-forward", "workloads.*.size=64B"},
     &measure_latency_growth, "r0", "r-local", 243.7109375, WITHIN_UNITS, 1, QUICK},
    {"store, 64 B: 1 to 2, MR", "c21-hops", {"chassis.*.forwarding=store-and-forward", "workloads.*.size=64B"},
     &measure_latency_growth, "r1", "r0", 244.7265625, WITHIN_UNITS, 1, QUICK},
    {"store, 64 B: 2 to 3, MR", "c21-hops", {"chassis.*.forwarding=store-and-forward", "workloads.*.size=64B"},
     &measure_latency_growth, "r2", "r1", 244.7265625, WITHIN_UNITS, 1, QUICK},
    {"store, 256 B: 0 to 1", "c21-hops", {"chassis.*.forwarding=store-and-forward", "workloads.*.size=256B"},
     &measure_latency_growth, "r0", "r-local", 268.0859375, WITHIN_UNITS, 1, QUICK},
    {"store, 256 B: 1 to 2, MR", "c21-hops", {"chassis.*.forwarding=store-and-forward", "workloads.*.size=256B"},
     &measure_latency_growth, "r1", "r0", 269.1015625, WITHIN_UNITS, 1, QUICK},
    {"store, 256 B: 2 to 3, MR", "c21-hops", {"chassis.*.forwarding=store-and-forward", "workloads.*.size=256B"},
     &measure_latency_growth, "r2", "r1", 269.1015625, WITHIN_UNITS, 1, QUICK},
    {"cut-through into gen5 x16", "c21-hops", {"trunks.*.link.gen=5", "trunks.*.link.width=16"},
     &measure_latency_growth, "r1", "r0", 241.870117188, WITHIN_UNITS, 1, QUICK},
    {0},
};

/* What the paper measured. */
const struct validation_row rows_routable[] = {
    {"one way, local (calibrated)", "c22-routable", {NULL},
     &measure_latency, "near", NULL, 379, WITHIN_SHARE, 0.001, QUICK},
    {"one way, three switches", "c22-routable", {NULL},
     &measure_latency, "far", NULL, 868.6, WITHIN_SHARE, 0.03, QUICK},
    {"64 B read, local (calibrated)", "c22-routable",
     {"workloads.*.op=mmio-read", "hosts.local.root-latency=381.286ns", "hosts.remote.root-latency=391.286ns"},
     &measure_latency, "near", NULL, 766, WITHIN_SHARE, 0.001, QUICK},
    {"64 B read, three switches", "c22-routable",
     {"workloads.*.op=mmio-read", "hosts.local.root-latency=381.286ns", "hosts.remote.root-latency=391.286ns"},
     &measure_latency, "far", NULL, 1751, WITHIN_SHARE, 0.02, QUICK},
    {0},
};

/* The published bound. */
const struct validation_row rows_opposite[] = {
    {"mmio-write against dma-write", "c24-opposite", {"workloads.*.op=mmio-write", "workloads.reverse.op=dma-write"},
     &measure_latency_change, "victim", "alone", 15, AT_MOST, 0, SLOW},
    {"dma-write against mmio-write", "c24-opposite", {"workloads.*.op=dma-write", "workloads.reverse.op=mmio-write"},
     &measure_latency_change, "victim", "alone", 15, AT_MOST, 0, SLOW},
    {"dma-read against dma-write", "c24-opposite", {"workloads.*.op=dma-read", "workloads.reverse.op=dma-write"},
     &measure_latency_change, "victim", "alone", 15, AT_MOST, 0, SLOW},
    {"mmio-write, with DLLPs", "c24-opposite",
     {"workloads.*.op=mmio-write", "workloads.reverse.op=dma-write", "hosts.*.link.dllp=physical",
      "adapters.*.link.dllp=physical"},
     &measure_latency_change, "victim", "alone", 15, AT_MOST, 0, SLOW},
    {"dma-write, with DLLPs", "c24-opposite",
     {"workloads.*.op=dma-write", "workloads.reverse.op=mmio-write", "hosts.*.link.dllp=physical",
      "adapters.*.link.dllp=physical"},
     &measure_latency_change, "victim", "alone", 15, AT_MOST, 0, SLOW},
    {"dma-read, DLLPs, fast uplinks", "c24-opposite",
     {"workloads.*.op=dma-read", "workloads.reverse.op=dma-write", "hosts.*.link.dllp=physical",
      "adapters.*.link.dllp=physical", "hosts.*.link.gen=4"},
     &measure_latency_change, "victim", "alone", 15, AT_MOST, 0, SLOW},
    {0},
};
