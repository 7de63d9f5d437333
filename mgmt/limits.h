/* Limits: everything that somebody outside could have too much of, and why the bound is where it is.
 *
 * Frames in and out: proto/frame.h, as clients need them too. Tests are at each of these and beyond
 * (tests/system/daemon_limits_test.c). */
#ifndef MGMT_LIMITS_H
#define MGMT_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* What unpacking one request may allocate. Hostile messages unpack to 34 to 56 times their size (64 KiB: 3.5 MiB), the
 * largest honest one, an Apply of 4,096 bindings, to less than 1 MiB. */
#define LIMIT_DECODE_BYTES (4u * 1024u * 1024u)

/* Each may have 5 MiB queued at worst; a rack has a few managers and consoles. More are accepted and closed at once,
 * with the reason in the log: they learn sooner than by waiting. */
#define LIMIT_CONNECTIONS 64

/* TLS takes two round trips; whoever needs longer holds a place and no certificate. */
#define LIMIT_HANDSHAKE_S 5

/* 64 KiB in 10 s is less than any modem's; slower is somebody who holds a place on purpose. */
#define LIMIT_FRAME_S 10

/* Half-open peers are gone after this, and a client that says Hello every four minutes stays. */
#define LIMIT_IDLE_S 300

/* Unread answers above which no request of that connection is read, and its events are dropped and said to be. */
#define LIMIT_QUEUE_BYTES (1024u * 1024u)

/* Unread answers of all connections together: what keeps the daemon below 256 MiB whoever does not read. Whose answer
 * goes beyond is closed. */
#define LIMIT_QUEUES_BYTES (64u * 1024u * 1024u)

/* Requests a second of one connection: 50 times what a console does, a fifth of the loop's time. More wait. */
#define LIMIT_REQUESTS_PER_S 1000

/* Requests of a connection that stay open, for a stream or a wait: as the queue, it bounds memory. One more is refused;
 * what is answered at once is served on, and so is Advance, which ends waits. Of requests that wait for the disk of
 * --state, or are otherwise about to be answered, as many may be open besides; then the next are read later. */
#define LIMIT_CALLS 256

/* What waits for the disk of --state: some 5,000 changes, far fewer than MR-PCIM lists (PCIM_OPERATIONS_KEPT). Who has
 * some waiting is not read from while there is more; twice as much, and changes are refused: clients that leave and
 * come again could else have a slow disk take all memory. */
#define LIMIT_UNSAVED_BYTES (16u * 1024u * 1024u)

/* Entries of the audit log of each kind, accepted and refused: some 30 MiB of each, a change a minute for ten weeks. */
#define LIMIT_AUDIT 100000

/* Simulated time in all, and a duration that somebody may ask for, in ns: 100 days each. Both, and what a WhatIf looks
 * beyond, are then less than the 213 days that 64 bits of picoseconds count. */
#define LIMIT_TIME_NS (UINT64_C(100) * 24 * 3600 * 1000000000)

/* A name, a routing ID, a pace: longer than any valid one. */
#define LIMIT_TEXT_BYTES 255

/* A request key: two UUIDs and some words. */
#define LIMIT_KEY_BYTES 128

/* Entries of a page, so that an answer is well below a frame. */
#define LIMIT_PAGE 1000

/* Children that look into the future, at a time, two for each who asks: each may copy the whole model. */
#define LIMIT_CHILDREN 4

/* Children that write results, at a time. They are done soon, and those who look far ahead are not in their way. */
#define LIMIT_READERS 2

/* Who may wait for a turn of either kind: as many as may be connected. One that waits keeps its request, 64 KiB at
 * most. */
#define LIMIT_CHILD_TURNS LIMIT_CONNECTIONS

/* Wall clock of such a child: what a console waits for. Who wants to look further ahead runs `mriov` for it. */
#define LIMIT_CHILD_S 60

/* Address space that such a child may add to the model's own: queues and logs grow with what the changes do, and four
 * children must not take the machine's memory from the daemon. */
#define LIMIT_CHILD_GROWTH_BYTES ((size_t)512 * 1024 * 1024)

/* Changes of one WhatIf: a window of maintenance, well within a frame. */
#define LIMIT_WHAT_IF_CHANGES 64

/* How far one WhatIf looks, in ns: a thousand seconds; LIMIT_CHILD_S ends it long before, and sums stay far from
 * overflow. */
#define LIMIT_WHAT_IF_NS UINT64_C(1000000000000)
_Static_assert(2 * LIMIT_TIME_NS + LIMIT_WHAT_IF_NS < UINT64_MAX / 1000, "times are sums that fit, in ps");

/* What one of them may answer: results.json of 10,000 flows is 6 MiB. */
#define LIMIT_CHILD_BYTES (32u * 1024u * 1024u)

/* Payload of one of several answers that are one long text. */
#define LIMIT_CHUNK_BYTES (1024u * 1024u)

/* An HTTP request: a line and a few headers. */
#define LIMIT_HTTP_BYTES 8192

/* Those who watch over a daemon are few and ask every few seconds; one more, and the
 * one that came first is closed. It bounds descriptors, of which those of the API need theirs. */
#define LIMIT_HTTP_CLIENTS 16

/* Of an HTTP client, from its connecting to its end: it has one answer, and leaves its place to the next. */
#define LIMIT_HTTP_S 10

/* Descriptors that all of these need together at worst, with files and the loop's own: a system that gives less (1024
 * is usual) is asked for them at the start. */
#define LIMIT_DESCRIPTORS (LIMIT_CONNECTIONS + LIMIT_HTTP_CLIENTS + 48)

/* How long the loop may be in the model before it looks at its sockets, in microseconds: a fifth of the 5 ms that a
 * request may wait, as a slice's length is known only afterwards. */
#define LIMIT_SLICE_US 1000

#endif
