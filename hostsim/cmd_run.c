/* mriov run: a scenario in, results out. */
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "hostsim/command.h"
#include "hostsim/interrupt.h"
#include "hostsim/output.h"
#include "hostsim/page.h"
#include "hostsim/progress.h"
#include "hostsim/rack/deadlock.h"
#include "hostsim/rack/human.h"
#include "hostsim/rack/results_csv.h"
#include "hostsim/rack/results_json.h"
#include "hostsim/rack/results_table.h"
#include "hostsim/rack/run.h"
#include "hostsim/rack/run_json.h"
#include "hostsim/scenario_arguments.h"
#include "hostsim/trace_options.h"

/* The command line, understood. */
struct request {
    struct scenario_arguments scenario;
    const char *directory; /* of -o; NULL: none */
    bool json, quiet;
    const char *ops; /* of --ops; NULL: none */
    struct trace_options trace_options;
    struct trace_request trace; /* what they say */
};

/* What a run writes; {0} where nothing is asked for. */
struct files {
    struct output output, trace, ops;
};

static int run(int argc, char **argv);

static const struct option run_options[] = {
    {"output", 'o', "DIR", "write results.json, the csv files and run.json there"},
    {"set", 0, "PATH=VALUE", "change the scenario: --set hosts.h0.link.gen=5 (as often as you like)"},
    {"seed", 0, "N", "the seed of all random streams"},
    {"duration", 0, "T", "how long to measure: --duration 2ms"},
    {"json", 0, NULL, "print results.json, and nothing else, on standard output"},
    {"quiet", 0, NULL, "print no table and no progress"},
    {"ops", 0, "FILE", "write a csv line for every operation there (- is standard output)"},
    TRACE_OPTIONS,
    COMMAND_COMMON_OPTIONS,
};

const struct command command_run = {
    .name = "run",
    .usage = "SCENARIO [OPTION]...        (SCENARIO - is standard input)",
    .summary = "simulate a scenario and tell what each flow got, and how long it waited",
    .options = run_options,
    .run = run,
};

/* Takes one option over; EXIT_DONE, or the exit code to end with. */
static int take_option(void *context, const char *name, const char *value)
{
    struct request *request = context;
    if (strcmp(name, "output") == 0)
        request->directory = value;
    else if (strcmp(name, "ops") == 0)
        request->ops = value;
    else if (strcmp(name, "seed") == 0)
        request->scenario.request.seed = value;
    else if (strcmp(name, "duration") == 0)
        request->scenario.request.duration = value;
    else if (strcmp(name, "json") == 0)
        request->json = true;
    else if (strcmp(name, "quiet") == 0)
        request->quiet = true;
    else {
        bool known = trace_options_take(&request->trace_options, name, value);
        CHECK(known);
    }
    return EXIT_DONE;
}

static bool to_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

/* What options say together; EXIT_DONE, or the exit code to end with. */
static int settle_options(struct request *request)
{
    if (request->json && to_stdout(request->ops))
        return command_fault("--json: standard output is taken by --ops -; use -o DIR for the results");
    if (to_stdout(request->ops) && trace_options_to_stdout(&request->trace_options))
        return command_fault("--ops -: standard output is taken by --trace -; write one of them to a file");
    if (!trace_options_understand(&request->trace_options, &request->trace))
        return EXIT_USAGE;
    if (request->json && trace_options_to_stdout(&request->trace_options))
        return command_fault("--json: standard output is taken by --trace -; use -o DIR for the results");
    return EXIT_DONE;
}

/* Understands the command line; false when there is nothing to run, with *EXIT_CODE to end with. */
static bool parse(int argc, char **argv, struct request *request, int *exit_code)
{
    if (!scenario_arguments_parse(&request->scenario, &command_run, argc, argv, take_option, request, exit_code))
        return false;
    *exit_code = scenario_arguments_need_path(&request->scenario, &command_run);
    if (*exit_code == EXIT_DONE)
        *exit_code = settle_options(request);
    return *exit_code == EXIT_DONE;
}

/* The scenario, or NULL when it cannot be run, after saying why. */
static struct scenario *load(const struct request *request)
{
    struct faults faults = {0};
    struct scenario *scenario = scenario_load(&request->scenario.request, &faults);
    faults_print(scenario ? &scenario->refusals : &faults, stderr);
    faults_free(&faults);
    if (scenario && faults_added(&scenario->refusals)) {
        scenario_free(scenario);
        scenario = NULL;
    }
    return scenario;
}

static struct run_cost cost_since(double start_s)
{
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    return (struct run_cost){
        .wall_s = progress_clock_s() - start_s,
        .peak_memory_bytes = (uint64_t)usage.ru_maxrss * 1024,
        .ranks = 1,
    };
}

/* The run itself, with a line of progress on a terminal. */
static int simulate(
    const struct scenario *scenario, const struct request *request, const struct output *ops, struct results *results,
    struct run_cost *cost)
{
    struct progress progress = progress_start(stderr);
    bool shown = !request->quiet && isatty(STDERR_FILENO);
    struct run_options options = {
        .on_progress = shown ? progress_update : NULL,
        .context = &progress,
        .stop = interrupt_flag(),
        .trace = request->trace.stream ? &request->trace : NULL,
        .ops = ops->stream,
    };
    char reason[DEADLOCK_TEXT_BYTES] = "";
    enum status status = run_scenario(scenario, &options, results, reason, sizeof reason);
    progress_end(&progress);
    *cost = cost_since(progress.start_s);
    if (status == STATUS_OK)
        return EXIT_DONE;
    if (status == STATUS_CANCELLED) {
        command_fault("interrupted; there are no results");
        return EXIT_INTERRUPTED;
    }
    if (status == STATUS_NOT_FOUND || status == STATUS_UNAVAILABLE) {
        command_fault("%s", reason);
        return status == STATUS_NOT_FOUND ? EXIT_USAGE : EXIT_FAILED;
    }
    command_fault("%s: %s", scenario->path, reason[0] ? reason : status_name(status));
    return EXIT_FAILED;
}

static bool write_csv(
    struct output *output, const char *name, const struct results *results,
    void (*writer)(const struct results *results, FILE *out))
{
    if (!output_begin(output, name))
        return false;
    writer(results, output->stream);
    return output_end(output);
}

/* All files of -o, results.json last. */
static bool write_files(struct output *output, const struct results *results, const struct run_cost *cost)
{
    if (!write_csv(output, "flows.csv", results, results_flows_csv) ||
        !write_csv(output, "flows_by_op.csv", results, results_flows_by_op_csv) ||
        !write_csv(output, "links.csv", results, results_links_csv) ||
        !write_csv(output, "links_by_vh.csv", results, results_links_by_vh_csv) ||
        !write_csv(output, "histograms.csv", results, results_histograms_csv))
        return false;
    if (results->sample_count == 0)
        output_remove(output, "series.csv");
    else if (!write_csv(output, "series.csv", results, results_series_csv))
        return false;
    if (!output_begin(output, "run.json"))
        return false;
    run_json_write(cost, results, output->stream);
    return output_end(output) && write_csv(output, "results.json", results, results_json_write);
}

static int say_failed(const struct output *output)
{
    command_fault("%s", output->message);
    return EXIT_FAILED;
}

/* Gives the files of a run their names: those of FILES that are open. */
static int save(struct files *files, const struct results *results, const struct run_cost *cost)
{
    struct output *output = &files->output, *trace = &files->trace, *ops = &files->ops;
    if (ops->stream && !output_end(ops))
        return say_failed(ops);
    if (trace->stream && !output_end(trace))
        return say_failed(trace);
    if (output->directory && !write_files(output, results, cost))
        return say_failed(output);
    if (*interrupt_flag()) {
        command_fault("interrupted; nothing was written");
        return EXIT_INTERRUPTED;
    }
    if (ops->directory && !output_commit(ops))
        return say_failed(ops);
    if (trace->directory && !output_commit(trace))
        return say_failed(trace);
    if (output->directory && !output_commit(output))
        return say_failed(output);
    return EXIT_DONE;
}

/* For a terminal only: a table in a file or a pipe is the same each time. */
static void write_cost(const struct run_cost *cost, const struct results *results, FILE *out)
{
    char memory[HUMAN_BYTES], events[HUMAN_BYTES], hops[HUMAN_BYTES], wall[HUMAN_BYTES];
    if (!(cost->wall_s > 0) || !isatty(STDOUT_FILENO))
        return;
    fprintf(
        out, "%s of wall clock, %s events/s, %s hops/s, %s of memory\n",
        human_time((uint64_t)(cost->wall_s * (double)PS_PER_S), wall),
        human_count((uint64_t)run_cost_rate(cost, results->totals.events), events),
        human_count((uint64_t)run_cost_rate(cost, results->totals.tlp_hops), hops),
        human_bytes(cost->peak_memory_bytes, memory));
}

static int print(const struct request *request, const struct results *results, const struct run_cost *cost)
{
    bool taken = trace_options_to_stdout(&request->trace_options) || to_stdout(request->ops);
    if ((request->quiet && !request->json) || taken)
        return EXIT_DONE;
    struct page page;
    page_start(&page);
    if (request->json) {
        results_json_write(results, page.out);
    } else {
        results_table_write(results, page.out);
        write_cost(cost, results, page.out);
    }
    return page_print(&page);
}

/* One line on stderr for each expectation that did not hold. */
static int verdict(const struct results *results)
{
    for (size_t i = 0; i < results->expect_count; i++) {
        char line[RESULTS_EXPECT_BYTES];
        if (!results->expects[i].held)
            command_fault("expect: not held: %s", results_expect_line(results, &results->expects[i], line));
    }
    return results_all_held(results) ? EXIT_DONE : EXIT_FAILED;
}

/* Runs SCENARIO and hands its results out; the first thing that goes wrong ends it. */
static int run_and_report(
    const struct scenario *scenario, const struct request *request, struct files *files, struct results *results)
{
    struct run_cost cost;
    int exit_code = simulate(scenario, request, &files->ops, results, &cost);
    if (exit_code == EXIT_DONE && (files->output.directory || files->trace.directory || files->ops.directory))
        exit_code = save(files, results, &cost);
    if (exit_code == EXIT_DONE)
        exit_code = print(request, results, &cost);
    return exit_code == EXIT_DONE ? verdict(results) : exit_code;
}

/* Opens what the command line says is to be written. */
static int open_files(struct request *request, struct files *files)
{
    if (request->directory && !output_open(&files->output, request->directory))
        return say_failed(&files->output);
    if (request->ops && !output_open_file(&files->ops, request->ops))
        return command_fault("--ops %s", files->ops.message);
    if (request->trace_options.path && !output_open_file(&files->trace, request->trace_options.path))
        return say_failed(&files->trace);
    request->trace.stream = files->trace.stream;
    return EXIT_DONE;
}

static int run(int argc, char **argv)
{
    struct request request = {0};
    int exit_code = EXIT_USAGE;
    if (!parse(argc, argv, &request, &exit_code))
        return exit_code;
    struct scenario *scenario = load(&request);
    if (!scenario)
        return EXIT_USAGE;
    interrupt_catch();
    struct files files = {0};
    struct results results = {0};
    exit_code = open_files(&request, &files);
    if (exit_code == EXIT_DONE)
        exit_code = run_and_report(scenario, &request, &files, &results);
    results_free(&results);
    output_abandon(&files.ops); /* before the directory: they may be in it, and it made for this run */
    output_abandon(&files.trace);
    output_abandon(&files.output);
    scenario_free(scenario);
    return exit_code;
}
