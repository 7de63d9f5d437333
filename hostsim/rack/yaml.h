/* YAML: text to nodes, by the events of libfyaml, which give the exact place of everything.
 *
 * The caller has made sure of what would end a text silently: NUL bytes and bad UTF-8 (hostsim/rack/document.h, the
 * caller's view). */
#ifndef HOSTSIM_RACK_YAML_H
#define HOSTSIM_RACK_YAML_H

#include <stddef.h>

#include "hostsim/rack/node.h"

/* Parses LENGTH bytes at TEXT; places are those of SOURCE, whose line and column are filled in. A free node, or NULL
 * when the text is no YAML (then that is its only fault) or has nothing in it (no fault). Other faults leave a tree
 * without what was refused. */
struct node *
yaml_parse(struct document *document, struct place source, const char *text, size_t length, struct faults *faults);

#endif
