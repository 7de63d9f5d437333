/* Reader: nodes into the structures of draft.h, as the tables of the schema say.
 *
 * One walk that knows types and no section: defaults first, then what is written; every fault is added and the walk
 * goes on. What is valid but not modelled yet is noted in a list of its own. */
#ifndef HOSTSIM_RACK_READER_H
#define HOSTSIM_RACK_READER_H

#include <stdbool.h>

#include "hostsim/rack/document.h"
#include "hostsim/rack/draft.h"
#include "hostsim/rack/schema.h"

struct reader {
    struct faults *faults;
    struct faults *refusals; /* "`timeline` is not modelled yet" */
    const char *path;        /* of the scenario: files it names are relative to its folder */
    const struct node *link; /* `defaults.link`, read under every link; NULL: none */
};

/* Reads the expanded ROOT into DRAFT, which must be zero; free it with reader_free() in any case. */
void reader_read(struct reader *reader, const struct node *root, struct draft *draft);

/* Frees what reading allocated below DRAFT, and zeroes it. Distributions that were taken over must be zero. */
void reader_free(struct draft *draft);

/* For `finish` functions of the schema. */
struct faults *reader_faults(struct reader *reader);
void reader_refuse(struct reader *reader, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The rest of a message that begins with the key: " must be ..., not ...". */
struct reader_why {
    char text[400];
};

/* Reads the words TEXT as a single value of TYPE into FIELD; false fills *WHY with the rest of a message. For the
 * defaults of the tables, and whoever has a text without a node. */
bool reader_parse(const struct schema_type *type, const char *text, void *field, struct reader_why *why);

/* `{exponential: 1us}` and its like (reader_distribution.c): NODE, a map, into OUT, which is then prepared. */
void reader_read_distribution(
    struct reader *reader, const struct schema_type *type, const struct node *node, struct distribution *out);

#endif
