/* The tables are sound, and docs/scenarios/reference.yaml and docs/scenarios.md speak of every key. */
#include "hostsim/rack/schema.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostsim/rack/expand.h"
#include "tests/support/place.h"

static char *read_file(const char *name)
{
    char path[512];
    char *text = calloc(1, 1 << 17);
    snprintf(path, sizeof path, "%s/%s", place_source_dir(), name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    cr_assert_lt(fread(text, 1, (1 << 17) - 1, file), (1 << 17) - 1);
    fclose(file);
    return text;
}

/* The part of the reference that describes SECTION, a key of the root: up to the next line that begins with a letter.
 */
static char *section_of(const char *text, const char *section)
{
    char start[64];
    snprintf(start, sizeof start, "\n%s:", section);
    const char *found = strstr(text, start), *end = found ? found + 1 : NULL;
    cr_assert_not_null(found, "the reference has no `%s`", section);
    do
        end = strchr(end, '\n') + 1;
    while (*end && !islower((unsigned char)*end));
    return strndup(found, (size_t)(end - found));
}

/* Whether `KEY:` stands in TEXT as a word, in a comment or not. */
static bool speaks_of(const char *text, const char *key, char end)
{
    size_t length = strlen(key);
    for (const char *at = text; (at = strstr(at, key)); at++)
        if (at[length] == end && (at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '-')))
            return true;
    return false;
}

static void check_map(const struct schema_map *map, const char *section, const char *reference)
{
    for (const struct schema_key *key = map->keys; key->name; key++) {
        cr_expect(
            speaks_of(reference, key->name, ':'), "the reference says nothing of `%s` in `%s`", key->name, section);
        /* A link's keys stand where `defaults` has them. */
        if (key->type->map && (key->type->map != &schema_link || strcmp(section, "defaults") == 0) &&
            key->type->map != &schema_qos)
            check_map(key->type->map, section, reference);
    }
}

Test(schema, tables_are_valid)
{
    cr_expect(schema_is_valid());
}

Test(schema, every_key_is_in_the_reference)
{
    char *reference = read_file("docs/scenarios/reference.yaml");
    for (const struct schema_key *key = schema_root.keys; key->name; key++) {
        char *section = section_of(reference, key->name);
        /* Credits are described once, under `buffer`. */
        const char *where = strcmp(key->name, "defaults") == 0 ? reference : section;
        if (key->type->map)
            check_map(key->type->map, key->name, where);
        free(section);
    }
    free(reference);
}

static bool is_known(const struct schema_map *map, const char *key)
{
    for (const struct schema_key *known = map->keys; known->name; known++)
        if (strcmp(known->name, key) == 0 || (known->type->map && is_known(known->type->map, key)))
            return true;
    return false;
}

/* What is commented out is still a key: lines that begin with "# key: ". The rest is checked by loading the file. */
Test(schema, every_key_of_the_reference_is_known)
{
    char *reference = read_file("docs/scenarios/reference.yaml"), *rest = NULL;
    size_t keys = 0;
    for (char *line = strtok_r(reference, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char key[64];
        char colon;
        line += strspn(line, " ");
        if (sscanf(line, "# %63[a-z0-9-]%c ", key, &colon) != 2 || colon != ':')
            continue;
        keys++;
        bool is_kind = schema_find_word(schema_kinds, key) != NULL; /* "# nvme:" heads its keys */
        cr_expect(is_kind || is_known(&schema_root, key), "`%s` of the reference is no key", key);
    }
    cr_expect_gt(keys, 50);
    free(reference);
}

static void check_page(const struct schema_map *map, const char *page, int depth)
{
    cr_assert_lt(depth, 8);
    for (const struct schema_key *key = map->keys; key->name; key++) {
        char quoted[64];
        snprintf(quoted, sizeof quoted, "`%s", key->name);
        cr_expect(strstr(page, quoted) != NULL, "docs/scenarios.md says nothing of `%s` of %s", key->name, map->name);
        if (key->initial && key->initial[0] && key->type->list == SCHEMA_NO_LIST && !key->type->map)
            cr_expect(strstr(page, key->initial) != NULL, "docs/scenarios.md has not the default of `%s`", key->name);
        for (const struct schema_word *word = key->type->words; word && word->name; word++)
            cr_expect(speaks_of(page, word->name, '`'), "docs/scenarios.md says nothing of `%s`", word->name);
        if (key->type->map)
            check_page(key->type->map, page, depth + 1);
    }
}

Test(schema, every_key_is_in_the_page)
{
    char *page = read_file("docs/scenarios.md");
    check_page(&schema_root, page, 0);
    free(page);
}

Test(schema, paths_lead_to_keys)
{
    static const struct {
        const char *steps[4];
        size_t count;
        const char *has; /* NULL: no map may stand there */
    } examples[] = {
        {{NULL}, 0, "hosts"},
        {{"run"}, 1, "duration"},
        {{"hosts", "*"}, 2, "mps"},
        {{"hosts", "*", "link"}, 3, "gen"},
        {{"hosts", "*", "link", "credits"}, 4, "posted-data"},
        {{"hosts", "*", "mps"}, 3, NULL},
        {{"hosts"}, 1, NULL},
        {{"nothing"}, 1, NULL},
    };
    const char *words[SCHEMA_KEYS_LIMIT];
    struct schema_paths paths = {words};
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        size_t count;
        const char *const *keys = schema_path_keys(&paths, examples[i].steps, examples[i].count, &count);
        bool found = false;
        cr_expect_eq(keys == NULL, examples[i].has == NULL, "example %zu", i);
        for (size_t k = 0; keys && k < count; k++)
            found = found || strcmp(keys[k], examples[i].has) == 0;
        cr_expect_eq(found, examples[i].has != NULL, "example %zu", i);
    }
}
