#include "hostsim/rack/run_json.h"

#include <criterion/criterion.h>
#include <math.h>

#include "tests/support/sheet.h"

static void expect_json(const struct run_cost *cost, const char *expected)
{
    struct results results = {.totals = {.events = 3000000, .tlp_hops = 1000000}};
    struct sheet sheet;
    sheet_open(&sheet);
    run_json_write(cost, &results, sheet.out);
    cr_expect_str_eq(sheet_close(&sheet), expected);
    sheet_free(&sheet);
}

Test(run_json, golden)
{
    expect_json(
        &(struct run_cost){.wall_s = 1.5, .peak_memory_bytes = 47 << 20, .ranks = 1},
        "{\n \"version\": \"" MRIOV_VERSION "\",\n \"wall_seconds\": 1.5,\n \"events\": 3000000,\n"
        " \"events_per_s\": 2000000,\n \"hops\": 1000000,\n \"hops_per_s\": 666666.667,\n"
        " \"peak_memory_bytes\": 49283072,\n \"ranks\": 1\n}\n");
}

Test(run_json, too_short_to_tell)
{
    expect_json(
        &(struct run_cost){.ranks = 1},
        "{\n \"version\": \"" MRIOV_VERSION "\",\n \"wall_seconds\": 0,\n \"events\": 3000000,\n"
        " \"events_per_s\": null,\n \"hops\": 1000000,\n \"hops_per_s\": null,\n"
        " \"peak_memory_bytes\": 0,\n \"ranks\": 1\n}\n");
}
