/* Bytes: cursors that read and write big-endian fields within bounds.
 *
 * A codec reads like the layout of what it codes because it does no arithmetic on pointers: it takes field after field
 * from a cursor. A cursor that is asked for more than there is gives zeros (or writes nothing) and is `failed` from
 * then on, so one look at the end is enough. A cursor borrows its buffer: it neither copies nor frees it. */
#ifndef FABRIC_BASE_BYTES_H
#define FABRIC_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_reader {
    const uint8_t *bytes;
    size_t size; /* bytes there are */
    size_t at;   /* bytes taken, never more than size */
    bool failed; /* more was asked for than there is */
};

struct byte_writer {
    uint8_t *bytes;
    size_t capacity; /* bytes there is room for */
    size_t at;       /* bytes written, never more than capacity */
    bool failed;     /* there was no room for something */
};

/* A cursor at the first of SIZE bytes; BYTES may be NULL when there are none. */
struct byte_reader byte_reader_on(const uint8_t *bytes, size_t size);

size_t byte_reader_left(const struct byte_reader *reader);

/* The next field; 0 and `failed` when it is not all there. */
uint8_t byte_reader_u8(struct byte_reader *reader);
uint16_t byte_reader_u16(struct byte_reader *reader);
uint32_t byte_reader_u32(struct byte_reader *reader);
uint64_t byte_reader_u64(struct byte_reader *reader);

/* The next COUNT bytes where they lie (they live as long as the buffer); NULL and `failed` when they are not all there.
 */
const uint8_t *byte_reader_take(struct byte_reader *reader, size_t count);

bool byte_reader_is_valid(const struct byte_reader *reader);

/* A cursor at the start of a buffer with room for CAPACITY bytes. */
struct byte_writer byte_writer_on(uint8_t *bytes, size_t capacity);

/* Appends a field; writes nothing of it and is `failed` when there is no room for all of it. */
void byte_writer_u8(struct byte_writer *writer, uint8_t value);
void byte_writer_u16(struct byte_writer *writer, uint16_t value);
void byte_writer_u32(struct byte_writer *writer, uint32_t value);
void byte_writer_u64(struct byte_writer *writer, uint64_t value);

/* Appends COUNT bytes of SOURCE; zeros when SOURCE is NULL. */
void byte_writer_copy(struct byte_writer *writer, const uint8_t *source, size_t count);

bool byte_writer_is_valid(const struct byte_writer *writer);

#endif
