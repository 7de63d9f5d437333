#include "hostsim/guest/tokens.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"

void tokens_init(struct tokens *tokens, uint32_t size, uint64_t at_ps)
{
    CHECK(size > 0);
    *tokens = (struct tokens){.free_ps = calloc(size, sizeof(uint64_t)), .count = size, .size = size};
    CHECK(tokens->free_ps != NULL);
    for (uint32_t n = 0; n < size; n++)
        tokens->free_ps[n] = at_ps;
}

void tokens_free(struct tokens *tokens)
{
    free(tokens->free_ps);
    *tokens = (struct tokens){0};
}

static uint64_t *nth(const struct tokens *tokens, uint32_t n)
{
    uint64_t place = (uint64_t)tokens->first + n;
    return &tokens->free_ps[place < tokens->size ? place : place - tokens->size];
}

uint64_t tokens_next_ps(const struct tokens *tokens)
{
    return tokens->count > 0 ? *nth(tokens, 0) : TIME_NEVER;
}

void tokens_take(struct tokens *tokens)
{
    CHECK(tokens->count > 0);
    tokens->first = tokens->first + 1 == tokens->size ? 0 : tokens->first + 1;
    tokens->count--;
}

void tokens_give(struct tokens *tokens, uint64_t at_ps)
{
    CHECK(tokens->count < tokens->size);
    uint32_t n = tokens->count++;
    for (; n > 0 && *nth(tokens, n - 1) > at_ps; n--)
        *nth(tokens, n) = *nth(tokens, n - 1);
    *nth(tokens, n) = at_ps;
}

bool tokens_is_valid(const struct tokens *tokens)
{
    for (uint32_t n = 1; n < tokens->count; n++)
        if (*nth(tokens, n) < *nth(tokens, n - 1))
            return false;
    return tokens->count <= tokens->size && tokens->first < tokens->size;
}
