/* Server: the sockets that clients connect to, and the clients that have.
 *
 *     unix:PATH        mode 0600; who connects is known by the kernel (SO_PEERCRED)
 *     tcp:HOST:PORT    TLS 1.3 only, and the client must have a certificate of the authority that is named */
#ifndef MGMT_SERVER_H
#define MGMT_SERVER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/base/status.h"
#include "mgmt/access.h"

#define SERVER_TICKS_PER_S 10
#define SERVER_LISTENERS 16

struct connection;
struct evconnlistener;
struct mriovd;
struct ssl_ctx_st;

struct server_listener {
    struct server *server;
    struct evconnlistener *listener; /* owned */
    bool tls;
    char *path; /* of a Unix socket, removed at the end; owned; NULL: none */
};

struct server {
    struct mriovd *daemon;       /* not owned */
    const struct access *access; /* not owned */
    struct event_base *base;     /* not owned */
    struct ssl_ctx_st *tls;      /* owned; NULL: none */
    struct server_listener listeners[SERVER_LISTENERS];
    size_t listener_count;
    struct connection *connections; /* owned, each */
    uint32_t connection_count;
    uint64_t queued_bytes; /* unsent, of all connections */
    uint64_t accepted, turned_away;
    bool starved;              /* the last accept failed */
    struct event *tick, *reap; /* owned */
};

/* Files of --tls-*: NULL where not given. */
struct server_tls {
    const char *certificate, *key, *authority;
};

/* A server without sockets. False: the TLS files cannot be used, and WHY says which. */
bool server_init(
    struct server *server, struct mriovd *daemon, const struct access *access, const struct server_tls *tls, char *why,
    size_t why_size);
void server_free(struct server *server);

/* Listens on ADDRESS, "unix:PATH" or "tcp:HOST:PORT". Otherwise WHY says what would be right (STATUS_INVALID_ARGUMENT),
 * or what is in the way. */
MUST_CHECK enum status server_listen(struct server *server, const char *address, char *why, size_t why_size);

/* Closes connections that are doomed, once nobody is in them. */
void server_reap_soon(struct server *server);

/* Takes no more clients and no more requests: the daemon ends. */
void server_stop(struct server *server);

/* Seconds of a monotonic clock, from 1. */
int64_t server_now_s(void);

#endif
