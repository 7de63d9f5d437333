/* mriov validate from outside. */
#include <criterion/criterion.h>

#include "tests/support/program.h"

TestSuite(validate, .init = program_scenario, .fini = shell_end, .timeout = 120);

Test(validate, prints_the_cases_that_are_asked_for)
{
    expect_words("$M validate 9 3", 0, "57.6141 Gb/s", "");
    expect_words("$M validate 9 3", 0, "\n9. Reads against a round trip (Little's law)\n", "");
    expect_words("$M validate 3 7", 0, "not covered: waits for network adapters", "");
}

/* What was not tried did not hold. */
Test(validate, says_so_when_nothing_was_run)
{
    expect_words("$M validate 7", 0, "not covered: waits for network adapters", "");
    expect_words("$M validate 7", 0, "\nNo row was run: there is no verdict.\n", "");
    expect_words("$M validate 13 --quick", 0, "    left out by --quick: its figures are statistical\n", "");
    expect_words("$M validate 13 --quick", 0, "\nNo row was run: there is no verdict.\n", "");
}

Test(validate, prints_json_and_nothing_else)
{
    expect_answer(
        "$M validate --json 9 | python3 -c 'import json, sys\n"
        "report = json.load(sys.stdin)\n"
        "one = report[\"cases\"][0]\n"
        "row = one[\"rows\"][0]\n"
        "print(one[\"case\"], len(one[\"rows\"]) == report[\"rows\"], report[\"failed\"], row[\"scenario\"])\n"
        "print(row[\"expected\"], row[\"bound\"], row[\"tolerance\"], row[\"verdict\"], row[\"reason\"])'",
        0, "9 True 0 c9-reads-in-flight\n32.768 share 0.01 ok None\n", "");
}

/* An installed program has its scenarios with it. */
Test(validate, needs_no_file)
{
    expect_words("cd / && $M validate 27", 0, "rows hold.\n", "");
}

Test(validate, bad_usage)
{
    expect_answer("$M validate 29", 2, "", "mriov: 29: no such case; they are numbered from 1 to 28\n");
    expect_answer("$M validate 0", 2, "", "mriov: 0: no such case; they are numbered from 1 to 28\n");
    expect_answer("$M validate 4294967297", 2, "", "mriov: 4294967297: no such case; they are numbered from 1 to 28\n");
    expect_answer("$M validate 3x", 2, "", "mriov: 3x: no such case; they are numbered from 1 to 28\n");
    expect_answer("$M validate ''", 2, "", "mriov: : no such case; they are numbered from 1 to 28\n");
    expect_answer("$M validate --quik", 2, "", "mriov: --quik: unknown option; did you mean `--quick`?\n");
    expect_words("$M validate --help", 0, "--quick", "");
}
