#include "fabric/pcie/read_table.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/engine/simulation.h"

static uint16_t first_tag(uint32_t size)
{
    if (size <= 256)
        return 0;
    return size <= 768 ? 256 : 1024;
}

static uint32_t tag_space(uint32_t size)
{
    if (size <= 32)
        return 32;
    if (size <= 256)
        return 256;
    return size <= 768 ? 768 : READ_TABLE_MAX;
}

void read_table_init(struct read_table *table, uint32_t size)
{
    CHECK(size >= 1 && size <= READ_TABLE_MAX);
    uint32_t space = tag_space(size);
    *table = (struct read_table){
        .reads = calloc(space, sizeof *table->reads),
        .free = calloc(size, sizeof *table->free),
        .spare = calloc(space, sizeof *table->spare),
        .size = size,
        .free_count = size,
        .space = space,
        .first_tag = first_tag(size),
        .least_ps = TIME_NEVER,
    };
    CHECK(table->reads != NULL && table->free != NULL && table->spare != NULL);
    for (uint32_t index = 0; index < size; index++)
        table->free[index] = (uint16_t)(size - 1 - index); /* the lowest on top */
    for (uint32_t index = space; index > size; index--)
        table->spare[table->spare_count++] = (uint16_t)(index - 1); /* likewise */
}

void read_table_free(struct read_table *table)
{
    free(table->reads);
    free(table->free);
    free(table->spare);
    *table = (struct read_table){0};
}

uint16_t read_table_take(struct read_table *table, struct operation *operation, void *requester, uint32_t bytes)
{
    CHECK(table->free_count > 0 && operation != NULL && bytes > 0);
    uint16_t index = table->free[--table->free_count];
    struct pending_read *read = &table->reads[index];
    *read = (struct pending_read){.operation = operation, .requester = requester, .bytes_left = bytes};
    if (table->least_ps != TIME_NEVER) {
        read->begun_ps = table->component.simulation->now_ps;
        if (__builtin_expect(!event_is_scheduled(&table->check), 0))
            event_schedule(&table->check, read->begun_ps + table->least_ps);
    }
    return (uint16_t)(table->first_tag + index);
}

/* --- tags come back --- */

/* INDEX may be used again: for as many reads as there may be, and otherwise as a spare one. */
static void free_tag(struct read_table *table, uint32_t index)
{
    if (read_table_in_flight(table) - 1 + table->free_count < table->size)
        table->free[table->free_count++] = (uint16_t)index;
    else
        table->spare[table->spare_count++] = (uint16_t)index;
}

static void quarantine(struct read_table *table, struct pending_read *read, uint64_t now)
{
    read->operation = NULL;
    read->quarantined = true;
    read->begun_ps = now;
    table->quarantined_count++;
    if (table->spare_count > 0)
        table->free[table->free_count++] = table->spare[--table->spare_count];
}

static void end_quarantine(struct read_table *table, struct pending_read *read)
{
    read->quarantined = false;
    table->quarantined_count--;
    free_tag(table, (uint32_t)(read - table->reads));
}

/* Payload bytes of COMPLETION that the requester asked for. */
static uint32_t useful_bytes(const struct tlp *completion)
{
    uint32_t carried = tlp_payload_bytes(completion) - (uint32_t)(completion->address & 3);
    return completion->byte_count < carried ? completion->byte_count : carried;
}

/* A completion that comes after its read has timed out. */
static void complete_late(struct read_table *table, struct pending_read *read, const struct tlp *completion)
{
    uint32_t bytes = useful_bytes(completion);
    bool last = completion->status != TLP_STATUS_SC || bytes >= read->bytes_left;
    read->bytes_left -= last ? 0 : bytes;
    if (last)
        end_quarantine(table, read);
}

enum read_progress
read_table_complete(struct read_table *table, const struct tlp *completion, struct pending_read *read)
{
    uint32_t index = (uint32_t)completion->tag - table->first_tag;
    if (index >= table->space)
        return READ_UNEXPECTED;
    struct pending_read *pending = &table->reads[index];
    if (__builtin_expect(pending->operation == NULL, 0)) {
        if (pending->quarantined)
            complete_late(table, pending, completion);
        return READ_UNEXPECTED;
    }
    bool failed = completion->status != TLP_STATUS_SC || (completion->attributes & TLP_POISONED) != 0;
    if (!failed) {
        uint32_t bytes = useful_bytes(completion);
        if (bytes > pending->bytes_left)
            return READ_UNEXPECTED; /* software gave somebody else the ID of who asked */
        pending->bytes_left -= bytes;
    }
    *read = *pending;
    if (!failed && pending->bytes_left > 0)
        return READ_GOES_ON;
    pending->operation = NULL;
    table->free[table->free_count++] = (uint16_t)index;
    return failed ? READ_FAILED : READ_DONE;
}

struct pending_read read_table_abort(struct read_table *table, uint32_t index)
{
    CHECK(index < table->space && table->reads[index].operation != NULL);
    struct pending_read read = table->reads[index];
    table->reads[index].operation = NULL;
    free_tag(table, index);
    return read;
}

/* --- timeouts --- */

/* When READ, pending or quarantined, is to be looked at; TIME_NEVER when it need not be. */
static uint64_t due_ps(const struct read_table *table, const struct pending_read *read)
{
    if (read->operation == NULL)
        return read->quarantined ? read->begun_ps + table->least_ps : TIME_NEVER;
    uint64_t limit_ps = table->timeouts->limit_ps(table, read);
    return limit_ps == TIME_NEVER ? TIME_NEVER : read->begun_ps + limit_ps;
}

static void expire(struct read_table *table, struct pending_read *read, uint64_t now)
{
    if (read->quarantined) {
        end_quarantine(table, read);
        return;
    }
    struct pending_read expired = *read;
    quarantine(table, read, now);
    table->timeouts->expired(table, &expired);
}

static void on_check(struct event *event)
{
    struct read_table *table = CONTAINER_OF(event, struct read_table, check);
    uint64_t now = event->time_ps, next_ps = TIME_NEVER;
    event_schedule(event, now + table->least_ps); /* a new read may be due before those that are pending now */
    for (uint32_t index = 0; index < table->space; index++)
        if (due_ps(table, &table->reads[index]) <= now)
            expire(table, &table->reads[index], now);
    for (uint32_t index = 0; index < table->space; index++) {
        uint64_t at_ps = due_ps(table, &table->reads[index]);
        next_ps = at_ps < next_ps ? at_ps : next_ps;
    }
    if (next_ps == TIME_NEVER)
        event_cancel(event);
    else
        event_schedule_before(event, next_ps);
}

void read_table_watch(
    struct read_table *table, struct simulation *simulation, const struct read_timeouts *timeouts, uint64_t least_ps)
{
    CHECK(least_ps > 0);
    bool first = table->timeouts == NULL;
    table->timeouts = timeouts;
    table->least_ps = least_ps;
    if (first) {
        component_init(&table->component, simulation);
        event_init(&table->check, &table->component, on_check);
    }
    if (least_ps == TIME_NEVER)
        event_cancel(&table->check);
    else if (read_table_in_flight(table) + table->quarantined_count > 0)
        event_schedule_before(&table->check, simulation->now_ps);
}

void read_table_give_up(
    struct read_table *table, bool (*is)(const struct pending_read *read, const void *context), const void *context,
    void (*ended)(struct read_table *table, const struct pending_read *read))
{
    /* Whoever is told may begin others. */
    for (uint32_t index = 0; index < table->space; index++)
        table->reads[index].given_up = table->reads[index].operation != NULL && is(&table->reads[index], context);
    for (uint32_t index = 0; index < table->space; index++) {
        struct pending_read *pending = &table->reads[index];
        if (!pending->given_up)
            continue;
        pending->given_up = false;
        struct pending_read read = *pending;
        if (table->least_ps != TIME_NEVER) {
            quarantine(table, pending, table->component.simulation->now_ps);
        } else {
            pending->operation = NULL;
            free_tag(table, index);
        }
        ended(table, &read);
    }
}

static bool is_free(const struct read_table *table, uint16_t index)
{
    return index < table->space && table->reads[index].operation == NULL && !table->reads[index].quarantined;
}

/* What is ever due is looked for. Reads that may take for ever need nobody, nor does what waits while nothing times
 * out. */
static bool is_watched(const struct read_table *table)
{
    if (table->least_ps == TIME_NEVER || event_is_scheduled(&table->check))
        return true;
    for (uint32_t index = 0; index < table->space; index++)
        if (due_ps(table, &table->reads[index]) != TIME_NEVER)
            return false;
    return true;
}

bool read_table_is_valid(const struct read_table *table)
{
    uint32_t pending = 0, quarantined = 0;
    for (uint32_t index = 0; index < table->space; index++) {
        pending += table->reads[index].operation != NULL;
        quarantined += table->reads[index].quarantined;
    }
    for (uint32_t place = 0; place < table->free_count; place++)
        if (!is_free(table, table->free[place]))
            return false;
    for (uint32_t place = 0; place < table->spare_count; place++)
        if (!is_free(table, table->spare[place]))
            return false;
    return is_watched(table) && pending == read_table_in_flight(table) && quarantined == table->quarantined_count &&
           pending + table->free_count <= table->size;
}
