#include "fabric/pcie/read_table.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "fabric/base/random.h"

static struct operation operation;
static int requester;

/* A completion of TAG that carries BYTES from ADDRESS on, of the LEFT that are to come with it. */
static struct tlp completion(uint16_t tag, uint64_t address, uint32_t bytes, uint32_t left)
{
    return (struct tlp){
        .type = TLP_CPLD,
        .tag = tag,
        .address = address & 0x7f,
        .length_dw = (uint16_t)tlp_span_dw(address, bytes),
        .byte_count = (uint16_t)left,
    };
}

static struct tlp unsupported(uint16_t tag)
{
    return (struct tlp){.type = TLP_CPL, .status = TLP_STATUS_UR, .tag = tag, .byte_count = 4};
}

/* How tags are numbered (base specification 2.2.6.2). */
static void check_numbering(uint32_t size, uint32_t first, uint32_t last)
{
    static bool taken[1 << 14];
    struct read_table table;
    read_table_init(&table, size);
    for (uint32_t tag = 0; tag < 1 << 14; tag++)
        taken[tag] = false;
    for (uint32_t i = 0; i < size; i++) {
        cr_assert_not(read_table_is_full(&table));
        uint16_t tag = read_table_take(&table, &operation, &requester, 4);
        cr_assert(tag >= first && tag <= last, "%u of %u", tag, size);
        cr_assert_not(taken[tag]);
        taken[tag] = true;
    }
    cr_assert(read_table_is_full(&table));
    cr_assert(read_table_is_valid(&table));
    read_table_free(&table);
}

Test(read_table, tags_are_unique_and_numbered_by_how_many_there_are)
{
    static const struct {
        uint32_t size, first, last;
    } cases[] = {{1, 0, 0},        {32, 0, 31},      {33, 0, 255},       {256, 0, 255},
                 {257, 256, 1023}, {768, 256, 1023}, {769, 1024, 16383}, {15360, 1024, 16383}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_numbering(cases[i].size, cases[i].first, cases[i].last);
}

Test(read_table, no_more_tags_than_there_are, .signal = SIGABRT)
{
    struct read_table table;
    read_table_init(&table, READ_TABLE_MAX + 1);
}

Test(read_table, a_full_one_gives_no_tag, .signal = SIGABRT)
{
    struct read_table table;
    read_table_init(&table, 1);
    read_table_take(&table, &operation, NULL, 4);
    read_table_take(&table, &operation, NULL, 4);
}

/* Reads under way, as a test sees them. */
struct reference {
    bool pending;
    uint64_t address;
    uint32_t left;
    int requester;
    struct operation operation;
};

static struct reference references[1024];

static void begin_read(struct read_table *table, struct random *random)
{
    uint32_t bytes = 1 + (uint32_t)random_below(random, 600);
    struct reference read = {.pending = true, .address = random_below(random, 4096 - bytes), .left = bytes};
    uint16_t tag = read_table_take(table, &references[0].operation, NULL, bytes);
    cr_assert_not(references[tag].pending);
    /* Each with an operation and a requester of its own. */
    table->reads[tag - table->first_tag].operation = &references[tag].operation;
    table->reads[tag - table->first_tag].requester = &references[tag].requester;
    references[tag] = read;
}

static void check_read(const struct pending_read *read, uint16_t tag)
{
    cr_assert_eq(read->operation, &references[tag].operation);
    cr_assert_eq(read->requester, &references[tag].requester);
}

/* Answers part or all of the read of TAG, in pieces that end at multiples of 64. */
static void go_on(struct read_table *table, struct random *random, uint16_t tag)
{
    struct reference *reference = &references[tag];
    struct pending_read read;
    if (random_below(random, 20) == 0) {
        struct tlp answer = unsupported(tag);
        cr_assert_eq(read_table_complete(table, &answer, &read), READ_FAILED);
        reference->pending = false;
        check_read(&read, tag);
        return;
    }
    uint64_t end = (reference->address / 64 + 1 + random_below(random, 4)) * 64;
    uint32_t bytes = (uint32_t)(end - reference->address);
    if (bytes > reference->left)
        bytes = reference->left;
    struct tlp answer = completion(tag, reference->address, bytes, reference->left);
    enum read_progress progress = read_table_complete(table, &answer, &read);
    reference->address += bytes;
    reference->left -= bytes;
    cr_assert_eq(progress, reference->left == 0 ? READ_DONE : READ_GOES_ON);
    reference->pending = reference->left > 0;
    check_read(&read, tag);
}

static void random_reads(uint32_t size)
{
    struct random random;
    struct read_table table;
    random_init(&random, size, "read_table");
    read_table_init(&table, size);
    uint32_t pending = 0;
    for (int step = 0; step < 20000; step++) {
        uint16_t tag = (uint16_t)random_below(&random, 1024);
        if (!read_table_is_full(&table) && random_below(&random, 3) == 0) {
            begin_read(&table, &random);
            pending++;
        } else if (references[tag].pending) {
            go_on(&table, &random, tag);
            pending -= !references[tag].pending;
        } else {
            struct pending_read read;
            struct tlp answer = completion(tag, 0, 4, 4);
            cr_assert_eq(read_table_complete(&table, &answer, &read), READ_UNEXPECTED);
        }
        cr_assert_eq(table.size - table.free_count, pending);
    }
    cr_assert(read_table_is_valid(&table));
    read_table_free(&table);
    for (int tag = 0; tag < 1024; tag++)
        references[tag].pending = false;
}

Test(read_table, follows_reads_to_their_end)
{
    static const uint32_t sizes[] = {1, 5, 32, 256, 700, 768};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        random_reads(sizes[i]);
}

Test(read_table, the_lowest_tag_goes_first)
{
    struct read_table table;
    read_table_init(&table, 3);
    for (uint16_t tag = 0; tag < 3; tag++)
        cr_assert_eq(read_table_take(&table, &operation, NULL, 4), tag);
    read_table_free(&table);
}
