/* HTTP: two pages for machines that watch the daemon: /healthz, and /metrics in Prometheus's text format.
 *
 * Read-only, without a password, so it belongs on an address that only monitoring reaches. */
#ifndef MGMT_HTTP_H
#define MGMT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct evhttp;
struct mriovd;

struct http {
    struct mriovd *daemon; /* not owned */
    struct evhttp *server; /* owned; NULL: none is wanted */
};

/* Listens on ADDRESS, "HOST:PORT"; NULL: nowhere. False: it cannot, and WHY says what would be right. */
bool http_init(struct http *http, struct mriovd *daemon, const char *address, char *why, size_t why_size);
void http_free(struct http *http);

/* Writes the page /metrics. */
void http_write_metrics(const struct mriovd *daemon, FILE *out);

#endif
