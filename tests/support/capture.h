/* Capture: reads a pcapng file back, by the format's own specification and with no help from who writes it.
 *
 * Asserts that the file is whole: lengths at both ends of each block, options that fit, packets of known interfaces. */
#ifndef TESTS_SUPPORT_CAPTURE_H
#define TESTS_SUPPORT_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#define CAPTURE_TEXT_BYTES 256
#define CAPTURE_NO_QUEUE UINT32_MAX

struct capture_interface {
    char name[CAPTURE_TEXT_BYTES];
    char description[CAPTURE_TEXT_BYTES];
    uint64_t speed_bps;
    uint16_t link_type;
    uint8_t resolution; /* if_tsresol */
};

struct capture_packet {
    uint32_t interface;
    uint64_t time;
    uint32_t captured_bytes, original_bytes;
    const uint8_t *bytes;
    uint32_t queue;                   /* CAPTURE_NO_QUEUE: it has none */
    char comment[CAPTURE_TEXT_BYTES]; /* "": none */
};

struct capture {
    char application[CAPTURE_TEXT_BYTES];
    struct capture_interface *interfaces;
    size_t interface_count;
    struct capture_packet *packets;
    size_t packet_count;
};

/* Reads the SIZE bytes at FILE, which must outlive the capture. */
void capture_read(struct capture *capture, const void *file, size_t size);
void capture_free(struct capture *capture);

#endif
