/* `mriov run` from outside: exit codes, messages, and what stands on the disk afterwards. */
#include <criterion/criterion.h>
#include <jansson.h>

#include "tests/support/program.h"

TestSuite(run, .init = program_scenario, .fini = shell_end, .timeout = 120);

Test(run, bad_usage_is_one_line_that_says_what_would_be_right)
{
    static const struct {
        const char *command, *err;
    } cases[] = {
        {"$M run", "mriov: run: a scenario is missing: mriov run SCENARIO\n"},
        {"$M run small.yaml other.yaml", "mriov: other.yaml: one scenario at a time, and small.yaml is one already\n"},
        {"$M run small.yaml --jsn", "mriov: --jsn: unknown option; did you mean `--json`?\n"},
        {"$M run --durations=1ms small.yaml", "mriov: --durations: unknown option; did you mean `--duration`?\n"},
        {"$M run small.yaml --seed", "mriov: --seed: a value is missing: --seed N\n"},
        {"$M run small.yaml -o", "mriov: -o: a value is missing: -o DIR\n"},
        {"$M run small.yaml --json=yes", "mriov: --json: takes no value, not `yes`\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_answer(cases[i].command, 2, "", cases[i].err);
}

Test(run, help_and_version)
{
    expect_words("$M run --help", 0, "usage: mriov run SCENARIO", "");
    expect_words("$M run small.yaml --set x=1 --help", 0, "--duration T", "");
    expect_answer("$M run --version", 0, "mriov " MRIOV_VERSION "\n", "");
}

Test(run, a_run_prints_a_table)
{
    expect_words("$M run small.yaml", 0, "writes", "");
    expect_words("$M run < small.yaml -", 0, "held ", "");
    expect_words("$M run -- small.yaml", 0, "nic0.pf1", "");
    expect_answer("$M run --quiet small.yaml", 0, "", "");
}

Test(run, json_is_results_json_and_nothing_else)
{
    struct shell_answer answer = shell_run("$M run small.yaml --json -o out && cmp .out out/results.json >&2");
    cr_expect_eq(answer.exit_code, 0);
    cr_expect_str_eq(answer.err, "");
    json_error_t error;
    json_t *results = json_loads(answer.out, JSON_REJECT_DUPLICATES, &error);
    cr_assert(results, "line %d: %s", error.line, error.text);
    cr_expect_str_eq(json_string_value(json_object_get(results, "scenario")), "small");
    json_t *flows = json_object_get(results, "flows");
    cr_expect_eq(json_array_size(flows), 2);
    cr_expect_gt(json_number_value(json_object_get(json_array_get(flows, 0), "goodput_gbps")), 0);
    cr_expect(json_is_true(json_object_get(json_array_get(json_object_get(results, "expect"), 0), "held")));
    json_decref(results);
    shell_free(&answer);
    expect_answer("python3 -m json.tool out/results.json > parsed", 0, "", "");
    expect_answer("python3 -m json.tool out/run.json > parsed", 0, "", "");
}

Test(run, all_files_of_a_directory)
{
    expect_answer(
        "$M run --quiet small.yaml -o out && ls -A out", 0,
        "flows.csv\nflows_by_op.csv\nhistograms.csv\nlinks.csv\nlinks_by_vh.csv\nresults.json\nrun.json\n", "");
    expect_answer(
        "$M run --quiet small.yaml --set run.sample=5us -oout && ls -A out", 0,
        "flows.csv\nflows_by_op.csv\nhistograms.csv\nlinks.csv\nlinks_by_vh.csv\nresults.json\nrun.json\nseries.csv\n",
        "");
    expect_words("$M run --quiet small.yaml --output=out && ls -A out", 0, "run.json\n", "");
    expect_answer("test -e out/series.csv", 1, "", "");
}

Test(run, the_same_bytes_anywhere)
{
    expect_answer("$M run --quiet small.yaml -o a && rm a/run.json", 0, "", "");
    expect_answer(
        "mkdir deep && cd deep && LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo $M run --quiet ../small.yaml -o ../b && rm "
        "../b/run.json && diff -r ../a ../b",
        0, "", "");
    expect_answer("cat small.yaml | $M run --quiet - -o c && rm c/run.json && diff -r a c", 0, "", "");
}

Test(run, settings_are_told)
{
    expect_words(
        "$M run small.yaml --json --set workloads.writes.size=512B --seed 7 --duration 10us", 0,
        "\"settings\": [\n  \"workloads.writes.size=512B\",\n  \"seed=7\",\n  \"run.duration=10us\"],", "");
    expect_words("$M run small.yaml --json --seed 7", 0, "\"seed\": 7,", "");
    expect_words("$M run small.yaml --json --duration=10us", 0, "\"measured_ns\": 10000,", "");
}

Test(run, a_scenario_that_is_not_valid)
{
    shell_put("bad.yaml", "mriov: 1\nhosts:\n  - {name: h0, lnk: {gen: 5}}\n");
    expect_words("$M run bad.yaml -o out", 2, "", "mriov: bad.yaml:3:");
    expect_answer("test -e out", 1, "", "");
    expect_words("$M run none.yaml", 2, "", "mriov: none.yaml: ");
    expect_words("$M run small.yaml --set hosts.h0.lnk.gen=5", 2, "", "mriov: --set hosts.h0.lnk.gen=5: ");
    expect_words("$M run small.yaml --seed x", 2, "", "mriov: --seed");
    expect_words("$M run small.yaml --duration 5", 2, "", "mriov: --duration");
}

Test(run, what_is_not_modelled_yet_is_refused)
{
    const char *message = "mriov: later.yaml:16:1: `teams` is not modelled yet\n";
    expect_answer(
        "{ cat small.yaml; echo 'teams:'; echo '  - {name: b0, host: h0, members: [nic0@h0]}'; } > later.yaml", 0, "",
        "");
    expect_answer("$M run later.yaml -o out", 2, "", message);
    expect_answer("test -e out", 1, "", "");
}

Test(run, an_expectation_that_does_not_hold)
{
    const char *command = "sed 's/> 0Gbps/> 9000Gbps/' small.yaml > high.yaml; $M run high.yaml -o out";
    expect_words(command, 1, "NOT HELD", "mriov: expect: not held: ");
    expect_words("$M run high.yaml --quiet", 1, "", "mriov: expect: not held: ");
    expect_words("$M run high.yaml --json", 1, "\"held\": false", "");
    expect_answer("test -e out/results.json", 0, "", "");
}

Test(run, an_output_that_cannot_be)
{
    expect_answer("$M run small.yaml -o small.yaml", 1, "", "mriov: -o small.yaml: Not a directory\n");
    expect_answer("$M run small.yaml -o none/out", 1, "", "mriov: -o none/out: No such file or directory\n");
    expect_answer("$M run small.yaml > /dev/full", 1, "", "mriov: standard output: No space left on device\n");
    expect_answer("$M run small.yaml --json > /dev/full", 1, "", "mriov: standard output: No space left on device\n");
}

Test(run, a_full_disk_leaves_nothing)
{
    /* A limit of 512 bytes on any file fails writes as a full disk does. */
    expect_words("ulimit -f 1; trap '' XFSZ; $M run --quiet small.yaml -o out", 1, "", "File too large\n");
    expect_answer("test -e out", 1, "", "");
}

Test(run, an_interrupted_run_leaves_nothing)
{
    static const char *const signals[] = {"INT", "TERM"};
    expect_answer("$M run --quiet small.yaml -o kept && cp -r kept before", 0, "", "");
    for (size_t i = 0; i < 2; i++) {
        char command[256];
        snprintf(
            command, sizeof command,
            "$M run small.yaml --duration 1000s -o out & p=$!; sleep 0.5; kill -%s $p; wait $p", signals[i]);
        expect_answer(command, 130, "", "mriov: interrupted; there are no results\n");
        expect_answer("test -e out", 1, "", "");
        snprintf(
            command, sizeof command,
            "$M run small.yaml --duration 1000s -o kept & p=$!; sleep 0.5; kill -%s $p; wait $p; diff -r kept before",
            signals[i]);
        expect_answer(command, 0, "", "mriov: interrupted; there are no results\n");
    }
}

Test(run, every_operation_as_a_line)
{
    expect_answer("$M run --quiet small.yaml --ops a.csv && $M run --quiet small.yaml --ops b.csv -o out", 0, "", "");
    expect_answer(
        "cmp a.csv b.csv && head -n 1 a.csv", 0,
        "time_ns,flow,host,guest,function,op,bytes,address,latency_ns,status\n", "");
    expect_answer("$M run --ops - small.yaml | cmp - a.csv", 0, "", "");
    shell_put(
        "agrees.py", "import csv, json\n"
                     "r = json.load(open('out/results.json'))\n"
                     "begin = r['simulated_ns'] - r['measured_ns']\n"
                     "lines = list(csv.DictReader(open('a.csv')))\n"
                     "for f in r['flows']:\n"
                     "    own = [l for l in lines if (l['flow'], l['host'], l['function']) == (f['name'], f['host'], "
                     "f['function']) and float(l['time_ns']) + float(l['latency_ns']) >= begin]\n"
                     "    assert len(own) == f['operations'] > 0, (len(own), f)\n"
                     "    assert sum(int(l['bytes']) for l in own) == f['bytes']\n"
                     "    assert max(float(l['latency_ns']) for l in own) == f['latency_ns']['max']\n");
    expect_answer("python3 agrees.py", 0, "", "");
}

Test(run, operations_that_cannot_be_written)
{
    expect_answer("$M run small.yaml --ops none/a.csv", 2, "", "mriov: --ops none/a.csv: No such file or directory\n");
    expect_answer("mkdir d && $M run small.yaml --ops d", 2, "", "mriov: --ops d: Is a directory\n");
    expect_words("$M run small.yaml --ops", 2, "", "mriov: --ops: a value is missing: --ops FILE\n");
    expect_words("$M run small.yaml --ops - --json", 2, "", "mriov: --json: standard output is taken by --ops -");
    expect_words("ulimit -f 1; trap '' XFSZ; $M run --quiet small.yaml --ops a.csv", 1, "", "");
    expect_answer("ls -A | grep csv", 1, "", "");
    expect_answer(
        "$M run small.yaml --duration 1000s --ops a.csv & p=$!; sleep 0.3; kill -INT $p; wait $p; ls -A | grep csv", 1,
        "", "mriov: interrupted; there are no results\n");
}
