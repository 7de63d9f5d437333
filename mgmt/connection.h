/* Connection: a client, from its connecting to its end: frames in, answers out, within the limits of mgmt/limits.h.
 *
 * It belongs to the server. It reads no request while its client leaves too much unread, has too many open, or has
 * asked too often of late; then the bytes wait in the socket. */
#ifndef MGMT_CONNECTION_H
#define MGMT_CONNECTION_H

#include <event2/bufferevent.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

#include "mgmt/access.h"
#include "proto/frame.h"

struct call;
struct server;

struct connection {
    struct connection *previous, *next; /* of its server */
    struct server *server;              /* not owned */
    struct bufferevent *stream;         /* owned */
    struct frame_reader reader;
    struct call *calls; /* open; owned, each */
    uint32_t call_count;
    uint32_t staying;      /* of the calls: streams and waits */
    uint32_t saving;       /* of those: whose answer waits for the disk */
    struct peer peer;      /* who it is; known when `ready` */
    bool tls, ready;       /* ready: the handshake is over */
    bool held;             /* not reading for now */
    bool doomed;           /* to be closed when nobody is in it */
    uint64_t queued_bytes; /* of the server's sum */
    uint32_t tokens;       /* requests that it may make at once */
    int64_t since_s;       /* it connected */
    int64_t frame_since_s; /* the first byte of a frame that is not whole came; 0: there is none */
    int64_t idle_since_s;  /* the last request, or end of one, was */
};

/* Takes STREAM over, a new client of SERVER. TLS: a handshake is still to come, and says who it is; otherwise PEER. */
void connection_open(struct server *server, struct bufferevent *stream, bool tls, const struct peer *peer);

/* Ends it, and all that is open on it. */
void connection_close(struct connection *connection);

/* Queues MESSAGE as a frame. What is too much is the connection's end, soon after. */
void connection_send(struct connection *connection, const ProtobufCMessage *message);

/* False while its client has more than LIMIT_QUEUE_BYTES unread. */
bool connection_has_room(const struct connection *connection);

/* CALL ends. */
void connection_forget(struct connection *connection, struct call *call);

/* The call with ID that is open; NULL: there is none. */
struct call *connection_find_call(const struct connection *connection, uint64_t id);

/* Ten times a second: gives new tokens, goes on reading, and ends what is too slow. NOW_S is a monotonic clock. */
void connection_tick(struct connection *connection, int64_t now_s);

bool connection_is_valid(const struct connection *connection);

#endif
