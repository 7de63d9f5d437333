/* How simulated time passes in mriovd, and where it ends. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mgmt/limits.h"
#include "tests/support/daemon.h"
#include "tests/support/daemon_ask.h"

TestSuite(daemon_time, .timeout = 120);

#define CODE(name) MRIOV__V1__STATUS__CODE__##name
#define END_NS UINT64_C(510000)

static const char idle[] = "mriov: 1\nname: idle\nrun: {warmup: 10us, duration: 500us}\nchassis: [{name: tor0}]\n"
                           "hosts: [{name: \"h[0-1]\", chassis: tor0}]\nadapters: [{name: nic0, at: tor0, pfs: 2}]\n"
                           "assign: [{function: nic0, to: h0}]\n";
static const char *const at_max[] = {"--pace", "max", NULL};

static Mriov__V1__GetClockResponse *ask_clock(struct client *client)
{
    Mriov__V1__GetClockRequest request = MRIOV__V1__GET_CLOCK_REQUEST__INIT;
    return daemon_call(client, "GetClock", &request.base, CODE(OK));
}

static uint64_t now_ns(struct client *client)
{
    Mriov__V1__GetClockResponse *clock = ask_clock(client);
    uint64_t now = clock->now_ns;
    daemon_free(clock);
    return now;
}

/* Simulated time is not what it was, for 10 s at most. */
static void await_past(struct client *client, uint64_t before_ns)
{
    for (int waited_ms = 0; now_ns(client) <= before_ns; waited_ms++) {
        cr_assert_lt(waited_ms, 10000);
        usleep(1000);
    }
}

static Mriov__V1__MoveRequest move_to(const char *host)
{
    Mriov__V1__MoveRequest move = MRIOV__V1__MOVE_REQUEST__INIT;
    move.function = "nic0.pf0";
    move.to = (char *)host;
    move.wait = 1;
    return move;
}

/* It goes to where the scenario's run ends, stands there, and goes on when there is something to do. */
Test(daemon_time, at_most_what_there_is_to_do)
{
    struct daemon daemon;
    daemon_start(&daemon, idle, at_max);
    struct client *client = daemon_client(&daemon);
    await_past(client, END_NS - 1);
    usleep(300000);
    Mriov__V1__GetClockResponse *clock = ask_clock(client);
    cr_expect_eq(clock->now_ns, END_NS);
    cr_expect_eq(clock->end_ns, END_NS);
    cr_expect_not(clock->advancing);
    cr_expect_str_eq(clock->pace, "max");
    daemon_free(clock);
    for (int i = 0; i < 2; i++) {
        uint64_t before_ns = now_ns(client);
        Mriov__V1__MoveRequest move = move_to(i == 0 ? "h1" : "h0");
        daemon_expect(client, "Move", &move.base, CODE(OK));
        usleep(100000);
        uint64_t after_ns = now_ns(client);
        cr_expect(after_ns > before_ns && after_ns < before_ns + 1000000, "%llu ns", (unsigned long long)after_ns);
    }
    client_close(client);
    daemon_stop(&daemon);
}

/* Entries of the timeline are something to do, however far away. */
Test(daemon_time, at_most_until_the_timeline_has_ended)
{
    static const char late[] = "timeline: [{at: 3000s, move: {function: nic0.pf0, to: h1}}]\n";
    char scenario[sizeof idle + sizeof late];
    struct daemon daemon;
    strcat(strcpy(scenario, idle), late);
    daemon_start(&daemon, scenario, at_max);
    struct client *client = daemon_client(&daemon);
    await_past(client, UINT64_C(3000000000000));
    usleep(100000);
    cr_expect_lt(now_ns(client), UINT64_C(3000001000000));
    Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
    cr_expect_str_eq(ask_function(fabric, "nic0.pf0")->owner, "h1");
    daemon_free(fabric);
    client_close(client);
    daemon_stop(&daemon);
}

static void expect_end(const struct daemon *daemon, struct client *client)
{
    Mriov__V1__AdvanceRequest advance = MRIOV__V1__ADVANCE_REQUEST__INIT;
    Mriov__V1__MoveRequest move = move_to("h1");
    Mriov__V1__GetClockResponse *clock = ask_clock(client);
    cr_expect_eq(clock->now_ns, LIMIT_TIME_NS);
    cr_expect_not(clock->advancing);
    daemon_free(clock);
    for (uint64_t ns = 1; ns < UINT64_MAX / 10; ns *= 10) {
        advance.duration_ns = ns;
        daemon_expect(client, "Advance", &advance.base, CODE(INVALID_ARGUMENT));
    }
    daemon_expect(client, "Move", &move.base, CODE(UNAVAILABLE));
    Mriov__V1__WhatIfRequest what_if = MRIOV__V1__WHAT_IF_REQUEST__INIT;
    what_if.horizon_ns = LIMIT_WHAT_IF_NS;
    daemon_expect(client, "WhatIf", &what_if.base, CODE(OK));
    Mriov__V1__GetResultsRequest results = MRIOV__V1__GET_RESULTS_REQUEST__INIT;
    daemon_expect(client, "GetResults", &results.base, CODE(OK));
    char command[256];
    snprintf(
        command, sizeof command, "test $(grep -c 'at its end, 100 days, and stands' %s/log) -eq 1", daemon->folder);
    cr_expect_eq(system(command), 0, "the log says it once");
}

Test(daemon_time, ends_after_100_days)
{
    struct daemon daemon;
    daemon_start(&daemon, idle, NULL);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__AdvanceRequest advance = MRIOV__V1__ADVANCE_REQUEST__INIT;
    ask_advance(client, 1000);
    advance.duration_ns = LIMIT_TIME_NS - 1000 + 1;
    daemon_expect(client, "Advance", &advance.base, CODE(INVALID_ARGUMENT));
    ask_advance(client, LIMIT_TIME_NS - 2000);
    Mriov__V1__MoveRequest move = move_to("h1");
    move.wait = 0;
    daemon_expect(client, "Move", &move.base, CODE(OK));
    ask_advance(client, 1000);
    expect_end(&daemon, client);
    client_close(client);
    daemon_stop(&daemon);
}

/* Who waits for the end of an operation is told that there will be none; other paces change nothing. */
Test(daemon_time, ends_at_any_pace_and_says_so)
{
    struct daemon daemon;
    daemon_start(&daemon, idle, NULL);
    struct client *client = daemon_client(&daemon), *other = daemon_client(&daemon);
    ask_advance(client, LIMIT_TIME_NS - 100);
    Mriov__V1__MoveRequest move = move_to("h1");
    client_send(other, "Move", &move.base, &(struct client_options){0});
    usleep(100000);
    Mriov__V1__SetPaceRequest pace = MRIOV__V1__SET_PACE_REQUEST__INIT;
    pace.pace_case = MRIOV__V1__SET_PACE_REQUEST__PACE_MAX;
    pace.max = 1;
    daemon_expect(client, "SetPace", &pace.base, CODE(OK));
    Mriov__V1__Response *refused = client_receive(other);
    cr_assert_not_null(refused);
    cr_expect_eq(refused->status->code, CODE(UNAVAILABLE), "%s", refused->status->message);
    client_free_response(refused);
    pace.pace_case = MRIOV__V1__SET_PACE_REQUEST__PACE_RATIO;
    pace.ratio = 1e6;
    daemon_expect(client, "SetPace", &pace.base, CODE(OK));
    Mriov__V1__PauseRequest pause = MRIOV__V1__PAUSE_REQUEST__INIT;
    daemon_expect(client, "Pause", &pause.base, CODE(OK));
    expect_end(&daemon, client);
    client_close(other);
    client_close(client);
    daemon_stop(&daemon);
}

/* The longest deadline at the latest time is still a time. */
Test(daemon_time, durations_have_a_bound_too)
{
    struct daemon daemon;
    daemon_start(&daemon, idle, NULL);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
    ask_advance(client, LIMIT_TIME_NS - 10000);
    release.function = "nic0.pf0";
    release.deadline_ns = LIMIT_TIME_NS + 1;
    daemon_expect(client, "Release", &release.base, CODE(INVALID_ARGUMENT));
    release.deadline_ns = LIMIT_TIME_NS;
    daemon_expect(client, "Release", &release.base, CODE(OK));
    ask_advance(client, 10000);
    client_close(client);
    daemon_stop(&daemon);
}

/* Its deadline ends an Advance where it is, and does not say that anything goes on. */
Test(daemon_time, a_deadline_ends_an_advance)
{
    struct daemon daemon;
    daemon_start(&daemon, NULL, NULL);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__AdvanceRequest advance = MRIOV__V1__ADVANCE_REQUEST__INIT;
    advance.duration_ns = UINT64_C(100000000000);
    Mriov__V1__Response *response =
        client_call(client, "Advance", &advance.base, &(struct client_options){.deadline_ms = 50});
    cr_assert_not_null(response);
    cr_expect_eq(response->status->code, CODE(DEADLINE_EXCEEDED));
    cr_expect_null(strstr(response->status->message, "goes on"), "%s", response->status->message);
    client_free_response(response);
    uint64_t stands_ns = now_ns(client);
    usleep(50000);
    cr_expect_eq(now_ns(client), stands_ns);
    client_close(client);
    daemon_stop(&daemon);
}
