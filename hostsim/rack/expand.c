#include "hostsim/rack/expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/name_range.h"
#include "hostsim/rack/quantity.h"

/* A list whose entries expand. */
struct section {
    const char *key;
    bool is_nested; /* within an entry; otherwise of the root */
    bool is_named;  /* each entry has a name of its own, and may have a `count` */
};

static const struct section sections[] = {
    {"chassis", false, true},   {"trunks", false, true},  {"hosts", false, true}, {"adapters", false, true},
    {"assign", false, false},   {"qos", false, false},    {"teams", false, true}, {"workloads", false, false},
    {"timeline", false, false}, {"expect", false, false}, {"guests", true, true}, {"bindings", true, false},
};
#define SECTION_COUNT (sizeof sections / sizeof sections[0])

/* Keys whose text is a file's name, not a range. */
static const char *const verbatim_keys[] = {"file", "trace"};

static const struct section *find_section(const char *key, bool is_nested)
{
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (sections[i].is_nested == is_nested && strcmp(sections[i].key, key) == 0)
            return &sections[i];
    }
    return NULL;
}

static bool is_verbatim(const char *key)
{
    for (size_t i = 0; i < sizeof verbatim_keys / sizeof verbatim_keys[0]; i++) {
        if (strcmp(verbatim_keys[i], key) == 0)
            return true;
    }
    return false;
}

/* Whether the member is not for the ranges of the entry it is in: a file's name, or entries of their own. */
static bool stands_apart(const struct node_item *item)
{
    return item->key && (is_verbatim(item->key) || (node_is_list(item->value) && find_section(item->key, true)));
}

/* How many copies an entry makes, and by what. */
struct zip {
    size_t length;
    const struct node *leader; /* the string or the count that LENGTH is of; NULL while all are single */
    bool has_ranges;
};

/* How many strings the scalar stands for; adds the fault when it is no range. */
static size_t range_length(struct node *scalar, struct faults *faults)
{
    size_t length = 1;
    struct name_range_why why;
    if (!scalar->refused && name_range_count(scalar->text, &length, &why) != STATUS_OK) {
        scalar->refused = true;
        faults_add(faults, scalar->place, "%s", why.text);
    }
    return scalar->refused ? 1 : length;
}

static void measure_scalar(struct zip *zip, struct node *scalar, struct faults *faults)
{
    if (!name_range_is_range(scalar->text))
        return;
    size_t length = range_length(scalar, faults);
    zip->has_ranges = true;
    if (length == 1 || length == zip->length)
        return;
    if (!zip->leader) {
        zip->length = length;
        zip->leader = scalar;
    } else {
        faults_add(
            faults, scalar->place, "`%s` stands for %zu, but `%s` of the same entry for %zu", scalar->text, length,
            zip->leader->text, zip->length);
    }
}

static void measure(struct zip *zip, struct node *node, struct faults *faults)
{
    if (node_is_scalar(node))
        measure_scalar(zip, node, faults);
    for (size_t i = 0; i < node->count; i++) {
        if (!stands_apart(&node->items[i]))
            measure(zip, node->items[i].value, faults);
    }
}

/* Writes string INDEX of each range within NODE. A length that does not fit (a fault already) goes round. */
static void write_out(struct node *node, size_t index)
{
    struct name_range_why why;
    size_t length;
    if (node_is_scalar(node) && !node->refused && name_range_is_range(node->text)) {
        CHECK(name_range_count(node->text, &length, &why) == STATUS_OK);
        char *text = name_range_at(node->text, index % length);
        node_set_text(node, text);
        free(text);
    }
    for (size_t i = 0; i < node->count; i++) {
        if (!stands_apart(&node->items[i]))
            write_out(node->items[i].value, index);
    }
}

/* What `count` says: the copies to make; 0 after a fault. */
static size_t read_count(const struct node *count, const struct node *name, struct faults *faults)
{
    struct quantity quantity;
    struct quantity_why why;
    size_t before = faults_added(faults);
    if (!node_is_scalar(count))
        faults_add(faults, count->place, "`count` is a whole number, not %s", node_kind_name(count));
    else if (quantity_parse(QUANTITY_COUNT, count->text, &quantity, &why) != STATUS_OK)
        faults_add(faults, count->place, "%s", why.text);
    else if (quantity.value == 0 || quantity.value > NAME_RANGE_LIMIT)
        faults_add(faults, count->place, "`count` is between 1 and %d", NAME_RANGE_LIMIT);
    else if (name_range_is_range(name->text))
        faults_add(faults, count->place, "`count` and a range in the name; use one of them");
    return faults_added(faults) == before ? (size_t)quantity.value : 0;
}

/* Turns `{name: nic, count: 4}` into `{name: "nic[0-3]"}`. */
static void write_count_as_range(struct document *document, struct node *entry, struct faults *faults)
{
    struct node *name = node_get(entry, "name");
    const struct node *count = node_get(entry, "count");
    if (!count || !node_is_scalar(name))
        return;
    size_t copies = read_count(count, name, faults);
    if (copies > 0) {
        char *text;
        CHECK(asprintf(&text, "%s[0-%zu]", name->text, copies - 1) >= 0);
        node_set_text(name, text);
        free(text);
    }
    (void)node_remove(document, entry, "count");
}

/* The lengths of an entry's strings; by its name's where it has one, since others refer to that. */
static struct zip measure_entry(const struct section *section, struct node *entry, struct faults *faults)
{
    struct zip zip = {.length = 1};
    struct node *name = section->is_named ? node_get(entry, "name") : NULL;
    if (node_is_scalar(name))
        measure_scalar(&zip, name, faults);
    bool is_single = node_is_scalar(name) && !zip.leader;
    measure(&zip, entry, faults);
    if (is_single && zip.leader && !name->refused) {
        faults_add(
            faults, zip.leader->place, "`%s` stands for %zu, but the name `%s` for one; for a list write [a, b]",
            zip.leader->text, zip.length, name->text);
        zip.length = 1;
    }
    return zip;
}

static void
expand_list(struct document *document, struct node *list, const struct section *section, struct faults *faults);

/* Expands the entries nested somewhere within NODE. */
static void expand_nested(struct document *document, struct node *node, struct faults *faults)
{
    if (!node_is_map(node))
        return;
    for (size_t i = 0; i < node->count; i++) {
        struct node_item *item = &node->items[i];
        const struct section *nested = node_is_list(item->value) ? find_section(item->key, true) : NULL;
        if (nested)
            expand_list(document, item->value, nested, faults);
        else
            expand_nested(document, item->value, faults);
    }
}

/* Appends to OUT what the free node ENTRY stands for. */
static void expand_entry(
    struct document *document, struct node *entry, const struct section *section, struct node *out,
    struct faults *faults)
{
    if (entry->origin == 0)
        entry->origin = ++document->origins;
    expand_nested(document, entry, faults);
    if (section->is_named)
        write_count_as_range(document, entry, faults);
    struct zip zip = measure_entry(section, entry, faults);
    if (!document_take_room(document, entry, zip.length - 1)) {
        faults_add(faults, entry->place, "its ranges make more values than a scenario may have");
        zip.length = 1;
    }
    for (size_t i = 1; i < zip.length; i++) {
        struct node *copy = node_clone(document, entry);
        write_out(copy, i - 1);
        node_append(out, copy);
    }
    if (zip.has_ranges)
        write_out(entry, zip.length - 1);
    node_append(out, entry);
}

static void
expand_list(struct document *document, struct node *list, const struct section *section, struct faults *faults)
{
    struct node *out = node_new_list(document, list->place);
    for (size_t i = 0; i < list->count; i++) {
        struct node *entry = list->items[i].value;
        if (node_is_map(entry))
            expand_entry(document, entry, section, out, faults);
        else
            node_append(out, entry);
    }
    struct node before = *list;
    list->items = out->items;
    list->count = out->count;
    list->capacity = out->capacity;
    /* The entries have moved: only the array is left of the old list. */
    out->items = before.items;
    out->capacity = before.capacity;
    out->count = 0;
    node_free(document, out);
}

void expand_document(struct document *document, struct faults *faults)
{
    if (!node_is_map(document->root))
        return;
    for (size_t i = 0; i < document->root->count; i++) {
        struct node_item *item = &document->root->items[i];
        const struct section *section = find_section(item->key, false);
        if (section && node_is_list(item->value))
            expand_list(document, item->value, section, faults);
    }
}

bool expand_is_counted(const char *key)
{
    const struct section *section = find_section(key, strcmp(key, "guests") == 0);
    return section && section->is_named;
}
