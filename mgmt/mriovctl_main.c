/* mriovctl: the program. Each command is a row below, and a function in a file ctl_*.c. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/time.h"
#include "hostsim/command.h"
#include "hostsim/options.h"
#include "hostsim/rack/nearest.h"
#include "hostsim/rack/quantity.h"
#include "mgmt/client.h"
#include "mgmt/ctl.h"

static const struct ctl_command *const commands[] = {
    &ctl_hello, &ctl_fabric,  &ctl_functions, &ctl_assign,  &ctl_release, &ctl_move,    &ctl_apply,      &ctl_what_if,
    &ctl_qos,   &ctl_vfs,     &ctl_port,      &ctl_fail,    &ctl_repair,  &ctl_migrate, &ctl_operations, &ctl_watch,
    &ctl_stats, &ctl_results, &ctl_clock,     &ctl_advance, &ctl_pace,    &ctl_lspci,
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static const struct option options[] = {
    {"connect", 'c', "ADDRESS", "unix:PATH or tcp:HOST:PORT; $MRIOVD, or the user's own, or the system's daemon"},
    {"json", 0, NULL, "print JSON"},
    {"no-wait", 0, NULL, "do not wait for the end of what is begun, nor advance time for it"},
    {"timeout", 0, "TIME", "how long the daemon may give no sign of life: 10s; 0 is for ever"},
    {"tls-cert", 0, "FILE", "this client's certificate, PEM (TCP needs all three)"},
    {"tls-key", 0, "FILE", "its key"},
    {"tls-ca", 0, "FILE", "the authority that the daemon's certificate must be of"},
    {"help", 'h', NULL, "print this and exit"},
    {"version", 0, NULL, "print the version and exit"},
    {0},
};

#define OPERANDS_MOST 64
/* Unless --timeout says otherwise: a daemon looks at its sockets every few milliseconds. */
#define TIMEOUT "10s"
#define TIMEOUT_MOST_PS (UINT64_C(100000) * PS_PER_S)
/* Where the help of a command begins. */
#define HELP_COLUMN 24

struct arguments {
    const char *address;
    struct server_tls tls;
    const char *timeout;
    bool json, no_wait;
    char *operands[OPERANDS_MOST]; /* the command is the first */
    int count;
};

static int print_help(void)
{
    fputs("usage: mriovctl [OPTION]... COMMAND [ARGUMENT]...\n\nManages the rack of a mriovd.\n\nCommands:\n", stdout);
    for (size_t i = 0; i < COMMANDS; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s %s", commands[i]->name, commands[i]->usage);
        printf("  %-*s", HELP_COLUMN, text);
        if (strlen(text) >= HELP_COLUMN)
            printf("\n  %-*s", HELP_COLUMN, "");
        printf("%s\n", commands[i]->summary);
    }
    fputs("\nOptions:\n", stdout);
    command_print_options(options, stdout);
    fputs("\nExit status: 0 done, 1 refused or failed, 2 bad usage, 3 no daemon, or none that answers.\n", stdout);
    return ctl_end_output();
}

static void take_option(struct arguments *arguments, const char *name, const char *value)
{
    if (strcmp(name, "connect") == 0)
        arguments->address = value;
    else if (strcmp(name, "json") == 0)
        arguments->json = true;
    else if (strcmp(name, "no-wait") == 0)
        arguments->no_wait = true;
    else if (strcmp(name, "timeout") == 0)
        arguments->timeout = value;
    else if (strcmp(name, "tls-cert") == 0)
        arguments->tls.certificate = value;
    else if (strcmp(name, "tls-key") == 0)
        arguments->tls.key = value;
    else
        arguments->tls.authority = value;
}

/* False when there is nothing to run, with *EXIT_CODE to end with. */
static bool parse(struct arguments *arguments, int argc, char **argv, int *exit_code)
{
    struct options left = options_start(options, argc, argv);
    struct argument argument;
    while (options_next(&left, &argument)) {
        if (argument.kind == ARGUMENT_FAULT)
            return *exit_code = ctl_fault("%s", argument.message), false;
        if (argument.kind == ARGUMENT_OPERAND) {
            if (arguments->count == OPERANDS_MOST)
                return *exit_code = ctl_fault("%s: too many operands", argument.value), false;
            arguments->operands[arguments->count++] = (char *)argument.value;
        } else if (strcmp(argument.option->name, "help") == 0) {
            return *exit_code = print_help(), false;
        } else if (strcmp(argument.option->name, "version") == 0) {
            printf("mriovctl %s\n", MRIOV_VERSION);
            return *exit_code = ctl_end_output(), false;
        } else {
            take_option(arguments, argument.option->name, argument.value);
        }
    }
    return true;
}

static const struct ctl_command *find_command(const char *name)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i]->name;
        if (strcmp(names[i], name) == 0)
            return commands[i];
    }
    ctl_fault("%.64s: unknown command%s", name, nearest_hint(name, names, COMMANDS).text);
    return NULL;
}

/* Where a daemon is that was started without --listen. */
static const char *default_address(char *buffer, size_t size)
{
    const char *given = getenv("MRIOVD"), *folder = getenv("XDG_RUNTIME_DIR");
    if (given != NULL && given[0] != '\0')
        return given;
    snprintf(buffer, size, "unix:%s/mriovd.sock", folder != NULL && folder[0] == '/' ? folder : "/run");
    return buffer;
}

/* What --timeout says, in ms. */
static bool read_timeout(const char *text, uint32_t *patience_ms)
{
    struct quantity time;
    struct quantity_why why;
    if (quantity_parse(QUANTITY_TIME, text, &time, &why) != STATUS_OK) {
        ctl_fault("--timeout %s: %s", text, why.text);
        return false;
    }
    *patience_ms = (uint32_t)(time.value / PS_PER_MS);
    if (time.value == 0 || (time.value >= PS_PER_MS && time.value <= TIMEOUT_MOST_PS))
        return true;
    ctl_fault("--timeout %s: must be 0, or from 1ms to 100000s", text);
    return false;
}

/* Connects, to where it makes sense; otherwise answers an exit code. */
static int open_client(const struct arguments *arguments, struct ctl *ctl)
{
    char why[256];
    if (!read_timeout(arguments->timeout != NULL ? arguments->timeout : TIMEOUT, &ctl->patience_ms))
        return CTL_USAGE;
    if (!client_address_is_valid(ctl->address, ctl->tls, why, sizeof why))
        return ctl_fault("%s: %s", ctl->address, why);
    ctl->client = client_open_within(ctl->address, ctl->tls, ctl->patience_ms, why, sizeof why);
    if (ctl->client != NULL)
        return CTL_DONE;
    ctl_fault("%s: %s", ctl->address, why);
    return CTL_NO_DAEMON;
}

static int run(const struct arguments *arguments)
{
    char buffer[256];
    if (arguments->count == 0)
        return ctl_fault("a command is missing; --help lists those there are");
    const struct ctl_command *command = find_command(arguments->operands[0]);
    if (command == NULL)
        return CTL_USAGE;
    struct ctl ctl = {
        .json = arguments->json,
        .no_wait = arguments->no_wait,
        .argc = arguments->count - 1,
        .argv = (char **)arguments->operands + 1};
    if (ctl.argc < command->least || ctl.argc > command->most)
        return ctl_fault(
            "%s: %s: mriovctl %s %s", command->name, ctl.argc < command->least ? "something is missing" : "too much",
            command->name, command->usage);
    ctl.address = arguments->address != NULL ? arguments->address : default_address(buffer, sizeof buffer);
    ctl.tls = &arguments->tls;
    int exit_code = open_client(arguments, &ctl);
    if (exit_code == CTL_DONE)
        exit_code = command->run(&ctl);
    client_close(ctl.client);
    return exit_code;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C");
    signal(SIGPIPE, SIG_IGN);
    struct arguments arguments = {0};
    int exit_code;
    return parse(&arguments, argc - 1, argv + 1, &exit_code) ? run(&arguments) : exit_code;
}
