/* What clients have changed, and who may: a daemon whose MR-PCIM has a fake rack behind it
 * (tests/support/fake_hardware.h), so that each command takes a known time. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "mgmt/dispatch.h"
#include "mgmt/handlers.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"
#include "tests/support/daemon.h"
#include "tests/support/fake_hardware.h"
#include "tests/support/rack.h"

TestSuite(daemon_change, .timeout = 120);

#define CODE(name) MRIOV__V1__STATUS__CODE__##name
#define STATE(name) MRIOV__V1__OPERATION__STATE__##name

static const char rack[] = "mriov: 1\nname: quiet\nrun: {duration: 1ms}\nchassis: [{name: tor0}]\n"
                           "hosts: [{name: h0, chassis: tor0}]\n";

/* The life of the daemon's process. */
_Noreturn static void live(const struct daemon *daemon, const char *access)
{
    static struct mriovd mriovd;
    static struct fake_hardware fake;
    static struct pcim pcim;
    char why[256];
    struct mriovd_options options = {.listens = {daemon->address}, .listen_count = 1, .access = access};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    log_start(false, LOG_FAULT);
    struct scenario *scenario = rack_scenario(rack);
    scenario->managed = true;
    CHECK(mriovd_init(&mriovd, scenario, &options, why, sizeof why));
    struct simulation *simulation = &mriovd.live.world.fabric.simulation;
    fake_hardware_init(&fake, simulation);
    fake.delay_ps = PS_PER_US;
    pcim_init(&pcim, simulation, &fake_hardware_ops, &fake);
    fake_inventory_fill(&pcim.inventory);
    pcim_inventory_own(
        &pcim.inventory, (struct pcim_function_id){.pf = 3, .vf = PCIM_NONE},
        (struct pcim_owner){.host = 2, .uplink = 0, .guest = PCIM_NONE}, 1); /* nic0.pf3 is h2's */
    fake.inventory = &pcim.inventory;
    watch_start(&mriovd, &pcim);
    bool went_well = mriovd_run(&mriovd);
    mriovd_free(&mriovd);
    pcim_free(&pcim);
    scenario_free(scenario);
    _exit(went_well ? 0 : 1);
}

/* RULES: of the file of --access; NULL: none. */
static void start(struct daemon *daemon, const char *rules)
{
    char access[96], why[256];
    *daemon = (struct daemon){.folder = "/tmp/mriovd-XXXXXX"};
    CHECK(mkdtemp(daemon->folder));
    snprintf(daemon->address, sizeof daemon->address, "unix:%s/socket", daemon->folder);
    snprintf(access, sizeof access, "%s/access", daemon->folder);
    if (rules != NULL) {
        FILE *file = fopen(access, "w");
        CHECK(file != NULL && fputs(rules, file) >= 0 && fclose(file) == 0);
    }
    daemon->pid = fork();
    CHECK(daemon->pid >= 0);
    if (daemon->pid == 0)
        live(daemon, rules != NULL ? access : NULL);
    struct client *client = NULL;
    for (int tries = 0; tries < 1000 && client == NULL; tries++, usleep(10000))
        client = client_open(daemon->address, NULL, why, sizeof why);
    cr_assert_not_null(client, "%s", why);
    client_close(client);
}

static void stop(struct daemon *daemon)
{
    char command[128];
    int status = daemon_kill(daemon, SIGTERM);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "ended with %#x", (unsigned)status);
    snprintf(command, sizeof command, "rm -rf %s", daemon->folder);
    CHECK(system(command) == 0);
}

static void advance(struct client *client, uint64_t ns)
{
    Mriov__V1__AdvanceRequest request = MRIOV__V1__ADVANCE_REQUEST__INIT;
    request.duration_ns = ns;
    daemon_expect(client, "Advance", &request.base, CODE(OK));
}

static Mriov__V1__AssignRequest assign(const char *function, const char *to)
{
    Mriov__V1__AssignRequest request = MRIOV__V1__ASSIGN_REQUEST__INIT;
    request.function = (char *)function;
    request.to = (char *)to;
    return request;
}

/* The number of the operation that REQUEST begins. */
static uint64_t begin(struct client *client, Mriov__V1__AssignRequest request)
{
    Mriov__V1__AssignResponse *response = daemon_call(client, "Assign", &request.base, CODE(OK));
    uint64_t id = response->operation->id;
    daemon_free(response);
    return id;
}

static Mriov__V1__Operation__State state_of(struct client *client, uint64_t id)
{
    Mriov__V1__GetOperationRequest request = MRIOV__V1__GET_OPERATION_REQUEST__INIT;
    request.id = id;
    Mriov__V1__GetOperationResponse *response = daemon_call(client, "GetOperation", &request.base, CODE(OK));
    Mriov__V1__Operation__State state = response->operation->state;
    cr_expect_str_eq(response->operation->method, "Assign");
    cr_expect_str_eq(response->operation->identity, "uid:0");
    daemon_free(response);
    return state;
}

Test(daemon_change, an_operation_ends_in_simulated_time)
{
    struct daemon daemon;
    start(&daemon, NULL);
    struct client *client = daemon_client(&daemon);
    uint64_t id = begin(client, assign("nic0.pf1", "h1"));
    cr_expect_gt(id, 0);
    cr_expect_lt(state_of(client, id), STATE(SUCCEEDED));
    advance(client, 500);
    cr_expect_lt(state_of(client, id), STATE(SUCCEEDED));
    advance(client, 10000);
    cr_expect_eq(state_of(client, id), STATE(SUCCEEDED));

    Mriov__V1__AssignRequest again = assign("nic0.pf1", "h1"), other = assign("nic0.pf1", "h2");
    Mriov__V1__AssignResponse *same = daemon_call(client, "Assign", &again.base, CODE(OK));
    cr_expect_eq(same->operation->state, STATE(SUCCEEDED), "what is so already is done at once");
    daemon_free(same);
    Mriov__V1__Response *refused = client_call(client, "Assign", &other.base, &(struct client_options){0});
    cr_expect_eq(refused->status->code, CODE(ALREADY_ASSIGNED));
    cr_expect_str_eq(refused->status->holder, "h1");
    client_free_response(refused);
    other = assign("nic0.pf9", "h2");
    daemon_expect(client, "Assign", &other.base, CODE(NOT_FOUND));
    client_close(client);
    stop(&daemon);
}

Test(daemon_change, who_waits_is_answered_when_it_ends)
{
    struct daemon daemon;
    start(&daemon, NULL);
    struct client *waiting = daemon_client(&daemon), *client = daemon_client(&daemon);
    Mriov__V1__AssignRequest request = assign("nic0.pf0", "h0");
    request.wait = 1;
    uint64_t first = client_send(waiting, "Assign", &request.base, &(struct client_options){0});
    Mriov__V1__GetOperationRequest get = MRIOV__V1__GET_OPERATION_REQUEST__INIT;
    get.id = 1;
    get.wait = 1;
    uint64_t second = client_send(waiting, "GetOperation", &get.base, &(struct client_options){.deadline_ms = 1});
    Mriov__V1__Response *response = client_receive(waiting);
    cr_expect_eq(response->id, second);
    cr_expect_eq(response->status->code, CODE(DEADLINE_EXCEEDED));
    client_free_response(response);
    advance(client, 20000);
    response = client_receive(waiting);
    cr_expect_eq(response->id, first);
    cr_expect_eq(response->status->code, CODE(OK));
    Mriov__V1__AssignResponse *answer =
        mriov__v1__assign_response__unpack(NULL, response->payload.len, response->payload.data);
    cr_expect_eq(answer->operation->state, STATE(SUCCEEDED));
    cr_expect_gt(answer->operation->ended_ns, answer->operation->started_ns);
    daemon_free(answer);
    client_free_response(response);
    client_send(waiting, "Release", &request.base, &(struct client_options){0});
    client_close(waiting); /* with something open */
    advance(client, 20000);
    client_close(client);
    stop(&daemon);
}

Test(daemon_change, a_key_is_used_once)
{
    struct daemon daemon;
    start(&daemon, NULL);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__AssignRequest request = assign("nic0.pf0", "h0"), other = assign("nic0.pf1", "h0");
    const struct client_options key = {.request_key = "one"};
    uint64_t ids[2];
    for (int n = 0; n < 2; n++) {
        Mriov__V1__Response *response = client_call(client, "Assign", &request.base, &key);
        cr_assert_eq(response->status->code, CODE(OK));
        Mriov__V1__AssignResponse *answer =
            mriov__v1__assign_response__unpack(NULL, response->payload.len, response->payload.data);
        ids[n] = answer->operation->id;
        daemon_free(answer);
        client_free_response(response);
        advance(client, 20000);
        client_close(client);
        client = daemon_client(&daemon); /* the key is the identity's, not the connection's */
    }
    cr_expect_eq(ids[0], ids[1]);
    Mriov__V1__Response *refused = client_call(client, "Assign", &other.base, &key);
    cr_expect_eq(refused->status->code, CODE(INVALID_ARGUMENT));
    client_free_response(refused);
    client_close(client);
    stop(&daemon);
}

Test(daemon_change, dry_runs_lists_and_cancels)
{
    struct daemon daemon;
    start(&daemon, NULL);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__AssignRequest dry = assign("ssd0.vf0", "h0");
    dry.dry_run = 1;
    cr_expect_eq(begin(client, dry), 0);
    uint64_t one = begin(client, assign("ssd0.vf0", "h0")), two = begin(client, assign("ssd0.vf1", "h1"));
    Mriov__V1__ListOperationsRequest list = MRIOV__V1__LIST_OPERATIONS_REQUEST__INIT;
    list.running = 1;
    list.page_size = 1;
    Mriov__V1__ListOperationsResponse *page = daemon_call(client, "ListOperations", &list.base, CODE(OK));
    cr_assert_eq(page->n_operations, 1);
    cr_expect_eq(page->operations[0]->id, one);
    list.page_token = page->next_page_token;
    Mriov__V1__ListOperationsResponse *next = daemon_call(client, "ListOperations", &list.base, CODE(OK));
    cr_assert_eq(next->n_operations, 1);
    cr_expect_eq(next->operations[0]->id, two);
    daemon_free(next);
    daemon_free(page);
    Mriov__V1__CancelOperationRequest cancel = MRIOV__V1__CANCEL_OPERATION_REQUEST__INIT;
    cancel.id = 999;
    daemon_expect(client, "CancelOperation", &cancel.base, CODE(NOT_FOUND));
    cancel.id = two;
    daemon_expect(client, "CancelOperation", &cancel.base, CODE(OK));
    advance(client, 20000);
    cr_expect_eq(state_of(client, one), STATE(SUCCEEDED));
    cr_expect_eq(state_of(client, two), STATE(CANCELLED));
    client_close(client);
    stop(&daemon);
}

/* --- events --- */

static Mriov__V1__WatchResponse *next_event(struct client *client)
{
    Mriov__V1__Response *response = client_receive(client);
    cr_assert(response != NULL && response->more);
    Mriov__V1__WatchResponse *event =
        mriov__v1__watch_response__unpack(NULL, response->payload.len, response->payload.data);
    client_free_response(response);
    return event;
}

Test(daemon_change, events_come_without_a_gap_and_again)
{
    struct daemon daemon;
    start(&daemon, NULL);
    struct client *watcher = daemon_client(&daemon), *client = daemon_client(&daemon);
    Mriov__V1__WatchRequest watch = MRIOV__V1__WATCH_REQUEST__INIT;
    watch.from_sequence = 1;
    client_send(watcher, "Watch", &watch.base, &(struct client_options){0});
    for (int n = 0; n < 3; n++) {
        static const char *const functions[] = {"nic0.pf0", "ssd0.vf0", "gpu0"};
        begin(client, assign(functions[n], "h0"));
        advance(client, 20000);
    }
    uint64_t sequence = 0, at_ns = 0;
    for (int assigned = 0; assigned < 3;) {
        Mriov__V1__WatchResponse *event = next_event(watcher);
        cr_assert_eq(event->event->sequence, ++sequence);
        cr_expect_geq(event->event->at_ns, at_ns);
        at_ns = event->event->at_ns;
        assigned += event->event->kind == MRIOV__V1__EVENT__KIND__ASSIGNED;
        daemon_free(event);
    }
    client_close(watcher);
    watcher = daemon_client(&daemon); /* all of it again, of one kind */
    Mriov__V1__Event__Kind kinds[] = {MRIOV__V1__EVENT__KIND__ASSIGNED};
    watch.kinds = kinds;
    watch.n_kinds = 1;
    client_send(watcher, "Watch", &watch.base, &(struct client_options){0});
    for (int n = 0; n < 3; n++) {
        Mriov__V1__WatchResponse *event = next_event(watcher);
        cr_expect_eq(event->event->kind, MRIOV__V1__EVENT__KIND__ASSIGNED);
        daemon_free(event);
    }
    client_close(watcher);
    client_close(client);
    stop(&daemon);
}

Test(daemon_change, a_lost_range_is_said)
{
    struct daemon daemon;
    start(&daemon, NULL);
    struct client *client = daemon_client(&daemon), *other = daemon_client(&daemon);
    uint64_t id = begin(client, assign("nic0.pf0", "h0"));
    advance(client, 20000);
    cr_assert_eq(state_of(client, id), STATE(SUCCEEDED));
    for (uint64_t n = 0; n < PCIM_EVENTS_KEPT / 2; n++) { /* each has three */
        Mriov__V1__SetQosRequest request = MRIOV__V1__SET_QOS_REQUEST__INIT;
        request.function = "nic0.pf0";
        request.share_case = MRIOV__V1__SET_QOS_REQUEST__SHARE_WEIGHT;
        request.weight = (uint32_t)(1 + n % 7);
        daemon_expect(client, "SetQos", &request.base, CODE(OK));
        advance(other, 5000);
    }
    Mriov__V1__WatchRequest watch = MRIOV__V1__WATCH_REQUEST__INIT;
    watch.from_sequence = 1;
    client_send(client, "Watch", &watch.base, &(struct client_options){0});
    Mriov__V1__WatchResponse *gap = next_event(client);
    cr_expect_eq(gap->event->kind, MRIOV__V1__EVENT__KIND__GAP);
    cr_expect_eq(gap->event->gap_from, 1);
    cr_expect_eq(gap->event->gap_to, gap->event->sequence);
    Mriov__V1__WatchResponse *next = next_event(client);
    cr_expect_eq(next->event->sequence, gap->event->sequence + 1);
    daemon_free(gap);
    daemon_free(next);
    client_close(client);
    client_close(other);
    stop(&daemon);
}

/* --- who may --- */

/* The least role of each method, beside the daemon's own table. */
static const struct {
    const char *method;
    enum role least;
} expected[] = {
    {"Hello", ROLE_NOBODY},
    {"GetFabric", ROLE_VIEWER},
    {"ListFunctions", ROLE_VIEWER},
    {"Assign", ROLE_OPERATOR},
    {"Release", ROLE_OPERATOR},
    {"Move", ROLE_OPERATOR},
    {"Apply", ROLE_OPERATOR},
    {"SetQos", ROLE_OPERATOR},
    {"SetVfs", ROLE_OPERATOR},
    {"ControlPort", ROLE_OPERATOR},
    {"InjectFault", ROLE_ADMINISTRATOR},
    {"RepairFault", ROLE_ADMINISTRATOR},
    {"MigrateGuest", ROLE_OPERATOR},
    {"GetOperation", ROLE_VIEWER},
    {"ListOperations", ROLE_VIEWER},
    {"CancelOperation", ROLE_OPERATOR},
    {"Watch", ROLE_VIEWER},
    {"Cancel", ROLE_VIEWER},
    {"GetStatistics", ROLE_VIEWER},
    {"WatchStatistics", ROLE_VIEWER},
    {"GetResults", ROLE_VIEWER},
    {"GetClock", ROLE_VIEWER},
    {"Advance", ROLE_OPERATOR},
    {"SetPace", ROLE_OPERATOR},
    {"Pause", ROLE_OPERATOR},
    {"WhatIf", ROLE_OPERATOR},
    {"ReadConfig", ROLE_VIEWER},
};
#define METHODS (sizeof expected / sizeof expected[0])

Test(daemon_change, every_method_for_every_role)
{
    static const char *const rules[] = {
        "uid:4242 administrator\n", "uid:0 viewer\n", "uid:0 operator *\n", "uid:* administrator # all\n"};
    size_t count;
    dispatch_methods(&count);
    cr_assert_eq(count, METHODS);
    for (enum role role = ROLE_NOBODY; role <= ROLE_ADMINISTRATOR; role++) {
        struct daemon daemon;
        start(&daemon, rules[role]);
        struct client *client = daemon_client(&daemon);
        for (size_t n = 0; n < METHODS; n++) {
            Mriov__V1__HelloRequest empty = MRIOV__V1__HELLO_REQUEST__INIT;
            uint64_t id =
                client_send(client, expected[n].method, &empty.base, &(struct client_options){.deadline_ms = 100});
            Mriov__V1__Response *response = client_receive(client);
            while (response->id != id || response->more) {
                client_free_response(response);
                response = client_receive(client);
            }
            bool is_denied = response->status->code == CODE(PERMISSION_DENIED);
            cr_expect_eq(
                is_denied, role < expected[n].least, "%s as %s: %d %s", expected[n].method, role_name(role),
                (int)response->status->code, response->status->message);
            client_free_response(response);
        }
        client_close(client);
        stop(&daemon);
    }
}

/* What is another host's: nic0.pf3 is h2's. */
static void expect_foreign(struct client *client)
{
    Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
    release.function = "nic0.pf3";
    daemon_expect(client, "Release", &release.base, CODE(PERMISSION_DENIED));
    Mriov__V1__MoveRequest move = MRIOV__V1__MOVE_REQUEST__INIT;
    move.function = "nic0@h2";
    move.to = "h1";
    daemon_expect(client, "Move", &move.base, CODE(PERMISSION_DENIED));
    Mriov__V1__SetQosRequest qos = MRIOV__V1__SET_QOS_REQUEST__INIT;
    qos.share_case = MRIOV__V1__SET_QOS_REQUEST__SHARE_WEIGHT;
    qos.weight = 2;
    qos.function = "nic0.pf3";
    daemon_expect(client, "SetQos", &qos.base, CODE(PERMISSION_DENIED));
    qos.function = "nic0.pf0";
    daemon_expect(client, "SetQos", &qos.base, CODE(OK));
    Mriov__V1__SetVfsRequest vfs = MRIOV__V1__SET_VFS_REQUEST__INIT;
    vfs.pf = "nic0.pf3";
    vfs.count = 1;
    daemon_expect(client, "SetVfs", &vfs.base, CODE(PERMISSION_DENIED));
    static const struct {
        const char *guest, *to;
        bool allowed;
    } migrations[] = {{"h0/vm0", "h2", false}, {"h0/vm1", "h4", false}, {"h0/vm0", "h1", true}};
    for (size_t n = 0; n < sizeof migrations / sizeof migrations[0]; n++) {
        Mriov__V1__MigrateGuestRequest migrate = MRIOV__V1__MIGRATE_GUEST_REQUEST__INIT;
        migrate.guest = (char *)migrations[n].guest;
        migrate.to = (char *)migrations[n].to;
        Mriov__V1__Response *answer = client_call(client, "MigrateGuest", &migrate.base, &(struct client_options){0});
        bool denied = answer->status->code == CODE(PERMISSION_DENIED);
        cr_expect_eq(denied, !migrations[n].allowed, "%s to %s", migrations[n].guest, migrations[n].to);
        client_free_response(answer);
    }
}

/* An operator of h0 and h1 only, and what is somebody else's. */
Test(daemon_change, an_operator_keeps_to_its_hosts)
{
    struct daemon daemon;
    start(&daemon, "uid:0 operator h[01]\n");
    struct client *client = daemon_client(&daemon);
    static const struct {
        const char *function, *to;
        bool allowed;
    } assigns[] = {
        {"nic0.pf0", "h0", true}, {"nic0.pf1", "h1", true},     {"nic0.pf2", "h2", false},
        {"nic0", "h4", false},    {"ssd0.vf0", "h0/vm1", true}, {"gpu0", "h3", false},
    };
    for (size_t n = 0; n < sizeof assigns / sizeof assigns[0]; n++) {
        Mriov__V1__AssignRequest request = assign(assigns[n].function, assigns[n].to);
        daemon_expect(client, "Assign", &request.base, assigns[n].allowed ? CODE(OK) : CODE(PERMISSION_DENIED));
        advance(client, 20000);
    }
    Mriov__V1__MoveRequest move = MRIOV__V1__MOVE_REQUEST__INIT;
    move.function = "nic0.pf0";
    move.to = "h2";
    daemon_expect(client, "Move", &move.base, CODE(PERMISSION_DENIED));
    static const struct {
        const char *port, *vh;
        bool allowed;
    } ports[] = {
        {"h0", "", true}, {"h2", "", false}, {"nic0", "", false}, {"isl0:tor0", "", false}, {"nic0", "h4", false}};
    for (size_t n = 0; n < sizeof ports / sizeof ports[0]; n++) {
        Mriov__V1__ControlPortRequest request = MRIOV__V1__CONTROL_PORT_REQUEST__INIT;
        request.port = (char *)ports[n].port;
        request.vh = (char *)ports[n].vh;
        request.action = MRIOV__V1__PORT_ACTION__KIND__HOT_RESET;
        daemon_expect(client, "ControlPort", &request.base, ports[n].allowed ? CODE(OK) : CODE(PERMISSION_DENIED));
        advance(client, 20000);
    }
    Mriov__V1__ApplyRequest apply = MRIOV__V1__APPLY_REQUEST__INIT;
    Mriov__V1__Binding own = MRIOV__V1__BINDING__INIT, foreign = MRIOV__V1__BINDING__INIT;
    Mriov__V1__Binding *bindings[] = {&own, &foreign};
    own.function = "nic0.pf0";
    own.to = "h1";
    foreign.function = "nic0.pf3";
    foreign.to = "h2";
    apply.bindings = bindings;
    apply.n_bindings = 2;
    daemon_expect(client, "Apply", &apply.base, CODE(PERMISSION_DENIED));
    apply.n_bindings = 1;
    apply.prune = 1;
    daemon_expect(client, "Apply", &apply.base, CODE(PERMISSION_DENIED));
    expect_foreign(client);
    client_close(client);
    stop(&daemon);
}
