#include "hostsim/rack/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/builder.h"
#include "hostsim/rack/expand.h"
#include "hostsim/rack/path.h"
#include "hostsim/rack/reader.h"
#include "hostsim/rack/schema.h"

char *
scenario_function_name(const struct scenario *scenario, struct scenario_function function, char *buffer, size_t size)
{
    const char *adapter = scenario->adapters[function.adapter].name;
    if (function.pf == SCENARIO_BF)
        snprintf(buffer, size, "%s.bf", adapter);
    else if (function.vf == SCENARIO_NONE)
        snprintf(buffer, size, "%s.pf%d", adapter, function.pf);
    else
        snprintf(buffer, size, "%s.pf%d.vf%d", adapter, function.pf, function.vf);
    return buffer;
}

static char *copy(const char *text)
{
    char *made = strdup(text);
    CHECK(made);
    return made;
}

/* --- text to draft --- */

static void apply_settings(const struct scenario_request *request, struct document *document, struct faults *faults)
{
    const char *words[SCHEMA_KEYS_LIMIT];
    struct schema_paths paths = {words};
    struct path_schema schema = {schema_path_keys, &paths};
    struct path_setting *settings = calloc(request->set_count + 1, sizeof(*settings));
    CHECK(settings);
    for (size_t i = 0; i < request->set_count; i++) {
        char *argument;
        CHECK(asprintf(&argument, "--set %s", request->sets[i]) > 0);
        settings[i] = (struct path_setting){document_source(document, argument), request->sets[i]};
        free(argument);
    }
    path_apply(document, settings, request->set_count, &schema, faults);
    free(settings);
}

/* `--seed` and `--duration`, which come last. */
static void apply_overrides(const struct scenario_request *request, struct draft *draft, struct faults *faults)
{
    const struct schema_map *run = schema_find(&schema_root, "run")->type->map;
    const struct {
        const char *option, *text;
        const struct schema_key *key;
        void *field;
    } overrides[] = {
        {"--seed", request->seed, schema_find(&schema_root, "seed"), &draft->seed},
        {"--duration", request->duration, schema_find(run, "duration"), &draft->run.duration_ps},
    };
    for (size_t i = 0; i < sizeof(overrides) / sizeof(overrides[0]); i++) {
        struct reader_why why;
        char argument[128];
        if (!overrides[i].text)
            continue;
        snprintf(argument, sizeof(argument), "%s %s", overrides[i].option, overrides[i].text);
        if (!reader_parse(overrides[i].key->type, overrides[i].text, overrides[i].field, &why))
            faults_add(faults, place_of_argument(argument), "`%s`%s", overrides[i].key->name, why.text);
    }
}

/* --- draft to scenario --- */

/* "rack" of "docs/scenarios/rack.yaml". */
static char *name_of_file(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *made = strcmp(path, "-") == 0 ? copy("scenario") : copy(name);
    char *dot = strrchr(made, '.');
    if (dot && dot != made)
        *dot = '\0';
    return made;
}

/* A run has a `duration` or an `until`: one that `--set` gives replaces the other of the file. True for `until`. */
static bool ends_when_done(struct builder *builder, const struct node *run, const struct scenario_request *request)
{
    const struct node_item *until = run ? node_item(run, "until") : NULL;
    const struct node_item *duration = run ? node_item(run, "duration") : NULL;
    if (until == NULL || request->duration != NULL)
        return false;
    if (duration == NULL || until->key_place.argument != duration->key_place.argument)
        return duration == NULL || until->key_place.argument;
    faults_add(builder->faults, until->key_place, "a run has a `duration` or an `until`, not both");
    return false;
}

/* In the order in which they count: as a `--set` of each would be written. */
static void copy_settings(const struct scenario_request *request, struct scenario *scenario)
{
    const struct {
        const char *path, *value;
    } last[] = {{"seed", request->seed}, {"run.duration", request->duration}};
    scenario->settings = calloc(request->set_count + 2, sizeof(*scenario->settings));
    CHECK(scenario->settings);
    for (size_t i = 0; i < request->set_count; i++)
        scenario->settings[scenario->setting_count++] = copy(request->sets[i]);
    for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++)
        if (last[i].value)
            CHECK(asprintf(&scenario->settings[scenario->setting_count++], "%s=%s", last[i].path, last[i].value) > 0);
}

static void build_run(struct builder *builder, const struct scenario_request *request)
{
    const struct draft *draft = builder->draft;
    struct scenario *scenario = builder->scenario;
    const struct node *run = node_get(draft->node, "run");
    bool until = ends_when_done(builder, run, request);
    scenario->name = draft->name ? copy(draft->name->text) : name_of_file(request->path);
    scenario->path = copy(request->path);
    scenario->seed = draft->seed;
    scenario->run = (struct scenario_run){
        .warmup_ps = draft->run.warmup_ps,
        .duration_ps = draft->run.duration_ps,
        .until_done = until,
        .sample_ps = draft->run.sample_ps,
        .standard_timing = draft->run.timing,
    };
    copy_settings(request, scenario);
}

static void
build(const struct scenario_request *request, struct draft *draft, struct scenario *scenario, struct faults *faults)
{
    struct builder builder = {
        .draft = draft,
        .scenario = scenario,
        .faults = faults,
        .refusals = &scenario->refusals,
        .is_change = request->is_change,
    };
    scenario->managed = request->managed || draft->timeline.count > 0;
    build_run(&builder, request);
    build_rack(&builder);
    build_timing(&builder);
    build_assignments(&builder);
    build_workloads(&builder);
    ownership_list(&builder.ownership, scenario);
    build_mps(&builder);
    build_qos(&builder);
    build_timeline(&builder);
    build_expects(&builder);
    check_later(&builder);
    check_timeline(&builder);
    ownership_free(&builder.ownership);
    names_free(&builder.names);
}

static enum status
read_document(const struct scenario_request *request, struct document *document, struct faults *faults)
{
    if (request->text)
        return document_parse(document, request->path, request->text, request->length, faults);
    return document_read(document, request->path, faults);
}

/* Adds what is wrong with the tree, but for the places where its text was wrong already: what stands there is not what
 * its writer meant. */
static void add_faults(struct faults *faults, struct faults *of_tree)
{
    struct faults kept = {0};
    for (size_t i = 0; i < of_tree->count; i++) {
        const struct fault *fault = &of_tree->items[i];
        struct place place = {fault->source, fault->argument, fault->line, fault->column};
        bool known = false;
        for (size_t f = 0; f < faults->count && !known; f++)
            known = !fault->argument && faults->items[f].line == fault->line &&
                    faults->items[f].column == fault->column && strcmp(faults->items[f].source, fault->source) == 0;
        if (!known)
            faults_add(&kept, place, "%s", fault->message);
    }
    kept.lost = of_tree->lost;
    faults_free(of_tree);
    faults_move(faults, &kept);
}

struct scenario *scenario_load(const struct scenario_request *request, struct faults *faults)
{
    struct document document = {0};
    struct draft draft = {0};
    struct faults of_tree = {0};
    struct scenario *scenario = calloc(1, sizeof(*scenario));
    CHECK(scenario);
    bool good = read_document(request, &document, faults) == STATUS_OK;
    if (document.root) {
        for (const char *const *key = request->left_out; key != NULL && *key != NULL; key++)
            node_remove(&document, document.root, *key);
        struct reader reader = {.faults = &of_tree, .refusals = &scenario->refusals, .path = request->path};
        apply_settings(request, &document, &of_tree);
        reader_read(&reader, document.root, &draft);
        apply_overrides(request, &draft, &of_tree);
        build(request, &draft, scenario, &of_tree);
        reader_free(&draft);
        good = good && faults_added(&of_tree) == 0;
        add_faults(faults, &of_tree);
    }
    document_free(&document);
    if (good)
        return scenario;
    scenario_free(scenario);
    return NULL;
}

/* --- freeing --- */

static bool is_before(struct scenario_function one, struct scenario_function other)
{
    if (one.adapter != other.adapter)
        return one.adapter < other.adapter;
    return one.pf != other.pf ? one.pf < other.pf : one.vf < other.vf;
}

size_t scenario_assignments_before(const struct scenario *scenario, struct scenario_function function)
{
    size_t low = 0, high = scenario->assignment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_before(scenario->assignments[middle].function, function))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int scenario_find_assignment(const struct scenario *scenario, struct scenario_function function)
{
    size_t index = scenario_assignments_before(scenario, function);
    if (index == scenario->assignment_count || is_before(function, scenario->assignments[index].function))
        return SCENARIO_NONE;
    return (int)index;
}

static void free_rack(struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->chassis_count; i++) {
        distribution_free(&scenario->chassis[i].latency);
        free(scenario->chassis[i].name);
    }
    for (size_t i = 0; i < scenario->trunk_count; i++)
        free(scenario->trunks[i].name);
    for (size_t i = 0; i < scenario->host_count; i++) {
        struct scenario_host *host = &scenario->hosts[i];
        for (size_t g = 0; g < host->guest_count; g++)
            free(host->guests[g].name);
        distribution_free(&host->memory.read_latency);
        distribution_free(&host->memory.write_latency);
        distribution_free(&host->root_latency);
        free(host->guests);
        free(host->uplinks);
        free(host->name);
    }
    for (size_t i = 0; i < scenario->adapter_count; i++) {
        distribution_free(&scenario->adapters[i].bar_latency);
        free(scenario->adapters[i].name);
    }
    free(scenario->chassis);
    free(scenario->trunks);
    free(scenario->hosts);
    free(scenario->adapters);
    free(scenario->assignments);
}

static void free_load(struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->workload_count; i++) {
        struct scenario_workload *workload = &scenario->workloads[i];
        distribution_free(&workload->size);
        distribution_free(&workload->arrival.on);
        distribution_free(&workload->arrival.off);
        distribution_free(&workload->arrival.think);
        free(workload->arrival.trace.entries);
        free(workload->arrival.trace_path);
        free(workload->targets);
        free(workload->name);
    }
    for (size_t i = 0; i < scenario->flow_count; i++) {
        free(scenario->flows[i].members);
        free(scenario->flows[i].text);
    }
    for (size_t i = 0; i < scenario->event_count; i++) {
        for (size_t t = 0; t < scenario->events[i].text_count; t++)
            free(scenario->events[i].texts[t]);
        free(scenario->events[i].texts);
        free(scenario->events[i].wishes);
    }
    free(scenario->events);
    for (size_t i = 0; i < scenario->expect_count; i++)
        free(scenario->expects[i].text);
    free(scenario->workloads);
    free(scenario->flows);
    free(scenario->expects);
}

void scenario_free(struct scenario *scenario)
{
    if (!scenario)
        return;
    free_rack(scenario);
    free_load(scenario);
    for (size_t i = 0; i < scenario->setting_count; i++)
        free(scenario->settings[i]);
    free(scenario->settings);
    faults_free(&scenario->refusals);
    free(scenario->name);
    free(scenario->path);
    free(scenario);
}
