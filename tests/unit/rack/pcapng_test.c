#include "hostsim/rack/pcapng.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/capture.h"

/* A file by hand, from the format's specification. */
static const uint8_t golden[] = {
    0x0a, 0x0d, 0x0d, 0x0a, 44,   0,    0,    0,    0x4d, 0x3c, 0x2b, 0x1a, 1,    0,    0,    0,    /* section */
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 4,    0,    5,    0,    'm',  'r',  'i',  'o',  /* application */
    'v',  0,    0,    0,    0,    0,    0,    0,    44,   0,    0,    0,                            /* */
    1,    0,    0,    0,    64,   0,    0,    0,    147,  0,    0,    0,    0,    0,    0,    0,    /* interface */
    2,    0,    5,    0,    'h',  '0',  ' ',  'u',  'p',  0,    0,    0,                            /* its name */
    3,    0,    2,    0,    'x',  '8',  0,    0,    8,    0,    8,    0,    0x07, 0x06, 0x05, 0x04, /* its speed */
    0x03, 0x02, 0x01, 0,    9,    0,    1,    0,    12,   0,    0,    0,    0,    0,    0,    0,    /* picoseconds */
    64,   0,    0,    0,                                                                            /* */
    6,    0,    0,    0,    60,   0,    0,    0,    0,    0,    0,    0,    0x08, 0x07, 0x06, 0x05, /* packet */
    0x04, 0x03, 0x02, 0x01, 5,    0,    0,    0,    9,    0,    0,    0,    1,    2,    3,    4,    /* its bytes */
    5,    0,    0,    0,    1,    0,    2,    0,    'n',  'o',  0,    0,    6,    0,    4,    0,    /* options */
    0x03, 0x02, 0x01, 0,    0,    0,    0,    0,    60,   0,    0,    0,
};

Test(pcapng, golden_bytes)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    static struct pcapng file;
    pcapng_begin(&file, stream, "mriov");
    struct pcapng_interface interface = {.name = "h0 up", .description = "x8", .speed_bps = 0x01020304050607};
    cr_expect_eq(pcapng_add_interface(&file, &interface), 0);
    struct pcapng_packet packet = {
        .time_ps = UINT64_C(0x0506070801020304),
        .bytes = (const uint8_t[]){1, 2, 3, 4, 5},
        .captured_bytes = 5,
        .original_bytes = 9,
        .queue = 0x010203,
        .comment = "no",
    };
    pcapng_add_packet(&file, &packet);
    cr_assert_eq(fclose(stream), 0);
    cr_expect_eq(file.error, 0);
    cr_expect_arr_eq(bytes, golden, sizeof golden < size ? sizeof golden : size);
    cr_expect_eq(size, sizeof golden);
    free(bytes);
}

Test(pcapng, packets_of_every_length_come_back)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    static struct pcapng file;
    pcapng_begin(&file, stream, "mriov");
    for (int i = 0; i < 3; i++)
        cr_expect_eq(
            pcapng_add_interface(&file, &(struct pcapng_interface){.name = "n", .description = "d"}), (uint32_t)i);
    static uint8_t content[PCAPNG_PACKET_MAX_BYTES];
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * 7 + 1);
    for (uint32_t length = 0; length <= PCAPNG_PACKET_MAX_BYTES; length++) {
        struct pcapng_packet packet = {.interface = length % 3, .time_ps = length, .bytes = content};
        packet.captured_bytes = length;
        packet.original_bytes = length + length % 2;
        pcapng_add_packet(&file, &packet);
    }
    cr_assert_eq(fclose(stream), 0);

    struct capture capture;
    capture_read(&capture, bytes, size);
    cr_assert_eq(capture.packet_count, PCAPNG_PACKET_MAX_BYTES + 1);
    for (uint32_t length = 0; length <= PCAPNG_PACKET_MAX_BYTES; length++) {
        const struct capture_packet *packet = &capture.packets[length];
        cr_assert_eq(packet->interface, length % 3);
        cr_assert_eq(packet->captured_bytes, length);
        cr_assert_eq(packet->original_bytes, length + length % 2);
        cr_assert(length == 0 || memcmp(packet->bytes, content, length) == 0);
    }
    capture_free(&capture);
    free(bytes);
}

Test(pcapng, a_write_that_fails_is_remembered)
{
    FILE *stream = fopen("/dev/full", "w");
    cr_assert_not_null(stream);
    setvbuf(stream, NULL, _IONBF, 0);
    static struct pcapng file;
    pcapng_begin(&file, stream, "mriov");
    cr_expect_eq(file.error, ENOSPC);
    pcapng_add_interface(&file, &(struct pcapng_interface){.name = "n", .description = "d"});
    cr_expect_eq(file.error, ENOSPC);
    fclose(stream);
}
