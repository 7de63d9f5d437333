#include "hostsim/rack/name_range.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

/* Digits of a number in a range: more would be a slip, and 9 fit everywhere. */
#define DIGITS_LIMIT 9

bool name_is_valid(const char *text)
{
    if (*text < 'a' || *text > 'z')
        return false;
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return text[length] == '\0' && length <= NAME_LENGTH_LIMIT;
}

bool name_matches(const char *pattern, const char *name)
{
    /* On a mismatch only the last star need give way: what those before it took stays right. */
    const char *star = NULL, *resume = NULL;
    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            resume = name;
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star + 1;
            name = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool name_range_is_range(const char *text)
{
    return strpbrk(text, "[]") != NULL;
}

/* One item between commas: `7` or `0-15`. */
struct span {
    uint32_t first, last;
    int width; /* zeros are kept to this many digits */
};

static enum status refuse(struct name_range_why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
static enum status refuse(struct name_range_why *why, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    return STATUS_INVALID_ARGUMENT;
}

/* Reads digits at *CURSOR; how many there were. */
static int read_number(const char **cursor, uint32_t *number)
{
    int digits = 0;
    *number = 0;
    for (; **cursor >= '0' && **cursor <= '9'; (*cursor)++) {
        if (++digits <= DIGITS_LIMIT)
            *number = *number * 10 + (uint32_t)(**cursor - '0');
    }
    return digits;
}

/* Reads one item at *CURSOR; false when it is none. */
static bool read_span(const char **cursor, struct span *span)
{
    const char *first_text = *cursor;
    int first_digits = read_number(cursor, &span->first);
    int last_digits = first_digits;
    const char *last_text = first_text;
    span->last = span->first;
    if (**cursor == '-') {
        last_text = ++*cursor;
        last_digits = read_number(cursor, &span->last);
    }
    if (first_digits == 0 || last_digits == 0 || first_digits > DIGITS_LIMIT || last_digits > DIGITS_LIMIT)
        return false;
    bool zeros = (*first_text == '0' && first_digits > 1) || (*last_text == '0' && last_digits > 1);
    span->width = zeros ? first_digits : 0;
    return !zeros || first_digits == last_digits;
}

/* Reads `[...]` at *CURSOR and moves behind it. */
static enum status count_brackets(const char **cursor, size_t *count, struct name_range_why *why)
{
    const char *open = *cursor;
    int shown = (int)strcspn(open, "]");
    shown = shown > 40 ? 40 : shown + (open[shown] == ']');
    *count = 0;
    do {
        struct span span;
        (*cursor)++;
        if (!read_span(cursor, &span) || (**cursor != ',' && **cursor != ']'))
            return refuse(why, "`%.*s` is not a range; a range is [0-3], [00-15] or [0-3,8]", shown, open);
        if (span.last < span.first)
            return refuse(why, "range `%.*s` descends; write the lower end first", shown, open);
        *count += (size_t)(span.last - span.first) + 1;
        if (*count > NAME_RANGE_LIMIT)
            return refuse(why, "range `%.*s` stands for more than %d", shown, open, NAME_RANGE_LIMIT);
    } while (**cursor == ',');
    (*cursor)++;
    return STATUS_OK;
}

enum status name_range_count(const char *text, size_t *count, struct name_range_why *why)
{
    size_t product = 1;
    const char *cursor = text;
    if (name_range_is_range(text) && strlen(text) > NAME_RANGE_LENGTH_LIMIT)
        return refuse(why, "a text with a range is at most %d bytes long", NAME_RANGE_LENGTH_LIMIT);
    while (*(cursor += strcspn(cursor, "[]"))) {
        size_t factor;
        if (*cursor == ']')
            return refuse(why, "a `]` without its `[`");
        if (!strchr(cursor, ']'))
            return refuse(why, "a `[` without its `]`");
        enum status status = count_brackets(&cursor, &factor, why);
        if (status != STATUS_OK)
            return status;
        product *= factor;
        if (product > NAME_RANGE_LIMIT)
            return refuse(why, "`%.60s` stands for more than %d names", text, NAME_RANGE_LIMIT);
    }
    *count = product;
    return STATUS_OK;
}

/* Writes number INDEX of the brackets at *CURSOR to BUFFER, and moves behind them. */
static void write_nth(const char **cursor, size_t index, char *buffer, size_t size)
{
    buffer[0] = '\0';
    do {
        struct span span;
        (*cursor)++;
        CHECK(read_span(cursor, &span));
        size_t count = (size_t)(span.last - span.first) + 1;
        if (buffer[0] == '\0' && index < count)
            snprintf(buffer, size, "%0*u", span.width, span.first + (uint32_t)index);
        index -= index < count ? 0 : count;
    } while (**cursor == ',');
    (*cursor)++;
}

char *name_range_at(const char *text, size_t index)
{
    struct name_range_why why;
    size_t below;
    CHECK(name_range_count(text, &below, &why) == STATUS_OK && index < below);

    char *answer = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&answer, &length);
    CHECK(stream);
    for (const char *cursor = text; *cursor;) {
        if (*cursor != '[') {
            fputc(*cursor++, stream);
            continue;
        }
        /* The last range is the fastest: what stands behind this one divides the index. */
        const char *behind = cursor;
        size_t factor, rest;
        CHECK(count_brackets(&behind, &factor, &why) == STATUS_OK);
        CHECK(name_range_count(behind, &rest, &why) == STATUS_OK);
        char number[DIGITS_LIMIT + 1];
        write_nth(&cursor, index / rest % factor, number, sizeof number);
        fputs(number, stream);
    }
    CHECK(fclose(stream) == 0);
    return answer;
}
