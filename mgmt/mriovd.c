#include "mgmt/mriovd.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "fabric/base/check.h"
#include "mgmt/call.h"
#include "mgmt/connection.h"
#include "mgmt/handlers.h"
#include "mgmt/limits.h"
#include "mgmt/log.h"

/* How long clients have to read their last answers, in ms. */
#define LAST_WORDS_MS 500

uint64_t mriovd_now_ns(const struct mriovd *daemon)
{
    return live_now_ps(&daemon->live) / PS_PER_NS;
}

/* Milliseconds since 1970: no two starts have the same. */
static uint64_t new_epoch(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void on_last_words(evutil_socket_t socket, short what, void *context)
{
    (void)socket;
    (void)what;
    struct mriovd *daemon = context;
    event_base_loopbreak(daemon->base);
}

/* The end: nobody new, the clock stands, every open call is answered, and what clients still read goes out. */
static void end(struct mriovd *daemon)
{
    const struct timeval while_ = {.tv_usec = LAST_WORDS_MS * 1000};
    server_stop(&daemon->server);
    daemon->clock.stopped = true;
    durable_flush(daemon);
    for (struct connection *connection = daemon->server.connections; connection != NULL; connection = connection->next)
        while (connection->calls != NULL)
            call_refuse(connection->calls, STATUS_CANCELLED, "the daemon ends");
    if (daemon->server.queued_bytes == 0)
        event_base_loopbreak(daemon->base);
    else
        event_add(daemon->last_words, &while_);
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
    (void)what;
    log_line(LOG_NOTE, "%s: ending", number == SIGTERM ? "SIGTERM" : "SIGINT");
    end(context);
}

static void on_failed(void *context, const char *why)
{
    struct mriovd *daemon = context;
    log_line(LOG_FAULT, "the model cannot go on: %s", why);
    daemon->failed = true;
    end(daemon);
}

static void on_over(void *context)
{
    struct mriovd *daemon = context;
    log_line(LOG_FAULT, "simulated time is at its end, 100 days, and stands: start the daemon again");
    pcim_event_log_add(
        &daemon->pcim->events, live_now_ps(&daemon->live), PCIM_EVENT_CLOCK, 0, 0, "", "simulated time is at its end");
    change_refuse_waiting(daemon);
}

static bool open_sockets(struct mriovd *daemon, const struct mriovd_options *options, char *why, size_t why_size)
{
    char fault[256] = "";
    enum status status;
    daemon->misused = !server_init(&daemon->server, daemon, &daemon->access, &options->tls, why, why_size);
    for (size_t i = 0; i < options->listen_count && !daemon->misused; i++) {
        status = server_listen(&daemon->server, options->listens[i], fault, sizeof fault);
        if (status != STATUS_OK) {
            snprintf(why, why_size, "--listen %s: %s", options->listens[i], fault);
            daemon->misused = status == STATUS_INVALID_ARGUMENT;
            return false;
        }
        log_line(LOG_EVENT, "%s: listening on %s", daemon->scenario->name, options->listens[i]);
    }
    if (daemon->misused)
        return false;
    status = http_init(&daemon->http, daemon, options->http, fault, sizeof fault);
    if (status != STATUS_OK)
        snprintf(why, why_size, "--http %s: %s", options->http, fault);
    daemon->misused = status == STATUS_INVALID_ARGUMENT;
    return status == STATUS_OK;
}

/* A rule for hosts that are not there gives somebody less than was meant. */
static bool open_access(struct mriovd *daemon, const char *file, char *why, size_t why_size)
{
    if (!access_load(&daemon->access, file, why, why_size))
        return false;
    const struct scenario *scenario = daemon->scenario;
    const char **hosts = calloc(scenario->host_count + 1, sizeof *hosts);
    unsigned line;
    CHECK(hosts != NULL);
    for (size_t i = 0; i < scenario->host_count; i++)
        hosts[i] = scenario->hosts[i].name;
    const char *stranger = access_stranger(&daemon->access, hosts, scenario->host_count, &line);
    free(hosts);
    if (stranger != NULL)
        snprintf(why, why_size, "--access %s:%u: `%s` has no host called `%s`", file, line, scenario->name, stranger);
    return stranger == NULL;
}

/* What all limits together come to must be there, or clients could take the descriptors of others. */
static void reserve_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= LIMIT_DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < LIMIT_DESCRIPTORS ? limit.rlim_max : LIMIT_DESCRIPTORS;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < LIMIT_DESCRIPTORS)
        log_line(
            LOG_CAUTION, "%d file descriptors are wanted, and the system gives %llu: clients may have to wait",
            LIMIT_DESCRIPTORS, (unsigned long long)limit.rlim_cur);
}

static bool open_state(struct mriovd *daemon, const char *file, char *why, size_t why_size)
{
    char fault[256] = "";
    bool done = durable_open(daemon, file, fault, sizeof fault);
    if (!done)
        snprintf(why, why_size, "--state %s: %s", file, fault);
    return done;
}

bool mriovd_init(
    struct mriovd *daemon, const struct scenario *scenario, const struct mriovd_options *options, char *why,
    size_t why_size)
{
    *daemon = (struct mriovd){.scenario = scenario, .base = event_base_new(), .epoch = new_epoch()};
    CHECK(daemon->base != NULL);
    signal(SIGPIPE, SIG_IGN); /* a client that left is an error of writing to it */
    clock_init(&daemon->clock, daemon->base, &daemon->live);
    daemon->clock.on_failed = on_failed;
    daemon->clock.on_over = on_over;
    daemon->clock.context = daemon;
    children_init(&daemon->futures, daemon->base, LIMIT_CHILDREN);
    children_init(&daemon->readers, daemon->base, LIMIT_READERS);
    static const int numbers[2] = {SIGTERM, SIGINT};
    for (int i = 0; i < 2; i++) {
        daemon->signals[i] = evsignal_new(daemon->base, numbers[i], on_signal, daemon);
        CHECK(daemon->signals[i] != NULL && event_add(daemon->signals[i], NULL) == 0);
    }
    daemon->last_words = evtimer_new(daemon->base, on_last_words, daemon);
    CHECK(daemon->last_words != NULL);
    if (live_init(&daemon->live, scenario, &(struct live_options){0}, why, why_size) != STATUS_OK)
        return false;
    CHECK(scenario->managed);
    watch_start(daemon, &daemon->live.manager.pcim);
    daemon->changes.pcim = daemon->pcim;
    reserve_descriptors();
    daemon->misused =
        !open_access(daemon, options->access, why, why_size) || !open_state(daemon, options->state, why, why_size);
    return !daemon->misused && open_sockets(daemon, options, why, why_size);
}

bool mriovd_run(struct mriovd *daemon)
{
    log_line(LOG_NOTE, "%s: ready", daemon->scenario->name);
    CHECK(event_base_dispatch(daemon->base) >= 0);
    log_line(LOG_NOTE, "ended at %llu ns", (unsigned long long)mriovd_now_ns(daemon));
    return !daemon->failed;
}

void mriovd_free(struct mriovd *daemon)
{
    http_free(&daemon->http);
    server_free(&daemon->server);
    children_free(&daemon->futures);
    children_free(&daemon->readers);
    durable_close(daemon);
    changes_free(&daemon->changes);
    refusals_free(&daemon->refused);
    access_free(&daemon->access);
    clock_free(&daemon->clock);
    live_free(&daemon->live);
    for (int i = 0; i < 2; i++)
        event_free(daemon->signals[i]);
    event_free(daemon->last_words);
    event_base_free(daemon->base);
}
