#include "hostsim/scenario_arguments.h"

#include <string.h>

static int take_set(struct scenario_arguments *arguments, const char *value)
{
    struct scenario_request *request = &arguments->request;
    if (request->set_count == SCENARIO_ARGUMENTS_SETS_MAX)
        return command_fault("--set %s: one too many; %d are the most", value, SCENARIO_ARGUMENTS_SETS_MAX);
    arguments->sets[request->set_count++] = value;
    request->sets = arguments->sets;
    return EXIT_DONE;
}

static int take_path(struct scenario_arguments *arguments, const char *path)
{
    struct scenario_request *request = &arguments->request;
    if (request->path)
        return command_fault("%s: one scenario at a time, and %s is one already", path, request->path);
    request->path = path;
    return EXIT_DONE;
}

bool scenario_arguments_parse(
    struct scenario_arguments *arguments, const struct command *command, int argc, char **argv,
    int (*take_option)(void *context, const char *name, const char *value), void *context, int *exit_code)
{
    struct options options = options_start(command->options, argc, argv);
    struct argument argument;
    while (options_next(&options, &argument)) {
        if (command_common(command, &argument, exit_code))
            return false;
        if (argument.kind == ARGUMENT_OPERAND)
            *exit_code = take_path(arguments, argument.value);
        else if (strcmp(argument.option->name, "set") == 0)
            *exit_code = take_set(arguments, argument.value);
        else
            *exit_code = take_option(context, argument.option->name, argument.value);
        if (*exit_code != EXIT_DONE)
            return false;
    }
    return true;
}

int scenario_arguments_need_path(const struct scenario_arguments *arguments, const struct command *command)
{
    if (arguments->request.path)
        return EXIT_DONE;
    return command_fault("%s: a scenario is missing: mriov %s SCENARIO", command->name, command->name);
}
