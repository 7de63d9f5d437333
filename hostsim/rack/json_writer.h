/* JSON writer: writes JSON to a stream, one call a token, in the number formats of number.h.
 *
 *     struct json_writer json = json_writer_start(out);
 *     json_write_open(&json, NULL, '{');
 *     json_write_count(&json, "seed", 1);
 *     json_write_open(&json, "flows", '[');
 *     json_write_close(&json);
 *     json_write_close(&json);
 *
 * Inside an object every call takes the member's key, inside an array NULL. Members of the outermost value and elements
 * of arrays in it stand on lines of their own, deeper ones on one line, so that results are read and compared line by
 * line. Whether the writing went well is the stream's to say (ferror). */
#ifndef HOSTSIM_RACK_JSON_WRITER_H
#define HOSTSIM_RACK_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 8

struct json_writer {
    FILE *out;                  /* the caller's */
    unsigned depth;             /* open values */
    char close[JSON_DEPTH_MAX]; /* what closes each of them */
    bool first;                 /* nothing has been written in the innermost one */
};

struct json_writer json_writer_start(FILE *out);

/* Opens an object ('{') or an array ('['). */
void json_write_open(struct json_writer *json, const char *key, char bracket);

/* Closes the innermost; a line end after the outermost. */
void json_write_close(struct json_writer *json);

void json_write_null(struct json_writer *json, const char *key);
void json_write_bool(struct json_writer *json, const char *key, bool value);
void json_write_count(struct json_writer *json, const char *key, uint64_t value);

/* null when not finite */
void json_write_real(struct json_writer *json, const char *key, double value);

/* PS in ns; null when TIME_NEVER */
void json_write_ns(struct json_writer *json, const char *key, uint64_t ps);

/* A number of ns; null when not finite */
void json_write_real_ns(struct json_writer *json, const char *key, double value_ns);

/* null when NULL. What is not UTF-8 is written as U+FFFD. */
void json_write_text(struct json_writer *json, const char *key, const char *text);

#endif
