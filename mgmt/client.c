#include "mgmt/client.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "mgmt/tls.h"
#include "proto/frame.h"

struct client {
    int socket;
    SSL_CTX *context; /* NULL: no TLS */
    SSL *ssl;
    uint64_t last_id;
    struct frame_reader reader;
    uint8_t bytes[65536]; /* read and not looked at yet: [at, end) */
    size_t at, end;
};

/* --- connecting --- */

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int found = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (found >= 0 && connect(found, (const struct sockaddr *)&address, sizeof address) == 0)
        return found;
    int fault = errno;
    if (found >= 0)
        close(found);
    errno = fault;
    return -1;
}

/* HOST is without brackets. */
static int connect_tcp(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int result = -1;
    errno = EADDRNOTAVAIL;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    for (const struct addrinfo *one = found; one != NULL && result < 0; one = one->ai_next) {
        result = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (result >= 0 && connect(result, one->ai_addr, one->ai_addrlen) != 0) {
            int fault = errno;
            close(result);
            errno = fault;
            result = -1;
        }
    }
    freeaddrinfo(found);
    return result;
}

static bool begin_tls(struct client *client, const char *host, const struct server_tls *tls, char *why, size_t why_size)
{
    client->context = tls_client_context(tls, why, why_size);
    if (client->context == NULL)
        return false;
    client->ssl = SSL_new(client->context);
    CHECK(client->ssl != NULL);
    bool is_set = SSL_set_fd(client->ssl, client->socket) == 1 && SSL_set1_host(client->ssl, host) == 1;
    if (is_set && SSL_connect(client->ssl) == 1)
        return true;
    long verdict = SSL_get_verify_result(client->ssl);
    snprintf(
        why, why_size, "TLS: %s",
        verdict != X509_V_OK ? X509_verify_cert_error_string(verdict) : "the daemon refuses this certificate");
    return false;
}

static bool open_tcp(struct client *client, const char *where, const struct server_tls *tls, char *why, size_t why_size)
{
    char host[256];
    const char *colon = strrchr(where, ':');
    if (colon == NULL || (size_t)(colon - where) >= sizeof host || tls == NULL) {
        snprintf(why, why_size, "must be tcp:HOST:PORT, and needs TLS's files");
        return false;
    }
    bool bracketed = where[0] == '[' && colon > where && colon[-1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(colon - where) - 2 * bracketed, where + bracketed);
    client->socket = connect_tcp(host, colon + 1);
    if (client->socket < 0) {
        snprintf(why, why_size, "%s", strerror(errno));
        return false;
    }
    return begin_tls(client, host, tls, why, why_size);
}

static bool
open_address(struct client *client, const char *address, const struct server_tls *tls, char *why, size_t why_size)
{
    if (strncmp(address, "tcp:", 4) == 0)
        return open_tcp(client, address + 4, tls, why, why_size);
    if (strncmp(address, "unix:", 5) != 0) {
        snprintf(why, why_size, "must be unix:PATH or tcp:HOST:PORT");
        return false;
    }
    client->socket = connect_unix(address + 5);
    if (client->socket < 0)
        snprintf(why, why_size, "%s", strerror(errno));
    return client->socket >= 0;
}

struct client *client_open(const char *address, const struct server_tls *tls, char *why, size_t why_size)
{
    struct client *client = calloc(1, sizeof *client);
    CHECK(client != NULL);
    client->socket = -1;
    client->reader.most_bytes = FRAME_RESPONSE_MOST_BYTES;
    if (open_address(client, address, tls, why, why_size))
        return client;
    client_close(client);
    return NULL;
}

void client_close(struct client *client)
{
    if (client == NULL)
        return;
    if (client->ssl != NULL)
        SSL_shutdown(client->ssl);
    SSL_free(client->ssl);
    tls_context_free(client->context);
    if (client->socket >= 0)
        close(client->socket);
    frame_reader_free(&client->reader);
    free(client);
}

int client_socket(const struct client *client)
{
    return client->socket;
}

/* --- talking --- */

static ssize_t write_some(struct client *client, const uint8_t *bytes, size_t size)
{
    if (client->ssl != NULL)
        return SSL_write(client->ssl, bytes, (int)(size < 16384 ? size : 16384));
    return send(client->socket, bytes, size, MSG_NOSIGNAL);
}

bool client_send_bytes(struct client *client, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t now = write_some(client, (const uint8_t *)bytes + done, size - done);
        if (now <= 0 && !(client->ssl == NULL && errno == EINTR))
            return false;
        done += now > 0 ? (size_t)now : 0;
    }
    return true;
}

uint64_t client_send(
    struct client *client, const char *method, const ProtobufCMessage *message, const struct client_options *options)
{
    Mriov__V1__Request request = MRIOV__V1__REQUEST__INIT;
    uint8_t *payload = malloc(protobuf_c_message_get_packed_size(message) + 1);
    CHECK(payload != NULL);
    request.id = ++client->last_id;
    request.method = (char *)method;
    request.payload = (ProtobufCBinaryData){.len = protobuf_c_message_pack(message, payload), .data = payload};
    request.deadline_ms = options->deadline_ms;
    request.request_key = (char *)(options->request_key != NULL ? options->request_key : "");
    size_t size = mriov__v1__request__get_packed_size(&request);
    uint8_t *frame = malloc(FRAME_LENGTH_MOST_BYTES + size);
    CHECK(frame != NULL);
    size_t head = frame_write_length((uint32_t)size, frame);
    mriov__v1__request__pack(&request, frame + head);
    bool is_sent = client_send_bytes(client, frame, head + size);
    free(frame);
    free(payload);
    return is_sent ? client->last_id : 0;
}

/* Reads what there is; false: nothing will come any more. */
static bool fill(struct client *client)
{
    ssize_t got;
    do
        got = client->ssl != NULL ? SSL_read(client->ssl, client->bytes, sizeof client->bytes)
                                  : recv(client->socket, client->bytes, sizeof client->bytes, 0);
    while (got < 0 && client->ssl == NULL && errno == EINTR);
    client->at = 0;
    client->end = got > 0 ? (size_t)got : 0;
    return got > 0;
}

Mriov__V1__Response *client_receive(struct client *client)
{
    enum frame_state state = FRAME_PART;
    while (state == FRAME_PART) {
        if (client->at == client->end && !fill(client))
            return NULL;
        client->at += frame_read(&client->reader, client->bytes + client->at, client->end - client->at, &state);
    }
    if (state != FRAME_WHOLE)
        return NULL;
    return mriov__v1__response__unpack(NULL, client->reader.length, client->reader.bytes);
}

void client_free_response(Mriov__V1__Response *response)
{
    if (response != NULL)
        mriov__v1__response__free_unpacked(response, NULL);
}

Mriov__V1__Response *client_call(
    struct client *client, const char *method, const ProtobufCMessage *message, const struct client_options *options)
{
    uint64_t id = client_send(client, method, message, options);
    Mriov__V1__Response *response = id != 0 ? client_receive(client) : NULL;
    while (response != NULL && (response->id != id || response->more)) {
        client_free_response(response);
        response = client_receive(client);
    }
    return response;
}
