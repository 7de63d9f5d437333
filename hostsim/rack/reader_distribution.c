/* Distributions as scenarios write them: `{uniform: [60us, 100us]}`, `{mix: {60us: 0.9, 2ms: 0.1}}`, ... */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/beside.h"
#include "hostsim/rack/nearest.h"
#include "hostsim/rack/reader.h"

static const char *const names[] = {"exponential", "uniform", "normal", "lognormal", "mix", "file"};
#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

/* Longest line of a `file:`, and the most values. */
#define LINE_LIMIT 256
#define POINTS_LIMIT 1000000

struct reading {
    struct reader *reader;
    const struct schema_type *type;
    struct distribution *out;
};

/* One value; faults are added at PLACE. Draws may be 0 where the type's least is not: only a parameter counts. */
static bool read_value(struct reading *reading, struct place place, const char *text, bool deviation, uint64_t *value)
{
    struct quantity quantity;
    struct quantity_why why;
    if (quantity_parse(reading->type->quantity, text, &quantity, &why) != STATUS_OK) {
        faults_add(reading->reader->faults, place, "%s", why.text);
        return false;
    }
    uint64_t least = deviation ? 0 : reading->type->least, most = reading->type->most;
    char first[QUANTITY_TEXT_BYTES], last[QUANTITY_TEXT_BYTES];
    if (quantity.value < least || quantity.value > (most ? most : DISTRIBUTION_MAX)) {
        faults_add(
            reading->reader->faults, place, "%s is out of bounds: %s to %s are valid here", text,
            quantity_text(reading->type->quantity, least, first),
            quantity_text(reading->type->quantity, most ? most : DISTRIBUTION_MAX, last));
        return false;
    }
    *value = quantity.value;
    return true;
}

static bool read_single(struct reading *reading, const struct node *node, bool deviation, uint64_t *value)
{
    if (node_is_scalar(node))
        return read_value(reading, node->place, node->text, deviation, value);
    faults_add(reading->reader->faults, node->place, "must be a single value, not %s", node_kind_name(node));
    return false;
}

static void read_one(struct reading *reading, enum distribution_kind kind, const struct node *node)
{
    struct distribution made = {.kind = kind};
    if (read_single(reading, node, false, &made.a))
        *reading->out = made;
}

static void read_pair(struct reading *reading, enum distribution_kind kind, const struct node *node, const char *what)
{
    struct distribution made = {.kind = kind};
    bool spread = kind != DISTRIBUTION_UNIFORM;
    if (!node_is_list(node) || node->count != 2) {
        faults_add(reading->reader->faults, node->place, "`%s` takes %s", names[kind - 1], what);
        return;
    }
    bool first = read_single(reading, node->items[0].value, false, &made.a);
    bool second = read_single(reading, node->items[1].value, spread, &made.b);
    if (!first || !second)
        return;
    if (!spread && made.a > made.b)
        faults_add(reading->reader->faults, node->place, "`uniform` takes the lower bound first");
    else if (kind == DISTRIBUTION_LOGNORMAL && made.a == 0 && made.b > 0)
        faults_add(reading->reader->faults, node->place, "`lognormal` needs a mean of more than 0");
    else
        *reading->out = made;
}

static void
add_point(struct reading *reading, struct place place, const char *value, const char *weight, struct distribution *made)
{
    struct quantity quantity;
    struct quantity_why why;
    struct distribution_point point;
    if (!read_value(reading, place, value, false, &point.value))
        return;
    if (quantity_parse(QUANTITY_WEIGHT, weight, &quantity, &why) != STATUS_OK) {
        faults_add(reading->reader->faults, place, "%s", why.text);
        return;
    }
    /* A weight of nothing is a value that never comes. */
    if (quantity.value == 0)
        return;
    if (quantity.value > UINT64_MAX / POINTS_LIMIT) {
        faults_add(reading->reader->faults, place, "the weight %s is too large", weight);
        return;
    }
    point.weight = quantity.value;
    made->points = realloc(made->points, (made->point_count + 1) * sizeof(*made->points));
    CHECK(made->points);
    made->points[made->point_count++] = point;
}

static void take_points(struct reading *reading, const struct node *node, struct distribution *made, size_t before)
{
    if (made->point_count == 0 && faults_added(reading->reader->faults) == before)
        faults_add(reading->reader->faults, node->place, "there is no value with a weight of more than 0 here");
    if (faults_added(reading->reader->faults) == before)
        *reading->out = *made;
    else
        free(made->points);
}

static void read_mix(struct reading *reading, const struct node *node)
{
    struct distribution made = {.kind = DISTRIBUTION_MIX};
    size_t before = faults_added(reading->reader->faults);
    if (!node_is_map(node)) {
        faults_add(
            reading->reader->faults, node->place, "`mix` takes a map of values and weights: {60us: 0.9, 2ms: 0.1}");
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct node_item *item = &node->items[i];
        if (node_is_scalar(item->value))
            add_point(reading, item->key_place, item->key, item->value->text, &made);
        else
            faults_add(
                reading->reader->faults, item->value->place, "a weight must be a number, not %s",
                node_kind_name(item->value));
    }
    take_points(reading, node, &made, before);
}

/* "value, weight": the two words of LINE; a bare value is in bytes, or in ns as in everything mriov writes. */
static void read_line(struct reading *reading, struct place place, char *line, struct distribution *made)
{
    char *rest = NULL, value[LINE_LIMIT + 8];
    char *first = strtok_r(line, ", \t\r\n", &rest), *second = strtok_r(NULL, ", \t\r\n", &rest);
    if (!first || first[0] == '#' || (place.line == 1 && !strpbrk(first, "0123456789")))
        return; /* empty, a comment, or the heading */
    if (!second || strtok_r(NULL, ", \t\r\n", &rest)) {
        faults_add(reading->reader->faults, place, "a line must be a value and a weight: 4KiB,0.7");
        return;
    }
    bool bare = first[strspn(first, "0123456789.")] == '\0';
    snprintf(value, sizeof(value), "%s%s", first, !bare ? "" : reading->type->quantity == QUANTITY_SIZE ? "B" : "ns");
    add_point(reading, place, value, second, made);
}

static void read_stream(struct reading *reading, const struct node *node, const char *path, FILE *stream)
{
    struct distribution made = {.kind = DISTRIBUTION_MIX};
    size_t before = faults_added(reading->reader->faults);
    char line[LINE_LIMIT];
    for (uint32_t number = 1; fgets(line, sizeof(line), stream); number++) {
        struct place place = place_in_file(path, number, 1);
        if (!strchr(line, '\n') && !feof(stream)) {
            faults_add(reading->reader->faults, place, "this line is too long");
            break;
        }
        if (made.point_count == POINTS_LIMIT) {
            faults_add(reading->reader->faults, place, "more than %d values", POINTS_LIMIT);
            break;
        }
        read_line(reading, place, line, &made);
    }
    take_points(reading, node, &made, before);
}

static void read_file(struct reading *reading, const struct node *node)
{
    if (!node_is_scalar(node) || !node->text[0]) {
        faults_add(reading->reader->faults, node->place, "`file` takes the name of a file of values and weights");
        return;
    }
    char *path = beside(reading->reader->path, node->text);
    FILE *stream = fopen(path, "r");
    if (stream) {
        read_stream(reading, node, path, stream);
        fclose(stream);
    } else {
        faults_add(reading->reader->faults, node->place, "cannot read %s: %s", path, strerror(errno));
    }
    free(path);
}

static void read_kind(struct reading *reading, const char *key, const struct node *node)
{
    if (strcmp(key, "exponential") == 0)
        read_one(reading, DISTRIBUTION_EXPONENTIAL, node);
    else if (strcmp(key, "uniform") == 0)
        read_pair(reading, DISTRIBUTION_UNIFORM, node, "two values, the lower bound and the upper");
    else if (strcmp(key, "normal") == 0)
        read_pair(reading, DISTRIBUTION_NORMAL, node, "two values, the mean and the deviation");
    else if (strcmp(key, "lognormal") == 0)
        read_pair(reading, DISTRIBUTION_LOGNORMAL, node, "two values, the mean and the deviation");
    else if (strcmp(key, "mix") == 0)
        read_mix(reading, node);
    else
        read_file(reading, node);
}

void reader_read_distribution(
    struct reader *reader, const struct schema_type *type, const struct node *node, struct distribution *out)
{
    struct reading reading = {reader, type, out};
    size_t before = faults_added(reader->faults);
    for (size_t i = 0; i < node->count; i++) {
        const char *key = node->items[i].key;
        bool known = false;
        for (size_t k = 0; k < NAME_COUNT; k++)
            known = known || strcmp(names[k], key) == 0;
        if (!known)
            faults_add(
                reader->faults, node->items[i].key_place, "unknown distribution `%s`%s", key,
                nearest_hint(key, names, NAME_COUNT).text);
    }
    if (node->count != 1)
        faults_add(
            reader->faults, node->place,
            "a distribution is exactly one of exponential, uniform, normal, lognormal, mix, file");
    if (faults_added(reader->faults) != before)
        return;
    distribution_free(out);
    read_kind(&reading, node->items[0].key, node->items[0].value);
    if (distribution_is_valid(out))
        distribution_prepare(out);
}
