#include "hostsim/rack/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/expand.h"
#include "hostsim/rack/name_range.h"
#include "hostsim/rack/nearest.h"

struct faults *reader_faults(struct reader *reader)
{
    return reader->faults;
}

void reader_refuse(struct reader *reader, struct place place, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    faults_add(reader->refusals, place, "%s", text);
}

/* --- single values --- */

static void store(void *field, uint64_t value, bool narrow)
{
    if (narrow)
        *(uint32_t *)field = (uint32_t)value;
    else
        *(uint64_t *)field = value;
}

static bool is_in_bounds(const struct schema_type *type, uint64_t value)
{
    if (value < type->least || (type->most && value > type->most))
        return false;
    return !type->power_of_two || (value & (value - 1)) == 0;
}

struct bounds_text {
    char text[96];
};

/* ", from 1B to 8KiB", where a type's words do not say so themselves. */
static struct bounds_text bounds_text(const struct schema_type *type, enum quantity_kind kind)
{
    struct bounds_text bounds = {""};
    char least[QUANTITY_TEXT_BYTES], most[QUANTITY_TEXT_BYTES];
    if ((kind != QUANTITY_TIME && kind != QUANTITY_SIZE) || type->power_of_two)
        return bounds;
    quantity_text(kind, type->least, least);
    if (type->most)
        snprintf(bounds.text, sizeof(bounds.text), ", from %s to %s", least, quantity_text(kind, type->most, most));
    else
        snprintf(bounds.text, sizeof(bounds.text), ", from %s on", least);
    return bounds;
}

static bool parse_quantity(
    const struct schema_type *type, enum quantity_kind kind, const char *text, struct quantity *quantity,
    struct reader_why *why)
{
    struct quantity_why reason;
    if (quantity_parse(kind, text, quantity, &reason) != STATUS_OK) {
        /* A whole number's own words are better than "not a whole number". */
        if (kind == QUANTITY_COUNT && type->what)
            snprintf(why->text, sizeof(why->text), " must be %.100s, not %.40s", type->what, text);
        else
            snprintf(why->text, sizeof(why->text), ": %.150s", reason.text);
        return false;
    }
    if (!is_in_bounds(type, quantity->value)) {
        snprintf(
            why->text, sizeof(why->text), " must be %.140s%s, not %.40s", type->what, bounds_text(type, kind).text,
            text);
        return false;
    }
    return true;
}

static bool parse_credits(const struct schema_type *type, const char *text, uint32_t *field, struct reader_why *why)
{
    struct quantity quantity;
    if (strcmp(text, "infinite") == 0) {
        *field = CREDITS_INFINITE;
        return true;
    }
    if (!parse_quantity(type, type->quantity, text, &quantity, why))
        return false;
    uint64_t credits = type->quantity == QUANTITY_SIZE ? quantity.value / CREDIT_DATA_BYTES : quantity.value;
    if (credits == 0 || credits >= CREDITS_INFINITE) {
        snprintf(why->text, sizeof(why->text), " must be at least one credit (16B of data), not %.40s", text);
        return false;
    }
    *field = (uint32_t)credits;
    return true;
}

static void list_words(const struct schema_word *words, char *buffer, size_t size)
{
    size_t length = 0;
    buffer[0] = '\0';
    for (const struct schema_word *word = words; word->name && length < size; word++)
        length += (size_t)snprintf(buffer + length, size - length, "%s%s", length ? ", " : "", word->name);
}

static struct nearest_hint nearest_in(const struct schema_word *words, const char *text)
{
    const char *names[SCHEMA_KEYS_LIMIT];
    size_t count = 0;
    for (; words[count].name && count < SCHEMA_KEYS_LIMIT; count++)
        names[count] = words[count].name;
    return nearest_hint(text, names, count);
}

static const struct schema_word *
parse_word(const struct schema_type *type, const char *text, int *field, struct reader_why *why)
{
    const struct schema_word *word = schema_find_word(type->words, text);
    if (word) {
        *field = word->value;
        return word;
    }
    char known[160];
    list_words(type->words, known, sizeof(known));
    snprintf(
        why->text, sizeof(why->text), " must be %s%.150s, not %.40s%s",
        type->what || !type->words[1].name ? "" : "one of ", type->what ? type->what : known,
        text[0] ? text : "nothing", nearest_in(type->words, text).text);
    return NULL;
}

bool reader_parse(const struct schema_type *type, const char *text, void *field, struct reader_why *why)
{
    struct quantity quantity = {0};
    switch (type->scalar) {
    case SCHEMA_QUANTITY:
    case SCHEMA_INTEGER:
        if (!parse_quantity(
                type, type->scalar == SCHEMA_INTEGER ? QUANTITY_COUNT : type->quantity, text, &quantity, why))
            return false;
        store(field, quantity.value, type->narrow);
        return true;
    case SCHEMA_RATE:
        if (!parse_quantity(type, QUANTITY_RATE, text, &quantity, why))
            return false;
        *(struct scenario_rate *)field = (struct scenario_rate){quantity.value, quantity.of_operations};
        return true;
    case SCHEMA_DISTRIBUTION:
        if (!parse_quantity(type, type->quantity, text, &quantity, why))
            return false;
        *(struct distribution *)field = distribution_constant(quantity.value);
        return true;
    case SCHEMA_SWITCH: {
        struct quantity_why reason;
        if (quantity_parse_boolean(text, field, &reason) == STATUS_OK)
            return true;
        snprintf(why->text, sizeof(why->text), " must be on or off, not %.40s", text);
        return false;
    }
    case SCHEMA_WORD:
        return parse_word(type, text, field, why) != NULL;
    case SCHEMA_CREDITS:
        return parse_credits(type, text, field, why);
    default:
        CHECK(false); /* the schema gives texts to no other type */
        return false;
    }
}

/* --- defaults --- */

static void read_map(struct reader *reader, const struct schema_map *map, const struct node *node, void *out);

static void set_bits(const struct schema_type *type, const char *text, unsigned *field)
{
    char *copy = strdup(text), *rest = NULL;
    CHECK(copy);
    for (char *word = strtok_r(copy, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest))
        *field |= (unsigned)schema_find_word(type->words, word)->value;
    free(copy);
}

/* "gen: 4, width: 8" into OUT. */
static void set_words(const struct schema_map *map, const char *text, char *out)
{
    char *copy = strdup(text), *rest = NULL;
    CHECK(copy);
    for (char *name = strtok_r(copy, ":, ", &rest); name; name = strtok_r(NULL, ":, ", &rest)) {
        const struct schema_key *key = schema_find(map, name);
        struct reader_why why;
        CHECK(key && reader_parse(key->type, strtok_r(NULL, ", ", &rest), out + key->offset, &why));
    }
    free(copy);
}

static void set_initial(struct reader *reader, const struct schema_map *map, const char *text, char *out)
{
    for (const struct schema_key *key = map->keys; key->name; key++) {
        const struct schema_type *type = key->type;
        bool nested = type->map && type->list == SCHEMA_NO_LIST;
        struct reader_why why;
        if (nested && type->scalar != SCHEMA_DISTRIBUTION)
            set_initial(reader, type->map, type->scalar ? NULL : key->initial, out + key->offset);
        if (key->initial && type->scalar)
            CHECK((nested && key->initial[0] == '\0') || reader_parse(type, key->initial, out + key->offset, &why));
        if (key->initial && type->list == SCHEMA_BITS)
            set_bits(type, key->initial, (unsigned *)(void *)(out + key->offset));
    }
    if (text)
        set_words(map, text, out);
    if (map->finish)
        map->finish(reader, NULL, out);
    if (map == &schema_link && reader->link)
        read_map(reader, map, reader->link, out);
}

/* --- what is written --- */

/* Expansion left brackets where it faulted; one fault is enough. */
static bool is_faulted_range(const struct schema_type *type, const char *text)
{
    return type != NULL && strchr(text, '[') != NULL;
}

static void refuse_word(struct reader *reader, const struct schema_key *key, const struct node *node)
{
    const struct schema_word *word = schema_find_word(key->type->words, node->text);
    if (word && word->later)
        reader_refuse(reader, node->place, "`%s: %s` is not modelled yet", key->name, word->name);
}

/* Whether a single value differs from its default. */
static bool is_not_initial(const struct schema_key *key, const struct node *node)
{
    uint64_t given = 0, initial = 0;
    struct reader_why why;
    return reader_parse(key->type, node->text, &given, &why) && reader_parse(key->type, key->initial, &initial, &why) &&
           given != initial;
}

static void read_scalar(struct reader *reader, const struct schema_key *key, const struct node *node, void *field)
{
    const struct schema_type *type = key->type;
    struct reader_why why;
    if (type->scalar == SCHEMA_NAME || type->scalar == SCHEMA_REFERENCE) {
        *(const struct node **)field = node;
        if (node->text[0] == '\0')
            faults_add(reader->faults, node->place, "`%s` must be %s; nothing is written here", key->name, type->what);
        else if (type->scalar == SCHEMA_NAME && !is_faulted_range(type, node->text) && !name_is_valid(node->text))
            faults_add(
                reader->faults, node->place, "`%s` is no name: names are a-z, then a-z, 0-9 and -, at most %d long",
                node->text, NAME_LENGTH_LIMIT);
        return;
    }
    if (is_faulted_range(type, node->text))
        return;
    if (!reader_parse(type, node->text, field, &why)) {
        faults_add(reader->faults, node->place, "`%s`%s", key->name, why.text);
        return;
    }
    if (type->scalar == SCHEMA_WORD)
        refuse_word(reader, key, node);
    if (key->flags & SCHEMA_LATER_ELSE && is_not_initial(key, node))
        reader_refuse(reader, node->place, "`%s: %s` is not modelled yet", key->name, node->text);
}

static void read_entries(struct reader *reader, const struct schema_key *key, const struct node *node, void *field)
{
    const struct schema_map *map = key->type->map;
    struct draft_list *list = field;
    list->entries = calloc(node->count ? node->count : 1, map->size);
    CHECK(list->entries);
    for (size_t i = 0; i < node->count; i++) {
        const struct node *item = node->items[i].value;
        char *entry = (char *)list->entries + list->count * map->size;
        if (!node_is_map(item)) {
            faults_add(
                reader->faults, item->place, "each of `%s` must be a map, not %s", key->name, node_kind_name(item));
            continue;
        }
        memcpy(entry, &item, sizeof(item));
        list->count++;
        set_initial(reader, map, NULL, entry);
        read_map(reader, map, item, entry);
    }
}

static void check_references(struct reader *reader, const struct schema_key *key, const struct node *node)
{
    if (node_is_map(node) || (node_is_list(node) && node->count == 0) || (node_is_scalar(node) && !node->text[0]))
        faults_add(
            reader->faults, node->place, "`%s` must be %s, not %s", key->name, key->type->what,
            node_is_list(node) ? "an empty list" : node_kind_name(node));
    if (node_is_list(node))
        for (size_t i = 0; i < node->count; i++)
            check_references(reader, key, node->items[i].value);
}

static void read_bits(struct reader *reader, const struct schema_key *key, const struct node *node, unsigned *bits)
{
    *bits = 0;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *item = node->items[i].value;
        struct reader_why why = {": each must be a single word"};
        int value = 0;
        if (!node_is_scalar(item) || !parse_word(key->type, item->text, &value, &why))
            faults_add(reader->faults, item->place, "`%s`%s", key->name, why.text);
        *bits |= (unsigned)value;
    }
}

static void read_list(struct reader *reader, const struct schema_key *key, const struct node *node, void *field)
{
    if (key->type->list == SCHEMA_ENTRIES) {
        read_entries(reader, key, node, field);
    } else if (key->type->list == SCHEMA_BITS) {
        read_bits(reader, key, node, field);
    } else {
        check_references(reader, key, node);
        *(const struct node **)field = node;
    }
}

static void fault_shape(struct reader *reader, const struct schema_key *key, const struct node *node)
{
    const struct schema_type *type = key->type;
    char words[160] = "a single value";
    if (type->words)
        list_words(type->words, words, sizeof(words));
    const char *what = type->what                         ? type->what
                       : type->list == SCHEMA_BITS        ? "a list"
                       : type->list != SCHEMA_NO_LIST     ? "a list"
                       : type->scalar == SCHEMA_NO_SCALAR ? "a map"
                                                          : words;
    faults_add(reader->faults, node->place, "`%s` must be %s, not %s", key->name, what, node_kind_name(node));
}

static bool is_nothing(const struct node *node)
{
    return node_is_scalar(node) && !node->quoted && node->text[0] == '\0';
}

static void read_value(struct reader *reader, const struct schema_key *key, const struct node *node, void *field)
{
    const struct schema_type *type = key->type;
    /* `assign:` with nothing after it is a list or map without members, as one has while one writes. */
    if (is_nothing(node) && !type->scalar)
        return;
    if (node_is_scalar(node) && type->scalar)
        read_scalar(reader, key, node, field);
    else if (node_is_list(node) && type->list)
        read_list(reader, key, node, field);
    else if (node_is_map(node) && type->scalar == SCHEMA_DISTRIBUTION)
        reader_read_distribution(reader, type, node, field);
    else if (node_is_map(node) && type->map && type->list != SCHEMA_ENTRIES)
        read_map(reader, type->map, node, field);
    else
        fault_shape(reader, key, node);
}

static void fault_unknown(struct reader *reader, const struct schema_map *map, const struct node_item *item)
{
    const char *names[SCHEMA_KEYS_LIMIT];
    size_t count = schema_key_names(map, names);
    struct nearest_hint hint = nearest_hint(item->key, names, count);
    char known[200];
    size_t length = 0;
    if (hint.text[0]) {
        faults_add(reader->faults, item->key_place, "unknown key `%s`%s", item->key, hint.text);
        return;
    }
    for (size_t i = 0; i < count && length < sizeof(known); i++)
        length += (size_t)snprintf(known + length, sizeof(known) - length, "%s%s", i ? ", " : "", names[i]);
    faults_add(
        reader->faults, item->key_place, "unknown key `%s`; %s takes %s%s", item->key, map->name, known,
        length >= sizeof(known) ? "..." : "");
}

static bool has_unknown_key(const struct schema_map *map, const struct node *node)
{
    for (size_t i = 0; i < node->count; i++)
        if (!schema_find(map, node->items[i].key))
            return true;
    return false;
}

/* Exactly one of the keys that say so. */
static void check_one_of(struct reader *reader, const struct schema_map *map, const struct node *node)
{
    char names[200] = "";
    size_t length = 0, found = 0, total = 0;
    const struct node_item *second = NULL;
    for (const struct schema_key *key = map->keys; key->name; key++) {
        if (!(key->flags & SCHEMA_ONE_OF))
            continue;
        total++;
        if (length < sizeof(names))
            length += (size_t)snprintf(names + length, sizeof(names) - length, "%s`%s`", length ? ", " : "", key->name);
        if (node_get(node, key->name) && ++found > 1)
            second = node_item(node, key->name);
    }
    /* A misspelt one has its fault already. */
    if (total == 0 || found == 1 || (found == 0 && has_unknown_key(map, node)))
        return;
    faults_add(reader->faults, second ? second->key_place : node->place, "%s has exactly one of %s", map->name, names);
}

static void read_map(struct reader *reader, const struct schema_map *map, const struct node *node, void *out)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct node_item *item = &node->items[i];
        const struct schema_key *key = schema_find(map, item->key);
        if (!key) {
            fault_unknown(reader, map, item);
            continue;
        }
        if (key->flags & SCHEMA_LATER && !is_nothing(item->value) &&
            !(node_is_list(item->value) && item->value->count == 0))
            reader_refuse(reader, item->key_place, "`%s` is not modelled yet", key->name);
        read_value(reader, key, item->value, (char *)out + key->offset);
    }
    for (const struct schema_key *key = map->keys; key->name; key++)
        if (key->flags & SCHEMA_REQUIRED && !node_get(node, key->name))
            faults_add(reader->faults, node->place, "`%s` is required in %s", key->name, map->name);
    check_one_of(reader, map, node);
    if (map->finish)
        map->finish(reader, node, out);
}

void reader_read(struct reader *reader, const struct node *root, struct draft *draft)
{
    const struct node *link = node_get(node_get(root, "defaults"), "link");
    draft->node = root;
    reader->link = NULL;
    set_initial(reader, &schema_root, NULL, (char *)draft);
    reader->link = node_is_map(link) ? link : NULL;
    read_map(reader, &schema_root, root, draft);
}

/* --- freeing --- */

static void free_map(const struct schema_map *map, char *out)
{
    for (const struct schema_key *key = map->keys; key->name; key++) {
        const struct schema_type *type = key->type;
        void *field = out + key->offset;
        if (type->scalar == SCHEMA_DISTRIBUTION) {
            distribution_free(field);
        } else if (type->list == SCHEMA_ENTRIES) {
            struct draft_list *list = field;
            for (size_t i = 0; i < list->count; i++)
                free_map(type->map, (char *)list->entries + i * type->map->size);
            free(list->entries);
        } else if (type->map) {
            free_map(type->map, field);
        }
    }
}

void reader_free(struct draft *draft)
{
    free_map(&schema_root, (char *)draft);
    *draft = (struct draft){0};
}
