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

static struct credit_return *nth(const struct credits *credits, uint32_t n)
{
    return &credits->returns[(credits->first + n) & credits->mask];
}

void credits_mature(struct credits *credits, uint64_t now_ps)
{
    while (credits->count > 0 && nth(credits, 0)->at_ps <= now_ps) {
        const struct credit_return *matured = nth(credits, 0);
        if (credits->headers != CREDITS_INFINITE)
            credits->headers += matured->headers;
        if (credits->data != CREDITS_INFINITE)
            credits->data += matured->data;
        credits->first = (credits->first + 1) & credits->mask;
        credits->count--;
    }
}

uint64_t credits_available_at(const struct credits *credits, uint32_t data)
{
    uint64_t headers_left = credits->headers, data_left = credits->data;
    for (uint32_t n = 0; n < credits->count; n++) {
        headers_left += nth(credits, n)->headers;
        data_left += nth(credits, n)->data;
        if (headers_left >= 1 && data_left >= data)
            return nth(credits, n)->at_ps;
    }
    return TIME_NEVER;
}

void credits_return(struct credits *credits, uint32_t data, uint64_t at_ps)
{
    bool finite_headers = credits->headers_limit != CREDITS_INFINITE;
    bool finite_data = credits->data_limit != CREDITS_INFINITE && data > 0;
    if (!finite_headers && !finite_data)
        return;
    CHECK(credits->count <= credits->mask);
    /* TLPs leave a switch by several ports, so a later return may mature earlier; it is seldom far out of place. */
    uint32_t n = credits->count++;
    for (; n > 0 && nth(credits, n - 1)->at_ps > at_ps; n--)
        *nth(credits, n) = *nth(credits, n - 1);
    *nth(credits, n) =
        (struct credit_return){.at_ps = at_ps, .headers = finite_headers ? 1 : 0, .data = finite_data ? data : 0};
}

uint32_t credits_held_headers(const struct credits *credits)
{
    if (credits->headers_limit == CREDITS_INFINITE)
        return 0;
    uint32_t held = credits->headers_limit - credits->headers;
    for (uint32_t n = 0; n < credits->count; n++)
        held -= nth(credits, n)->headers;
    return held;
}

uint32_t credits_held_data(const struct credits *credits)
{
    if (credits->data_limit == CREDITS_INFINITE)
        return 0;
    uint32_t held = credits->data_limit - credits->data;
    for (uint32_t n = 0; n < credits->count; n++)
        held -= nth(credits, n)->data;
    return held;
}

bool credits_is_valid(const struct credits *credits)
{
    for (uint32_t n = 1; n < credits->count; n++)
        if (nth(credits, n)->at_ps < nth(credits, n - 1)->at_ps)
            return false;
    return credits->headers <= credits->headers_limit && credits->data <= credits->data_limit &&
           credits_held_headers(credits) <= credits->headers_limit && credits_held_data(credits) <= credits->data_limit;
}
