#include "hostsim/rack/yaml_hint.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* One line of the text, without its end. */
struct line {
    const char *start, *end;
};

static struct line find_line(const char *text, size_t length, uint32_t number)
{
    const char *end = text + length;
    while (number > 1 && text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        text = newline ? newline + 1 : end;
        number--;
    }
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    return (struct line){text, newline ? newline : end};
}

/* The character of column COLUMN: a byte that does not continue another. */
static const char *find_column(struct line line, uint32_t column)
{
    const char *c = line.start;
    for (; c < line.end; c++) {
        if (((unsigned char)*c & 0xc0) != 0x80 && --column == 0)
            break;
    }
    return c;
}

static bool is_among(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Where the word with a range around the `[` at BRACKET begins and ends; empty when it is none. */
static struct line find_ranged_word(struct line line, const char *bracket)
{
    struct line none = {bracket, bracket};
    const char *start = bracket, *end = bracket;
    if (bracket == line.end || *bracket != '[')
        return none;
    while (start > line.start && !is_among(start[-1], " \t,{}[]:\"'"))
        start--;
    if (start == bracket)
        return none;
    while (end < line.end && *end != ']')
        end++;
    while (end < line.end && !is_among(*end, " \t,{}\"'"))
        end++;
    /* `]` of an enclosing list is not the word's own. */
    while (end > bracket + 1 && end[-1] == ']' && end[-2] == ']')
        end--;
    return (struct line){start, end};
}

/* The key of `key:value` at the start of a line; empty when it is none. */
static struct line find_tight_key(struct line line)
{
    const char *start = line.start;
    while (start < line.end && is_among(*start, " -"))
        start++;
    const char *end = start;
    while (end < line.end && !is_among(*end, " :\t"))
        end++;
    bool tight = end + 1 < line.end && *end == ':' && !is_among(end[1], " \t\r");
    return (struct line){start, tight ? end : start};
}

static bool is_flow_error(const char *message)
{
    return strstr(message, "missing comma in flow") != NULL;
}

static bool is_unclosed(const char *message, bool at_end)
{
    bool ended = is_flow_error(message) || strstr(message, "did not find expected node content");
    return (at_end && ended) || strstr(message, "mismatched flow");
}

/* Where a plain key or value was meant, and YAML made something else of the line. */
static bool is_key_error(const char *message)
{
    return strstr(message, "could not find expected ':'") || strstr(message, "invalid multiline plain key");
}

/* What to say for messages that need no look at the text. */
static const struct saying {
    const char *fragment, *hint;
} sayings[] = {
    {"could not find expected ':'", "a `key: value` is expected here"},
    {"invalid multiline plain key", "a value, and more below it; check how the next line is indented"},
    {"invalid tab", "a tab cannot indent; use spaces"},
    {"tab character", "a tab cannot indent; use spaces"},
    {"invalid alias", "a leading `*` needs quotes"},
    {"wrongly indented flow", "the lines within `{` or `[` must be indented"},
    {"invalid trailing content", "text behind the closing quote; the quotes go around the whole"},
};

static const char *find_saying(const char *message)
{
    for (size_t i = 0; i < sizeof sayings / sizeof sayings[0]; i++) {
        if (strstr(message, sayings[i].fragment))
            return sayings[i].hint;
    }
    return NULL;
}

struct yaml_hint yaml_hint(const char *text, size_t length, uint32_t line_number, uint32_t column, const char *message)
{
    struct yaml_hint hint;
    size_t size = sizeof hint.text;
    struct line line = find_line(text, length, line_number);
    const char *at = find_column(line, column);
    struct line ranged = find_ranged_word(line, at);
    struct line key = find_tight_key(line);
    const char *saying = find_saying(message);
    if (is_flow_error(message) && ranged.end > ranged.start)
        snprintf(
            hint.text, size, "a range within braces or brackets needs quotes: \"%.*s\"",
            (int)(ranged.end - ranged.start), ranged.start);
    else if (is_unclosed(message, at == text + length))
        snprintf(hint.text, size, "a `{` or `[` is not closed, or not by its own kind");
    else if (is_key_error(message) && key.end > key.start)
        snprintf(
            hint.text, size, "a space is needed after the colon of `%.*s:`", (int)(key.end - key.start), key.start);
    else if (strstr(message, "plain scalar cannot start with") && at < line.end)
        snprintf(hint.text, size, "a value that begins with `%c` needs quotes", *at);
    else if (saying)
        snprintf(hint.text, size, "%s", saying);
    else
        snprintf(hint.text, size, "not YAML: %s", message);
    return hint;
}
