/* A daemon whose state file is on a slow disk, or on one that fails: at each call that SQLite makes of it. */
#include <criterion/criterion.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/daemon.h"
#include "tests/support/daemon_ask.h"
#include "tests/support/faulty_disk.h"

TestSuite(daemon_disk, .timeout = 280);

#define CODE(name) MRIOV__V1__STATUS__CODE__##name
#define STATE(name) MRIOV__V1__OPERATION__STATE__##name

static const char rack[] = "mriov: 1\nname: disk\nrun: {duration: 2ms}\n"
                           "chassis: [{name: tor0}]\n"
                           "hosts: [{name: \"h[0-1]\", chassis: tor0}]\n"
                           "adapters: [{name: ssd0, at: tor0, sharing: sr-iov, vfs: 4}]\n"
                           "assign: [{function: ssd0.vf0, to: h0}]\n"
                           "workloads:\n"
                           "  - {name: w, function: ssd0.vf0, op: dma-write, size: 4KiB, arrival: {poisson: 1Gbps}}\n";

static struct daemon daemon_;
static struct client *client;
static struct faulty_disk *disk;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t send_weight(struct client *of, const char *function, uint32_t weight)
{
    Mriov__V1__SetQosRequest request = MRIOV__V1__SET_QOS_REQUEST__INIT;
    request.function = (char *)function;
    request.share_case = MRIOV__V1__SET_QOS_REQUEST__SHARE_WEIGHT;
    request.weight = weight;
    return client_send(of, "SetQos", &request.base, &(struct client_options){0});
}

static uint64_t send_assign(const char *function, const char *to)
{
    Mriov__V1__AssignRequest request = MRIOV__V1__ASSIGN_REQUEST__INIT;
    request.function = (char *)function;
    request.to = (char *)to;
    return client_send(client, "Assign", &request.base, &(struct client_options){0});
}

/* The next answer, which must be to ID; *OPERATION is its number, 0 where it is refused. */
static Mriov__V1__Status__Code receive(uint64_t id, uint64_t *operation)
{
    Mriov__V1__Response *response = client_receive(client);
    cr_assert_not_null(response, "the connection is lost");
    cr_assert_eq(response->id, id);
    Mriov__V1__Status__Code code = response->status->code;
    *operation = 0;
    if (code == CODE(OK)) {
        Mriov__V1__AssignResponse *message =
            mriov__v1__assign_response__unpack(NULL, response->payload.len, response->payload.data);
        *operation = message->operation->id;
        daemon_free(message);
    } else {
        cr_expect_eq(code, CODE(UNAVAILABLE), "%d: %s", (int)code, response->status->message);
        cr_expect_not_null(strstr(response->status->message, "cannot be written"), "%s", response->status->message);
        cr_expect_neq(response->status->hint[0], '\0');
    }
    client_free_response(response);
    return code;
}

/* Lets enough time pass for any operation; answers how ID stands: as running too, while the disk does not have it. */
static Mriov__V1__Operation__State let_end(uint64_t id)
{
    for (int i = 0; i < 50 && ask_state(client, id) < STATE(SUCCEEDED); i++)
        ask_advance(client, 20000);
    return ask_state(client, id);
}

/* ... once the disk has it. */
static Mriov__V1__Operation__State await_end(uint64_t id)
{
    let_end(id);
    Mriov__V1__GetOperationRequest get = MRIOV__V1__GET_OPERATION_REQUEST__INIT;
    get.id = id;
    get.wait = 1;
    daemon_expect(client, "GetOperation", &get.base, CODE(OK));
    return ask_state(client, id);
}

/* Asks until it is accepted, as the disk works: soon. */
static uint64_t insist_weight(const char *function, uint32_t weight)
{
    uint64_t operation = 0;
    double until_s = now_s() + 10;
    while (receive(send_weight(client, function, weight), &operation) != CODE(OK)) {
        cr_assert_lt(now_s(), until_s, "the disk works, and changes are still refused");
        usleep(5000);
    }
    return operation;
}

/* --- slow --- */

#define SLOW_US 300000
#define SLOW_S (SLOW_US * 1e-6)
#define CHANGES 64

static void start_slow(uint32_t sync_us)
{
    disk = faulty_disk_install();
    daemon_start_forked(&daemon_, rack);
    client = daemon_client(&daemon_);
    disk->sync_us = sync_us;
}

static void stop(void)
{
    disk->sync_us = 0;
    client_close(client);
    daemon_stop(&daemon_);
}

/* Who only looks is answered at once while changes wait for the disk. */
Test(daemon_disk, nobody_waits_for_the_disk_but_who_changes)
{
    start_slow(SLOW_US);
    struct client *other = daemon_client(&daemon_);
    double begin_s = now_s(), longest_s = 0;
    uint64_t id = send_weight(client, "ssd0.vf0", 2), operation;
    int looks = 0;
    for (; now_s() - begin_s < 0.8 * SLOW_S; looks++) {
        double asked_s = now_s();
        daemon_free(ask_fabric(other));
        if (now_s() - asked_s > longest_s)
            longest_s = now_s() - asked_s;
    }
    cr_assert_eq(receive(id, &operation), CODE(OK));
    cr_expect_geq(now_s() - begin_s, SLOW_S, "what is acknowledged is on disk");
    cr_expect_lt(longest_s, SLOW_S / 2, "%.3f s of waiting for an answer of %d", longest_s, looks);
    cr_expect_gt(looks, 10);
    client_close(other);
    stop();
}

/* However many come while the disk is busy, they wait for it together: begun in one go, and ended in another. */
Test(daemon_disk, many_changes_wait_once)
{
    start_slow(SLOW_US);
    uint64_t ids[CHANGES], operation, syncs = disk->syncs;
    double begin_s = now_s();
    for (size_t i = 0; i < CHANGES; i++)
        ids[i] = send_weight(client, "ssd0.vf0", 1); /* as it is: each ends at once */
    for (size_t i = 0; i < CHANGES; i++)
        cr_expect_eq(receive(ids[i], &operation), CODE(OK));
    cr_expect_leq(disk->syncs - syncs, 4, "%d waits for the disk", (int)(disk->syncs - syncs));
    cr_expect_lt(now_s() - begin_s, 8 * SLOW_S);
    stop();
}

/* What was asked for before time was to pass happens before: however slow the disk is, the same. */
Test(daemon_disk, time_that_is_told_to_pass_waits_for_what_was_asked_before)
{
    start_slow(SLOW_US);
    uint64_t id = send_assign("ssd0.vf1", "h1"), operation;
    Mriov__V1__AdvanceRequest advance = MRIOV__V1__ADVANCE_REQUEST__INIT;
    advance.duration_ns = 1000000;
    client_send(client, "Advance", &advance.base, &(struct client_options){0});
    cr_assert_eq(receive(id, &operation), CODE(OK));
    client_free_response(client_receive(client));
    Mriov__V1__GetOperationRequest get = MRIOV__V1__GET_OPERATION_REQUEST__INIT;
    get.id = operation;
    get.wait = 1;
    Mriov__V1__GetOperationResponse *found = daemon_call(client, "GetOperation", &get.base, CODE(OK));
    cr_expect_eq(found->operation->state, STATE(SUCCEEDED));
    cr_expect_eq(found->operation->started_ns, 0);
    daemon_free(found);
    stop();
}

/* An end is told when it is on disk, to those who watch too. */
Test(daemon_disk, events_of_an_end_come_when_it_is_on_disk)
{
    start_slow(0);
    struct client *watcher = daemon_client(&daemon_);
    Mriov__V1__WatchRequest watch = MRIOV__V1__WATCH_REQUEST__INIT;
    client_send(watcher, "Watch", &watch.base, &(struct client_options){0});
    uint64_t operation;
    cr_assert_eq(receive(send_weight(client, "ssd0.vf0", 5), &operation), CODE(OK));
    disk->sync_us = SLOW_US;
    double begin_s = now_s();
    ask_advance(client, 20000);
    cr_expect_lt(now_s() - begin_s, SLOW_S, "time passes");
    cr_expect_eq(ask_state(client, operation), STATE(RUNNING), "it has ended, and that is not on disk");
    bool told_limits = false, told_end = false;
    while (!told_end) {
        Mriov__V1__Response *response = client_receive(watcher);
        Mriov__V1__WatchResponse *message =
            mriov__v1__watch_response__unpack(NULL, response->payload.len, response->payload.data);
        if (message->event->kind == MRIOV__V1__EVENT__KIND__QOS) {
            told_limits = true;
            cr_expect_geq(now_s() - begin_s, SLOW_S, "what it changed is told with its end");
        }
        told_end = strstr(message->event->detail, "succeeded") != NULL;
        daemon_free(message);
        client_free_response(response);
    }
    cr_expect(told_limits);
    cr_expect_geq(now_s() - begin_s, SLOW_S);
    cr_expect_eq(ask_state(client, operation), STATE(SUCCEEDED));
    client_close(watcher);
    stop();
}

/* --- broken --- */

/* What may be so after a change: as the answers said. */
struct belief {
    bool may_be_old, may_be_new;
};

static struct belief believe(Mriov__V1__Status__Code code, Mriov__V1__Operation__State state)
{
    bool refused = code != CODE(OK), succeeded = state == STATE(SUCCEEDED);
    return (struct belief){.may_be_old = refused || !succeeded, .may_be_new = !refused};
}

static void expect_belief(struct belief belief, bool is_new, const char *what, int call)
{
    cr_expect(is_new ? belief.may_be_new : belief.may_be_old, "call %d: %s %s", call, what, is_new ? "is" : "is not");
}

/* One life: changes while the disk fails from call CALL on, for COUNT calls. With HEAL it works again before the
 * daemon is killed. Answers whether it failed at all. */
static bool live_and_die(int call, uint64_t count, bool heal)
{
    uint64_t operations[2] = {0};
    Mriov__V1__Operation__State states[2] = {STATE(FAILED), STATE(FAILED)};
    daemon_start_forked(&daemon_, rack);
    client = daemon_client(&daemon_);
    faulty_disk_break(disk, (uint64_t)call, count);
    Mriov__V1__Status__Code codes[2];
    codes[0] = receive(send_assign("ssd0.vf1", "h1"), &operations[0]);
    codes[1] = receive(send_weight(client, "ssd0.vf0", 7), &operations[1]);
    for (int i = 0; i < 2; i++)
        if (codes[i] == CODE(OK))
            states[i] = let_end(operations[i]);
    ask_advance(client, 1000); /* the simulation goes on, and who looks is answered */
    Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
    for (int i = 0; i < 2; i++)
        cr_expect(
            codes[i] == CODE(OK) || (i == 0 ? ask_function(fabric, "ssd0.pf0.vf1")->owner[0] == '\0'
                                            : ask_function(fabric, "ssd0.pf0.vf0")->weight == 1),
            "call %d: refused, and done", call);
    daemon_free(fabric);
    bool failed = disk->failed > 0;
    faulty_disk_heal(disk);
    uint64_t last = heal ? insist_weight("ssd0.vf0", 9) : 0;
    if (heal) {
        await_end(last);
        for (int i = 0; i < 2; i++)
            if (codes[i] == CODE(OK))
                states[i] = ask_state(client, operations[i]);
    }
    client_close(client);
    daemon_kill(&daemon_, SIGKILL);

    daemon_restart_forked(&daemon_);
    client = daemon_client(&daemon_);
    fabric = ask_fabric(client);
    expect_belief(
        believe(codes[0], states[0]), ask_function(fabric, "ssd0.pf0.vf1")->owner[0] != '\0', "ssd0.vf1: h1's", call);
    uint32_t weight = ask_function(fabric, "ssd0.pf0.vf0")->weight;
    if (heal)
        cr_expect_eq(weight, 9, "call %d: %u, and it was acknowledged to be 9", call, weight);
    else
        expect_belief(believe(codes[1], states[1]), weight == 7, "its weight: 7", call);
    for (int i = 0; i < 2; i++)
        if (codes[i] == CODE(OK)) { /* it was told of, so it is known */
            Mriov__V1__Operation__State state = ask_state(client, operations[i]);
            cr_expect(state == STATE(SUCCEEDED) || (state == STATE(FAILED) && states[i] != STATE(SUCCEEDED)));
        }
    daemon_free(fabric);
    client_close(client);
    daemon_stop(&daemon_);
    return failed;
}

static void break_each_call(uint64_t count, bool is_full, int step)
{
    disk = faulty_disk_install();
    disk->is_full = is_full;
    int call = 0, quiet = 0;
    for (; quiet < 2 && call < 400; call += step) /* two in a row, as the number of calls varies by a few */
        quiet = live_and_die(call, count, call / step % 2 == 1) ? 0 : quiet + 1;
    cr_expect_gt(call, 10, "the test breaks something");
    cr_expect_lt(call, 400);
}

Test(daemon_disk, each_call_fails_once)
{
    break_each_call(1, false, 1);
}

Test(daemon_disk, nothing_works_from_each_call_on)
{
    break_each_call(UINT64_MAX, false, 1);
}

Test(daemon_disk, full_from_each_call_on)
{
    break_each_call(UINT64_MAX, true, 1);
}

/* At the start of a daemon: one clear line and exit code 2, and the next start is as if nothing had been. */
Test(daemon_disk, each_call_of_the_start_fails)
{
    disk = faulty_disk_install();
    daemon_start_forked(&daemon_, rack);
    client = daemon_client(&daemon_);
    uint64_t operation;
    cr_assert_eq(receive(send_weight(client, "ssd0.vf0", 7), &operation), CODE(OK));
    cr_assert_eq(await_end(operation), STATE(SUCCEEDED));
    client_close(client);
    daemon_kill(&daemon_, SIGKILL);
    int call = 0, failures = 0;
    for (int exit_code = 2; exit_code == 2 && call < 400; call++) {
        char path[128], text[4096] = "";
        snprintf(path, sizeof path, "%s/log", daemon_.folder);
        cr_assert_eq(truncate(path, 0), 0);
        faulty_disk_break(disk, (uint64_t)call, UINT64_MAX);
        exit_code = daemon_try_forked(&daemon_, 2);
        faulty_disk_heal(disk);
        FILE *log = fopen(path, "r");
        size_t length = fread(text, 1, sizeof text - 1, log);
        fclose(log);
        text[length] = '\0';
        if (exit_code != 2) /* no call fails any more: it serves, and is ended */
            break;
        failures++;
        const char *said = strstr(text, "mriovd: --state state: "); /* after what it had restored by then */
        cr_assert_not_null(said, "call %d: %s", call, text);
        cr_expect(strlen(said) > 25 && strchr(said, '\n') == text + length - 1, "call %d: %s", call, said);
    }
    cr_expect_gt(failures, 20);
    daemon_restart_forked(&daemon_);
    client = daemon_client(&daemon_);
    Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
    cr_expect_eq(ask_function(fabric, "ssd0.pf0.vf0")->weight, 7);
    daemon_free(fabric);
    client_close(client);
    daemon_stop(&daemon_);
}
