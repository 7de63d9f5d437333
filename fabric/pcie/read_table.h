/* Read table: the reads that a requester has in flight, by tag.
 *
 * A tag is taken when a read is sent and free again when its last completion has come. How many there are is the
 * requester's bound on reads in flight; which numbers they have follows from how many: 5 bits up to 32, 8 bits up to
 * 256, 10 bits up to 768 (256 to 1023), 14 bits up to 15,360 (1024 to 16383; base specification 2.2.6.2).
 *
 * A read may end by a timeout (2.8). One event looks after all of a table: it goes off no later than the first may be
 * due, looks at each, and sleeps on; a read that ends in time pays for the note of when it began. The tag of one that
 * timed out is quarantined, until the last of its completions has come after all or as much time again has passed, so
 * that none is taken for that of another read. Meanwhile numbers that are otherwise not used take its place, as far as
 * there are any. */
#ifndef FABRIC_PCIE_READ_TABLE_H
#define FABRIC_PCIE_READ_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/engine/event.h"
#include "fabric/pcie/operation.h"
#include "fabric/pcie/tlp.h"

#define READ_TABLE_MAX 15360

struct pending_read {
    struct operation *operation; /* NULL: the tag is free */
    void *requester;             /* the table's user's own: who sent it */
    uint64_t begun_ps;           /* when it began; quarantined: when it timed out */
    uint32_t bytes_left;
    bool quarantined; /* it timed out, and completions may still come */
    bool given_up;    /* it is about to be ended */
};

struct read_table;

/* What a table does with reads that take too long. */
struct read_timeouts {
    /* How long READ, which is pending, may take; TIME_NEVER: for ever. */
    uint64_t (*limit_ps)(const struct read_table *table, const struct pending_read *read);

    /* READ has timed out, and is in the table no more. Called from an event. */
    void (*expired)(struct read_table *table, const struct pending_read *read);
};

struct read_table {
    struct pending_read *reads; /* [space], owned */
    uint16_t *free;             /* indices of free tags, a stack; owned */
    uint16_t *spare;            /* indices beyond `size`, likewise: they take the places of quarantined ones */
    uint32_t size, free_count;  /* reads that may be in flight; tags that may be taken */
    uint32_t space;             /* how many numbers there are */
    uint32_t spare_count, quarantined_count;
    uint16_t first_tag;
    uint64_t least_ps; /* no limit is less; TIME_NEVER: nothing times out */
    const struct read_timeouts *timeouts;
    struct component component;
    struct event check; /* scheduled while a read may be due; never later than that */
};

/* A table of SIZE tags, 1 to READ_TABLE_MAX. */
void read_table_init(struct read_table *table, uint32_t size);
void read_table_free(struct read_table *table);

/* Reads time out from now on, none before LEAST_PS: what `timeouts->limit_ps` says is no less. May be called again, and
 * must be whenever a limit has changed: reads that were to take for ever are not looked at otherwise. */
void read_table_watch(
    struct read_table *table, struct simulation *simulation, const struct read_timeouts *timeouts, uint64_t least_ps);

/* Reads in flight. */
static inline uint32_t read_table_in_flight(const struct read_table *table)
{
    return table->space - table->free_count - table->spare_count - table->quarantined_count;
}

static inline bool read_table_is_full(const struct read_table *table)
{
    return table->free_count == 0;
}

/* Takes a tag, of which there must be one, for a read of BYTES; a part of OPERATION that the caller has begun. */
uint16_t read_table_take(struct read_table *table, struct operation *operation, void *requester, uint32_t bytes);

/* Who waits for TAG; NULL: nobody. */
static inline void *read_table_requester(const struct read_table *table, uint16_t tag)
{
    uint32_t index = (uint32_t)tag - table->first_tag;
    return index < table->space && table->reads[index].operation != NULL ? table->reads[index].requester : NULL;
}

/* What became of a completion. */
enum read_progress {
    READ_UNEXPECTED, /* nobody waits for that tag, or not for so much */
    READ_GOES_ON,    /* more completions are to come */
    READ_DONE,       /* the tag is free */
    READ_FAILED,     /* unsuccessful; the tag is free */
};

/* Accounts for COMPLETION. Fills *READ with what its tag stood for, unless nobody waits for it. */
enum read_progress
read_table_complete(struct read_table *table, const struct tlp *completion, struct pending_read *read);

/* Gives up the read of tag number INDEX (0 to space - 1), which must be pending, and frees its tag. Returns what it
 * was. Completions that still come for it must have been condemned (fabric/pcie/stale.h). */
struct pending_read read_table_abort(struct read_table *table, uint32_t index);

/* Ends the pending reads that IS is true of for CONTEXT, as if they had timed out, but tells ENDED of each. */
void read_table_give_up(
    struct read_table *table, bool (*is)(const struct pending_read *read, const void *context), const void *context,
    void (*ended)(struct read_table *table, const struct pending_read *read));

bool read_table_is_valid(const struct read_table *table);

#endif
