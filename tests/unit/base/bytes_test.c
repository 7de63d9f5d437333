#include "fabric/base/bytes.h"

#include <criterion/criterion.h>
#include <string.h>

Test(bytes, fields_are_big_endian_both_ways)
{
    static const uint8_t expected[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
                                       0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f};
    uint8_t bytes[15];
    struct byte_writer to = byte_writer_on(bytes, sizeof(bytes));
    byte_writer_u8(&to, 0x01);
    byte_writer_u16(&to, 0x0203);
    byte_writer_u32(&to, 0x04050607);
    byte_writer_u64(&to, 0x08090a0b0c0d0e0f);
    cr_assert(!to.failed);
    cr_assert_eq(to.at, sizeof(expected));
    cr_assert_arr_eq(bytes, expected, sizeof(expected));

    struct byte_reader from = byte_reader_on(bytes, sizeof(bytes));
    cr_assert_eq(byte_reader_u8(&from), 0x01);
    cr_assert_eq(byte_reader_u16(&from), 0x0203);
    cr_assert_eq(byte_reader_u32(&from), 0x04050607);
    cr_assert_eq(byte_reader_u64(&from), 0x08090a0b0c0d0e0f);
    cr_assert(!from.failed);
    cr_assert_eq(byte_reader_left(&from), 0);
}

Test(bytes, a_reader_asked_for_too_much_gives_zero_and_stays_failed)
{
    static const uint8_t bytes[] = {0xff, 0xff, 0xff};
    struct byte_reader from = byte_reader_on(bytes, sizeof(bytes));
    cr_assert_eq(byte_reader_u32(&from), 0);
    cr_assert(from.failed);
    cr_assert_eq(byte_reader_u8(&from), 0, "three bytes are left, but the reader has failed");
    cr_assert_eq(byte_reader_left(&from), 3);
    cr_assert_null(byte_reader_take(&from, 0));
    cr_assert(byte_reader_is_valid(&from));
}

Test(bytes, a_reader_of_nothing)
{
    struct byte_reader from = byte_reader_on(NULL, 0);
    cr_assert(byte_reader_is_valid(&from));
    cr_assert_eq(byte_reader_u8(&from), 0);
    cr_assert(from.failed);
}

Test(bytes, take_lends_the_bytes_where_they_are)
{
    static const uint8_t bytes[] = {1, 2, 3, 4};
    struct byte_reader from = byte_reader_on(bytes, sizeof(bytes));
    cr_assert_eq(byte_reader_take(&from, 1), bytes);
    cr_assert_eq(byte_reader_take(&from, 3), &bytes[1]);
    cr_assert_null(byte_reader_take(&from, SIZE_MAX));
}

Test(bytes, a_writer_without_room_writes_nothing_of_the_field)
{
    uint8_t bytes[4];
    memset(bytes, 0xaa, sizeof(bytes));
    struct byte_writer to = byte_writer_on(bytes, 3);
    byte_writer_u32(&to, 0x01020304);
    cr_assert(to.failed);
    byte_writer_u8(&to, 0x01);
    cr_assert_eq(to.at, 0);
    for (size_t i = 0; i < sizeof(bytes); i++)
        cr_assert_eq(bytes[i], 0xaa);
    cr_assert(byte_writer_is_valid(&to));
}

Test(bytes, copy_appends_a_source_or_zeros)
{
    static const uint8_t source[] = {7, 8};
    static const uint8_t expected[] = {7, 8, 0, 0};
    uint8_t bytes[4] = {9, 9, 9, 9};
    struct byte_writer to = byte_writer_on(bytes, sizeof(bytes));
    byte_writer_copy(&to, source, sizeof(source));
    byte_writer_copy(&to, NULL, 0);
    byte_writer_copy(&to, NULL, 2);
    cr_assert(!to.failed);
    cr_assert_arr_eq(bytes, expected, sizeof(expected));
    byte_writer_copy(&to, source, 1);
    cr_assert(to.failed);
}
