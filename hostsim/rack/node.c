#include "hostsim/rack/node.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

static char *copy_text(const char *text)
{
    char *copy = strdup(text);
    CHECK(copy);
    return copy;
}

const char *document_source(struct document *document, const char *name)
{
    for (size_t i = 0; i < document->source_count; i++) {
        if (strcmp(document->sources[i], name) == 0)
            return document->sources[i];
    }
    document->sources = realloc(document->sources, (document->source_count + 1) * sizeof document->sources[0]);
    CHECK(document->sources);
    return document->sources[document->source_count++] = copy_text(name);
}

void document_free(struct document *document)
{
    node_free(document, document->root);
    CHECK(document->node_count == 0);
    for (size_t i = 0; i < document->source_count; i++)
        free(document->sources[i]);
    free(document->sources);
    *document = (struct document){0};
}

static struct node *node_new(struct document *document, enum node_kind kind, struct place place)
{
    struct node *node = calloc(1, sizeof *node);
    CHECK(node);
    node->kind = kind;
    node->place = place;
    document->node_count++;
    return node;
}

struct node *node_new_scalar(struct document *document, struct place place, const char *text)
{
    struct node *node = node_new(document, NODE_SCALAR, place);
    node->text = copy_text(text);
    return node;
}

struct node *node_new_map(struct document *document, struct place place)
{
    return node_new(document, NODE_MAP, place);
}

struct node *node_new_list(struct document *document, struct place place)
{
    return node_new(document, NODE_LIST, place);
}

void node_free(struct document *document, struct node *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->count; i++) {
        free(node->items[i].key);
        node_free(document, node->items[i].value);
    }
    free(node->items);
    free(node->text);
    free(node);
    CHECK(document->node_count > 0);
    document->node_count--;
}

/* One more item at the end. */
static struct node_item *add_item(struct node *node)
{
    CHECK(node->kind != NODE_SCALAR);
    if (node->count == node->capacity) {
        node->capacity = node->capacity ? node->capacity * 2 : 4;
        node->items = realloc(node->items, node->capacity * sizeof node->items[0]);
        CHECK(node->items);
    }
    struct node_item *item = &node->items[node->count++];
    *item = (struct node_item){0};
    return item;
}

struct node *node_clone(struct document *document, const struct node *node)
{
    struct node *copy = node_new(document, node->kind, node->place);
    copy->quoted = node->quoted;
    copy->refused = node->refused;
    copy->origin = node->origin;
    if (node->text)
        copy->text = copy_text(node->text);
    if (node->count > 0) {
        copy->items = calloc(node->count, sizeof copy->items[0]);
        CHECK(copy->items);
        copy->count = copy->capacity = node->count;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct node_item *item = &node->items[i];
        copy->items[i] = (struct node_item){
            .key = item->key ? copy_text(item->key) : NULL,
            .key_place = item->key_place,
            .value = node_clone(document, item->value),
        };
    }
    return copy;
}

struct node_item *node_item(const struct node *node, const char *key)
{
    if (!node_is_map(node))
        return NULL;
    for (size_t i = 0; i < node->count; i++) {
        if (strcmp(node->items[i].key, key) == 0)
            return &node->items[i];
    }
    return NULL;
}

struct node *node_get(const struct node *node, const char *key)
{
    const struct node_item *item = node_item(node, key);
    return item ? item->value : NULL;
}

const char *node_get_text(const struct node *node, const char *key)
{
    const struct node *value = node_get(node, key);
    return node_is_scalar(value) ? value->text : NULL;
}

bool node_is_map(const struct node *node)
{
    return node && node->kind == NODE_MAP;
}

bool node_is_list(const struct node *node)
{
    return node && node->kind == NODE_LIST;
}

bool node_is_scalar(const struct node *node)
{
    return node && node->kind == NODE_SCALAR;
}

const char *node_kind_name(const struct node *node)
{
    if (node_is_map(node))
        return "a map";
    if (node_is_list(node))
        return "a list";
    return node && (node->quoted || *node->text) ? "a single value" : "nothing";
}

/* What a copy of NODE takes of DOCUMENT_NODES. */
static size_t room_of(const struct node *node)
{
    size_t room = 1 + (node->text ? strlen(node->text) / NODE_TEXT_BYTES : 0);
    for (size_t i = 0; i < node->count; i++) {
        const struct node_item *item = &node->items[i];
        room += room_of(item->value) + (item->key ? strlen(item->key) / NODE_TEXT_BYTES : 0);
    }
    return room;
}

bool document_take_room(struct document *document, const struct node *node, size_t copies)
{
    size_t left = DOCUMENT_NODES - document->room_taken;
    size_t room = copies ? room_of(node) : 0;
    if (copies && room > left / copies)
        return false;
    document->room_taken += room * copies;
    return true;
}

void node_set_text(struct node *node, const char *text)
{
    CHECK(node->kind == NODE_SCALAR);
    char *copy = copy_text(text);
    free(node->text);
    node->text = copy;
}

void node_set(struct document *document, struct node *map, const char *key, struct place key_place, struct node *value)
{
    CHECK(map->kind == NODE_MAP && value);
    struct node_item *item = node_item(map, key);
    if (item) {
        node_free(document, item->value);
    } else {
        item = add_item(map);
        item->key = copy_text(key);
    }
    item->key_place = key_place;
    item->value = value;
}

void node_append(struct node *list, struct node *value)
{
    CHECK(list->kind == NODE_LIST && value);
    struct node_item *item = add_item(list);
    item->key_place = value->place;
    item->value = value;
}

struct node *node_take(struct node *node, size_t index)
{
    CHECK(node->kind != NODE_SCALAR && index < node->count);
    struct node_item *item = &node->items[index];
    struct node *value = item->value;
    free(item->key);
    node->count--;
    memmove(item, item + 1, (node->count - index) * sizeof *item);
    return value;
}

bool node_remove(struct document *document, struct node *map, const char *key)
{
    const struct node_item *item = node_item(map, key);
    if (!item)
        return false;
    node_free(document, node_take(map, (size_t)(item - map->items)));
    return true;
}

static int compare_keys(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

static bool has_each_key_once(const struct node *map)
{
    if (map->count < 2)
        return true;
    const char **keys = calloc(map->count, sizeof keys[0]);
    CHECK(keys);
    for (size_t i = 0; i < map->count; i++)
        keys[i] = map->items[i].key;
    qsort(keys, map->count, sizeof keys[0], compare_keys);
    bool once = true;
    for (size_t i = 1; i < map->count; i++)
        once = once && strcmp(keys[i - 1], keys[i]) != 0;
    free(keys);
    return once;
}

static size_t count_nodes(const struct node *node)
{
    size_t count = 1;
    for (size_t i = 0; i < node->count; i++)
        count += count_nodes(node->items[i].value);
    return count;
}

static bool tree_is_valid(const struct node *node, unsigned depth)
{
    if (!node || depth > DOCUMENT_DEPTH || !node->place.source || node->count > node->capacity)
        return false;
    if ((node->kind == NODE_SCALAR) != (node->text != NULL) || (node->kind == NODE_SCALAR && node->count > 0))
        return false;
    for (size_t i = 0; i < node->count; i++) {
        const struct node_item *item = &node->items[i];
        if ((node->kind == NODE_MAP) != (item->key != NULL) || !tree_is_valid(item->value, depth + 1))
            return false;
    }
    return node->kind != NODE_MAP || has_each_key_once(node);
}

bool document_is_valid(const struct document *document)
{
    if (!document->root)
        return document->node_count == 0;
    return document->node_count == count_nodes(document->root) && tree_is_valid(document->root, 1);
}
