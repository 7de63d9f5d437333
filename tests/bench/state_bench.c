/* What a state file costs mriovd: how long a request waits while changes wait for a slow disk, and how long a daemon
 * takes from its start to service with 10,000 operations behind it.
 *
 *     bench_state SCENARIO [SYNC_MS]       nic0.pf0 has an owner there, and is no exclusive adapter's; 50 ms unless
 * said
 *
 * One client changes something 50 times a second, each time waiting for nothing; another asks GetClock and GetFabric in
 * turn. Bars: 99 % of the latter within 5 ms, and 2 s to service. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "mgmt/client.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"
#include "tests/bench/waits.h"
#include "tests/support/faulty_disk.h"

#define OPERATIONS 10000
#define ASKED 3000
#define OPEN_MOST 100 /* changes: below what a client may have open */

_Noreturn static void serve(const char *path, const char *address)
{
    static struct mriovd daemon;
    char why[512];
    struct faults faults = {0};
    struct scenario *scenario = scenario_load(&(struct scenario_request){.path = path, .managed = true}, &faults);
    CHECK(scenario != NULL);
    log_start(false, LOG_FAULT);
    struct mriovd_options options = {.listens = {address}, .listen_count = 1, .state = "state"};
    CHECK(mriovd_init(&daemon, scenario, &options, why, sizeof why));
    clock_set_pace(&daemon.clock, CLOCK_MAX, 0);
    bool went_well = mriovd_run(&daemon);
    mriovd_free(&daemon);
    _exit(went_well ? 0 : 1);
}

static pid_t start(const char *path, const char *address, struct client **client)
{
    char why[256];
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a bench that breaks off leaves no daemon that runs on */
        serve(path, address);
    }
    *client = NULL;
    while (*client == NULL) {
        CHECK(waitpid(pid, NULL, WNOHANG) == 0);
        *client = client_open(address, NULL, why, sizeof why);
        if (*client == NULL)
            usleep(1000);
    }
    return pid;
}

static void send_change(struct client *client, uint32_t weight)
{
    Mriov__V1__SetQosRequest request = MRIOV__V1__SET_QOS_REQUEST__INIT;
    request.function = "nic0.pf0";
    request.share_case = MRIOV__V1__SET_QOS_REQUEST__SHARE_WEIGHT;
    request.weight = weight;
    client_send(client, "SetQos", &request.base, &(struct client_options){0});
}

/* COUNT answers, all of changes that may be refused as another is under way. */
static void receive(struct client *client, int count)
{
    for (int n = 0; n < count; n++) {
        Mriov__V1__Response *response = client_receive(client);
        CHECK(response != NULL);
        CHECK(
            response->status->code == MRIOV__V1__STATUS__CODE__OK ||
            response->status->code == MRIOV__V1__STATUS__CODE__BUSY);
        client_free_response(response);
    }
}

static double ask(struct client *client, const char *method)
{
    Mriov__V1__GetClockRequest request = MRIOV__V1__GET_CLOCK_REQUEST__INIT; /* as empty as GetFabric's */
    double begin_s = waits_now_s();
    Mriov__V1__Response *response = client_call(client, method, &request.base, &(struct client_options){0});
    CHECK(response != NULL && response->status->code == MRIOV__V1__STATUS__CODE__OK);
    client_free_response(response);
    return waits_now_s() - begin_s;
}

/* The 99th percentile of waits, with the disk as slow as it is. */
static double measure_waits(struct client *client, const char *address)
{
    static double waits_s[ASKED];
    char why[256];
    struct client *changer = client_open(address, NULL, why, sizeof why);
    CHECK(changer != NULL);
    int sent = 0, received = 0;
    double begin_s = waits_now_s();
    for (size_t n = 0; n < ASKED; n++) {
        if ((waits_now_s() - begin_s) * 50 > sent) {
            if (sent - received == OPEN_MOST) {
                receive(changer, OPEN_MOST);
                received += OPEN_MOST;
            }
            send_change(changer, 1 + (uint32_t)(sent++ % 7));
        }
        waits_s[n] = ask(client, n % 2 == 0 ? "GetClock" : "GetFabric");
        usleep(1000);
    }
    receive(changer, sent - received);
    client_close(changer);
    waits_sort(waits_s, ASKED);
    printf(
        "%d changes meanwhile: an answer took %.2f ms at the median, %.2f ms at p99, %.2f ms at most\n", sent,
        waits_s[ASKED / 2] * 1e3, waits_s[ASKED * 99 / 100] * 1e3, waits_s[ASKED - 1] * 1e3);
    return waits_s[ASKED * 99 / 100];
}

/* What OPERATIONS of an earlier life would have left. */
static void fill(void)
{
    sqlite3 *db;
    char *fault = NULL;
    CHECK(sqlite3_open("state", &db) == SQLITE_OK);
    sqlite3_exec(
        db,
        "WITH RECURSIVE n(i) AS (SELECT 1000000 UNION ALL SELECT i + 1 FROM n WHERE i < 1009999) "
        "INSERT INTO operations SELECT i, 1, 4, 2, 'uid:0', 'key-' || i, i, 'nic0.pf0', '', 0, '', '', '', 0, 0, 0, "
        "NULL "
        "FROM n",
        NULL, NULL, &fault);
    CHECK(fault == NULL);
    sqlite3_close(db);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/mriovd-XXXXXX", address[64], *path = argc > 1 ? realpath(argv[1], NULL) : NULL;
    if (path == NULL)
        return 2;
    CHECK(mkdtemp(folder) != NULL && chdir(folder) == 0);
    snprintf(address, sizeof address, "unix:%s/socket", folder);
    struct faulty_disk *disk = faulty_disk_install();
    struct client *client;
    pid_t pid = start(path, address, &client);
    disk->sync_us = argc > 2 ? (uint32_t)atoi(argv[2]) * 1000 : 50000;
    double p99_s = measure_waits(client, address);
    client_close(client);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    disk->sync_us = 0;
    fill();
    double begin_s = waits_now_s();
    pid = start(path, address, &client);
    ask(client, "GetClock");
    double service_s = waits_now_s() - begin_s;
    printf("from start to service with %d operations: %.3f s\n", OPERATIONS, service_s);
    client_close(client);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    CHECK(unlink("state") == 0 && chdir("/") == 0);
    rmdir(folder);
    free(path);
    return p99_s < 0.005 && service_s < 2 ? 0 : 1;
}
