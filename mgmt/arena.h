/* Arena: memory for one answer: taken piece by piece, given back at once. */
#ifndef MGMT_ARENA_H
#define MGMT_ARENA_H

#include <stddef.h>

struct arena_block;

/* {0} is empty. */
struct arena {
    struct arena_block *blocks; /* owned */
};

/* SIZE bytes of zeros, aligned for anything. */
void *arena_get(struct arena *arena, size_t size);

/* A copy of TEXT. */
char *arena_text(struct arena *arena, const char *text);

void arena_free(struct arena *arena);

#endif
