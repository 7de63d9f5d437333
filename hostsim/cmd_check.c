/* mriov check: is a scenario valid, and if not, all that is wrong with it. */
#include <string.h>

#include "hostsim/command.h"
#include "hostsim/page.h"
#include "hostsim/rack/scenario.h"
#include "hostsim/rack/schema_json.h"

static int check(int argc, char **argv);

/* How many --set one command line may have. */
#define SETS_MAX 256

/* The command line, understood. */
struct request {
    struct scenario_request scenario;
    const char *sets[SETS_MAX];
    bool schema;
};

static const struct option check_options[] = {
    {"set", 0, "PATH=VALUE", "change the scenario first, as run does: --set hosts.h0.link.gen=5"},
    {"schema", 0, NULL, "print a JSON Schema of scenarios, for editors, and check nothing"},
    COMMAND_COMMON_OPTIONS,
};

const struct command command_check = {
    .name = "check",
    .usage = "SCENARIO [OPTION]... | --schema",
    .summary = "say all that is wrong with a scenario",
    .options = check_options,
    .run = check,
};

static int print_schema(void)
{
    struct page page;
    page_start(&page);
    json_t *schema = schema_json();
    json_dumpf(schema, page.out, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    fputc('\n', page.out);
    json_decref(schema);
    return page_print(&page);
}

/* Valid scenarios that hold what is not modelled yet are valid; what keeps them from running is said all the same. */
static int print_verdict(struct scenario *scenario)
{
    struct page page;
    page_start(&page);
    bool runs = faults_print(&scenario->refusals, stderr) == 0;
    fprintf(page.out, "%s: valid%s\n", scenario->path, runs ? "" : ", but it cannot be run yet");
    return page_print(&page);
}

static int check_scenario(const struct scenario_request *request)
{
    struct faults faults = {0};
    struct scenario *scenario = scenario_load(request, &faults);
    int exit_code = EXIT_USAGE;
    if (scenario)
        exit_code = print_verdict(scenario);
    else
        faults_print(&faults, stderr);
    scenario_free(scenario);
    faults_free(&faults);
    return exit_code;
}

/* Takes one argument over; EXIT_DONE, or the exit code to end with. */
static int take(struct request *request, const struct argument *argument)
{
    struct scenario_request *scenario = &request->scenario;
    if (argument->kind == ARGUMENT_OPTION && argument->option->value == NULL)
        request->schema = true;
    else if (argument->kind == ARGUMENT_OPTION && scenario->set_count == SETS_MAX)
        return command_fault("--set %s: one too many; %d are the most", argument->value, SETS_MAX);
    else if (argument->kind == ARGUMENT_OPTION)
        request->sets[scenario->set_count++] = argument->value;
    else if (scenario->path)
        return command_fault("%s: one scenario at a time, and %s is one already", argument->value, scenario->path);
    else
        scenario->path = argument->value;
    return EXIT_DONE;
}

static int check(int argc, char **argv)
{
    struct request request = {0};
    struct options options = options_start(check_options, argc, argv);
    struct argument argument;
    int exit_code;
    while (options_next(&options, &argument)) {
        if (command_common(&command_check, &argument, &exit_code))
            return exit_code;
        exit_code = take(&request, &argument);
        if (exit_code != EXIT_DONE)
            return exit_code;
    }
    request.scenario.sets = request.sets;
    if (request.schema && (request.scenario.path || request.scenario.set_count > 0))
        return command_fault("--schema: checks nothing, so it goes alone: mriov check --schema");
    if (request.schema)
        return print_schema();
    if (!request.scenario.path)
        return command_fault("check: a scenario is missing: mriov check SCENARIO");
    return check_scenario(&request.scenario);
}
