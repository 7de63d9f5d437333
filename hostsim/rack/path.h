/* Path: `hosts.h0.link.gen=5`, as `--set` and `--vary` address a scenario.
 *
 * Steps are separated by dots. In a map a step is a key; in a list it is an entry's name, or its index from 0; `*`
 * (also within a name: `nic*`) and ranges (`h[0-3]`) address several. The order of things:
 *
 *     path_apply(document, settings, count, schema, faults)
 *       1. settings of a `count` (adapters.nic.count=4), on entries as the file has them, left to right
 *       2. expand_document()
 *       3. all other settings, left to right
 *       4. expand_document() again for ranges in their values
 *
 * A key that is not written yet is made when the schema knows it, with the maps on the way to it. Anything else that
 * matches nothing is a fault that names the nearest. A value replaces what was there. */
#ifndef HOSTSIM_RACK_PATH_H
#define HOSTSIM_RACK_PATH_H

#include <stddef.h>

#include "hostsim/rack/document.h"

/* One PATH=VALUE. The texts are the caller's, and needed only during the call. */
struct path_setting {
    const char *argument; /* how messages call it: "--set hosts.h0.link.gen=5", "--seed x" */
    const char *text;     /* "hosts.h0.link.gen=5", "seed=x" */
};

/* What may be written where. */
struct path_schema {
    /* The keys that the map at STEPS may have, and their number in *WORD_COUNT; NULL when no map may stand there.
     * STEPS are keys from the root on, with "*" for each step into a list: {"hosts", "*", "link"} -> gen, width, ... */
    const char *const *(*keys)(const void *context, const char *const *steps, size_t step_count, size_t *word_count);
    const void *context;
};

/* Does all four steps above; the faults of settings name them as arguments. */
void path_apply(
    struct document *document, const struct path_setting *settings, size_t setting_count,
    const struct path_schema *schema, struct faults *faults);

/* Step 3 for one setting. */
void path_set(
    struct document *document, const struct path_setting *setting, const struct path_schema *schema,
    struct faults *faults);

/* Splits "V1,V2,..." at the commas outside brackets, braces and quotes, blanks around a value dropped. Returns a
 * NULL-terminated array and its length; free it with path_free_values(). An empty text is one empty value. */
char **path_split_values(const char *text, size_t *count);
void path_free_values(char **values);

#endif
