/* mriovctl's commands that change the rack, and those that look at what changes, against a live daemon. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "tests/support/daemon.h"
#include "tests/support/place.h"
#include "tests/support/shell.h"

TestSuite(daemon_control, .timeout = 120);

static const char rack[] = "mriov: 1\nname: shared\nrun: {duration: 1ms}\nchassis: [{name: \"tor[0-1]\"}]\n"
                           "trunks: [{name: isl0, between: [tor0, tor1]}]\n"
                           "hosts:\n"
                           "  - {name: \"h[0-2]\", chassis: tor0, guests: [{name: \"vm[0-1]\"}]}\n"
                           "  - {name: h3, chassis: [tor0, tor1]}\n"
                           "adapters:\n"
                           "  - {name: \"nic[0-1]\", at: tor0, pfs: 8, vfs: 32}\n"
                           "  - {name: ssd0, at: tor1, sharing: sr-iov, vfs: 8}\n"
                           "  - {name: gpu0, at: tor0, sharing: exclusive}\n"
                           "assign:\n"
                           "  - {function: nic0, to: \"h[0-1]\", vfs: 2}\n"
                           "workloads:\n"
                           "  - {name: w, function: \"nic0@h[0-1]\", op: dma-write, size: 256B}\n";

static void start(struct daemon *daemon, const char *const *arguments)
{
    daemon_start(daemon, rack, arguments);
    setenv("MRIOVD", daemon->address, 1);
    setenv("C", place_control(), 1);
}

static void stop(struct daemon *daemon)
{
    shell_end();
    daemon_stop(daemon);
}

/* COMMAND, after "mriovctl", must end with EXIT_CODE and say OUT and ERR among other things. */
static void expect(const char *command, int exit_code, const char *out, const char *err)
{
    char line[1024];
    snprintf(line, sizeof line, "\"$C\" %s", command);
    struct shell_answer answer = shell_run(line);
    cr_expect_eq(answer.exit_code, exit_code, "%s: exit code %d: %s", command, answer.exit_code, answer.err);
    cr_expect(strstr(answer.out, out) != NULL, "%s: said `%s`, not `%s`", command, answer.out, out);
    cr_expect(strstr(answer.err, err) != NULL, "%s: complained `%s`, not `%s`", command, answer.err, err);
    shell_free(&answer);
}

/* OWNER: "None" when it is free. */
static void expect_owner(const char *function, const char *owner, const char *state)
{
    char command[512], wanted[128];
    snprintf(
        command, sizeof command,
        "functions --json | python3 -c 'import json, sys; f = {x[\"name\"]: x for x in json.load(sys.stdin)}[\"%s\"]; "
        "print(f[\"owner\"], f[\"state\"])'",
        function);
    snprintf(wanted, sizeof wanted, "%s %s\n", owner, state);
    expect(command, 0, wanted, "");
}

Test(daemon_control, operations_are_seen_through_while_stepped)
{
    struct daemon daemon;
    start(&daemon, NULL);
    expect("assign nic0 h2 4", 0, "Assign nic0.pf2: SUCCEEDED", "");
    expect_owner("nic0.pf2", "h2", "assigned");
    expect("assign nic0.pf2 h2", 0, "SUCCEEDED, took 0 ns", "");
    expect("assign nic0.pf2 h0", 1, "", "ALREADY_ASSIGNED");
    expect("vfs nic0.pf2 2", 0, "SetVfs nic0.pf2: SUCCEEDED", "");
    expect("move ssd0.vf0 h1", 1, "", "NOT_ASSIGNED");
    expect("assign ssd0.vf0 h3:1", 0, "SUCCEEDED", "");
    expect_owner("ssd0.pf0.vf0", "h3:1", "assigned");
    expect("move ssd0.vf0 h3:0", 0, "SUCCEEDED", "");
    expect("move ssd0.vf0 h2/vm0 surprise", 0, "SUCCEEDED", "");
    expect_owner("ssd0.pf0.vf0", "h2/vm0", "assigned");
    expect("release ssd0.vf0 refuse-if-busy", 0, "SUCCEEDED", "");
    expect_owner("ssd0.pf0.vf0", "None", "free");
    expect("release ssd0.vf0", 0, "SUCCEEDED", "");
    expect("release nic0@h0 refuse-if-busy", 1, "", "BUSY");
    expect("assign gpu0 h1", 0, "SUCCEEDED", "");
    expect("move gpu0 h2", 0, "SUCCEEDED", "");
    expect("qos nic0@h0 max=10Gbps weight=4", 0, "SetQos nic0.pf0: SUCCEEDED", "");
    expect("port h1 retrain", 0, "ControlPort h1: SUCCEEDED", "");
    expect("port nic0 disable", 0, "SUCCEEDED", "");
    expect("port nic0 enable", 0, "SUCCEEDED", "");
    expect("--json release nic0@h1", 0, "\"state\": \"SUCCEEDED\"", "");
    expect("operations", 0, "Release", "");
    expect("--json operations | python3 -m json.tool", 0, "\"method\": \"Move\"", "");
    stop(&daemon);
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
    expect(command, 0, line, "");
}

Test(daemon_control, vfs_come_and_go)
{
    struct daemon daemon;
    start(&daemon, NULL);
    expect_vf(1, "h0 assigned");
    expect_vf(2, "-");
    expect("vfs nic0.pf0 5", 0, "SetVfs nic0.pf0: SUCCEEDED", "");
    expect_vf(4, "h0 assigned");
    expect("assign nic0.pf0.vf4 h0/vm1", 0, "SUCCEEDED", "");
    expect("vfs nic0.pf0 4", 1, "", "BUSY: nic0.pf0.vf4 would end, and is h0/vm1's; holder h0/vm1");
    expect("release nic0.pf0.vf4", 0, "SUCCEEDED", "");
    expect("vfs nic0.pf0 5", 0, "took 0 ns", "");
    expect("vfs nic0.pf0 1", 0, "SUCCEEDED", "");
    expect_vf(0, "h0 assigned");
    expect_vf(1, "-");
    expect("vfs nic0.pf0 0", 0, "SUCCEEDED", "");
    expect("vfs nic0@h0 31", 1, "", "RESOURCES_EXHAUSTED: nic0 has 32 VFs in all: nic0.pf0 can have 30, not 31");
    expect("vfs nic0@h0 31", 1, "", "while nic0.pf1 has 2; holder h1; ask for 30 at most");
    expect("vfs nic0@h0 33", 1, "", "nic0.pf0 cannot have 33 VFs: its TotalVFs are 32");
    expect("vfs nic0@h0 4294967295", 1, "", "RESOURCES_EXHAUSTED");
    expect("vfs nic0@h0 4294967296", 2, "", "whole number");
    expect("vfs nic0@h0 30", 0, "SUCCEEDED", "");
    expect_vf(29, "h0 assigned");
    expect("vfs nic0.pf2 1", 1, "", "NOT_ASSIGNED: nobody has nic0.pf2");
    expect("vfs nic0.bf 1", 1, "", "INVALID_ARGUMENT: nic0.bf is not a PF");
    expect("vfs nic0.vf0 1", 1, "", "INVALID_ARGUMENT: nic0.pf0.vf0 is not a PF");
    expect("vfs ssd0 1", 1, "", "UNSUPPORTED: ssd0 is not mr-iov");
    expect("vfs gpu0 1", 1, "", "UNSUPPORTED: gpu0 is not mr-iov");
    expect("fail nic0", 0, "SUCCEEDED", "");
    expect("vfs nic0@h0 2", 1, "", "UNAVAILABLE: nic0 is down");
    stop(&daemon);
}

Test(daemon_control, who_does_not_wait_lets_no_time_pass)
{
    struct daemon daemon;
    start(&daemon, NULL);
    expect("--no-wait assign ssd0.vf0 h0", 0, "PENDING", "");
    expect("clock", 0, "0 ns, pace step", "");
    expect("assign ssd0.vf0 h1", 1, "", "mriovctl: Assign: ");
    expect("advance 1ms", 0, "1 ms", "");
    expect_owner("ssd0.pf0.vf0", "h0", "assigned");
    stop(&daemon);
}

Test(daemon_control, operations_end_by_themselves_when_time_passes)
{
    struct daemon daemon;
    static const char *const max[] = {"--pace", "max", NULL};
    start(&daemon, max);
    expect("assign nic1 h0", 0, "SUCCEEDED", "");
    expect("move nic1@h0 h1", 0, "SUCCEEDED", "");
    stop(&daemon);
}

Test(daemon_control, bad_words)
{
    struct daemon daemon;
    start(&daemon, NULL);
    expect("release nic0@h0 gently", 2, "", "must be wait, managed");
    expect("qos nic0@h0 min=5", 2, "", "needs a unit");
    expect("qos nic0@h0 most=5Gbps", 2, "", "must be min=RATE");
    expect("port h0 explode", 2, "", "must be disable");
    expect("vfs nic0.pf0 many", 2, "", "whole number");
    expect("port h9 retrain", 1, "", "NOT_FOUND");
    expect("migrate h0/vm7 h1", 1, "", "");
    expect("fail nothing", 1, "", "NOT_FOUND");
    expect("watch zero", 2, "", "number, from 1");
    stop(&daemon);
}

/* --- files --- */

Test(daemon_control, apply_deals_as_a_scenario_does)
{
    struct daemon daemon;
    start(&daemon, NULL);
    shell_put(
        "share.yaml", "assign:\n"
                      "  - {function: nic1, to: \"h[0-2]\", vfs: 2}\n"
                      "  - {function: \"ssd0.vf[0-3]\", to: [\"h[0-1]/vm[0-1]\"]}\n");
    expect("apply share.yaml dry-run", 0, "assign  ssd0.pf0.vf3  -     h1/vm1", "");
    expect_owner("ssd0.pf0.vf3", "None", "free");
    expect("--json apply share.yaml dry-run | python3 -m json.tool", 0, "\"plan\"", "");
    expect("apply share.yaml", 0, "Apply: SUCCEEDED", "");
    expect_owner("ssd0.pf0.vf0", "h0/vm0", "assigned");
    expect_owner("ssd0.pf0.vf3", "h1/vm1", "assigned");
    expect_owner("nic1.pf2", "h2", "assigned");
    expect("apply share.yaml", 0, "nothing is to change", "");
    shell_put("set.yaml", "assign:\n  - {function: \"ssd0.vf*\", to: [h0, h1], each: off}\n");
    expect("apply set.yaml dry-run", 0, "ssd0.pf0.vf7  -", "");
    shell_put("one.yaml", "assign: [{function: nic0, to: h0}]\n");
    expect("apply one.yaml prune", 0, "release  nic1.pf2", "");
    expect_owner("nic1.pf2", "None", "free");
    expect_owner("nic0.pf0", "h0", "assigned");
    stop(&daemon);
}

Test(daemon_control, faults_of_files_say_where)
{
    struct daemon daemon;
    start(&daemon, NULL);
    shell_put("bad.yaml", "assign:\n  - {function: nic0, to: h2}\n  - {function: nic0, to: h9}\n");
    expect("apply bad.yaml", 2, "", "bad.yaml:3:26: no host is called `h9`");
    shell_put("bad.yaml", "assign: [\n");
    expect("apply bad.yaml", 2, "", "bad.yaml:");
    shell_put("bad.yaml", "asign: []\n");
    expect("apply bad.yaml", 2, "", "assign");
    shell_put("bad.yaml", "name: nothing\n");
    expect("apply bad.yaml", 2, "", "an `assign:` is wanted");
    shell_put("bad.yaml", "timeline: [{at: 1us, release: {function: nic0@h0}}]\n");
    expect("whatif bad.yaml", 2, "", "`at` must be 0");
    shell_put("bad.yaml", "assign: [{function: nic7.pf0, to: h2}]\n");
    expect("apply bad.yaml", 1, "", "NOT_FOUND");
    expect("apply nowhere.yaml", 2, "", "No such file");
    expect("apply bad.yaml twice", 2, "", "must be prune");
    stop(&daemon);
}

Test(daemon_control, whatif_shows_both)
{
    struct daemon daemon;
    start(&daemon, NULL);
    shell_put(
        "change.yaml", "run: {duration: 100us}\n"
                       "assign: [{function: ssd0.vf0, to: h0}]\n"
                       "timeline:\n"
                       "  - {at: 0, qos: {function: nic0@h0, max: 10Gbps}}\n"
                       "  - {at: 0, vfs: {function: nic0.pf0, count: 1}}\n"
                       "  - {at: 0, port: {name: h1, action: retrain}}\n"
                       "  - {at: 0, release: {function: nic0@h2}}\n");
    expect("advance 10us", 0, "", "");
    expect("whatif change.yaml", 0, "Gb/s WITHOUT", "");
    expect("whatif change.yaml | grep SetQos", 0, "SUCCEEDED", "");
    expect("whatif change.yaml | grep Release", 0, "FAILED", "");
    expect(
        "--json whatif change.yaml | python3 -c 'import json, sys; a = json.load(sys.stdin); f = a[\"flows\"][0]; "
        "print(len(a[\"operations\"]), f[\"with_changes\"][\"goodput_gbps\"] < "
        "f[\"without_changes\"][\"goodput_gbps\"] "
        "/ 2)'",
        0, "5 True", "");
    expect("clock", 0, "10 us", "");
    expect_owner("ssd0.pf0.vf0", "None", "free");
    stop(&daemon);
}

/* --- following --- */

Test(daemon_control, watch_follows_and_resumes)
{
    struct daemon daemon;
    start(&daemon, NULL);
    expect("assign ssd0.vf0 h0", 0, "", "");
    struct shell_answer all = shell_run("timeout 2 \"$C\" watch 1 > first; wc -l < first");
    int events = atoi(all.out);
    cr_expect_gt(events, 1);
    shell_free(&all);
    expect("--json assign ssd0.vf1 h1 > /dev/null", 0, "", "");
    char command[256];
    snprintf(command, sizeof command, "timeout 2 \"$C\" watch %d > second; head -1 second", events + 1);
    struct shell_answer rest = shell_run(command);
    cr_expect_eq(atoi(rest.out), events + 1, "it goes on where the first one ended: %s", rest.out);
    shell_free(&rest);
    struct shell_answer lines = shell_run("timeout 2 \"$C\" --json watch 1 | python3 -c 'import json, sys; "
                                          "print([json.loads(l)[\"sequence\"] for l in sys.stdin][:4])'");
    cr_expect_str_eq(lines.out, "[1, 2, 3, 4]\n");
    shell_free(&lines);
    stop(&daemon);
}

Test(daemon_control, watch_comes_back)
{
    struct daemon daemon;
    start(&daemon, NULL);
    struct shell_answer begun = shell_run("(timeout 20 \"$C\" watch > followed 2> said &) ; sleep 0.3");
    shell_free(&begun);
    expect("assign ssd0.vf0 h0", 0, "", "");
    daemon_kill(&daemon, SIGKILL);
    daemon_restart(&daemon, NULL);
    expect("assign ssd0.vf1 h1", 0, "", "");
    struct shell_answer answer = shell_run(
        "for n in $(seq 100); do grep -q vf1 followed && break; sleep 0.05; done; cat followed; cat said >&2");
    cr_expect(strstr(answer.out, "ssd0.pf0.vf0") != NULL, "%s", answer.out);
    cr_expect(strstr(answer.out, "ssd0.pf0.vf1") != NULL, "%s", answer.out);
    cr_expect(strstr(answer.err, "has started again") != NULL, "%s", answer.err);
    shell_free(&answer);
    stop(&daemon);
}

Test(daemon_control, completion)
{
    struct daemon daemon;
    start(&daemon, NULL);
    static const struct {
        const char *words, *expected;
    } lines[] = {
        {"mriovctl wha", "whatif"},
        {"mriovctl move nic0.pf0 h3", "h3"},
        {"mriovctl release nic1.pf3 sur", "surprise"},
        {"mriovctl port isl", "isl0"},
        {"mriovctl --json --no-", "--no-wait"},
        {"mriovctl vfs nic0.pf7", "nic0.pf7"},
        {"mriovctl migrate h2/vm1", "h2/vm1"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char command[512];
        snprintf(
            command, sizeof command,
            "cat > try.sh <<'END'\n. \"$MRIOV_SOURCE_DIR/docs/completion/mriovctl\"\n"
            "COMP_WORDS=(%s); COMP_WORDS[0]=$C; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _mriovctl; echo "
            "\"${COMPREPLY[@]}\"\nEND\n"
            "bash try.sh",
            lines[i].words);
        struct shell_answer answer = shell_run(command);
        cr_expect(strstr(answer.out, lines[i].expected) == answer.out, "%s: `%s`", lines[i].words, answer.out);
        shell_free(&answer);
    }
    stop(&daemon);
}
