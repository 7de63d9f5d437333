/* Node: a tree of maps, lists and scalars that know where they were written.
 *
 * Scalars are text: nothing here knows numbers or booleans. Maps keep the order of their keys, and have each key once.
 * Every node and every key carries its place, which survives copying: an entry that a range makes sixteen times speaks
 * sixteen times of the same line; a node that came with `--set` names the argument.
 *
 * A document owns its nodes and the names of their sources. A node belongs to the map or list that holds it; a free one
 * (just cloned, taken out) to the caller. Nodes must not outlive their document, nor be moved to another. */
#ifndef HOSTSIM_RACK_NODE_H
#define HOSTSIM_RACK_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/base/status.h"
#include "hostsim/rack/fault.h"

/* How deep the tree of a text may be. */
#define DOCUMENT_DEPTH 32
/* How many keys a map may have. */
#define DOCUMENT_KEYS 1024
/* How many nodes a text may have, and how many its expansion may add. There, a node counts again for each
 * NODE_TEXT_BYTES of its text and key. */
#define DOCUMENT_NODES (1u << 20)
#define NODE_TEXT_BYTES 64

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node;

/* A member of a map, or of a list (then without a key). */
struct node_item {
    char *key;              /* NULL in a list */
    struct place key_place; /* in a list: the value's */
    struct node *value;
};

struct node {
    enum node_kind kind;
    bool quoted;     /* SCALAR: stood in quotes or in a block of text, so `""` is not nothing */
    bool refused;    /* SCALAR: a fault was added for its text; who reads it need say nothing more */
    uint32_t origin; /* entries that expansion copied from one entry share it; 0: not an entry of a list that expands */
    struct place place;
    char *text;              /* SCALAR: never NULL; "" and not quoted where nothing was written (`key:`) */
    struct node_item *items; /* LIST and MAP */
    size_t count, capacity;
};

/* {0} is an empty document. */
struct document {
    struct node *root; /* NULL until read */
    char **sources;
    size_t source_count;
    size_t node_count; /* of all nodes that live */
    size_t room_taken; /* of DOCUMENT_NODES, by document_take_room() */
    uint32_t origins;  /* given out so far (hostsim/rack/expand.h) */
};

/* Frees the tree and the names. */
void document_free(struct document *document);

/* Whether the counts, the tree's depth and the keys of its maps are what they must be: for assertions and tests. */
bool document_is_valid(const struct document *document);

/* The document's own copy of NAME, for places; the same pointer for the same text. */
const char *document_source(struct document *document, const char *name);

/* Takes room for COPIES more of NODE; false when there is not so much left. To be asked before what one line of text
 * can multiply is multiplied. */
MUST_CHECK bool document_take_room(struct document *document, const struct node *node, size_t copies);

/* --- Looking. All take NULL for a node that is not there. --- */

/* The value of KEY in a map; NULL when there is none, or NODE is no map. */
struct node *node_get(const struct node *node, const char *key);
/* The member itself, for its key's place. */
struct node_item *node_item(const struct node *node, const char *key);
/* The text of the scalar KEY of a map; NULL when there is none or it is no scalar. */
const char *node_get_text(const struct node *node, const char *key);
bool node_is_map(const struct node *node);
bool node_is_list(const struct node *node);
bool node_is_scalar(const struct node *node);
/* "a map", "a list", "a single value", "nothing" (a scalar where nothing was written): for messages. */
const char *node_kind_name(const struct node *node);

/* --- Making and changing. --- */

struct node *node_new_scalar(struct document *document, struct place place, const char *text);
struct node *node_new_map(struct document *document, struct place place);
struct node *node_new_list(struct document *document, struct place place);
/* A deep copy with the places and origins of the original; a free node. */
struct node *node_clone(struct document *document, const struct node *node);
/* Frees a free node and all below it; NULL is allowed. */
void node_free(struct document *document, struct node *node);
/* Replaces a scalar's text (copied). */
void node_set_text(struct node *node, const char *text);

/* Puts the free node VALUE under KEY of a map: in place of what was there, otherwise at the end. */
void node_set(struct document *document, struct node *map, const char *key, struct place key_place, struct node *value);
/* Appends the free node VALUE to a list. */
void node_append(struct node *list, struct node *value);
/* Takes member INDEX out of a map or list; its value is then free, for the caller. */
struct node *node_take(struct node *node, size_t index);
/* Removes and frees KEY of a map; whether it was there. */
bool node_remove(struct document *document, struct node *map, const char *key);

#endif
