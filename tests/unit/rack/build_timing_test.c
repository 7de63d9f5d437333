#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "tests/support/scenario_sheet.h"

Test(build_timing, standard_is_for_what_the_file_does_not_give)
{
    struct scenario *scenario = scenario_sheet_load(
        "mriov: 1\nrun: {timing: standard}\nchassis:\n  - {name: tor0}\n"
        "hosts:\n  - {name: h0, chassis: tor0}\n"
        "  - {name: h1, chassis: tor0, hotplug-delay: 0s, vf-enable-delay: 1us, link: {training: 1ms}}\n"
        "adapters:\n  - {name: nic0, at: tor0, flr-delay: 2us}\n  - {name: nic1, at: tor0}\n",
        NULL);
    cr_expect_eq(scenario->hosts[0].hotplug_delay_ps, 5 * PS_PER_S);
    cr_expect_eq(scenario->hosts[0].vf_enable_delay_ps, 100 * PS_PER_MS);
    cr_expect_eq(scenario->hosts[0].link.training_ps, 20 * PS_PER_MS);
    cr_expect_eq(scenario->hosts[1].hotplug_delay_ps, 0);
    cr_expect_eq(scenario->hosts[1].vf_enable_delay_ps, PS_PER_US);
    cr_expect_eq(scenario->hosts[1].link.training_ps, PS_PER_MS);
    cr_expect_eq(scenario->adapters[0].flr_delay_ps, 2 * PS_PER_US);
    cr_expect_eq(scenario->adapters[1].flr_delay_ps, 100 * PS_PER_MS);
    cr_expect_eq(scenario->adapters[1].link.training_ps, 20 * PS_PER_MS);
    scenario_free(scenario);
}

Test(build_timing, defaults_of_the_file_count_as_given)
{
    struct scenario *scenario = scenario_sheet_load(
        "mriov: 1\nrun: {timing: standard}\ndefaults: {link: {training: 3ms}}\nchassis:\n  - {name: tor0}\n"
        "hosts:\n  - {name: h0, chassis: tor0}\n",
        NULL);
    cr_expect_eq(scenario->hosts[0].link.training_ps, 3 * PS_PER_MS);
    scenario_free(scenario);
}
