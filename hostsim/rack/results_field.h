/* Results field: the scalars of flows, links, functions and hierarchies, in the contract's order, each described once.
 *
 * results.json nests those of one group under its name; the csv files join group and key by `_`. */
#ifndef HOSTSIM_RACK_RESULTS_FIELD_H
#define HOSTSIM_RACK_RESULTS_FIELD_H

#include <stddef.h>
#include <stdio.h>

#include "hostsim/rack/json_writer.h"

struct results_field_kind; /* how a member of one C type is written, in JSON and in CSV */

struct results_field {
    const char *group; /* NULL: none; fields of a group stand together */
    const char *key;
    const struct results_field_kind *kind;
    size_t offset; /* in its structure */
};

/* Ended by a field without a key. Of struct results_flow, results_link, results_function, results_hierarchy, and so on.
 */
extern const struct results_field results_flow_fields[];
extern const struct results_field results_flow_op_fields[];
extern const struct results_field results_link_fields[];
extern const struct results_field results_link_vh_fields[];
extern const struct results_field results_function_fields[];
extern const struct results_field results_hierarchy_fields[];
extern const struct results_field results_iommu_fields[]; /* of struct results_host */

/* The members of RECORD, of the structure that FIELDS describe, into the open object of JSON. */
void results_fields_json(const struct results_field *fields, const void *record, struct json_writer *json);

/* The column names, joined by commas; no line end. */
void results_fields_csv_header(const struct results_field *fields, FILE *out);

/* One line's values, empty where there is none; no line end. */
void results_fields_csv(const struct results_field *fields, const void *record, FILE *out);

/* TEXT as a csv value: quoted when it holds a comma, a quote or a line end; empty when NULL. */
void results_csv_text(const char *text, FILE *out);

#endif
