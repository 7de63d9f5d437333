/* The program from outside: usage, help, and the check of scenarios. */
#include <criterion/criterion.h>

#include "tests/support/program.h"

TestSuite(program, .init = program_scenario, .fini = shell_end, .timeout = 120);

Test(program, bad_usage_is_one_line_that_says_what_would_be_right)
{
    static const struct {
        const char *command, *err;
    } cases[] = {
        {"$M", "mriov: a command is missing; --help lists those there are\n"},
        {"$M chekc small.yaml", "mriov: chekc: unknown command; did you mean `check`?\n"},
        {"$M frobnicate", "mriov: frobnicate: unknown command; --help lists those there are\n"},
        {"$M sweep small.yaml", "mriov: sweep: this command is not built yet\n"},
        {"$M whatif small.yaml", "mriov: whatif: this command is not built yet\n"},
        {"$M report out", "mriov: report: this command is not built yet\n"},
        {"$M check", "mriov: check: a scenario is missing: mriov check SCENARIO\n"},
        {"$M check small.yaml --shema", "mriov: --shema: unknown option; did you mean `--schema`?\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_answer(cases[i].command, 2, "", cases[i].err);
}

Test(program, help_and_version_work_everywhere)
{
    expect_words("$M --help", 0, "usage: mriov COMMAND", "");
    expect_words("$M -h", 0, "check ", "");
    expect_words("$M check --help", 0, "--schema", "");
    expect_answer("$M --version", 0, "mriov " MRIOV_VERSION "\n", "");
    expect_answer("$M check --version", 0, "mriov " MRIOV_VERSION "\n", "");
}

Test(program, a_scenario_that_is_not_valid)
{
    shell_put("bad.yaml", "mriov: 1\nhosts:\n  - {name: h0, lnk: {gen: 5}}\n");
    expect_answer("$M check bad.yaml", 2, "", "mriov: bad.yaml:3:16: unknown key `lnk`; did you mean `link`?\n");
    expect_words("$M check small.yaml", 0, "valid", "");
    expect_words("$M check none.yaml", 2, "", "mriov: none.yaml: ");
    expect_words("$M check - < small.yaml", 0, "valid", "");
}

Test(program, what_is_not_modelled_yet_is_valid_and_said)
{
    expect_answer(
        "{ cat small.yaml; echo 'teams:'; echo '  - {name: b0, host: h0, members: [nic0@h0]}'; } > later.yaml; "
        "$M check later.yaml",
        0, "later.yaml: valid, but it cannot be run yet\n", "mriov: later.yaml:16:1: `teams` is not modelled yet\n");
}

Test(program, the_schema_is_json)
{
    expect_words("$M check --schema | python3 -m json.tool", 0, "\"properties\"", "");
}

Test(program, an_output_that_cannot_be)
{
    expect_answer("$M --help > /dev/full", 1, "", "mriov: standard output: No space left on device\n");
    expect_answer("$M check --schema > /dev/full", 1, "", "mriov: standard output: No space left on device\n");
    expect_answer("$M check small.yaml > /dev/full", 1, "", "mriov: standard output: No space left on device\n");
    expect_answer("$M --version >&-", 1, "", "mriov: standard output: Bad file descriptor\n");
    /* A reader that left is nobody's fault; the exit code says it all the same. */
    expect_answer("{ sleep 0.2; $M --help; echo $? >&2; } | true", 0, "", "1\n");
}

Test(program, check_takes_settings_and_a_schema_goes_alone)
{
    expect_answer("$M check small.yaml --set hosts.h0.mps=128B", 0, "small.yaml: valid\n", "");
    expect_words(
        "$M check small.yaml --set hosts.h0.mps=100B", 2, "", "mriov: --set hosts.h0.mps=100B: `mps` must be ");
    expect_words("$M check small.yaml --schema", 2, "", "mriov: --schema: checks nothing, so it goes alone");
    expect_words("$M check --schema --set seed=1", 2, "", "mriov: --schema: checks nothing, so it goes alone");
}
