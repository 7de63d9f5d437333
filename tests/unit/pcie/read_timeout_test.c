/* Reads that take too long (fabric/pcie/read_table.h). */
#include <criterion/criterion.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "fabric/engine/simulation.h"
#include "fabric/pcie/read_table.h"

#define LIMIT_PS (10 * PS_PER_US)
#define BYTES 128

static struct simulation simulation;
static struct read_table table;
static struct operation operations[READ_TABLE_MAX];
static uint64_t limits_ps[2] = {LIMIT_PS, 3 * LIMIT_PS}; /* of requesters */
static uint64_t expired_ps[READ_TABLE_MAX];              /* by operation; 0: it has not */
static uint32_t expired_count;

static uint64_t limit_ps(const struct read_table *of, const struct pending_read *read)
{
    (void)of;
    return *(uint64_t *)read->requester;
}

static void expired(struct read_table *of, const struct pending_read *read)
{
    cr_assert(read_table_is_valid(of));
    expired_ps[read->operation - operations] = simulation.now_ps;
    expired_count++;
}

static const struct read_timeouts timeouts = {.limit_ps = limit_ps, .expired = expired};

static void set_up(uint32_t size)
{
    expired_count = 0;
    for (uint32_t n = 0; n < READ_TABLE_MAX; n++)
        expired_ps[n] = 0;
    simulation_init(&simulation, 1);
    read_table_init(&table, size);
    read_table_watch(&table, &simulation, &timeouts, LIMIT_PS);
}

static void tear_down(void)
{
    read_table_free(&table);
    simulation_free(&simulation);
}

static void run_to(uint64_t at_ps)
{
    simulation_run(&simulation, at_ps);
    cr_assert(read_table_is_valid(&table));
}

/* A read of BYTES, the N-th operation, of requester WHO. */
static uint16_t take(uint32_t n, int who)
{
    return read_table_take(&table, &operations[n], &limits_ps[who], BYTES);
}

/* Its completion with bytes OFFSET to END of it. */
static enum read_progress complete(uint16_t tag, uint32_t offset, uint32_t end)
{
    struct tlp completion = {
        .type = TLP_CPLD,
        .tag = tag,
        .length_dw = (uint16_t)((end - offset) / 4),
        .byte_count = (uint16_t)(BYTES - offset),
    };
    struct pending_read read;
    return read_table_complete(&table, &completion, &read);
}

Test(read_timeout, comes_exactly_when_each_requester_says)
{
    set_up(8);
    take(0, 1);
    run_to(5);
    take(1, 0);
    run_to(PS_PER_US);
    take(2, 0);
    run_to(LIMIT_PS + 4);
    cr_assert_eq(expired_count, 0);
    run_to(PS_PER_MS);
    cr_assert_eq(expired_ps[0], 3 * LIMIT_PS);
    cr_assert_eq(expired_ps[1], LIMIT_PS + 5);
    cr_assert_eq(expired_ps[2], LIMIT_PS + PS_PER_US);
    cr_assert_eq(read_table_in_flight(&table), 0);
    tear_down();
}

Test(read_timeout, who_ends_in_time_has_none)
{
    set_up(8);
    for (uint32_t n = 0; n < 1000; n++) {
        uint16_t tag = take(n, 0);
        run_to(simulation.now_ps + LIMIT_PS - 1);
        cr_assert_eq(complete(tag, 0, BYTES), READ_DONE);
    }
    cr_assert_eq(expired_count, 0);
    cr_assert_leq(simulation.events, 1001); /* the table's one event */
    tear_down();
}

Test(read_timeout, a_late_completion_is_nobodys_and_its_tag_no_one_elses_meanwhile)
{
    set_up(1); /* of 32 numbers */
    uint16_t late = take(0, 0);
    cr_assert_eq(complete(late, 0, 64), READ_GOES_ON);
    run_to(LIMIT_PS);
    cr_assert_eq(expired_count, 1);
    cr_assert_not(read_table_is_full(&table));
    uint16_t tag = take(1, 0);
    cr_assert_neq(tag, late);
    cr_assert(read_table_is_full(&table));
    cr_assert_eq(complete(late, 64, 96), READ_UNEXPECTED);
    cr_assert_eq(table.quarantined_count, 1);
    cr_assert_eq(complete(late, 96, 128), READ_UNEXPECTED);
    cr_assert_eq(table.quarantined_count, 0);
    cr_assert_eq(complete(late, 96, 128), READ_UNEXPECTED);
    cr_assert_eq(complete(tag, 0, 128), READ_DONE);
    tear_down();
}

Test(read_timeout, without_spare_numbers_a_tag_comes_back_after_as_much_time_again)
{
    set_up(32);
    for (uint32_t n = 0; n < 32; n++)
        take(n, 0);
    run_to(LIMIT_PS);
    cr_assert_eq(expired_count, 32);
    cr_assert(read_table_is_full(&table));
    run_to(2 * LIMIT_PS - 1);
    cr_assert(read_table_is_full(&table));
    run_to(2 * LIMIT_PS);
    cr_assert_eq(table.free_count, 32);
    tear_down();
}

Test(read_timeout, may_be_turned_off_and_on)
{
    set_up(4);
    take(0, 0);
    read_table_watch(&table, &simulation, &timeouts, TIME_NEVER);
    run_to(PS_PER_MS);
    cr_assert_eq(expired_count, 0);
    read_table_watch(&table, &simulation, &timeouts, LIMIT_PS);
    run_to(PS_PER_MS + 1);
    cr_assert_eq(expired_ps[0], PS_PER_MS);
    tear_down();
}

Test(read_timeout, a_limit_may_be_set_for_who_had_none)
{
    set_up(4);
    limits_ps[1] = TIME_NEVER;
    take(0, 1);
    run_to(PS_PER_MS);
    cr_assert_eq(expired_count, 0);
    cr_assert(!event_is_scheduled(&table.check), "nothing is ever due");
    limits_ps[1] = 2 * PS_PER_MS;
    read_table_watch(&table, &simulation, &timeouts, LIMIT_PS);
    run_to(3 * PS_PER_MS);
    cr_assert_eq(expired_ps[0], 2 * PS_PER_MS);
    tear_down();
}

/* Against a list of what each read should do. */
Test(read_timeout, random_histories)
{
    static const uint32_t sizes[] = {1, 3, 32, 40, 256, 300};
    for (uint64_t seed = 0; seed < 120; seed++) {
        struct random random;
        random_init(&random, seed, "reads");
        set_up(sizes[seed % 6]);
        struct {
            uint64_t begun_ps, limit_ps;
            uint16_t tag;
            bool ended;
        } reads[600];
        uint32_t count = 0, ended = 0;
        while (count < 600) {
            if (!read_table_is_full(&table) && random_below(&random, 3) > 0) {
                int who = (int)random_below(&random, 2);
                reads[count].begun_ps = simulation.now_ps;
                reads[count].limit_ps = limits_ps[who];
                reads[count].ended = false;
                reads[count].tag = take(count, who);
                count++;
            } else if (count > 0 && random_below(&random, 2) == 0) {
                uint32_t n = (uint32_t)random_below(&random, count);
                bool over = reads[n].ended || simulation.now_ps >= reads[n].begun_ps + reads[n].limit_ps;
                bool forgotten = simulation.now_ps >= reads[n].begun_ps + reads[n].limit_ps + LIMIT_PS;
                if (reads[n].ended || forgotten)
                    continue; /* its tag may be another's */
                enum read_progress progress = complete(reads[n].tag, 0, BYTES);
                cr_assert_eq(progress, over ? READ_UNEXPECTED : READ_DONE, "seed %lu", (unsigned long)seed);
                reads[n].ended = true;
                ended += !over;
                cr_assert_eq(expired_ps[n] != 0, over);
            }
            if (random_below(&random, 4) == 0)
                run_to(simulation.now_ps + random_below(&random, LIMIT_PS));
        }
        run_to(simulation.now_ps + 10 * LIMIT_PS);
        cr_assert_eq(expired_count + ended, count);
        for (uint32_t n = 0; n < count; n++)
            cr_assert(expired_ps[n] == 0 || expired_ps[n] == reads[n].begun_ps + reads[n].limit_ps);
        cr_assert_eq(table.free_count, table.size);
        cr_assert_eq(table.quarantined_count, 0);
        tear_down();
    }
}
