/* results.json : everything a run found. */
#ifndef HOSTSIM_RACK_RESULTS_JSON_H
#define HOSTSIM_RACK_RESULTS_JSON_H

#include <stdio.h>

#include "hostsim/rack/results.h"

/* Writes RESULTS as JSON: the same bytes for the same results, in every locale. Errors of OUT are the caller's to look
 * at (ferror). */
void results_json_write(const struct results *results, FILE *out);

#endif
