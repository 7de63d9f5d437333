/* The scenarios to start from: each is valid, runs, keeps the laws and what it expects, and gives the figures that its
 * comments calculate. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/program.h"

TestSuite(scenarios, .fini = shell_end, .timeout = 200);

/* reference.yaml shows every key, also of what is not modelled yet. */
static bool can_run(const char *path)
{
    return strstr(path, "/reference.yaml") == NULL;
}

static glob_t shipped(void)
{
    char pattern[4096];
    snprintf(pattern, sizeof pattern, "%s/docs/scenarios/*.yaml", getenv("MRIOV_SOURCE_DIR"));
    glob_t found;
    cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "no scenarios at %s", pattern);
    cr_assert_geq(found.gl_pathc, 4);
    return found;
}

static void expect_answer_of(const char *program, const char *path, const char *options, const char *judge)
{
    char command[8192];
    snprintf(command, sizeof command, "$M %s '%s' %s %s", program, path, options, judge);
    expect_words(command, 0, "", "");
}

Test(scenarios, all_are_valid)
{
    glob_t found = shipped();
    for (size_t i = 0; i < found.gl_pathc; i++)
        expect_answer_of("check", found.gl_pathv[i], "", "");
    globfree(&found);
}

/* Reads results.json and fails where a law is broken; what it prints is for who looks for the reason. */
static const char laws[] =
    "import json, sys\n"
    "r = json.load(open(sys.argv[1]))\n"
    "t = r['totals']\n"
    "assert t['tlps_created'] == t['tlps_delivered'] + t['tlps_dropped'] + t['tlps_in_flight'], t\n"
    "fails = any(e['op'] == 'fail' for e in r['timeline'])\n"
    "assert (fails or t['tlps_dropped'] == 0) and t['cross_vh_deliveries'] == 0, t\n"
    "assert t['tlp_hops'] >= (1 if r['timeline'] else 2) * t['tlps_delivered'] > 0, t\n" /* some end in a switch */
    "assert r['expect'] and all(e['held'] for e in r['expect']), r['expect']\n"
    "assert all(f['operations'] > 0 and (fails or f['failed'] == 0) for f in r['flows']), r['flows']\n"
    "assert all(e['status'] == 'ok' for e in r['timeline']), r['timeline']\n"
    "assert all(f['latency_ns']['min'] <= f['latency_ns']['p50'] <= f['latency_ns']['max'] for f in r['flows'])\n"
    "assert all(0 <= l['utilisation'] <= 1 for l in r['links']), r['links']\n"
    "assert all(sum(v['payload_bytes'] for v in l['by_vh']) == l['payload_bytes'] for l in r['links'])\n"
    "flows = sum(f['bytes'] for f in r['flows'])\n"
    "hierarchies = sum(h['goodput_gbps'] for h in r['hierarchies']) * r['measured_ns'] / 8\n"
    "assert abs(flows - hierarchies) <= 1e-6 * flows, (flows, hierarchies)\n";

Test(scenarios, all_run_and_keep_the_laws)
{
    shell_put("laws.py", laws);
    glob_t found = shipped();
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (can_run(found.gl_pathv[i]))
            expect_answer_of(
                "run", found.gl_pathv[i], "--duration 300us --json > results.json", "&& python3 laws.py results.json");
    globfree(&found);
}

/* GOODPUT of the flows of NAME in shipped scenario FILE, as its comments have it by hand, within 0.2 %. */
static void expect_goodput(const char *file, const char *options, const char *name, double sum_gbps)
{
    char path[4096], judge[512];
    snprintf(path, sizeof path, "%s/docs/scenarios/%s", getenv("MRIOV_SOURCE_DIR"), file);
    snprintf(judge, sizeof judge, "&& python3 goodput.py %s %.3f", name, sum_gbps);
    char all[512];
    snprintf(all, sizeof all, "%s --json > results.json", options);
    expect_answer_of("run", path, all, judge);
}

Test(scenarios, figures_are_those_of_the_comments)
{
    shell_put(
        "goodput.py", "import json, sys\n"
                      "flows = [f['goodput_gbps'] for f in json.load(open('results.json'))['flows']\n"
                      "         if f['name'] == sys.argv[1]]\n"
                      "assert abs(sum(flows) / float(sys.argv[2]) - 1) < 0.002, sum(flows)\n"
                      "assert max(flows) < 1.01 * min(flows), flows\n");
    const double gen4_x16 = 16 * 16 * 128. / 130, gen5_x16 = 2 * gen4_x16, gen4_x8 = gen4_x16 / 2;
    double probes = 4 * .25 / 8 / 64 * 28 * 8; /* wire of four probes' requests */
    expect_goodput("rack.yaml", "--duration 1ms", "bulk", (gen4_x16 - probes) * 256 / 284);
    double reads = 10. / 512 * 28; /* and of 10 Gb/s of reads */
    expect_goodput("two-hosts.yaml", "", "writes", (gen4_x8 - reads) * 256 / 284);
    double write_ns = 280 * 8 / gen5_x16;
    expect_goodput("star.yaml", "--duration 300us", "writes", 4 * 64 * 256 * 8 / (write_ns + 300));
    expect_goodput(
        "star.yaml", "--duration 300us --set 'chassis.tor0.buffer={posted-headers: 128, posted-data: 32KiB}'", "writes",
        4 * gen5_x16 * 256 / 280);
}

/* Of docs/scenarios/FILE run with OPTIONS: JUDGE, a Python expression over `flows`, by (name, host, function). */
static void expect_flows(const char *file, const char *options, const char *judge)
{
    char path[4096], all[1024], check[2048];
    snprintf(path, sizeof path, "%s/docs/scenarios/%s", getenv("MRIOV_SOURCE_DIR"), file);
    snprintf(all, sizeof all, "%s --json > results.json", options);
    snprintf(check, sizeof check, "; python3 judge.py \"%s\"", judge);
    shell_put(
        "judge.py", "import json, sys\n"
                    "flows = {(f['name'], f['host'], f['function']): f for f in "
                    "json.load(open('results.json'))['flows']}\n"
                    "def gbps(*key): return flows[key]['goodput_gbps']\n"
                    "def p99(*key): return flows[key]['latency_ns']['p99']\n"
                    "assert eval(sys.argv[1]), flows\n");
    expect_answer_of("run", path, all, check);
}

Test(scenarios, noisy_neighbours_are_as_the_comments_say)
{
    const char *well = "gbps('service', 'quiet', 'nic0.pf0') > 19.8 and p99('service', 'quiet', 'nic0.pf0') < 900";
    const char *file = "noisy-neighbour.yaml";
    expect_flows(file, "--set 'qos=[]' 2> /dev/null", well);
    expect_flows(file, "--set 'chassis.*.credits=shared' 2> /dev/null", well);
    expect_flows(
        file, "--set 'chassis.*.credits=shared' --set 'qos=[]' 2> /dev/null",
        "abs(gbps('service', 'quiet', 'nic0.pf0') / (63.015 * 256 / 280 / 8) - 1) < 0.01");
    expect_flows(file, "--set hosts.noisy.link.width=8 2> /dev/null", well);
    expect_flows(
        file, "--set hosts.noisy.link.width=8 --set 'qos=[]' 2> /dev/null",
        "abs(gbps('service', 'quiet', 'nic0.pf0') / (126.03 * 256 / 284 / 9) - 1) < 0.01");
}

Test(scenarios, adapter_failure_is_as_its_comments_say)
{
    const char *file = "adapter-failure.yaml";
    expect_flows(
        file, "",
        "all(flows['load', h, n]['failed'] == 1 and 110e3 < flows['load', h, n]['interruption_ns'] < 130e3"
        " and abs(gbps('load', h, n) - 7.2) < 0.1 for h, n in (('h0', 'nic0.pf0'), ('h1', 'nic0.pf1')))"
        " and all(flows['load', h, n]['failed'] == 0 and abs(gbps('load', h, n) - 12) < 0.1"
        " for h, n in (('h2', 'nic1.pf0'), ('h3', 'nic1.pf1')))"
        " and all(abs(gbps('load', h, n) - 3.8) < 0.2 for h, n in (('h0', 'nic1.pf2'), ('h1', 'nic1.pf3')))");
    expect_flows(
        file, "--set hosts.h0.hotplug=none 2> /dev/null",
        "('load', 'h0', 'nic1.pf2') not in flows and p99('load', 'h0', 'nic0.pf0') > 90e3");
}
