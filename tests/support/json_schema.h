/* JSON Schema: an independent check of values against a schema, for the tests of what `mriov check --schema` prints.
 *
 * The part of draft 2020-12 that editors rely on: $ref within the document, type, enum, const, pattern, minLength,
 * minimum, maximum, properties, additionalProperties, required, min/maxProperties, items, min/maxItems, anyOf, oneOf. A
 * keyword beyond those, and the words that only describe, fails the test. */
#ifndef TESTS_SUPPORT_JSON_SCHEMA_H
#define TESTS_SUPPORT_JSON_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

#include "hostsim/rack/document.h"

/* Whether VALUE is valid under SCHEMA, a part of ROOT. */
bool json_schema_accepts(const json_t *root, const json_t *schema, const json_t *value);

/* A document as editors see it: plain scalars that look like numbers are numbers, true and false are booleans (on and
 * off are words in YAML 1.2), nothing is null. For the caller to release. */
json_t *json_of_node(const struct node *node);

#endif
