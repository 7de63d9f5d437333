/* How far mriovctl lets time pass while it waits for an operation, when the daemon is stepped. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/control.h"
#include "tests/support/daemon_ask.h"
#include "tests/support/shell.h"

TestSuite(control_time, .timeout = 120);

#define CODE(name) MRIOV__V1__STATUS__CODE__##name

static uint64_t now_ns(struct client *client)
{
    Mriov__V1__GetClockRequest request = MRIOV__V1__GET_CLOCK_REQUEST__INIT;
    Mriov__V1__GetClockResponse *clock = daemon_call(client, "GetClock", &request.base, CODE(OK));
    uint64_t now = clock->now_ns;
    daemon_free(clock);
    return now;
}

static uint64_t ended_ns(struct client *client, uint64_t id)
{
    Mriov__V1__GetOperationRequest request = MRIOV__V1__GET_OPERATION_REQUEST__INIT;
    request.id = id;
    Mriov__V1__GetOperationResponse *response = daemon_call(client, "GetOperation", &request.base, CODE(OK));
    uint64_t ended = response->operation->ended_ns;
    daemon_free(response);
    return ended;
}

/* Time stands where each has ended: at the end of that ns. */
Test(control_time, until_it_has_ended)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    struct client *client = daemon_client(&daemon);
    static const char *const commands[] = {
        "assign ssd0.vf0 h0", "move ssd0.vf0 h3:1",      "move ssd0.vf0 h2/vm0", "qos nic0@h0 max=1Gbps",
        "release ssd0.vf0",   "release nic0@h0 managed", "port h1 retrain",      "assign ssd0.vf1 h1",
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        uint64_t before_ns = now_ns(client);
        control_expect(commands[i], 0, "SUCCEEDED", "");
        uint64_t after_ns = now_ns(client), end_ns = ended_ns(client, i + 1);
        cr_expect(
            after_ns == end_ns || after_ns == end_ns + 1, "%s: ended at %llu ns, and the clock is at %llu ns",
            commands[i], (unsigned long long)end_ns, (unsigned long long)after_ns);
        cr_expect_geq(after_ns, before_ns);
    }
    client_close(client);
    control_stop(&daemon);
}

/* What it ends at is no matter of the model's: the same results, when all has come to one time. */
Test(control_time, results_are_the_same)
{
    static const char *const ways[] = {
        "\"$C\" assign ssd0.vf0 h0",
        "\"$C\" --no-wait assign ssd0.vf0 h0 && \"$C\" advance 3us && \"$C\" advance 7ns",
    };
    for (int way = 0; way < 2; way++) {
        struct daemon daemon;
        char command[512];
        control_start(&daemon, NULL);
        snprintf(
            command, sizeof command,
            "%s && now=$(\"$C\" --json clock | awk -F'[ ,]+' '/now_ns/ {print $3}') && \"$C\" advance $((90000 - "
            "now))ns && \"$C\" results > results%d",
            ways[way], way);
        struct shell_answer answer = shell_run(command);
        cr_assert_eq(answer.exit_code, 0, "%s", answer.err);
        shell_free(&answer);
        if (way == 1) {
            struct shell_answer same = shell_run("[ -s results0 ] && cmp results0 results1");
            cr_expect_eq(same.exit_code, 0, "%s", same.out);
            shell_free(&same);
            shell_end();
        }
        daemon_stop(&daemon);
    }
}

/* Several at a time: whoever lets time pass does so for all. */
Test(control_time, several_wait)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    struct shell_answer answer =
        shell_run("for n in 0 1 2 3 4 5; do \"$C\" assign ssd0.vf$n h$((n % 3)) > out$n 2>&1 & done; wait; cat out*");
    cr_expect_eq(answer.exit_code, 0);
    int ended = 0;
    for (const char *at = answer.out; (at = strstr(at, "SUCCEEDED")) != NULL; at++)
        ended++;
    cr_expect_eq(ended, 6, "%s", answer.out);
    shell_free(&answer);
    control_stop(&daemon);
}

/* --- Advance itself --- */

Test(control_time, advance_until_an_operation_ends)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__AdvanceRequest advance = MRIOV__V1__ADVANCE_REQUEST__INIT;
    advance.until_operation = 1;
    daemon_expect(client, "Advance", &advance.base, CODE(NOT_FOUND));
    Mriov__V1__AssignRequest assign = MRIOV__V1__ASSIGN_REQUEST__INIT;
    assign.function = "ssd0.vf0";
    assign.to = "h0";
    advance.until_operation = ask_begin(client, "Assign", &assign.base);
    advance.duration_ns = 100; /* it ends before the operation does */
    daemon_expect(client, "Advance", &advance.base, CODE(OK));
    cr_expect_eq(now_ns(client), 100);
    cr_expect_neq(ask_state(client, 1), MRIOV__V1__OPERATION__STATE__SUCCEEDED);
    advance.duration_ns = 0;
    daemon_expect(client, "Advance", &advance.base, CODE(OK));
    cr_expect_eq(ask_state(client, 1), MRIOV__V1__OPERATION__STATE__SUCCEEDED);
    uint64_t there_ns = now_ns(client);
    daemon_expect(client, "Advance", &advance.base, CODE(OK));
    cr_expect_eq(now_ns(client), there_ns, "it has ended before");
    advance.duration_ns = 8640000000000000 + 1;
    advance.until_operation = 0;
    daemon_expect(client, "Advance", &advance.base, CODE(INVALID_ARGUMENT));
    client_close(client);
    control_stop(&daemon);
}

/* Cancelled by another while time passes for it: the advance ends too. */
Test(control_time, a_cancelled_operation_ends_the_advance)
{
    struct daemon daemon;
    control_start(&daemon, NULL);
    struct client *client = daemon_client(&daemon), *other = daemon_client(&daemon);
    Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
    release.function = "nic0.pf0"; /* always busy */
    release.policy = MRIOV__V1__POLICY__KIND__WAIT;
    Mriov__V1__AdvanceRequest advance = MRIOV__V1__ADVANCE_REQUEST__INIT;
    advance.until_operation = ask_begin(client, "Release", &release.base);
    cr_assert_neq(client_send(client, "Advance", &advance.base, &(struct client_options){0}), 0);
    while (now_ns(other) < 1000)
        ;
    Mriov__V1__CancelOperationRequest cancel = MRIOV__V1__CANCEL_OPERATION_REQUEST__INIT;
    cancel.id = advance.until_operation;
    daemon_expect(other, "CancelOperation", &cancel.base, CODE(OK));
    Mriov__V1__Response *response = client_receive(client);
    cr_assert_not_null(response);
    cr_expect_eq(response->status->code, CODE(OK), "%s", response->status->message);
    client_free_response(response);
    cr_expect_eq(now_ns(client), now_ns(other));
    client_close(client);
    client_close(other);
    control_stop(&daemon);
}
