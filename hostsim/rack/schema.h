/* Schema: every key of a scenario, described once.
 *
 * A `schema_map` says which keys a map of the file takes; a key says its type, its default, its bounds, what it is for
 * and whether the model does it yet. From these tables come the reader (reader.h: nodes -> the structures of draft.h),
 * its messages, what `--set` may create (schema_path_keys) and the JSON Schema for editors (schema_json.h). A new key
 * is a line in a table and a field in draft.h.
 *
 * The tables are constant and live as long as the program. */
#ifndef HOSTSIM_RACK_SCHEMA_H
#define HOSTSIM_RACK_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostsim/rack/document.h"
#include "hostsim/rack/quantity.h"

struct reader;

/* What a single value is, and what it is stored as. */
enum schema_scalar {
    SCHEMA_NO_SCALAR,    /* a single value may not stand here */
    SCHEMA_QUANTITY,     /* .quantity; uint64_t, or uint32_t where .narrow */
    SCHEMA_INTEGER,      /* uint64_t, or uint32_t where .narrow */
    SCHEMA_SWITCH,       /* bool */
    SCHEMA_WORD,         /* one of .words; int */
    SCHEMA_NAME,         /* an entry's own name; the node */
    SCHEMA_REFERENCE,    /* text that names something, resolved later; the node */
    SCHEMA_RATE,         /* struct scenario_rate */
    SCHEMA_CREDITS,      /* credits in .quantity (COUNT, or SIZE: 16 B each), or `infinite`; uint32_t */
    SCHEMA_DISTRIBUTION, /* of .quantity, also as a map; struct distribution */
};

/* What a list is, and what it is stored as. */
enum schema_list {
    SCHEMA_NO_LIST,
    SCHEMA_ENTRIES,    /* maps (.map): struct draft_list of structures that begin with `const struct node *node` */
    SCHEMA_REFERENCES, /* single values and lists of them, resolved later; the node */
    SCHEMA_BITS,       /* of .words: their values or-ed together; unsigned */
};

struct schema_word {
    const char *name; /* NULL ends a table */
    int value;
    bool later; /* valid, and not modelled yet */
    const char *doc;
};

struct schema_map;

/* A type may take single values, lists and maps; at most one of each, so that the node's kind decides. All are stored
 * at the key's offset. */
struct schema_type {
    enum schema_scalar scalar;
    enum schema_list list;
    const struct schema_map *map; /* what a map takes, or each entry of a list; NULL: none */
    enum quantity_kind quantity;
    bool narrow;          /* stored in 32 bits */
    bool power_of_two;    /* of a quantity or integer */
    uint64_t least, most; /* bounds, both included, in the quantity's own unit; most 0: none */
    const struct schema_word *words;
    const char *what; /* in messages and in the JSON Schema: "a function, such as nic0.pf2 or nic0@h3" */
};

enum schema_flag {
    SCHEMA_REQUIRED = 1 << 0,
    SCHEMA_ONE_OF = 1 << 1,     /* exactly one of the map's keys with this flag must be there */
    SCHEMA_LATER = 1 << 2,      /* not modelled yet: refused when given */
    SCHEMA_LATER_ELSE = 1 << 3, /* only its default is modelled yet */
};

struct schema_key {
    const char *name; /* NULL ends a table */
    const struct schema_type *type;
    size_t offset;       /* in the structure of its map */
    const char *initial; /* the default, as written in a file; of a map: "gen: 4, width: 8"; NULL: none */
    unsigned flags;
    unsigned kinds;  /* bits of the adapter kinds that have it; 0: no matter */
    const char *doc; /* one sentence without its full stop */
};

struct schema_map {
    const char *name; /* "a host": what messages call it */
    size_t size;      /* of its structure in draft.h */
    const struct schema_key *keys;
    /* Called after NODE was read into OUT, to look at what no single key shows; may be NULL. A link is read in layers
     * (its place's defaults, `defaults.link`, its own): then once for each, with NODE NULL for the first. */
    void (*finish)(struct reader *reader, const struct node *node, void *out);
};

/* The whole file. */
extern const struct schema_map schema_root;
/* A link, and the defaults under it: also named by the keys that hold one. */
extern const struct schema_map schema_link;
extern const struct schema_type schema_link_type;

extern const struct schema_map schema_chassis, schema_trunk, schema_host, schema_adapter;
extern const struct schema_map schema_assign, schema_qos, schema_team, schema_workload, schema_event, schema_expect;

/* How many keys a map takes. */
#define SCHEMA_KEYS_LIMIT 64
size_t schema_key_count(const struct schema_map *map);

/* The key NAME; NULL when there is none. */
const struct schema_key *schema_find(const struct schema_map *map, const char *name);

/* The names of a map's keys, in the order of the table, into WORDS (SCHEMA_KEYS_LIMIT of them); returns how many. */
size_t schema_key_names(const struct schema_map *map, const char **words);

/* The word TEXT of a table; NULL when it is none. */
const struct schema_word *schema_find_word(const struct schema_word *words, const char *text);

/* The name of the word with VALUE; CHECKs that there is one. */
const char *schema_word_name(const struct schema_word *words, int value);

/* What path.h asks of us; CONTEXT points to a `struct schema_paths`. */
struct schema_paths {
    const char **words; /* room for SCHEMA_KEYS_LIMIT */
};
const char *const *
schema_path_keys(const void *context, const char *const *steps, size_t step_count, size_t *word_count);

/* The words that other modules print again. */
extern const struct schema_word schema_ops[], schema_kinds[], schema_sharings[], schema_arbitrations[];

/* Whether the tables are what they must be (defaults that parse, no key twice, ...): for tests. */
bool schema_is_valid(void);

#endif
