/* mriovctl's commands that change the rack, and those that look at what changes, against a live daemon. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/control.h"
#include "tests/support/shell.h"

TestSuite(daemon_control, .timeout = 120);

Test(daemon_control, operations_are_seen_through_while_stepped)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    control_expect("assign nic0 h2 4", 0, "Assign nic0.pf2: SUCCEEDED", "");
    control_expect_owner("nic0.pf2", "h2", "assigned");
    control_expect("assign nic0.pf2 h2", 0, "SUCCEEDED, took 0 ns", "");
    control_expect("assign nic0.pf2 h0", 1, "", "ALREADY_ASSIGNED");
    control_expect("vfs nic0.pf2 2", 0, "SetVfs nic0.pf2: SUCCEEDED", "");
    control_expect("move ssd0.vf0 h1", 1, "", "NOT_ASSIGNED");
    control_expect("assign ssd0.vf0 h3:1", 0, "SUCCEEDED", "");
    control_expect_owner("ssd0.pf0.vf0", "h3:1", "assigned");
    control_expect("move ssd0.vf0 h3:0", 0, "SUCCEEDED", "");
    control_expect("move ssd0.vf0 h2/vm0 surprise", 0, "SUCCEEDED", "");
    control_expect_owner("ssd0.pf0.vf0", "h2/vm0", "assigned");
    control_expect("release ssd0.vf0 refuse-if-busy", 0, "SUCCEEDED", "");
    control_expect_owner("ssd0.pf0.vf0", "None", "free");
    control_expect("release ssd0.vf0", 0, "SUCCEEDED", "");
    control_expect("release nic0@h0 refuse-if-busy", 1, "", "BUSY");
    control_expect("assign gpu0 h1", 0, "SUCCEEDED", "");
    control_expect("move gpu0 h2", 0, "SUCCEEDED", "");
    control_expect("qos nic0@h0 max=10Gbps weight=4", 0, "SetQos nic0.pf0: SUCCEEDED", "");
    control_expect("port h1 retrain", 0, "ControlPort h1: SUCCEEDED", "");
    control_expect("port nic0 disable", 0, "SUCCEEDED", "");
    control_expect("port nic0 enable", 0, "SUCCEEDED", "");
    control_expect("--json release nic0@h1", 0, "\"state\": \"SUCCEEDED\"", "");
    control_expect("operations", 0, "Release", "");
    control_expect("--json operations | python3 -m json.tool", 0, "\"method\": \"Move\"", "");
    control_stop(&daemon);
}

/* What `functions` says of VF N of nic0.pf0: "-" when it is not there. */
static void expect_vf(int n, const char *wanted)
{
    char command[512], line[64];
    snprintf(
        command, sizeof command,
        "functions --json | python3 -c 'import json, sys; f = {x[\"name\"]: x for x in "
        "json.load(sys.stdin)}.get(\"nic0.pf0."
        "vf%d\"); print(f and f[\"owner\"] + \" \" + f[\"state\"] or \"-\")'",
        n);
    snprintf(line, sizeof line, "%s\n", wanted);
    control_expect(command, 0, line, "");
}

Test(daemon_control, vfs_come_and_go)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    expect_vf(1, "h0 assigned");
    expect_vf(2, "-");
    control_expect("vfs nic0.pf0 5", 0, "SetVfs nic0.pf0: SUCCEEDED", "");
    expect_vf(4, "h0 assigned");
    control_expect("assign nic0.pf0.vf4 h0/vm1", 0, "SUCCEEDED", "");
    control_expect("vfs nic0.pf0 4", 1, "", "BUSY: nic0.pf0.vf4 would end, and is h0/vm1's; holder h0/vm1");
    control_expect("release nic0.pf0.vf4", 0, "SUCCEEDED", "");
    control_expect("vfs nic0.pf0 5", 0, "took 0 ns", "");
    control_expect("vfs nic0.pf0 1", 0, "SUCCEEDED", "");
    expect_vf(0, "h0 assigned");
    expect_vf(1, "-");
    control_expect("vfs nic0.pf0 0", 0, "SUCCEEDED", "");
    control_expect(
        "vfs nic0@h0 31", 1, "", "RESOURCES_EXHAUSTED: nic0 has 32 VFs in all: nic0.pf0 can have 30, not 31");
    control_expect("vfs nic0@h0 31", 1, "", "while nic0.pf1 has 2; holder h1; ask for 30 at most");
    control_expect("vfs nic0@h0 33", 1, "", "nic0.pf0 cannot have 33 VFs: its TotalVFs are 32");
    control_expect("vfs nic0@h0 4294967295", 1, "", "RESOURCES_EXHAUSTED");
    control_expect("vfs nic0@h0 4294967296", 2, "", "whole number");
    control_expect("vfs nic0@h0 30", 0, "SUCCEEDED", "");
    expect_vf(29, "h0 assigned");
    control_expect("vfs nic0.pf2 1", 1, "", "NOT_ASSIGNED: nobody has nic0.pf2");
    control_expect("vfs nic0.bf 1", 1, "", "INVALID_ARGUMENT: nic0.bf is not a PF");
    control_expect("vfs nic0.vf0 1", 1, "", "INVALID_ARGUMENT: nic0.pf0.vf0 is not a PF");
    control_expect("vfs ssd0 1", 1, "", "UNSUPPORTED: ssd0 is not mr-iov");
    control_expect("vfs gpu0 1", 1, "", "UNSUPPORTED: gpu0 is not mr-iov");
    control_expect("fail nic0", 0, "SUCCEEDED", "");
    control_expect("vfs nic0@h0 2", 1, "", "UNAVAILABLE: nic0 is down");
    control_stop(&daemon);
}

Test(daemon_control, who_does_not_wait_lets_no_time_pass)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    control_expect("--no-wait assign ssd0.vf0 h0", 0, "PENDING", "");
    control_expect("clock", 0, "0 ns, pace step", "");
    control_expect("assign ssd0.vf0 h1", 1, "", "mriovctl: Assign: ");
    control_expect("advance 1ms", 0, "1 ms", "");
    control_expect_owner("ssd0.pf0.vf0", "h0", "assigned");
    control_stop(&daemon);
}

Test(daemon_control, operations_end_by_themselves_when_time_passes)
{
    struct daemon daemon;
    static const char *const max[] = {"--pace", "max", NULL};
    control_start(&daemon, max);
    control_expect("assign nic1 h0", 0, "SUCCEEDED", "");
    control_expect("move nic1@h0 h1", 0, "SUCCEEDED", "");
    control_stop(&daemon);
}

Test(daemon_control, bad_words)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    control_expect("release nic0@h0 gently", 2, "", "must be wait, managed");
    control_expect("qos nic0@h0 min=5", 2, "", "needs a unit");
    control_expect("qos nic0@h0 most=5Gbps", 2, "", "must be min=RATE");
    control_expect("port h0 explode", 2, "", "must be disable");
    control_expect("vfs nic0.pf0 many", 2, "", "whole number");
    control_expect("port h9 retrain", 1, "", "NOT_FOUND");
    control_expect("migrate h0/vm7 h1", 1, "", "");
    control_expect("fail nothing", 1, "", "NOT_FOUND");
    control_expect("watch zero", 2, "", "number, from 1");
    control_stop(&daemon);
}

/* --- following --- */

Test(daemon_control, watch_follows_and_resumes)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    control_expect("assign ssd0.vf0 h0", 0, "", "");
    struct shell_answer all = shell_run("timeout 2 \"$C\" watch 1 > first; wc -l < first");
    int events = atoi(all.out);
    cr_expect_gt(events, 1);
    shell_free(&all);
    control_expect("--json assign ssd0.vf1 h1 > /dev/null", 0, "", "");
    char command[256];
    snprintf(command, sizeof command, "timeout 2 \"$C\" watch %d > second; head -1 second", events + 1);
    struct shell_answer rest = shell_run(command);
    cr_expect_eq(atoi(rest.out), events + 1, "it goes on where the first one ended: %s", rest.out);
    shell_free(&rest);
    struct shell_answer lines = shell_run("timeout 2 \"$C\" --json watch 1 | python3 -c 'import json, sys; "
                                          "print([json.loads(l)[\"sequence\"] for l in sys.stdin][:4])'");
    cr_expect_str_eq(lines.out, "[1, 2, 3, 4]\n");
    shell_free(&lines);
    control_stop(&daemon);
}

Test(daemon_control, watch_comes_back)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    struct shell_answer begun = shell_run("(timeout 20 \"$C\" watch > followed 2> said &) ; sleep 0.3");
    shell_free(&begun);
    control_expect("assign ssd0.vf0 h0", 0, "", "");
    daemon_kill(&daemon, SIGKILL);
    daemon_restart(&daemon, NULL);
    control_expect("assign ssd0.vf1 h1", 0, "", "");
    struct shell_answer answer = shell_run(
        "for n in $(seq 100); do grep -q vf1 followed && break; sleep 0.05; done; cat followed; cat said >&2");
    cr_expect(strstr(answer.out, "ssd0.pf0.vf0") != NULL, "%s", answer.out);
    cr_expect(strstr(answer.out, "ssd0.pf0.vf1") != NULL, "%s", answer.out);
    cr_expect(strstr(answer.err, "has started again") != NULL, "%s", answer.err);
    shell_free(&answer);
    control_stop(&daemon);
}
