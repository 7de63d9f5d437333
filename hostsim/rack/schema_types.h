/* Schema types: what keys of several sections have in common. Only the tables of the schema include this. */
#ifndef HOSTSIM_RACK_SCHEMA_TYPES_H
#define HOSTSIM_RACK_SCHEMA_TYPES_H

#include "hostsim/rack/draft.h"
#include "hostsim/rack/schema.h"

extern const struct schema_type schema_type_name;   /* an entry's own name */
extern const struct schema_type schema_type_text;   /* any words */
extern const struct schema_type schema_type_switch; /* on, off */
extern const struct schema_type schema_type_time;   /* ps; 0 allowed */
extern const struct schema_type schema_type_positive_time;
extern const struct schema_type schema_type_size;       /* bytes; at least 1 */
extern const struct schema_type schema_type_bandwidth;  /* bits/s; more than 0 */
extern const struct schema_type schema_type_latency;    /* a time, or a distribution of times */
extern const struct schema_type schema_type_bytes;      /* a size of at least 1 B, or a distribution of sizes */
extern const struct schema_type schema_type_count;      /* uint32_t, at least 1 */
extern const struct schema_type schema_type_weight;     /* uint32_t, 1 to 65535 */
extern const struct schema_type schema_type_operations; /* uint32_t: a workload's in flight */
extern const struct schema_type schema_type_long_count; /* uint64_t, at least 1 */
extern const struct schema_type schema_type_number;     /* uint32_t, 0 allowed */
extern const struct schema_type schema_type_tags;       /* uint32_t: reads in flight */
extern const struct schema_type schema_type_rate;       /* of arrivals */
extern const struct schema_type schema_type_function;   /* one function */
extern const struct schema_type schema_type_functions;  /* one, or a set of them */
extern const struct schema_type schema_type_owner;      /* HOST, HOST:UPLINK or HOST/GUEST */
extern const struct schema_type schema_type_owners;     /* one, or a set of them */
extern const struct schema_type schema_type_any;        /* a name of anything */
extern const struct schema_type schema_type_credits;    /* a `buffer:` or `credits:` as a map, or `infinite` */
extern const struct schema_type schema_type_trunk_link, schema_type_host_link, schema_type_adapter_link;

/* The four sections a rack is made of and the one for the run; schema.c joins them. */
extern const struct schema_map schema_run, schema_defaults;

/* `finish` of a link (schema_link.c): takes the layer NODE over into the link's config. */
void schema_link_finish(struct reader *reader, const struct node *node, void *out);

#endif
