#include "proto/frame.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A frame of LENGTH bytes that count up, in a buffer that the caller frees; *SIZE is its size. */
static uint8_t *make_frame(uint32_t length, size_t *size)
{
    uint8_t head[FRAME_LENGTH_MOST_BYTES];
    size_t head_size = frame_write_length(length, head);
    uint8_t *frame = malloc(head_size + length);
    memcpy(frame, head, head_size);
    for (uint32_t i = 0; i < length; i++)
        frame[head_size + i] = (uint8_t)i;
    *size = head_size + length;
    return frame;
}

static bool counts_up(const struct frame_reader *reader)
{
    for (uint32_t i = 0; i < reader->length; i++)
        if (reader->bytes[i] != (uint8_t)i)
            return false;
    return true;
}

static const uint32_t lengths[] = {0, 1, 127, 128, 255, 256, 257, 16383, 16384, FRAME_REQUEST_MOST_BYTES};
#define LENGTHS (sizeof lengths / sizeof lengths[0])

Test(frame, lengths_are_the_varints_of_protobuf)
{
    /* From protobuf's documentation of its encoding: 150 is 96 01. */
    static const struct {
        uint32_t length;
        uint8_t bytes[FRAME_LENGTH_MOST_BYTES];
        size_t size;
    } cases[] = {
        {0, {0x00}, 1},
        {1, {0x01}, 1},
        {127, {0x7f}, 1},
        {128, {0x80, 0x01}, 2},
        {150, {0x96, 0x01}, 2},
        {16383, {0xff, 0x7f}, 2},
        {16384, {0x80, 0x80, 0x01}, 3},
        {UINT32_MAX, {0xff, 0xff, 0xff, 0xff, 0x0f}, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t head[FRAME_LENGTH_MOST_BYTES];
        cr_assert_eq(frame_write_length(cases[i].length, head), cases[i].size);
        cr_expect_arr_eq(head, cases[i].bytes, cases[i].size);
    }
}

Test(frame, comes_in_pieces_of_any_size)
{
    static const size_t pieces[] = {1, 2, 3, 1000, SIZE_MAX};
    for (size_t n = 0; n < LENGTHS; n++)
        for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
            struct frame_reader reader = {.most_bytes = FRAME_REQUEST_MOST_BYTES};
            size_t size, at = 0;
            uint8_t *frame = make_frame(lengths[n], &size);
            enum frame_state state = FRAME_PART;
            while (at < size) {
                cr_assert_eq(state, FRAME_PART, "whole too early, at %zu of %zu", at, size);
                cr_assert_eq(frame_is_begun(&reader), at > 0);
                size_t piece = size - at < pieces[p] ? size - at : pieces[p];
                cr_assert_eq(frame_read(&reader, frame + at, piece, &state), piece);
                cr_assert(frame_reader_is_valid(&reader));
                at += piece;
            }
            cr_assert_eq(state, FRAME_WHOLE);
            cr_expect_not(frame_is_begun(&reader));
            cr_expect_eq(reader.length, lengths[n]);
            cr_expect(counts_up(&reader));
            frame_reader_free(&reader);
            free(frame);
        }
}

Test(frame, one_after_the_other_from_one_buffer)
{
    static uint8_t bytes[4 * FRAME_REQUEST_MOST_BYTES];
    size_t total = 0;
    for (size_t n = 0; n < LENGTHS; n++) {
        size_t size;
        uint8_t *frame = make_frame(lengths[n], &size);
        memcpy(bytes + total, frame, size);
        total += size;
        free(frame);
    }
    struct frame_reader reader = {.most_bytes = FRAME_REQUEST_MOST_BYTES};
    size_t at = 0;
    for (size_t n = 0; n < LENGTHS; n++) {
        enum frame_state state;
        at += frame_read(&reader, bytes + at, total - at, &state);
        cr_assert_eq(state, FRAME_WHOLE);
        cr_expect_eq(reader.length, lengths[n]);
        cr_expect(counts_up(&reader));
    }
    cr_expect_eq(at, total);
    frame_reader_free(&reader);
}

Test(frame, a_length_above_the_limit_is_a_fault_at_once)
{
    uint8_t head[FRAME_LENGTH_MOST_BYTES];
    for (uint32_t beyond = 1; beyond <= 2; beyond++) {
        struct frame_reader reader = {.most_bytes = FRAME_REQUEST_MOST_BYTES};
        enum frame_state state;
        size_t size = frame_write_length(FRAME_REQUEST_MOST_BYTES + beyond, head);
        frame_read(&reader, head, size, &state);
        cr_expect_eq(state, FRAME_TOO_LONG);
        frame_reader_free(&reader);
    }
}

Test(frame, what_is_no_varint_is_a_fault)
{
    static const uint8_t six_bytes[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x01};
    static const uint8_t above_32_bits[] = {0x80, 0x80, 0x80, 0x80, 0x10};
    static const struct {
        const uint8_t *bytes;
        size_t size, used;
    } cases[] = {{six_bytes, sizeof six_bytes, 5}, {above_32_bits, sizeof above_32_bits, 5}};
    for (size_t i = 0; i < 2; i++) {
        struct frame_reader reader = {.most_bytes = UINT32_MAX};
        enum frame_state state;
        cr_expect_eq(frame_read(&reader, cases[i].bytes, cases[i].size, &state), cases[i].used);
        cr_expect_eq(state, FRAME_BAD);
        cr_expect(strstr(frame_state_text(state), "varint"));
    }
}

/* A client that announces much and sends little must cost little. */
Test(frame, an_announced_length_allocates_nothing)
{
    struct frame_reader reader = {.most_bytes = FRAME_RESPONSE_MOST_BYTES};
    uint8_t head[FRAME_LENGTH_MOST_BYTES + 1] = {0};
    enum frame_state state;
    size_t size = frame_write_length(FRAME_RESPONSE_MOST_BYTES, head);
    cr_assert_eq(frame_read(&reader, head, size, &state), size);
    cr_expect_eq(state, FRAME_PART);
    cr_expect_eq(reader.room, 0);
    frame_read(&reader, (const uint8_t *)"x", 1, &state);
    cr_expect_leq(reader.room, 4096);
    frame_reader_free(&reader);
}
