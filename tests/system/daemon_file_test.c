/* State files that a daemon does not get on with, one line and exit code 2 for each; what is brought back of faults and
 * plans; and the end of a daemon that is busy. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "tests/support/daemon.h"
#include "tests/support/daemon_ask.h"
#include "tests/support/place.h"

TestSuite(daemon_file, .timeout = 120);

#define CODE(name) MRIOV__V1__STATUS__CODE__##name
#define STATE(name) MRIOV__V1__OPERATION__STATE__##name

static const char rack[] = "mriov: 1\nname: durable\nrun: {duration: 2ms}\nchassis: [{name: tor0}]\n"
                           "hosts: [{name: \"h[0-2]\", chassis: tor0}]\n"
                           "adapters: [{name: \"nic[0-1]\", at: tor0, pfs: 4, vfs: 4}]\n"
                           "assign: [{function: nic0.pf0, to: h0}]\n";

static const char *const with_state[] = {"--state", "state", NULL};

static int run(const char *format, const char *folder, const char *argument)
{
    char command[1024];
    snprintf(command, sizeof command, format, folder, argument);
    int status = system(command);
    CHECK(status >= 0 && WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* A daemon on STATE, in FOLDER's rack, ends with code 2 and one line with WORDS. */
static void expect_refused(const char *folder, const char *state, const char *words)
{
    char command[1024], line[1024] = "", more[16];
    snprintf(
        command, sizeof command,
        "cd %s && timeout 20 \"%s\" --scenario rack.yaml --listen unix:other --state %s 2>&1; echo \"exit $?\"", folder,
        place_daemon(), state);
    FILE *said = popen(command, "r");
    CHECK(said != NULL && fgets(line, sizeof line, said) != NULL);
    cr_expect_eq(strncmp(line, "mriovd: --state ", 16), 0, "%s", line);
    cr_expect_not_null(strstr(line, words), "said %s, not `%s`", line, words);
    cr_expect(fgets(more, sizeof more, said) != NULL && strcmp(more, "exit 2\n") == 0, "%s: then %s", line, more);
    pclose(said);
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

Test(daemon_file, what_is_no_state_is_said_in_a_line)
{
    struct daemon daemon;
    daemon_prepare(&daemon, rack);
    const char *folder = daemon.folder;
    expect_refused(folder, "nowhere/state", "No such file");
    expect_refused(folder, ".", "directory");
    put(folder, "text", "this is a text, and it is long enough for SQLite to see that it is no database of its own\n");
    expect_refused(folder, "text", "not a database");
    CHECK(
        run("cd %s && python3 -c 'import sqlite3; c = sqlite3.connect(\"%s\"); c.execute(\"CREATE TABLE t(x)\"); "
            "c.commit()'",
            folder, "another") == 0);
    expect_refused(folder, "another", "no daemon's state");
    daemon_restart(&daemon, with_state);
    expect_refused(folder, "state", "another daemon uses it");
    daemon_kill(&daemon, SIGTERM);
    CHECK(
        run("cd %s && cp state damaged && dd if=/dev/urandom of=%s bs=1 seek=4096 count=3000 conv=notrunc 2>/dev/null",
            folder, "damaged") == 0);
    expect_refused(folder, "damaged", "damaged");
    CHECK(
        run("cd %s && python3 -c 'import sqlite3; c = sqlite3.connect(\"%s\"); "
            "c.execute(\"UPDATE meta SET value = 99 WHERE key = \\\"version\\\"\"); c.commit()'",
            folder, "state") == 0);
    expect_refused(folder, "state", "version 99");
    CHECK(run("rm -rf %s%s", folder, "") == 0);
}

/* The same scenario by name, with less in it. */
Test(daemon_file, names_that_are_gone_are_said)
{
    struct daemon daemon;
    daemon_start(&daemon, rack, with_state);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__AssignRequest assign = MRIOV__V1__ASSIGN_REQUEST__INIT;
    assign.function = "nic1.pf0";
    assign.to = "h2";
    cr_assert_eq(ask_end(client, ask_begin(client, "Assign", &assign.base)), STATE(SUCCEEDED));
    client_close(client);
    daemon_kill(&daemon, SIGKILL);
    CHECK(run("cd %s && sed -i 's/%s/h[0-1]/' rack.yaml", daemon.folder, "h\\[0-2\\]") == 0);
    expect_refused(daemon.folder, "state", "knows of h2, which `durable` has not");
    CHECK(run("cd %s && sed -i 's/%s/nic0/' rack.yaml", daemon.folder, "\"nic\\[0-1\\]\"") == 0);
    expect_refused(daemon.folder, "state", "knows of nic1.pf0");
    CHECK(run("rm -rf %s%s", daemon.folder, "") == 0);
}

Test(daemon_file, an_apply_is_answered_with_its_plan_in_a_later_life)
{
    const struct client_options key = {.request_key = "plan"};
    struct daemon daemon;
    daemon_start(&daemon, rack, with_state);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__Binding binding[2] = {MRIOV__V1__BINDING__INIT, MRIOV__V1__BINDING__INIT};
    Mriov__V1__Binding *bindings[] = {&binding[0], &binding[1]};
    Mriov__V1__ApplyRequest apply = MRIOV__V1__APPLY_REQUEST__INIT;
    binding[0].function = "nic0.pf0";
    binding[0].to = "h1";
    binding[1].function = "nic1.pf2";
    binding[1].to = "h0";
    apply.bindings = bindings;
    apply.n_bindings = 2;
    client_free_response(client_call(client, "Apply", &apply.base, &key));
    cr_assert_eq(ask_end(client, 1), STATE(SUCCEEDED));
    for (int life = 0; life < 2; life++) {
        client_close(client);
        daemon_kill(&daemon, SIGKILL);
        daemon_restart(&daemon, with_state);
        client = daemon_client(&daemon);
        Mriov__V1__Response *response = client_call(client, "Apply", &apply.base, &key);
        cr_assert_eq(response->status->code, CODE(OK));
        Mriov__V1__ApplyResponse *again =
            mriov__v1__apply_response__unpack(NULL, response->payload.len, response->payload.data);
        cr_expect_eq(again->operation->id, 1);
        cr_assert_eq(again->n_plan, 2);
        cr_expect_eq(again->plan[0]->kind, MRIOV__V1__APPLY_RESPONSE__STEP__KIND__MOVE);
        cr_expect_str_eq(again->plan[0]->function, "nic0.pf0");
        cr_expect_str_eq(again->plan[0]->from, "h0");
        cr_expect_str_eq(again->plan[0]->to, "h1");
        cr_expect_str_eq(again->plan[1]->function, "nic1.pf2");
        daemon_free(again);
        client_free_response(response);
    }
    client_close(client);
    daemon_stop(&daemon);
}

static uint64_t begin_fault(struct client *client, const char *target, const char *fault, uint64_t duration_ns)
{
    Mriov__V1__InjectFaultRequest request = MRIOV__V1__INJECT_FAULT_REQUEST__INIT;
    request.target = (char *)target;
    request.part = strchr(target, '.') != NULL ? "function" : "link";
    request.fault = (char *)fault;
    request.duration_ns = duration_ns;
    return ask_begin(client, "InjectFault", &request.base);
}

static bool link_is_up(struct client *client, const char *name)
{
    Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
    bool is_up = false;
    for (size_t i = 0; i < fabric->n_links; i++)
        if (strcmp(fabric->links[i]->name, name) == 0)
            is_up = fabric->links[i]->state == MRIOV__V1__LINK_STATE__KIND__UP;
    daemon_free(fabric);
    return is_up;
}

/* How many operations InjectFault there are: a daemon brings back each fault by one. */
static size_t injections(struct client *client)
{
    Mriov__V1__ListOperationsRequest request = MRIOV__V1__LIST_OPERATIONS_REQUEST__INIT;
    Mriov__V1__ListOperationsResponse *response = daemon_call(client, "ListOperations", &request.base, CODE(OK));
    size_t count = 0;
    for (size_t i = 0; i < response->n_operations; i++)
        count += strcmp(response->operations[i]->method, "InjectFault") == 0;
    daemon_free(response);
    return count;
}

/* One with a duration lasts as long again as was left of it; one whose time is over does not come back, and what
 * happens a number of times does not happen again. */
Test(daemon_file, faults_with_an_end)
{
    struct daemon daemon;
    daemon_start(&daemon, rack, with_state);
    struct client *client = daemon_client(&daemon);
    cr_assert_eq(ask_end(client, begin_fault(client, "h1", "fail", 1000000000)), STATE(SUCCEEDED));
    cr_assert_eq(ask_end(client, begin_fault(client, "h2", "fail", 100000)), STATE(SUCCEEDED));
    cr_assert_eq(ask_end(client, begin_fault(client, "nic0.pf0", "poisoned", 0)), STATE(SUCCEEDED));
    ask_advance(client, 200000);
    cr_expect_not(link_is_up(client, "h1"));
    cr_expect(link_is_up(client, "h2"), "its time is over");
    ask_advance(client, 1500000000); /* until all has settled */
    cr_expect(link_is_up(client, "h1"));
    cr_assert_eq(ask_end(client, begin_fault(client, "h1", "fail", 1000000000)), STATE(SUCCEEDED));
    cr_assert_eq(injections(client), 4);
    client_close(client);
    daemon_kill(&daemon, SIGKILL);
    daemon_restart(&daemon, with_state);
    client = daemon_client(&daemon);
    cr_expect_eq(injections(client), 5, "only one of them still held");
    cr_expect_not(link_is_up(client, "h1"));
    ask_advance(client, 1500000000);
    cr_expect(link_is_up(client, "h1"), "it is over in this life too");
    client_close(client);
    daemon_kill(&daemon, SIGKILL);
    daemon_restart(&daemon, with_state);
    client = daemon_client(&daemon);
    cr_expect_eq(injections(client), 5);
    cr_expect(link_is_up(client, "h1"));
    client_close(client);
    daemon_stop(&daemon);
}

/* SIGTERM: what is open is answered, whatever is under way, and what was acknowledged is there. */
Test(daemon_file, the_end_of_a_daemon_that_is_busy)
{
    struct daemon daemon;
    daemon_start(&daemon, rack, with_state);
    for (int life = 0; life < 2; life++) {
        struct client *client = daemon_client(&daemon);
        Mriov__V1__SetQosRequest qos = MRIOV__V1__SET_QOS_REQUEST__INIT;
        qos.function = "nic0.pf0";
        qos.share_case = MRIOV__V1__SET_QOS_REQUEST__SHARE_WEIGHT;
        qos.weight = 5 + (uint32_t)life;
        cr_assert_eq(ask_end(client, ask_begin(client, "SetQos", &qos.base)), STATE(SUCCEEDED));
        Mriov__V1__AdvanceRequest advance = MRIOV__V1__ADVANCE_REQUEST__INIT;
        advance.duration_ns = UINT64_C(1000000000000);
        Mriov__V1__WhatIfRequest what_if = MRIOV__V1__WHAT_IF_REQUEST__INIT;
        what_if.horizon_ns = UINT64_C(1000000000000);
        if (life == 0)
            client_send(client, "Advance", &advance.base, &(struct client_options){0});
        else
            client_send(client, "WhatIf", &what_if.base, &(struct client_options){0});
        usleep(50000);
        int status = daemon_kill(&daemon, SIGTERM);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%#x", (unsigned)status);
        Mriov__V1__Response *response = client_receive(client);
        cr_assert_not_null(response);
        cr_expect(
            response->status->code == CODE(CANCELLED) || response->status->code == CODE(OK), "%d",
            (int)response->status->code);
        client_free_response(response);
        client_close(client);
        daemon_restart(&daemon, with_state);
        client = daemon_client(&daemon);
        Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
        cr_expect_eq(ask_function(fabric, "nic0.pf0")->weight, qos.weight);
        daemon_free(fabric);
        client_close(client);
    }
    daemon_stop(&daemon);
}
