#include "hostsim/host/windows.h"

#include <stdlib.h>

#include "fabric/base/check.h"

#define MEBIBYTE (UINT64_C(1) << 20)

/* Something that needs room on a bus: a BAR, or the window of a bridge. */
struct claim {
    uint64_t bytes, align;
    uint64_t *address; /* where it is to be told */
};

struct plan {
    struct host_function *functions;
    size_t count;
    enum host_window_kind kind;
    uint64_t *aligns; /* by function: what its window must be aligned to */
    struct claim *claims;
    size_t claim_count;
};

static uint64_t aligned(uint64_t address, uint64_t align)
{
    return (address + align - 1) & ~(align - 1);
}

static void claim(struct plan *plan, uint64_t bytes, uint64_t align, uint64_t *address)
{
    if (bytes == 0)
        return;
    size_t at = plan->claim_count++;
    for (; at > 0 && plan->claims[at - 1].align < align; at--)
        plan->claims[at] = plan->claims[at - 1];
    plan->claims[at] = (struct claim){bytes, align, address};
}

static void claim_bars(struct plan *plan, struct host_bar *bars)
{
    for (uint32_t bar = 0; bar < CONFIG_BARS; bar++)
        if (bars[bar].window == plan->kind)
            claim(plan, bars[bar].bytes, bars[bar].align, &bars[bar].address);
}

/* All that is on the bus behind BRIDGE. */
static void collect(struct plan *plan, int bridge)
{
    plan->claim_count = 0;
    for (size_t index = (size_t)(bridge + 1); index < plan->count; index++) {
        struct host_function *function = &plan->functions[index];
        if (function->parent != bridge)
            continue;
        claim_bars(plan, function->bars);
        claim_bars(plan, function->vf_bars);
        struct host_window *window = &function->windows[plan->kind];
        claim(plan, window->bytes, plan->aligns[index], &window->base);
    }
}

/* Places the claims from BASE on. Returns the end. */
static uint64_t place(const struct plan *plan, uint64_t base)
{
    for (size_t index = 0; index < plan->claim_count; index++) {
        const struct claim *next = &plan->claims[index];
        *next->address = aligned(base, next->align);
        base = *next->address + next->bytes;
    }
    return base;
}

/* From the last bridge to the first: those behind one come before it. */
static void size_windows(struct plan *plan)
{
    for (size_t index = plan->count; index-- > 0;) {
        if (!host_function_is_bridge(&plan->functions[index]))
            continue;
        collect(plan, (int)index);
        uint64_t align = plan->claim_count > 0 ? plan->claims[0].align : 0;
        plan->aligns[index] = align > MEBIBYTE ? align : MEBIBYTE;
        plan->functions[index].windows[plan->kind].bytes = aligned(place(plan, 0), MEBIBYTE);
    }
}

static void place_windows(struct plan *plan, uint64_t base)
{
    collect(plan, HOST_FUNCTION_NONE);
    place(plan, base);
    for (size_t index = 0; index < plan->count; index++) {
        const struct host_window *window = &plan->functions[index].windows[plan->kind];
        if (!host_function_is_bridge(&plan->functions[index]) || window->bytes == 0)
            continue;
        collect(plan, (int)index);
        place(plan, window->base);
    }
}

/* Nothing of KIND gets an address. */
static void close_all(struct plan *plan)
{
    for (size_t index = 0; index < plan->count; index++) {
        struct host_function *function = &plan->functions[index];
        function->windows[plan->kind] = (struct host_window){0};
        for (uint32_t bar = 0; bar < CONFIG_BARS; bar++) {
            if (function->bars[bar].window == plan->kind)
                function->bars[bar].address = 0;
            if (function->vf_bars[bar].window == plan->kind)
                function->vf_bars[bar].address = 0;
        }
    }
}

static bool fits(const struct plan *plan)
{
    uint64_t bytes = 0;
    for (size_t index = 0; index < plan->count; index++)
        if (plan->functions[index].parent == HOST_FUNCTION_NONE)
            bytes += plan->functions[index].windows[plan->kind].bytes;
    return plan->kind != HOST_WINDOW_LOW || bytes <= WINDOWS_LOW_LIMIT - WINDOWS_LOW_BASE;
}

bool windows_assign(struct host_function *functions, size_t count)
{
    static const uint64_t bases[HOST_WINDOWS] = {
        [HOST_WINDOW_LOW] = WINDOWS_LOW_BASE, [HOST_WINDOW_PREFETCH] = WINDOWS_PREFETCH_BASE};
    struct plan plan = {
        .functions = functions,
        .count = count,
        .aligns = calloc(count + 1, sizeof *plan.aligns),
        .claims = calloc(count * (2 * CONFIG_BARS + 1) + 1, sizeof *plan.claims),
    };
    CHECK(plan.aligns != NULL && plan.claims != NULL);
    bool all = true;
    for (plan.kind = 0; plan.kind < HOST_WINDOWS; plan.kind++) {
        size_windows(&plan);
        if (fits(&plan)) {
            place_windows(&plan, bases[plan.kind]);
            continue;
        }
        close_all(&plan);
        all = false;
    }
    free(plan.claims);
    free(plan.aligns);
    return all;
}
