/* A scenario as a whole: defaults, settings, what is not modelled yet. */
#include "hostsim/rack/scenario.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/time.h"
#include "tests/support/contract_example.h"
#include "tests/support/place.h"
#include "tests/support/scenario_sheet.h"

#define SMALL                                                                                                          \
    "mriov: 1\nchassis:\n  - name: tor[0-1]\ntrunks:\n  - {name: isl0, between: [tor0, tor1]}\n"                       \
    "hosts:\n  - {name: h0, chassis: tor0}\nadapters:\n  - {name: nic0, at: tor1}\n"

Test(scenario, defaults_are_the_contracts)
{
    struct scenario *scenario = scenario_sheet_load(SMALL, NULL);
    cr_expect_str_eq(scenario->name, "test");
    cr_expect_eq(scenario->seed, 1);
    cr_expect_eq(scenario->run.warmup_ps, 0);
    cr_expect_eq(scenario->run.duration_ps, PS_PER_MS);
    cr_expect_not(scenario->run.until_done);

    const struct scenario_chassis *chassis = &scenario->chassis[1];
    cr_expect_str_eq(chassis->name, "tor1");
    cr_expect_eq(distribution_mean(&chassis->latency), 105 * PS_PER_NS);
    cr_expect_eq(chassis->forwarding, FORWARDING_CUT_THROUGH);
    cr_expect_eq(chassis->queueing, QUEUEING_VOQ);
    cr_expect_eq(chassis->speedup, 16);
    cr_expect(chassis->credits_per_vh);
    cr_expect_eq(chassis->buffer.headers[CREDIT_NONPOSTED], 64);
    cr_expect_eq(chassis->buffer.data[CREDIT_POSTED], 1024);
    cr_expect_eq(chassis->buffer.data[CREDIT_NONPOSTED], 64);

    const struct link_config *trunk = &scenario->trunks[0].link;
    cr_expect_eq(trunk->gen, 5);
    cr_expect_eq(trunk->width, 16);
    cr_expect_eq(trunk->propagation_ps, 15 * PS_PER_NS);
    const struct link_config *link = &scenario->hosts[0].link;
    cr_expect_eq(link->gen, 4);
    cr_expect_eq(link->width, 8);
    cr_expect_eq(link->propagation_ps, 10 * PS_PER_NS);
    cr_expect(link->address_64);
    cr_expect_not(link->ecrc);
    cr_expect_eq(link->dllp, LINK_DLLP_PHYSICAL);
    cr_expect_not(link->credits_given);
    cr_expect_eq(link->virtual_channels, 1);
    cr_expect_eq(link->rate_bps[LINK_UP], 0);

    const struct scenario_host *host = &scenario->hosts[0];
    cr_expect_eq(host->mps, 256);
    cr_expect_eq(host->mrrs, 512);
    cr_expect_eq(host->rcb, 64);
    cr_expect_eq(host->memory.read_latency.a, 300 * PS_PER_NS);
    cr_expect_eq(host->memory.write_latency.a, 100 * PS_PER_NS);
    cr_expect_eq(host->memory.bandwidth_bps, UINT64_C(800000000000));
    cr_expect_eq(host->outstanding, 32);
    cr_expect_not(host->iommu.present);
    cr_expect_eq(host->capabilities, 0x1f);
    cr_expect_eq(host->uplink_count, 1);

    const struct scenario_adapter *adapter = &scenario->adapters[0];
    cr_expect_eq(adapter->chassis, 1);
    cr_expect_eq(adapter->kind, ADAPTER_DMA);
    cr_expect_eq(adapter->sharing, SHARING_MR_IOV);
    cr_expect_eq(adapter->link.width, 16);
    cr_expect_eq(adapter->link.propagation_ps, 0);
    cr_expect_eq(adapter->pfs, 16);
    cr_expect_eq(adapter->vfs, 64);
    cr_expect_eq(adapter->outstanding, 64);
    cr_expect_eq(adapter->function_outstanding, 0);
    scenario_free(scenario);
}

Test(scenario, links_are_layers)
{
    struct scenario *scenario = scenario_sheet_load(
        "mriov: 1\n"
        "defaults: {link: {gen: 3, propagation: 7ns, rate: 10Gbps, credits: infinite}}\n"
        "chassis:\n  - name: tor0\n"
        "hosts:\n"
        "  - {name: h0, chassis: tor0}\n"
        "  - {name: h1, link: {cable: 1m, address: 32, ecrc: on, rate: {up: 4Gbps}, credits: {posted-data: 1KiB}}}\n"
        "adapters:\n  - {name: nic0, at: tor0, link: {width: 1}}\n",
        NULL);
    const struct link_config *h0 = &scenario->hosts[0].link, *h1 = &scenario->hosts[1].link;
    cr_expect_eq(h0->gen, 3);
    cr_expect_eq(h0->width, 8);
    cr_expect_eq(h0->propagation_ps, 7000);
    cr_expect_eq(h0->credits.data[CREDIT_POSTED], CREDITS_INFINITE);
    cr_expect_eq(h1->propagation_ps, 5000);
    cr_expect_not(h1->address_64);
    cr_expect(h1->ecrc);
    cr_expect_eq(h1->rate_bps[LINK_UP], UINT64_C(4000000000));
    cr_expect_eq(h1->rate_bps[LINK_DOWN], UINT64_C(10000000000));
    cr_expect_eq(h1->credits.data[CREDIT_POSTED], 64);
    cr_expect_eq(h1->credits.headers[CREDIT_POSTED], CREDITS_INFINITE);
    cr_expect_eq(scenario->adapters[0].link.gen, 3);
    cr_expect_eq(scenario->adapters[0].link.width, 1);
    scenario_free(scenario);
}

Test(scenario, credits_given_are_marked_one_by_one)
{
    struct scenario *scenario = scenario_sheet_load(
        "mriov: 1\nhosts:\n  - {name: h0, link: {credits: {posted-headers: 8, completion-data: infinite}}}\n", NULL);
    const struct link_config *link = &scenario->hosts[0].link;
    cr_expect(link->credits_given);
    cr_expect(link->credits_given_each[CREDIT_POSTED][0]);
    cr_expect_not(link->credits_given_each[CREDIT_POSTED][1]);
    cr_expect_eq(link->credits.headers[CREDIT_POSTED], 8);
    cr_expect(link->credits_given_each[CREDIT_COMPLETION][1]);
    cr_expect_eq(link->credits.data[CREDIT_COMPLETION], CREDITS_INFINITE);
    scenario_free(scenario);
}

Test(scenario, settings_come_in_order_and_after_expansion)
{
    static const char *const sets[] = {
        "hosts.h0.link.gen=5", "defaults.link.width=2", "hosts.h0.link.gen=3", "run.duration=2ms", "seed=9", NULL};
    struct scenario *scenario = scenario_sheet_load(SMALL, sets);
    cr_expect_eq(scenario->hosts[0].link.gen, 3);
    cr_expect_eq(scenario->hosts[0].link.width, 2);
    cr_expect_eq(scenario->run.duration_ps, 2 * PS_PER_MS);
    cr_expect_eq(scenario->seed, 9);
    cr_assert_eq(scenario->setting_count, 5);
    cr_expect_str_eq(scenario->settings[0], "hosts.h0.link.gen=5");
    scenario_free(scenario);
}

Test(scenario, seed_and_duration_come_last)
{
    const char *text = SMALL "run: {until: done}\n";
    const char *sets[] = {"seed=5"};
    struct scenario_request request = {
        .path = "a/b/rack.yaml",
        .text = text,
        .length = strlen(text),
        .sets = sets,
        .set_count = 1,
        .seed = "7",
        .duration = "3us"};
    struct faults faults = {0};
    struct scenario *scenario = scenario_load(&request, &faults);
    cr_assert_not_null(scenario);
    cr_expect_str_eq(scenario->name, "rack");
    cr_expect_eq(scenario->seed, 7);
    cr_expect_eq(scenario->run.duration_ps, 3 * PS_PER_US);
    cr_expect_not(scenario->run.until_done);
    scenario_free(scenario);

    request.duration = "3";
    cr_expect_null(scenario_load(&request, &faults));
    char *line = faults_line(&faults, 0);
    cr_expect_str_eq(line, "--duration 3: `duration`: 3 needs a unit: ps ns us ms s");
    free(line);
    faults_free(&faults);
}

Test(scenario, an_adapter_in_a_host_is_exclusive)
{
    struct scenario *scenario = scenario_sheet_load(
        "mriov: 1\nhosts:\n  - name: h0\nadapters:\n  - {name: nic0, at: h0, link: {gen: 6}}\n", NULL);
    cr_expect_eq(scenario->adapters[0].host, 0);
    cr_expect_eq(scenario->adapters[0].chassis, SCENARIO_NONE);
    cr_expect_eq(scenario->adapters[0].sharing, SHARING_EXCLUSIVE);
    cr_expect_eq(scenario->adapters[0].pfs, 1);
    scenario_free(scenario);
}

Test(scenario, expectations)
{
    struct scenario *scenario = scenario_sheet_load(
        SMALL "assign:\n  - {function: nic0, to: h0}\n"
              "workloads:\n  - {name: writes, function: nic0, op: dma-write}\n"
              "expect:\n  - {flow: writes, goodput: \">= 40Gbps\", p99: \"<20us\"}\n"
              "  - {total: \"*\", operations: \"!= 0\", bytes: \"> 1KiB\"}\n",
        NULL);
    cr_assert_eq(scenario->expect_count, 4);
    const struct scenario_expect *expects = scenario->expects;
    cr_expect_str_eq(expects[0].text, "writes goodput >= 40Gbps");
    cr_expect_str_eq(expects[0].metric, "goodput");
    cr_expect_eq(expects[0].comparison, EXPECT_GE);
    cr_expect_eq(expects[0].bound, 40.0);
    cr_expect_str_eq(expects[1].metric, "p99");
    cr_expect_eq(expects[1].comparison, EXPECT_LT);
    cr_expect_eq(expects[1].bound, 20000.0);
    cr_expect_eq(expects[2].scope, EXPECT_TOTAL);
    cr_expect_eq(expects[2].comparison, EXPECT_NE);
    cr_expect_eq(expects[3].bound, 1024.0);
    cr_expect_str_eq(expects[3].text, "total writes bytes > 1KiB");
    scenario_free(scenario);
}

Test(scenario, what_is_not_modelled_yet_is_named)
{
    static const struct {
        const char *more, *expected;
    } examples[] = {
        {"", ""},
        {"timeline: []\nqos:\nteams:\n", ""},
        {"run: {timing: standard}\n", ""},
        {"timeline:\n  - {at: 1us, reset: {vh: h0}}\n", ""},
        {"qos:\n  - {function: nic0, weight: 2}\nassign:\n  - {function: nic0, to: h0}\n", ""},
        {"qos:\n  - {function: nic0, min: 1Gbps, max: 2Gbps}\nassign:\n  - {function: nic0, to: h0}\n", ""},
        {"defaults: {link: {dllp: physical, updatefc-every: 4, ber: 1e-9, virtual-channels: 2}}\n", ""},
        {"defaults: {link: {dllp: pcie-bench, virtual-channels: 2}}\n", ""},
        {"defaults: {link: {replay-timer: 1us, replay-buffer: 4}}\n", ""},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, SMALL "%s", examples[i].more);
        struct scenario *scenario = scenario_sheet_load(text, NULL);
        char *got = scenario_sheet_refusals(scenario);
        cr_expect_str_eq(got, examples[i].expected, "%s gives %s", examples[i].more, got);
        free(got);
        scenario_free(scenario);
    }
}

Test(scenario, hosts_adapters_and_workloads_not_modelled_yet)
{
    struct scenario *scenario = scenario_sheet_load(
        "mriov: 1\nchassis:\n  - {name: tor0, queueing: fifo, arbitration: age, latency: {exponential: 105ns}}\n"
        "hosts:\n  - {name: h0, chassis: tor0, weight: 2, iommu: {entries: 8}}\n"
        "adapters:\n  - {name: nic0, at: tor0, kind: nic}\n"
        "assign:\n  - {function: nic0, to: h0}\n"
        "workloads:\n  - {name: a, function: nic0, op: transmit, ordering: relaxed}\n",
        NULL);
    char *got = scenario_sheet_refusals(scenario);
    cr_expect_str_eq(
        got,
        "7:34 `kind: nic` is not modelled yet|"
        "11:35 `op: transmit` is not modelled yet",
        "%s", got);
    cr_expect_eq(scenario->chassis[0].speedup, 1);
    free(got);
    scenario_free(scenario);
}

Test(scenario, the_contracts_example_is_valid)
{
    struct scenario *scenario = scenario_sheet_load(contract_example, NULL);
    cr_expect_eq(scenario->host_count, 16);
    cr_expect_eq(scenario->flow_count, 5);
    char *flows = scenario_sheet_flows(scenario);
    cr_expect_str_eq(
        flows, "writes:nic0.pf0=h0:0 writes:nic1.pf4=h0:0 writes:nic1.pf0=h1:0 writes:nic2.pf0=h2:0 "
               "writes:nic3.pf0=h3:0");
    free(flows);
    scenario_free(scenario);
}
