/* Document: YAML text, from a file or an argument, as a tree of nodes (hostsim/rack/node.h).
 *
 * Refused here, by name: anchors, aliases, tags, merge keys, keys that are not plain words, duplicate keys (naming both
 * places), a second document, text that is not UTF-8, NUL bytes, whatever exceeds the limits (DOCUMENT_*).
 * A syntax error is the one fault of its text; of the others every one is reported. */
#ifndef HOSTSIM_RACK_DOCUMENT_H
#define HOSTSIM_RACK_DOCUMENT_H

#include <stddef.h>

#include "fabric/base/status.h"
#include "hostsim/rack/fault.h"
#include "hostsim/rack/node.h"

/* How long a text may be, and one line of it. The YAML library needs some 400 bytes of memory for each piece of a line
 * and for each bracket that is open, so these bound what a hostile text can take. */
#define DOCUMENT_BYTES (4u << 20)
#define DOCUMENT_LINE (1u << 20)

/* Reads the file PATH, or standard input for "-" (named "-" in places too), and parses it: its root is a map.
 * On any fault: STATUS_INVALID_ARGUMENT, and the faults are added. Where a tree could be made in spite of them it is
 * there (document->root not NULL), so that the caller may look for more. */
MUST_CHECK enum status document_read(struct document *document, const char *path, struct faults *faults);

/* The same for LENGTH bytes at TEXT, named NAME in places. */
MUST_CHECK enum status
document_parse(struct document *document, const char *name, const char *text, size_t length, struct faults *faults);

/* Parses VALUE as a YAML flow value: `512B`, `[tor0, tor1]`, `{gen: 5, width: 8}`. A plain scalar is taken as it
 * stands, so that ranges and stars need no second pair of quotes. All its places are ARGUMENT (copied). A free node;
 * NULL after adding the fault. */
struct node *
document_parse_value(struct document *document, const char *argument, const char *value, struct faults *faults);

#endif
