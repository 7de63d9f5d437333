#include "hostsim/command.h"

#include <stdarg.h>
#include <string.h>

#include "hostsim/page.h"

/* Where the help of an option begins. */
#define HELP_COLUMN 24

int command_fault(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("mriov: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return EXIT_USAGE;
}

void command_print_options(const struct option *options, FILE *out)
{
    for (; options->name; options++) {
        if (!options->help)
            continue;
        char text[64], letter[8] = "";
        if (options->letter)
            snprintf(letter, sizeof letter, "-%c, ", options->letter);
        snprintf(text, sizeof text, "%s--%.20s %.20s", letter, options->name, options->value ? options->value : "");
        fprintf(out, "  %-*s%s\n", HELP_COLUMN, text, options->help);
    }
}

int command_version(void)
{
    struct page page;
    page_start(&page);
    fprintf(page.out, "mriov %s\n", MRIOV_VERSION);
    return page_print(&page);
}

static int print_help(const struct command *command)
{
    struct page page;
    page_start(&page);
    fprintf(page.out, "usage: mriov %s %s\n\n%s\n\n", command->name, command->usage, command->summary);
    command_print_options(command->options, page.out);
    return page_print(&page);
}

bool command_common(const struct command *command, const struct argument *argument, int *exit_code)
{
    if (argument->kind == ARGUMENT_FAULT)
        *exit_code = command_fault("%s", argument->message);
    else if (argument->kind == ARGUMENT_OPTION && strcmp(argument->option->name, "help") == 0)
        *exit_code = print_help(command);
    else if (argument->kind == ARGUMENT_OPTION && strcmp(argument->option->name, "version") == 0)
        *exit_code = command_version();
    else
        return false;
    return true;
}
