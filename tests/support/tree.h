/* Tree: documents and faults as one text each, to compare and to show. */
#ifndef TESTS_SUPPORT_TREE_H
#define TESTS_SUPPORT_TREE_H

#include "hostsim/rack/document.h"

/* A tree as {key: value} and [value], with "" around what was quoted where SHOWS_QUOTES; for the caller to free. */
char *tree_text(const struct node *node, bool shows_quotes);

/* All faults, sorted, a line each without an end after the last; for the caller to free. */
char *tree_faults(struct faults *faults);

#endif
