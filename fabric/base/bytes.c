#include "fabric/base/bytes.h"

#include <string.h>

#include "fabric/base/check.h"

struct byte_reader byte_reader_on(const uint8_t *bytes, size_t size)
{
    CHECK(bytes != NULL || size == 0);
    return (struct byte_reader){.bytes = bytes, .size = size};
}

size_t byte_reader_left(const struct byte_reader *reader)
{
    return reader->size - reader->at;
}

const uint8_t *byte_reader_take(struct byte_reader *reader, size_t count)
{
    CHECK(byte_reader_is_valid(reader));
    if (reader->failed || count > byte_reader_left(reader)) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *taken = reader->bytes + reader->at;
    reader->at += count;
    return taken;
}

static uint64_t take_big_endian(struct byte_reader *reader, size_t count)
{
    const uint8_t *taken = byte_reader_take(reader, count);
    uint64_t value = 0;
    for (size_t i = 0; taken && i < count; i++)
        value = value << 8 | taken[i];
    return value;
}

uint8_t byte_reader_u8(struct byte_reader *reader)
{
    return (uint8_t)take_big_endian(reader, 1);
}

uint16_t byte_reader_u16(struct byte_reader *reader)
{
    return (uint16_t)take_big_endian(reader, 2);
}

uint32_t byte_reader_u32(struct byte_reader *reader)
{
    return (uint32_t)take_big_endian(reader, 4);
}

uint64_t byte_reader_u64(struct byte_reader *reader)
{
    return take_big_endian(reader, 8);
}

bool byte_reader_is_valid(const struct byte_reader *reader)
{
    return (reader->bytes != NULL || reader->size == 0) && reader->at <= reader->size;
}

struct byte_writer byte_writer_on(uint8_t *bytes, size_t capacity)
{
    CHECK(bytes != NULL || capacity == 0);
    return (struct byte_writer){.bytes = bytes, .capacity = capacity};
}

/* Where the next COUNT bytes go; NULL and `failed` when they do not fit. */
static uint8_t *claim(struct byte_writer *writer, size_t count)
{
    CHECK(byte_writer_is_valid(writer));
    if (writer->failed || count > writer->capacity - writer->at) {
        writer->failed = true;
        return NULL;
    }
    uint8_t *claimed = writer->bytes + writer->at;
    writer->at += count;
    return claimed;
}

static void put_big_endian(struct byte_writer *writer, uint64_t value, size_t count)
{
    uint8_t *claimed = claim(writer, count);
    for (size_t i = 0; claimed && i < count; i++)
        claimed[i] = (uint8_t)(value >> (8 * (count - 1 - i)));
}

void byte_writer_u8(struct byte_writer *writer, uint8_t value)
{
    put_big_endian(writer, value, 1);
}

void byte_writer_u16(struct byte_writer *writer, uint16_t value)
{
    put_big_endian(writer, value, 2);
}

void byte_writer_u32(struct byte_writer *writer, uint32_t value)
{
    put_big_endian(writer, value, 4);
}

void byte_writer_u64(struct byte_writer *writer, uint64_t value)
{
    put_big_endian(writer, value, 8);
}

void byte_writer_copy(struct byte_writer *writer, const uint8_t *source, size_t count)
{
    uint8_t *claimed = claim(writer, count);
    if (!claimed || count == 0)
        return;
    if (source)
        memcpy(claimed, source, count);
    else
        memset(claimed, 0, count);
}

bool byte_writer_is_valid(const struct byte_writer *writer)
{
    return (writer->bytes != NULL || writer->capacity == 0) && writer->at <= writer->capacity;
}
