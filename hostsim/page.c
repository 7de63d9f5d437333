#include "hostsim/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fabric/base/check.h"

void page_start(struct page *page)
{
    *page = (struct page){0};
    page->out = open_memstream(&page->text, &page->size);
    CHECK(page->out);
}

/* 0, or the errno of what went wrong. */
static int write_whole(const char *text, size_t size)
{
    while (size) {
        ssize_t written = write(STDOUT_FILENO, text, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        text += written;
        size -= (size_t)written;
    }
    return 0;
}

int page_print(struct page *page)
{
    CHECK(fclose(page->out) == 0);
    int error = write_whole(page->text, page->size);
    free(page->text);
    *page = (struct page){0};
    if (error && error != EPIPE)
        fprintf(stderr, "mriov: standard output: %s\n", strerror(error));
    return error ? 1 : 0;
}

void page_drop(struct page *page)
{
    fclose(page->out);
    free(page->text);
    *page = (struct page){0};
}
