/* Schema JSON: the tables of the schema as a JSON Schema (draft 2020-12), for editors: `mriov check --schema`.
 *
 * It describes files as people write them, before ranges and counts are expanded; what needs more than one key to see
 * (names, references, who owns what) is `mriov check`'s to find. */
#ifndef HOSTSIM_RACK_SCHEMA_JSON_H
#define HOSTSIM_RACK_SCHEMA_JSON_H

#include <jansson.h>

/* A new object, the caller's to release (json_decref). The same in every run. */
json_t *schema_json(void);

#endif
