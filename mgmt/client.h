/* Client: the other end of the daemon's socket, for mriovctl and tests: blocking, one thread.
 *
 *     struct client *client = client_open("unix:/run/mriovd.sock", NULL, why, sizeof why);
 *     Mriov__V1__Response *response = client_call(client, "GetClock", &request.base, &(struct client_options){0});
 *     ... response == NULL: the connection is lost ...
 *     client_free_response(response);
 *     client_close(client);
 */
#ifndef MGMT_CLIENT_H
#define MGMT_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "mgmt/server.h"
#include "proto/mriov.pb-c.h"

struct client;

struct client_options {
    uint32_t deadline_ms;    /* 0: none */
    const char *request_key; /* NULL: none */
};

/* Whether ADDRESS is "unix:PATH", or "tcp:HOST:PORT" and TLS has what that needs; otherwise WHY says what is wrong. */
bool client_address_is_valid(const char *address, const struct server_tls *tls, char *why, size_t why_size);

/* Connects to "unix:PATH", or "tcp:HOST:PORT" with TLS. NULL: WHY says what would be right. */
struct client *client_open(const char *address, const struct server_tls *tls, char *why, size_t why_size);

/* The same to a daemon that shows a sign of life every PATIENCE_MS (0: never mind): one that takes longer to let the
 * client in is not there, and one that later says nothing for so long, not even that it is there when it is asked in
 * between, is lost. However long a daemon works at what was asked, it says that. */
struct client *
client_open_within(const char *address, const struct server_tls *tls, uint32_t patience_ms, char *why, size_t why_size);
void client_close(struct client *client);

/* Whether the connection is lost because nothing came for too long. */
bool client_is_silent(const struct client *client);

/* The socket, to poll. */
int client_socket(const struct client *client);

/* Sends a request; answers its id, 0 when the connection is lost. MESSAGE is METHOD's request. */
uint64_t client_send(
    struct client *client, const char *method, const ProtobufCMessage *message, const struct client_options *options);

/* Sends these bytes as they are: for tests of those who do not keep to the protocol. False: the connection is lost. */
bool client_send_bytes(struct client *client, const void *bytes, size_t size);

/* The next answer, to whatever; NULL: the connection is lost. */
Mriov__V1__Response *client_receive(struct client *client);
void client_free_response(Mriov__V1__Response *response);

/* Sends a request and waits for its last answer, leaving out others. */
Mriov__V1__Response *client_call(
    struct client *client, const char *method, const ProtobufCMessage *message, const struct client_options *options);

#endif
