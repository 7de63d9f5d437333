/* Who may change what: every method that changes something, for every role, about its own hosts and about another's;
 * and that the audit log has each of them. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "mgmt/access.h"
#include "mgmt/dispatch.h"
#include "tests/support/daemon.h"

TestSuite(daemon_access, .timeout = 120);

#define CODE(name) MRIOV__V1__STATUS__CODE__##name

/* h0 and h2 are an operator's own, h1 is another's; nic0.pf0 and pf1 are h0's and h1's. */
static const char rack[] = "mriov: 1\nname: access\nrun: {duration: 1ms}\nchassis: [{name: tor0}]\n"
                           "hosts: [{name: \"h[0-2]\", chassis: tor0, guests: [{name: vm0}]}]\n"
                           "adapters: [{name: nic0, at: tor0, pfs: 4, vfs: 4}]\n"
                           "assign: [{function: \"nic0.pf[0-1]\", to: \"h[0-1]\"}]\n";

static const struct {
    enum role role;
    const char *rules;
} roles[] = {
    {ROLE_NOBODY, "uid:4242 administrator\n"},
    {ROLE_VIEWER, "uid:0 viewer\n"},
    {ROLE_OPERATOR, "uid:0 operator h0 h2\n"},
    {ROLE_ADMINISTRATOR, "uid:0 administrator\n"},
};

enum whose { OWN, FOREIGN, WHOSE };
static const char *const functions[WHOSE] = {"nic0.pf0", "nic0.pf1"};
static const char *const hosts[WHOSE] = {"h0", "h1"};
static const char *const guests[WHOSE] = {"h0/vm0", "h1/vm0"};

static Mriov__V1__Response *send_call(struct client *client, const char *method, const ProtobufCMessage *request)
{
    return client_call(client, method, request, &(struct client_options){.deadline_ms = 20000});
}

/* Each asks for what changes nothing, where there is such a thing: only whether it may is looked at. */
static Mriov__V1__Response *ask_assign(struct client *client, enum whose whose)
{
    Mriov__V1__AssignRequest request = MRIOV__V1__ASSIGN_REQUEST__INIT;
    request.function = "nic0.pf2";
    request.to = (char *)hosts[whose];
    request.dry_run = 1;
    return send_call(client, "Assign", &request.base);
}

static Mriov__V1__Response *ask_release(struct client *client, enum whose whose)
{
    Mriov__V1__ReleaseRequest request = MRIOV__V1__RELEASE_REQUEST__INIT;
    request.function = (char *)functions[whose];
    request.dry_run = 1;
    return send_call(client, "Release", &request.base);
}

static Mriov__V1__Response *ask_move(struct client *client, enum whose whose)
{
    Mriov__V1__MoveRequest request = MRIOV__V1__MOVE_REQUEST__INIT;
    request.function = (char *)functions[whose];
    request.to = "h2";
    request.dry_run = 1;
    return send_call(client, "Move", &request.base);
}

static Mriov__V1__Response *ask_move_to(struct client *client, enum whose whose)
{
    Mriov__V1__MoveRequest request = MRIOV__V1__MOVE_REQUEST__INIT;
    request.function = "nic0.pf0";
    request.to = whose == OWN ? "h2" : "h1";
    request.dry_run = 1;
    return send_call(client, "Move", &request.base);
}

static Mriov__V1__Response *ask_apply(struct client *client, enum whose whose)
{
    Mriov__V1__Binding binding = MRIOV__V1__BINDING__INIT, *bindings[] = {&binding};
    Mriov__V1__ApplyRequest request = MRIOV__V1__APPLY_REQUEST__INIT;
    binding.function = (char *)functions[whose];
    binding.to = (char *)hosts[whose];
    request.bindings = bindings;
    request.n_bindings = 1;
    return send_call(client, "Apply", &request.base);
}

static Mriov__V1__Response *ask_qos(struct client *client, enum whose whose)
{
    Mriov__V1__SetQosRequest request = MRIOV__V1__SET_QOS_REQUEST__INIT;
    request.function = (char *)functions[whose];
    request.share_case = MRIOV__V1__SET_QOS_REQUEST__SHARE_WEIGHT;
    request.weight = 1;
    return send_call(client, "SetQos", &request.base);
}

static Mriov__V1__Response *ask_vfs(struct client *client, enum whose whose)
{
    Mriov__V1__SetVfsRequest request = MRIOV__V1__SET_VFS_REQUEST__INIT;
    request.pf = (char *)functions[whose];
    return send_call(client, "SetVfs", &request.base);
}

static Mriov__V1__Response *ask_port(struct client *client, enum whose whose)
{
    Mriov__V1__ControlPortRequest request = MRIOV__V1__CONTROL_PORT_REQUEST__INIT;
    request.port = (char *)hosts[whose];
    request.action = MRIOV__V1__PORT_ACTION__KIND__ENABLE;
    return send_call(client, "ControlPort", &request.base);
}

static Mriov__V1__Response *ask_migrate(struct client *client, enum whose whose)
{
    Mriov__V1__MigrateGuestRequest request = MRIOV__V1__MIGRATE_GUEST_REQUEST__INIT;
    request.guest = (char *)guests[whose];
    request.to = "h2";
    return send_call(client, "MigrateGuest", &request.base);
}

static Mriov__V1__Response *ask_what_if(struct client *client, enum whose whose)
{
    Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
    Mriov__V1__WhatIfRequest__Change change = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__INIT, *changes[] = {&change};
    Mriov__V1__WhatIfRequest request = MRIOV__V1__WHAT_IF_REQUEST__INIT;
    release.function = (char *)functions[whose];
    change.change_case = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_RELEASE;
    change.release = &release;
    request.changes = changes;
    request.n_changes = 1;
    request.horizon_ns = 1000;
    return send_call(client, "WhatIf", &request.base);
}

static Mriov__V1__Response *ask_inject(struct client *client, enum whose whose)
{
    Mriov__V1__InjectFaultRequest request = MRIOV__V1__INJECT_FAULT_REQUEST__INIT;
    request.target = (char *)hosts[whose];
    request.part = "link";
    request.fault = "bit-errors";
    request.ber = 1e-15;
    return send_call(client, "InjectFault", &request.base);
}

static Mriov__V1__Response *ask_repair(struct client *client, enum whose whose)
{
    Mriov__V1__RepairFaultRequest request = MRIOV__V1__REPAIR_FAULT_REQUEST__INIT;
    request.target = (char *)hosts[whose];
    request.part = "link";
    return send_call(client, "RepairFault", &request.base);
}

/* The least role that may, about its own hosts and about another's. CancelOperation is by who began it:
 * daemon_tls_test.c. Advance, SetPace and Pause are about no host: daemon_change_test.c. */
static const struct {
    const char *method;
    Mriov__V1__Response *(*ask)(struct client *client, enum whose whose);
    enum role least[WHOSE];
    bool is_audited;
} cells[] = {
    {"Assign", ask_assign, {ROLE_OPERATOR, ROLE_ADMINISTRATOR}, true},
    {"Release", ask_release, {ROLE_OPERATOR, ROLE_ADMINISTRATOR}, true},
    {"Move", ask_move, {ROLE_OPERATOR, ROLE_ADMINISTRATOR}, true},
    {"Move", ask_move_to, {ROLE_OPERATOR, ROLE_ADMINISTRATOR}, true},
    {"Apply", ask_apply, {ROLE_OPERATOR, ROLE_ADMINISTRATOR}, true},
    {"SetQos", ask_qos, {ROLE_OPERATOR, ROLE_ADMINISTRATOR}, true},
    {"SetVfs", ask_vfs, {ROLE_OPERATOR, ROLE_ADMINISTRATOR}, true},
    {"ControlPort", ask_port, {ROLE_OPERATOR, ROLE_ADMINISTRATOR}, true},
    {"MigrateGuest", ask_migrate, {ROLE_OPERATOR, ROLE_ADMINISTRATOR}, true},
    {"WhatIf", ask_what_if, {ROLE_OPERATOR, ROLE_ADMINISTRATOR}, false},
    {"InjectFault", ask_inject, {ROLE_ADMINISTRATOR, ROLE_ADMINISTRATOR}, true},
    {"RepairFault", ask_repair, {ROLE_ADMINISTRATOR, ROLE_ADMINISTRATOR}, true},
};
#define CELLS (sizeof cells / sizeof cells[0])

static void start(struct daemon *daemon, const char *rules)
{
    static const char *const arguments[] = {"--state", "state", "--access", "access", NULL};
    char path[96];
    daemon_prepare(daemon, rack);
    snprintf(path, sizeof path, "%s/access", daemon->folder);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(rules, file) >= 0 && fclose(file) == 0);
    daemon_restart(daemon, arguments);
}

/* What SQL, which asks for one number, finds in the audit log of a daemon that runs. */
static int count(const struct daemon *daemon, const char *sql)
{
    char path[96];
    sqlite3 *db;
    sqlite3_stmt *statement;
    snprintf(path, sizeof path, "%s/state", daemon->folder);
    cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW, "%s", sqlite3_errmsg(db));
    int found = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return found;
}

Test(daemon_access, every_cell)
{
    for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++) {
        struct daemon daemon;
        int denied = 0;
        start(&daemon, roles[r].rules);
        struct client *client = daemon_client(&daemon);
        for (size_t n = 0; n < CELLS; n++)
            for (enum whose whose = OWN; whose < WHOSE; whose++) {
                Mriov__V1__Response *response = cells[n].ask(client, whose);
                bool is_denied = response->status->code == CODE(PERMISSION_DENIED);
                cr_expect_eq(
                    is_denied, roles[r].role < cells[n].least[whose], "%s as %s, %s: %d %s", cells[n].method,
                    role_name(roles[r].role), whose == OWN ? "own" : "foreign", (int)response->status->code,
                    response->status->message);
                denied += is_denied && cells[n].is_audited;
                client_free_response(response);
            }
        int found = count(&daemon, "SELECT count(*) FROM audit WHERE outcome = 'permission_denied' AND refused = 1");
        cr_expect_eq(found, denied, "%s: %d in the audit log, %d denied", role_name(roles[r].role), found, denied);
        client_close(client);
        daemon_stop(&daemon);
    }
}

/* Every method that changes the rack has its cells here, and none is left out of the audit log. */
Test(daemon_access, no_method_is_forgotten)
{
    size_t methods;
    const struct method *method = dispatch_methods(&methods);
    for (size_t i = 0; i < methods; i++) {
        bool is_known = strcmp(method[i].name, "CancelOperation") == 0;
        for (size_t n = 0; n < CELLS; n++)
            is_known = is_known || (strcmp(cells[n].method, method[i].name) == 0 && cells[n].is_audited);
        cr_expect_eq(is_known, method[i].changes, "%s", method[i].name);
    }
}

/* What an entry says; and that what cannot be understood has one too. */
Test(daemon_access, an_entry_of_the_audit_log)
{
    struct daemon daemon;
    start(&daemon, "uid:0 administrator\n");
    struct client *client = daemon_client(&daemon);
    Mriov__V1__AdvanceRequest advance = MRIOV__V1__ADVANCE_REQUEST__INIT;
    advance.duration_ns = 7000;
    daemon_expect(client, "Advance", &advance.base, CODE(OK));
    Mriov__V1__AssignRequest assign = MRIOV__V1__ASSIGN_REQUEST__INIT;
    assign.function = "nic0.pf3";
    assign.to = "h9";
    daemon_expect(client, "Assign", &assign.base, CODE(NOT_FOUND));
    assign.to = "h2";
    daemon_expect(client, "Assign", &assign.base, CODE(OK));
    Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
    release.function = "nic0.pf3";
    daemon_expect(client, "Release", &release.base, CODE(BUSY));
    Mriov__V1__CancelOperationRequest cancel = MRIOV__V1__CANCEL_OPERATION_REQUEST__INIT;
    cancel.id = 1;
    daemon_expect(client, "CancelOperation", &cancel.base, CODE(OK));
    cancel.id = 77;
    daemon_expect(client, "CancelOperation", &cancel.base, CODE(NOT_FOUND));
    Mriov__V1__ControlPortRequest port = MRIOV__V1__CONTROL_PORT_REQUEST__INIT;
    port.port = "h0";
    daemon_expect(client, "ControlPort", &port.base, CODE(INVALID_ARGUMENT));
    Mriov__V1__HelloResponse nonsense = MRIOV__V1__HELLO_RESPONSE__INIT;
    nonsense.version = "\xff\xff";
    daemon_expect(client, "Release", &nonsense.base, CODE(INVALID_ARGUMENT));
    static const char *const entries[] = {
        "method = 'Assign' AND target = 'nic0.pf3' AND outcome = 'not_found' AND refused = 1 AND operation IS NULL",
        "method = 'Assign' AND target = 'nic0.pf3' AND outcome = 'cancelled' AND operation = 1 AND refused = 0",
        "method = 'Release' AND target = 'nic0.pf3' AND outcome = 'busy' AND message LIKE '%operation 1%'",
        "method = 'CancelOperation' AND operation = 1 AND outcome = 'accepted'",
        "method = 'CancelOperation' AND target = 'operation 77' AND outcome = 'not_found'",
        "method = 'ControlPort' AND outcome = 'invalid_argument' AND message LIKE 'action:%'",
        "method = 'Release' AND target = '' AND outcome = 'invalid_argument'",
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        char sql[512];
        snprintf(
            sql, sizeof sql,
            "SELECT count(*) FROM audit WHERE identity = 'uid:0' AND role = 'administrator' AND simulated_ns = 7000 "
            "AND "
            "abs(julianday(at) - julianday('now')) < 0.01 AND %s",
            entries[i]);
        cr_expect_eq(count(&daemon, sql), 1, "%s", entries[i]);
    }
    cr_expect_eq(count(&daemon, "SELECT count(*) FROM audit"), 7);
    client_close(client);
    daemon_stop(&daemon);
}
