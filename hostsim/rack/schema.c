/* The top of the file, the `run` section, and looking things up in the tables. */
#include "hostsim/rack/schema.h"

#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/metric.h"
#include "hostsim/rack/schema_types.h"

static const struct schema_word timings[] = {
    {"ideal", 0, false, "Operations take what the keys say"},
    {"standard", 1, false, "Hot-plug, VF enable, FLR and training take what real racks take"},
    {.name = NULL},
};
static const struct schema_word ends[] = {
    {"done", 1, false, "When every workload with a count or total has completed"},
    {.name = NULL},
};
static const struct schema_type timing = {.scalar = SCHEMA_WORD, .words = timings};
static const struct schema_type until = {.scalar = SCHEMA_WORD, .words = ends};

#define AT(field) offsetof(struct draft_run, field)
static const struct schema_key run_keys[] = {
    {"warmup", &schema_type_time, AT(warmup_ps), "0us", 0, 0, "Kept out of all statistics"},
    {"duration", &schema_type_positive_time, AT(duration_ps), "1ms", 0, 0, "The measured window after the warm-up"},
    {"until", &until, AT(until), NULL, 0, 0, "When it ends, instead of a duration"},
    {"sample", &schema_type_positive_time, AT(sample_ps), NULL, 0, 0, "Distance of the points of a time series"},
    {"timing", &timing, AT(timing), "ideal", 0, 0, "What management operations take"},
    {.name = NULL},
};
const struct schema_map schema_run = {.name = "`run`", .size = sizeof(struct draft_run), .keys = run_keys};
#undef AT

/* No defaults of its own: what is written here goes under every link, over the defaults of its place. */
static const struct schema_key defaults_keys[] = {
    {"link", &schema_link_type, 0, NULL, 0, 0, "Merged under every link"},
    {.name = NULL},
};
const struct schema_map schema_defaults = {
    .name = "`defaults`", .size = sizeof(((struct draft *)NULL)->defaults), .keys = defaults_keys};

static const struct schema_type version = {
    .scalar = SCHEMA_INTEGER, .narrow = true, .least = 1, .most = 1, .what = "1, the version of this format"};
static const struct schema_type seed = {.scalar = SCHEMA_INTEGER, .what = "a whole number"};
static const struct schema_type run = {.map = &schema_run};
static const struct schema_type defaults = {.map = &schema_defaults};

#define ENTRIES(word) static const struct schema_type word##_type = {.list = SCHEMA_ENTRIES, .map = &schema_##word}
ENTRIES(chassis);
ENTRIES(trunk);
ENTRIES(host);
ENTRIES(adapter);
ENTRIES(assign);
ENTRIES(qos);
ENTRIES(team);
ENTRIES(workload);
ENTRIES(event);
ENTRIES(expect);

#define AT(field) offsetof(struct draft, field)
static const struct schema_key root_keys[] = {
    {"mriov", &version, AT(version), NULL, SCHEMA_REQUIRED, 0, "Format version"},
    {"name", &schema_type_text, AT(name), NULL, 0, 0, "What results call it; absent: the file's name"},
    {"seed", &seed, AT(seed), "1", 0, 0, "All random streams hang on it"},
    {"run", &run, AT(run), "", 0, 0, "How long it runs"},
    {"defaults", &defaults, AT(defaults), NULL, 0, 0, "What several entries have in common"},
    {"chassis", &chassis_type, AT(chassis), NULL, 0, 0, "MR-aware switches at the top of the rack"},
    {"trunks", &trunk_type, AT(trunks), NULL, 0, 0,
     "MR links between chassis; several paths: fewest hops, then the lowest name"},
    {"hosts", &host_type, AT(hosts), NULL, 0, 0, "Servers"},
    {"adapters", &adapter_type, AT(adapters), NULL, 0, 0, "What they share"},
    {"assign", &assign_type, AT(assign), NULL, 0, 0,
     "Ownership at time zero; nothing in a chassis is shared until it is assigned"},
    {"qos", &qos_type, AT(qos), NULL, 0, 0, "Quality of service of functions"},
    {"teams", &team_type, AT(teams), NULL, SCHEMA_LATER, 0, "Several functions of one owner seen as one"},
    {"workloads", &workload_type, AT(workloads), NULL, 0, 0, "What the functions do"},
    {"timeline", &event_type, AT(timeline), NULL, 0, 0, "Management operations at simulated times"},
    {"expect", &expect_type, AT(expect), NULL, 0, 0, "Checked at the end, for each flow of the name"},
    {.name = NULL},
};
const struct schema_map schema_root = {.name = "a scenario", .size = sizeof(struct draft), .keys = root_keys};

size_t schema_key_count(const struct schema_map *map)
{
    size_t count = 0;
    while (map->keys[count].name)
        count++;
    return count;
}

const struct schema_key *schema_find(const struct schema_map *map, const char *name)
{
    for (const struct schema_key *key = map->keys; key->name; key++)
        if (strcmp(key->name, name) == 0)
            return key;
    return NULL;
}

size_t schema_key_names(const struct schema_map *map, const char **words)
{
    size_t count = schema_key_count(map);
    CHECK(count <= SCHEMA_KEYS_LIMIT);
    for (size_t i = 0; i < count; i++)
        words[i] = map->keys[i].name;
    return count;
}

const struct schema_word *schema_find_word(const struct schema_word *words, const char *text)
{
    for (const struct schema_word *word = words; word->name; word++)
        if (strcmp(word->name, text) == 0)
            return word;
    return NULL;
}

const char *schema_word_name(const struct schema_word *words, int value)
{
    for (const struct schema_word *word = words; word->name; word++)
        if (word->value == value)
            return word->name;
    CHECK(false); /* the value came from the table */
    return NULL;
}

const char *const *
schema_path_keys(const void *context, const char *const *steps, size_t step_count, size_t *word_count)
{
    const struct schema_paths *paths = context;
    const struct schema_map *map = &schema_root;
    bool in_list = false;
    *word_count = 0;
    for (size_t i = 0; i < step_count; i++) {
        if (in_list) { /* the step that picks an entry */
            in_list = false;
            continue;
        }
        const struct schema_key *key = schema_find(map, steps[i]);
        if (!key || !key->type->map)
            return NULL;
        map = key->type->map;
        in_list = key->type->list == SCHEMA_ENTRIES;
    }
    if (in_list)
        return NULL;
    *word_count = schema_key_names(map, paths->words);
    return paths->words;
}

static bool key_is_valid(const struct schema_map *map, const struct schema_key *key)
{
    return schema_find(map, key->name) == key && key->offset < map->size && key->doc && key->doc[0] &&
           !(key->initial && key->flags & SCHEMA_REQUIRED);
}

static bool map_is_valid(const struct schema_map *map)
{
    if (schema_key_count(map) > SCHEMA_KEYS_LIMIT)
        return false;
    for (const struct schema_key *key = map->keys; key->name; key++)
        if (!key_is_valid(map, key) || (key->type->map && !map_is_valid(key->type->map)))
            return false;
    return true;
}

bool schema_is_valid(void)
{
    const struct schema_key *metric = schema_find(&schema_expect, metrics[0].name);
    for (size_t i = 0; i < metric_count(); i++)
        if (!metric || !metric[i].name || strcmp(metric[i].name, metrics[i].name) != 0)
            return false;
    return map_is_valid(&schema_root);
}
