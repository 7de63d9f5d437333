/* Rows of the data-link layer: DLLPs on the wire, and bad TLPs sent again (cases 6, 8, 20). */
#include "hostsim/validation/validation_case.h"

/* A row as a table has it, not each value on a line of its own. */
/* clang-format off */

#define BOTH_BOUNDS(SIZE, NAME, OP, LEAST, MOST) \
    {#SIZE " B, " NAME, "c6-physical", {"workloads.w.size=" #SIZE "B", "workloads.w.op=" OP}, \
     &measure_goodput, "w", NULL, LEAST, AT_LEAST, 0.0005, QUICK}, \
    {#SIZE " B, " NAME, "c6-physical", {"workloads.w.size=" #SIZE "B", "workloads.w.op=" OP}, \
     &measure_goodput, "w", NULL, MOST, AT_MOST, 0.0005, QUICK}

/* From what the model of pcie-bench says to what a link without DLLPs carries: rate x payload / bytes on the wire. */
const struct validation_row rows_physical[] = {
    BOTH_BOUNDS(64, "write", "dma-write", 42.0980, 45.8294),
    BOTH_BOUNDS(64, "read", "dma-read", 44.1027, 48.0117),
    BOTH_BOUNDS(64, "read-write", "dma-read-write", 33.0770, 36.0088),
    BOTH_BOUNDS(128, "write", "dma-write", 48.7451, 53.0656),
    BOTH_BOUNDS(128, "read", "dma-read", 50.0625, 54.4998),
    BOTH_BOUNDS(128, "read-write", "dma-read-write", 42.0980, 45.8294),
    BOTH_BOUNDS(256, "write", "dma-write", 52.9232, 57.6141),
    BOTH_BOUNDS(256, "read", "dma-read", 53.6902, 58.4491),
    BOTH_BOUNDS(256, "read-write", "dma-read-write", 48.7451, 53.0656),
    BOTH_BOUNDS(512, "write", "dma-write", 52.9232, 57.6141),
    BOTH_BOUNDS(512, "read", "dma-read", 53.6902, 58.4491),
    BOTH_BOUNDS(512, "read-write", "dma-read-write", 50.7483, 55.2464),
    BOTH_BOUNDS(1024, "write", "dma-write", 52.9232, 57.6141),
    BOTH_BOUNDS(1024, "read", "dma-read", 53.6902, 58.4491),
    BOTH_BOUNDS(1024, "read-write", "dma-read-write", 50.7483, 55.2464),
    BOTH_BOUNDS(2048, "write", "dma-write", 52.9232, 57.6141),
    BOTH_BOUNDS(2048, "read", "dma-read", 53.6902, 58.4491),
    BOTH_BOUNDS(2048, "read-write", "dma-read-write", 50.7483, 55.2464),
    {0},
};

#define BOTH_WAYS(MPS) \
    {"hosts.h.mps=" #MPS "B", "workloads.*.size=" #MPS "B"}

/* (MPS + 20 + 8/5 + 8/4) / 2 ns, and MPS in that time. */
const struct validation_row rows_both_ways[] = {
    {"MPS 128, outward", "c8-both-ways", BOTH_WAYS(128),
     &measure_tlp_time, "a up", NULL, 75.8, WITHIN_SHARE, 0.001, QUICK},
    {"MPS 128, outward", "c8-both-ways", BOTH_WAYS(128),
     &measure_goodput_mbyte, "out", NULL, 1688.65, WITHIN_SHARE, 0.001, QUICK},
    {"MPS 128, inward", "c8-both-ways", BOTH_WAYS(128),
     &measure_tlp_time, "a down", NULL, 75.8, WITHIN_SHARE, 0.001, QUICK},
    {"MPS 128, inward", "c8-both-ways", BOTH_WAYS(128),
     &measure_goodput_mbyte, "in", NULL, 1688.65, WITHIN_SHARE, 0.001, QUICK},
    {"MPS 512, outward", "c8-both-ways", BOTH_WAYS(512),
     &measure_tlp_time, "a up", NULL, 267.8, WITHIN_SHARE, 0.001, QUICK},
    {"MPS 512, outward", "c8-both-ways", BOTH_WAYS(512),
     &measure_goodput_mbyte, "out", NULL, 1911.87, WITHIN_SHARE, 0.001, QUICK},
    {"MPS 512, inward", "c8-both-ways", BOTH_WAYS(512),
     &measure_tlp_time, "a down", NULL, 267.8, WITHIN_SHARE, 0.001, QUICK},
    {"MPS 512, inward", "c8-both-ways", BOTH_WAYS(512),
     &measure_goodput_mbyte, "in", NULL, 1911.87, WITHIN_SHARE, 0.001, QUICK},
    {0},
};

/* 57.6140659 Gb/s x (1 - p) / (1 + 15 p), p = 1 - (1 - BER)^2240: 0.996428 and 0.965363 of it for the published two. */
const struct validation_row rows_replay[] = {
    {"BER 1e-7: 0.996428", "c20-replay", {"adapters.a.link.ber=1e-7"},
     &measure_goodput, "w", NULL, 57.4083, WITHIN_SHARE, 0.005, SLOW},
    {"BER 1e-6: 0.965363", "c20-replay", {"adapters.a.link.ber=1e-6"},
     &measure_goodput, "w", NULL, 55.6185, WITHIN_SHARE, 0.005, SLOW},
    {"BER 3e-6: 0.902623", "c20-replay", {"adapters.a.link.ber=3e-6"},
     &measure_goodput, "w", NULL, 52.0038, WITHIN_SHARE, 0.005, SLOW},
    {0},
};
