#include "tests/support/daemon.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"
#include "tests/support/place.h"

#define ARGUMENTS_MOST 32
#define PATIENCE_MS 30000

static const char small[] = "mriov: 1\n"
                            "name: small\n"
                            "run: {duration: 20us}\n"
                            "chassis:\n"
                            "  - name: tor\n"
                            "hosts:\n"
                            "  - {name: \"h[0-1]\", chassis: tor}\n"
                            "adapters:\n"
                            "  - {name: nic0, at: tor}\n"
                            "assign:\n"
                            "  - {function: nic0, to: \"h[0-1]\"}\n"
                            "workloads:\n"
                            "  - {name: writes, function: \"nic0@h[0-1]\", op: dma-write, size: 256B}\n";

/* Its folder is the working directory, and its log what it says. */
static void enter(const struct daemon *daemon)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves none behind */
    CHECK(chdir(daemon->folder) == 0);
    int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
    CHECK(log >= 0 && dup2(log, STDERR_FILENO) >= 0);
}

_Noreturn static void become(const struct daemon *daemon, const char *const *arguments)
{
    const char *words[ARGUMENTS_MOST] = {place_daemon(), "--scenario", "rack.yaml", "--listen", daemon->address};
    size_t count = 5;
    for (; arguments != NULL && *arguments != NULL; arguments++)
        words[count++] = *arguments;
    enter(daemon);
    execv(words[0], (char **)words);
    _exit(127);
}

/* Who connects is answered when all sockets are open, of which the others come later. CLIENT is closed. */
static bool says_hello(struct client *client)
{
    Mriov__V1__HelloRequest hello = MRIOV__V1__HELLO_REQUEST__INIT;
    Mriov__V1__Response *response = client_call(client, "Hello", &hello.base, &(struct client_options){0});
    bool answered = response != NULL;
    if (answered)
        client_free_response(response);
    client_close(client);
    return answered;
}

static void await(const struct daemon *daemon)
{
    char why[256] = "it does not answer";
    for (int waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += 10) {
        struct client *client = client_open(daemon->address, NULL, why, sizeof why);
        if (client != NULL && says_hello(client))
            return;
        cr_assert_eq(waitpid(daemon->pid, NULL, WNOHANG), 0, "the daemon has ended, see %s/log", daemon->folder);
        usleep(10000);
    }
    cr_assert_fail("the daemon does not listen: %s", why);
}

void daemon_restart(struct daemon *daemon, const char *const *arguments)
{
    daemon->pid = fork();
    CHECK(daemon->pid >= 0);
    if (daemon->pid == 0)
        become(daemon, arguments);
    await(daemon);
}

/* What the program does, without its command line. */
_Noreturn static void serve(const struct daemon *daemon)
{
    char why[512] = "";
    struct faults faults = {0};
    struct mriovd mriovd;
    enter(daemon);
    struct scenario_request request = {.path = "rack.yaml", .managed = true};
    struct scenario *scenario = scenario_load(&request, &faults);
    CHECK(scenario != NULL);
    log_start(false, LOG_EVENT);
    struct mriovd_options options = {.listens = {daemon->address}, .listen_count = 1, .state = "state"};
    int exit_code = 1;
    if (mriovd_init(&mriovd, scenario, &options, why, sizeof why)) {
        exit_code = mriovd_run(&mriovd) ? 0 : 1;
    } else {
        fprintf(stderr, "mriovd: %s\n", why);
        exit_code = mriovd.misused ? 2 : 1;
    }
    mriovd_free(&mriovd);
    scenario_free(scenario);
    _exit(exit_code);
}

void daemon_restart_forked(struct daemon *daemon)
{
    daemon->pid = fork();
    CHECK(daemon->pid >= 0);
    if (daemon->pid == 0)
        serve(daemon);
    await(daemon);
}

int daemon_try_forked(struct daemon *daemon, unsigned seconds)
{
    int status = 0;
    daemon->pid = fork();
    CHECK(daemon->pid >= 0);
    if (daemon->pid == 0) {
        alarm(seconds);
        serve(daemon);
    }
    CHECK(waitpid(daemon->pid, &status, 0) == daemon->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void daemon_start_forked(struct daemon *daemon, const char *scenario)
{
    daemon_prepare(daemon, scenario);
    daemon_restart_forked(daemon);
}

void daemon_prepare(struct daemon *daemon, const char *scenario)
{
    char path[128];
    *daemon = (struct daemon){.folder = "/tmp/mriovd-XXXXXX"};
    CHECK(mkdtemp(daemon->folder));
    snprintf(daemon->address, sizeof daemon->address, "unix:%s/socket", daemon->folder);
    snprintf(path, sizeof path, "%s/rack.yaml", daemon->folder);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(scenario != NULL ? scenario : small, file) >= 0 && fclose(file) == 0);
}

void daemon_start(struct daemon *daemon, const char *scenario, const char *const *arguments)
{
    daemon_prepare(daemon, scenario);
    daemon_restart(daemon, arguments);
}

int daemon_kill(struct daemon *daemon, int signal)
{
    int status = 0;
    CHECK(kill(daemon->pid, signal) == 0);
    CHECK(waitpid(daemon->pid, &status, 0) == daemon->pid);
    return status;
}

void daemon_stop(struct daemon *daemon)
{
    char command[128];
    int status = daemon_kill(daemon, SIGTERM);
    snprintf(command, sizeof command, "cat %s/log >&2", daemon->folder); /* sanitizers speak there */
    if (status != 0)
        CHECK(system(command) == 0);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "ended with %#x", (unsigned)status);
    snprintf(command, sizeof command, "rm -rf %s", daemon->folder);
    CHECK(system(command) == 0);
}

struct client *daemon_client(const struct daemon *daemon)
{
    char why[256];
    struct client *client = client_open(daemon->address, NULL, why, sizeof why);
    cr_assert_not_null(client, "%s", why);
    return client;
}

static const ProtobufCMessageDescriptor *output_of(const char *method)
{
    const ProtobufCMethodDescriptor *found =
        protobuf_c_service_descriptor_get_method_by_name(&mriov__v1__mr_pcim__descriptor, method);
    return found != NULL ? found->output : NULL;
}

void *
daemon_call(struct client *client, const char *method, const ProtobufCMessage *request, Mriov__V1__Status__Code code)
{
    Mriov__V1__Response *response = client_call(client, method, request, &(struct client_options){0});
    cr_assert_not_null(response, "%s: the connection is lost", method);
    cr_assert_eq(
        response->status->code, code, "%s: answered %d, not %d: %s", method, (int)response->status->code, (int)code,
        response->status->message);
    ProtobufCMessage *message = NULL;
    if (code == MRIOV__V1__STATUS__CODE__OK)
        message = protobuf_c_message_unpack(output_of(method), NULL, response->payload.len, response->payload.data);
    client_free_response(response);
    return message;
}

void daemon_free(void *response)
{
    protobuf_c_message_free_unpacked(response, NULL);
}

void daemon_expect(
    struct client *client, const char *method, const ProtobufCMessage *request, Mriov__V1__Status__Code code)
{
    void *response = daemon_call(client, method, request, code);
    if (response != NULL)
        daemon_free(response);
}

uint64_t daemon_peak_bytes(const struct daemon *daemon)
{
    char path[64], line[256];
    unsigned long long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)daemon->pid);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmHWM: %llu", &kib) == 1)
            break;
    fclose(file);
    return kib * 1024;
}
