/* mriovctl's completion in a bash that somebody types into: readline breaks words where no shell does. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/control.h"
#include "tests/support/shell.h"

TestSuite(control_completion, .timeout = 120);

/* On a terminal: types each line of `typed-lines` and a tab, and prints what stands on the command line then. */
static const char typist[] =
    "import os, pty, re, select, time\n"
    "pid, fd = pty.fork()\n"
    "if pid == 0:\n"
    "    os.environ['PS1'] = '$ '\n"
    "    os.environ['TERM'] = 'dumb'\n"
    "    os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])\n"
    "def until(pattern):\n"
    "    said = b''\n"
    "    end = time.time() + 30\n"
    "    while time.time() < end and not re.search(pattern, said):\n"
    "        if select.select([fd], [], [], 0.1)[0]:\n"
    "            said += os.read(fd, 4096)\n"
    "    return said\n"
    "os.write(fd, b'bind \"set bell-style none\"; bind -x \\'\"\\\\C-t\": printf \"<%s>\" \"$READLINE_LINE\"\\';'\n"
    "    b' . \"$MRIOV_SOURCE_DIR/docs/completion/mriovctl\"; echo rea\"\"dy\\n')\n"
    "until(rb'ready')\n"
    "for line in open('typed-lines').read().splitlines():\n"
    "    os.write(fd, line.encode() + b'\\t\\x14')\n"
    "    print(re.search(rb'<([^>]*)>', until(rb'<[^>]*>')).group(1).decode())\n"
    "    os.write(fd, b'\\x15')\n"
    "os.write(fd, b'exit\\n')\n"
    "until(rb'exit')\n";

Test(control_completion, typed)
{
    static const struct {
        const char *typed, *then; /* %s: the daemon's address */
    } lines[] = {
        {"mriovctl wha", "mriovctl whatif "},
        {"mriovctl move nic0.pf0 h3", "mriovctl move nic0.pf0 h3 "},
        {"mriovctl release nic1.pf3 sur", "mriovctl release nic1.pf3 surprise "},
        {"mriovctl --json --no-", "mriovctl --json --no-wait "},
        {"mriovctl vfs nic0.pf7", "mriovctl vfs nic0.pf7 "},
        {"mriovctl migrate h2/vm1", "mriovctl migrate h2/vm1 "},
        {"mriovctl -c %s rel", "mriovctl -c %s release "},
        {"mriovctl -c %s assign gpu", "mriovctl -c %s assign gpu0.pf0 "},
        {"mriovctl --connect=%s assign gpu", "mriovctl --connect=%s assign gpu0.pf0 "},
        {"mriovctl -c unix:/nowhere assign gpu", "mriovctl -c unix:/nowhere assign gpu"},
        {"mriovctl -c un", "mriovctl -c unix:"},
        {"mriovctl -c unix:./typed-", "mriovctl -c unix:./typed-lines "},
        {"mriovctl port isl", "mriovctl port isl0 "},
        {"mriovctl port h3:1", "mriovctl port h3:1 "},
        {"mriovctl port h3:", "mriovctl port h3:"},
        {"mriovctl port h3:0 dis", "mriovctl port h3:0 disable "},
        {"mriovctl --timeout 1s pace st", "mriovctl --timeout 1s pace step "},
        {"mriovctl qos nic0.pf0 min=1Gbps wei", "mriovctl qos nic0.pf0 min=1Gbps weight="},
        {"mriovctl --tls-key=./typed-", "mriovctl --tls-key=./typed-lines "},
        {"mriovctl apply ./typed-", "mriovctl apply ./typed-lines "},
        {"mriovctl apply ./typed pru", "mriovctl apply ./typed prune "},
    };
    enum { LINES = sizeof lines / sizeof lines[0] };
    struct daemon daemon;
    char typed[8192] = "", wanted[8192] = "", line[512];
    control_start(&daemon, NULL);
    for (size_t i = 0; i < LINES; i++) {
        const char *texts[] = {lines[i].typed, lines[i].then};
        for (int t = 0; t < 2; t++) {
            const char *place = strstr(texts[t], "%s");
            int before = place != NULL ? (int)(place - texts[t]) : (int)strlen(texts[t]);
            snprintf(
                line, sizeof line, "%.*s%s%s\n", before, texts[t], place != NULL ? daemon.address : "",
                place != NULL ? place + 2 : "");
            strncat(t == 0 ? typed : wanted, line, sizeof typed - strlen(t == 0 ? typed : wanted) - 1);
        }
    }
    shell_put("typed-lines", typed);
    shell_put("wanted", wanted);
    shell_put("typist.py", typist);
    struct shell_answer answer =
        shell_run("mkdir bin && ln -s \"$C\" bin/mriovctl && PATH=$PWD/bin:$PATH timeout 100 python3 typist.py > "
                  "stands; diff wanted stands");
    cr_expect_eq(answer.exit_code, 0, "%s%s", answer.out, answer.err);
    shell_free(&answer);
    control_stop(&daemon);
}
