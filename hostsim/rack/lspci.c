#include "hostsim/rack/lspci.h"

#define LINE_BYTES 16

/* The DW at OFFSET as lspci is to see it. */
static uint32_t shown(const struct lspci_function *function, uint16_t offset)
{
    if (offset == CONFIG_VENDOR && function->identified)
        return function->vendor | (uint32_t)function->device << 16;
    return config_space_read(function->space, offset);
}

static void write_title(FILE *out, const struct lspci_function *function)
{
    uint32_t id = function->routing_id;
    fprintf(out, "%04x:%02x:%02x.%x ", function->domain, id >> 8, id >> 3 & 0x1f, id & 7);
    if (function->text) {
        fprintf(out, "%s\n", function->text);
        return;
    }
    uint32_t identity = shown(function, CONFIG_VENDOR);
    uint32_t class = config_space_read(function->space, CONFIG_REVISION);
    fprintf(out, "%04x: %04x:%04x", class >> 16, identity & 0xffff, identity >> 16);
    if (class & 0xff)
        fprintf(out, " (rev %02x)", class & 0xff);
    fputc('\n', out);
}

static void write_line(FILE *out, const struct lspci_function *function, uint16_t offset)
{
    fprintf(out, "%02x:", offset);
    for (uint16_t at = offset; at < offset + LINE_BYTES; at = (uint16_t)(at + 4)) {
        uint32_t dword = shown(function, at);
        fprintf(out, " %02x %02x %02x %02x", dword & 0xff, dword >> 8 & 0xff, dword >> 16 & 0xff, dword >> 24);
    }
    fputc('\n', out);
}

void lspci_write(FILE *out, const struct lspci_function *functions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        write_title(out, &functions[i]);
        for (uint32_t offset = 0; offset < CONFIG_SPACE_BYTES; offset += LINE_BYTES)
            write_line(out, &functions[i], (uint16_t)offset);
        fputc('\n', out);
    }
}
