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
    bool room;        /* bridges keep room for more */
    size_t first;     /* functions before it have their places */
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

static uint64_t with_room(const struct plan *plan, const struct host_function *bridge, uint64_t bytes)
{
    if (!plan->room || plan->kind != HOST_WINDOW_PREFETCH)
        return bytes;
    if (bridge->type == EXPRESS_DOWNSTREAM_PORT)
        return bytes > WINDOWS_SLOT_ROOM ? bytes : WINDOWS_SLOT_ROOM;
    return bridge->type == EXPRESS_UPSTREAM_PORT ? bytes + WINDOWS_SWITCH_ROOM : bytes;
}

/* From the last bridge to the first: those behind one come before it. */
static void size_windows(struct plan *plan)
{
    for (size_t index = plan->count; index-- > plan->first;) {
        if (!host_function_is_bridge(&plan->functions[index]))
            continue;
        collect(plan, (int)index);
        uint64_t align = plan->claim_count > 0 ? plan->claims[0].align : 0;
        plan->aligns[index] = align > MEBIBYTE ? align : MEBIBYTE;
        uint64_t bytes = with_room(plan, &plan->functions[index], aligned(place(plan, 0), MEBIBYTE));
        plan->functions[index].windows[plan->kind].bytes = bytes;
    }
}

/* What is behind bridges whose windows have their places. */
static void place_behind(struct plan *plan)
{
    for (size_t index = plan->first; index < plan->count; index++) {
        const struct host_window *window = &plan->functions[index].windows[plan->kind];
        if (!host_function_is_bridge(&plan->functions[index]) || window->bytes == 0)
            continue;
        collect(plan, (int)index);
        place(plan, window->base);
    }
}

static void place_windows(struct plan *plan, uint64_t base)
{
    collect(plan, HOST_FUNCTION_NONE);
    place(plan, base);
    place_behind(plan);
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

static void plan_init(struct plan *plan, struct host_function *functions, size_t count, bool room)
{
    *plan = (struct plan){
        .functions = functions,
        .count = count,
        .room = room,
        .aligns = calloc(count + 1, sizeof *plan->aligns),
        .claims = calloc(count * (2 * CONFIG_BARS + 1) + 1, sizeof *plan->claims),
    };
    CHECK(plan->aligns != NULL && plan->claims != NULL);
}

static void plan_free(struct plan *plan)
{
    free(plan->claims);
    free(plan->aligns);
}

bool windows_assign(struct host_function *functions, size_t count, bool room)
{
    static const uint64_t bases[HOST_WINDOWS] = {
        [HOST_WINDOW_LOW] = WINDOWS_LOW_BASE, [HOST_WINDOW_PREFETCH] = WINDOWS_PREFETCH_BASE};
    struct plan plan;
    plan_init(&plan, functions, count, room);
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
    plan_free(&plan);
    return all;
}

/* --- room for more --- */

/* An end of addresses. */
static uint64_t limit_of(enum host_window_kind kind)
{
    return kind == HOST_WINDOW_LOW ? WINDOWS_LOW_LIMIT : WINDOWS_PREFETCH_LIMIT;
}

static uint64_t base_of(enum host_window_kind kind)
{
    return kind == HOST_WINDOW_LOW ? WINDOWS_LOW_BASE : WINDOWS_PREFETCH_BASE;
}

static bool overlaps(uint64_t base, uint64_t bytes, uint64_t other, uint64_t other_bytes)
{
    return other_bytes > 0 && base < other + other_bytes && other < base + bytes;
}

/* Where what is in the way of [BASE, BASE + BYTES) on the bus behind PARENT ends; 0: nothing is. SELF: does not count.
 */
static uint64_t obstacle_end(const struct plan *plan, int parent, uint64_t base, uint64_t bytes, const void *self)
{
    for (size_t index = 0; index < plan->count; index++) {
        const struct host_function *function = &plan->functions[index];
        const struct host_window *window = &function->windows[plan->kind];
        if (function->parent != parent)
            continue;
        if (&window->base != self && window->base != 0 && overlaps(base, bytes, window->base, window->bytes))
            return window->base + window->bytes;
        for (uint32_t n = 0; n < 2 * CONFIG_BARS; n++) {
            const struct host_bar *bar = n < CONFIG_BARS ? &function->bars[n] : &function->vf_bars[n - CONFIG_BARS];
            if (&bar->address != self && bar->window == plan->kind && bar->address != 0 &&
                overlaps(base, bytes, bar->address, bar->bytes))
                return bar->address + bar->bytes;
        }
    }
    return 0;
}

static uint64_t find_room(struct plan *plan, int parent, uint64_t bytes, uint64_t align, const void *self);

/* Bridge INDEX has all up to END, if nothing is in the way. */
static bool grow(struct plan *plan, int index, uint64_t end)
{
    struct host_function *bridge = &plan->functions[index];
    struct host_window *window = &bridge->windows[plan->kind];
    end = aligned(end, MEBIBYTE);
    if (end <= window->base + window->bytes)
        return true;
    uint64_t bytes = end - window->base;
    if (end > limit_of(plan->kind) || obstacle_end(plan, bridge->parent, window->base, bytes, &window->base) != 0)
        return false;
    if (bridge->parent != HOST_FUNCTION_NONE && !grow(plan, bridge->parent, end))
        return false;
    window->bytes = bytes;
    bridge->resized = true;
    return true;
}

/* A closed window opens. */
static bool open_window(struct plan *plan, int index, uint64_t bytes, uint64_t align)
{
    struct host_function *bridge = &plan->functions[index];
    struct host_window *window = &bridge->windows[plan->kind];
    bytes = with_room(plan, bridge, aligned(bytes, MEBIBYTE));
    align = align > MEBIBYTE ? align : MEBIBYTE;
    uint64_t base = base_of(plan->kind);
    if (bridge->parent != HOST_FUNCTION_NONE)
        base = find_room(plan, bridge->parent, bytes, align, &window->base);
    if (base == 0)
        return false;
    *window = (struct host_window){.base = base, .bytes = bytes};
    bridge->resized = true;
    return true;
}

/* The lowest free address for BYTES on the bus behind PARENT, whose window is made for it. 0: there is none. */
static uint64_t find_room(struct plan *plan, int parent, uint64_t bytes, uint64_t align, const void *self)
{
    const struct host_window *window = &plan->functions[parent].windows[plan->kind];
    if (window->bytes == 0 && !open_window(plan, parent, bytes, align))
        return 0;
    uint64_t base = aligned(window->base, align), end;
    while ((end = obstacle_end(plan, parent, base, bytes, self)) != 0)
        base = aligned(end, align);
    return grow(plan, parent, base + bytes) ? base : 0;
}

/* Finds a place for one thing of a fresh function on a known bus. */
static bool settle(struct plan *plan, int parent, uint64_t bytes, uint64_t align, uint64_t *address)
{
    *address = 0;
    if (bytes == 0)
        return true;
    *address = find_room(plan, parent, bytes, align, address);
    return *address != 0;
}

static bool settle_bars(struct plan *plan, int parent, struct host_bar *bars)
{
    bool all = true;
    for (uint32_t bar = 0; bar < CONFIG_BARS; bar++)
        if (bars[bar].window == plan->kind)
            all = settle(plan, parent, bars[bar].bytes, bars[bar].align, &bars[bar].address) && all;
    return all;
}

/* A fresh function on a known bus: its BARs, and of a bridge its window, around all behind it. */
static bool settle_function(struct plan *plan, size_t index)
{
    struct host_function *function = &plan->functions[index];
    struct host_window *window = &function->windows[plan->kind];
    bool all = settle_bars(plan, function->parent, function->bars);
    all = settle_bars(plan, function->parent, function->vf_bars) && all;
    if (settle(plan, function->parent, window->bytes, plan->aligns[index], &window->base))
        return all;
    window->bytes = 0;
    return false;
}

bool windows_extend(struct host_function *functions, size_t count, bool room)
{
    struct plan plan;
    plan_init(&plan, functions, count, room);
    while (plan.first < count && !functions[plan.first].fresh)
        plan.first++;
    bool all = true;
    for (plan.kind = 0; plan.kind < HOST_WINDOWS; plan.kind++) {
        size_windows(&plan);
        for (size_t index = plan.first; index < count; index++)
            if (!functions[functions[index].parent].fresh)
                all = settle_function(&plan, index) && all;
        place_behind(&plan);
    }
    plan_free(&plan);
    return all;
}
