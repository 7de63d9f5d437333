#include "fabric/pcie/read_table.h"

#include <stdlib.h>

#include "fabric/base/check.h"

static uint16_t first_tag(uint32_t size)
{
    if (size <= 256)
        return 0;
    return size <= 768 ? 256 : 1024;
}

void read_table_init(struct read_table *table, uint32_t size)
{
    CHECK(size >= 1 && size <= READ_TABLE_MAX);
    *table = (struct read_table){
        .reads = calloc(size, sizeof *table->reads),
        .free = calloc(size, sizeof *table->free),
        .size = size,
        .free_count = size,
        .first_tag = first_tag(size),
    };
    CHECK(table->reads != NULL && table->free != NULL);
    for (uint32_t index = 0; index < size; index++)
        table->free[index] = (uint16_t)(size - 1 - index); /* the lowest on top */
}

void read_table_free(struct read_table *table)
{
    free(table->reads);
    free(table->free);
    *table = (struct read_table){0};
}

uint16_t read_table_take(struct read_table *table, struct operation *operation, void *requester, uint32_t bytes)
{
    CHECK(table->free_count > 0 && operation != NULL && bytes > 0);
    uint16_t index = table->free[--table->free_count];
    table->reads[index] = (struct pending_read){.operation = operation, .requester = requester, .bytes_left = bytes};
    return (uint16_t)(table->first_tag + index);
}

/* Payload bytes of COMPLETION that the requester asked for. */
static uint32_t useful_bytes(const struct tlp *completion)
{
    uint32_t carried = tlp_payload_bytes(completion) - (uint32_t)(completion->address & 3);
    return completion->byte_count < carried ? completion->byte_count : carried;
}

enum read_progress
read_table_complete(struct read_table *table, const struct tlp *completion, struct pending_read *read)
{
    uint32_t index = (uint32_t)completion->tag - table->first_tag;
    if (index >= table->size || table->reads[index].operation == NULL)
        return READ_UNEXPECTED;
    struct pending_read *pending = &table->reads[index];
    bool failed = completion->status != TLP_STATUS_SC;
    if (!failed) {
        uint32_t bytes = useful_bytes(completion);
        CHECK(bytes <= pending->bytes_left);
        pending->bytes_left -= bytes;
    }
    *read = *pending;
    if (!failed && pending->bytes_left > 0)
        return READ_GOES_ON;
    pending->operation = NULL;
    table->free[table->free_count++] = (uint16_t)index;
    return failed ? READ_FAILED : READ_DONE;
}

bool read_table_is_valid(const struct read_table *table)
{
    uint32_t pending = 0;
    for (uint32_t index = 0; index < table->size; index++)
        pending += table->reads[index].operation != NULL;
    for (uint32_t place = 0; place < table->free_count; place++)
        if (table->free[place] >= table->size || table->reads[table->free[place]].operation != NULL)
            return false;
    return pending + table->free_count == table->size;
}
