/* Scenario arguments: the part of a command line that says which scenario: its file, and any number of --set.
 *
 *     struct request request = {0};
 *     if (!scenario_arguments_parse(&request.scenario, &command_show, argc, argv, take_option, &request, &exit_code))
 *         return exit_code;
 *     ... scenario_load(&request.scenario.request, &faults) ...
 */
#ifndef HOSTSIM_SCENARIO_ARGUMENTS_H
#define HOSTSIM_SCENARIO_ARGUMENTS_H

#include <stdbool.h>

#include "hostsim/command.h"
#include "hostsim/rack/scenario.h"

/* How many --set one command line may have. */
#define SCENARIO_ARGUMENTS_SETS_MAX 256

/* Zeroed at first. Values point into argv, and `request` into the structure itself, which must not move. */
struct scenario_arguments {
    struct scenario_request request;
    const char *sets[SCENARIO_ARGUMENTS_SETS_MAX];
};

/* Takes the command line of COMMAND over: the operand, and --set; all other options go to TAKE_OPTION with CONTEXT
 * (VALUE is NULL where the option has none), which answers EXIT_DONE or the exit code to end with. False when there is
 * nothing more to do, with *EXIT_CODE to end with. */
bool scenario_arguments_parse(
    struct scenario_arguments *arguments, const struct command *command, int argc, char **argv,
    int (*take_option)(void *context, const char *name, const char *value), void *context, int *exit_code);

/* EXIT_DONE; or EXIT_USAGE after saying that COMMAND was given no scenario. */
int scenario_arguments_need_path(const struct scenario_arguments *arguments, const struct command *command);

#endif
