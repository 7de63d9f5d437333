/* Rows of pcie-bench: its model, and what it measured (cases 5, 11, 12). */
#include "hostsim/validation/validation_case.h"

/* A row as a table has it, not each value on a line of its own. */
/* clang-format off */

/* The sets of a stream, and the row of one op. */
#define STREAM(GEN, WIDTH, MPS, MRRS, SIZE, OP) \
    {"adapters.a.link.gen=" #GEN, "adapters.a.link.width=" #WIDTH, "hosts.h.mps=" #MPS "B", "hosts.h.mrrs=" #MRRS "B", \
     "workloads.w.size=" #SIZE "B", "workloads.w.op=" OP}
#define STREAM_ROW(GEN, WIDTH, MPS, MRRS, SIZE, NAME, OP, EXPECTED) \
    {"gen" #GEN " x" #WIDTH ", " #SIZE " B, " NAME, "c5-pcie-bench", STREAM(GEN, WIDTH, MPS, MRRS, SIZE, OP), \
     &measure_goodput, "w", NULL, EXPECTED, WITHIN_SHARE, 0.005, QUICK}

/* Generation, width, MPS, MRRS, size; Gb/s of writes, of reads, of both: a line of tests/validation/pcie-model.csv. */
#define BENCH(GEN, WIDTH, MPS, MRRS, SIZE, WRITE, READ, BOTH) \
    STREAM_ROW(GEN, WIDTH, MPS, MRRS, SIZE, "write", "dma-write", WRITE), \
    STREAM_ROW(GEN, WIDTH, MPS, MRRS, SIZE, "read", "dma-read", READ), \
    STREAM_ROW(GEN, WIDTH, MPS, MRRS, SIZE, "read-write", "dma-read-write", BOTH)

/* The published model's own results. */
const struct validation_row rows_bench_model[] = {
    BENCH(2, 4, 128, 512, 64, 10.1046, 10.5858, 7.9394),
    BENCH(2, 4, 128, 512, 128, 11.7001, 12.0163, 10.1046),
    BENCH(2, 4, 128, 512, 256, 11.7001, 12.0163, 10.8440),
    BENCH(2, 4, 128, 512, 512, 11.7001, 12.0163, 11.2558),
    BENCH(2, 4, 128, 512, 1024, 11.7001, 12.0163, 11.2558),
    BENCH(2, 4, 128, 512, 2048, 11.7001, 12.0163, 11.2558),
    BENCH(3, 8, 256, 512, 64, 42.0980, 44.1027, 33.0770),
    BENCH(3, 8, 256, 512, 128, 48.7451, 50.0625, 42.0980),
    BENCH(3, 8, 256, 512, 256, 52.9232, 53.6902, 48.7451),
    BENCH(3, 8, 256, 512, 512, 52.9232, 53.6902, 50.7483),
    BENCH(3, 8, 256, 512, 1024, 52.9232, 53.6902, 50.7483),
    BENCH(3, 8, 256, 512, 2048, 52.9232, 53.6902, 50.7483),
    BENCH(4, 16, 512, 4096, 64, 166.7249, 174.6642, 130.9981),
    BENCH(4, 16, 512, 4096, 128, 193.0499, 198.2674, 166.7249),
    BENCH(4, 16, 512, 4096, 256, 209.5970, 212.6346, 193.0499),
    BENCH(4, 16, 512, 4096, 512, 218.9819, 220.6284, 209.5970),
    BENCH(4, 16, 512, 4096, 1024, 218.9819, 220.6284, 214.1867),
    BENCH(4, 16, 512, 4096, 2048, 218.9819, 220.6284, 216.5578),
    {0},
};

/* What the paper measured; the first row is what the host is calibrated to. */
const struct validation_row rows_measured_host[] = {
    {"64 B, one read (calibrated)", "c11-c12-measured-host", {"adapters.a.outstanding=1", "workloads.w.arrival={closed: 1}"},
     &measure_latency, "w", NULL, 546, WITHIN_SHARE, 0.001, QUICK},
    {"reads of 64 B", "c11-c12-measured-host", {NULL},
     &measure_goodput, "w", NULL, 31.906, WITHIN_SHARE, 0.1, QUICK},
    {"reads of 512 B", "c11-c12-measured-host", {"workloads.w.size=512B"},
     &measure_goodput, "w", NULL, 55.034, WITHIN_SHARE, 0.08, QUICK},
    {"reads of 2 KiB", "c11-c12-measured-host", {"workloads.w.size=2KiB"},
     &measure_goodput, "w", NULL, 55.579, WITHIN_SHARE, 0.08, QUICK},
    {"writes of 2 KiB", "c11-c12-measured-host", {"workloads.w.size=2KiB", "workloads.w.op=dma-write"},
     &measure_goodput, "w", NULL, 53.013, WITHIN_SHARE, 0.08, QUICK},
    {0},
};

/* The same, 107 ns farther. */
const struct validation_row rows_remote_socket[] = {
    {"64 B, remote socket", "c11-c12-measured-host", {"hosts.h.memory.read-latency=638.074ns"},
     &measure_goodput, "w", NULL, 24.384, WITHIN_SHARE, 0.1, QUICK},
    {0},
};
