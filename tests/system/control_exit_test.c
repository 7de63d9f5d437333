/* What mriovctl ends with: each exit code of its man page, and one line that says why. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/control.h"
#include "tests/support/place.h"
#include "tests/support/shell.h"

TestSuite(control_exit, .timeout = 120);

/* COMMAND must end with EXIT_CODE and one line on stderr that has WHY. */
static void expect_line(const char *command, int exit_code, const char *why)
{
    char line[1024];
    snprintf(line, sizeof line, "\"$C\" %s", command);
    struct shell_answer answer = shell_run(line);
    const char *end = strchr(answer.err, '\n');
    cr_expect_eq(answer.exit_code, exit_code, "%s: exit code %d: %s", command, answer.exit_code, answer.err);
    cr_expect(end != NULL && end[1] == '\0', "%s: not one line: %s", command, answer.err);
    cr_expect(strstr(answer.err, why) != NULL, "%s: complained `%s`, not `%s`", command, answer.err, why);
    cr_expect_str_empty(answer.out, "%s: said %s", command, answer.out);
    shell_free(&answer);
}

Test(control_exit, done_refused_and_failed)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    control_expect("hello", 0, "ADMINISTRATOR", "");
    control_expect("--help", 0, "apply FILE [prune] [dry-run] [POLICY]\n", "");
    control_expect("--version", 0, "mriovctl", "");
    expect_line("assign nic0.pf0 h2", 1, "Assign: ALREADY_ASSIGNED: nic0.pf0");
    expect_line("assign nic7 h2", 1, "Assign: NOT_FOUND");
    control_expect("assign nic0.pf5 h2 4", 0, "SUCCEEDED", "");
    control_expect("vfs nic0.pf5 99", 1, "", "SetVfs: ");
    expect_line("lspci h7", 1, "no host is called that");
    control_expect("hello > /dev/full", 1, "", "standard output: ");
    control_stop(&daemon);
}

Test(control_exit, bad_usage)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    static const struct {
        const char *command, *why;
    } cases[] = {
        {"", "a command is missing"},
        {"asign nic0 h2", "unknown command"},
        {"--jsn hello", "--jsn"},
        {"assign nic0", "something is missing"},
        {"hello twice", "too much"},
        {"-c foo hello", "foo: must be unix:PATH or tcp:HOST:PORT"},
        {"-c unix: hello", "must be unix:PATH"},
        {"-c tcp:7000 hello", "must be tcp:HOST:PORT"},
        {"-c tcp::7000 hello", "must be tcp:HOST:PORT"},
        {"-c tcp:localhost:7000 hello", "is missing"},
        {"-c unix:$(printf '%0200d' 0) hello", "File name too long"},
        {"--timeout 5 hello", "needs a unit"},
        {"--timeout 1us hello", "must be 0, or from 1ms"},
        {"advance 5", "needs a unit"},
        {"lspci h3:", "must be HOST or HOST:PORT"},
        {"apply /nowhere.yaml", "No such file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_line(cases[i].command, 2, cases[i].why);
    control_stop(&daemon);
}

Test(control_exit, one_root_port)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    control_expect("lspci h3:1 > one; \"$C\" lspci h3 | awk '/^0001:/ {on = 1} on' | cmp - one", 0, "", "");
    control_expect("lspci h3:1", 0, "0001:00:00.0", "");
    expect_line("lspci h3:2", 1, "h3 has 2 root ports");
    control_stop(&daemon);
}

/* --- no daemon --- */

Test(control_exit, no_daemon)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    expect_line("-c unix:/nowhere hello", 3, "No such file");
    daemon_kill(&daemon, SIGKILL);
    expect_line("hello", 3, "Connection refused");
    daemon_restart(&daemon, NULL);
    struct shell_answer begun = /* of a function that is never idle */
        shell_run("(\"$C\" release nic0@h0 wait; echo $? > code) > said 2>&1 & sleep 0.5");
    shell_free(&begun);
    daemon_kill(&daemon, SIGKILL);
    struct shell_answer lost =
        shell_run("for n in $(seq 100); do [ -s code ] && break; sleep 0.05; done; cat code; cat said >&2");
    cr_expect_str_eq(lost.out, "3\n");
    cr_expect(strstr(lost.err, "has closed the connection") != NULL, "%s", lost.err);
    shell_free(&lost);
    daemon_restart(&daemon, NULL);
    control_stop(&daemon);
}

/* One that has stopped takes connections and requests still, as the kernel does that. */
Test(control_exit, no_answer)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    cr_assert_eq(kill(daemon.pid, SIGSTOP), 0);
    expect_line("--timeout 200ms clock", 3, "GetClock: the daemon does not answer: nothing for 0.2 s");
    expect_line("--timeout 200ms watch", 3, "does not answer");
    expect_line("--timeout 200ms results", 3, "GetResults: the daemon does not answer");
    struct shell_answer patient =
        shell_run("(\"$C\" --timeout 0 clock > clock) & sleep 0.5; [ -s clock ] || echo waits");
    cr_expect_str_eq(patient.out, "waits\n");
    shell_free(&patient);
    cr_assert_eq(kill(daemon.pid, SIGCONT), 0);
    control_expect("clock", 0, "0 ns, pace step", "");
    control_stop(&daemon);
}

/* Nobody accepts: when the queue of connections is full, connecting waits. */
Test(control_exit, no_place)
{
    struct daemon daemon;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    daemon_prepare(&daemon, NULL);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/full", daemon.folder);
    int listening = socket(AF_UNIX, SOCK_STREAM, 0), waiting = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(bind(listening, (const struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listening, 0), 0);
    cr_assert_eq(connect(waiting, (const struct sockaddr *)&address, sizeof address), 0);
    setenv("C", place_control(), 1);
    char command[256];
    snprintf(command, sizeof command, "-c unix:%s --timeout 200ms clock", address.sun_path);
    expect_line(command, 3, "no answer for too long");
    close(waiting);
    close(listening);
    shell_end();
}

/* A daemon that is long about something, and there. */
Test(control_exit, long_work_is_no_silence)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    control_expect("pace 0.00001", 0, "", "");
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    control_expect("--timeout 200ms assign ssd0.vf0 h0", 0, "SUCCEEDED", "");
    clock_gettime(CLOCK_MONOTONIC, &end);
    cr_expect_gt(end.tv_sec - begin.tv_sec, 0, "it was meant to take much longer than 200 ms");
    control_stop(&daemon);
}
