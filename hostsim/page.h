/* Page: text for standard output, collected first and then written as a whole, so that what goes wrong with it (a full
 * disk, a reader that left) is noticed and said once. */
#ifndef HOSTSIM_PAGE_H
#define HOSTSIM_PAGE_H

#include <stddef.h>
#include <stdio.h>

/* Not to be moved while it is open: its stream knows where it is. */
struct page {
    FILE *out; /* to write to */
    char *text;
    size_t size;
};

void page_start(struct page *page);

/* Writes it to standard output and frees it. Answers the exit code: 0, or 1 after a line on stderr (none when the
 * reader has left: then nobody cares). */
int page_print(struct page *page);

/* Frees it unprinted. */
void page_drop(struct page *page);

#endif
