/* mriov check: is a scenario valid, and if not, all that is wrong with it. */
#include <string.h>

#include "hostsim/command.h"
#include "hostsim/page.h"
#include "hostsim/rack/scenario.h"
#include "hostsim/rack/schema_json.h"

static int check(int argc, char **argv);

static const struct option check_options[] = {
    {"schema", 0, NULL, "print a JSON Schema of scenarios, for editors, and check nothing"},
    COMMAND_COMMON_OPTIONS,
};

const struct command command_check = {
    .name = "check",
    .usage = "SCENARIO | --schema",
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

static int check_scenario(const char *path)
{
    struct scenario_request request = {.path = path};
    struct faults faults = {0};
    struct scenario *scenario = scenario_load(&request, &faults);
    int exit_code = EXIT_USAGE;
    if (scenario)
        exit_code = print_verdict(scenario);
    else
        faults_print(&faults, stderr);
    scenario_free(scenario);
    faults_free(&faults);
    return exit_code;
}

static int check(int argc, char **argv)
{
    struct options options = options_start(check_options, argc, argv);
    struct argument argument;
    const char *path = NULL;
    bool schema = false;
    int exit_code;
    while (options_next(&options, &argument)) {
        if (command_common(&command_check, &argument, &exit_code))
            return exit_code;
        if (argument.kind == ARGUMENT_OPTION)
            schema = true;
        else if (path)
            return command_fault("%s: one scenario at a time, and %s is one already", argument.value, path);
        else
            path = argument.value;
    }
    if (schema)
        return print_schema();
    return path ? check_scenario(path) : command_fault("check: a scenario is missing: mriov check SCENARIO");
}
