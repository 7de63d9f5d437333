/* Daemon: a mriovd of the test's own, and clients of it. */
#ifndef TESTS_SUPPORT_DAEMON_H
#define TESTS_SUPPORT_DAEMON_H

#include <stdint.h>
#include <sys/types.h>

#include "mgmt/client.h"

struct daemon {
    char folder[64];  /* the test's own: scenario, socket, state, log */
    char address[96]; /* unix:... */
    pid_t pid;
};

/* Starts the daemon on SCENARIO (the text of one; NULL: two hosts that write through one adapter, for 20 us), with the
 * further ARGUMENTS (words, NULL at the end; NULL: none), and waits until it listens. */
void daemon_start(struct daemon *daemon, const char *scenario, const char *const *arguments);

/* Starts it again in the same folder, after daemon_kill(). */
void daemon_restart(struct daemon *daemon, const char *const *arguments);

/* The same with --state `state` and nothing else, as a fork of this process, so that SQLite has its files where this
 * process has them (tests/support/faulty_disk.h). */
void daemon_start_forked(struct daemon *daemon, const char *scenario);
void daemon_restart_forked(struct daemon *daemon);

/* Likewise; it is not expected to serve. Answers its exit code, and -1 when it has not ended after SECONDS: then it is
 * killed. What it said is in its log. */
int daemon_try_forked(struct daemon *daemon, unsigned seconds);

/* Makes its folder, with SCENARIO in it. */
void daemon_prepare(struct daemon *daemon, const char *scenario);

/* Ends it with SIGNAL; answers its wait status. */
int daemon_kill(struct daemon *daemon, int signal);

/* Ends it with SIGTERM, which must go well, and removes the folder. */
void daemon_stop(struct daemon *daemon);

/* A client of it, which must be let in. */
struct client *daemon_client(const struct daemon *daemon);

/* Calls METHOD; the answer must have CODE. With OK it is the response of the method, otherwise NULL; the caller frees
 * it with protobuf_c_message_free_unpacked(). */
void *
daemon_call(struct client *client, const char *method, const ProtobufCMessage *request, Mriov__V1__Status__Code code);

/* The same, and throws the answer away. */
void daemon_expect(
    struct client *client, const char *method, const ProtobufCMessage *request, Mriov__V1__Status__Code code);

/* Frees a response. */
void daemon_free(void *response);

/* Peak memory of the daemon so far, in bytes. */
uint64_t daemon_peak_bytes(const struct daemon *daemon);

#endif
