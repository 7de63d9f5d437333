#include "hostsim/rack/deadlock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "hostsim/rack/run.h"
#include "tests/support/rack.h"

/* A ring of CHASSIS with a host at each, which writes to it come around AWAY trunks from its adapter. */
static void ring(char *text, size_t size, int chassis, int away, const char *how, const char *arrival)
{
    int last = chassis - 1;
    size_t end = (size_t)snprintf(
        text, size,
        "mriov: 1\nrun: {duration: 300us}\nchassis:\n  - {name: \"c[0-%d]\", %s, "
        "buffer: {posted-headers: 2, posted-data: 512B}}\ntrunks:\n",
        last, how);
    for (int n = 0; n < chassis; n++)
        end += (size_t)snprintf(
            text + end, size - end, "  - {name: t%d, between: [c%d, c%d], link: {gen: 3, width: 4}}\n", n, n,
            (n + 1) % chassis);
    end += (size_t)snprintf(
        text + end, size - end, "hosts: [{name: \"h[0-%d]\", chassis: \"c[0-%d]\"}]\nadapters:\n", last, last);
    for (int n = 0; n < chassis; n++)
        end += (size_t)snprintf(text + end, size - end, "  - {name: n%d, at: c%d}\n", n, (n + away) % chassis);
    snprintf(
        text + end, size - end,
        "assign: [{function: \"n[0-%d]\", to: \"h[0-%d]\"}]\nworkloads:\n"
        "  - {name: w, function: \"n*@h[0-%d]\", op: dma-write, size: 256B, arrival: %s}\n",
        last, last, last, arrival);
}

static bool stops(const char *text, char *reason, size_t size)
{
    struct scenario *scenario = rack_scenario(text);
    struct results results = {0};
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, size);
    results_free(&results);
    scenario_free(scenario);
    return status != STATUS_OK;
}

Test(deadlock, hierarchies_that_share_credits_in_a_ring_stop)
{
    char text[4096], reason[DEADLOCK_TEXT_BYTES];
    const int rings[][2] = {{5, 2}, {6, 3}, {7, 3}, {9, 4}};
    for (size_t n = 0; n < sizeof rings / sizeof rings[0]; n++) {
        ring(text, sizeof text, rings[n][0], rings[n][1], "credits: shared", "saturate");
        cr_assert(stops(text, reason, sizeof reason), "%d", rings[n][0]);
        cr_expect(strstr(reason, "deadlock: ") == reason, "%s", reason);
        cr_expect_not_null(strstr(reason, "t0 up (posted) waits for "), "%s", reason);
        cr_expect_not_null(strstr(reason, ", which waits for t0 up (posted); "), "%s", reason);
        cr_expect_null(strstr(reason, "down"), "%s", reason);
    }
}

Test(deadlock, none_where_hierarchies_have_credits_of_their_own_or_nothing_waits)
{
    char text[4096], reason[DEADLOCK_TEXT_BYTES] = "";
    ring(text, sizeof text, 7, 3, "credits: per-vh", "saturate");
    cr_expect_not(stops(text, reason, sizeof reason), "%s", reason);
    ring(text, sizeof text, 4, 1, "credits: shared", "saturate");
    cr_expect_not(stops(text, reason, sizeof reason), "%s", reason);
    ring(text, sizeof text, 7, 3, "credits: shared", "{periodic: 10kops/s}");
    cr_expect_not(stops(text, reason, sizeof reason), "%s", reason);
}

/* One that others outlive: a host with an adapter of its own goes on, and so do the ring's reads of registers. */
Test(deadlock, is_found_beside_what_goes_on)
{
    char text[4096], reason[DEADLOCK_TEXT_BYTES];
    ring(text, sizeof text, 6, 3, "credits: shared", "saturate");
    char *hosts = strstr(text, "hosts: ["), *adapters = strstr(text, "adapters:\n");
    cr_assert(hosts != NULL && adapters != NULL);
    char more[4608];
    snprintf(
        more, sizeof more,
        "%.*shosts: [{name: other}, %.*sadapters:\n  - {name: own, at: other}\n%s"
        "  - {name: on, function: own.pf0, op: dma-write, size: 256B, arrival: {poisson: 100kops/s}}\n",
        (int)(hosts - text), text, (int)(adapters - hosts) - 8, hosts + 8, adapters + 10);
    cr_assert(stops(more, reason, sizeof reason));
    cr_expect_not_null(strstr(reason, "deadlock: "), "%s", reason);
}

Test(deadlock, an_idle_rack_is_none)
{
    struct rack rack;
    rack_open(
        &rack, "mriov: 1\nrun: {duration: 10us}\nchassis: [{name: c}]\nhosts: [{name: h, chassis: c}]\n"
               "adapters: [{name: a, at: c}]\nassign: [{function: a, to: h}]\n");
    char text[DEADLOCK_TEXT_BYTES];
    rack_run(&rack, 5000000);
    cr_expect_not(deadlock_find(&rack.world, 5000000, text, sizeof text));
    cr_expect_not(deadlock_find(&rack.world, TIME_NEVER, text, sizeof text));
    rack_close(&rack);
}
