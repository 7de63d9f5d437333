/* Text table: rows of cells, printed in columns as wide as their widest cell.
 *
 *     struct text_table table = text_table_start(headings, "<<>>");
 *     text_table_row(&table, (const char *const[]){"writes", "nic0.pf0", "123", "57.6"});
 *     text_table_print(&table, out);
 *     text_table_free(&table);
 *
 * Cells are copied. A line between the rows (text_table_line) is printed as it is and widens nothing. */
#ifndef HOSTSIM_RACK_TEXT_TABLE_H
#define HOSTSIM_RACK_TEXT_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define TEXT_TABLE_COLUMNS 10
/* Cells beyond this are cut, with "..." for the rest, unless the table says otherwise. */
#define TEXT_TABLE_CELL 30

struct text_table_row;

struct text_table {
    const char *alignment; /* a '<' or '>' a column: to the left or to the right; the caller's constant */
    size_t longest;        /* what of a cell is shown; may be set before rows are added */
    struct text_table_row *rows;
    size_t row_count, row_capacity;
};

/* A table with a row of HEADINGS, one a column of ALIGNMENT. */
struct text_table text_table_start(const char *const *headings, const char *alignment);

/* Adds a row of as many cells as there are columns; NULL is an empty cell. */
void text_table_row(struct text_table *table, const char *const *cells);

/* Adds a line of free text. */
void text_table_line(struct text_table *table, const char *text);

void text_table_print(const struct text_table *table, FILE *out);

void text_table_free(struct text_table *table);

#endif
