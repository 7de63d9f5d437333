/* Bench table: the published figures of pcie-bench's model, as tests/validation/pcie-model*.csv have them.
 *
 * Source: Neugebauer et al., Understanding PCIe performance for end host networking, SIGCOMM 2018, and the repository
 * of its model: computed by that model, not measured. */
#ifndef TESTS_SUPPORT_BENCH_TABLE_H
#define TESTS_SUPPORT_BENCH_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_ROWS_MAX 256

/* What the link layer leaves to TLPs. */
struct bench_limit {
    uint32_t gen, width, mps_bytes;
    double raw_gbps, tlp_gbps;
    uint32_t ack_symbols, updatefc_symbols;
};

/* What one stream of an adapter gets. */
struct bench_stream {
    uint32_t gen, width, mps_bytes, mrrs_bytes, rcb_bytes, address_bits, size_bytes;
    double write_gbps, read_gbps, read_write_gbps;
};

/* Fill ROWS, of BENCH_ROWS_MAX, and answer how many there are; a file that cannot be read fails the test. */
size_t bench_limits(struct bench_limit *rows);
size_t bench_streams(struct bench_stream *rows);

#endif
