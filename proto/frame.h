/* Frame: a message on a connection: its length as a varint, then its bytes (protobuf's own length-delimited streams).
 *
 * Plain C with nothing behind it: a client may take these two files and the generated code, and is complete.
 *
 * A reader takes bytes as they come, in any pieces, and gives frames back one by one. It trusts nothing: a length above
 * the limit, or a varint that is not one, is a fault as soon as the byte that says so has come; nothing is allocated
 * for a length that is only announced. After a fault the connection has no meaning any more and must be closed.
 *
 *     struct frame_reader reader = {.most_bytes = FRAME_REQUEST_MOST_BYTES};
 *     while ((used = frame_read(&reader, bytes, size, &state)) , state == FRAME_WHOLE) {
 *         ... reader.bytes, reader.length ...
 *         bytes += used, size -= used;
 *     }
 *     frame_reader_free(&reader);
 */
#ifndef PROTO_FRAME_H
#define PROTO_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits of the API (proto/README.md): what clients may send, and what they must be able to take. */
#define FRAME_REQUEST_MOST_BYTES (64u * 1024u)
#define FRAME_RESPONSE_MOST_BYTES (4u * 1024u * 1024u)

/* The longest length: 4 MiB needs 4 bytes; 5 make room for any 32-bit one. */
#define FRAME_LENGTH_MOST_BYTES 5

enum frame_state {
    FRAME_PART,     /* all bytes are taken, and more are to come */
    FRAME_WHOLE,    /* a frame is there */
    FRAME_TOO_LONG, /* its length is above the limit */
    FRAME_BAD,      /* its length is no varint of FRAME_LENGTH_MOST_BYTES */
    FRAME_NO_MEMORY,
};

/* {0} with `most_bytes` set is one that has read nothing. */
struct frame_reader {
    uint32_t most_bytes; /* a frame with more is a fault */
    uint8_t *bytes;      /* of the message, as far as read; owned, valid until the next call */
    uint32_t length;     /* of the message, once it is known */
    uint32_t filled;     /* bytes read of it */
    uint32_t room;       /* allocated */
    uint8_t head_bytes;  /* read of the length */
    bool length_known;
    bool given; /* the frame in `bytes` was given to the caller: the next call begins another */
};

/* Takes up to SIZE bytes at BYTES: those up to the end of the frame. Answers how many, with *STATE. */
size_t frame_read(struct frame_reader *reader, const uint8_t *bytes, size_t size, enum frame_state *state);

/* True while part of a frame has been read: whoever waits for the rest may want to wait no longer than so. */
bool frame_is_begun(const struct frame_reader *reader);

bool frame_reader_is_valid(const struct frame_reader *reader);
void frame_reader_free(struct frame_reader *reader);

/* Writes LENGTH as the varint that goes before a message; answers its size. */
size_t frame_write_length(uint32_t length, uint8_t head[FRAME_LENGTH_MOST_BYTES]);

/* "a frame is longer than it may be": what a fault was, for people. */
const char *frame_state_text(enum frame_state state);

#endif
