/* Credits: what a sender knows of a receiver's buffer (base specification, 2.6).
 *
 * A header credit stands for one TLP header with its prefixes and digest; a data credit for 16 bytes of payload. Each
 * of the three types has both. Spent credits come back lazily: the receiver says when the sender will have them again
 * (credits_return), and the sender looks at what has matured when it has too few (credits_take). Nothing is scheduled
 * for a credit that nobody waits for. */
#ifndef FABRIC_PCIE_CREDITS_H
#define FABRIC_PCIE_CREDITS_H

#include <stdbool.h>
#include <stdint.h>

enum credit_type { CREDIT_POSTED, CREDIT_NONPOSTED, CREDIT_COMPLETION, CREDIT_TYPES };

#define CREDIT_DATA_BYTES 16
#define CREDITS_INFINITE UINT32_MAX

/* What a receiver advertises. */
struct credit_limits {
    uint32_t headers[CREDIT_TYPES]; /* TLPs, or CREDITS_INFINITE */
    uint32_t data[CREDIT_TYPES];    /* credits of 16 B, or CREDITS_INFINITE */
};

/* Credits under way back to the sender. */
struct credit_return {
    uint64_t at_ps;
    uint32_t headers, data;
};

struct update_fc;

/* One type's counts. Owns its ring of returns (credits_free). */
struct credits {
    uint32_t headers, data; /* left to spend; CREDITS_INFINITE stays so */
    uint32_t headers_limit, data_limit;
    struct credit_return *returns; /* a ring, by time; NULL when both are infinite */
    uint32_t first, count;         /* in the ring */
    uint32_t mask;                 /* the ring's size - 1 */
    uint32_t claimant;             /* the sender's own: who may spend next; 0: whoever comes */
    struct update_fc *updates;     /* who tells the sender of them; NULL: they come back each by itself. Not owned */
};

/* Full credits as advertised. */
void credits_init(struct credits *credits, uint32_t headers_limit, uint32_t data_limit);
void credits_free(struct credits *credits);

/* Headers and data that are neither left nor on their way back: what the receiver holds. */
uint32_t credits_held_headers(const struct credits *credits);
uint32_t credits_held_data(const struct credits *credits);
bool credits_is_valid(const struct credits *credits);

/* Makes what has come back by NOW_PS available. */
void credits_mature(struct credits *credits, uint64_t now_ps);

/* When a TLP with DATA data credits could go, going by what is under way; TIME_NEVER when that is not enough. */
uint64_t credits_available_at(const struct credits *credits, uint32_t data);

/* The receiver will have freed one header and DATA data credits such that the sender knows at AT_PS. */
void credits_return(struct credits *credits, uint32_t data, uint64_t at_ps);

/* The same for several headers at once (an UpdateFC's): HEADERS and DATA of the finite ones, not both 0. */
void credits_return_many(struct credits *credits, uint32_t headers, uint32_t data, uint64_t at_ps);

/* The N-th return under way, of `count`, by time. */
static inline struct credit_return *credits_return_nth(const struct credits *credits, uint32_t n)
{
    return &credits->returns[(credits->first + n) & credits->mask];
}

static inline uint64_t credits_return_at(const struct credits *credits, uint32_t n)
{
    return credits_return_nth(credits, n)->at_ps;
}

/* True when a TLP with DATA data credits may go now. */
static inline bool credits_suffice(struct credits *credits, uint32_t data, uint64_t now_ps)
{
    if (__builtin_expect(credits->headers >= 1 && credits->data >= data, 1))
        return true;
    credits_mature(credits, now_ps);
    return credits->headers >= 1 && credits->data >= data;
}

/* Spends them; credits_suffice() must have said yes. */
static inline void credits_spend(struct credits *credits, uint32_t data)
{
    if (credits->headers != CREDITS_INFINITE)
        credits->headers--;
    if (credits->data != CREDITS_INFINITE)
        credits->data -= data;
}

#endif
