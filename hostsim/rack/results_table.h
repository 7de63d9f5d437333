/* The terminal's table of results: what each flow got and how long it waited, the busiest links, the expectations and
 * the totals, in some hundred columns. For people; programs read results.json. */
#ifndef HOSTSIM_RACK_RESULTS_TABLE_H
#define HOSTSIM_RACK_RESULTS_TABLE_H

#include <stdio.h>

#include "hostsim/rack/results.h"

/* Writes the table. Errors of OUT are the caller's to look at (ferror). */
void results_table_write(const struct results *results, FILE *out);

/* Room for any line of results_expect_line(); longer ones are cut. */
#define RESULTS_EXPECT_BYTES 512

/* "writes p99 < 1us: 2 us (h1 nic0.pf1)", without a line end; returns LINE. */
char *results_expect_line(
    const struct results *results, const struct results_expect *expect, char line[RESULTS_EXPECT_BYTES]);

#endif
