/* Sheet: what something writes to a stream, as text. */
#ifndef TESTS_SUPPORT_SHEET_H
#define TESTS_SUPPORT_SHEET_H

#include <stddef.h>
#include <stdio.h>

struct sheet {
    FILE *out;
    char *text; /* from sheet_close() on */
    size_t size;
};

/* Not to be moved while it is open. */
void sheet_open(struct sheet *sheet);

/* Ends the writing and answers the text. */
const char *sheet_close(struct sheet *sheet);

void sheet_free(struct sheet *sheet);

#endif
