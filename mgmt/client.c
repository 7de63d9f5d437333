#include "mgmt/client.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "mgmt/tls.h"
#include "proto/frame.h"

struct client {
    int socket;
    SSL_CTX *context; /* NULL: no TLS */
    SSL *ssl;
    uint32_t patience_ms; /* 0: no end of it */
    bool is_asked;        /* whether it is there, since its last sign of life */
    bool is_silent;
    uint64_t last_id, last_probe;
    struct frame_reader reader;
    uint8_t bytes[65536]; /* read and not looked at yet: [at, end) */
    size_t at, end;
};

/* The bit of the ids of requests that only ask whether the daemon is there. */
#define PROBE (UINT64_C(1) << 63)

/* --- connecting --- */

static void limit(int socket, int option, uint32_t patience_ms)
{
    const struct timeval time = {.tv_sec = patience_ms / 1000, .tv_usec = (suseconds_t)(patience_ms % 1000) * 1000};
    CHECK(setsockopt(socket, SOL_SOCKET, option, &time, sizeof time) == 0);
}

/* A socket on which nothing takes longer than PATIENCE_MS; -1: there is none. */
static int patient_socket(int family, uint32_t patience_ms)
{
    int made = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made >= 0 && patience_ms > 0) {
        limit(made, SO_SNDTIMEO, patience_ms);
        limit(made, SO_RCVTIMEO, patience_ms);
    }
    return made;
}

static const char *connect_fault(void)
{
    return errno == EAGAIN || errno == EINPROGRESS ? "no answer for too long" : strerror(errno);
}

static int connect_unix(const char *path, uint32_t patience_ms)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int found = patient_socket(AF_UNIX, patience_ms);
    if (found >= 0 && connect(found, (const struct sockaddr *)&address, sizeof address) == 0)
        return found;
    int fault = errno;
    if (found >= 0)
        close(found);
    errno = fault;
    return -1;
}

/* HOST is without brackets. */
static int connect_tcp(const char *host, const char *port, uint32_t patience_ms)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int result = -1;
    errno = EADDRNOTAVAIL;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    for (const struct addrinfo *one = found; one != NULL && result < 0; one = one->ai_next) {
        result = patient_socket(one->ai_family, patience_ms);
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
    int result = is_set ? SSL_connect(client->ssl) : 0;
    if (result == 1)
        return true;
    if (is_set && SSL_get_error(client->ssl, result) == SSL_ERROR_WANT_READ) {
        snprintf(why, why_size, "TLS: no answer for too long");
        return false;
    }
    long verdict = SSL_get_verify_result(client->ssl);
    snprintf(
        why, why_size, "TLS: %s",
        verdict != X509_V_OK ? X509_verify_cert_error_string(verdict) : "the daemon refuses this certificate");
    return false;
}

#define HOST_BYTES 256

/* WHERE: HOST:PORT. */
static bool is_tcp_valid(const char *where, const struct server_tls *tls, char *why, size_t why_size)
{
    const char *colon = strrchr(where, ':');
    bool is_whole = colon != NULL && colon != where && colon[1] != '\0' && (size_t)(colon - where) < HOST_BYTES;
    if (!is_whole || tls == NULL) {
        snprintf(why, why_size, "must be tcp:HOST:PORT, and needs TLS's files");
        return false;
    }
    struct ssl_ctx_st *context = tls_client_context(tls, why, why_size);
    if (context != NULL)
        tls_context_free(context);
    return context != NULL;
}

bool client_address_is_valid(const char *address, const struct server_tls *tls, char *why, size_t why_size)
{
    if (strncmp(address, "tcp:", 4) == 0)
        return is_tcp_valid(address + 4, tls, why, why_size);
    bool is_unix = strncmp(address, "unix:", 5) == 0 && address[5] != '\0';
    if (!is_unix)
        snprintf(why, why_size, "must be unix:PATH or tcp:HOST:PORT");
    else if (strlen(address + 5) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
        snprintf(why, why_size, "%s", strerror(ENAMETOOLONG));
    return is_unix && strlen(address + 5) < sizeof((struct sockaddr_un *)NULL)->sun_path;
}

static bool open_tcp(struct client *client, const char *where, const struct server_tls *tls, char *why, size_t why_size)
{
    char host[HOST_BYTES];
    const char *colon = strrchr(where, ':');
    bool bracketed = where[0] == '[' && colon > where && colon[-1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(colon - where) - 2 * bracketed, where + bracketed);
    client->socket = connect_tcp(host, colon + 1, client->patience_ms);
    if (client->socket < 0) {
        snprintf(why, why_size, "%s", connect_fault());
        return false;
    }
    return begin_tls(client, host, tls, why, why_size);
}

static bool
open_address(struct client *client, const char *address, const struct server_tls *tls, char *why, size_t why_size)
{
    if (!client_address_is_valid(address, tls, why, why_size))
        return false;
    if (strncmp(address, "tcp:", 4) == 0)
        return open_tcp(client, address + 4, tls, why, why_size);
    client->socket = connect_unix(address + 5, client->patience_ms);
    if (client->socket < 0)
        snprintf(why, why_size, "%s", connect_fault());
    return client->socket >= 0;
}

struct client *client_open(const char *address, const struct server_tls *tls, char *why, size_t why_size)
{
    return client_open_within(address, tls, 0, why, why_size);
}

struct client *
client_open_within(const char *address, const struct server_tls *tls, uint32_t patience_ms, char *why, size_t why_size)
{
    struct client *client = calloc(1, sizeof *client);
    CHECK(client != NULL);
    client->socket = -1;
    client->patience_ms = patience_ms;
    client->reader.most_bytes = FRAME_RESPONSE_MOST_BYTES;
    if (open_address(client, address, tls, why, why_size)) {
        if (patience_ms > 0) /* half of it until it is asked whether it is there, and half for its answer */
            limit(client->socket, SO_RCVTIMEO, (patience_ms + 1) / 2);
        return client;
    }
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

bool client_is_silent(const struct client *client)
{
    return client->is_silent;
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

static bool send_request(
    struct client *client, uint64_t id, const char *method, const ProtobufCMessage *message,
    const struct client_options *options)
{
    Mriov__V1__Request request = MRIOV__V1__REQUEST__INIT;
    uint8_t *payload = malloc(protobuf_c_message_get_packed_size(message) + 1);
    CHECK(payload != NULL);
    request.id = id;
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
    return is_sent;
}

uint64_t client_send(
    struct client *client, const char *method, const ProtobufCMessage *message, const struct client_options *options)
{
    uint64_t id = ++client->last_id;
    return send_request(client, id, method, message, options) ? id : 0;
}

/* Nothing has come for half of the patience. True: it is waited for what comes of asking. */
static bool ask_whether_there(struct client *client)
{
    const Mriov__V1__HelloRequest hello = MRIOV__V1__HELLO_REQUEST__INIT;
    client->is_silent = client->is_asked;
    client->is_asked = true;
    return !client->is_silent &&
           send_request(client, PROBE | ++client->last_probe, "Hello", &hello.base, &(struct client_options){0});
}

enum reading { READ_SOME, READ_NOTHING, READ_AGAIN, READ_END };

static enum reading read_some(struct client *client, size_t *got)
{
    ssize_t now = client->ssl != NULL ? SSL_read(client->ssl, client->bytes, sizeof client->bytes)
                                      : recv(client->socket, client->bytes, sizeof client->bytes, 0);
    *got = now > 0 ? (size_t)now : 0;
    if (now > 0)
        return READ_SOME;
    if (client->ssl != NULL)
        return SSL_get_error(client->ssl, (int)now) == SSL_ERROR_WANT_READ ? READ_NOTHING : READ_END;
    if (now < 0 && errno == EINTR)
        return READ_AGAIN;
    return now < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? READ_NOTHING : READ_END;
}

/* Reads what there is; false: nothing will come any more. */
static bool fill(struct client *client)
{
    enum reading reading = READ_AGAIN;
    client->at = client->end = 0;
    while (!client->is_silent && (reading == READ_AGAIN || (reading == READ_NOTHING && ask_whether_there(client))))
        reading = read_some(client, &client->end);
    client->is_asked = client->is_asked && reading != READ_SOME;
    return reading == READ_SOME;
}

static Mriov__V1__Response *receive(struct client *client)
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

Mriov__V1__Response *client_receive(struct client *client)
{
    Mriov__V1__Response *response = receive(client);
    while (response != NULL && client->last_probe > 0 && (response->id & PROBE) != 0) {
        client_free_response(response);
        response = receive(client);
    }
    return response;
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
