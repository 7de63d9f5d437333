/* Command: what the subcommands of mriov share. A subcommand is a file cmd_NAME.c with a constant of this type. */
#ifndef HOSTSIM_COMMAND_H
#define HOSTSIM_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "hostsim/options.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,        /* the run failed, or an expectation did not hold */
    EXIT_USAGE = 2,         /* bad usage, or a scenario that is not valid */
    EXIT_INTERRUPTED = 130, /* by a signal */
};

struct command {
    const char *name;
    const char *usage;   /* after "mriov NAME ": "SCENARIO [OPTION]..." */
    const char *summary; /* one line for the help */
    const struct option *options;
    int (*run)(int argc, char **argv); /* without the names of program and command; answers the exit code */
};

extern const struct command command_run;
extern const struct command command_check;
extern const struct command command_show;
extern const struct command command_validate;

/* These end the table of options of each command. */
/* clang-format off */
#define COMMAND_COMMON_OPTIONS                                                                                         \
    {"help", 'h', NULL, "print this and exit"},                                                                        \
    {"version", 0, NULL, "print the version and exit"},                                                                \
    {0}
/* clang-format on */

/* Sees to --help, --version and what was not understood: true when ARGUMENT was one of them, with *EXIT_CODE to end
 * with. */
bool command_common(const struct command *command, const struct argument *argument, int *exit_code);

/* Prints "mriov: MESSAGE" on stderr and answers EXIT_USAGE. */
int command_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a list of options, one a line. */
void command_print_options(const struct option *options, FILE *out);

/* Prints the version on standard output. */
int command_version(void);

#endif
