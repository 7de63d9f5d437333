/* Access: who a client is, and what it may do.
 *
 * Over a Unix socket a client is "uid:1000", by the kernel's word; over TLS "cn:NAME", by its certificate. A file of
 * rules, a line each, gives roles; the first that fits decides, and whom none fits is nobody:
 *
 *     # who          role            hosts
 *     uid:0          administrator
 *     cn:console-*   viewer
 *     cn:rack7-*     operator        h[0-3] h8
 *
 * Without a file, the daemon's own user and root are administrators over a Unix socket, and so is who has a certificate
 * of the daemon's authority over TLS.
 *
 *     nobody          Hello
 *     viewer          and all that only looks
 *     operator        and changes, of functions whose owners, old and new, are among its hosts; and time
 *     administrator   and everything */
#ifndef MGMT_ACCESS_H
#define MGMT_ACCESS_H

#include <stdbool.h>
#include <stddef.h>

/* As HelloResponse.Role. */
enum role { ROLE_NOBODY, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMINISTRATOR, ROLES };

struct access_rule;
struct ssl_st;

struct access {
    struct access_rule *rules; /* owned */
    size_t rule_count;
    bool has_file;
};

/* A client. */
struct peer {
    char identity[80]; /* "uid:1000", "cn:backup" */
    enum role role;
    const struct access_rule *rule; /* whose hosts are its own; NULL: all */
};

/* Reads the rules of FILE, NULL for none. False: WHY says where and what would be right. */
bool access_load(struct access *access, const char *file, char *why, size_t why_size);
void access_free(struct access *access);

/* A pattern of the rules that fits none of the COUNT hosts with NAMES, and the LINE that has it; NULL: there is none.
 * "*" always fits. */
const char *access_stranger(const struct access *access, const char *const *names, size_t count, unsigned *line);

/* Gives the client its role by its identity. TRUSTED: without a
 * file it is an administrator, otherwise nobody. */
void access_identify(const struct access *access, const char *identity, bool trusted, struct peer *peer);

/* Who is at the other end of the Unix SOCKET. False: the kernel does not say. */
bool access_identify_socket(const struct access *access, int socket, struct peer *peer);

/* Who has shown its certificate on SSL. */
void access_identify_certificate(const struct access *access, struct ssl_st *ssl, struct peer *peer);

/* Whether HOST ("h0") is among the peer's. */
bool access_may_touch(const struct peer *peer, const char *host);

/* The hosts of the peer's rule: *COUNT patterns, {"*"} for all; valid as long as the access. */
const char *const *access_hosts(const struct peer *peer, size_t *count);

/* "nobody", "viewer", "operator", "administrator" */
const char *role_name(enum role role);

#endif
