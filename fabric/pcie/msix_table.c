#include "fabric/pcie/msix_table.h"

#include <stdlib.h>

#include "fabric/base/check.h"

#define VECTORS_MAX 2048
#define CONTROL_MASKED 1u

enum { ENTRY_ADDRESS = 0, ENTRY_ADDRESS_UPPER = 4, ENTRY_DATA = 8, ENTRY_CONTROL = 12 };

void msix_table_init(struct msix_table *table, uint16_t count)
{
    CHECK(count >= 1 && count <= VECTORS_MAX);
    *table = (struct msix_table){.vectors = calloc(count, sizeof *table->vectors), .count = count};
    CHECK(table->vectors);
    msix_table_reset(table);
}

void msix_table_free(struct msix_table *table)
{
    free(table->vectors);
    *table = (struct msix_table){0};
}

void msix_table_reset(struct msix_table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        table->vectors[i] = (struct msix_vector){.masked = true};
}

static uint32_t entry_dword(const struct msix_vector *vector, uint32_t which)
{
    switch (which) {
    case ENTRY_ADDRESS:
        return (uint32_t)vector->address;
    case ENTRY_ADDRESS_UPPER:
        return (uint32_t)(vector->address >> 32);
    case ENTRY_DATA:
        return vector->data;
    default:
        return vector->masked ? CONTROL_MASKED : 0;
    }
}

uint32_t msix_table_read(const struct msix_table *table, uint32_t offset)
{
    CHECK(offset % 4 == 0);
    if (offset / MSIX_ENTRY_BYTES >= table->count)
        return 0;
    return entry_dword(&table->vectors[offset / MSIX_ENTRY_BYTES], offset % MSIX_ENTRY_BYTES);
}

static void set_entry_dword(struct msix_vector *vector, uint32_t which, uint32_t value)
{
    switch (which) {
    case ENTRY_ADDRESS: /* whole DWs */
        vector->address = (vector->address & ~(uint64_t)UINT32_MAX) | (value & ~UINT32_C(3));
        return;
    case ENTRY_ADDRESS_UPPER:
        vector->address = (vector->address & UINT32_MAX) | (uint64_t)value << 32;
        return;
    case ENTRY_DATA:
        vector->data = value;
        return;
    default:
        vector->masked = value & CONTROL_MASKED;
        return;
    }
}

void msix_table_write(struct msix_table *table, uint32_t offset, uint8_t enables, uint32_t value)
{
    CHECK(offset % 4 == 0 && enables < 16);
    if (offset / MSIX_ENTRY_BYTES >= table->count)
        return;
    uint32_t bits = config_enabled_bits(enables);
    uint32_t old = msix_table_read(table, offset);
    set_entry_dword(
        &table->vectors[offset / MSIX_ENTRY_BYTES], offset % MSIX_ENTRY_BYTES, (old & ~bits) | (value & bits));
}

uint32_t msix_table_read_pending(const struct msix_table *table, uint32_t offset)
{
    CHECK(offset % 4 == 0);
    uint32_t bits = 0;
    for (uint32_t bit = 0; bit < 32 && offset < VECTORS_MAX / 8; bit++)
        if (offset * 8 + bit < table->count && table->vectors[offset * 8 + bit].pending)
            bits |= UINT32_C(1) << bit;
    return bits;
}

static struct msi_message message_of(const struct msix_vector *vector)
{
    return (struct msi_message){.address = vector->address, .data = vector->data};
}

bool msix_table_raise(
    struct msix_table *table, const struct config_space *space, uint16_t base, uint16_t vector,
    struct msi_message *message)
{
    CHECK(vector < table->count);
    struct msix_vector *raised = &table->vectors[vector];
    if (!(config_space_get(space, base + MSIX_CONTROL, 2) & MSIX_CONTROL_ENABLE))
        return false;
    if (raised->masked || !msix_is_on(space, base)) {
        raised->pending = true;
        return false;
    }
    *message = message_of(raised);
    return true;
}

bool msix_table_take_pending(
    struct msix_table *table, const struct config_space *space, uint16_t base, struct msi_message *message)
{
    if (!msix_is_on(space, base))
        return false;
    for (uint32_t i = 0; i < table->count; i++) {
        struct msix_vector *vector = &table->vectors[i];
        if (!vector->pending || vector->masked)
            continue;
        vector->pending = false;
        *message = message_of(vector);
        return true;
    }
    return false;
}

bool msix_table_is_valid(const struct msix_table *table)
{
    if (!table->vectors || table->count < 1 || table->count > VECTORS_MAX)
        return false;
    for (uint32_t i = 0; i < table->count; i++)
        if (table->vectors[i].address % 4 != 0)
            return false;
    return true;
}
