#include "tests/support/capture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that are read from the front. */
struct cursor {
    const uint8_t *at, *end;
};

static const uint8_t *take(struct cursor *cursor, size_t count)
{
    cr_assert_leq(count, (size_t)(cursor->end - cursor->at), "the file ends within something");
    const uint8_t *taken = cursor->at;
    cursor->at += count;
    return taken;
}

static uint64_t number(struct cursor *cursor, size_t count)
{
    const uint8_t *bytes = take(cursor, count);
    uint64_t value = 0;
    for (size_t i = count; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

struct option {
    unsigned code;
    struct cursor value;
};

/* The next option; false after the last, which must be the end of the block. */
static bool next_option(struct cursor *cursor, struct option *option)
{
    option->code = (unsigned)number(cursor, 2);
    size_t length = (size_t)number(cursor, 2);
    const uint8_t *value = take(cursor, length);
    option->value = (struct cursor){value, value + length};
    size_t padding = -length & 3;
    const uint8_t *zeros = take(cursor, padding);
    for (size_t i = 0; i < padding; i++)
        cr_assert_eq(zeros[i], 0);
    if (option->code != 0)
        return true;
    cr_assert(length == 0 && cursor->at == cursor->end, "something after the last option");
    return false;
}

static void copy_text(const struct option *option, char text[CAPTURE_TEXT_BYTES])
{
    size_t length = (size_t)(option->value.end - option->value.at);
    cr_assert_lt(length, CAPTURE_TEXT_BYTES);
    memcpy(text, option->value.at, length);
    text[length] = '\0';
}

static void *grown(void *items, size_t count, size_t size)
{
    if ((count & (count - 1)) == 0)
        items = realloc(items, (count ? 2 * count : 1) * size);
    cr_assert_not_null(items);
    return items;
}

static void read_section(struct capture *capture, struct cursor body)
{
    cr_assert_eq(number(&body, 4), 0x1a2b3c4d);
    cr_assert_eq(number(&body, 2), 1);
    cr_assert_eq(number(&body, 2), 0);
    cr_assert_eq(number(&body, 8), UINT64_MAX);
    for (struct option option; next_option(&body, &option);)
        if (option.code == 4)
            copy_text(&option, capture->application);
}

static void read_interface(struct capture *capture, struct cursor body)
{
    capture->interfaces = grown(capture->interfaces, capture->interface_count, sizeof *capture->interfaces);
    struct capture_interface *interface = &capture->interfaces[capture->interface_count++];
    *interface = (struct capture_interface){.link_type = (uint16_t)number(&body, 2)};
    cr_assert_eq(number(&body, 2), 0);
    cr_assert_eq(number(&body, 4), 0);
    for (struct option option; next_option(&body, &option);) {
        if (option.code == 2)
            copy_text(&option, interface->name);
        else if (option.code == 3)
            copy_text(&option, interface->description);
        else if (option.code == 8)
            interface->speed_bps = number(&option.value, 8);
        else if (option.code == 9)
            interface->resolution = (uint8_t)number(&option.value, 1);
    }
}

static void read_packet(struct capture *capture, struct cursor body)
{
    capture->packets = grown(capture->packets, capture->packet_count, sizeof *capture->packets);
    struct capture_packet *packet = &capture->packets[capture->packet_count++];
    *packet = (struct capture_packet){.interface = (uint32_t)number(&body, 4), .queue = CAPTURE_NO_QUEUE};
    cr_assert_lt(packet->interface, capture->interface_count);
    packet->time = number(&body, 4) << 32;
    packet->time |= number(&body, 4);
    packet->captured_bytes = (uint32_t)number(&body, 4);
    packet->original_bytes = (uint32_t)number(&body, 4);
    packet->bytes = take(&body, packet->captured_bytes);
    take(&body, -packet->captured_bytes & 3);
    for (struct option option; next_option(&body, &option);) {
        if (option.code == 1)
            copy_text(&option, packet->comment);
        else if (option.code == 6)
            packet->queue = (uint32_t)number(&option.value, 4);
    }
}

void capture_read(struct capture *capture, const void *file, size_t size)
{
    *capture = (struct capture){0};
    struct cursor cursor = {file, (const uint8_t *)file + size};
    while (cursor.at < cursor.end) {
        uint32_t type = (uint32_t)number(&cursor, 4);
        uint32_t length = (uint32_t)number(&cursor, 4);
        cr_assert(length % 4 == 0 && length >= 12);
        const uint8_t *bytes = take(&cursor, length - 12);
        struct cursor body = {bytes, bytes + (length - 12)};
        cr_assert_eq(number(&cursor, 4), length);
        cr_assert(type == 0x0a0d0d0a || type == 1 || type == 6, "a block of type %x", type);
        if (type == 0x0a0d0d0a)
            read_section(capture, body);
        else if (type == 1)
            read_interface(capture, body);
        else
            read_packet(capture, body);
    }
}

void capture_free(struct capture *capture)
{
    free(capture->interfaces);
    free(capture->packets);
    *capture = (struct capture){0};
}
