/* Options: a command line, one argument at a time.
 *
 * Options may stand anywhere; `--name VALUE` and `--name=VALUE`, `-o VALUE` and `-oVALUE` are the same; `--` ends the
 * options; `-` is an operand. Nothing is copied: values point into argv.
 *
 *     struct options options = options_start(table, argc, argv);
 *     struct argument argument;
 *     while (options_next(&options, &argument))
 *         switch (argument.kind) ...
 */
#ifndef HOSTSIM_OPTIONS_H
#define HOSTSIM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* One option of a table; a table ends with one without a name. */
struct option {
    const char *name;  /* without the dashes */
    char letter;       /* the short form; 0: none */
    const char *value; /* what the help calls its value; NULL: it takes none */
    const char *help;  /* one line for --help; NULL: not listed */
};

struct options {
    const struct option *table;
    int argc;
    char **argv;
    int next;
    bool ended; /* by -- */
};

enum argument_kind {
    ARGUMENT_OPTION,
    ARGUMENT_OPERAND,
    ARGUMENT_FAULT, /* not understood: `message` says why, without the program's name */
};

struct argument {
    enum argument_kind kind;
    const struct option *option; /* OPTION */
    const char *value;           /* OPTION: NULL when it takes none; OPERAND: itself */
    char message[256];           /* FAULT */
};

/* ARGV without the names of program and command. */
struct options options_start(const struct option *table, int argc, char **argv);

/* The next argument; false after the last. */
bool options_next(struct options *options, struct argument *argument);

#endif
