/* YAML hint: a message for a syntax error that says what the writer of a scenario most likely has to change. */
#ifndef HOSTSIM_RACK_YAML_HINT_H
#define HOSTSIM_RACK_YAML_HINT_H

#include <stddef.h>
#include <stdint.h>

struct yaml_hint {
    char text[200];
};

/* The message for the error MESSAGE of the YAML library at LINE and COLUMN (from 1, in characters) of TEXT: its own
 * words where nothing better is known. */
struct yaml_hint yaml_hint(const char *text, size_t length, uint32_t line, uint32_t column, const char *message);

#endif
