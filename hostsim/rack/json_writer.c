#include "hostsim/rack/json_writer.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "hostsim/rack/number.h"

struct json_writer json_writer_start(FILE *out)
{
    return (struct json_writer){.out = out, .first = true};
}

/* The length of the UTF-8 sequence at TEXT, 0 when it is none (overlong, a surrogate, beyond U+10FFFF, or cut). */
static size_t utf8_length(const unsigned char *text)
{
    static const struct {
        unsigned char first, last, second_first, second_last;
        size_t length;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (text[0] < forms[i].first || text[0] > forms[i].last)
            continue;
        size_t length = forms[i].length;
        if (length > 1 && (text[1] < forms[i].second_first || text[1] > forms[i].second_last))
            return 0;
        for (size_t at = 2; at < length; at++)
            if (text[at] < 0x80 || text[at] > 0xbf)
                return 0;
        return length;
    }
    return 0;
}

static void write_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        size_t length = utf8_length(at);
        if (length == 0)
            fputs("\\ufffd", out);
        else if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if (*at < 0x20 || *at == 0x7f)
            fprintf(out, "\\u%04x", *at);
        else
            fwrite(at, 1, length, out);
        at += length ? length : 1;
    }
    fputc('"', out);
}

static bool on_own_line(const struct json_writer *json)
{
    return json->depth == 1 || (json->depth == 2 && json->close[1] == ']');
}

/* What stands before a value: the comma, the line and its indent, the key. */
static void before_value(struct json_writer *json, const char *key)
{
    CHECK(json->depth == 0 || (key != NULL) == (json->close[json->depth - 1] == '}'));
    if (!json->first)
        fputc(',', json->out);
    if (on_own_line(json))
        fprintf(json->out, "\n%*s", (int)json->depth, "");
    else if (!json->first)
        fputc(' ', json->out);
    json->first = false;
    if (key) {
        write_quoted(json->out, key);
        fputs(": ", json->out);
    }
}

void json_write_open(struct json_writer *json, const char *key, char bracket)
{
    CHECK(bracket == '{' || bracket == '[');
    CHECK(json->depth < JSON_DEPTH_MAX);
    before_value(json, key);
    fputc(bracket, json->out);
    json->close[json->depth++] = bracket == '{' ? '}' : ']';
    json->first = true;
}

void json_write_close(struct json_writer *json)
{
    CHECK(json->depth);
    json->depth--;
    if (json->depth == 0 && !json->first)
        fputc('\n', json->out);
    fputc(json->close[json->depth], json->out);
    json->first = false;
    if (json->depth == 0)
        fputc('\n', json->out);
}

void json_write_null(struct json_writer *json, const char *key)
{
    before_value(json, key);
    fputs("null", json->out);
}

void json_write_bool(struct json_writer *json, const char *key, bool value)
{
    before_value(json, key);
    fputs(value ? "true" : "false", json->out);
}

void json_write_count(struct json_writer *json, const char *key, uint64_t value)
{
    before_value(json, key);
    fprintf(json->out, "%" PRIu64, value);
}

static void write_number(struct json_writer *json, const char *key, const char *number)
{
    before_value(json, key);
    fputs(number, json->out);
}

void json_write_real(struct json_writer *json, const char *key, double value)
{
    char buffer[NUMBER_BYTES];
    write_number(json, key, isfinite(value) ? number_real(value, buffer) : "null");
}

void json_write_ns(struct json_writer *json, const char *key, uint64_t ps)
{
    char buffer[NUMBER_BYTES];
    write_number(json, key, ps != TIME_NEVER ? number_ns(ps, buffer) : "null");
}

void json_write_real_ns(struct json_writer *json, const char *key, double value_ns)
{
    char buffer[NUMBER_BYTES];
    write_number(json, key, isfinite(value_ns) ? number_real_ns(value_ns, buffer) : "null");
}

void json_write_text(struct json_writer *json, const char *key, const char *text)
{
    before_value(json, key);
    if (text)
        write_quoted(json->out, text);
    else
        fputs("null", json->out);
}
