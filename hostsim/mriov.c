/* mriov: the program. Each subcommand is a file, cmd_NAME.c. */
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "hostsim/command.h"
#include "hostsim/page.h"
#include "hostsim/rack/nearest.h"

static const struct command *const commands[] = {&command_run, &command_check, &command_show, &command_validate};

/* Named by the contract, and refused by name until they are there. */
static const char *const not_built[] = {"sweep", "whatif", "report"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct option program_options[] = {COMMAND_COMMON_OPTIONS};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int print_help(void)
{
    struct page page;
    page_start(&page);
    fputs("usage: mriov COMMAND [ARGUMENT]...\n\nSimulates MR-IOV racks TLP by TLP.\n\nCommands:\n", page.out);
    for (size_t i = 0; i < COUNT(commands); i++)
        fprintf(page.out, "  %-24s%s\n", commands[i]->name, commands[i]->summary);
    fputs("\nOptions:\n", page.out);
    command_print_options(program_options, page.out);
    fputs("\n`mriov COMMAND --help` tells more of each.\n", page.out);
    return page_print(&page);
}

static int unknown_command(const char *name)
{
    for (size_t i = 0; i < COUNT(not_built); i++)
        if (strcmp(not_built[i], name) == 0)
            return command_fault("%s: this command is not built yet", name);
    const char *names[COUNT(commands)];
    for (size_t i = 0; i < COUNT(commands); i++)
        names[i] = commands[i]->name;
    const char *nearest = nearest_word(name, names, COUNT(names));
    if (nearest)
        return command_fault("%.64s: unknown command; did you mean `%s`?", name, nearest);
    return command_fault("%.64s: unknown command; --help lists those there are", name);
}

/* What stands where a command should. */
static int no_command(int argc, char **argv)
{
    struct options options = options_start(program_options, argc, argv);
    struct argument argument;
    if (!options_next(&options, &argument))
        return command_fault("a command is missing; --help lists those there are");
    if (argument.kind == ARGUMENT_FAULT)
        return command_fault("%s (the options of a command stand after it)", argument.message);
    if (argument.kind == ARGUMENT_OPERAND)
        return unknown_command(argument.value);
    return strcmp(argument.option->name, "help") == 0 ? print_help() : command_version();
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C");
    signal(SIGPIPE, SIG_IGN); /* a reader that left is an error of write(), not the end */
    signal(SIGXFSZ, SIG_IGN); /* so is a file larger than it may be */
    const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;
    return command ? command->run(argc - 2, argv + 2) : no_command(argc > 1 ? argc - 1 : 0, argv + 1);
}
