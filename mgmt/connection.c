#include "mgmt/connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "mgmt/call.h"
#include "mgmt/dispatch.h"
#include "mgmt/limits.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"
#include "mgmt/server.h"

/* Frames of one client before others have a turn. */
#define FRAMES_A_TURN 32
#define TOKENS_A_TICK (LIMIT_REQUESTS_PER_S / SERVER_TICKS_PER_S)
/* Two whole requests, so that one is there when the other is done with. */
#define READ_MOST_BYTES (2 * FRAME_REQUEST_MOST_BYTES)

static size_t unsent_bytes(const struct connection *connection)
{
    return evbuffer_get_length(bufferevent_get_output(connection->stream));
}

bool connection_has_room(const struct connection *connection)
{
    return unsent_bytes(connection) <= LIMIT_QUEUE_BYTES;
}

/* Has what it queued count in the server's sum. */
static void account(struct connection *connection)
{
    uint64_t now = unsent_bytes(connection);
    connection->server->queued_bytes += now - connection->queued_bytes;
    connection->queued_bytes = now;
}

static bool may_read(const struct connection *connection)
{
    return connection->ready && !connection->doomed && connection->tokens > 0 &&
           connection->call_count - connection->staying < LIMIT_CALLS && connection_has_room(connection) &&
           (connection->saving == 0 || !durable_is_full(&connection->server->daemon->durable));
}

/* It is to be closed, but not by whoever says so: that may be in the middle of it. */
static void doom(struct connection *connection, const char *why)
{
    if (connection->doomed)
        return;
    connection->doomed = true;
    log_line(LOG_NOTE, "%s: closed: %s", connection->peer.identity, why);
    server_reap_soon(connection->server);
}

void connection_send(struct connection *connection, const ProtobufCMessage *message)
{
    if (connection->doomed)
        return;
    size_t size = protobuf_c_message_get_packed_size(message);
    CHECK(size <= FRAME_RESPONSE_MOST_BYTES);
    uint8_t head[FRAME_LENGTH_MOST_BYTES];
    uint8_t *bytes = malloc(size + 1);
    CHECK(bytes != NULL);
    protobuf_c_message_pack(message, bytes);
    bufferevent_write(connection->stream, head, frame_write_length((uint32_t)size, head));
    bufferevent_write(connection->stream, bytes, size);
    free(bytes);
    account(connection);
    if (connection->server->queued_bytes > LIMIT_QUEUES_BYTES)
        doom(connection, "its client does not read, and others need the memory");
}

/* --- reading --- */

static void take_frame(struct connection *connection)
{
    connection->tokens--;
    connection->idle_since_s = server_now_s();
    dispatch(connection, connection->reader.bytes, connection->reader.length);
}

/* Takes the next piece of what has come. False when nothing more can be done with it now. */
static bool take_piece(struct connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    struct evbuffer_iovec piece;
    if (evbuffer_peek(input, -1, NULL, &piece, 1) < 1)
        return false;
    enum frame_state state;
    size_t used = frame_read(&connection->reader, piece.iov_base, piece.iov_len, &state);
    if (state > FRAME_WHOLE) {
        doom(connection, frame_state_text(state));
        return false;
    }
    evbuffer_drain(input, used);
    if (!frame_is_begun(&connection->reader))
        connection->frame_since_s = 0;
    else if (connection->frame_since_s == 0)
        connection->frame_since_s = server_now_s();
    if (state == FRAME_WHOLE)
        take_frame(connection);
    return true;
}

static void read_on(struct connection *connection)
{
    for (int turn = 0; turn < FRAMES_A_TURN; turn++) {
        if (!may_read(connection)) {
            connection->held = true;
            bufferevent_disable(connection->stream, EV_READ);
            return;
        }
        if (!take_piece(connection))
            return;
    }
    bufferevent_trigger(connection->stream, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

static void go_on(struct connection *connection)
{
    if (!connection->held || !may_read(connection))
        return;
    connection->held = false;
    bufferevent_enable(connection->stream, EV_READ);
    read_on(connection);
}

static void on_read(struct bufferevent *stream, void *context)
{
    (void)stream;
    read_on(context);
}

/* All that was queued, but for the low-water mark, is with the client. */
static void on_write(struct bufferevent *stream, void *context)
{
    (void)stream;
    struct connection *connection = context;
    account(connection);
    for (struct call *call = connection->calls, *next; call != NULL; call = next) {
        next = call->next; /* it may end */
        if (call->on_room != NULL && connection_has_room(connection))
            call->on_room(call);
    }
    go_on(connection);
}

/* --- beginning and end --- */

static void become_ready(struct connection *connection)
{
    connection->ready = true;
    connection->idle_since_s = server_now_s();
    log_line(LOG_DETAIL, "%s: connected", connection->peer.identity);
    go_on(connection);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
    struct connection *connection = context;
    if ((what & BEV_EVENT_CONNECTED) != 0 && connection->tls) {
        access_identify_certificate(connection->server->access, bufferevent_openssl_get_ssl(stream), &connection->peer);
        become_ready(connection);
        return;
    }
    /* An end without TLS's goodbye is an end too: every frame has its length. */
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
        connection_close(connection);
}

void connection_open(struct server *server, struct bufferevent *stream, bool tls, const struct peer *peer)
{
    struct connection *connection = malloc(sizeof *connection);
    CHECK(connection != NULL);
    *connection = (struct connection){
        .server = server,
        .stream = stream,
        .reader = {.most_bytes = FRAME_REQUEST_MOST_BYTES},
        .next = server->connections,
        .peer = *peer,
        .tls = tls,
        .held = true,
        .tokens = LIMIT_REQUESTS_PER_S,
        .since_s = server_now_s(),
    };
    if (connection->next != NULL)
        connection->next->previous = connection;
    server->connections = connection;
    server->connection_count++;
    bufferevent_setcb(stream, on_read, on_write, on_event, connection);
    bufferevent_setwatermark(stream, EV_READ, 0, READ_MOST_BYTES);
    bufferevent_setwatermark(stream, EV_WRITE, LIMIT_QUEUE_BYTES / 2, 0);
    bufferevent_enable(stream, EV_WRITE);
    if (tls)
        bufferevent_enable(stream, EV_READ);
    else
        become_ready(connection);
}

void connection_close(struct connection *connection)
{
    struct server *server = connection->server;
    connection->doomed = true;
    while (connection->calls != NULL)
        call_abandon(connection->calls);
    server->queued_bytes -= connection->queued_bytes;
    *(connection->previous != NULL ? &connection->previous->next : &server->connections) = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    server->connection_count--;
    frame_reader_free(&connection->reader);
    bufferevent_free(connection->stream);
    log_line(LOG_DETAIL, "%s: gone", connection->peer.identity);
    free(connection);
}

/* --- calls --- */

void connection_forget(struct connection *connection, struct call *call)
{
    *(call->previous != NULL ? &call->previous->next : &connection->calls) = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    connection->call_count--;
    connection->staying -= call->stays;
    connection->idle_since_s = server_now_s();
}

struct call *connection_find_call(const struct connection *connection, uint64_t id)
{
    struct call *call = connection->calls;
    while (call != NULL && call->id != id)
        call = call->next;
    return call;
}

void connection_tick(struct connection *connection, int64_t now_s)
{
    if (connection->tokens < LIMIT_REQUESTS_PER_S)
        connection->tokens += TOKENS_A_TICK;
    if (!connection->ready && now_s - connection->since_s > LIMIT_HANDSHAKE_S)
        doom(connection, "no TLS handshake in time");
    else if (connection->frame_since_s != 0 && now_s - connection->frame_since_s > LIMIT_FRAME_S)
        doom(connection, "a frame was not whole in time");
    else if (connection->ready && connection->calls == NULL && now_s - connection->idle_since_s > LIMIT_IDLE_S)
        doom(connection, "idle");
    else
        go_on(connection);
}

bool connection_is_valid(const struct connection *connection)
{
    uint32_t calls = 0, staying = 0;
    for (const struct call *call = connection->calls; call != NULL; call = call->next, calls++) {
        if (call->connection != connection || (call->next != NULL && call->next->previous != call))
            return false;
        staying += call->stays;
    }
    return calls == connection->call_count && staying == connection->staying && staying <= LIMIT_CALLS &&
           frame_reader_is_valid(&connection->reader);
}
