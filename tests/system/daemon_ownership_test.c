/* Who owns what after many operations in random order, against a model of it that fits on a page; and 64 clients at
 * once.
 *
 * The seeds are MRIOV_OWNERSHIP_SEEDS of them, 2 by default; with MRIOV_OWNERSHIP_LONG each lives through a day of
 * simulated time (target `ownership_long`). */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "fabric/base/random.h"
#include "mgmt/limits.h"
#include "tests/support/daemon.h"

TestSuite(daemon_ownership, .timeout = 3000);

#define CODE(name) MRIOV__V1__STATUS__CODE__##name
#define STATE(name) MRIOV__V1__OPERATION__STATE__##name

#define HOSTS 4
#define VFS 8
#define PFS 3
#define FUNCTIONS (VFS + PFS + 1)
#define NOBODY HOSTS
#define PF_VFS 8   /* of all PFs together */
#define TOGETHER 2 /* operations at a time, each about another adapter */
#define DAY_NS (UINT64_C(86400) * 1000000000)

static const char rack[] = "mriov: 1\nname: day\nrun: {duration: 1ms}\nchassis: [{name: tor0}]\n"
                           "hosts: [{name: \"h[0-3]\", chassis: tor0}]\n"
                           "adapters:\n"
                           "  - {name: ssd0, at: tor0, sharing: sr-iov, vfs: 8}\n"
                           "  - {name: nic0, at: tor0, pfs: 3, vfs: 8}\n"
                           "  - {name: gpu0, at: tor0, sharing: exclusive}\n";
static const char load[] = "assign: [{function: ssd0.vf0, to: h0}]\n"
                           "workloads: [{name: w, function: ssd0.vf0, op: dma-write, size: 4KiB, arrival: {poisson: "
                           "1Gbps}}]\n";

/* --- the model --- */

struct model {
    int owner[FUNCTIONS];    /* NOBODY: free */
    uint32_t vfs[FUNCTIONS]; /* of PFs: which come with it, and go */
};

static bool is_pf(int function)
{
    return function >= VFS && function < VFS + PFS;
}

/* A host has at most one PF of an MR adapter. */
static bool has_room(const struct model *model, int host, int function)
{
    for (int other = VFS; other < VFS + PFS && is_pf(function); other++)
        if (other != function && model->owner[other] == host)
            return false;
    return true;
}

/* A PF that somebody has can have as many VFs as the others leave. */
static bool can_have(const struct model *model, int function, uint32_t vfs)
{
    for (int other = VFS; other < VFS + PFS; other++)
        vfs += other != function ? model->vfs[other] : 0;
    return is_pf(function) && model->owner[function] != NOBODY && vfs <= PF_VFS;
}

enum kind { ASSIGN, RELEASE, MOVE, SET_VFS, KINDS };

/* Whose FUNCTION is after KIND to HOST, or with VFS VFs; -1: it must be refused. */
static int expected_owner(const struct model *model, enum kind kind, int function, int host, uint32_t vfs)
{
    int owner = model->owner[function];
    if (kind == SET_VFS)
        return can_have(model, function, vfs) ? owner : -1;
    if (kind == RELEASE)
        return NOBODY;
    if (owner == host)
        return host;
    if ((kind == ASSIGN) != (owner == NOBODY) || !has_room(model, host, function))
        return -1;
    return host;
}

/* --- the daemon --- */

static const char *function_name(int function, char buffer[32])
{
    if (function < VFS)
        snprintf(buffer, 32, "ssd0.pf0.vf%d", function);
    else if (is_pf(function))
        snprintf(buffer, 32, "nic0.pf%d", function - VFS);
    else
        snprintf(buffer, 32, "gpu0.pf0");
    return buffer;
}

static const char *host_name(int host)
{
    static const char *const names[] = {"h0", "h1", "h2", "h3", ""};
    return names[host];
}

struct life {
    struct daemon daemon;
    struct client *client;
    struct random random;
    struct model model;
    uint64_t seed, now_ns;
};

static void advance(struct life *life, uint64_t ns)
{
    Mriov__V1__AdvanceRequest request = MRIOV__V1__ADVANCE_REQUEST__INIT;
    request.duration_ns = ns;
    daemon_expect(life->client, "Advance", &request.base, CODE(OK));
    life->now_ns += ns;
}

/* The number of the operation that asks it, 0 when it was refused. */
static uint64_t submit(struct life *life, enum kind kind, int function, int host, uint32_t vfs)
{
    static const char *const methods[KINDS] = {"Assign", "Release", "Move", "SetVfs"};
    char name[32];
    uint64_t id = 0;
    Mriov__V1__AssignRequest assign = MRIOV__V1__ASSIGN_REQUEST__INIT;
    Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
    Mriov__V1__MoveRequest move = MRIOV__V1__MOVE_REQUEST__INIT;
    Mriov__V1__SetVfsRequest set_vfs = MRIOV__V1__SET_VFS_REQUEST__INIT;
    const ProtobufCMessage *const requests[KINDS] = {&assign.base, &release.base, &move.base, &set_vfs.base};
    function_name(function, name);
    assign.function = release.function = move.function = set_vfs.pf = name;
    set_vfs.count = vfs;
    assign.to = move.to = (char *)host_name(host);
    release.policy = move.policy =
        random_below(&life->random, 4) == 0 ? MRIOV__V1__POLICY__KIND__SURPRISE : MRIOV__V1__POLICY__KIND__MANAGED;
    Mriov__V1__Response *response =
        client_call(life->client, methods[kind], requests[kind], &(struct client_options){0});
    cr_assert_not_null(response);
    if (response->status->code == CODE(OK)) {
        Mriov__V1__AssignResponse *answer =
            mriov__v1__assign_response__unpack(NULL, response->payload.len, response->payload.data);
        id = answer->operation->id;
        daemon_free(answer);
    }
    client_free_response(response);
    return id;
}

static Mriov__V1__Operation__State state_of(struct life *life, uint64_t id)
{
    Mriov__V1__GetOperationRequest request = MRIOV__V1__GET_OPERATION_REQUEST__INIT;
    request.id = id;
    Mriov__V1__GetOperationResponse *response = daemon_call(life->client, "GetOperation", &request.base, CODE(OK));
    Mriov__V1__Operation__State state = response->operation->state;
    daemon_free(response);
    return state;
}

static Mriov__V1__Operation__State see_through(struct life *life, uint64_t id)
{
    for (int tries = 0; tries < 10000; tries++) {
        Mriov__V1__Operation__State state = state_of(life, id);
        if (state >= STATE(SUCCEEDED))
            return state;
        advance(life, 10000);
    }
    cr_assert_fail("seed %lu: operation %lu does not end", (unsigned long)life->seed, (unsigned long)id);
    return STATE(FAILED);
}

/* All functions are whose the model says, and nothing is on its way. */
static void compare(struct life *life)
{
    Mriov__V1__ListFunctionsRequest request = MRIOV__V1__LIST_FUNCTIONS_REQUEST__INIT;
    Mriov__V1__ListFunctionsResponse *list = daemon_call(life->client, "ListFunctions", &request.base, CODE(OK));
    for (int function = 0; function < FUNCTIONS; function++) {
        char name[32];
        size_t i = 0;
        function_name(function, name);
        while (i < list->n_functions && strcmp(list->functions[i]->name, name) != 0)
            i++;
        cr_assert_lt(i, list->n_functions, "%s is not listed", name);
        const Mriov__V1__Function *found = list->functions[i];
        const char *owner = host_name(life->model.owner[function]);
        Mriov__V1__FunctionState__Kind state =
            owner[0] == '\0' ? MRIOV__V1__FUNCTION_STATE__KIND__FREE : MRIOV__V1__FUNCTION_STATE__KIND__ASSIGNED;
        cr_assert(
            strcmp(found->owner, owner) == 0 && found->actual == state && found->desired == state,
            "seed %lu, at %lu ns: %s is `%s`'s, in state %d, not `%s`'s", (unsigned long)life->seed,
            (unsigned long)life->now_ns, name, found->owner, (int)found->actual, owner);
        cr_assert_eq(found->routing_id[0] != '\0', owner[0] != '\0', "%s: at `%s`", name, found->routing_id);
        if (!is_pf(function))
            continue;
        uint32_t listed = 0;
        for (i = 0; i < list->n_functions; i++)
            listed += strncmp(list->functions[i]->name, name, strlen(name)) == 0 &&
                      list->functions[i]->name[strlen(name)] == '.' && strcmp(list->functions[i]->owner, owner) == 0;
        cr_assert(
            found->vfs == life->model.vfs[function] && listed == found->vfs,
            "seed %lu, at %lu ns: %s has %u VFs, and %u are listed, not %u", (unsigned long)life->seed,
            (unsigned long)life->now_ns, name, found->vfs, listed, life->model.vfs[function]);
    }
    daemon_free(list);
}

/* One operation about FUNCTION; answers its number when it was accepted, and what the model says then. */
static uint64_t begin(struct life *life, int function, int *owner, uint32_t *vfs)
{
    enum kind kind = (enum kind)random_below(&life->random, KINDS);
    int host = (int)random_below(&life->random, HOSTS);
    uint32_t count = (uint32_t)random_below(&life->random, 6);
    *owner = expected_owner(&life->model, kind, function, host, count);
    *vfs = kind == SET_VFS ? count : kind == RELEASE ? 0 : life->model.vfs[function];
    uint64_t id = submit(life, kind, function, host, count);
    cr_assert_eq(
        id != 0, *owner >= 0, "seed %lu: kind %d of function %d to h%d: %s", (unsigned long)life->seed, (int)kind,
        function, host, id != 0 ? "accepted" : "refused");
    return id;
}

static bool cancel(struct life *life, uint64_t id)
{
    Mriov__V1__CancelOperationRequest request = MRIOV__V1__CANCEL_OPERATION_REQUEST__INIT;
    request.id = id;
    Mriov__V1__Response *response =
        client_call(life->client, "CancelOperation", &request.base, &(struct client_options){0});
    cr_assert_not_null(response);
    bool accepted = response->status->code == CODE(OK);
    client_free_response(response);
    return accepted;
}

/* Two operations at once, of which one is about a VF of ssd0; maybe one of them is cancelled. */
static void step(struct life *life)
{
    uint64_t ids[TOGETHER] = {0};
    int functions[TOGETHER], owners[TOGETHER];
    uint32_t vfs[TOGETHER];
    for (int n = 0; n < TOGETHER; n++) {
        functions[n] = n == 0 ? (int)random_below(&life->random, VFS) : VFS + (int)random_below(&life->random, PFS + 1);
        ids[n] = begin(life, functions[n], &owners[n], &vfs[n]);
    }
    advance(life, 1 + random_below(&life->random, 20000));
    int unwanted = (int)random_below(&life->random, 4 * TOGETHER);
    if (unwanted < TOGETHER && ids[unwanted] != 0)
        cancel(life, ids[unwanted]);
    for (int n = 0; n < TOGETHER; n++) {
        Mriov__V1__Operation__State state = ids[n] != 0 ? see_through(life, ids[n]) : STATE(FAILED);
        cr_assert(
            ids[n] == 0 || state == STATE(SUCCEEDED) || (n == unwanted && state == STATE(CANCELLED)),
            "seed %lu: operation %lu ended in state %d", (unsigned long)life->seed, (unsigned long)ids[n], (int)state);
        if (state != STATE(SUCCEEDED))
            continue;
        life->model.owner[functions[n]] = owners[n];
        life->model.vfs[functions[n]] = vfs[n];
    }
    compare(life);
}

static void expect_no_crossing(struct life *life)
{
    Mriov__V1__GetStatisticsRequest request = MRIOV__V1__GET_STATISTICS_REQUEST__INIT;
    Mriov__V1__GetStatisticsResponse *statistics = daemon_call(life->client, "GetStatistics", &request.base, CODE(OK));
    cr_expect_eq(statistics->totals->cross_vh_deliveries, 0);
    daemon_free(statistics);
}

/* STEPS steps from SEED, with PAUSE_NS at most between them, on a rack with or without a load. */
static void live(uint64_t seed, uint64_t until_ns, int steps, uint64_t pause_ns, bool loaded)
{
    static struct life life;
    char text[1024];
    life = (struct life){.seed = seed};
    random_init(&life.random, seed, "ownership");
    for (int function = 0; function < FUNCTIONS; function++)
        life.model.owner[function] = NOBODY;
    if (loaded)
        life.model.owner[0] = 0;
    snprintf(text, sizeof text, "%s%s", rack, loaded ? load : "");
    daemon_start(&life.daemon, text, NULL);
    life.client = daemon_client(&life.daemon);
    compare(&life);
    for (int n = 0; n < steps || life.now_ns < until_ns; n++) {
        step(&life);
        advance(&life, 1 + random_below(&life.random, pause_ns));
    }
    expect_no_crossing(&life);
    client_close(life.client);
    daemon_stop(&life.daemon);
}

static uint64_t seed_count(void)
{
    const char *given = getenv("MRIOV_OWNERSHIP_SEEDS");
    return given != NULL ? strtoull(given, NULL, 10) : 2;
}

Test(daemon_ownership, operations_in_random_order)
{
    bool is_long = getenv("MRIOV_OWNERSHIP_LONG") != NULL;
    for (uint64_t seed = 1; seed <= seed_count(); seed++) {
        live(seed, is_long ? DAY_NS : 0, 60, UINT64_C(60000000000), false);
        live(seed, 0, is_long ? 2000 : 40, 50000, true);
    }
}

/* --- many at once --- */

Test(daemon_ownership, sixty_four_clients_at_once)
{
    static const char wide[] = "mriov: 1\nname: wide\nrun: {duration: 1ms}\nchassis: [{name: tor0}]\n"
                               "hosts: [{name: \"h[0-3]\", chassis: tor0}]\n"
                               "adapters: [{name: ssd0, at: tor0, sharing: sr-iov, vfs: 64}]\n";
    static const char *const max[] = {"--pace", "max", NULL};
    struct daemon daemon;
    struct client *clients[LIMIT_CONNECTIONS];
    daemon_start(&daemon, wide, max);
    usleep(200000); /* until the client that found it listening is seen to have left */
    for (int i = 0; i < LIMIT_CONNECTIONS; i++)
        clients[i] = daemon_client(&daemon);
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < LIMIT_CONNECTIONS; i++) { /* all ask before any is answered */
            char name[32];
            Mriov__V1__AssignRequest assign = MRIOV__V1__ASSIGN_REQUEST__INIT;
            Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
            snprintf(name, sizeof name, "ssd0.vf%d", i);
            assign.function = release.function = name;
            assign.to = (char *)host_name(i % HOSTS);
            assign.wait = release.wait = 1;
            bool gives = turn % 2 == 0;
            client_send(
                clients[i], gives ? "Assign" : "Release", gives ? &assign.base : &release.base,
                &(struct client_options){0});
        }
        for (int i = 0; i < LIMIT_CONNECTIONS; i++) {
            Mriov__V1__Response *response = client_receive(clients[i]);
            cr_assert_not_null(response, "client %d", i);
            cr_assert_eq(response->status->code, CODE(OK), "client %d: %s", i, response->status->message);
            Mriov__V1__AssignResponse *answer =
                mriov__v1__assign_response__unpack(NULL, response->payload.len, response->payload.data);
            cr_expect_eq(
                answer->operation->state, STATE(SUCCEEDED), "client %d: %s", i, answer->operation->status->message);
            daemon_free(answer);
            client_free_response(response);
        }
    }
    for (int i = 0; i < 20 * LIMIT_CONNECTIONS; i++) {
        Mriov__V1__GetFabricRequest request = MRIOV__V1__GET_FABRIC_REQUEST__INIT;
        client_send(clients[i % LIMIT_CONNECTIONS], "GetFabric", &request.base, &(struct client_options){0});
    }
    for (int i = 0; i < 20 * LIMIT_CONNECTIONS; i++) {
        Mriov__V1__Response *response = client_receive(clients[i % LIMIT_CONNECTIONS]);
        cr_assert(response != NULL && response->status->code == CODE(OK));
        client_free_response(response);
    }
    cr_expect_lt(daemon_peak_bytes(&daemon), UINT64_C(256) << 20);
    for (int i = 0; i < LIMIT_CONNECTIONS; i++)
        client_close(clients[i]);
    daemon_stop(&daemon);
}
