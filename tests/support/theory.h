/* Theory: closed formulas of links, as doubles and on their own: none of the model's arithmetic is in them.
 *
 * Sources: the base specification's transfer rates and encodings, and the wire sizes of docs/model.md. */
#ifndef TESTS_SUPPORT_THEORY_H
#define TESTS_SUPPORT_THEORY_H

#include <stdbool.h>
#include <stdint.h>

/* A link as the formulas need it. */
struct theory_link {
    uint32_t gen, width;   /* 1 to 5; lanes */
    uint32_t address_bits; /* 64 or 32 */
    bool ecrc, mr;
};

/* Of one direction, after encoding. */
double theory_rate_gbps(const struct theory_link *link);

/* What BYTES on the wire take. */
double theory_time_ns(const struct theory_link *link, double bytes);

/* A TLP on the wire, its payload in whole DWs. */
double theory_write_bytes(const struct theory_link *link, uint32_t payload_bytes);
double theory_read_bytes(const struct theory_link *link);
double theory_completion_bytes(const struct theory_link *link, uint32_t payload_bytes);

/* PAYLOAD bytes as pieces of at most PIECE, each with what OF gives it on the wire. */
double theory_split_bytes(
    const struct theory_link *link, uint32_t payload_bytes, uint32_t piece_bytes,
    double (*of)(const struct theory_link *link, uint32_t payload_bytes));

/* What the published model of pcie-bench leaves of a link to TLPs, as a share. */
double theory_bench_share(const struct theory_link *link, uint32_t mps_bytes);

/* The mean wait of Poisson arrivals at one server (Pollaczek and Khinchine), from the load and the first two moments of
 * the service time. */
double theory_wait_ns(double load, double mean_ns, double mean_square_ns2);

/* Max-min fair shares of CAPACITY among COUNT demands; INFINITY is one without bound. */
void theory_max_min(const double *demands, double *shares, uint32_t count, double capacity);

#endif
