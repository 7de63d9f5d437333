/* Program: commands of the mriov program, and what they must answer. */
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

#include "tests/support/shell.h"

/* Puts small.yaml into the test's directory: two hosts that write through one adapter, for 20 us, and expect to have
 * moved something. */
void program_scenario(void);

/* COMMAND must end with EXIT_CODE and say OUT and ERR, each where it is not NULL. */
void expect_answer(const char *command, int exit_code, const char *out, const char *err);

/* COMMAND must end with EXIT_CODE, and say OUT and ERR among other things. */
void expect_words(const char *command, int exit_code, const char *out, const char *err);

#endif
