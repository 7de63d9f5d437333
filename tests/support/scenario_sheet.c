#include "tests/support/scenario_sheet.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/sheet.h"

struct scenario *scenario_sheet_load(const char *text, const char *const *sets)
{
    struct scenario_request request = {.path = "test.yaml", .text = text, .length = strlen(text), .sets = sets};
    struct faults faults = {0};
    while (sets && sets[request.set_count])
        request.set_count++;
    struct scenario *scenario = scenario_load(&request, &faults);
    faults_print(&faults, stderr);
    faults_free(&faults);
    cr_assert_not_null(scenario, "not valid:\n%s", text);
    return scenario;
}

static void print_function(FILE *out, const struct scenario *scenario, struct scenario_function function)
{
    char name[96];
    fputs(scenario_function_name(scenario, function, name, sizeof name), out);
}

static void print_owner(FILE *out, const struct scenario *scenario, struct scenario_owner owner)
{
    const struct scenario_host *host = &scenario->hosts[owner.host];
    fprintf(out, "=%s:", host->name);
    if (owner.uplink == SCENARIO_NONE)
        fputc('-', out);
    else
        fprintf(out, "%d", owner.uplink);
    if (owner.guest != SCENARIO_NONE)
        fprintf(out, "/%s", host->guests[owner.guest].name);
}

char *scenario_sheet_assignments(const struct scenario *scenario)
{
    struct sheet sheet;
    sheet_open(&sheet);
    for (size_t i = 0; i < scenario->assignment_count; i++) {
        fputs(i ? " " : "", sheet.out);
        print_function(sheet.out, scenario, scenario->assignments[i].function);
        print_owner(sheet.out, scenario, scenario->assignments[i].owner);
    }
    sheet_close(&sheet);
    return sheet.text;
}

char *scenario_sheet_flows(const struct scenario *scenario)
{
    struct sheet sheet;
    sheet_open(&sheet);
    for (size_t i = 0; i < scenario->flow_count; i++) {
        const struct scenario_flow *flow = &scenario->flows[i];
        fprintf(sheet.out, "%s%s", i ? " " : "", scenario->workloads[flow->workload].name);
        if (flow->text)
            fprintf(sheet.out, "{%s}", flow->text);
        for (size_t m = 0; m < flow->member_count; m++) {
            fputs(m ? "," : ":", sheet.out);
            print_function(sheet.out, scenario, flow->members[m].function);
            print_owner(sheet.out, scenario, flow->members[m].owner);
            if (flow->members[m].peer.adapter == SCENARIO_NONE)
                continue;
            fputc('>', sheet.out);
            print_function(sheet.out, scenario, flow->members[m].peer);
        }
    }
    sheet_close(&sheet);
    return sheet.text;
}

char *scenario_sheet_refusals(struct scenario *scenario)
{
    struct sheet sheet;
    sheet_open(&sheet);
    faults_sort(&scenario->refusals);
    for (size_t i = 0; i < scenario->refusals.count; i++) {
        const struct fault *fault = &scenario->refusals.items[i];
        fprintf(sheet.out, "%s%u:%u %s", i ? "|" : "", fault->line, fault->column, fault->message);
    }
    sheet_close(&sheet);
    return sheet.text;
}
