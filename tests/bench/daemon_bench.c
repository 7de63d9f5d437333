/* How long a request waits for mriovd while its rack runs as fast as it goes, and what serving costs the simulation.
 *
 *     bench_daemon SCENARIO            its address is made for it; programs: $MRIOV_DAEMON, or mriovd on the PATH
 *
 * In turn, as other work on the machine comes and goes, and five times: the model runs without a daemon, in one that
 * nobody asks, and in one that is asked all the time (GetClock and GetFabric, alternating, 800 a second at most).
 * Prints the median of the waits' percentiles, of the speeds, and of their ratios in a round. The bar: 99 % of the
 * requests within 5 ms, and both ratios above 0.9. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "hostsim/rack/live.h"
#include "mgmt/client.h"
#include "tests/bench/waits.h"
#include "tests/support/place.h"

#define ROUNDS 5
#define ROUND_S 3.0
#define REQUESTS_MOST 4096
#define PAUSE_US 1250      /* below the limit of 1,000 a second */
#define PLAIN_EVENTS 50000 /* between looks at the clock, as `mriov run` has them */

struct round {
    double plain, idle, asked; /* simulated ns a second of processor time */
    double p50_s, p99_s, longest_s;
};

/* Processor time that PID has had; 0 is this process. Speeds are by it, as others may be at work on the machine. */
static double cpu_s(pid_t pid)
{
    clockid_t clock;
    struct timespec used;
    CHECK(clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
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

/* The model by itself, in a process of its own: *SPEED is shared with it. */
static void run_plain(const char *path, double *speed)
{
    char why[256];
    struct faults faults = {0};
    static struct live live;
    struct scenario *scenario = scenario_load(&(struct scenario_request){.path = path}, &faults);
    CHECK(scenario != NULL);
    CHECK(live_init(&live, scenario, &(struct live_options){0}, why, sizeof why) == STATUS_OK);
    double begin_s = cpu_s(0), end_s = begin_s;
    while ((end_s = cpu_s(0)) - begin_s < ROUND_S / 2) {
        if (live_has_ended(&live))
            live_go_on(&live);
        CHECK(live_slice(&live, live.end_ps, PLAIN_EVENTS, why, sizeof why) == STATUS_OK);
    }
    *speed = (double)live_now_ps(&live) / 1000 / (end_s - begin_s);
}

static double plain_speed(const char *path)
{
    double *speed = mmap(NULL, sizeof *speed, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(speed != MAP_FAILED);
    pid_t pid = fork();
    if (pid == 0) {
        run_plain(path, speed);
        _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    double result = *speed;
    munmap(speed, sizeof *speed);
    return result;
}

static double idle_speed(struct client *client, pid_t pid)
{
    uint64_t begin_ns = ask(client, "GetClock");
    double begin_s = cpu_s(pid);
    usleep((useconds_t)(ROUND_S * 1e6));
    return (double)(ask(client, "GetClock") - begin_ns) / (cpu_s(pid) - begin_s);
}

static double asked_speed(struct client *client, pid_t pid, struct round *round)
{
    static double waits_s[REQUESTS_MOST];
    size_t count = 0;
    uint64_t begin_ns = ask(client, "GetClock");
    double begin_s = waits_now_s(), begin_cpu_s = cpu_s(pid);
    while (waits_now_s() - begin_s < ROUND_S && count < REQUESTS_MOST) {
        double asked_s = waits_now_s();
        ask(client, count % 2 == 0 ? "GetClock" : "GetFabric");
        waits_s[count++] = waits_now_s() - asked_s;
        usleep(PAUSE_US);
    }
    double speed = (double)(ask(client, "GetClock") - begin_ns) / (cpu_s(pid) - begin_cpu_s);
    waits_sort(waits_s, count);
    round->p50_s = waits_s[count / 2];
    round->p99_s = waits_s[count * 99 / 100];
    round->longest_s = waits_s[count - 1];
    return speed;
}

static void run_daemon(const char *path, struct round *round)
{
    char folder[] = "/tmp/mriovd-XXXXXX", address[64], why[256];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(address, sizeof address, "unix:%s/socket", folder);
    pid_t pid = fork();
    if (pid == 0) {
        execlp(place_daemon(), "mriovd", "--scenario", path, "--listen", address, "--pace", "max", (char *)NULL);
        _exit(127);
    }
    struct client *client = NULL;
    for (int tries = 0; tries < 1000 && client == NULL; tries++, usleep(10000))
        client = client_open(address, NULL, why, sizeof why);
    CHECK(client != NULL);
    round->idle = idle_speed(client, pid);
    round->asked = asked_speed(client, pid, round);
    client_close(client);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    rmdir(folder);
}

/* The median of what GET finds in the rounds. */
static double median(const struct round *rounds, double (*get)(const struct round *round))
{
    double values[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++)
        values[i] = get(&rounds[i]);
    waits_sort(values, ROUNDS);
    return values[ROUNDS / 2];
}

#define GETTER(name, expression)                                                                                       \
    static double name(const struct round *round)                                                                      \
    {                                                                                                                  \
        return expression;                                                                                             \
    }
GETTER(get_plain, round->plain)
GETTER(get_idle, round->idle)
GETTER(get_asked, round->asked)
GETTER(get_idle_ratio, round->idle / round->plain)
GETTER(get_asked_ratio, round->asked / round->plain)
GETTER(get_p50, round->p50_s)
GETTER(get_p99, round->p99_s)
GETTER(get_longest, round->longest_s)

int main(int argc, char **argv)
{
    static struct round rounds[ROUNDS];
    if (argc != 2)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < ROUNDS; i++) {
        rounds[i].plain = plain_speed(argv[1]);
        run_daemon(argv[1], &rounds[i]);
        printf(
            "round %zu: idle %.3f, asked %.3f of the plain model's speed; p99 %.3f ms\n", i + 1,
            get_idle_ratio(&rounds[i]), get_asked_ratio(&rounds[i]), rounds[i].p99_s * 1e3);
    }
    printf(
        "simulated us a second of processor time: plain %.0f, idle %.0f, asked %.0f\n", median(rounds, get_plain) / 1e3,
        median(rounds, get_idle) / 1e3, median(rounds, get_asked) / 1e3);
    printf(
        "of the plain model's speed: idle %.3f, asked %.3f\n", median(rounds, get_idle_ratio),
        median(rounds, get_asked_ratio));
    printf(
        "wait for an answer: p50 %.3f ms, p99 %.3f ms, longest %.3f ms\n", median(rounds, get_p50) * 1e3,
        median(rounds, get_p99) * 1e3, median(rounds, get_longest) * 1e3);
    return median(rounds, get_p99) < 0.005 && median(rounds, get_idle_ratio) > 0.9 &&
                   median(rounds, get_asked_ratio) > 0.9
               ? 0
               : 1;
}
