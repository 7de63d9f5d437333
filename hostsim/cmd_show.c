/* mriov show: a scenario's rack, without running it. */
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/command.h"
#include "hostsim/page.h"
#include "hostsim/rack/dot_view.h"
#include "hostsim/rack/functions_view.h"
#include "hostsim/rack/lspci_view.h"
#include "hostsim/rack/nearest.h"
#include "hostsim/rack/rack_view.h"
#include "hostsim/rack/tree_view.h"
#include "hostsim/scenario_arguments.h"

/* One of the things that can be shown. */
struct view {
    const char *name; /* its option */
    void (*write)(const struct world *world, FILE *out);
    void (*write_json)(const struct world *world, FILE *out); /* with --json; NULL: it has no such form */
};

/* The command line, understood. */
struct request {
    struct scenario_arguments scenario;
    const struct view *view; /* NULL: none was named */
    bool json;
    const char *host; /* of --lspci */
    bool raw;
};

static int show(int argc, char **argv);

static const struct option show_options[] = {
    {"tree", 0, NULL, "the rack, and the tree that each host sees (the default)"},
    {"functions", 0, NULL, "every function, and who has it"},
    {"dot", 0, NULL, "the rack as a graph for Graphviz: mriov show rack.yaml --dot | dot -Tsvg"},
    {"lspci", 0, "HOST", "what lspci -xxxx prints on that host; lspci -F reads it"},
    {"raw", 0, NULL, "VFs' vendors as in their registers, not as Linux shows them (with --lspci)"},
    {"json", 0, NULL, "print JSON (with --functions)"},
    {"set", 0, "PATH=VALUE", "change the scenario first, as run does: --set hosts.h0.link.gen=5"},
    COMMAND_COMMON_OPTIONS,
};

const struct command command_show = {
    .name = "show",
    .usage = "SCENARIO [--tree | --functions [--json] | --dot | --lspci HOST [--raw]] [--set PATH=VALUE]...",
    .summary = "show a rack: how it is cabled, what each host sees, who has which function",
    .options = show_options,
    .run = show,
};

static void write_tree(const struct world *world, FILE *out)
{
    fprintf(out, "%s\n\n", world->scenario->name);
    rack_view_write(world, out);
    fputc('\n', out);
    tree_view_write(world, out);
}

/* The first is the default. */
static const struct view views[] = {
    {"tree", write_tree, NULL},
    {"functions", functions_view_table, functions_view_json},
    {"dot", dot_view_write, NULL},
    {"lspci", NULL, NULL},
};

static const struct view *find_view(const char *name)
{
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
        if (strcmp(views[i].name, name) == 0)
            return &views[i];
    return NULL;
}

static int take_view(struct request *request, const struct view *view, const char *value)
{
    if (request->view && view != request->view)
        return command_fault("--%s: one view at a time, and --%s is one already", view->name, request->view->name);
    if (request->host && strcmp(value, request->host) != 0)
        return command_fault("--lspci %s: one host at a time, and %s is one already", value, request->host);
    request->view = view;
    request->host = value;
    return EXIT_DONE;
}

static int take_option(void *context, const char *name, const char *value)
{
    struct request *request = context;
    const struct view *view = find_view(name);
    if (view)
        return take_view(request, view, value);
    if (strcmp(name, "json") == 0)
        request->json = true;
    else
        request->raw = true;
    return EXIT_DONE;
}

/* What the arguments say together; EXIT_DONE, or the exit code to end with. */
static int settle(struct request *request)
{
    if (!request->view)
        request->view = &views[0];
    if (scenario_arguments_need_path(&request->scenario, &command_show) != EXIT_DONE)
        return EXIT_USAGE;
    if (request->json && !request->view->write_json)
        return command_fault("--json: goes with --functions; --%s has no such form", request->view->name);
    if (request->raw && !request->host)
        return command_fault("--raw: goes with --lspci HOST");
    return EXIT_DONE;
}

/* Understands the command line; false when there is nothing to show, with *EXIT_CODE to end with. */
static bool parse(int argc, char **argv, struct request *request, int *exit_code)
{
    if (!scenario_arguments_parse(&request->scenario, &command_show, argc, argv, take_option, request, exit_code))
        return false;
    *exit_code = settle(request);
    return *exit_code == EXIT_DONE;
}

/* The host that is asked for; SCENARIO_NONE after saying that there is none. */
static int find_host(const struct request *request, const struct scenario *scenario)
{
    const char **names = calloc(scenario->host_count + 1, sizeof *names);
    CHECK(names);
    int found = SCENARIO_NONE;
    for (size_t i = 0; i < scenario->host_count; i++) {
        names[i] = scenario->hosts[i].name;
        if (strcmp(names[i], request->host) == 0)
            found = (int)i;
    }
    if (found == SCENARIO_NONE)
        command_fault(
            "--lspci %s: no host is called `%s`%s", request->host, request->host,
            nearest_hint(request->host, names, scenario->host_count).text);
    free(names);
    return found;
}

static int show_world(const struct request *request, const struct world *world)
{
    int host = request->host ? find_host(request, world->scenario) : SCENARIO_NONE;
    if (request->host && host == SCENARIO_NONE)
        return EXIT_USAGE;
    struct page page;
    page_start(&page);
    if (request->host)
        lspci_view_write(world, host, request->raw, page.out);
    else
        (request->json ? request->view->write_json : request->view->write)(world, page.out);
    return page_print(&page);
}

/* The rack alone: what its functions do is not shown, and may not be modelled yet. */
static int show_scenario(const struct request *request, const struct scenario *scenario)
{
    struct scenario rack = *scenario;
    rack.flow_count = 0;
    struct world world;
    char reason[512] = "";
    int exit_code;
    if (world_init(&world, &rack, reason, sizeof reason) == STATUS_OK)
        exit_code = show_world(request, &world);
    else
        exit_code = command_fault("%s: %s", scenario->path, reason);
    world_free(&world);
    return exit_code;
}

static int show(int argc, char **argv)
{
    struct request request = {0};
    int exit_code = EXIT_DONE;
    if (!parse(argc, argv, &request, &exit_code))
        return exit_code;
    exit_code = EXIT_USAGE;
    struct faults faults = {0};
    struct scenario *scenario = scenario_load(&request.scenario.request, &faults);
    if (scenario)
        exit_code = show_scenario(&request, scenario);
    else
        faults_print(&faults, stderr);
    scenario_free(scenario);
    faults_free(&faults);
    return exit_code;
}
