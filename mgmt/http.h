/* HTTP: two pages for machines that watch the daemon: /healthz, and /metrics in Prometheus's text format.
 *
 * Read-only, without a password, so it belongs on an address that only monitoring reaches. A client has one answer and
 * a few seconds for it, and there are never more of them than LIMIT_HTTP_CLIENTS: whoever comes here, those of the API
 * have their descriptors. (libevent's own server bounds neither, and knows no HEAD.) */
#ifndef MGMT_HTTP_H
#define MGMT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fabric/base/status.h"

struct evconnlistener;
struct http_client;
struct mriovd;

struct http {
    struct mriovd *daemon;           /* not owned */
    struct evconnlistener *listener; /* owned; NULL: none is wanted */
    struct http_client *first;       /* connected; owned, each */
    uint32_t client_count;
    bool starved; /* the last accept failed */
};

/* Listens on ADDRESS, "HOST:PORT"; NULL: nowhere. Otherwise WHY says what would be right (STATUS_INVALID_ARGUMENT), or
 * what is in the way. */
MUST_CHECK enum status
http_init(struct http *http, struct mriovd *daemon, const char *address, char *why, size_t why_size);
void http_free(struct http *http);

/* Ten times a second: takes clients again after it could not. */
void http_tick(struct http *http);

/* Writes the page /metrics. */
void http_write_metrics(const struct mriovd *daemon, FILE *out);

#endif
