#include "hostsim/validation/validation_case.h"

#define ARITHMETIC "arithmetic of the base specification"
#define PCIE_BENCH "Neugebauer et al., SIGCOMM 2018"
#define ROUTABLE "Hou et al., NSDI 2024"
#define QUEUES "queueing theory"

const struct validation_case validation_cases[] = {
    {1, "Raw rate", ARITHMETIC, NULL, rows_raw_rate},
    {2, "Serialisation", ARITHMETIC, NULL, rows_serialisation},
    {3, "One write stream", ARITHMETIC, NULL, rows_write_stream},
    {4, "One read stream", ARITHMETIC, NULL, rows_read_stream},
    {5, "The model of pcie-bench", PCIE_BENCH, NULL, rows_bench_model},
    {6, "DLLPs on the wire", PCIE_BENCH, NULL, rows_physical},
    {7, "Network adapter patterns", PCIE_BENCH, "network adapters", NULL},
    {8, "Writes both ways", "Lawley, Xilinx WP350", NULL, rows_both_ways},
    {9, "Reads against a round trip", "Little's law", NULL, rows_reads_in_flight},
    {10, "Writes bound by credits", "arithmetic", NULL, rows_credits},
    {11, "A measured host", PCIE_BENCH, NULL, rows_measured_host},
    {12, "The same from the remote socket", PCIE_BENCH, NULL, rows_remote_socket},
    {13, "M/D/1 at one port", QUEUES, NULL, rows_md1},
    {14, "M/M/1", QUEUES, "nvme adapters", NULL},
    {15, "Saturated switch, fifo and voq", "Karol, Hluchyj, Morgan, 1987", NULL, rows_saturation},
    {16, "Equal hosts share one adapter", "round robin", NULL, rows_equal_shares},
    {17, "Max-min shares", "max-min fairness", NULL, rows_max_min},
    {18, "Round robin by TLP, deficit by bytes", "arithmetic", NULL, rows_payloads},
    {19, "Weighted shares", "arithmetic", NULL, rows_weights},
    {20, "Replay of bad TLPs", "go back N", NULL, rows_replay},
    {21, "One more hop", "arithmetic", NULL, rows_hops},
    {22, "Routable PCI Express", ROUTABLE, NULL, rows_routable},
    {23, "A tree of three switches", ROUTABLE, NULL, rows_tree},
    {24, "Against the stream", ROUTABLE, NULL, rows_opposite},
    {25, "Closed loop", QUEUES, "nvme adapters", NULL},
    {26, "NVMe: one in flight, and the ceiling", "public device reviews", "nvme adapters", NULL},
    {27, "The price of the MR prefix", ARITHMETIC, NULL, rows_mr_prefix},
    {28, "Three hosts on one network adapter", "Suzuki et al., HOTI 2010", "network adapters", NULL},
};
const size_t validation_case_count = sizeof validation_cases / sizeof validation_cases[0];

const struct validation_case *validation_case_find(unsigned number)
{
    for (size_t i = 0; i < validation_case_count; i++)
        if (validation_cases[i].number == number)
            return &validation_cases[i];
    return NULL;
}
