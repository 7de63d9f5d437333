#include "hostsim/rack/schema_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/expand.h"
#include "hostsim/rack/schema.h"

/* Any string with a range in it may stand where its values may: `mps: "[128,256]B"`. */
#define RANGE ".*\\[[0-9,-]+\\].*"
#define NUMBER "[0-9]+(\\.[0-9]+)?"

/* What a walk over the tables collects. */
struct writing {
    json_t *definitions;
};

static void set(json_t *object, const char *key, json_t *value)
{
    CHECK(value && json_object_set_new(object, key, value) == 0);
}

static void push(json_t *array, json_t *value)
{
    CHECK(value && json_array_append_new(array, value) == 0);
}

static json_t *text(const char *format, const char *argument)
{
    json_t *value = json_sprintf(format, argument);
    CHECK(value);
    return value;
}

/* --- single values --- */

static json_t *pattern_of(const char *pattern)
{
    return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

/* Either of two schemas. */
static json_t *either(json_t *one, json_t *other)
{
    return json_pack("{s:[o, o]}", "anyOf", one, other);
}

static json_t *ranged(json_t *schema)
{
    return either(schema, pattern_of("^" RANGE "$"));
}

/* A number with one of the kind's units; 0 needs none. */
static json_t *quantity_schema(enum quantity_kind kind)
{
    char units[128], pattern[256];
    snprintf(units, sizeof(units), "%s", quantity_units(kind));
    for (char *unit = units; *unit; unit++)
        if (*unit == ' ')
            *unit = '|';
    if (kind == QUANTITY_RATIO || kind == QUANTITY_WEIGHT || kind == QUANTITY_DECIMAL)
        return either(json_pack("{s:s, s:i}", "type", "number", "minimum", 0), pattern_of("^(" NUMBER "%|" RANGE ")$"));
    if (kind == QUANTITY_COUNT)
        return ranged(json_pack("{s:s, s:i}", "type", "integer", "minimum", 1));
    snprintf(pattern, sizeof(pattern), "^(" NUMBER " ?(%s)|0|" RANGE ")$", units);
    return either(pattern_of(pattern), json_pack("{s:i}", "const", 0));
}

static json_t *integer_schema(const struct schema_type *type)
{
    json_t *schema = json_pack("{s:s, s:I}", "type", "integer", "minimum", (json_int_t)type->least);
    if (type->power_of_two) {
        json_t *values = json_array();
        for (uint64_t value = 1; value <= type->most; value *= 2)
            if (value >= type->least)
                push(values, json_integer((json_int_t)value));
        json_decref(schema);
        schema = json_pack("{s:o}", "enum", values);
    } else if (type->most && type->most < UINT32_MAX - 1) {
        set(schema, "maximum", json_integer((json_int_t)type->most));
    }
    return ranged(schema);
}

/* The words, as the kinds of values YAML may take them for: `64` is a number, and `off` a truth in some readers. */
static json_t *word_schema(const struct schema_word *words)
{
    json_t *values = json_array();
    for (const struct schema_word *word = words; word->name; word++) {
        push(values, json_string(word->name));
        if (strspn(word->name, "0123456789") == strlen(word->name))
            push(values, json_integer(atoi(word->name)));
        if (strcmp(word->name, "off") == 0)
            push(values, json_false());
    }
    return json_pack("{s:o}", "enum", values);
}

static json_t *switch_schema(void)
{
    return json_pack("{s:[b, b, s, s, s, s]}", "enum", 1, 0, "on", "off", "true", "false");
}

static json_t *reference(const char *definition)
{
    return json_pack("{s:o}", "$ref", text("#/$defs/%s", definition));
}

static const char *distribution_definition(enum quantity_kind kind)
{
    return kind == QUANTITY_SIZE ? "distribution-of-sizes" : "distribution-of-times";
}

static json_t *scalar_schema(const struct schema_type *type)
{
    switch (type->scalar) {
    case SCHEMA_QUANTITY:
        return quantity_schema(type->quantity);
    case SCHEMA_INTEGER:
        return integer_schema(type);
    case SCHEMA_SWITCH:
        return switch_schema();
    case SCHEMA_WORD:
        return word_schema(type->words);
    case SCHEMA_NAME:
        return pattern_of("^[a-z]([a-z0-9-]|\\[[0-9,-]+\\])*$");
    case SCHEMA_REFERENCE:
        return json_pack("{s:s, s:i}", "type", "string", "minLength", 1);
    case SCHEMA_RATE:
        return quantity_schema(QUANTITY_RATE);
    case SCHEMA_CREDITS:
        return either(quantity_schema(type->quantity), json_pack("{s:s}", "const", "infinite"));
    case SCHEMA_DISTRIBUTION:
        return either(quantity_schema(type->quantity), reference(distribution_definition(type->quantity)));
    default:
        CHECK(false); /* asked for types with a single value only */
        return NULL;
    }
}

/* --- distributions and references: the same everywhere --- */

static json_t *pair_schema(enum quantity_kind kind)
{
    return json_pack(
        "{s:s, s:o, s:i, s:i}", "type", "array", "items", quantity_schema(kind), "minItems", 2, "maxItems", 2);
}

static json_t *distribution_schema(enum quantity_kind kind)
{
    json_t *weights = json_pack(
        "{s:s, s:o, s:i}", "type", "object", "additionalProperties", quantity_schema(QUANTITY_WEIGHT), "minProperties",
        1);
    json_t *properties = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:{s:s, s:s}}", "exponential", quantity_schema(kind), "uniform", pair_schema(kind),
        "normal", pair_schema(kind), "lognormal", pair_schema(kind), "mix", weights, "file", "type", "string",
        "description", "A file of lines value,weight");
    return json_pack(
        "{s:s, s:o, s:b, s:i, s:i}", "type", "object", "properties", properties, "additionalProperties", 0,
        "minProperties", 1, "maxProperties", 1);
}

static json_t *references_schema(void)
{
    return either(
        json_pack("{s:s, s:i}", "type", "string", "minLength", 1),
        json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1, "items", reference("references")));
}

/* --- maps --- */

/* "host" of "a host", "entry-of-the-timeline" of "an entry of the timeline". */
static void definition_name(const struct schema_map *map, char name[64])
{
    const char *from = map->name;
    size_t length = 0;
    if (strncmp(from, "a ", 2) == 0 || strncmp(from, "an ", 3) == 0)
        from = strchr(from, ' ') + 1;
    for (; *from && length < 63; from++)
        if (*from != '`')
            name[length++] = *from == ' ' ? '-' : *from;
    name[length] = '\0';
}

static void define_map(struct writing *writing, const struct schema_map *map, bool counted);

static json_t *list_schema(struct writing *writing, const struct schema_type *type, const char *key)
{
    char name[64];
    if (type->list == SCHEMA_REFERENCES)
        return json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1, "items", reference("references"));
    if (type->list == SCHEMA_BITS)
        return json_pack("{s:s, s:o}", "type", "array", "items", word_schema(type->words));
    definition_name(type->map, name);
    define_map(writing, type->map, expand_is_counted(key));
    return json_pack("{s:[s, s], s:o}", "type", "array", "null", "items", reference(name));
}

/* All that may stand under a key. */
static json_t *type_schema(struct writing *writing, const struct schema_type *type, const char *key)
{
    json_t *alternatives = json_array();
    char name[64];
    if (type->scalar)
        push(alternatives, scalar_schema(type));
    if (type->list)
        push(alternatives, list_schema(writing, type, key));
    if (type->map && type->list != SCHEMA_ENTRIES) {
        definition_name(type->map, name);
        define_map(writing, type->map, false);
        push(alternatives, reference(name));
        if (!type->scalar)
            push(alternatives, json_pack("{s:s}", "type", "null"));
    }
    if (json_array_size(alternatives) > 1)
        return json_pack("{s:o}", "anyOf", alternatives);
    json_t *only = json_incref(json_array_get(alternatives, 0));
    json_decref(alternatives);
    return only;
}

/* What the key is for, its words, and whether the model does it yet. */
static json_t *description(const struct schema_key *key)
{
    char made[1024];
    size_t length = (size_t)snprintf(made, sizeof(made), "%s.", key->doc);
    if (key->type->what && length < sizeof(made))
        length += (size_t)snprintf(made + length, sizeof(made) - length, " Takes %s.", key->type->what);
    for (const struct schema_word *word = key->type->words; word && word->name && length < sizeof(made); word++)
        length += (size_t)snprintf(
            made + length, sizeof(made) - length, "%s%s: %s%s", word == key->type->words ? " " : "; ", word->name,
            word->doc, word->later ? " (not modelled yet)" : "");
    if (key->flags & SCHEMA_LATER && length < sizeof(made))
        snprintf(made + length, sizeof(made) - length, " Not modelled yet.");
    if (key->flags & SCHEMA_LATER_ELSE && length < sizeof(made))
        snprintf(made + length, sizeof(made) - length, " Only the default is modelled yet.");
    return json_string(made);
}

/* The default, as the value an editor would insert: numbers as numbers, "gen: 4, width: 8" as a map. */
static json_t *scalar_default(const char *initial)
{
    bool number = initial[0] && strspn(initial, "0123456789") == strlen(initial);
    return number ? json_integer(atoll(initial)) : json_string(initial);
}

static json_t *list_default(const char *initial)
{
    json_t *list = json_array();
    char *copy = strdup(initial), *rest = NULL;
    CHECK(copy);
    for (char *word = strtok_r(copy, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest))
        push(list, json_string(word));
    free(copy);
    return list;
}

static json_t *map_default(const char *initial)
{
    json_t *map = json_object();
    char *copy = strdup(initial), *rest = NULL;
    CHECK(copy);
    for (char *name = strtok_r(copy, ":, ", &rest); name; name = strtok_r(NULL, ":, ", &rest))
        set(map, name, scalar_default(strtok_r(NULL, ", ", &rest)));
    free(copy);
    return map;
}

static json_t *key_schema(struct writing *writing, const struct schema_key *key)
{
    const struct schema_type *type = key->type;
    json_t *schema = type_schema(writing, type, key->name);
    set(schema, "description", description(key));
    if (key->initial && key->initial[0])
        set(schema, "default",
            type->list == SCHEMA_BITS ? list_default(key->initial)
            : type->scalar            ? scalar_default(key->initial)
                                      : map_default(key->initial));
    return schema;
}

static json_t *map_schema(struct writing *writing, const struct schema_map *map, bool counted)
{
    json_t *properties = json_object(), *required = json_array(), *one_of = json_array();
    for (const struct schema_key *key = map->keys; key->name; key++) {
        set(properties, key->name, key_schema(writing, key));
        if (key->flags & SCHEMA_REQUIRED)
            push(required, json_string(key->name));
        if (key->flags & SCHEMA_ONE_OF)
            push(one_of, json_pack("{s:[s]}", "required", key->name));
    }
    if (counted)
        set(properties, "count",
            json_pack(
                "{s:s, s:i, s:s}", "type", "integer", "minimum", 1, "description",
                "Makes so many of this entry, 0, 1, ... appended to its name."));
    json_t *schema =
        json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties, "additionalProperties", 0);
    if (json_array_size(required) > 0)
        set(schema, "required", json_incref(required));
    if (json_array_size(one_of) > 0)
        set(schema, "oneOf", json_incref(one_of));
    json_decref(required);
    json_decref(one_of);
    return schema;
}

static void define_map(struct writing *writing, const struct schema_map *map, bool counted)
{
    char name[64];
    definition_name(map, name);
    if (json_object_get(writing->definitions, name))
        return;
    set(writing->definitions, name, json_object()); /* its place in the order */
    set(writing->definitions, name, map_schema(writing, map, counted));
}

json_t *schema_json(void)
{
    struct writing writing = {.definitions = json_object()};
    json_t *schema = json_pack(
        "{s:s, s:s, s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema", "title", "mriov scenario",
        "description", "A rack of servers that share adapters over MR-IOV, and its loads.");
    CHECK(schema);
    set(writing.definitions, "distribution-of-times", distribution_schema(QUANTITY_TIME));
    set(writing.definitions, "distribution-of-sizes", distribution_schema(QUANTITY_SIZE));
    set(writing.definitions, "references", references_schema());
    json_t *root = map_schema(&writing, &schema_root, false);
    CHECK(json_object_update_new(schema, root) == 0);
    set(schema, "$defs", writing.definitions);
    return schema;
}
