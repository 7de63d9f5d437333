/* Shell: runs a command as a user would and keeps what it said. */
#ifndef TESTS_SUPPORT_SHELL_H
#define TESTS_SUPPORT_SHELL_H

/* The program under test is "$M" in every command. */
struct shell_answer {
    int exit_code; /* 128 and the signal's number when one ended it */
    char *out;     /* what went to standard output */
    char *err;     /* and to standard error */
};

/* Runs COMMAND with sh, in a directory of the calling test's own (the same for all its commands). */
struct shell_answer shell_run(const char *command);

void shell_free(struct shell_answer *answer);

/* Writes TEXT to the file NAME in the test's directory. */
void shell_put(const char *name, const char *text);

/* Removes the directory, and all in it. */
void shell_end(void);

#endif
