/* mriov show from outside. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/program.h"

TestSuite(show, .init = program_scenario, .fini = shell_end, .timeout = 120);

#define SCENARIOS "\"$MRIOV_SOURCE_DIR/docs/scenarios\""

/* Racks of every kind, with what is not modelled yet. */
#define EACH_SCENARIO "for s in " SCENARIOS "/*.yaml; do "

static const char two_hosts_tree[] =
    "two hosts, one adapter\n"
    "\n"
    "PORT    LINK     DELAY  KIND   LEADS TO\n"
    "chassis tor0: 105 ns, cut-through, voq, round-robin\n"
    "  h0    gen4 x8  10 ns  plain  host h0, VH 1\n"
    "  h1    gen4 x8  10 ns  plain  host h1, VH 2\n"
    "  nic0  gen4 x8   0 ns  MR     adapter nic0: dma, mr-iov, 16 PFs, 64 VFs, 2 assigned\n"
    "\n"
    "ADDRESS          WHAT                       BUSES  MEMORY\n"
    "host h0, VH 1\n"
    "  00:00.0        root port                  01-03  0x100000000000-0x1000040fffff  65 MiB\n"
    "  `-01:00.0      upstream bridge of tor0    02-03  0x100000000000-0x1000040fffff  65 MiB\n"
    "    `-02:00.0    downstream bridge to nic0  03-03  0x100000000000-0x1000040fffff  65 MiB\n"
    "      `-03:00.0  nic0.pf0                          0x100000000000  1 MiB\n"
    "host h1, VH 2\n"
    "  00:00.0        root port                  01-03  0x100000000000-0x1000040fffff  65 MiB\n"
    "  `-01:00.0      upstream bridge of tor0    02-03  0x100000000000-0x1000040fffff  65 MiB\n"
    "    `-02:00.0    downstream bridge to nic0  03-03  0x100000000000-0x1000040fffff  65 MiB\n"
    "      `-03:00.0  nic0.pf1                          0x100000000000  1 MiB\n"
    "MR-PCIM, in chassis tor0, VH 0\n"
    "  00:00.0        root port                  01-03  0x100000000000-0x1000000fffff  1 MiB\n"
    "  `-01:00.0      upstream bridge of tor0    02-03  0x100000000000-0x1000000fffff  1 MiB\n"
    "    `-02:00.0    downstream bridge to nic0  03-03  0x100000000000-0x1000000fffff  1 MiB\n"
    "      `-03:00.0  nic0.bf                           0x100000000000  1 MiB\n";

Test(show, tree_of_two_hosts)
{
    expect_answer("$M show " SCENARIOS "/two-hosts.yaml", 0, two_hosts_tree, "");
    expect_answer("$M show --tree " SCENARIOS "/two-hosts.yaml", 0, two_hosts_tree, "");
    expect_answer("$M show - < " SCENARIOS "/two-hosts.yaml", 0, two_hosts_tree, "");
    expect_answer("LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 $M show " SCENARIOS "/two-hosts.yaml", 0, two_hosts_tree, "");
}

Test(show, functions_of_two_hosts)
{
    expect_answer(
        "$M show --functions " SCENARIOS "/two-hosts.yaml | head -5", 0,
        "NAME       OWNER  GUEST  VH  ROUTING-ID  STATE     BAR\n"
        "nic0.bf    -      -       0  03:00.0     managed   0x100000000000\n"
        "nic0.pf0   h0     -       1  03:00.0     assigned  0x100000000000\n"
        "nic0.pf1   h1     -       2  03:00.0     assigned  0x100000000000\n"
        "nic0.pf2   -      -       -  -           free      -\n",
        "");
}

/* What is shown is what runs: the same functions, owners, hierarchies and states as in the results. */
Test(show, functions_as_json_agree_with_the_results)
{
    shell_put(
        "compare.py", "import json, sys\n"
                      "shown = json.load(open('shown.json'))\n"
                      "ran = json.load(open('ran.json'))['functions']\n"
                      "keys = ('name', 'owner', 'state', 'vh', 'routing_id')\n"
                      "for f in shown:\n"
                      "    if f['state'] == 'managed':\n"
                      "        f['routing_id'] = None  # results have those of hosts\n"
                      "assert [[f[k] for k in keys] for f in shown] == [[f[k] for k in keys] for f in ran]\n"
                      "print(len(shown) > 2)\n");
    for (const char *const *name = (const char *const[]){"rack", "two-hosts", "star", NULL}; *name; name++) {
        char command[400];
        snprintf(
            command, sizeof command,
            "$M show " SCENARIOS "/%s.yaml --functions --json > shown.json && $M run " SCENARIOS
            "/%s.yaml --duration 1us --json > ran.json 2>/dev/null; python3 compare.py",
            *name, *name);
        expect_answer(command, 0, "True\n", "");
    }
}

Test(show, dot_is_what_graphviz_reads)
{
    expect_answer(
        EACH_SCENARIO "$M show \"$s\" --dot > rack.dot && dot -Tsvg rack.dot > rack.svg && python3 -c \""
                      "import xml.dom.minidom as m; m.parse('rack.svg')\" || echo \"$s\"; done",
        0, "", "");
    expect_answer(
        "$M show " SCENARIOS "/two-hosts.yaml --dot | dot -Tsvg | grep -c '<title>\\(h0\\|h1\\|tor0\\|nic0\\)</title>'",
        0, "4\n", "");
    shell_put("odd.yaml", "mriov: 1\nname: \"a \\\"b\\\" \\\\N &lt; <i>\"\nchassis: [{name: t}]\n");
    expect_answer(
        "$M show odd.yaml --dot | dot -Tsvg | grep -o '<text.*lt.*</text>' | sed 's/<[^>]*>//g'", 0,
        "a &quot;b&quot; \\N &amp;lt; &lt;i&gt;\n", "");
}

/* All views of all that ships, reference.yaml included, of which much is not modelled yet. */
Test(show, works_for_what_cannot_be_run_yet)
{
    expect_answer(
        EACH_SCENARIO "for v in --tree --functions '--functions --json' --dot; do "
                      "$M show \"$s\" $v > said || echo \"$s $v\"; test -s said || echo nothing; done; done",
        0, "", "");
}

Test(show, fits_in_120_columns)
{
    expect_answer(
        "for v in --tree --functions; do $M show " SCENARIOS "/reference.yaml $v; done | grep '.\\{121\\}'", 1, "", "");
    expect_answer("$M show " SCENARIOS "/rack.yaml | grep -v '^[ -~]*$'", 1, "", "");
}

Test(show, settings_change_what_is_shown)
{
    expect_words(
        "$M show small.yaml --set hosts.h1.link.gen=5", 0, "\n  h1    gen5 x8   10 ns  plain  host h1, VH 2\n", "");
    expect_words("$M show small.yaml --set 'hosts.h1.link.gen=9'", 2, "", "mriov: --set hosts.h1.link.gen=9: ");
}

Test(show, bad_usage_is_one_line)
{
    static const struct {
        const char *command, *err;
    } cases[] = {
        {"$M show", "mriov: show: a scenario is missing: mriov show SCENARIO\n"},
        {"$M show --dot", "mriov: show: a scenario is missing: mriov show SCENARIO\n"},
        {"$M show small.yaml small.yaml", "mriov: small.yaml: one scenario at a time, and small.yaml is one already\n"},
        {"$M show small.yaml --dot --tree", "mriov: --tree: one view at a time, and --dot is one already\n"},
        {"$M show small.yaml --functions --lspci h0",
         "mriov: --lspci: one view at a time, and --functions is one already\n"},
        {"$M show small.yaml --fonctions", "mriov: --fonctions: unknown option; did you mean `--functions`?\n"},
        {"$M show small.yaml --dot=x", "mriov: --dot: takes no value, not `x`\n"},
        {"$M show small.yaml --json", "mriov: --json: goes with --functions; --tree has no such form\n"},
        {"$M show small.yaml --json --dot", "mriov: --json: goes with --functions; --dot has no such form\n"},
        {"$M show small.yaml --raw", "mriov: --raw: goes with --lspci HOST\n"},
        {"$M show small.yaml --lspci", "mriov: --lspci: a value is missing: --lspci HOST\n"},
        {"$M show small.yaml --lspci h2", "mriov: --lspci h2: no host is called `h2`; did you mean `h0`?\n"},
        {"$M show small.yaml --lspci nic0", "mriov: --lspci nic0: no host is called `nic0`\n"},
        {"$M show small.yaml --lspci h0 --lspci h1", "mriov: --lspci h1: one host at a time, and h0 is one already\n"},
        {"$M show none.yaml", "mriov: none.yaml: cannot be read: No such file or directory\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_answer(cases[i].command, 2, "", cases[i].err);
}

Test(show, a_scenario_that_is_not_valid)
{
    shell_put("bad.yaml", "mriov: 1\nhosts:\n  - {name: h0, lnk: {gen: 5}}\n");
    expect_answer("$M show bad.yaml", 2, "", "mriov: bad.yaml:3:16: unknown key `lnk`; did you mean `link`?\n");
    shell_put(
        "large.yaml", "mriov: 1\nchassis: [{name: t}]\nhosts: [{name: h, chassis: t}]\n"
                      "adapters: [{name: \"n[0-299]\", at: t}]\nassign: [{function: \"n*\", to: h}]\n");
    expect_words("$M show large.yaml", 2, "", "mriov: large.yaml: host h: its hierarchy would need ");
}

Test(show, help_and_an_output_that_cannot_be)
{
    expect_words("$M show --help", 0, "--functions", "");
    expect_answer("$M show --version", 0, "mriov " MRIOV_VERSION "\n", "");
    expect_answer("$M show small.yaml > /dev/full", 1, "", "mriov: standard output: No space left on device\n");
}
