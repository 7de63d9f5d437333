#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <string.h>

static const char small[] = "mriov: 1\n"
                            "name: small\n"
                            "run: {duration: 20us}\n"
                            "chassis:\n"
                            "  - name: tor\n"
                            "hosts:\n"
                            "  - {name: \"h[0-1]\", chassis: tor}\n"
                            "adapters:\n"
                            "  - {name: nic0, at: tor}\n"
                            "assign:\n"
                            "  - {function: nic0, to: \"h[0-1]\"}\n"
                            "workloads:\n"
                            "  - {name: writes, function: \"nic0@h[0-1]\", op: dma-write, size: 256B}\n"
                            "expect:\n"
                            "  - {flow: writes, goodput: \"> 0Gbps\"}\n";

void program_scenario(void)
{
    shell_put("small.yaml", small);
}

void expect_answer(const char *command, int exit_code, const char *out, const char *err)
{
    struct shell_answer answer = shell_run(command);
    cr_expect_eq(answer.exit_code, exit_code, "%s: exit code %d, not %d", command, answer.exit_code, exit_code);
    if (out)
        cr_expect_str_eq(answer.out, out, "%s: said `%s`", command, answer.out);
    if (err)
        cr_expect_str_eq(answer.err, err, "%s: complained `%s`", command, answer.err);
    shell_free(&answer);
}

void expect_words(const char *command, int exit_code, const char *out, const char *err)
{
    struct shell_answer answer = shell_run(command);
    cr_expect_eq(answer.exit_code, exit_code, "%s: exit code %d, not %d", command, answer.exit_code, exit_code);
    cr_expect(strstr(answer.out, out), "%s: said `%s`", command, answer.out);
    cr_expect(strstr(answer.err, err), "%s: complained `%s`", command, answer.err);
    shell_free(&answer);
}
