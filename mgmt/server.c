#include "mgmt/server.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "mgmt/address.h"
#include "mgmt/connection.h"
#include "mgmt/limits.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"
#include "mgmt/tls.h"

int64_t server_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + 1;
}

/* --- clients --- */

static void on_accept(
    struct evconnlistener *evlistener, evutil_socket_t socket, struct sockaddr *address, int length, void *context)
{
    (void)evlistener;
    (void)address;
    (void)length;
    struct server_listener *listener = context;
    struct server *server = listener->server;
    struct peer peer = {.identity = "tcp:unknown"};
    server->starved = false;
    if (server->connection_count >= LIMIT_CONNECTIONS) {
        server->turned_away++;
        log_line(LOG_CAUTION, "a client is turned away: %d are connected", LIMIT_CONNECTIONS);
        evutil_closesocket(socket);
        return;
    }
    if (!listener->tls && !access_identify_socket(server->access, socket, &peer)) {
        evutil_closesocket(socket);
        return;
    }
    struct bufferevent *stream = listener->tls ? tls_accept(server->tls, server->base, socket)
                                               : bufferevent_socket_new(server->base, socket, BEV_OPT_CLOSE_ON_FREE);
    if (stream == NULL) {
        evutil_closesocket(socket);
        return;
    }
    server->accepted++;
    connection_open(server, stream, listener->tls, &peer);
}

/* Out of file descriptors, most likely: the listener would say so for ever. */
static void on_accept_error(struct evconnlistener *evlistener, void *context)
{
    struct server *server = ((struct server_listener *)context)->server;
    if (!server->starved)
        log_line(LOG_CAUTION, "accept: %s: clients wait", strerror(errno));
    server->starved = true;
    evconnlistener_disable(evlistener); /* the tick enables it again */
}

static void on_reap(evutil_socket_t socket, short what, void *context)
{
    (void)socket;
    (void)what;
    struct server *server = context;
    for (struct connection *connection = server->connections, *next; connection != NULL; connection = next) {
        next = connection->next;
        if (connection->doomed)
            connection_close(connection);
    }
}

void server_reap_soon(struct server *server)
{
    event_active(server->reap, EV_TIMEOUT, 0);
}

static void on_tick(evutil_socket_t socket, short what, void *context)
{
    (void)socket;
    (void)what;
    struct server *server = context;
    int64_t now_s = server_now_s();
    for (size_t i = 0; i < server->listener_count; i++)
        evconnlistener_enable(server->listeners[i].listener);
    http_tick(&server->daemon->http);
    for (struct connection *connection = server->connections; connection != NULL; connection = connection->next)
        connection_tick(connection, now_s);
}

bool server_init(
    struct server *server, struct mriovd *daemon, const struct access *access, const struct server_tls *tls, char *why,
    size_t why_size)
{
    *server = (struct server){.daemon = daemon, .access = access, .base = daemon->base};
    const struct timeval period = {.tv_usec = 1000000 / SERVER_TICKS_PER_S};
    server->tick = event_new(server->base, -1, EV_PERSIST, on_tick, server);
    server->reap = event_new(server->base, -1, 0, on_reap, server);
    CHECK(server->tick != NULL && server->reap != NULL && event_add(server->tick, &period) == 0);
    if (tls->certificate == NULL && tls->key == NULL && tls->authority == NULL)
        return true;
    server->tls = tls_context(tls, why, why_size);
    return server->tls != NULL;
}

void server_stop(struct server *server)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        struct server_listener *listener = &server->listeners[i];
        evconnlistener_free(listener->listener);
        if (listener->path != NULL)
            unlink(listener->path);
        free(listener->path);
    }
    server->listener_count = 0;
}

void server_free(struct server *server)
{
    server_stop(server);
    while (server->connections != NULL)
        connection_close(server->connections);
    if (server->tick != NULL)
        event_free(server->tick);
    if (server->reap != NULL)
        event_free(server->reap);
    tls_context_free(server->tls);
}

/* --- sockets --- */

static bool add_listener(
    struct server *server, struct sockaddr *address, socklen_t length, const char *path, char *why, size_t why_size)
{
    struct server_listener *listener = &server->listeners[server->listener_count];
    *listener = (struct server_listener){.server = server, .tls = path == NULL};
    listener->listener = evconnlistener_new_bind(
        server->base, on_accept, listener, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC,
        LIMIT_CONNECTIONS, address, (int)length);
    if (listener->listener == NULL) {
        snprintf(why, why_size, "%s", strerror(errno));
        return false;
    }
    evconnlistener_set_error_cb(listener->listener, on_accept_error);
    listener->path = path != NULL ? strdup(path) : NULL;
    server->listener_count++;
    return true;
}

/* What an ended daemon left in the way is removed; what a living one listens on is not, nor what is no socket. */
static bool clear_way(const struct sockaddr_un *address, char *why, size_t why_size)
{
    struct stat found;
    if (lstat(address->sun_path, &found) != 0)
        return true;
    if (!S_ISSOCK(found.st_mode)) {
        snprintf(why, why_size, "it is there, and no socket");
        return false;
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_alive = probe >= 0 && connect(probe, (const struct sockaddr *)address, sizeof *address) == 0;
    if (probe >= 0)
        close(probe);
    if (is_alive)
        snprintf(why, why_size, "another daemon listens there");
    return !is_alive && unlink(address->sun_path) == 0;
}

static enum status listen_unix(struct server *server, const char *path, char *why, size_t why_size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path[0] == '\0' || strlen(path) >= sizeof address.sun_path) {
        snprintf(why, why_size, "a path of 1 to %zu bytes must stand after `unix:`", sizeof address.sun_path - 1);
        return STATUS_INVALID_ARGUMENT;
    }
    memcpy(address.sun_path, path, strlen(path));
    if (!clear_way(&address, why, why_size))
        return STATUS_UNAVAILABLE;
    mode_t before = umask(0077);
    bool done = add_listener(server, (struct sockaddr *)&address, sizeof address, path, why, why_size);
    umask(before);
    return done && chmod(path, 0600) == 0 ? STATUS_OK : STATUS_UNAVAILABLE;
}

static enum status listen_tcp(struct server *server, const char *where, char *why, size_t why_size)
{
    struct addrinfo *found;
    if (server->tls == NULL) {
        snprintf(why, why_size, "needs --tls-cert, --tls-key and --tls-ca: there is no TCP without TLS");
        return STATUS_INVALID_ARGUMENT;
    }
    enum status status = address_find(where, &found, why, why_size);
    if (status != STATUS_OK)
        return status;
    bool done = add_listener(server, found->ai_addr, found->ai_addrlen, NULL, why, why_size);
    freeaddrinfo(found);
    return done ? STATUS_OK : STATUS_UNAVAILABLE;
}

enum status server_listen(struct server *server, const char *address, char *why, size_t why_size)
{
    if (strncmp(address, "unix:", 5) != 0 && strncmp(address, "tcp:", 4) != 0)
        snprintf(why, why_size, "must be unix:PATH or tcp:HOST:PORT");
    else if (server->listener_count == SERVER_LISTENERS)
        snprintf(why, why_size, "%d addresses are the most", SERVER_LISTENERS);
    else if (address[0] == 'u')
        return listen_unix(server, address + 5, why, why_size);
    else
        return listen_tcp(server, address + 4, why, why_size);
    return STATUS_INVALID_ARGUMENT;
}
