/* mriov check: is a scenario valid, and if not, all that is wrong with it. */
#include <string.h>

#include "hostsim/command.h"
#include "hostsim/page.h"
#include "hostsim/rack/schema_json.h"
#include "hostsim/scenario_arguments.h"

static int check(int argc, char **argv);

/* The command line, understood. */
struct request {
    struct scenario_arguments scenario;
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

/* --schema is the only one. */
static int take_option(void *context, const char *name, const char *value)
{
    (void)name;
    (void)value;
    ((struct request *)context)->schema = true;
    return EXIT_DONE;
}

static int check(int argc, char **argv)
{
    struct request request = {0};
    const struct scenario_request *scenario = &request.scenario.request;
    int exit_code;
    if (!scenario_arguments_parse(&request.scenario, &command_check, argc, argv, take_option, &request, &exit_code))
        return exit_code;
    if (request.schema && (scenario->path || scenario->set_count > 0))
        return command_fault("--schema: checks nothing, so it goes alone: mriov check --schema");
    if (request.schema)
        return print_schema();
    exit_code = scenario_arguments_need_path(&request.scenario, &command_check);
    return exit_code == EXIT_DONE ? check_scenario(scenario) : exit_code;
}
