/* WhatIf: what it finds is what happens, and finding it leaves no trace. */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "mgmt/limits.h"
#include "tests/support/daemon.h"

TestSuite(daemon_what_if, .timeout = 120);

#define CODE(name) MRIOV__V1__STATUS__CODE__##name

static const char rack[] = "mriov: 1\nname: shared\nrun: {duration: 1ms}\nchassis: [{name: tor0}]\n"
                           "hosts: [{name: \"h[0-2]\", chassis: tor0}]\n"
                           "adapters: [{name: nic0, at: tor0}, {name: ssd0, at: tor0, sharing: sr-iov, vfs: 4}]\n"
                           "assign:\n"
                           "  - {function: nic0, to: \"h[0-1]\"}\n"
                           "  - {function: \"ssd0.vf[0-1]\", to: \"h[0-1]\"}\n"
                           "workloads:\n"
                           "  - {name: own, function: \"nic0@h[0-1]\", op: dma-write, size: 256B}\n"
                           "  - {name: block, function: \"ssd0.vf[0-1]\", op: dma-write, size: 4KiB}\n";

#define NOW_NS 50000
#define HORIZON_NS 100000

static void advance(struct client *client, uint64_t ns)
{
    Mriov__V1__AdvanceRequest request = MRIOV__V1__ADVANCE_REQUEST__INIT;
    request.duration_ns = ns;
    daemon_expect(client, "Advance", &request.base, CODE(OK));
}

static struct client *start(struct daemon *daemon)
{
    static const char *const durable[] = {"--state", "state", NULL};
    daemon_start(daemon, rack, durable);
    struct client *client = daemon_client(daemon);
    advance(client, NOW_NS);
    return client;
}

static void stop(struct daemon *daemon, struct client *client)
{
    client_close(client);
    daemon_stop(daemon);
}

/* What there is to ask: that VF 0 of ssd0 goes to h2. */
struct question {
    Mriov__V1__MoveRequest move;
    Mriov__V1__WhatIfRequest__Change change, *changes[LIMIT_WHAT_IF_CHANGES + 1];
    Mriov__V1__WhatIfRequest request;
};

static void ask(struct question *question, size_t changes, uint64_t horizon_ns)
{
    question->move = (Mriov__V1__MoveRequest)MRIOV__V1__MOVE_REQUEST__INIT;
    question->move.function = "ssd0.vf0";
    question->move.to = "h2";
    question->change = (Mriov__V1__WhatIfRequest__Change)MRIOV__V1__WHAT_IF_REQUEST__CHANGE__INIT;
    question->change.change_case = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_MOVE;
    question->change.move = &question->move;
    question->request = (Mriov__V1__WhatIfRequest)MRIOV__V1__WHAT_IF_REQUEST__INIT;
    question->request.changes = question->changes;
    question->request.n_changes = changes;
    question->request.horizon_ns = horizon_ns;
    for (size_t i = 0; i < changes; i++)
        question->changes[i] = &question->change;
}

static Mriov__V1__WhatIfResponse *what_if(struct client *client, size_t changes)
{
    struct question question;
    ask(&question, changes, HORIZON_NS);
    return daemon_call(client, "WhatIf", &question.request.base, CODE(OK));
}

static Mriov__V1__GetStatisticsResponse *statistics(struct client *client)
{
    Mriov__V1__GetStatisticsRequest request = MRIOV__V1__GET_STATISTICS_REQUEST__INIT;
    return daemon_call(client, "GetStatistics", &request.base, CODE(OK));
}

/* Operations of the flow that FLOW is, so far. */
static uint64_t
operations_of(const Mriov__V1__GetStatisticsResponse *statistics, const Mriov__V1__WhatIfResponse__Flow *flow)
{
    for (size_t i = 0; i < statistics->n_flows; i++)
        if (strcmp(statistics->flows[i]->name, flow->name) == 0 &&
            strcmp(statistics->flows[i]->host, flow->host) == 0 &&
            strcmp(statistics->flows[i]->function, flow->function) == 0)
            return statistics->flows[i]->operations;
    return 0;
}

/* An operation may have been counted before it had ended. */
static void expect_near(const Mriov__V1__WhatIfResponse__Flow *flow, uint64_t foretold, uint64_t happened)
{
    cr_expect(
        foretold <= happened + 32 && happened <= foretold + 32, "%s of %s: %lu were foretold, %lu happened", flow->name,
        flow->host, (unsigned long)foretold, (unsigned long)happened);
}

Test(daemon_what_if, without_changes_is_what_happens)
{
    struct daemon daemon;
    struct client *client = start(&daemon);
    Mriov__V1__WhatIfResponse *future = what_if(client, 0);
    Mriov__V1__GetStatisticsResponse *before = statistics(client);
    advance(client, HORIZON_NS);
    Mriov__V1__GetStatisticsResponse *after = statistics(client);
    cr_assert_eq(future->n_flows, 4);
    cr_expect_eq(future->n_operations, 0);
    for (size_t i = 0; i < future->n_flows; i++) {
        const Mriov__V1__WhatIfResponse__Flow *flow = future->flows[i];
        expect_near(flow, flow->without_changes->operations, operations_of(after, flow) - operations_of(before, flow));
        cr_expect_eq(flow->without_changes->operations, flow->with_changes->operations);
        cr_expect_eq(flow->without_changes->latency_p99_ns, flow->with_changes->latency_p99_ns);
        cr_expect_gt(flow->without_changes->goodput_gbps, 1);
        cr_expect_leq(flow->without_changes->latency_p50_ns, flow->without_changes->latency_max_ns);
    }
    daemon_free(future);
    daemon_free(before);
    daemon_free(after);
    stop(&daemon, client);
}

Test(daemon_what_if, with_a_change_is_what_happens_with_it)
{
    struct daemon daemon;
    struct client *client = start(&daemon);
    Mriov__V1__WhatIfResponse *future = what_if(client, 1);
    Mriov__V1__GetStatisticsResponse *before = statistics(client);
    struct question question;
    ask(&question, 1, HORIZON_NS);
    daemon_expect(client, "Move", &question.move.base, CODE(OK));
    advance(client, HORIZON_NS);
    Mriov__V1__GetStatisticsResponse *after = statistics(client);
    cr_assert_eq(future->n_flows, 5, "one more: %zu", future->n_flows);
    cr_assert_eq(future->n_operations, 1);
    cr_expect_eq(future->operations[0]->state, MRIOV__V1__OPERATION__STATE__SUCCEEDED);
    size_t gone = 0, come = 0;
    for (size_t i = 0; i < future->n_flows; i++) {
        const Mriov__V1__WhatIfResponse__Flow *flow = future->flows[i];
        cr_assert_not_null(flow->with_changes);
        expect_near(flow, flow->with_changes->operations, operations_of(after, flow) - operations_of(before, flow));
        come += flow->without_changes == NULL && strcmp(flow->host, "h2") == 0;
        gone += strcmp(flow->host, "h0") == 0 && strcmp(flow->name, "block") == 0 &&
                flow->with_changes->operations < flow->without_changes->operations / 2;
    }
    cr_expect_eq(come, 1);
    cr_expect_eq(gone, 1);
    daemon_free(future);
    daemon_free(before);
    daemon_free(after);
    stop(&daemon, client);
}

/* The bytes of results.json at the end of the run; ASKED: after looking ahead on the way. */
static char *results_of_a_life(bool asked)
{
    struct daemon daemon;
    struct client *client = start(&daemon);
    for (int n = 0; n < 2; n++) {
        if (asked)
            daemon_free(what_if(client, 1));
        advance(client, 100000);
    }
    Mriov__V1__GetResultsRequest request = MRIOV__V1__GET_RESULTS_REQUEST__INIT;
    Mriov__V1__GetResultsResponse *response = daemon_call(client, "GetResults", &request.base, CODE(OK));
    char *text = strndup((const char *)response->results.data, response->results.len);
    Mriov__V1__ListOperationsRequest list = MRIOV__V1__LIST_OPERATIONS_REQUEST__INIT;
    Mriov__V1__ListOperationsResponse *operations = daemon_call(client, "ListOperations", &list.base, CODE(OK));
    cr_expect_eq(operations->n_operations, 0);
    daemon_free(operations);
    daemon_free(response);
    stop(&daemon, client);
    return text;
}

Test(daemon_what_if, leaves_no_trace)
{
    char *asked = results_of_a_life(true), *plain = results_of_a_life(false);
    cr_expect_str_eq(asked, plain);
    free(asked);
    free(plain);
}

Test(daemon_what_if, what_is_refused)
{
    struct daemon daemon;
    struct question question;
    struct client *client = start(&daemon);
    ask(&question, LIMIT_WHAT_IF_CHANGES, 1000);
    daemon_expect(client, "WhatIf", &question.request.base, CODE(OK));
    ask(&question, LIMIT_WHAT_IF_CHANGES + 1, 1000);
    daemon_expect(client, "WhatIf", &question.request.base, CODE(INVALID_ARGUMENT));
    ask(&question, 1, 0);
    daemon_expect(client, "WhatIf", &question.request.base, CODE(INVALID_ARGUMENT));
    ask(&question, 1, LIMIT_WHAT_IF_NS + 1);
    daemon_expect(client, "WhatIf", &question.request.base, CODE(INVALID_ARGUMENT));
    ask(&question, 1, 1000);
    question.change.change_case = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE__NOT_SET;
    daemon_expect(client, "WhatIf", &question.request.base, CODE(INVALID_ARGUMENT));
    Mriov__V1__AssignRequest dry = MRIOV__V1__ASSIGN_REQUEST__INIT;
    dry.function = "nic0";
    dry.to = "h2";
    dry.dry_run = 1;
    question.change.change_case = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_ASSIGN;
    question.change.assign = &dry;
    daemon_expect(client, "WhatIf", &question.request.base, CODE(INVALID_ARGUMENT));
    Mriov__V1__ReleaseRequest dry_release = MRIOV__V1__RELEASE_REQUEST__INIT;
    dry_release.function = "nic0.pf0";
    dry_release.dry_run = 1;
    question.change.change_case = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_RELEASE;
    question.change.release = &dry_release;
    daemon_expect(client, "WhatIf", &question.request.base, CODE(INVALID_ARGUMENT));
    Mriov__V1__MoveRequest dry_move = MRIOV__V1__MOVE_REQUEST__INIT;
    dry_move.function = "nic0.pf0";
    dry_move.to = "h2";
    dry_move.dry_run = 1;
    question.change.change_case = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_MOVE;
    question.change.move = &dry_move;
    daemon_expect(client, "WhatIf", &question.request.base, CODE(INVALID_ARGUMENT));

    ask(&question, 1, 1000); /* what MR-PCIM refuses is an answer */
    question.move.to = "h9";
    Mriov__V1__WhatIfResponse *future = daemon_call(client, "WhatIf", &question.request.base, CODE(OK));
    cr_assert_eq(future->n_operations, 1);
    cr_expect_eq(future->operations[0]->id, 0);
    cr_expect_eq(future->operations[0]->state, MRIOV__V1__OPERATION__STATE__FAILED);
    cr_expect_eq(future->operations[0]->status->code, CODE(NOT_FOUND));
    daemon_free(future);
    stop(&daemon, client);
}

/* Two that take longer than this test, and meanwhile everything else goes on; a third has its turn when one has ended.
 */
Test(daemon_what_if, the_daemon_serves_meanwhile)
{
    struct daemon daemon;
    struct question question;
    struct client *client = start(&daemon), *other = daemon_client(&daemon);
    ask(&question, 1, LIMIT_WHAT_IF_NS);
    uint64_t first = client_send(client, "WhatIf", &question.request.base, &(struct client_options){0});
    client_send(client, "WhatIf", &question.request.base, &(struct client_options){0});
    struct client *third = daemon_client(&daemon);
    Mriov__V1__Response *late =
        client_call(third, "WhatIf", &question.request.base, &(struct client_options){.deadline_ms = 100});
    cr_expect_eq(late->status->code, CODE(DEADLINE_EXCEEDED), "%s", late->status->message);
    client_free_response(late);
    struct question short_one;
    ask(&short_one, 1, 1000);
    client_send(third, "WhatIf", &short_one.request.base, &(struct client_options){0});
    for (int n = 0; n < 20; n++)
        advance(other, 1000);
    struct pollfd answered = {.fd = client_socket(client), .events = POLLIN};
    cr_expect_eq(poll(&answered, 1, 0), 0);
    Mriov__V1__CancelRequest cancel = MRIOV__V1__CANCEL_REQUEST__INIT;
    cancel.id = first;
    client_send(client, "Cancel", &cancel.base, &(struct client_options){0});
    Mriov__V1__Response *response = client_receive(client);
    cr_expect_eq(response->id, first);
    cr_expect_eq(response->status->code, CODE(CANCELLED));
    client_free_response(response);
    response = client_receive(third); /* there is room again */
    cr_expect_eq(response->status->code, CODE(OK), "%s", response->status->message);
    client_free_response(response);
    client_close(third);
    daemon_free(what_if(other, 1));
    client_close(client); /* and the second one with it */
    daemon_free(what_if(other, 1));
    ask(&question, 1, LIMIT_WHAT_IF_NS);
    response = client_call(other, "WhatIf", &question.request.base, &(struct client_options){.deadline_ms = 50});
    cr_expect_eq(response->status->code, CODE(DEADLINE_EXCEEDED));
    client_free_response(response);
    stop(&daemon, other);
}

/* As many as may be connected ask at once, while two look far ahead: each has the same bytes. */
Test(daemon_what_if, results_for_all_who_ask_at_once)
{
    struct daemon daemon;
    struct question question;
    struct client *clients[LIMIT_CONNECTIONS];
    clients[0] = start(&daemon);
    for (size_t i = 1; i < LIMIT_CONNECTIONS; i++)
        clients[i] = daemon_client(&daemon);
    ask(&question, 1, LIMIT_WHAT_IF_NS);
    for (int i = 0; i < 2; i++)
        client_send(clients[0], "WhatIf", &question.request.base, &(struct client_options){0});
    Mriov__V1__GetResultsRequest request = MRIOV__V1__GET_RESULTS_REQUEST__INIT;
    for (size_t i = 1; i < LIMIT_CONNECTIONS; i++)
        client_send(clients[i], "GetResults", &request.base, &(struct client_options){0});
    Mriov__V1__Response *first = client_receive(clients[1]);
    cr_assert_eq(first->status->code, CODE(OK), "%s", first->status->message);
    for (size_t i = 2; i < LIMIT_CONNECTIONS; i++) {
        Mriov__V1__Response *one = client_receive(clients[i]);
        cr_assert_eq(one->status->code, CODE(OK), "client %zu: %s", i, one->status->message);
        cr_expect(
            one->payload.len == first->payload.len &&
            memcmp(one->payload.data, first->payload.data, one->payload.len) == 0);
        client_free_response(one);
    }
    client_free_response(first);
    for (size_t i = 1; i < LIMIT_CONNECTIONS; i++)
        client_close(clients[i]);
    stop(&daemon, clients[0]);
}

/* The line has its bound, and is left by who goes. */
Test(daemon_what_if, so_many_wait_and_no_more)
{
    struct daemon daemon;
    struct question question;
    struct client *client = start(&daemon), *other = daemon_client(&daemon);
    ask(&question, 1, LIMIT_WHAT_IF_NS);
    uint64_t last = 0;
    for (int i = 0; i < 2 + LIMIT_CHILD_TURNS; i++)
        last = client_send(client, "WhatIf", &question.request.base, &(struct client_options){0});
    Mriov__V1__GetClockRequest clock = MRIOV__V1__GET_CLOCK_REQUEST__INIT;
    daemon_expect(client, "GetClock", &clock.base, CODE(OK)); /* all before it have been read */
    daemon_expect(other, "WhatIf", &question.request.base, CODE(RESOURCES_EXHAUSTED));
    Mriov__V1__CancelRequest cancel = MRIOV__V1__CANCEL_REQUEST__INIT;
    cancel.id = last;
    daemon_expect(client, "Cancel", &cancel.base, CODE(OK));
    Mriov__V1__Response *waited =
        client_call(other, "WhatIf", &question.request.base, &(struct client_options){.deadline_ms = 50});
    cr_expect_eq(waited->status->code, CODE(DEADLINE_EXCEEDED), "it was in the line: %s", waited->status->message);
    client_free_response(waited);
    client_close(client);
    stop(&daemon, other);
}
