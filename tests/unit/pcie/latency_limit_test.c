#include "fabric/pcie/latency_limit.h"

#include <criterion/criterion.h>

#include "tests/support/bench_table.h"

/* The tables of the base specification, as pcie-bench's model has them. Its two rows whose values for Ack and UpdateFC
 * differ (32 lanes, which no link of ours has) are slips of the pen. */
Test(latency_limit, is_that_of_the_specifications_tables)
{
    static struct bench_limit rows[BENCH_ROWS_MAX];
    size_t count = bench_limits(rows), checked = 0;
    for (size_t i = 0; i < count; i++) {
        const struct bench_limit *row = &rows[i];
        uint32_t symbols = latency_limit_symbols(row->gen, row->width, row->mps_bytes);
        if (row->ack_symbols != row->updatefc_symbols)
            continue;
        cr_expect_eq(
            symbols, row->ack_symbols, "gen %u x%u, MPS %u: %u", row->gen, row->width, row->mps_bytes, symbols);
        checked++;
    }
    cr_expect_eq(checked, 178);
}

/* An MPS between those of the tables, and one lane less than a row's. */
Test(latency_limit, follows_the_formula_between_rows)
{
    cr_expect_eq(latency_limit_symbols(3, 8, 384), 412 * 25 / 80 + 115);
    cr_expect_eq(latency_limit_symbols(1, 4, 511), 539 * 14 / 40 + 19);
    cr_expect_eq(latency_limit_symbols(6, 16, 512), latency_limit_symbols(5, 16, 512));
}
