/* Tokens: a fixed number of permissions, each free from a known time on. */
#ifndef HOSTSIM_GUEST_TOKENS_H
#define HOSTSIM_GUEST_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

struct tokens {
    uint64_t *free_ps;           /* a ring of those not taken, ascending; owned */
    uint32_t first, count, size; /* of the ring; `size` tokens in all */
};

/* SIZE tokens, all free from AT_PS on. */
void tokens_init(struct tokens *tokens, uint32_t size, uint64_t at_ps);
void tokens_free(struct tokens *tokens);

/* When the next token is free; TIME_NEVER when all are taken. */
uint64_t tokens_next_ps(const struct tokens *tokens);

/* Takes the next token, which must be there. */
void tokens_take(struct tokens *tokens);

/* Gives one back, free from AT_PS on. */
void tokens_give(struct tokens *tokens, uint64_t at_ps);

bool tokens_is_valid(const struct tokens *tokens);

#endif
