#include "hostsim/rack/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/nearest.h"

static const char *const nouns[NAME_KINDS] = {"chassis", "trunk", "host", "adapter", "guest", "team"};

const char *name_kind_noun(enum name_kind kind)
{
    return nouns[kind];
}

void names_add(struct names *names, enum name_kind kind, int index, const char *text, struct place place)
{
    if (names->count == names->capacity) {
        names->capacity = names->capacity ? 2 * names->capacity : 64;
        names->items = realloc(names->items, names->capacity * sizeof(*names->items));
        CHECK(names->items);
    }
    names->items[names->count++] = (struct name){text, kind, index, place};
}

/* Of one text, what stands first in the file comes first. */
static int compare(const void *left, const void *right)
{
    const struct name *a = left, *b = right;
    int order = strcmp(a->text, b->text);
    if (order == 0)
        order = (a->place.line > b->place.line) - (a->place.line < b->place.line);
    if (order == 0)
        order = (a->place.column > b->place.column) - (a->place.column < b->place.column);
    return order;
}

void names_seal(struct names *names, struct faults *faults)
{
    if (names->count > 1)
        qsort(names->items, names->count, sizeof(*names->items), compare);
    for (size_t i = 1; i < names->count; i++) {
        const struct name *first = &names->items[i - 1], *name = &names->items[i];
        if (strcmp(first->text, name->text) == 0)
            faults_add(
                faults, name->place, "the name `%s` is taken: it is a %s (line %u)", name->text, nouns[first->kind],
                first->place.line);
    }
}

const struct name *names_find(const struct names *names, const char *text)
{
    size_t low = 0, high = names->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(names->items[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < names->count && strcmp(names->items[low].text, text) == 0 ? &names->items[low] : NULL;
}

const char *names_hint(const struct names *names, enum name_kind kind, const char *text, char buffer[96])
{
    const char **words = calloc(names->count + 1, sizeof(*words));
    CHECK(words);
    size_t count = 0;
    for (size_t i = 0; i < names->count; i++)
        if (names->items[i].kind == kind)
            words[count++] = names->items[i].text;
    struct nearest_hint hint = nearest_hint(text, words, count);
    snprintf(buffer, 96, "%s", hint.text);
    free(words);
    return buffer;
}

void names_free(struct names *names)
{
    free(names->items);
    *names = (struct names){0};
}
