/* Read table: the reads that a requester has in flight, by tag.
 *
 * A tag is taken when a read is sent and free again when its last completion has come. How many there are is the
 * requester's bound on reads in flight; which numbers they have follows from how many: 5 bits up to 32, 8 bits up to
 * 256, 10 bits up to 768 (256 to 1023), 14 bits up to 15,360 (1024 to 16383; base specification 2.2.6.2). */
#ifndef FABRIC_PCIE_READ_TABLE_H
#define FABRIC_PCIE_READ_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/operation.h"
#include "fabric/pcie/tlp.h"

#define READ_TABLE_MAX 15360

struct pending_read {
    struct operation *operation; /* NULL: the tag is free */
    void *requester;             /* the table's user's own: who sent it */
    uint32_t bytes_left;
};

struct read_table {
    struct pending_read *reads; /* owned */
    uint16_t *free;             /* indices of free tags, a stack; owned */
    uint32_t size, free_count;
    uint16_t first_tag;
};

/* A table of SIZE tags, 1 to READ_TABLE_MAX. */
void read_table_init(struct read_table *table, uint32_t size);
void read_table_free(struct read_table *table);

static inline bool read_table_is_full(const struct read_table *table)
{
    return table->free_count == 0;
}

/* Takes a tag, of which there must be one, for a read of BYTES; a part of OPERATION that the caller has begun. */
uint16_t read_table_take(struct read_table *table, struct operation *operation, void *requester, uint32_t bytes);

/* What became of a completion. */
enum read_progress {
    READ_UNEXPECTED, /* nobody waits for that tag */
    READ_GOES_ON,    /* more completions are to come */
    READ_DONE,       /* the tag is free */
    READ_FAILED,     /* unsuccessful; the tag is free */
};

/* Accounts for COMPLETION. Fills *READ with what its tag stood for, unless nobody waits for it. */
enum read_progress
read_table_complete(struct read_table *table, const struct tlp *completion, struct pending_read *read);

bool read_table_is_valid(const struct read_table *table);

#endif
