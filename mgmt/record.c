#include "mgmt/record.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

/* Reads the values of KINDS; answers how many bytes they have elsewhere. */
static size_t read_values(struct record_step *step, const char *kinds, va_list from)
{
    size_t bytes = 0;
    for (; *kinds != '\0'; kinds++) {
        CHECK(step->count < RECORD_VALUES);
        struct record_value *value = &step->values[step->count++];
        value->kind = *kinds;
        if (*kinds == 'i') {
            value->number = va_arg(from, uint64_t);
            continue;
        }
        CHECK(*kinds == 's' || *kinds == 'b');
        value->bytes = va_arg(from, const char *);
        value->number = *kinds == 's' ? strlen(value->bytes) : va_arg(from, size_t);
        bytes += value->number + 1;
    }
    return bytes;
}

/* Copies the values' bytes to PLACE. */
static void keep_values(struct record_step *step, char *place)
{
    for (size_t i = 0; i < step->count; i++) {
        struct record_value *value = &step->values[i];
        if (value->kind == 'i')
            continue;
        if (value->number > 0)
            memcpy(place, value->bytes, value->number);
        place[value->number] = '\0';
        value->bytes = place;
        place += value->number + 1;
    }
}

void record_add(struct record *record, const char *sql, const char *kinds, ...)
{
    struct record_step read = {.sql = sql};
    va_list values;
    va_start(values, kinds);
    size_t bytes = read_values(&read, kinds, values);
    va_end(values);
    struct record_step *step = malloc(sizeof *step + bytes);
    CHECK(step != NULL);
    *step = read;
    keep_values(step, (char *)(step + 1));
    *(record->last != NULL ? &record->last->next : &record->first) = step;
    record->last = step;
    record->bytes += sizeof *step + bytes;
}

void record_clear(struct record *record)
{
    for (struct record_step *step = record->first, *next; step != NULL; step = next) {
        next = step->next;
        free(step);
    }
    record->first = record->last = NULL;
    record->bytes = 0;
}
