/* Pcapng: a capture file, written as it goes: a section, an interface for each place where one listens, and packets.
 *
 * The format is the IETF's "PCAP Next Generation Capture File Format" (draft-ietf-opsawg-pcapng), little-endian on any
 * machine, with the link type USER0 and timestamps in picoseconds. Nothing is allocated and nothing is written twice,
 * so the stream may be a pipe; the same calls make the same bytes.
 *
 *     pcapng_begin(&file, stream, "mriov 1.0");
 *     uint32_t interface = pcapng_add_interface(&file, &(struct pcapng_interface){.name = "h0 up"});
 *     pcapng_add_packet(&file, &packet);
 *     if (file.error != 0) ...
 *
 * The stream is the caller's, who closes it. A write that fails is remembered in `error`, and nothing is written from
 * then on. */
#ifndef HOSTSIM_RACK_PCAPNG_H
#define HOSTSIM_RACK_PCAPNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* LINKTYPE_USER0. */
#define PCAPNG_LINK_TYPE 147

/* What a packet may hold, and a comment or name be long; more is our own mistake. */
#define PCAPNG_PACKET_MAX_BYTES 4128
#define PCAPNG_TEXT_MAX_BYTES 255

struct pcapng {
    FILE *stream; /* not owned */
    uint32_t interface_count;
    int error; /* the errno of the first write that failed; 0: none did */
    size_t at; /* bytes of `block` that are set */
    uint8_t block[PCAPNG_PACKET_MAX_BYTES + 1024];
};

struct pcapng_interface {
    const char *name;        /* if_name */
    const char *description; /* if_description */
    uint64_t speed_bps;      /* if_speed */
};

struct pcapng_packet {
    uint32_t interface;
    uint64_t time_ps;
    const uint8_t *bytes;    /* captured_bytes of them */
    uint32_t captured_bytes; /* at most PCAPNG_PACKET_MAX_BYTES */
    uint32_t original_bytes; /* at least as many: what it had on the wire */
    uint32_t queue;          /* epb_queue: where on the interface it was */
    const char *comment;     /* opt_comment; NULL: none */
};

/* Starts a file on STREAM, written by APPLICATION (shb_userappl). */
void pcapng_begin(struct pcapng *file, FILE *stream, const char *application);

/* Adds an interface and answers its number, from 0. Only before the first packet. */
uint32_t pcapng_add_interface(struct pcapng *file, const struct pcapng_interface *interface);

/* Adds a packet to one of the interfaces. */
void pcapng_add_packet(struct pcapng *file, const struct pcapng_packet *packet);

#endif
