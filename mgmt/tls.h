/* TLS: version 1.3 only, certificates on both sides. */
#ifndef MGMT_TLS_H
#define MGMT_TLS_H

#include <event2/bufferevent.h>
#include <stddef.h>

#include "mgmt/server.h"

struct ssl_ctx_st;
struct ssl_st;

/* What a server needs of the files of TLS. NULL: WHY says which file is wrong, or missing. */
struct ssl_ctx_st *tls_context(const struct server_tls *tls, char *why, size_t why_size);

/* As a client: CERTIFICATE and KEY are its own, and the server's must be of AUTHORITY. */
struct ssl_ctx_st *tls_client_context(const struct server_tls *tls, char *why, size_t why_size);
void tls_context_free(struct ssl_ctx_st *context);

/* A stream over SOCKET, which it closes, whose handshake begins; NULL: no memory. */
struct bufferevent *tls_accept(struct ssl_ctx_st *context, struct event_base *base, evutil_socket_t socket);

/* The common name of the peer's certificate into NAME; false: it has none, or one that is no plain text. */
bool tls_peer_name(struct ssl_st *ssl, char *name, size_t name_size);

#endif
