/* Validation table: a report as people read it, and as scripts do. */
#ifndef HOSTSIM_VALIDATION_VALIDATION_TABLE_H
#define HOSTSIM_VALIDATION_VALIDATION_TABLE_H

#include <stdio.h>

#include "hostsim/validation/validation.h"

/* Each case with its source, its rows beneath, and how many held. The same bytes each time. */
void validation_table_write(const struct validation_report *report, FILE *out);

/* An object: `cases`, a list; each has its `rows`. */
void validation_json_write(const struct validation_report *report, FILE *out);

#endif
