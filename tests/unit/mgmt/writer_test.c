/* The writer of the state file, on a disk that is slow or fails. */
#include "mgmt/writer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "tests/support/faulty_disk.h"

#define RECORDS 200

static struct faulty_disk *disk;
static struct event_base *base;
static struct state state;
static struct writer writer;
static char folder[32], file[48];
static int troubles, recoveries;

struct note {
    struct record record;
    int number;
    bool is_done, is_written;
};

static struct note notes[RECORDS];
static int done_count, last_done;

static void on_trouble(void *context, const char *fault)
{
    (void)context;
    *(fault != NULL ? &troubles : &recoveries) += 1;
}

static void on_done(struct record *record, bool written)
{
    struct note *note = CONTAINER_OF(record, struct note, record);
    cr_expect_not(note->is_done);
    if (written) {
        cr_expect_gt(note->number, last_done, "in order");
        last_done = note->number;
    }
    note->is_done = true;
    note->is_written = written;
    done_count++;
    record_clear(record);
}

static void set_up(void)
{
    char why[256];
    disk = faulty_disk_install();
    base = event_base_new();
    strcpy(folder, "/tmp/mriov-writer-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(file, sizeof file, "%s/state", folder);
    CHECK(state_open(&state, file, "test", why, sizeof why));
    writer_init(&writer, base, &state);
    writer.on_trouble = on_trouble;
    writer_start(&writer);
    last_done = -1;
}

static void tear_down(void)
{
    char command[64];
    writer_stop(&writer);
    state_close(&state);
    event_base_free(base);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CHECK(system(command) == 0);
}

TestSuite(writer, .init = set_up, .fini = tear_down, .timeout = 60);

static void add(int number, bool may_fail)
{
    struct note *note = &notes[number];
    *note = (struct note){.number = number, .record = {.done = on_done, .may_fail = may_fail}};
    record_add(&note->record, "INSERT INTO ports VALUES(?, ?)", "is", (uint64_t)number, "text");
    writer_add(&writer, &note->record);
}

static void await(int count)
{
    while (done_count < count)
        event_base_loop(base, EVLOOP_ONCE);
}

static void take_count(void *context, sqlite3_stmt *row)
{
    *(int *)context = (int)state_number(row, 0);
}

/* Rows that another reader finds. */
static int rows(void)
{
    sqlite3 *db;
    int count = -1;
    struct state reader = {0};
    CHECK(sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, "unix") == SQLITE_OK);
    reader.db = db;
    CHECK(state_each(&reader, "SELECT count(*) FROM ports", &count, take_count));
    sqlite3_close(db);
    return count;
}

Test(writer, in_order_and_together)
{
    disk->sync_us = 20000;
    uint64_t syncs = disk->syncs;
    for (int n = 0; n < RECORDS; n++)
        add(n, n % 2 == 0);
    cr_expect_eq(done_count, 0, "never within");
    cr_expect_gt(writer.bytes, RECORDS * 8);
    await(RECORDS);
    cr_expect_eq(rows(), RECORDS);
    cr_expect_eq(writer.bytes, 0);
    cr_expect_leq(disk->syncs - syncs, 3, "%d waits for the disk", (int)(disk->syncs - syncs));
    cr_expect_eq(troubles, 0);
}

/* Those that may fail do so at once, the others are tried until they are there. */
Test(writer, what_may_fail_does_and_the_rest_waits)
{
    faulty_disk_break(disk, 0, UINT64_MAX);
    for (int n = 0; n < 20; n++)
        add(n, n % 2 == 0);
    await(10);
    cr_expect_eq(troubles, 1);
    add(20, true);
    await(11);
    for (int n = 0; n <= 20; n++)
        cr_expect(notes[n].is_done == (n % 2 == 0) && !notes[n].is_written, "%d", n);
    cr_expect_not(writer_flush(&writer));
    cr_expect_eq(rows(), 0);
    faulty_disk_heal(disk);
    await(21);
    cr_expect_eq(rows(), 10);
    cr_expect_eq(troubles, 1);
    cr_expect_eq(recoveries, 1);
    add(21, true);
    cr_expect(writer_flush(&writer));
    cr_expect(notes[21].is_written);
    cr_expect_eq(rows(), 11);
}

/* All is written at the end that can be, and what cannot is given back. */
Test(writer, the_end)
{
    disk->sync_us = 20000;
    for (int n = 0; n < 10; n++)
        add(n, false);
    writer_stop(&writer);
    cr_expect_eq(done_count, 10);
    cr_expect_eq(rows(), 10);
    writer_init(&writer, base, &state);
    writer.on_trouble = on_trouble;
    writer_start(&writer);
    faulty_disk_break(disk, 0, UINT64_MAX);
    for (int n = 10; n < 20; n++)
        add(n, false);
    writer_stop(&writer);
    faulty_disk_heal(disk);
    cr_expect_eq(done_count, 20);
    for (int n = 10; n < 20; n++)
        cr_expect_not(notes[n].is_written);
    cr_expect_eq(rows(), 10);
}

/* Bytes of any kind come back as they were. */
Test(writer, values)
{
    static struct note note;
    static const char bytes[] = {'a', '\0', 'b', '\x7f'};
    note = (struct note){.record = {.done = on_done}};
    record_add(&note.record, "CREATE TABLE v(i, s, b)", "");
    record_add(
        &note.record, "INSERT INTO v VALUES(?, ?, ?)", "isb", (uint64_t)INT64_MAX, "it's", (const void *)bytes,
        sizeof bytes);
    writer_add(&writer, &note.record);
    cr_assert(writer_flush(&writer));
    int found = 0;
    cr_assert(state_each(
        &state, "SELECT i = 9223372036854775807 AND s = 'it''s' AND b = x'6100627f' FROM v", &found, take_count));
    cr_expect_eq(found, 1);
}
