#include "hostsim/rack/text_table.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

struct text_table_row {
    char *line;                      /* free text; NULL: cells; owned */
    char *cells[TEXT_TABLE_COLUMNS]; /* owned; none in a line of free text */
};

static size_t column_count(const struct text_table *table)
{
    return strlen(table->alignment);
}

static struct text_table_row *add_row(struct text_table *table)
{
    if (table->row_count == table->row_capacity) {
        table->row_capacity = table->row_capacity ? table->row_capacity * 2 : 16;
        table->rows = realloc(table->rows, table->row_capacity * sizeof *table->rows);
        CHECK(table->rows);
    }
    struct text_table_row *row = &table->rows[table->row_count++];
    *row = (struct text_table_row){0};
    return row;
}

struct text_table text_table_start(const char *const *headings, const char *alignment)
{
    struct text_table table = {.alignment = alignment, .longest = TEXT_TABLE_CELL};
    CHECK(column_count(&table) && column_count(&table) <= TEXT_TABLE_COLUMNS);
    text_table_row(&table, headings);
    return table;
}

void text_table_row(struct text_table *table, const char *const *cells)
{
    struct text_table_row *row = add_row(table);
    for (size_t i = 0; i < column_count(table); i++) {
        const char *cell = cells[i] ? cells[i] : "";
        int length = strlen(cell) <= table->longest
                         ? asprintf(&row->cells[i], "%s", cell)
                         : asprintf(&row->cells[i], "%.*s...", (int)table->longest - 3, cell);
        CHECK(length >= 0);
    }
}

void text_table_line(struct text_table *table, const char *text)
{
    struct text_table_row *row = add_row(table);
    row->line = strdup(text);
    CHECK(row->line);
}

static size_t column_width(const struct text_table *table, size_t column)
{
    size_t width = 0;
    for (size_t i = 0; i < table->row_count; i++) {
        size_t length = table->rows[i].line ? 0 : strlen(table->rows[i].cells[column]);
        width = length > width ? length : width;
    }
    return width;
}

/* The columns of a row, without blanks at its end. */
static void print_cells(const struct text_table *table, const struct text_table_row *row, const int *widths, FILE *out)
{
    size_t last = column_count(table);
    while (last > 0 && row->cells[last - 1][0] == '\0')
        last--;
    for (size_t i = 0; i < last; i++) {
        int width = table->alignment[i] == '>' ? widths[i] : i + 1 < last ? -widths[i] : 0;
        fprintf(out, "%s%*s", i ? "  " : "", width, row->cells[i]);
    }
    fputc('\n', out);
}

void text_table_print(const struct text_table *table, FILE *out)
{
    int widths[TEXT_TABLE_COLUMNS] = {0};
    for (size_t i = 0; i < column_count(table); i++)
        widths[i] = (int)column_width(table, i);
    for (size_t i = 0; i < table->row_count; i++) {
        const struct text_table_row *row = &table->rows[i];
        if (row->line)
            fprintf(out, "%s\n", row->line);
        else
            print_cells(table, row, widths, out);
    }
}

void text_table_free(struct text_table *table)
{
    for (size_t i = 0; i < table->row_count; i++) {
        free(table->rows[i].line);
        for (size_t column = 0; column < column_count(table); column++)
            free(table->rows[i].cells[column]);
    }
    free(table->rows);
    *table = (struct text_table){0};
}
