#include "tests/support/control.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/place.h"
#include "tests/support/shell.h"

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

void control_start(struct daemon *daemon, const char *const *arguments)
{
    daemon_start(daemon, rack, arguments);
    setenv("MRIOVD", daemon->address, 1);
    setenv("C", place_control(), 1);
}

void control_stop(struct daemon *daemon)
{
    shell_end();
    daemon_stop(daemon);
}

void control_expect(const char *command, int exit_code, const char *out, const char *err)
{
    char line[1024];
    snprintf(line, sizeof line, "\"$C\" %s", command);
    struct shell_answer answer = shell_run(line);
    cr_expect_eq(answer.exit_code, exit_code, "%s: exit code %d: %s", command, answer.exit_code, answer.err);
    cr_expect(strstr(answer.out, out) != NULL, "%s: said `%s`, not `%s`", command, answer.out, out);
    cr_expect(strstr(answer.err, err) != NULL, "%s: complained `%s`, not `%s`", command, answer.err, err);
    shell_free(&answer);
}

void control_expect_owner(const char *function, const char *owner, const char *state)
{
    char command[512], wanted[128];
    snprintf(
        command, sizeof command,
        "functions --json | python3 -c 'import json, sys; f = {x[\"name\"]: x for x in json.load(sys.stdin)}[\"%s\"]; "
        "print(f[\"owner\"], f[\"state\"])'",
        function);
    snprintf(wanted, sizeof wanted, "%s %s\n", owner, state);
    control_expect(command, 0, wanted, "");
}
