/* However bytes are cut into pieces, they are the same frames; and those frames, written again, are the bytes. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fabric/base/check.h"
#include "proto/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define MOST_BYTES 4096

/* Reads up to the end of BYTES or a fault, in pieces of PIECE bytes; the sum of all that was in the frames. */
static uint64_t read_all(const uint8_t *bytes, size_t size, size_t piece, enum frame_state *state)
{
    struct frame_reader reader = {.most_bytes = MOST_BYTES};
    uint64_t sum = 0;
    *state = FRAME_PART;
    for (size_t at = 0; at < size && *state <= FRAME_WHOLE;) {
        size_t now = size - at < piece ? size - at : piece;
        size_t used = frame_read(&reader, bytes + at, now, state);
        CHECK(frame_reader_is_valid(&reader) && used <= now && (used > 0 || *state > FRAME_WHOLE));
        at += used;
        if (*state != FRAME_WHOLE)
            continue;
        uint8_t head[FRAME_LENGTH_MOST_BYTES];
        CHECK(frame_write_length(reader.length, head) <= FRAME_LENGTH_MOST_BYTES);
        CHECK(reader.length <= MOST_BYTES);
        CHECK(
            reader.length == 0 || at < reader.length ||
            memcmp(reader.bytes, bytes + at - reader.length, reader.length) == 0);
        for (uint32_t i = 0; i < reader.length; i++)
            sum = sum * 31 + reader.bytes[i];
        sum += reader.length + 1;
    }
    frame_reader_free(&reader);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    enum frame_state whole, pieces;
    uint64_t expected = read_all(bytes, size, SIZE_MAX, &whole);
    for (size_t piece = 1; piece < 8; piece += 3) {
        CHECK(read_all(bytes, size, piece, &pieces) == expected);
        CHECK(pieces == whole || (pieces <= FRAME_WHOLE && whole <= FRAME_WHOLE));
    }
    return 0;
}
