/* The csv files of a run: a heading line, then a line a record; empty where nothing was measured. Times in ns, rates in
 * Gb/s, sizes in bytes, as in results.json. Errors of OUT are the caller's to look at (ferror). */
#ifndef HOSTSIM_RACK_RESULTS_CSV_H
#define HOSTSIM_RACK_RESULTS_CSV_H

#include <stdio.h>

#include "hostsim/rack/results.h"

void results_flows_csv(const struct results *results, FILE *out);

/* A line a (flow, op), of flows that do several. */
void results_flows_by_op_csv(const struct results *results, FILE *out);

/* A line a direction of a link, without its hierarchies. */
void results_links_csv(const struct results *results, FILE *out);

/* A line a (direction of a link, hierarchy). */
void results_links_by_vh_csv(const struct results *results, FILE *out);

/* name,upper_ns,count: the latency of each flow ("latency:writes:h0:nic0.pf0"), also of each of several ops that it
 * does
 * ("latency:mixed:h0:nic0.pf0:dma-read"), and the wait at each direction of a link
 * ("wait:h0:up"), the buckets that hold something. */
void results_histograms_csv(const struct results *results, FILE *out);

/* time_ns,kind,name,direction,metric,value: kind `flow` (name "writes:h0:nic0.pf0", no direction) or `link`. */
void results_series_csv(const struct results *results, FILE *out);

#endif
