/* mriovd: the program. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "hostsim/command.h"
#include "hostsim/options.h"
#include "hostsim/page.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"

static const struct option options[] = {
    {"scenario", 's', "FILE", "the rack to simulate (required)"},
    {"listen", 'l', "ADDRESS", "unix:PATH or tcp:HOST:PORT, as often as you like"},
    {"pace", 0, "PACE", "step (the default), max, or simulated over wall-clock time: 0.001"},
    {"tls-cert", 0, "FILE", "this daemon's certificate, PEM (TCP needs all three)"},
    {"tls-key", 0, "FILE", "its key"},
    {"tls-ca", 0, "FILE", "the authority that clients' certificates must be of"},
    {"access", 0, "FILE", "who may do what; without it: this user, root, and all with a certificate"},
    {"state", 0, "FILE", "what outlives this daemon: owners, limits, ports, faults, operations"},
    {"http", 0, "HOST:PORT", "serve /healthz and /metrics there"},
    {"set", 0, "PATH=VALUE", "change the scenario first: --set hosts.h0.link.gen=5"},
    {"log", 0, "FORM", "text (the default, for journald) or json"},
    {"verbose", 'v', NULL, "also say who connects"},
    {"help", 'h', NULL, "print this and exit"},
    {"version", 0, NULL, "print the version and exit"},
    {0},
};

#define SETS_MOST 256

struct arguments {
    struct mriovd_options daemon;
    const char *sets[SETS_MOST];
    struct scenario_request scenario;
    bool json, verbose;
};

static int fault(const char *text, const char *what)
{
    fprintf(stderr, "mriovd: %s%s%s\n", text, what[0] != '\0' ? ": " : "", what);
    return EXIT_USAGE;
}

static int print_help(void)
{
    struct page page;
    page_start(&page);
    fputs(
        "usage: mriovd --scenario FILE [OPTION]...\n\nKeeps a simulated rack alive and lets programs manage it "
        "(docs/api.md).\n\nOptions:\n",
        page.out);
    command_print_options(options, page.out);
    return page_print(&page);
}

/* --- the command line --- */

/* The options whose value is kept as it is. */
static const char **text_option(struct arguments *arguments, const char *name)
{
    const struct {
        const char *name;
        const char **place;
    } texts[] = {
        {"scenario", &arguments->scenario.path}, {"tls-cert", &arguments->daemon.tls.certificate},
        {"tls-key", &arguments->daemon.tls.key}, {"tls-ca", &arguments->daemon.tls.authority},
        {"access", &arguments->daemon.access},   {"http", &arguments->daemon.http},
        {"state", &arguments->daemon.state},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(texts[i].name, name) == 0)
            return texts[i].place;
    return NULL;
}

static int take_option(struct arguments *arguments, const char *name, const char *value)
{
    const char **text = text_option(arguments, name);
    if (text != NULL)
        *text = value;
    else if (strcmp(name, "listen") == 0) {
        if (arguments->daemon.listen_count == MRIOVD_LISTENS)
            return fault("--listen", "16 addresses are the most");
        arguments->daemon.listens[arguments->daemon.listen_count++] = value;
    } else if (strcmp(name, "set") == 0) {
        if (arguments->scenario.set_count == SETS_MOST)
            return fault("--set", "256 are the most");
        arguments->sets[arguments->scenario.set_count++] = value;
    } else if (strcmp(name, "pace") == 0) {
        if (!clock_pace_parse(value, &arguments->daemon.pace, &arguments->daemon.ratio))
            return fault("--pace", "must be step, max or a ratio from 1e-9 to 1e6");
    } else if (strcmp(name, "log") == 0) {
        arguments->json = strcmp(value, "json") == 0;
        if (!arguments->json && strcmp(value, "text") != 0)
            return fault("--log", "must be text or json");
    } else {
        arguments->verbose = true;
    }
    return EXIT_DONE;
}

/* False when there is nothing to run, with *EXIT_CODE to end with. */
static bool parse(struct arguments *arguments, int argc, char **argv, int *exit_code)
{
    struct options left = options_start(options, argc, argv);
    struct argument argument;
    *exit_code = EXIT_DONE;
    arguments->scenario.sets = arguments->sets;
    while (options_next(&left, &argument)) {
        if (argument.kind == ARGUMENT_FAULT)
            *exit_code = fault(argument.message, "");
        else if (argument.kind == ARGUMENT_OPERAND)
            *exit_code = fault(argument.value, "no operand is expected; the scenario stands after --scenario");
        else if (strcmp(argument.option->name, "help") == 0)
            return *exit_code = print_help(), false;
        else if (strcmp(argument.option->name, "version") == 0)
            return printf("mriovd %s\n", MRIOV_VERSION), false;
        else
            *exit_code = take_option(arguments, argument.option->name, argument.value);
        if (*exit_code != EXIT_DONE)
            return false;
    }
    if (arguments->scenario.path == NULL)
        *exit_code = fault("--scenario FILE is missing", "");
    return *exit_code == EXIT_DONE;
}

/* Where a daemon listens that was told nothing: the user's own folder, or the system's. */
static const char *default_listen(char *buffer, size_t size)
{
    const char *folder = getenv("XDG_RUNTIME_DIR");
    snprintf(buffer, size, "unix:%s/mriovd.sock", folder != NULL && folder[0] == '/' ? folder : "/run");
    return buffer;
}

/* --- the run --- */

static struct scenario *load(const struct arguments *arguments)
{
    struct faults faults = {0};
    struct scenario *scenario = scenario_load(&arguments->scenario, &faults);
    struct faults *said = scenario != NULL ? &scenario->refusals : &faults;
    bool is_fit = scenario != NULL && faults_added(said) == 0;
    for (size_t i = 0; i < FAULTS_PRINTED; i++) {
        char *line = faults_line(said, i);
        if (line == NULL)
            break;
        fault(line, "");
        free(line);
    }
    faults_free(&faults);
    if (is_fit)
        return scenario;
    scenario_free(scenario);
    return NULL;
}

static int serve(const struct scenario *scenario, const struct mriovd_options *daemon_options)
{
    struct mriovd daemon;
    char why[512] = "";
    int exit_code = EXIT_FAILED;
    if (mriovd_init(&daemon, scenario, daemon_options, why, sizeof why)) {
        clock_set_pace(&daemon.clock, daemon_options->pace, daemon_options->ratio);
        exit_code = mriovd_run(&daemon) ? EXIT_DONE : EXIT_FAILED;
    } else {
        fault(why, "");
        exit_code = daemon.misused ? EXIT_USAGE : EXIT_FAILED;
    }
    mriovd_free(&daemon);
    return exit_code;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C");
    signal(SIGXFSZ, SIG_IGN);
    struct arguments arguments = {.daemon.pace = CLOCK_STEP, .scenario.managed = true};
    int exit_code;
    if (!parse(&arguments, argc - 1, argv + 1, &exit_code))
        return exit_code;
    log_start(arguments.json, arguments.verbose ? LOG_DETAIL : LOG_EVENT);
    struct scenario *scenario = load(&arguments);
    if (scenario == NULL)
        return EXIT_USAGE;
    char address[256];
    if (arguments.daemon.listen_count == 0)
        arguments.daemon.listens[arguments.daemon.listen_count++] = default_listen(address, sizeof address);
    exit_code = serve(scenario, &arguments.daemon);
    scenario_free(scenario);
    return exit_code;
}
