#include "hostsim/rack/pcapng.h"

#include <errno.h>
#include <string.h>

#include "fabric/base/check.h"

enum block_type { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define VERSION_MAJOR 1
#define VERSION_MINOR 0

enum option {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_IF_NAME = 2,
    OPTION_IF_DESCRIPTION = 3,
    OPTION_SHB_USERAPPL = 4,
    OPTION_EPB_QUEUE = 6,
    OPTION_IF_SPEED = 8,
    OPTION_IF_TSRESOL = 9,
};

#define TSRESOL_PICOSECONDS 12

static void put(struct pcapng *file, const void *bytes, size_t count)
{
    CHECK(count <= sizeof file->block - file->at);
    if (count > 0)
        memcpy(file->block + file->at, bytes, count);
    file->at += count;
}

/* COUNT bytes of VALUE, the lowest first. */
static void put_number(struct pcapng *file, uint64_t value, size_t count)
{
    uint8_t bytes[sizeof value];
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    put(file, bytes, count);
}

static void put_u16(struct pcapng *file, uint32_t value)
{
    put_number(file, value, 2);
}

static void put_u32(struct pcapng *file, uint32_t value)
{
    put_number(file, value, 4);
}

/* Zeros after a field of COUNT bytes, up to a multiple of 4. */
static void put_padding(struct pcapng *file, size_t count)
{
    put_number(file, 0, -count & 3);
}

static void put_option(struct pcapng *file, enum option code, const void *value, size_t count)
{
    put_u16(file, (uint32_t)code);
    put_u16(file, (uint32_t)count);
    put(file, value, count);
    put_padding(file, count);
}

static void put_text(struct pcapng *file, enum option code, const char *text)
{
    size_t length = strlen(text);
    CHECK(length <= PCAPNG_TEXT_MAX_BYTES);
    put_option(file, code, text, length);
}

static void put_number_option(struct pcapng *file, enum option code, uint64_t value, size_t count)
{
    put_u16(file, (uint32_t)code);
    put_u16(file, (uint32_t)count);
    put_number(file, value, count);
    put_padding(file, count);
}

/* The total length stands at both ends of a block; the first is set when it is known. */
static void begin_block(struct pcapng *file, enum block_type type)
{
    file->at = 0;
    put_u32(file, (uint32_t)type);
    put_u32(file, 0);
}

static void end_block(struct pcapng *file)
{
    put_option(file, OPTION_END, NULL, 0);
    size_t size = file->at + sizeof(uint32_t);
    file->at = sizeof(uint32_t);
    put_u32(file, (uint32_t)size);
    file->at = size - sizeof(uint32_t);
    put_u32(file, (uint32_t)size);
    if (file->error == 0 && fwrite(file->block, 1, size, file->stream) != size)
        file->error = errno != 0 ? errno : EIO;
}

void pcapng_begin(struct pcapng *file, FILE *stream, const char *application)
{
    file->stream = stream;
    file->interface_count = 0;
    file->error = 0;
    begin_block(file, BLOCK_SECTION);
    put_u32(file, BYTE_ORDER_MAGIC);
    put_u16(file, VERSION_MAJOR);
    put_u16(file, VERSION_MINOR);
    put_number(file, UINT64_MAX, 8); /* the section's length: not known yet */
    put_text(file, OPTION_SHB_USERAPPL, application);
    end_block(file);
}

uint32_t pcapng_add_interface(struct pcapng *file, const struct pcapng_interface *interface)
{
    begin_block(file, BLOCK_INTERFACE);
    put_u16(file, PCAPNG_LINK_TYPE);
    put_u16(file, 0);
    put_u32(file, 0); /* packets of any length */
    put_text(file, OPTION_IF_NAME, interface->name);
    put_text(file, OPTION_IF_DESCRIPTION, interface->description);
    put_number_option(file, OPTION_IF_SPEED, interface->speed_bps, 8);
    put_number_option(file, OPTION_IF_TSRESOL, TSRESOL_PICOSECONDS, 1);
    end_block(file);
    return file->interface_count++;
}

void pcapng_add_packet(struct pcapng *file, const struct pcapng_packet *packet)
{
    CHECK(packet->interface < file->interface_count);
    CHECK(packet->captured_bytes <= PCAPNG_PACKET_MAX_BYTES && packet->captured_bytes <= packet->original_bytes);
    begin_block(file, BLOCK_PACKET);
    put_u32(file, packet->interface);
    put_u32(file, (uint32_t)(packet->time_ps >> 32));
    put_u32(file, (uint32_t)packet->time_ps);
    put_u32(file, packet->captured_bytes);
    put_u32(file, packet->original_bytes);
    put(file, packet->bytes, packet->captured_bytes);
    put_padding(file, packet->captured_bytes);
    if (packet->comment != NULL)
        put_text(file, OPTION_COMMENT, packet->comment);
    put_number_option(file, OPTION_EPB_QUEUE, packet->queue, 4);
    end_block(file);
}
