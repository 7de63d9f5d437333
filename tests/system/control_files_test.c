/* mriovctl's commands that read a file: apply and whatif. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/control.h"
#include "tests/support/shell.h"

TestSuite(control_files, .timeout = 120);

Test(control_files, apply_deals_as_a_scenario_does)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    shell_put(
        "share.yaml", "assign:\n"
                      "  - {function: nic1, to: \"h[0-2]\", vfs: 2}\n"
                      "  - {function: \"ssd0.vf[0-3]\", to: [\"h[0-1]/vm[0-1]\"]}\n");
    control_expect("apply share.yaml dry-run", 0, "assign  ssd0.pf0.vf3  -     h1/vm1", "");
    control_expect_owner("ssd0.pf0.vf3", "None", "free");
    control_expect("--json apply share.yaml dry-run | python3 -m json.tool", 0, "\"plan\"", "");
    control_expect("apply share.yaml", 0, "Apply: SUCCEEDED", "");
    control_expect_owner("ssd0.pf0.vf0", "h0/vm0", "assigned");
    control_expect_owner("ssd0.pf0.vf3", "h1/vm1", "assigned");
    control_expect_owner("nic1.pf2", "h2", "assigned");
    control_expect("apply share.yaml", 0, "nothing is to change", "");
    shell_put("set.yaml", "assign:\n  - {function: \"ssd0.vf*\", to: [h0, h1], each: off}\n");
    control_expect("apply set.yaml dry-run", 0, "ssd0.pf0.vf7  -", "");
    shell_put("one.yaml", "assign: [{function: nic0, to: h0}]\n");
    control_expect("apply one.yaml prune", 0, "release  nic1.pf2", "");
    control_expect_owner("nic1.pf2", "None", "free");
    control_expect_owner("nic0.pf0", "h0", "assigned");
    control_stop(&daemon);
}

Test(control_files, faults_of_files_say_where)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    shell_put("bad.yaml", "assign:\n  - {function: nic0, to: h2}\n  - {function: nic0, to: h9}\n");
    control_expect("apply bad.yaml", 2, "", "bad.yaml:3:26: no host is called `h9`");
    shell_put("bad.yaml", "assign: [\n");
    control_expect("apply bad.yaml", 2, "", "bad.yaml:");
    shell_put("bad.yaml", "asign: []\n");
    control_expect("apply bad.yaml", 2, "", "assign");
    shell_put("bad.yaml", "name: nothing\n");
    control_expect("apply bad.yaml", 2, "", "an `assign:` is wanted");
    shell_put("bad.yaml", "timeline: [{at: 1us, release: {function: nic0@h0}}]\n");
    control_expect("whatif bad.yaml", 2, "", "`at` must be 0");
    shell_put("bad.yaml", "assign: [{function: nic7.pf0, to: h2}]\n");
    control_expect("apply bad.yaml", 1, "", "NOT_FOUND");
    control_expect("apply nowhere.yaml", 2, "", "No such file");
    control_expect("apply bad.yaml twice", 2, "", "must be prune");
    control_stop(&daemon);
}

Test(control_files, whatif_shows_both)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    shell_put(
        "change.yaml", "run: {duration: 100us}\n"
                       "assign: [{function: ssd0.vf0, to: h0}]\n"
                       "timeline:\n"
                       "  - {at: 0, qos: {function: nic0@h0, max: 10Gbps}}\n"
                       "  - {at: 0, vfs: {function: nic0.pf0, count: 1}}\n"
                       "  - {at: 0, port: {name: h1, action: retrain}}\n"
                       "  - {at: 0, release: {function: nic0@h2}}\n");
    control_expect("advance 10us", 0, "", "");
    control_expect("whatif change.yaml", 0, "Gb/s WITHOUT", "");
    control_expect("whatif change.yaml | grep SetQos", 0, "SUCCEEDED", "");
    control_expect("whatif change.yaml | grep Release", 0, "FAILED", "");
    control_expect(
        "--json whatif change.yaml | python3 -c 'import json, sys; a = json.load(sys.stdin); f = a[\"flows\"][0]; "
        "print(len(a[\"operations\"]), f[\"with_changes\"][\"goodput_gbps\"] < "
        "f[\"without_changes\"][\"goodput_gbps\"] "
        "/ 2)'",
        0, "5 True", "");
    control_expect("clock", 0, "10 us", "");
    control_expect_owner("ssd0.pf0.vf0", "None", "free");
    control_stop(&daemon);
}

/* The daemon's own file: apply is about what it assigns, whatif about its timeline and duration too. */
Test(control_files, a_whole_scenario)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    char command[256];
    snprintf(command, sizeof command, "apply %s/rack.yaml prune", daemon.folder);
    control_expect(command, 0, "nothing is to change", "");
    snprintf(command, sizeof command, "whatif %s/rack.yaml | grep Apply", daemon.folder);
    control_expect(command, 0, "SUCCEEDED", "");
    static const char rack[] = "mriov: 1\nchassis: [{name: tor0}]\nhosts: [{name: \"h[0-2]\", chassis: tor0}]\n"
                               "adapters: [{name: nic0, at: tor0, pfs: 8, vfs: 32}]\n"
                               "assign: [{function: nic0.pf5, to: h2}]\n"
                               "qos: [{function: nic0@h2, max: 1Gbps}]\n"
                               "workloads: [{name: w, function: nic0.pf5, op: dma-write, size: 256B}]\n"
                               "expect: [{flow: w, goodput: \"> 1Gbps\"}]\n";
    char timed[1024];
    snprintf(timed, sizeof timed, "%stimeline: [{at: 5us, release: {function: nic0.pf5}}]\n", rack);
    shell_put("whole.yaml", timed);
    control_expect("apply whole.yaml dry-run", 0, "assign  nic0.pf5  -     h2", "");
    control_expect("whatif whole.yaml", 2, "", "`at` must be 0");
    snprintf(timed, sizeof timed, "%stimeline: [{at: 0, release: {function: nic0.pf0}}]\n", rack);
    shell_put("whole.yaml", timed);
    control_expect("whatif whole.yaml | grep Release", 0, "nic0.pf0  SUCCEEDED", "");
    control_expect("apply whole.yaml", 0, "SUCCEEDED", "");
    control_expect_owner("nic0.pf5", "h2", "assigned");
    control_expect_owner("nic0.pf0", "h0", "assigned");
    control_stop(&daemon);
}

Test(control_files, nothing_is_assigned)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    shell_put("none.yaml", "assign: []\n");
    control_expect("apply none.yaml", 0, "nothing is to change", "");
    control_expect_owner("nic0.pf0", "h0", "assigned");
    control_expect("apply none.yaml prune surprise", 0, "release  nic0.pf1", "");
    control_expect_owner("nic0.pf0", "None", "free");
    shell_put("none.yaml", "assign:\n");
    control_expect("apply none.yaml prune", 2, "", "an `assign:` is wanted");
    control_stop(&daemon);
}
