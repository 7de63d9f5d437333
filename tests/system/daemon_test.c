/* mriovd from outside: time, the rack, figures, several clients. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostsim/rack/results_json.h"
#include "tests/support/daemon.h"
#include "tests/support/rack.h"

TestSuite(daemon, .timeout = 120);

#define OK MRIOV__V1__STATUS__CODE__OK

static void advance(struct client *client, uint64_t ns)
{
    Mriov__V1__AdvanceRequest request = MRIOV__V1__ADVANCE_REQUEST__INIT;
    request.duration_ns = ns;
    daemon_expect(client, "Advance", &request.base, OK);
}

static Mriov__V1__GetClockResponse *get_clock(struct client *client)
{
    Mriov__V1__GetClockRequest request = MRIOV__V1__GET_CLOCK_REQUEST__INIT;
    return daemon_call(client, "GetClock", &request.base, OK);
}

static uint64_t now_ns(struct client *client)
{
    Mriov__V1__GetClockResponse *clock = get_clock(client);
    uint64_t ns = clock->now_ns;
    daemon_free(clock);
    return ns;
}

Test(daemon, says_who_it_is_and_who_is_there)
{
    struct daemon daemon;
    daemon_start(&daemon, NULL, NULL);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__HelloRequest request = MRIOV__V1__HELLO_REQUEST__INIT;
    Mriov__V1__HelloResponse *hello = daemon_call(client, "Hello", &request.base, OK);
    cr_expect_str_eq(hello->version, MRIOV_VERSION);
    cr_expect_str_eq(hello->scenario, "small");
    cr_expect_eq(hello->role, MRIOV__V1__HELLO_RESPONSE__ROLE__ADMINISTRATOR);
    cr_expect_gt(hello->epoch, 0);
    daemon_free(hello);
    struct stat found;
    cr_assert_eq(stat(daemon.address + strlen("unix:"), &found), 0);
    cr_expect_eq(found.st_mode & 0777, 0600);
    client_close(client);
    daemon_stop(&daemon);
}

static const char rack[] =
    "mriov: 1\nname: same\nrun: {warmup: 3us, duration: 30us}\n"
    "chassis: [{name: tor}]\n"
    "hosts: [{name: \"h[0-3]\", chassis: tor}]\n"
    "adapters: [{name: nic, at: tor, kind: dma}]\n"
    "assign: [{function: nic, to: \"h[0-3]\"}]\n"
    "workloads:\n"
    "  - {name: w, function: \"nic@h[0-3]\", op: dma-write, size: 256B, arrival: {poisson: 9Gbps}}\n"
    "  - {name: r, function: nic@h1, op: dma-read, size: 4KiB}\n"
    "expect:\n  - {flow: w, goodput: \"> 1Gbps\"}\n";

/* The bytes of results.json of a run of the same scenario. */
static char *run_json(void)
{
    struct results results = rack_results(rack);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    results_json_write(&results, out);
    fclose(out);
    results_free(&results);
    return text;
}

/* Stepped in uneven pieces, with results asked for on the way: that must leave no trace. */
Test(daemon, results_are_those_of_a_run_byte_for_byte)
{
    struct daemon daemon;
    daemon_start(&daemon, rack, NULL);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__GetResultsRequest request = MRIOV__V1__GET_RESULTS_REQUEST__INIT;
    static const uint64_t steps_ns[] = {1, 999, 2500, 7, 12493, 5000, 12000};
    for (size_t i = 0; i < sizeof steps_ns / sizeof steps_ns[0]; i++) {
        advance(client, steps_ns[i]);
        daemon_expect(client, "GetResults", &request.base, OK);
        Mriov__V1__GetStatisticsRequest statistics = MRIOV__V1__GET_STATISTICS_REQUEST__INIT;
        daemon_expect(client, "GetStatistics", &statistics.base, OK);
    }
    cr_expect_eq(now_ns(client), 33000);
    Mriov__V1__GetResultsResponse *response = daemon_call(client, "GetResults", &request.base, OK);
    char *expected = run_json();
    cr_expect_eq(response->results.len, strlen(expected));
    cr_expect_arr_eq(response->results.data, expected, strlen(expected));
    free(expected);
    daemon_free(response);
    advance(client, 50000); /* on, beyond the end of the run */
    Mriov__V1__GetStatisticsRequest statistics_request = MRIOV__V1__GET_STATISTICS_REQUEST__INIT;
    Mriov__V1__GetStatisticsResponse *statistics = daemon_call(client, "GetStatistics", &statistics_request.base, OK);
    cr_expect_eq(statistics->measured_ns, 80000);
    cr_expect_eq(statistics->n_flows, 5);
    cr_expect_eq(statistics->totals->cross_vh_deliveries, 0);
    for (size_t i = 0; i < statistics->n_flows; i++) {
        cr_expect_gt(statistics->flows[i]->operations, 0);
        cr_expect_leq(statistics->flows[i]->latency_p50_ns, statistics->flows[i]->latency_max_ns);
    }
    daemon_free(statistics);
    client_close(client);
    daemon_stop(&daemon);
}

Test(daemon, time_passes_as_it_is_told)
{
    struct daemon daemon;
    daemon_start(&daemon, NULL, NULL);
    struct client *client = daemon_client(&daemon);
    cr_expect_eq(now_ns(client), 0);
    advance(client, 12345);
    cr_expect_eq(now_ns(client), 12345, "stepped, and not a step further");
    Mriov__V1__SetPaceRequest pace = MRIOV__V1__SET_PACE_REQUEST__INIT;
    pace.pace_case = MRIOV__V1__SET_PACE_REQUEST__PACE_MAX;
    pace.max = 1;
    daemon_expect(client, "SetPace", &pace.base, OK);
    while (now_ns(client) < 100000)
        ;
    Mriov__V1__AdvanceRequest request = MRIOV__V1__ADVANCE_REQUEST__INIT;
    request.duration_ns = 1;
    daemon_expect(client, "Advance", &request.base, MRIOV__V1__STATUS__CODE__UNSUPPORTED);
    Mriov__V1__PauseRequest pause = MRIOV__V1__PAUSE_REQUEST__INIT;
    daemon_expect(client, "Pause", &pause.base, OK);
    uint64_t paused_ns = now_ns(client);
    cr_expect_eq(now_ns(client), paused_ns);
    pace.pace_case = MRIOV__V1__SET_PACE_REQUEST__PACE_RATIO;
    pace.ratio = 1e-4; /* a second is 100 us */
    daemon_expect(client, "SetPace", &pace.base, OK);
    usleep(300000);
    uint64_t passed_ns = now_ns(client) - paused_ns;
    cr_expect(passed_ns > 20000 && passed_ns < 300000, "in 0.3 s, %lu ns", (unsigned long)passed_ns);
    static const double bad[] = {0, -1, 1e-10, 1e7};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        pace.ratio = bad[i];
        daemon_expect(client, "SetPace", &pace.base, MRIOV__V1__STATUS__CODE__INVALID_ARGUMENT);
    }
    client_close(client);
    daemon_stop(&daemon);
}

/* One advances for a hundred years; others are served, and one of them ends it. */
Test(daemon, an_advance_keeps_nobody_waiting)
{
    struct daemon daemon;
    daemon_start(&daemon, NULL, NULL);
    struct client *one = daemon_client(&daemon), *other = daemon_client(&daemon);
    Mriov__V1__AdvanceRequest request = MRIOV__V1__ADVANCE_REQUEST__INIT;
    request.duration_ns = UINT64_C(3600000000000);
    uint64_t id = client_send(one, "Advance", &request.base, &(struct client_options){0});
    while (now_ns(other) == 0)
        ;
    daemon_expect(other, "Advance", &request.base, MRIOV__V1__STATUS__CODE__BUSY);
    Mriov__V1__PauseRequest pause = MRIOV__V1__PAUSE_REQUEST__INIT;
    daemon_expect(other, "Pause", &pause.base, OK);
    Mriov__V1__Response *response = client_receive(one);
    cr_expect_eq(response->id, id);
    cr_expect_eq(response->status->code, MRIOV__V1__STATUS__CODE__CANCELLED);
    client_free_response(response);

    Mriov__V1__Response *late = client_call(one, "Advance", &request.base, &(struct client_options){.deadline_ms = 50});
    cr_expect_eq(late->status->code, MRIOV__V1__STATUS__CODE__DEADLINE_EXCEEDED);
    client_free_response(late);
    uint64_t stands_ns = now_ns(other);
    cr_expect_eq(now_ns(other), stands_ns);

    id = client_send(one, "Advance", &request.base, &(struct client_options){0});
    Mriov__V1__CancelRequest cancel = MRIOV__V1__CANCEL_REQUEST__INIT;
    cancel.id = id;
    daemon_expect(other, "Cancel", &cancel.base, MRIOV__V1__STATUS__CODE__NOT_FOUND);
    daemon_expect(one, "Cancel", &cancel.base, OK);
    client_close(one); /* its end would end its Advance as well */
    client_close(other);
    daemon_stop(&daemon);
}

Test(daemon, statistics_come_each_interval)
{
    struct daemon daemon;
    daemon_start(&daemon, NULL, NULL);
    struct client *watcher = daemon_client(&daemon), *client = daemon_client(&daemon);
    Mriov__V1__WatchStatisticsRequest request = MRIOV__V1__WATCH_STATISTICS_REQUEST__INIT;
    request.interval_ns = 999;
    daemon_expect(watcher, "WatchStatistics", &request.base, MRIOV__V1__STATUS__CODE__INVALID_ARGUMENT);
    request.interval_ns = 2000;
    uint64_t id = client_send(watcher, "WatchStatistics", &request.base, &(struct client_options){0});
    usleep(50000);
    advance(client, 9000);
    for (uint64_t at_ns = 2000; at_ns <= 8000; at_ns += 2000) {
        Mriov__V1__Response *response = client_receive(watcher);
        cr_expect_eq(response->id, id);
        cr_expect(response->more);
        cr_expect_eq(response->now_ns, at_ns);
        Mriov__V1__WatchStatisticsResponse *statistics =
            mriov__v1__watch_statistics_response__unpack(NULL, response->payload.len, response->payload.data);
        cr_expect_eq(statistics->statistics->now_ns, at_ns);
        daemon_free(statistics);
        client_free_response(response);
    }
    Mriov__V1__CancelRequest cancel = MRIOV__V1__CANCEL_REQUEST__INIT;
    cancel.id = id;
    client_send(watcher, "Cancel", &cancel.base, &(struct client_options){0});
    Mriov__V1__Response *last = client_receive(watcher);
    cr_expect_eq(last->id, id);
    cr_expect_not(last->more);
    cr_expect_eq(last->status->code, MRIOV__V1__STATUS__CODE__CANCELLED);
    client_free_response(last);
    client_close(watcher);
    client_close(client);
    daemon_stop(&daemon);
}

Test(daemon, functions_by_adapter_owner_state_and_page)
{
    struct daemon daemon;
    daemon_start(&daemon, rack, NULL);
    struct client *client = daemon_client(&daemon);
    static const struct {
        const char *adapter, *owner, *state;
        uint32_t page_size;
        size_t count;
    } cases[] = {
        {"", "", "", 0, 17}, /* a base function and 16 PFs */
        {"nic", "", "assigned", 0, 4}, {"", "h1", "", 0, 1},     {"", "", "free", 5, 5},
        {"", "", "managed", 0, 1},     {"", "h3", "free", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Mriov__V1__ListFunctionsRequest request = MRIOV__V1__LIST_FUNCTIONS_REQUEST__INIT;
        request.adapter = (char *)cases[i].adapter;
        request.owner = (char *)cases[i].owner;
        request.state = (char *)cases[i].state;
        request.page_size = cases[i].page_size;
        Mriov__V1__ListFunctionsResponse *response = daemon_call(client, "ListFunctions", &request.base, OK);
        cr_expect_eq(response->n_functions, cases[i].count, "case %zu: %zu", i, response->n_functions);
        cr_expect_eq(response->next_page_token[0] != '\0', cases[i].page_size != 0);
        daemon_free(response);
    }
    Mriov__V1__ListFunctionsRequest request = MRIOV__V1__LIST_FUNCTIONS_REQUEST__INIT;
    char token[256] = "";
    size_t seen = 0;
    do {
        request.page_token = token;
        request.page_size = 4;
        Mriov__V1__ListFunctionsResponse *page = daemon_call(client, "ListFunctions", &request.base, OK);
        seen += page->n_functions;
        snprintf(token, sizeof token, "%s", page->next_page_token);
        daemon_free(page);
    } while (token[0] != '\0');
    cr_expect_eq(seen, 17);
    request.page_token = "elsewhere";
    daemon_expect(client, "ListFunctions", &request.base, MRIOV__V1__STATUS__CODE__INVALID_ARGUMENT);
    request.page_token = "";
    request.owner = "h9";
    daemon_expect(client, "ListFunctions", &request.base, MRIOV__V1__STATUS__CODE__NOT_FOUND);
    client_close(client);
    daemon_stop(&daemon);
}

Test(daemon, configuration_space_through_a_host)
{
    struct daemon daemon;
    daemon_start(&daemon, NULL, NULL);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__ReadConfigRequest request = MRIOV__V1__READ_CONFIG_REQUEST__INIT;
    request.host = "h1";
    Mriov__V1__ReadConfigResponse *list = daemon_call(client, "ReadConfig", &request.base, OK);
    cr_assert_eq(list->n_routing_ids, 4, "root port, two bridges, a function");
    request.routing_id = list->routing_ids[3];
    Mriov__V1__ReadConfigResponse *space = daemon_call(client, "ReadConfig", &request.base, OK);
    cr_assert_eq(space->data.len, 4096);
    cr_expect_eq(space->vendor, (uint32_t)(space->data.data[0] | space->data.data[1] << 8));
    request.offset = 0x2c;
    request.length = 3;
    Mriov__V1__ReadConfigResponse *part = daemon_call(client, "ReadConfig", &request.base, OK);
    cr_assert_eq(part->data.len, 3);
    cr_expect_arr_eq(part->data.data, space->data.data + 0x2c, 3);
    request.offset = 4095;
    request.length = 2;
    daemon_expect(client, "ReadConfig", &request.base, MRIOV__V1__STATUS__CODE__INVALID_ARGUMENT);
    request.length = 1;
    daemon_expect(client, "ReadConfig", &request.base, OK);
    request.routing_id = "07:00.0";
    daemon_expect(client, "ReadConfig", &request.base, MRIOV__V1__STATUS__CODE__NOT_FOUND);
    request.host = "h1:1";
    daemon_expect(client, "ReadConfig", &request.base, MRIOV__V1__STATUS__CODE__NOT_FOUND);
    daemon_free(list);
    daemon_free(space);
    daemon_free(part);
    client_close(client);
    daemon_stop(&daemon);
}

/* What is open is answered, and the socket is gone. */
Test(daemon, ends_cleanly_in_the_middle_of_everything)
{
    static const char *const fast[] = {"--pace", "max", NULL};
    struct daemon daemon;
    daemon_start(&daemon, NULL, fast);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__WatchStatisticsRequest request = MRIOV__V1__WATCH_STATISTICS_REQUEST__INIT;
    request.interval_ns = UINT64_C(1000000000000);
    uint64_t id = client_send(client, "WatchStatistics", &request.base, &(struct client_options){0});
    now_ns(client);
    int status = daemon_kill(&daemon, SIGTERM);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%#x", (unsigned)status);
    Mriov__V1__Response *response = client_receive(client);
    cr_assert_not_null(response);
    cr_expect_eq(response->id, id);
    cr_expect_eq(response->status->code, MRIOV__V1__STATUS__CODE__CANCELLED);
    client_free_response(response);
    cr_expect_null(client_receive(client));
    cr_expect_neq(access(daemon.address + strlen("unix:"), F_OK), 0);
    client_close(client);
    daemon_restart(&daemon, NULL);
    daemon_stop(&daemon);
}
