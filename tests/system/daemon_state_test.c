/* What outlives the daemon: killed at any moment, it comes back with all that it had answered and nothing half done. */
#include <criterion/criterion.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "fabric/base/random.h"
#include "tests/support/daemon.h"
#include "tests/support/daemon_ask.h"
#include "tests/support/place.h"

TestSuite(daemon_state, .timeout = 120);

#define CODE(name) MRIOV__V1__STATUS__CODE__##name
#define STATE(name) MRIOV__V1__OPERATION__STATE__##name

static const char rack[] = "mriov: 1\nname: durable\nrun: {duration: 2ms}\n"
                           "chassis: [{name: tor0}]\n"
                           "hosts: [{name: \"h[0-3]\", chassis: tor0}]\n"
                           "adapters:\n"
                           "  - {name: nic0, at: tor0, pfs: 4, vfs: 8}\n"
                           "  - {name: ssd0, at: tor0, sharing: sr-iov, vfs: 4}\n"
                           "assign: [{function: nic0.pf0, to: h0, vfs: 1}, {function: ssd0.vf0, to: h0}]\n"
                           "workloads:\n"
                           "  - {name: w, function: nic0.pf0, op: dma-write, size: 4KiB, arrival: {poisson: 5Gbps}}\n"
                           "timeline:\n"
                           "  - {at: 1us, assign: {function: nic0.pf3, to: h3}}\n";

static const char *const with_state[] = {"--state", "state", NULL};

static struct daemon daemon_;
static struct client *client;

static void set_up(void)
{
    daemon_start(&daemon_, rack, with_state);
    client = daemon_client(&daemon_);
}

static void tear_down(void)
{
    client_close(client);
    daemon_stop(&daemon_);
}

#define STATE_TEST(name) Test(daemon_state, name, .init = set_up, .fini = tear_down)

static void kill_and_restart(void)
{
    client_close(client);
    daemon_kill(&daemon_, SIGKILL);
    daemon_restart(&daemon_, with_state);
    client = daemon_client(&daemon_);
}

static uint64_t begin_assign(const char *function, const char *to, uint32_t vfs)
{
    Mriov__V1__AssignRequest request = MRIOV__V1__ASSIGN_REQUEST__INIT;
    request.function = (char *)function;
    request.to = (char *)to;
    request.vfs = vfs;
    return ask_begin(client, "Assign", &request.base);
}

static uint64_t begin_vfs(const char *pf, uint32_t count)
{
    Mriov__V1__SetVfsRequest request = MRIOV__V1__SET_VFS_REQUEST__INIT;
    request.pf = (char *)pf;
    request.count = count;
    return ask_begin(client, "SetVfs", &request.base);
}

static uint64_t begin_qos(const char *function, uint64_t max_bps, uint32_t weight)
{
    Mriov__V1__SetQosRequest request = MRIOV__V1__SET_QOS_REQUEST__INIT;
    request.function = (char *)function;
    request.max_case = MRIOV__V1__SET_QOS_REQUEST__MAX_MAX_BPS;
    request.max_bps = max_bps;
    request.share_case = MRIOV__V1__SET_QOS_REQUEST__SHARE_WEIGHT;
    request.weight = weight;
    return ask_begin(client, "SetQos", &request.base);
}

static uint64_t begin_port(const char *port)
{
    Mriov__V1__ControlPortRequest request = MRIOV__V1__CONTROL_PORT_REQUEST__INIT;
    request.port = (char *)port;
    request.action = MRIOV__V1__PORT_ACTION__KIND__DISABLE;
    return ask_begin(client, "ControlPort", &request.base);
}

static uint64_t begin_fault(const char *link)
{
    Mriov__V1__InjectFaultRequest request = MRIOV__V1__INJECT_FAULT_REQUEST__INIT;
    request.target = (char *)link;
    request.part = "link";
    request.fault = "fail";
    return ask_begin(client, "InjectFault", &request.base);
}

static void expect_same_rack(const Mriov__V1__GetFabricResponse *before, const Mriov__V1__GetFabricResponse *after)
{
    cr_assert_eq(before->n_functions, after->n_functions);
    for (size_t i = 0; i < before->n_functions; i++) {
        const Mriov__V1__Function *one = before->functions[i], *other = after->functions[i];
        cr_expect_str_eq(one->name, other->name);
        cr_expect_str_eq(one->owner, other->owner, "%s: `%s`, was `%s`", one->name, other->owner, one->owner);
        cr_expect_eq(one->actual, other->actual, "%s: %d, was %d", one->name, (int)other->actual, (int)one->actual);
        cr_expect_eq(one->max_bps, other->max_bps, "%s: max", one->name);
        cr_expect_eq(one->min_bps, other->min_bps, "%s: min", one->name);
        cr_expect_eq(one->weight, other->weight, "%s: weight", one->name);
        cr_expect_eq(one->vfs, other->vfs, "%s: %u VFs", one->name, other->vfs);
        cr_expect_gt(other->generation, one->generation, "%s: what was expected once is not again", one->name);
    }
    for (size_t i = 0; i < before->n_links; i++)
        cr_expect_eq(before->links[i]->state, after->links[i]->state, "link %s", before->links[i]->name);
}

/* Ownership (that of the scenario's timeline too), VFs, limits, ports and faults. */
STATE_TEST(what_was_acknowledged_is_there_after_a_kill)
{
    cr_assert_eq(ask_end(client, begin_assign("nic0.pf2", "h2", 2)), STATE(SUCCEEDED));
    cr_assert_eq(ask_end(client, begin_assign("ssd0.vf3", "h1", 0)), STATE(SUCCEEDED));
    Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
    release.function = "ssd0.vf0";
    cr_assert_eq(ask_end(client, ask_begin(client, "Release", &release.base)), STATE(SUCCEEDED));
    cr_assert_eq(ask_end(client, begin_qos("nic0.pf2", 3000000000, 7)), STATE(SUCCEEDED));
    cr_assert_eq(ask_end(client, begin_vfs("nic0.pf0", 4)), STATE(SUCCEEDED));
    cr_assert_eq(ask_end(client, begin_vfs("nic0.pf2", 0)), STATE(SUCCEEDED));
    cr_assert_eq(ask_end(client, begin_qos("nic0.pf0.vf3", 2000000000, 5)), STATE(SUCCEEDED));
    cr_assert_eq(ask_end(client, begin_port("h1")), STATE(SUCCEEDED));
    cr_assert_eq(ask_end(client, begin_fault("h3")), STATE(SUCCEEDED));
    for (int life = 0; life < 3; life++) {
        Mriov__V1__GetFabricResponse *before = ask_fabric(client);
        kill_and_restart();
        Mriov__V1__GetFabricResponse *after = ask_fabric(client);
        expect_same_rack(before, after);
        cr_expect_str_eq(ask_function(after, "nic0.pf3")->owner, "h3", "the timeline's");
        cr_expect_gt(after->sequence, before->sequence);
        daemon_free(before);
        daemon_free(after);
    }
}

STATE_TEST(operations_and_keys_are_kept)
{
    const struct client_options key = {.request_key = "once"};
    Mriov__V1__AssignRequest request = MRIOV__V1__ASSIGN_REQUEST__INIT;
    request.function = "nic0.pf1";
    request.to = "h1";
    client_free_response(client_call(client, "Assign", &request.base, &key));
    cr_assert_eq(ask_end(client, 1), STATE(SUCCEEDED));
    uint64_t unended = begin_assign("nic0.pf2", "h2", 0);
    kill_and_restart();
    Mriov__V1__Response *response = client_call(client, "Assign", &request.base, &key);
    cr_assert_eq(response->status->code, CODE(OK));
    Mriov__V1__AssignResponse *again =
        mriov__v1__assign_response__unpack(NULL, response->payload.len, response->payload.data);
    cr_expect_eq(again->operation->id, 1);
    cr_expect_eq(again->operation->state, STATE(SUCCEEDED));
    cr_expect_str_eq(again->operation->target, "nic0.pf1");
    cr_expect_str_eq(again->operation->identity, "uid:0");
    cr_expect_neq(again->operation->epoch, response->epoch, "of an earlier life");
    daemon_free(again);
    client_free_response(response);
    request.to = "h2";
    response = client_call(client, "Assign", &request.base, &key);
    cr_expect_eq(response->status->code, CODE(INVALID_ARGUMENT));
    client_free_response(response);

    Mriov__V1__GetOperationRequest get = MRIOV__V1__GET_OPERATION_REQUEST__INIT;
    get.id = unended;
    Mriov__V1__GetOperationResponse *found = daemon_call(client, "GetOperation", &get.base, CODE(OK));
    cr_expect_eq(found->operation->state, STATE(FAILED));
    cr_expect_eq(found->operation->status->code, CODE(UNAVAILABLE));
    daemon_free(found);
    Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
    cr_expect_str_eq(ask_function(fabric, "nic0.pf2")->owner, "");
    daemon_free(fabric);
    cr_expect_gt(begin_assign("nic0.pf2", "h2", 0), unended, "numbers are not used again");

    Mriov__V1__WatchRequest watch = MRIOV__V1__WATCH_REQUEST__INIT;
    watch.from_sequence = 1;
    client_send(client, "Watch", &watch.base, &(struct client_options){0});
    response = client_receive(client);
    Mriov__V1__WatchResponse *gap =
        mriov__v1__watch_response__unpack(NULL, response->payload.len, response->payload.data);
    cr_expect_eq(gap->event->kind, MRIOV__V1__EVENT__KIND__GAP, "events of an earlier life are lost, and said to be");
    daemon_free(gap);
    client_free_response(response);
}

/* The count is what the operation's outcome says, as it is told after the kill: what was told before stays so. */
STATE_TEST(vf_counts_are_whole_after_a_kill_at_any_moment)
{
    struct random random;
    uint32_t count = 1;
    random_init(&random, 2, "kill");
    for (int round = 0; round < 12; round++) {
        uint32_t wanted = (uint32_t)random_below(&random, 7);
        uint64_t open = begin_vfs("nic0.pf0", wanted);
        ask_advance(client, 1 + random_below(&random, 60000));
        bool told = ask_state(client, open) == STATE(SUCCEEDED);
        kill_and_restart();
        bool done = ask_state(client, open) == STATE(SUCCEEDED);
        cr_expect(done || !told, "round %d", round);
        count = done ? wanted : count;
        Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
        uint32_t listed = 0;
        for (size_t i = 0; i < fabric->n_functions; i++)
            listed += strncmp(fabric->functions[i]->name, "nic0.pf0.vf", 11) == 0 &&
                      strcmp(fabric->functions[i]->owner, "h0") == 0;
        cr_expect_eq(ask_function(fabric, "nic0.pf0")->vfs, count, "round %d", round);
        cr_expect_eq(listed, count, "round %d: %u VFs", round, listed);
        daemon_free(fabric);
    }
}

/* Functions go about at random; the daemon is killed in the middle of it, again and again. Who was told that something
 * had ended finds it so; what had not is as it was before. */
STATE_TEST(killed_at_any_moment)
{
    static const char *const names[] = {"ssd0.pf0.vf0", "ssd0.pf0.vf1", "ssd0.pf0.vf2", "ssd0.pf0.vf3"};
    static const char *const hosts[] = {"", "h0", "h1", "h2", "h3"};
    int owners[4] = {1};
    struct random random;
    random_init(&random, 1, "kill");
    for (int round = 0; round < 15; round++) {
        uint64_t open[4] = {0};
        int wanted[4] = {0};
        for (uint64_t n = random_below(&random, 6); n > 0; n--) {
            size_t of = random_below(&random, 4);
            if (open[of] != 0)
                continue;
            wanted[of] = owners[of] == 0 ? 1 + (int)random_below(&random, 4) : 0;
            Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
            release.function = (char *)names[of];
            open[of] = wanted[of] != 0 ? begin_assign(names[of], hosts[wanted[of]], 0)
                                       : ask_begin(client, "Release", &release.base);
            ask_advance(client, 1 + random_below(&random, 20000));
        }
        bool told[4] = {0};
        if (round % 3 == 0) { /* while time passes, and in the middle of a request */
            Mriov__V1__SetPaceRequest pace = MRIOV__V1__SET_PACE_REQUEST__INIT;
            pace.pace_case = MRIOV__V1__SET_PACE_REQUEST__PACE_MAX;
            pace.max = 1;
            daemon_expect(client, "SetPace", &pace.base, CODE(OK));
            Mriov__V1__SetQosRequest qos = MRIOV__V1__SET_QOS_REQUEST__INIT;
            qos.function = "nic0.pf0";
            qos.share_case = MRIOV__V1__SET_QOS_REQUEST__SHARE_WEIGHT;
            qos.weight = 3;
            client_send(client, "SetQos", &qos.base, &(struct client_options){0});
            usleep((useconds_t)random_below(&random, 3000));
        }
        for (size_t of = 0; of < 4 && round % 3 != 0; of++)
            told[of] = open[of] != 0 && ask_state(client, open[of]) == STATE(SUCCEEDED);
        kill_and_restart();
        for (size_t of = 0; of < 4; of++) {
            Mriov__V1__Operation__State state = open[of] != 0 ? ask_state(client, open[of]) : STATE(FAILED);
            cr_expect(state == STATE(SUCCEEDED) || (state == STATE(FAILED) && !told[of]), "round %d: %d", round, state);
            if (state == STATE(SUCCEEDED))
                owners[of] = wanted[of];
        }
        Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
        for (size_t of = 0; of < 4; of++)
            cr_expect_str_eq(
                ask_function(fabric, names[of])->owner, hosts[owners[of]], "round %d: %s", round, names[of]);
        daemon_free(fabric);
    }
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

STATE_TEST(ten_thousand_operations_are_there_in_two_seconds)
{
    char path[128];
    sqlite3 *db;
    cr_assert_eq(ask_end(client, begin_qos("nic0.pf0", 1000000000, 2)), STATE(SUCCEEDED));
    client_close(client);
    daemon_kill(&daemon_, SIGKILL);
    snprintf(path, sizeof path, "%s/state", daemon_.folder);
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(
        sqlite3_exec(
            db,
            "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 10099) "
            "INSERT INTO operations SELECT i, 1, 4, 2, 'uid:0', 'key-' || i, i, 'nic0.pf0', '', 0, '', '', '', 0, 0, "
            "0, "
            "NULL FROM n",
            NULL, NULL, NULL),
        SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
    double begin_s = now_s();
    daemon_restart(&daemon_, with_state);
    client = daemon_client(&daemon_);
    cr_expect_eq(ask_state(client, 10099), STATE(SUCCEEDED));
    cr_expect_eq(ask_state(client, 100), STATE(SUCCEEDED));
    cr_expect_lt(now_s() - begin_s, 2.0, "%.2f s", now_s() - begin_s);
}

/* The exit code of another daemon on STATE, with another socket. */
static int run_another(const char *scenario)
{
    char command[512];
    snprintf(
        command, sizeof command,
        "cd %s && exec timeout 20 \"%s\" --scenario %s --listen unix:other --state state 2>other.log", daemon_.folder,
        place_daemon(), scenario);
    int status = system(command);
    return WEXITSTATUS(status);
}

static void expect_said(const char *words)
{
    char command[256];
    snprintf(command, sizeof command, "grep -q '%s' %s/other.log", words, daemon_.folder);
    cr_expect_eq(system(command), 0, "%s", words);
}

STATE_TEST(one_daemon_a_file_and_one_rack)
{
    cr_expect_neq(run_another("rack.yaml"), 0);
    expect_said("another daemon uses it");
    daemon_free(ask_fabric(client));
    client_close(client);
    daemon_kill(&daemon_, SIGKILL);
    char command[256];
    snprintf(
        command, sizeof command, "sed 's/name: durable/name: another/' %s/rack.yaml > %s/another.yaml", daemon_.folder,
        daemon_.folder);
    CHECK(system(command) == 0);
    cr_expect_neq(run_another("another.yaml"), 0);
    expect_said("the state of `durable`");
    daemon_restart(&daemon_, with_state);
    client = daemon_client(&daemon_);
}

static void limit_files(rlim_t bytes)
{
    const struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};
    CHECK(prlimit(daemon_.pid, RLIMIT_FSIZE, &limit, NULL) == 0);
}

/* The disk is full: changes are refused, what has ended is not told, all else goes on; then there is room again. */
STATE_TEST(a_full_disk)
{
    uint64_t under_way = begin_assign("nic0.pf1", "h1", 0);
    limit_files(1);
    ask_advance(client, 200000);
    cr_expect_eq(ask_state(client, under_way), STATE(RUNNING), "it is not on disk");
    Mriov__V1__AssignRequest request = MRIOV__V1__ASSIGN_REQUEST__INIT;
    request.function = "nic0.pf2";
    request.to = "h2";
    Mriov__V1__Response *refused = client_call(client, "Assign", &request.base, &(struct client_options){0});
    cr_expect_eq(refused->status->code, CODE(UNAVAILABLE));
    cr_expect_not_null(strstr(refused->status->message, "cannot be written"), "%s", refused->status->message);
    client_free_response(refused);
    Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
    cr_expect_str_eq(ask_function(fabric, "nic0.pf2")->owner, "");
    daemon_free(fabric);
    Mriov__V1__GetResultsRequest results = MRIOV__V1__GET_RESULTS_REQUEST__INIT;
    daemon_expect(client, "GetResults", &results.base, CODE(OK));
    Mriov__V1__GetOperationRequest get = MRIOV__V1__GET_OPERATION_REQUEST__INIT;
    get.id = under_way;
    get.wait = 1;
    client_send(client, "GetOperation", &get.base, &(struct client_options){.deadline_ms = 20000});
    limit_files(RLIM_INFINITY);
    Mriov__V1__Response *waited = client_receive(client);
    cr_assert_eq(waited->status->code, CODE(OK));
    client_free_response(waited);
    cr_expect_eq(ask_state(client, under_way), STATE(SUCCEEDED));
    cr_expect_eq(ask_end(client, begin_assign("nic0.pf2", "h2", 0)), STATE(SUCCEEDED));
    kill_and_restart();
    fabric = ask_fabric(client);
    cr_expect_str_eq(ask_function(fabric, "nic0.pf1")->owner, "h1");
    cr_expect_str_eq(ask_function(fabric, "nic0.pf2")->owner, "h2");
    daemon_free(fabric);
}

/* Asks for FUNCTION for h1 with KEY: the answer, which the caller frees. */
static Mriov__V1__Response *assign_with(const char *function, const char *key)
{
    Mriov__V1__AssignRequest request = MRIOV__V1__ASSIGN_REQUEST__INIT;
    request.function = (char *)function;
    request.to = "h1";
    return client_call(client, "Assign", &request.base, &(struct client_options){.request_key = key});
}

static void expect_code(const char *function, const char *key, Mriov__V1__Status__Code code)
{
    Mriov__V1__Response *response = assign_with(function, key);
    cr_assert_not_null(response);
    cr_expect_eq(response->status->code, code, "%s with %s: %s", function, key, response->status->message);
    client_free_response(response);
}

/* A refusal is the first answer to its key, whatever becomes of the rack, and of the daemon. */
STATE_TEST(a_refusal_is_a_first_answer_too)
{
    Mriov__V1__Response *first = assign_with("nic0.pf0", "k");
    cr_assert_eq(first->status->code, MRIOV__V1__STATUS__CODE__ALREADY_ASSIGNED, "%s", first->status->message);
    expect_code("nic0.pf1", "k", MRIOV__V1__STATUS__CODE__INVALID_ARGUMENT);
    expect_code("none", "n", MRIOV__V1__STATUS__CODE__NOT_FOUND);
    Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
    release.function = "nic0.pf0";
    release.policy = MRIOV__V1__POLICY__KIND__SURPRISE;
    cr_expect_eq(ask_end(client, ask_begin(client, "Release", &release.base)), MRIOV__V1__OPERATION__STATE__SUCCEEDED);
    for (int life = 0; life < 2; life++) {
        Mriov__V1__Response *again = assign_with("nic0.pf0", "k");
        cr_assert_not_null(again);
        cr_expect_eq(again->status->code, first->status->code, "life %d: %s", life, again->status->message);
        cr_expect_str_eq(again->status->message, first->status->message);
        cr_expect_str_eq(again->status->holder, first->status->holder);
        cr_expect_str_eq(again->status->hint, first->status->hint);
        cr_expect_eq(again->status->generation, first->status->generation);
        client_free_response(again);
        expect_code("nic0.pf1", "k", MRIOV__V1__STATUS__CODE__INVALID_ARGUMENT);
        expect_code("nic0.pf1", "n", MRIOV__V1__STATUS__CODE__INVALID_ARGUMENT);
        if (life == 0)
            kill_and_restart();
    }
    client_free_response(first);
    expect_code("nic0.pf0", "another", MRIOV__V1__STATUS__CODE__OK);
}

/* A scenario of the same name that lacks what the file knows: half of it would be worse than nothing, and all of it is
 * still there for the right one. */
STATE_TEST(what_the_scenario_has_no_more_is_said)
{
    char command[512];
    cr_expect_eq(ask_end(client, begin_assign("nic0.pf1", "h1", 0)), MRIOV__V1__OPERATION__STATE__SUCCEEDED);
    daemon_kill(&daemon_, SIGKILL);
    snprintf(
        command, sizeof command,
        "cd %s && sed -e 's/, {function: ssd0.vf0, to: h0}//' -e '/name: ssd0/d' rack.yaml > less.yaml && "
        "\"%s\" --scenario less.yaml --listen unix:less --state state 2> said; test $? -eq 2 && "
        "test $(grep -c mriovd: said) -eq 1 && grep -q 'mriovd: --state state: it knows of ssd0' said",
        daemon_.folder, place_daemon());
    cr_expect_eq(system(command), 0);
    client_close(client);
    daemon_restart(&daemon_, with_state);
    client = daemon_client(&daemon_);
    Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
    cr_expect_str_eq(ask_function(fabric, "nic0.pf1")->owner, "h1");
    cr_expect_str_eq(ask_function(fabric, "ssd0.pf0.vf0")->owner, "h0");
    daemon_free(fabric);
}
