#include "hostsim/rack/text_table.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/sheet.h"

#define CELLS(...) ((const char *const[]){__VA_ARGS__})

Test(text_table, columns_are_as_wide_as_their_widest_cell)
{
    struct text_table table = text_table_start(CELLS("NAME", "N", "NOTE"), "<><");
    text_table_row(&table, CELLS("a long name", "1", "x"));
    text_table_row(&table, CELLS("b", "1000", NULL));
    text_table_line(&table, "a line that is longer than all of the columns together are");
    text_table_row(&table, CELLS(NULL, NULL, NULL));
    struct sheet sheet;
    sheet_open(&sheet);
    text_table_print(&table, sheet.out);
    cr_expect_str_eq(
        sheet_close(&sheet), "NAME            N  NOTE\n"
                             "a long name     1  x\n"
                             "b            1000\n"
                             "a line that is longer than all of the columns together are\n"
                             "\n");
    sheet_free(&sheet);
    text_table_free(&table);
}

Test(text_table, long_cells_are_cut)
{
    struct text_table table = text_table_start(CELLS("N"), "<");
    text_table_row(&table, CELLS("123456789012345678901234567890"));
    text_table_row(&table, CELLS("1234567890123456789012345678901"));
    struct sheet sheet;
    sheet_open(&sheet);
    text_table_print(&table, sheet.out);
    cr_expect_str_eq(
        sheet_close(&sheet), "N\n"
                             "123456789012345678901234567890\n"
                             "123456789012345678901234567...\n");
    sheet_free(&sheet);
    text_table_free(&table);
}

Test(text_table, cells_are_cut_where_the_table_says)
{
    struct text_table table = text_table_start(CELLS("N", "M"), "<<");
    table.longest = 40;
    text_table_row(&table, CELLS("1234567890123456789012345678901234567890", "x"));
    text_table_row(&table, CELLS("12345678901234567890123456789012345678901", "x"));
    struct sheet sheet;
    sheet_open(&sheet);
    text_table_print(&table, sheet.out);
    cr_expect_str_eq(
        sheet_close(&sheet), "N                                         M\n"
                             "1234567890123456789012345678901234567890  x\n"
                             "1234567890123456789012345678901234567...  x\n");
    sheet_free(&sheet);
    text_table_free(&table);
}

Test(text_table, grows)
{
    struct text_table table = text_table_start(CELLS("N"), ">");
    for (int i = 0; i < 1000; i++)
        text_table_row(&table, CELLS("x"));
    cr_expect_eq(table.row_count, 1001);
    text_table_free(&table);
}
