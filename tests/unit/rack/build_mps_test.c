/* Which payload limit each link goes by. */
#include <criterion/criterion.h>

#include "tests/support/scenario_sheet.h"

static void expect_adapter(const struct scenario *scenario, size_t adapter, uint32_t mps_bytes)
{
    cr_expect_eq(
        scenario->adapters[adapter].link.mps_bytes, mps_bytes, "%s: %u", scenario->adapters[adapter].name,
        scenario->adapters[adapter].link.mps_bytes);
}

Test(build_mps, a_link_goes_by_the_least_of_the_hosts_that_it_serves)
{
    struct scenario *scenario = scenario_sheet_load(
        "mriov: 1\nchassis:\n  - name: tor[0-1]\ntrunks:\n  - {name: isl0, between: [tor0, tor1]}\n"
        "hosts:\n"
        "  - {name: h0, chassis: tor0, mps: 512B}\n"
        "  - {name: h1, chassis: tor0, mps: 256B}\n"
        "  - {name: h2, chassis: tor1, mps: 1024B}\n"
        "  - {name: alone, mps: 128B}\n"
        "adapters:\n"
        "  - {name: one, at: tor0}\n  - {name: two, at: tor1}\n  - {name: vfs, at: tor1, sharing: sr-iov}\n"
        "  - {name: nobodys, at: tor0}\n  - {name: own, at: alone}\n"
        "assign:\n"
        "  - {function: one, to: h0}\n  - {function: two, to: [h0, h2], each: on}\n"
        "  - {function: vfs, to: [h2, h1], each: on}\n",
        NULL);
    cr_expect_eq(scenario->hosts[0].link.mps_bytes, 512);
    cr_expect_eq(scenario->hosts[1].link.mps_bytes, 256);
    cr_expect_eq(scenario->trunks[0].link.mps_bytes, 256);
    expect_adapter(scenario, 0, 512);
    expect_adapter(scenario, 1, 512);
    expect_adapter(scenario, 2, 256);
    expect_adapter(scenario, 3, 256);
    expect_adapter(scenario, 4, 128);
    scenario_free(scenario);
}

Test(build_mps, without_a_host_nothing_limits)
{
    struct scenario *scenario =
        scenario_sheet_load("mriov: 1\nchassis:\n  - name: tor\nadapters:\n  - {name: a, at: tor}\n", NULL);
    expect_adapter(scenario, 0, 4096);
    scenario_free(scenario);
}
