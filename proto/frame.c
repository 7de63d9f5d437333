#include "proto/frame.h"

#include <stdlib.h>
#include <string.h>

/* A frame's buffer grows as its bytes come: an announced length costs nothing. */
#define FIRST_ROOM 256u

static uint32_t least(uint32_t one, uint32_t other)
{
    return one < other ? one : other;
}

/* Takes one byte of the length; FRAME_PART when all is well. */
static enum frame_state take_head(struct frame_reader *reader, uint8_t byte)
{
    /* The fifth byte has the upper 4 of 32 bits, and is the last. */
    if (reader->head_bytes == FRAME_LENGTH_MOST_BYTES - 1 && byte > 0x0f)
        return FRAME_BAD;
    reader->length |= (uint32_t)(byte & 0x7f) << (7 * reader->head_bytes);
    reader->head_bytes++;
    if (reader->length > reader->most_bytes)
        return FRAME_TOO_LONG;
    reader->length_known = (byte & 0x80) == 0;
    return FRAME_PART;
}

/* Room for NEEDED bytes of the message. */
static bool grow(struct frame_reader *reader, uint32_t needed)
{
    if (needed <= reader->room)
        return true;
    uint32_t room = reader->room == 0 ? FIRST_ROOM : reader->room;
    while (room < needed)
        room *= 2;
    uint8_t *bytes = realloc(reader->bytes, room);
    if (bytes == NULL)
        return false;
    reader->bytes = bytes;
    reader->room = room;
    return true;
}

static void begin(struct frame_reader *reader)
{
    reader->length = reader->filled = 0;
    reader->head_bytes = 0;
    reader->length_known = reader->given = false;
}

size_t frame_read(struct frame_reader *reader, const uint8_t *bytes, size_t size, enum frame_state *state)
{
    size_t used = 0;
    *state = FRAME_PART;
    if (reader->given)
        begin(reader);
    while (!reader->length_known) {
        if (used == size)
            return used;
        *state = take_head(reader, bytes[used++]);
        if (*state != FRAME_PART)
            return used;
    }
    uint32_t left = reader->length - reader->filled;
    uint32_t now = size - used < left ? (uint32_t)(size - used) : left;
    if (!grow(reader, least(reader->filled + now, reader->most_bytes))) {
        *state = FRAME_NO_MEMORY;
        return used;
    }
    if (now > 0)
        memcpy(reader->bytes + reader->filled, bytes + used, now);
    reader->filled += now;
    if (reader->filled == reader->length) {
        reader->given = true;
        *state = FRAME_WHOLE;
    }
    return used + now;
}

bool frame_is_begun(const struct frame_reader *reader)
{
    return !reader->given && reader->head_bytes > 0;
}

bool frame_reader_is_valid(const struct frame_reader *reader)
{
    return reader->filled <= reader->length && reader->filled <= reader->room &&
           reader->head_bytes <= FRAME_LENGTH_MOST_BYTES && (!reader->given || reader->filled == reader->length) &&
           (reader->filled == 0 || reader->length_known);
}

void frame_reader_free(struct frame_reader *reader)
{
    free(reader->bytes);
    *reader = (struct frame_reader){.most_bytes = reader->most_bytes};
}

size_t frame_write_length(uint32_t length, uint8_t head[FRAME_LENGTH_MOST_BYTES])
{
    size_t size = 0;
    for (; length > 0x7f; length >>= 7)
        head[size++] = (uint8_t)(length | 0x80);
    head[size++] = (uint8_t)length;
    return size;
}

const char *frame_state_text(enum frame_state state)
{
    static const char *const texts[] = {
        [FRAME_PART] = "a frame is not whole",
        [FRAME_WHOLE] = "a frame is whole",
        [FRAME_TOO_LONG] = "a frame is longer than it may be",
        [FRAME_BAD] = "a frame's length is no varint",
        [FRAME_NO_MEMORY] = "no memory for a frame",
    };
    return texts[state];
}
