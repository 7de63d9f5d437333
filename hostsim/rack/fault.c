#include "hostsim/rack/fault.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

struct place place_in_file(const char *file, uint32_t line, uint32_t column)
{
    return (struct place){.source = file, .line = line, .column = column};
}

struct place place_of_file(const char *file)
{
    return (struct place){.source = file};
}

struct place place_of_argument(const char *argument)
{
    return (struct place){.source = argument, .argument = true};
}

static char *copy_text(const char *text)
{
    char *copy = strdup(text);
    CHECK(copy);
    return copy;
}

static uint32_t order_of_source(const struct faults *faults, struct place place)
{
    uint32_t next = 0;
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->items[i];
        if (fault->argument == place.argument && strcmp(fault->source, place.source) == 0)
            return fault->source_order;
        if (fault->source_order >= next)
            next = fault->source_order + 1;
    }
    return next;
}

static bool is_same(const struct fault *a, const struct fault *b)
{
    return a->source_order == b->source_order && a->argument == b->argument && a->line == b->line &&
           a->column == b->column && strcmp(a->message, b->message) == 0;
}

static bool is_known(const struct faults *faults, const struct fault *fault)
{
    for (size_t i = faults->count; i-- > 0;) {
        if (is_same(&faults->items[i], fault))
            return true;
    }
    return false;
}

static void append(struct faults *faults, const struct fault *fault)
{
    if (faults->count == faults->capacity) {
        faults->capacity = faults->capacity ? faults->capacity * 2 : 16;
        faults->items = realloc(faults->items, faults->capacity * sizeof faults->items[0]);
        CHECK(faults->items);
    }
    faults->items[faults->count++] = *fault;
}

void faults_add(struct faults *faults, struct place place, const char *format, ...)
{
    CHECK(place.source);
    struct fault fault = {
        .source = (char *)place.source,
        .argument = place.argument,
        .line = place.argument ? 0 : place.line,
        .column = place.argument ? 0 : place.column,
        .source_order = order_of_source(faults, place),
        .order = faults->next_order++,
    };
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&fault.message, format, arguments);
    va_end(arguments);
    CHECK(length >= 0);

    if (is_known(faults, &fault)) {
        free(fault.message);
    } else if (faults->count == FAULTS_KEPT) {
        faults->lost++;
        free(fault.message);
    } else {
        fault.source = copy_text(place.source);
        append(faults, &fault);
    }
}

void faults_move(struct faults *faults, struct faults *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct fault *fault = &from->items[i];
        struct place place = {fault->source, fault->argument, fault->line, fault->column};
        faults_add(faults, place, "%s", fault->message);
    }
    faults->lost += from->lost;
    faults_free(from);
}

size_t faults_added(const struct faults *faults)
{
    return faults->next_order;
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_faults(const void *left, const void *right)
{
    const struct fault *a = left, *b = right;
    int order = compare(a->argument, b->argument);
    if (!order)
        order = compare(a->source_order, b->source_order);
    if (!order)
        order = compare(a->line, b->line);
    if (!order)
        order = compare(a->column, b->column);
    return order ? order : compare(a->order, b->order);
}

void faults_sort(struct faults *faults)
{
    if (faults->count > 1)
        qsort(faults->items, faults->count, sizeof faults->items[0], compare_faults);
}

static char *line_of(const struct fault *fault)
{
    char *line;
    int length = fault->line
                     ? asprintf(&line, "%s:%u:%u: %s", fault->source, fault->line, fault->column, fault->message)
                     : asprintf(&line, "%s: %s", fault->source, fault->message);
    CHECK(length >= 0);
    /* What came from the world (names, arguments) must not break "one line each". */
    for (char *c = line; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    }
    return line;
}

size_t faults_print(struct faults *faults, FILE *stream)
{
    faults_sort(faults);
    size_t total = faults->count + faults->lost;
    size_t printed = faults->count < FAULTS_PRINTED ? faults->count : FAULTS_PRINTED;
    for (size_t i = 0; i < printed; i++) {
        char *line = line_of(&faults->items[i]);
        fprintf(stream, "mriov: %s\n", line);
        free(line);
    }
    if (total > printed)
        fprintf(stream, "mriov: and %zu more\n", total - printed);
    return total;
}

char *faults_line(struct faults *faults, size_t index)
{
    faults_sort(faults);
    return index < faults->count ? line_of(&faults->items[index]) : NULL;
}

void faults_free(struct faults *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        free(faults->items[i].source);
        free(faults->items[i].message);
    }
    free(faults->items);
    *faults = (struct faults){0};
}
