#include "fabric/pcie/credits.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"

/* Every return brings back at least one finite credit, so no more can be under way than there are. */
static uint32_t returns_max(uint32_t headers_limit, uint32_t data_limit)
{
    if (headers_limit != CREDITS_INFINITE)
        return headers_limit;
    return data_limit == CREDITS_INFINITE ? 0 : data_limit;
}

static uint32_t power_of_two_from(uint32_t least)
{
    uint32_t power = 1;
    while (power < least)
        power *= 2;
    return power;
}

void credits_init(struct credits *credits, uint32_t headers_limit, uint32_t data_limit)
{
    *credits = (struct credits){
        .headers = headers_limit, .data = data_limit, .headers_limit = headers_limit, .data_limit = data_limit};
    uint32_t returns = returns_max(headers_limit, data_limit);
    if (returns == 0)
        return;
    uint32_t size = power_of_two_from(returns);
    credits->returns = calloc(size, sizeof *credits->returns);
    CHECK(credits->returns != NULL);
    credits->mask = size - 1;
}

void credits_free(struct credits *credits)
{
    free(credits->returns);
    *credits = (struct credits){0};
}

/* What is infinite takes no part: nothing of it is ever under way, as credits_return() sees to. */
void credits_mature(struct credits *credits, uint64_t now_ps)
{
    const struct credit_return *returns = credits->returns;
    uint32_t first = credits->first, left = credits->count;
    for (; left > 0 && returns[first].at_ps <= now_ps; left--) {
        credits->headers += returns[first].headers;
        credits->data += returns[first].data;
        first = (first + 1) & credits->mask;
    }
    credits->first = first;
    credits->count = left;
}

uint64_t credits_available_at(const struct credits *credits, uint32_t data)
{
    uint64_t headers_left = credits->headers, data_left = credits->data;
    for (uint32_t n = 0, place = credits->first; n < credits->count; n++, place = (place + 1) & credits->mask) {
        const struct credit_return *coming = &credits->returns[place];
        headers_left += coming->headers;
        data_left += coming->data;
        if (headers_left >= 1 && data_left >= data)
            return coming->at_ps;
    }
    return TIME_NEVER;
}

/* Makes room for a return at AT_PS, which matures before others that came earlier: TLPs leave a switch by several
 * ports. It is seldom far out of place. */
static struct credit_return *make_place(struct credits *credits, uint64_t at_ps)
{
    uint32_t n = credits->count;
    for (; n > 0 && credits_return_nth(credits, n - 1)->at_ps > at_ps; n--)
        *credits_return_nth(credits, n) = *credits_return_nth(credits, n - 1);
    return credits_return_nth(credits, n);
}

static inline void push_return(struct credits *credits, uint32_t headers, uint32_t data, uint64_t at_ps)
{
    CHECK(credits->count <= credits->mask);
    struct credit_return *place = credits_return_nth(credits, credits->count);
    if (credits->count > 0 && __builtin_expect(credits_return_nth(credits, credits->count - 1)->at_ps > at_ps, 0))
        place = make_place(credits, at_ps);
    credits->count++;
    place->at_ps = at_ps;
    place->headers = headers;
    place->data = data;
}

void credits_return(struct credits *credits, uint32_t data, uint64_t at_ps)
{
    uint32_t headers = credits->headers_limit != CREDITS_INFINITE;
    if (credits->data_limit == CREDITS_INFINITE)
        data = 0;
    if (headers != 0 || data != 0)
        push_return(credits, headers, data, at_ps);
}

void credits_return_many(struct credits *credits, uint32_t headers, uint32_t data, uint64_t at_ps)
{
    push_return(credits, headers, data, at_ps);
}

uint32_t credits_held_headers(const struct credits *credits)
{
    if (credits->headers_limit == CREDITS_INFINITE)
        return 0;
    uint32_t held = credits->headers_limit - credits->headers;
    for (uint32_t n = 0; n < credits->count; n++)
        held -= credits_return_nth(credits, n)->headers;
    return held;
}

uint32_t credits_held_data(const struct credits *credits)
{
    if (credits->data_limit == CREDITS_INFINITE)
        return 0;
    uint32_t held = credits->data_limit - credits->data;
    for (uint32_t n = 0; n < credits->count; n++)
        held -= credits_return_nth(credits, n)->data;
    return held;
}

bool credits_is_valid(const struct credits *credits)
{
    for (uint32_t n = 1; n < credits->count; n++)
        if (credits_return_nth(credits, n)->at_ps < credits_return_nth(credits, n - 1)->at_ps)
            return false;
    return credits->headers <= credits->headers_limit && credits->data <= credits->data_limit &&
           credits_held_headers(credits) <= credits->headers_limit && credits_held_data(credits) <= credits->data_limit;
}
