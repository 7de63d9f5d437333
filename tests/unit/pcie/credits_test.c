#include "fabric/pcie/credits.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"

#define MAX 512

/* The same as a list of what everybody holds. */
struct reference {
    uint64_t headers_limit, data_limit; /* infinite: very many */
    struct {
        uint32_t data;
        uint64_t back_ps; /* TIME_NEVER: held by the receiver */
    } tlps[MAX];
    uint32_t count;
};

static uint64_t limit_of(uint32_t limit)
{
    return limit == CREDITS_INFINITE ? UINT64_C(1) << 60 : limit;
}

/* TRUE when a TLP of DATA could go at AT_PS, going by what is known. */
static bool reference_suffices(const struct reference *reference, uint32_t data, uint64_t at_ps)
{
    uint64_t headers_used = 0, data_used = 0;
    for (uint32_t i = 0; i < reference->count; i++) {
        if (reference->tlps[i].back_ps <= at_ps)
            continue;
        headers_used++;
        data_used += reference->tlps[i].data;
    }
    return headers_used + 1 <= reference->headers_limit && data_used + data <= reference->data_limit;
}

static uint64_t reference_available_at(const struct reference *reference, uint32_t data)
{
    uint64_t earliest_ps = TIME_NEVER;
    for (uint32_t i = 0; i < reference->count; i++) {
        uint64_t back_ps = reference->tlps[i].back_ps;
        if (back_ps < earliest_ps && reference_suffices(reference, data, back_ps))
            earliest_ps = back_ps;
    }
    return earliest_ps;
}

static void forget_returned(struct reference *reference, uint64_t now_ps)
{
    for (uint32_t i = 0; i < reference->count;)
        if (reference->tlps[i].back_ps <= now_ps)
            reference->tlps[i] = reference->tlps[--reference->count];
        else
            i++;
}

static void check_held(const struct credits *credits, const struct reference *reference)
{
    uint32_t headers = 0, data = 0;
    for (uint32_t i = 0; i < reference->count; i++) {
        if (reference->tlps[i].back_ps != TIME_NEVER)
            continue;
        headers++;
        data += reference->tlps[i].data;
    }
    cr_assert_eq(credits_held_headers(credits), credits->headers_limit == CREDITS_INFINITE ? 0 : headers);
    cr_assert_eq(credits_held_data(credits), credits->data_limit == CREDITS_INFINITE ? 0 : data);
}

static void try_to_send(struct credits *credits, struct reference *reference, uint32_t data, uint64_t now_ps)
{
    bool suffices = reference_suffices(reference, data, now_ps);
    cr_assert_eq(credits_suffice(credits, data, now_ps), suffices);
    if (!suffices) {
        cr_assert_eq(credits_available_at(credits, data), reference_available_at(reference, data));
    } else if (reference->count < MAX) {
        credits_spend(credits, data);
        reference->tlps[reference->count].data = data;
        reference->tlps[reference->count++].back_ps = TIME_NEVER;
    }
}

static void give_back(struct credits *credits, struct reference *reference, uint32_t index, uint64_t at_ps)
{
    if (reference->tlps[index].back_ps != TIME_NEVER)
        return;
    reference->tlps[index].back_ps = at_ps;
    credits_return(credits, reference->tlps[index].data, at_ps);
}

static void compare(struct random *random, uint32_t headers_limit, uint32_t data_limit)
{
    struct credits credits;
    static struct reference reference;
    reference = (struct reference){.headers_limit = limit_of(headers_limit), .data_limit = limit_of(data_limit)};
    credits_init(&credits, headers_limit, data_limit);
    uint64_t now_ps = 0;
    for (int step = 0; step < 3000; step++) {
        now_ps += random_below(random, 20);
        uint32_t data = random_below(random, 4) == 0 ? 0 : (uint32_t)random_below(random, 17);
        if (random_below(random, 2) == 0 && reference.count > 0)
            give_back(
                &credits, &reference, (uint32_t)random_below(random, reference.count),
                now_ps + random_below(random, 200));
        else
            try_to_send(&credits, &reference, data, now_ps);
        cr_assert(credits_is_valid(&credits));
        check_held(&credits, &reference);
        credits_mature(&credits, now_ps);
        forget_returned(&reference, now_ps);
    }
    credits_free(&credits);
}

Test(credits, are_those_of_a_list_of_what_everybody_holds)
{
    static const uint32_t limits[] = {1, 2, 3, 7, 8, 64, 127, 200, CREDITS_INFINITE};
    struct random random;
    random_init(&random, 1, "credits");
    for (size_t headers = 0; headers < sizeof limits / sizeof limits[0]; headers++)
        for (size_t data = 0; data < sizeof limits / sizeof limits[0]; data++)
            compare(&random, limits[headers], limits[data]);
}

Test(credits, all_come_back)
{
    struct credits credits;
    credits_init(&credits, 5, 40);
    for (int i = 0; i < 5; i++) {
        cr_assert(credits_suffice(&credits, 8, 0));
        credits_spend(&credits, 8);
    }
    cr_assert_not(credits_suffice(&credits, 0, 0));
    for (uint64_t i = 0; i < 5; i++)
        credits_return(&credits, 8, 50 - i * 10); /* the last first */
    cr_assert_eq(credits_available_at(&credits, 16), 20);
    cr_assert_eq(credits_available_at(&credits, 41), TIME_NEVER);
    credits_mature(&credits, 49);
    cr_assert_eq(credits.headers, 4);
    credits_mature(&credits, 50);
    cr_assert_eq(credits.headers, 5);
    cr_assert_eq(credits.data, 40);
    credits_free(&credits);
}

Test(credits, infinite_ones_stay_infinite_and_cost_nothing)
{
    struct credits credits;
    credits_init(&credits, CREDITS_INFINITE, CREDITS_INFINITE);
    for (int i = 0; i < 1000; i++) {
        cr_assert(credits_suffice(&credits, 256, 0));
        credits_spend(&credits, 256);
        credits_return(&credits, 256, 10);
    }
    cr_assert_eq(credits.count, 0);
    cr_assert_eq(credits.headers, CREDITS_INFINITE);
    cr_assert_eq(credits.data, CREDITS_INFINITE);
    cr_assert(credits_is_valid(&credits));
    credits_free(&credits);
}

Test(credits, that_were_never_taken_are_noticed)
{
    struct credits credits;
    credits_init(&credits, 4, 4);
    credits_return(&credits, 1, 10);
    cr_assert_not(credits_is_valid(&credits));
    credits_free(&credits);
}

Test(credits, more_returns_than_credits_are_refused, .signal = SIGABRT)
{
    struct credits credits;
    credits_init(&credits, 4, CREDITS_INFINITE);
    for (int i = 0; i < 5; i++)
        credits_return(&credits, 0, 10);
}
