#include "hostsim/rack/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/expand.h"
#include "hostsim/rack/name_range.h"
#include "hostsim/rack/nearest.h"

/* A setting taken apart, on its way through the tree. */
struct walk {
    struct document *document;
    const struct path_schema *schema;
    struct faults *faults;
    struct place place;                       /* the argument */
    char *text;                               /* the path, cut at its dots; owns the steps */
    const char *steps[DOCUMENT_DEPTH];        /* as given */
    const char *schema_steps[DOCUMENT_DEPTH]; /* so far: keys, and "*" for lists */
    size_t step_count;
    struct node *value; /* free; each place that matches gets a copy */
    bool is_counting;   /* of entries as the file has them */
};

static void set_within(struct walk *walk, struct node *node, size_t depth);

static unsigned depth_of(const struct node *node)
{
    unsigned deepest = 0;
    for (size_t i = 0; i < node->count; i++) {
        unsigned depth = depth_of(node->items[i].value);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static bool is_last(const struct walk *walk, size_t depth)
{
    return depth + 1 == walk->step_count;
}

/* A copy of the value, for one of the places that match; NULL after a fault. */
static struct node *copy_of_value(struct walk *walk)
{
    if (!document_take_room(walk->document, walk->value, 1)) {
        faults_add(walk->faults, walk->place, "more values than a scenario may have");
        return NULL;
    }
    return node_clone(walk->document, walk->value);
}

/* The keys that a map at the walk's first DEPTH steps may have; NULL when none may stand there. */
static const char *const *known_keys(const struct walk *walk, size_t depth, size_t *count)
{
    *count = 0;
    return walk->schema->keys(walk->schema->context, walk->schema_steps, depth, count);
}

static bool is_among(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0)
            return true;
    }
    return false;
}

/* "`hosts.h0`", or "a scenario" for the root. */
static char *name_of_parent(const struct walk *walk, size_t depth)
{
    char *text;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    CHECK(stream);
    fputs(depth ? "`" : "a scenario", stream);
    for (size_t i = 0; i < depth; i++)
        fprintf(stream, "%s%s", i ? "." : "", walk->steps[i]);
    fputs(depth ? "`" : "", stream);
    CHECK(fclose(stream) == 0);
    return text;
}

/* Adds the fault of step DEPTH, which names nothing among WORDS. */
static void
refuse_step(struct walk *walk, size_t depth, const char *what, const char *word, const char *const *words, size_t count)
{
    char *parent = name_of_parent(walk, depth);
    faults_add(
        walk->faults, walk->place, "%s has no %s `%s`%s", parent, what, word, nearest_hint(word, words, count).text);
    free(parent);
}

/* --- A step into a map. --- */

/* Makes the member of MAP that step DEPTH names, where the schema knows it; whether it is there now. */
static bool make_member(struct walk *walk, struct node *map, size_t depth)
{
    const char *key = walk->steps[depth];
    size_t count;
    const char *const *words = known_keys(walk, depth, &count);
    bool is_known = (words && is_among(key, words, count)) || (walk->is_counting && is_last(walk, depth));
    if (!is_known) {
        refuse_step(walk, depth, "key", key, words, words ? count : 0);
        return false;
    }
    if (map->count >= DOCUMENT_KEYS) {
        faults_add(walk->faults, walk->place, "more than %d keys in one map", DOCUMENT_KEYS);
        return false;
    }
    if (is_last(walk, depth))
        return true;
    walk->schema_steps[depth] = key;
    if (!known_keys(walk, depth + 1, &count)) {
        char *name = name_of_parent(walk, depth + 1);
        faults_add(walk->faults, walk->place, "%s is not there to be changed; give it whole", name);
        free(name);
        return false;
    }
    node_set(walk->document, map, key, walk->place, node_new_map(walk->document, walk->place));
    return true;
}

/* Goes on with the member KEY of MAP, which is there unless this is the last step. */
static void step_into_member(struct walk *walk, struct node *map, const char *key, size_t depth)
{
    if (is_last(walk, depth)) {
        struct node *value = copy_of_value(walk);
        if (value)
            node_set(walk->document, map, key, walk->place, value);
        return;
    }
    walk->schema_steps[depth] = key;
    set_within(walk, node_get(map, key), depth + 1);
}

static bool is_nothing(const struct node *node)
{
    return node_is_scalar(node) && !node->quoted && *node->text == '\0';
}

static void set_in_map(struct walk *walk, struct node *map, size_t depth)
{
    const char *step = walk->steps[depth];
    const struct node *member = node_get(map, step);
    bool is_missing = !member || (is_nothing(member) && !is_last(walk, depth));
    if (!strchr(step, '*')) {
        if (!is_missing || make_member(walk, map, depth))
            step_into_member(walk, map, step, depth);
        return;
    }
    size_t matches = 0;
    for (size_t i = 0; i < map->count; i++) {
        if (name_matches(step, map->items[i].key)) {
            matches++;
            step_into_member(walk, map, map->items[i].key, depth);
        }
    }
    if (matches == 0)
        refuse_step(walk, depth, "key like", step, NULL, 0);
}

/* --- A step into a list. --- */

static void step_into_entry(struct walk *walk, struct node *list, size_t index, size_t depth)
{
    struct node_item *item = &list->items[index];
    walk->schema_steps[depth] = "*";
    if (!is_last(walk, depth)) {
        set_within(walk, item->value, depth + 1);
        return;
    }
    struct node *value = copy_of_value(walk);
    if (value) {
        node_free(walk->document, item->value);
        item->value = value;
        item->key_place = walk->place;
    }
}

/* Adds the fault of a step that matches no entry of LIST. */
static void refuse_entry(struct walk *walk, const struct node *list, const char *step, size_t depth)
{
    const char **names = calloc(list->count + 1, sizeof names[0]);
    CHECK(names);
    size_t named = 0;
    for (size_t i = 0; i < list->count; i++) {
        const char *name = node_get_text(list->items[i].value, "name");
        if (name)
            names[named++] = name;
    }
    char *parent = name_of_parent(walk, depth);
    if (list->count == 0)
        faults_add(walk->faults, walk->place, "%s has no entries", parent);
    else if (named == 0 && !strchr(step, '*'))
        faults_add(
            walk->faults, walk->place, "%s has no entry `%s`; its entries are 0 to %zu", parent, step, list->count - 1);
    else if (walk->is_counting)
        faults_add(
            walk->faults, walk->place, "%s has no entry `%s` in the file, where a `count` is set%s", parent, step,
            nearest_hint(step, names, named).text);
    else
        refuse_step(walk, depth, "entry", step, names, named);
    free(parent);
    free(names);
}

/* Whether STEP, without ranges, means entry INDEX of the list. */
static bool means_entry(const struct node *list, size_t index, const char *step)
{
    const char *name = node_get_text(list->items[index].value, "name");
    if (name && name_matches(step, name))
        return true;
    if (strcmp(step, "*") == 0)
        return true;
    char number[24];
    snprintf(number, sizeof number, "%zu", index);
    return strcmp(step, number) == 0;
}

/* Applies STEP, without ranges; how many entries it meant. */
static size_t step_into_entries(struct walk *walk, struct node *list, const char *step, size_t depth)
{
    size_t matches = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (means_entry(list, i, step)) {
            matches++;
            step_into_entry(walk, list, i, depth);
        }
    }
    return matches;
}

static void set_in_list(struct walk *walk, struct node *list, size_t depth)
{
    const char *step = walk->steps[depth];
    /* Before expansion an entry is called as the file calls it, its range and all. */
    if (step_into_entries(walk, list, step, depth) > 0)
        return;
    size_t count;
    struct name_range_why why;
    if (name_range_count(step, &count, &why) != STATUS_OK) {
        faults_add(walk->faults, walk->place, "%s", why.text);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char *one = name_range_at(step, i);
        size_t matches = count > 1 || strcmp(one, step) != 0 ? step_into_entries(walk, list, one, depth) : 0;
        if (matches == 0)
            refuse_entry(walk, list, one, depth);
        free(one);
    }
}

/* --- The whole walk. --- */

static void set_within(struct walk *walk, struct node *node, size_t depth)
{
    if (node_is_map(node)) {
        set_in_map(walk, node, depth);
    } else if (node_is_list(node)) {
        set_in_list(walk, node, depth);
    } else {
        char *name = name_of_parent(walk, depth);
        faults_add(
            walk->faults, walk->place, "%s is a single value, with nothing in it called `%s`; set it whole", name,
            walk->steps[depth]);
        free(name);
    }
}

/* Cuts the path at its dots; whether all steps are something. */
static bool cut_steps(struct walk *walk)
{
    for (char *step = walk->text; step;) {
        char *dot = strchr(step, '.');
        if (dot)
            *dot = '\0';
        if (*step == '\0' || walk->step_count == DOCUMENT_DEPTH) {
            faults_add(
                walk->faults, walk->place,
                *step ? "the path is too deep" : "the path has an empty step; it is KEY.KEY");
            return false;
        }
        walk->steps[walk->step_count++] = step;
        step = dot ? dot + 1 : NULL;
    }
    return true;
}

/* Opens the walk of a setting; whether there is anything wrong with it as it is written. */
static bool walk_open(
    struct walk *walk, struct document *document, const struct path_setting *setting, const struct path_schema *schema,
    struct faults *faults)
{
    *walk = (struct walk){.document = document, .schema = schema, .faults = faults};
    walk->place = place_of_argument(document_source(document, setting->argument));
    const char *equals = strchr(setting->text, '=');
    if (!equals) {
        faults_add(faults, walk->place, "PATH=VALUE is expected");
        return false;
    }
    walk->text = strndup(setting->text, (size_t)(equals - setting->text));
    CHECK(walk->text);
    if (!cut_steps(walk))
        return false;
    walk->value = document_parse_value(document, walk->place.source, equals + 1, faults);
    if (walk->value && walk->step_count + depth_of(walk->value) > DOCUMENT_DEPTH) {
        faults_add(faults, walk->place, "nested too deeply");
        return false;
    }
    return walk->value != NULL;
}

static void walk_close(struct walk *walk)
{
    node_free(walk->document, walk->value);
    free(walk->text);
}

void path_set(
    struct document *document, const struct path_setting *setting, const struct path_schema *schema,
    struct faults *faults)
{
    struct walk walk;
    CHECK(node_is_map(document->root));
    if (walk_open(&walk, document, setting, schema, faults))
        set_within(&walk, document->root, 0);
    walk_close(&walk);
}

/* `adapters.nic.count`, `hosts.h.guests.vm.count`. */
static bool is_count(const struct walk *walk)
{
    size_t last = walk->step_count - 1;
    return last >= 2 && last % 2 == 0 && strcmp(walk->steps[last], "count") == 0 &&
           expand_is_counted(walk->steps[last - 2]) && (last == 2 || strcmp(walk->steps[last - 2], "guests") == 0);
}

/* Applies the setting when it is one of a count; whether it has been dealt with. */
static bool set_count(
    struct document *document, const struct path_setting *setting, const struct path_schema *schema,
    struct faults *faults)
{
    struct walk walk;
    bool is_good = walk_open(&walk, document, setting, schema, faults);
    walk.is_counting = is_good && is_count(&walk);
    if (walk.is_counting)
        set_within(&walk, document->root, 0);
    walk_close(&walk);
    return !is_good || walk.is_counting;
}

void path_apply(
    struct document *document, const struct path_setting *settings, size_t setting_count,
    const struct path_schema *schema, struct faults *faults)
{
    CHECK(node_is_map(document->root));
    bool *is_done = calloc(setting_count + 1, sizeof is_done[0]);
    CHECK(is_done);
    for (size_t i = 0; i < setting_count; i++)
        is_done[i] = set_count(document, &settings[i], schema, faults);
    expand_document(document, faults);
    for (size_t i = 0; i < setting_count; i++) {
        if (!is_done[i])
            path_set(document, &settings[i], schema, faults);
    }
    expand_document(document, faults);
    free(is_done);
}

/* --- Lists of values. --- */

/* Where the value that begins at TEXT ends: at a comma outside brackets, braces and quotes. */
static const char *end_of_value(const char *text)
{
    int depth = 0;
    char quote = '\0';
    for (const char *c = text; *c; c++) {
        bool may_open = c == text || strchr(" ,:[{", c[-1]);
        if (quote && *c == '\\' && quote == '"' && c[1])
            c++;
        else if (quote)
            quote = *c == quote ? '\0' : quote;
        else if ((*c == '"' || *c == '\'') && may_open)
            quote = *c;
        else if (*c == ',' && depth == 0)
            return c;
        else
            depth += (*c == '[' || *c == '{') - (*c == ']' || *c == '}');
    }
    return text + strlen(text);
}

char **path_split_values(const char *text, size_t *count)
{
    char **values = NULL;
    *count = 0;
    for (;;) {
        const char *end = end_of_value(text);
        const char *start = text + strspn(text, " ");
        size_t length = end > start ? (size_t)(end - start) : 0;
        while (length > 0 && start[length - 1] == ' ')
            length--;
        values = realloc(values, (*count + 2) * sizeof values[0]);
        CHECK(values);
        values[*count] = strndup(start, length);
        CHECK(values[*count]);
        values[++*count] = NULL;
        if (*end == '\0')
            return values;
        text = end + 1;
    }
}

void path_free_values(char **values)
{
    for (char **value = values; value && *value; value++)
        free(*value);
    free(values);
}
