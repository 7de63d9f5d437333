/* Human: quantities as people read them on a terminal: three significant digits and a unit. Files never hold these.
 *
 * Each writes into BUFFER (HUMAN_BYTES suffice for all) and returns it; "-" stands for what was not measured. */
#ifndef HOSTSIM_RACK_HUMAN_H
#define HOSTSIM_RACK_HUMAN_H

#include <stdint.h>

#include "fabric/base/distribution.h"

#define HUMAN_BYTES 24
#define HUMAN_LATENCY_BYTES 48

/* "800 ns", "1.6 us"; "-" for TIME_NEVER */
char *human_time(uint64_t ps, char buffer[HUMAN_BYTES]);

/* "105 ns"; of one that is drawn, "exponential, mean 105 ns". LATENCY is in ps. */
char *human_latency(const struct distribution *latency, char buffer[HUMAN_LATENCY_BYTES]);

/* "123", "45.6k", "1.2M" */
char *human_count(uint64_t count, char buffer[HUMAN_BYTES]);

/* Gb/s with two decimals, so that columns align, without the unit: "57.60"; "-" for NAN */
char *human_gbps(double gbps, char buffer[HUMAN_BYTES]);

/* A share of 1: "98.7%"; "-" when not a number */
char *human_share(double share, char buffer[HUMAN_BYTES]);

/* "45.1 MiB" */
char *human_bytes(uint64_t bytes, char buffer[HUMAN_BYTES]);

#endif
