#include "mgmt/access.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "mgmt/tls.h"

#define LINE_BYTES 4096
#define WORDS_MOST 256
#define BLANKS " \t\r\n"

struct access_rule {
    char *who; /* a pattern; owned, as all below */
    enum role role;
    char **hosts; /* patterns */
    size_t host_count;
    unsigned line; /* of the file */
};

static const char *const role_names[ROLES] = {"nobody", "viewer", "operator", "administrator"};

const char *role_name(enum role role)
{
    return role_names[role];
}

/* --- the file --- */

static bool find_role(const char *word, enum role *role)
{
    for (*role = ROLE_NOBODY; *role < ROLES; (*role)++)
        if (strcmp(word, role_names[*role]) == 0)
            return true;
    return false;
}

/* One line's words as a rule; NULL, or what is wrong. */
static const char *add_rule(struct access *access, char **words, size_t count, unsigned line)
{
    enum role role;
    if (strncmp(words[0], "uid:", 4) != 0 && strncmp(words[0], "cn:", 3) != 0)
        return "must begin with uid:NUMBER or cn:NAME";
    if (count < 2 || !find_role(words[1], &role))
        return "a role must follow: nobody, viewer, operator or administrator";
    if ((role == ROLE_OPERATOR) != (count > 2))
        return role == ROLE_OPERATOR ? "an operator's hosts must follow, * for all"
                                     : "only an operator's hosts are named";
    access->rules = reallocarray(access->rules, access->rule_count + 1, sizeof *access->rules);
    CHECK(access->rules != NULL);
    struct access_rule *rule = &access->rules[access->rule_count++];
    *rule = (struct access_rule){
        .who = strdup(words[0]), .role = role, .hosts = calloc(count, sizeof(char *)), .line = line};
    CHECK(rule->who != NULL && rule->hosts != NULL);
    for (size_t i = 2; i < count; i++)
        rule->hosts[rule->host_count++] = strdup(words[i]);
    return NULL;
}

static const char *take_line(struct access *access, char *line, unsigned number)
{
    char *words[WORDS_MOST], *rest = NULL;
    size_t count = 0;
    line[strcspn(line, "#")] = '\0';
    for (char *word = strtok_r(line, BLANKS, &rest); word != NULL; word = strtok_r(NULL, BLANKS, &rest)) {
        if (count == WORDS_MOST)
            return "too many words";
        words[count++] = word;
    }
    return count == 0 ? NULL : add_rule(access, words, count, number);
}

bool access_load(struct access *access, const char *file, char *why, size_t why_size)
{
    *access = (struct access){.has_file = file != NULL};
    if (file == NULL)
        return true;
    FILE *in = fopen(file, "re");
    if (in == NULL) {
        snprintf(why, why_size, "--access %s: %s", file, strerror(errno));
        return false;
    }
    char line[LINE_BYTES];
    const char *fault = NULL;
    unsigned number = 0;
    while (fault == NULL && fgets(line, sizeof line, in) != NULL) {
        number++;
        fault = strchr(line, '\n') == NULL && !feof(in) ? "the line is too long" : take_line(access, line, number);
    }
    if (fault == NULL && ferror(in))
        fault = "cannot be read";
    fclose(in);
    if (fault != NULL)
        snprintf(why, why_size, "--access %s:%u: %s", file, number, fault);
    return fault == NULL;
}

void access_free(struct access *access)
{
    for (size_t i = 0; i < access->rule_count; i++) {
        for (size_t host = 0; host < access->rules[i].host_count; host++)
            free(access->rules[i].hosts[host]);
        free(access->rules[i].hosts);
        free(access->rules[i].who);
    }
    free(access->rules);
    *access = (struct access){0};
}

static bool fits_any(const char *pattern, const char *const *names, size_t count)
{
    if (strcmp(pattern, "*") == 0)
        return true;
    for (size_t i = 0; i < count; i++)
        if (fnmatch(pattern, names[i], 0) == 0)
            return true;
    return false;
}

const char *access_stranger(const struct access *access, const char *const *names, size_t count, unsigned *line)
{
    for (size_t rule = 0; rule < access->rule_count; rule++)
        for (size_t host = 0; host < access->rules[rule].host_count; host++)
            if (!fits_any(access->rules[rule].hosts[host], names, count)) {
                *line = access->rules[rule].line;
                return access->rules[rule].hosts[host];
            }
    return NULL;
}

/* --- who --- */

void access_identify(const struct access *access, const char *identity, bool trusted, struct peer *peer)
{
    *peer = (struct peer){.role = !access->has_file && trusted ? ROLE_ADMINISTRATOR : ROLE_NOBODY};
    snprintf(peer->identity, sizeof peer->identity, "%s", identity);
    for (size_t i = 0; i < access->rule_count; i++)
        if (fnmatch(access->rules[i].who, identity, 0) == 0) {
            peer->role = access->rules[i].role;
            peer->rule = &access->rules[i];
            return;
        }
}

bool access_identify_socket(const struct access *access, int socket, struct peer *peer)
{
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
        return false;
    char identity[32];
    snprintf(identity, sizeof identity, "uid:%u", (unsigned)credentials.uid);
    access_identify(access, identity, credentials.uid == 0 || credentials.uid == geteuid(), peer);
    return true;
}

void access_identify_certificate(const struct access *access, struct ssl_st *ssl, struct peer *peer)
{
    char name[65], identity[72]; /* a common name has at most 64 characters */
    if (!tls_peer_name(ssl, name, sizeof name)) {
        *peer = (struct peer){.identity = "cn:", .role = ROLE_NOBODY};
        return;
    }
    snprintf(identity, sizeof identity, "cn:%s", name);
    access_identify(access, identity, true, peer);
}

/* --- what --- */

const char *const *access_hosts(const struct peer *peer, size_t *count)
{
    static const char *const all[] = {"*"};
    *count = 1;
    if (peer->role != ROLE_OPERATOR || peer->rule == NULL)
        return all;
    *count = peer->rule->host_count;
    return (const char *const *)peer->rule->hosts;
}

bool access_may_touch(const struct peer *peer, const char *host)
{
    if (peer->role < ROLE_OPERATOR)
        return false;
    size_t count;
    const char *const *hosts = access_hosts(peer, &count);
    for (size_t i = 0; i < count; i++)
        if (fnmatch(hosts[i], host, 0) == 0)
            return true;
    return false;
}
