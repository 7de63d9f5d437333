#include "mgmt/http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "mgmt/address.h"
#include "mgmt/limits.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"

struct http_client {
    struct http_client *previous, *next;
    struct http *http;
    struct bufferevent *stream; /* owned */
    struct event *deadline;     /* owned */
    bool answered;
};

static void leave(struct http_client *client)
{
    struct http *http = client->http;
    *(client->previous != NULL ? &client->previous->next : &http->first) = client->next;
    if (client->next != NULL)
        client->next->previous = client->previous;
    http->client_count--;
    event_free(client->deadline);
    bufferevent_free(client->stream);
    free(client);
}

/* --- answers --- */

static void write_health(const struct mriovd *daemon, FILE *out)
{
    (void)daemon; /* who answers is alive: model and sockets share one loop */
    fputs("ok\n", out);
}

static const struct page {
    const char *path, *type;
    void (*write)(const struct mriovd *daemon, FILE *out);
} pages[] = {
    {"/healthz", "text/plain; charset=utf-8", write_health},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", http_write_metrics},
};

/* Of HEAD nothing but the head: BODY is only measured. */
static void send_answer(struct http_client *client, const char *outcome, const char *type, const char *body, bool head)
{
    struct evbuffer *output = bufferevent_get_output(client->stream);
    client->answered = true;
    evbuffer_add_printf(
        output,
        "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nAllow: GET, HEAD\r\nConnection: close\r\n\r\n",
        outcome, type, strlen(body));
    if (!head)
        evbuffer_add(output, body, strlen(body));
}

static void refuse(struct http_client *client, const char *outcome, bool head)
{
    char body[64];
    snprintf(body, sizeof body, "%s\n", outcome);
    send_answer(client, outcome, "text/plain; charset=utf-8", body, head);
}

static void send_page(struct http_client *client, const struct page *page, bool head)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    CHECK(out != NULL);
    page->write(client->http->daemon, out);
    CHECK(fclose(out) == 0);
    send_answer(client, "200 OK", page->type, text, head);
    free(text);
}

/* LINE: "GET /metrics HTTP/1.1". What stands after a `?` is nobody's. */
static void answer(struct http_client *client, char *line)
{
    char *rest = NULL;
    const char *method = strtok_r(line, " ", &rest), *target = strtok_r(NULL, " ", &rest);
    const char *version = strtok_r(NULL, " ", &rest);
    if (version == NULL || strncmp(version, "HTTP/1.", 7) != 0) {
        refuse(client, "400 Bad Request", false);
        return;
    }
    bool head = strcmp(method, "HEAD") == 0;
    if (!head && strcmp(method, "GET") != 0) {
        refuse(client, "405 Method Not Allowed", false);
        return;
    }
    size_t length = strcspn(target, "?");
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        if (strlen(pages[i].path) == length && strncmp(pages[i].path, target, length) == 0) {
            send_page(client, &pages[i], head);
            return;
        }
    refuse(client, "404 Not Found", head);
}

/* --- clients --- */

/* The head is whole when an empty line has come; a body is not waited for. */
static void on_read(struct bufferevent *stream, void *context)
{
    struct http_client *client = context;
    struct evbuffer *input = bufferevent_get_input(stream);
    if (client->answered) {
        evbuffer_drain(input, evbuffer_get_length(input));
        return;
    }
    if (evbuffer_search(input, "\r\n\r\n", 4, NULL).pos < 0 && evbuffer_search(input, "\n\n", 2, NULL).pos < 0) {
        if (evbuffer_get_length(input) >= LIMIT_HTTP_BYTES)
            refuse(client, "431 Request Header Fields Too Large", false);
        return;
    }
    char *line = evbuffer_readln(input, NULL, EVBUFFER_EOL_CRLF);
    answer(client, line);
    free(line);
}

/* All has been sent. What a client has sent beyond its request would have the system throw away what it has not read
 * yet, so it is the client that closes, or the deadline. */
static void on_write(struct bufferevent *stream, void *context)
{
    const struct http_client *client = context;
    if (client->answered)
        shutdown(bufferevent_getfd(stream), SHUT_WR);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
    (void)stream;
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
        leave(context);
}

static void on_deadline(evutil_socket_t socket, short what, void *context)
{
    (void)socket;
    (void)what;
    leave(context);
}

/* Whoever has had the most time for a request makes room: those that hold places without one do not keep others out. */
static void make_room(struct http *http)
{
    struct http_client *oldest = http->first;
    while (oldest->next != NULL)
        oldest = oldest->next;
    leave(oldest);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t socket, struct sockaddr *address, int length, void *context)
{
    (void)listener;
    (void)address;
    (void)length;
    struct http *http = context;
    http->starved = false;
    if (http->client_count == LIMIT_HTTP_CLIENTS)
        make_room(http);
    struct bufferevent *stream = bufferevent_socket_new(http->daemon->base, socket, BEV_OPT_CLOSE_ON_FREE);
    if (stream == NULL) {
        evutil_closesocket(socket);
        return;
    }
    const struct timeval limit = {.tv_sec = LIMIT_HTTP_S};
    struct http_client *client = malloc(sizeof *client);
    CHECK(client != NULL);
    *client = (struct http_client){.http = http, .next = http->first, .stream = stream};
    client->deadline = evtimer_new(http->daemon->base, on_deadline, client);
    CHECK(client->deadline != NULL && evtimer_add(client->deadline, &limit) == 0);
    if (client->next != NULL)
        client->next->previous = client;
    http->first = client;
    http->client_count++;
    bufferevent_setcb(stream, on_read, on_write, on_event, client);
    bufferevent_setwatermark(stream, EV_READ, 0, LIMIT_HTTP_BYTES);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
}

static void on_accept_error(struct evconnlistener *listener, void *context)
{
    struct http *http = context;
    if (!http->starved)
        log_line(LOG_CAUTION, "--http: accept: %s", strerror(errno));
    http->starved = true;
    evconnlistener_disable(listener);
}

void http_tick(struct http *http)
{
    if (http->listener != NULL)
        evconnlistener_enable(http->listener);
}

/* --- life --- */

enum status http_init(struct http *http, struct mriovd *daemon, const char *address, char *why, size_t why_size)
{
    *http = (struct http){.daemon = daemon};
    if (address == NULL)
        return STATUS_OK;
    struct addrinfo *found;
    enum status status = address_find(address, &found, why, why_size);
    if (status != STATUS_OK)
        return status;
    http->listener = evconnlistener_new_bind(
        daemon->base, on_accept, http, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC,
        LIMIT_HTTP_CLIENTS, found->ai_addr, (int)found->ai_addrlen);
    freeaddrinfo(found);
    if (http->listener == NULL) {
        snprintf(why, why_size, "%s", strerror(errno));
        return STATUS_UNAVAILABLE;
    }
    evconnlistener_set_error_cb(http->listener, on_accept_error);
    return STATUS_OK;
}

void http_free(struct http *http)
{
    while (http->first != NULL)
        leave(http->first);
    if (http->listener != NULL)
        evconnlistener_free(http->listener);
    *http = (struct http){0};
}
