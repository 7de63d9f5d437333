#include "tests/support/rack.h"

#include <criterion/criterion.h>
#include <string.h>

#include "hostsim/rack/run.h"

struct scenario *rack_scenario(const char *text)
{
    struct faults faults = {0};
    struct scenario_request request = {.path = "test.yaml", .text = text, .length = strlen(text)};
    struct scenario *scenario = scenario_load(&request, &faults);
    if (scenario == NULL)
        faults_print(&faults, stderr);
    cr_assert_not_null(scenario, "not valid:\n%s", text);
    faults_free(&faults);
    return scenario;
}

void rack_open(struct rack *rack, const char *text)
{
    char reason[256] = "";
    rack->scenario = rack_scenario(text);
    cr_assert_eq(world_init(&rack->world, rack->scenario, reason, sizeof reason), STATUS_OK, "%s", reason);
    cr_assert(world_is_valid(&rack->world));
}

void rack_open_managed(struct rack *rack, const char *text)
{
    char reason[256] = "";
    rack->scenario = rack_scenario(text);
    rack->scenario->managed = true;
    cr_assert_eq(world_init(&rack->world, rack->scenario, reason, sizeof reason), STATUS_OK, "%s", reason);
    cr_assert(world_is_valid(&rack->world));
}

void rack_close(struct rack *rack)
{
    world_free(&rack->world);
    scenario_free(rack->scenario);
}

void rack_run(struct rack *rack, uint64_t at_ps)
{
    simulation_run(&rack->world.fabric.simulation, at_ps);
    cr_assert(world_is_valid(&rack->world));
}

struct results rack_results(const char *text)
{
    struct scenario *scenario = rack_scenario(text);
    struct results results = {0};
    char reason[256] = "";
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
    cr_assert(results_is_valid(&results));
    cr_assert_eq(results.totals.tlps_dropped, 0);
    scenario_free(scenario);
    return results;
}

const struct results_flow *rack_flow(const struct results *results, size_t index)
{
    cr_assert_lt(index, results->flow_count);
    return &results->flows[index];
}

const struct results_link *rack_link(const struct results *results, const char *name, enum link_direction direction)
{
    for (size_t index = 0; index < results->link_count; index++)
        if (strcmp(results->links[index].name, name) == 0 && results->links[index].direction == direction)
            return &results->links[index];
    cr_assert_fail("no link %s", name);
    return NULL;
}
