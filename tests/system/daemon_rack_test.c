/* Changes of a real rack through the daemon: every mutation, from the socket through MR-PCIM, the chassis, adapters and
 * hosts to what the fabric, hosts and results say. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/results_json.h"
#include "hostsim/rack/run.h"
#include "tests/support/daemon.h"
#include "tests/support/daemon_ask.h"
#include "tests/support/rack.h"

TestSuite(daemon_rack, .timeout = 120);

#define CODE(name) MRIOV__V1__STATUS__CODE__##name
#define STATE(name) MRIOV__V1__OPERATION__STATE__##name
#define KIND(name) MRIOV__V1__FUNCTION_STATE__KIND__##name
#define LINK(name) MRIOV__V1__LINK_STATE__KIND__##name

/* --- every mutation --- */

static const char rack[] =
    "mriov: 1\nname: managed\nrun: {duration: 2ms}\n"
    "chassis: [{name: tor0}]\n"
    "hosts:\n"
    "  - {name: h0, chassis: tor0, guests: [{name: vm1}]}\n"
    "  - {name: \"h[1-2]\", chassis: tor0}\n"
    "adapters:\n"
    "  - {name: nic0, at: tor0, pfs: 4, vfs: 8}\n"
    "  - {name: ssd0, at: tor0, sharing: sr-iov, vfs: 4}\n"
    "assign:\n"
    "  - {function: nic0.pf0, to: h0, vfs: 1}\n"
    "  - {function: ssd0.vf0, to: h0}\n"
    "workloads:\n"
    "  - {name: w, function: nic0.pf0, op: dma-write, size: 4KiB, arrival: {poisson: 5Gbps}}\n"
    "  - {name: late, function: nic0.pf1, op: dma-write, size: 4KiB, arrival: {poisson: 5Gbps}}\n";

static struct daemon daemon_;
static struct client *client;

static void set_up(void)
{
    daemon_start(&daemon_, rack, NULL);
    client = daemon_client(&daemon_);
}

static void tear_down(void)
{
    client_close(client);
    daemon_stop(&daemon_);
}

#define RACK_TEST(name) Test(daemon_rack, name, .init = set_up, .fini = tear_down)

static void expect_function(
    const char *name, const char *owner, Mriov__V1__FunctionState__Kind desired, Mriov__V1__FunctionState__Kind actual)
{
    Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
    const Mriov__V1__Function *function = ask_function(fabric, name);
    cr_expect_str_eq(function->owner, owner, "%s is `%s`'s", name, function->owner);
    cr_expect_eq(function->desired, desired, "%s: desired %d", name, (int)function->desired);
    cr_expect_eq(function->actual, actual, "%s: actual %d", name, (int)function->actual);
    cr_expect_eq(function->routing_id[0] != '\0', actual == KIND(ASSIGNED), "%s: %s", name, function->routing_id);
    daemon_free(fabric);
}

RACK_TEST(assign_shows_desired_first_and_actual_when_it_has_ended)
{
    expect_function("nic0.pf1", "", KIND(FREE), KIND(FREE));
    Mriov__V1__AssignRequest assign = MRIOV__V1__ASSIGN_REQUEST__INIT;
    assign.function = "nic0.pf1";
    assign.to = "h1";
    uint64_t id = ask_begin(client, "Assign", &assign.base);
    expect_function("nic0.pf1", "h1", KIND(ASSIGNED), KIND(ARRIVING));
    cr_expect_eq(ask_end(client, id), STATE(SUCCEEDED));
    expect_function("nic0.pf1", "h1", KIND(ASSIGNED), KIND(ASSIGNED));
    ask_advance(client, 100000);
    Mriov__V1__GetStatisticsRequest request = MRIOV__V1__GET_STATISTICS_REQUEST__INIT;
    Mriov__V1__GetStatisticsResponse *figures = daemon_call(client, "GetStatistics", &request.base, CODE(OK));
    uint64_t operations = 0;
    for (size_t i = 0; i < figures->n_flows; i++)
        if (strcmp(figures->flows[i]->name, "late") == 0)
            operations += figures->flows[i]->operations;
    cr_expect_gt(operations, 0, "the workload that waited for it runs");
    daemon_free(figures);
}

RACK_TEST(an_expected_generation_is_held_to)
{
    Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
    uint64_t generation = ask_function(fabric, "nic0.pf0")->generation;
    daemon_free(fabric);
    Mriov__V1__MoveRequest move = MRIOV__V1__MOVE_REQUEST__INIT;
    move.function = "nic0.pf0";
    move.to = "h2";
    move.expected_case = MRIOV__V1__MOVE_REQUEST__EXPECTED_EXPECTED_GENERATION;
    move.expected_generation = generation + 7;
    Mriov__V1__Response *refused = client_call(client, "Move", &move.base, &(struct client_options){0});
    cr_expect_eq(refused->status->code, CODE(GENERATION_MISMATCH));
    cr_expect_eq(refused->status->generation, generation);
    client_free_response(refused);
    move.expected_generation = generation;
    cr_expect_eq(ask_end(client, ask_begin(client, "Move", &move.base)), STATE(SUCCEEDED));
    expect_function("nic0.pf0", "h2", KIND(ASSIGNED), KIND(ASSIGNED));
    daemon_expect(client, "Move", &move.base, CODE(GENERATION_MISMATCH));
}

/* Given, it is what is expected; not given is something else. */
RACK_TEST(an_expected_generation_of_0_is_one_too)
{
    Mriov__V1__AssignRequest assign = MRIOV__V1__ASSIGN_REQUEST__INIT;
    Mriov__V1__MoveRequest move = MRIOV__V1__MOVE_REQUEST__INIT;
    Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
    Mriov__V1__ApplyRequest apply = MRIOV__V1__APPLY_REQUEST__INIT;
    assign.function = move.function = release.function = "nic0.pf0";
    assign.to = "h0";
    move.to = "h2";
    assign.expected_case = MRIOV__V1__ASSIGN_REQUEST__EXPECTED_EXPECTED_GENERATION;
    move.expected_case = MRIOV__V1__MOVE_REQUEST__EXPECTED_EXPECTED_GENERATION;
    release.expected_case = MRIOV__V1__RELEASE_REQUEST__EXPECTED_EXPECTED_GENERATION;
    apply.expected_case = MRIOV__V1__APPLY_REQUEST__EXPECTED_EXPECTED_GENERATION;
    daemon_expect(client, "Assign", &assign.base, CODE(GENERATION_MISMATCH));
    daemon_expect(client, "Move", &move.base, CODE(GENERATION_MISMATCH));
    daemon_expect(client, "Release", &release.base, CODE(GENERATION_MISMATCH));
    daemon_expect(client, "Apply", &apply.base, CODE(GENERATION_MISMATCH));
    assign.expected_case = MRIOV__V1__ASSIGN_REQUEST__EXPECTED__NOT_SET;
    apply.expected_case = MRIOV__V1__APPLY_REQUEST__EXPECTED__NOT_SET;
    daemon_expect(client, "Assign", &assign.base, CODE(OK));
    daemon_expect(client, "Apply", &apply.base, CODE(OK));
}

RACK_TEST(release_and_apply)
{
    Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
    release.function = "ssd0.vf0";
    release.dry_run = 1;
    cr_expect_eq(ask_begin(client, "Release", &release.base), 0);
    ask_advance(client, 100000);
    expect_function("ssd0.pf0.vf0", "h0", KIND(ASSIGNED), KIND(ASSIGNED));
    release.dry_run = 0;
    cr_expect_eq(ask_end(client, ask_begin(client, "Release", &release.base)), STATE(SUCCEEDED));
    expect_function("ssd0.pf0.vf0", "", KIND(FREE), KIND(FREE));
    Mriov__V1__Binding one = MRIOV__V1__BINDING__INIT, other = MRIOV__V1__BINDING__INIT;
    Mriov__V1__Binding *bindings[] = {&one, &other};
    one.function = "nic0.pf0";
    one.to = "h1";
    other.function = "ssd0.vf3";
    other.to = "h2";
    Mriov__V1__ApplyRequest apply = MRIOV__V1__APPLY_REQUEST__INIT;
    apply.bindings = bindings;
    apply.n_bindings = 2;
    apply.prune = 1;
    Mriov__V1__ApplyResponse *answer = daemon_call(client, "Apply", &apply.base, CODE(OK));
    cr_expect_geq(answer->n_plan, 2);
    uint64_t id = answer->operation->id;
    daemon_free(answer);
    cr_expect_eq(ask_end(client, id), STATE(SUCCEEDED));
    expect_function("nic0.pf0", "h1", KIND(ASSIGNED), KIND(ASSIGNED));
    expect_function("ssd0.pf0.vf3", "h2", KIND(ASSIGNED), KIND(ASSIGNED));
}

RACK_TEST(qos_and_vfs)
{
    Mriov__V1__SetQosRequest qos = MRIOV__V1__SET_QOS_REQUEST__INIT;
    qos.function = "nic0.pf0";
    qos.max_case = MRIOV__V1__SET_QOS_REQUEST__MAX_MAX_BPS;
    qos.max_bps = 1000000000;
    qos.share_case = MRIOV__V1__SET_QOS_REQUEST__SHARE_WEIGHT;
    qos.weight = 5;
    cr_expect_eq(ask_end(client, ask_begin(client, "SetQos", &qos.base)), STATE(SUCCEEDED));
    Mriov__V1__SetVfsRequest vfs = MRIOV__V1__SET_VFS_REQUEST__INIT;
    vfs.pf = "nic0.pf0";
    vfs.count = 3;
    bool done = ask_end(client, ask_begin(client, "SetVfs", &vfs.base)) == STATE(SUCCEEDED);
    Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
    const Mriov__V1__Function *function = ask_function(fabric, "nic0.pf0");
    cr_expect_eq(function->max_bps, 1000000000);
    cr_expect_eq(function->min_bps, 0);
    cr_expect_eq(function->weight, 5);
    cr_expect_eq(function->vfs, done ? 3 : 1, "all of them or none");
    daemon_free(fabric);
}

static const Mriov__V1__GetFabricResponse__Link *find_link(const Mriov__V1__GetFabricResponse *fabric, const char *name)
{
    for (size_t i = 0; i < fabric->n_links; i++)
        if (strcmp(fabric->links[i]->name, name) == 0)
            return fabric->links[i];
    cr_assert_fail("no link %s", name);
    return NULL;
}

static void expect_link(const char *name, Mriov__V1__LinkState__Kind state)
{
    Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
    cr_expect_eq(find_link(fabric, name)->state, state, "%s: %d", name, (int)find_link(fabric, name)->state);
    daemon_free(fabric);
}

static Mriov__V1__Operation__State control(const char *port, Mriov__V1__PortAction__Kind action)
{
    Mriov__V1__ControlPortRequest request = MRIOV__V1__CONTROL_PORT_REQUEST__INIT;
    request.port = (char *)port;
    request.action = action;
    return ask_end(client, ask_begin(client, "ControlPort", &request.base));
}

RACK_TEST(ports_and_faults)
{
    expect_link("h2", LINK(UP));
    cr_expect_eq(control("h2", MRIOV__V1__PORT_ACTION__KIND__DISABLE), STATE(SUCCEEDED));
    expect_link("h2", LINK(DISABLED));
    cr_expect_eq(control("h2", MRIOV__V1__PORT_ACTION__KIND__ENABLE), STATE(SUCCEEDED));
    expect_link("h2", LINK(UP));
    cr_expect_eq(control("h0", MRIOV__V1__PORT_ACTION__KIND__RETRAIN), STATE(SUCCEEDED));
    Mriov__V1__InjectFaultRequest fault = MRIOV__V1__INJECT_FAULT_REQUEST__INIT;
    fault.target = "h1";
    fault.part = "link";
    fault.fault = "fail";
    cr_expect_eq(ask_end(client, ask_begin(client, "InjectFault", &fault.base)), STATE(SUCCEEDED));
    expect_link("h1", LINK(DOWN));
    Mriov__V1__RepairFaultRequest repair = MRIOV__V1__REPAIR_FAULT_REQUEST__INIT;
    repair.target = "h1";
    repair.part = "link";
    cr_expect_eq(ask_end(client, ask_begin(client, "RepairFault", &repair.base)), STATE(SUCCEEDED));
    expect_link("h1", LINK(UP));
}

RACK_TEST(guests_stay_where_they_are_in_this_version)
{
    Mriov__V1__MigrateGuestRequest migrate = MRIOV__V1__MIGRATE_GUEST_REQUEST__INIT;
    migrate.guest = "h0/vm1";
    migrate.to = "h1";
    daemon_expect(client, "MigrateGuest", &migrate.base, CODE(UNSUPPORTED));
}

RACK_TEST(the_pace_is_an_event)
{
    struct client *watcher = daemon_client(&daemon_);
    Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
    Mriov__V1__WatchRequest watch = MRIOV__V1__WATCH_REQUEST__INIT;
    Mriov__V1__Event__Kind kinds[] = {MRIOV__V1__EVENT__KIND__CLOCK};
    watch.from_sequence = fabric->sequence + 1;
    watch.kinds = kinds;
    watch.n_kinds = 1;
    client_send(watcher, "Watch", &watch.base, &(struct client_options){0});
    Mriov__V1__PauseRequest pause = MRIOV__V1__PAUSE_REQUEST__INIT;
    daemon_expect(client, "Pause", &pause.base, CODE(OK));
    Mriov__V1__Response *response = client_receive(watcher);
    Mriov__V1__WatchResponse *event =
        mriov__v1__watch_response__unpack(NULL, response->payload.len, response->payload.data);
    cr_expect_eq(event->event->kind, MRIOV__V1__EVENT__KIND__CLOCK);
    cr_expect_str_eq(event->event->detail, "pace step");
    daemon_free(event);
    client_free_response(response);
    daemon_free(fabric);
    client_close(watcher);
}

/* What the host finds is what it has: the moved function at its place, in the live tree. */
RACK_TEST(configuration_space_follows)
{
    Mriov__V1__MoveRequest move = MRIOV__V1__MOVE_REQUEST__INIT;
    move.function = "nic0.pf0";
    move.to = "h2";
    cr_expect_eq(ask_end(client, ask_begin(client, "Move", &move.base)), STATE(SUCCEEDED));
    Mriov__V1__GetFabricResponse *fabric = ask_fabric(client);
    Mriov__V1__ReadConfigRequest read = MRIOV__V1__READ_CONFIG_REQUEST__INIT;
    read.host = "h2";
    read.routing_id = ask_function(fabric, "nic0.pf0")->routing_id;
    read.length = 4;
    Mriov__V1__ReadConfigResponse *config = daemon_call(client, "ReadConfig", &read.base, CODE(OK));
    cr_expect_eq(config->data.len, 4);
    cr_expect_neq(config->data.data[0], 0xff);
    daemon_free(config);
    read.host = "h0";
    daemon_expect(client, "ReadConfig", &read.base, CODE(NOT_FOUND));
    daemon_free(fabric);
}

/* --- equivalence --- */

#define SAME_RACK                                                                                                      \
    "mriov: 1\nname: same\nrun: {warmup: 5us, duration: 495us}\n"                                                      \
    "chassis: [{name: tor0}]\n"                                                                                        \
    "hosts: [{name: \"h[0-2]\", chassis: tor0}]\n"                                                                     \
    "adapters:\n"                                                                                                      \
    "  - {name: nic0, at: tor0, pfs: 4}\n"                                                                             \
    "  - {name: ssd0, at: tor0, sharing: sr-iov, vfs: 4}\n"                                                            \
    "assign: [{function: nic0.pf0, to: h0}, {function: nic0.pf1, to: h1}, {function: ssd0.vf0, to: h0}]\n"             \
    "workloads:\n"                                                                                                     \
    "  - {name: w, function: nic0.pf0, op: dma-write, size: 4KiB, arrival: {poisson: 10Gbps}}\n"                       \
    "  - {name: r, function: nic0.pf1, op: dma-read, size: 4KiB, arrival: saturate}\n"                                 \
    "  - {name: b, function: \"nic0.pf*\", host: h2, op: dma-write, size: 256B}\n"                                     \
    "  - {name: v, function: \"ssd0.vf*\", op: dma-read-write, size: 4KiB, arrival: {poisson: 5Gbps}}\n"

static const char timeline[] = "timeline:\n"
                               "  - {at: 0us, assign: {function: ssd0.vf1, to: h2}}\n"
                               "  - {at: 60us, move: {function: nic0.pf0, to: h2}}\n"
                               "  - {at: 60us, assign: {function: nic0.pf0, to: h1}}\n"
                               "  - {at: 123456ns, qos: {function: nic0.pf1, max: 2Gbps}}\n"
                               "  - {at: 200us, release: {function: ssd0.vf0}}\n"
                               "  - {at: 250us, fail: {link: h1}}\n"
                               "  - {at: 300us, repair: {link: h1}}\n"
                               "  - {at: 350us, port: {name: nic0, action: retrain}}\n"
                               "  - {at: 400us, reset: {vh: h2}}\n"
                               "  - {at: 420us, inject: {fault: bit-errors, target: h2, rate: 3e-5}}\n";

/* The bytes of results.json of `mriov run` of SCENARIO. */
static char *run_json(const char *scenario)
{
    char *text = NULL;
    size_t size = 0;
    char reason[256] = "";
    struct scenario *loaded = rack_scenario(scenario);
    struct results results = {0};
    cr_assert_eq(run_scenario(loaded, &(struct run_options){0}, &results, reason, sizeof reason), STATUS_OK);
    FILE *out = open_memstream(&text, &size);
    CHECK(out != NULL);
    results_json_write(&results, out);
    CHECK(fclose(out) == 0);
    results_free(&results);
    scenario_free(loaded);
    return text;
}

static void expect_results(const char *expected)
{
    Mriov__V1__GetResultsRequest request = MRIOV__V1__GET_RESULTS_REQUEST__INIT;
    Mriov__V1__GetResultsResponse *response = daemon_call(client, "GetResults", &request.base, CODE(OK));
    size_t at = 0;
    while (at < response->results.len && response->results.data[at] == (uint8_t)expected[at])
        at++;
    cr_expect(
        at == response->results.len && expected[at] == '\0', "from byte %zu: %.200s\nnot %.200s", at,
        (const char *)response->results.data + at, expected + at);
    daemon_free(response);
}

/* Each of the timeline's operations by its method, at its time. */
static void ask_as_the_timeline_does(void)
{
    Mriov__V1__AssignRequest assign = MRIOV__V1__ASSIGN_REQUEST__INIT;
    assign.function = "ssd0.vf1";
    assign.to = "h2";
    ask_begin(client, "Assign", &assign.base);
    ask_advance(client, 60000);
    Mriov__V1__MoveRequest move = MRIOV__V1__MOVE_REQUEST__INIT;
    move.function = assign.function = "nic0.pf0";
    move.to = "h2";
    ask_begin(client, "Move", &move.base);
    assign.to = "h1";
    Mriov__V1__Response *refused = client_call(client, "Assign", &assign.base, &(struct client_options){0});
    cr_expect_neq(refused->status->code, CODE(OK));
    client_free_response(refused);
    ask_advance(client, 63456);
    Mriov__V1__SetQosRequest qos = MRIOV__V1__SET_QOS_REQUEST__INIT;
    qos.function = "nic0.pf1";
    qos.max_case = MRIOV__V1__SET_QOS_REQUEST__MAX_MAX_BPS;
    qos.max_bps = 2000000000;
    ask_begin(client, "SetQos", &qos.base);
    ask_advance(client, 200000 - 123456);
    Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
    release.function = "ssd0.vf0";
    ask_begin(client, "Release", &release.base);
    ask_advance(client, 50000);
    Mriov__V1__InjectFaultRequest fault = MRIOV__V1__INJECT_FAULT_REQUEST__INIT;
    Mriov__V1__RepairFaultRequest repair = MRIOV__V1__REPAIR_FAULT_REQUEST__INIT;
    fault.target = repair.target = "h1";
    fault.part = repair.part = "link";
    fault.fault = "fail";
    ask_begin(client, "InjectFault", &fault.base);
    ask_advance(client, 50000);
    ask_begin(client, "RepairFault", &repair.base);
    ask_advance(client, 50000);
    Mriov__V1__ControlPortRequest port = MRIOV__V1__CONTROL_PORT_REQUEST__INIT;
    port.port = "nic0";
    port.action = MRIOV__V1__PORT_ACTION__KIND__RETRAIN;
    ask_begin(client, "ControlPort", &port.base);
    ask_advance(client, 50000);
    port.port = port.vh = "h2";
    port.action = MRIOV__V1__PORT_ACTION__KIND__HOT_RESET;
    ask_begin(client, "ControlPort", &port.base);
    ask_advance(client, 20000);
    fault.target = "h2";
    fault.fault = "bit-errors";
    fault.ber = 1;
    Mriov__V1__Response *refused_fault = client_call(client, "InjectFault", &fault.base, &(struct client_options){0});
    cr_expect_eq(refused_fault->status->code, CODE(INVALID_ARGUMENT), "no TLP would come through");
    client_free_response(refused_fault);
    fault.ber = 3e-5;
    ask_begin(client, "InjectFault", &fault.base);
    ask_advance(client, 80000);
}

Test(daemon_rack, a_timeline_and_the_same_through_the_api_are_the_same_bytes)
{
    char scenario[8192];
    snprintf(scenario, sizeof scenario, "%s%s", SAME_RACK, timeline);
    char *expected = run_json(scenario);
    daemon_start(&daemon_, SAME_RACK, NULL);
    client = daemon_client(&daemon_);
    ask_as_the_timeline_does();
    expect_results(expected);
    tear_down();

    daemon_start(&daemon_, scenario, NULL); /* and the daemon's own timeline */
    client = daemon_client(&daemon_);
    ask_advance(client, 60000);
    ask_advance(client, 440000);
    expect_results(expected);
    tear_down();
    free(expected);
}
