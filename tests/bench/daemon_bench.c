/* How long a request waits for mriovd while its rack runs as fast as it goes, and what serving costs the simulation.
 *
 *     bench_daemon SCENARIO            its address is made for it; programs: $MRIOV_DAEMON, or mriovd on the PATH
 *
 * Prints the waits of 2,000 GetClock, and of as many GetFabric, and the simulation's speed meanwhile and when nobody
 * asks. The bar: 99 % within 5 ms, and speeds within 10 %. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "mgmt/client.h"
#include "tests/support/place.h"

#define REQUESTS 2000
#define PAUSE_US 1200 /* below the limit of 1,000 a second */

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

/* Simulated ns now. */
static uint64_t ask(struct client *client, const char *method)
{
    Mriov__V1__GetClockRequest request = MRIOV__V1__GET_CLOCK_REQUEST__INIT; /* as empty as GetFabric's */
    Mriov__V1__Response *response = client_call(client, method, &request.base, &(struct client_options){0});
    CHECK(response != NULL && response->status->code == MRIOV__V1__STATUS__CODE__OK);
    uint64_t ns = response->now_ns;
    client_free_response(response);
    return ns;
}

static void measure(struct client *client, const char *method)
{
    static double waits_s[REQUESTS];
    uint64_t begin_ns = ask(client, "GetClock");
    double begin_s = now_s();
    for (size_t i = 0; i < REQUESTS; i++) {
        double asked_s = now_s();
        ask(client, method);
        waits_s[i] = now_s() - asked_s;
        usleep(PAUSE_US);
    }
    double speed = (double)(ask(client, "GetClock") - begin_ns) / (now_s() - begin_s) / 1e9;
    qsort(waits_s, REQUESTS, sizeof waits_s[0], compare);
    printf(
        "%-10s p50 %.3f ms, p99 %.3f ms, longest %.3f ms; %.3g simulated seconds a second\n", method,
        waits_s[REQUESTS / 2] * 1e3, waits_s[REQUESTS * 99 / 100] * 1e3, waits_s[REQUESTS - 1] * 1e3, speed);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/mriovd-XXXXXX", address[64], why[256];
    if (argc != 2 || mkdtemp(folder) == NULL)
        return 2;
    snprintf(address, sizeof address, "unix:%s/socket", folder);
    pid_t pid = fork();
    if (pid == 0) {
        execlp(place_daemon(), "mriovd", "--scenario", argv[1], "--listen", address, "--pace", "max", (char *)NULL);
        _exit(127);
    }
    struct client *client = NULL;
    for (int tries = 0; tries < 1000 && client == NULL; tries++, usleep(10000))
        client = client_open(address, NULL, why, sizeof why);
    CHECK(client != NULL);
    uint64_t begin_ns = ask(client, "GetClock");
    double begin_s = now_s();
    sleep(5);
    double alone = (double)(ask(client, "GetClock") - begin_ns) / (now_s() - begin_s) / 1e9;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("alone      %.3g simulated seconds a second\n", alone);
    measure(client, "GetClock");
    measure(client, "GetFabric");
    client_close(client);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    rmdir(folder);
    return 0;
}
