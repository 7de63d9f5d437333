#include "hostsim/host/iommu.h"

#include <stdlib.h>

#include "fabric/base/check.h"

/* Room for this many walks at first. */
#define WALKS_AT_FIRST 2048

/* --- lists --- */

static const struct iommu_list empty = {IOMMU_NOBODY, IOMMU_NOBODY, 0};

static void append(struct iommu *iommu, struct iommu_list *list, uint32_t index)
{
    struct iommu_node *node = &iommu->nodes[index];
    node->before = list->last;
    node->after = IOMMU_NOBODY;
    if (list->last == IOMMU_NOBODY)
        list->first = index;
    else
        iommu->nodes[list->last].after = index;
    list->last = index;
    list->count++;
}

static void unlink_node(struct iommu *iommu, struct iommu_list *list, uint32_t index)
{
    const struct iommu_node *node = &iommu->nodes[index];
    if (node->before == IOMMU_NOBODY)
        list->first = node->after;
    else
        iommu->nodes[node->before].after = node->after;
    if (node->after == IOMMU_NOBODY)
        list->last = node->before;
    else
        iommu->nodes[node->after].before = node->before;
    list->count--;
}

/* --- the hash --- */

static uint32_t *bucket_of(const struct iommu *iommu, uint32_t space, uint64_t page)
{
    uint64_t mixed = (page ^ (uint64_t)space << 32) * UINT64_C(0x9e3779b97f4a7c15);
    return &iommu->buckets[(mixed >> 32) & iommu->bucket_mask];
}

static uint32_t find(const struct iommu *iommu, uint32_t space, uint64_t page)
{
    uint32_t index = *bucket_of(iommu, space, page);
    while (index != IOMMU_NOBODY && (iommu->nodes[index].page != page || iommu->nodes[index].space != space))
        index = iommu->nodes[index].chained;
    return index;
}

static void enter(struct iommu *iommu, uint32_t index)
{
    struct iommu_node *node = &iommu->nodes[index];
    uint32_t *bucket = bucket_of(iommu, node->space, node->page);
    node->chained = *bucket;
    *bucket = index;
}

static void leave(struct iommu *iommu, uint32_t index)
{
    uint32_t *link = bucket_of(iommu, iommu->nodes[index].space, iommu->nodes[index].page);
    while (*link != index)
        link = &iommu->nodes[*link].chained;
    *link = iommu->nodes[index].chained;
}

/* --- nodes --- */

static void make_buckets(struct iommu *iommu)
{
    uint32_t size = 1;
    while (size < iommu->node_count)
        size *= 2;
    free(iommu->buckets);
    iommu->buckets = malloc(size * sizeof *iommu->buckets);
    CHECK(iommu->buckets != NULL);
    iommu->bucket_mask = size - 1;
    for (uint32_t bucket = 0; bucket < size; bucket++)
        iommu->buckets[bucket] = IOMMU_NOBODY;
}

static void enter_all(struct iommu *iommu, const struct iommu_list *list)
{
    for (uint32_t index = list->first; index != IOMMU_NOBODY; index = iommu->nodes[index].after)
        enter(iommu, index);
}

/* Makes MORE free nodes, where none is free. */
static void grow(struct iommu *iommu, uint32_t more)
{
    CHECK(more <= UINT32_MAX / 4 - iommu->node_count);
    iommu->nodes = realloc(iommu->nodes, (iommu->node_count + more) * sizeof *iommu->nodes);
    CHECK(iommu->nodes != NULL);
    for (uint32_t end = iommu->node_count + more; iommu->node_count < end; iommu->node_count++) {
        iommu->nodes[iommu->node_count] = (struct iommu_node){.chained = iommu->free};
        iommu->free = iommu->node_count;
    }
    make_buckets(iommu);
    enter_all(iommu, &iommu->present);
    enter_all(iommu, &iommu->walking);
}

static uint32_t take_node(struct iommu *iommu)
{
    if (iommu->free == IOMMU_NOBODY)
        grow(iommu, iommu->node_count);
    uint32_t index = iommu->free;
    iommu->free = iommu->nodes[index].chained;
    return index;
}

static void forget(struct iommu *iommu, struct iommu_list *list, uint32_t index)
{
    unlink_node(iommu, list, index);
    leave(iommu, index);
    iommu->nodes[index].chained = iommu->free;
    iommu->free = index;
}

/* --- translation --- */

/* What walks have found by NOW_PS is in the TLB, in the order in which they ended. */
static void take_in(struct iommu *iommu, uint64_t now_ps)
{
    while (iommu->walking.count > 0 && iommu->nodes[iommu->walking.first].known_ps <= now_ps) {
        uint32_t index = iommu->walking.first;
        unlink_node(iommu, &iommu->walking, index);
        append(iommu, &iommu->present, index);
        if (iommu->present.count > iommu->config.entries)
            forget(iommu, &iommu->present, iommu->present.first);
    }
}

/* Gives the page to the walker that is free first; it ends after all that were given before it. */
static uint32_t walk(struct iommu *iommu, uint32_t space, uint64_t page, uint64_t now_ps)
{
    uint64_t *free_ps = &iommu->walker_free_ps[iommu->walker];
    iommu->walker = iommu->walker + 1 == iommu->config.walkers ? 0 : iommu->walker + 1;
    *free_ps = (*free_ps > now_ps ? *free_ps : now_ps) + iommu->config.walk_ps;
    uint32_t index = take_node(iommu);
    iommu->nodes[index].page = page;
    iommu->nodes[index].space = space;
    iommu->nodes[index].known_ps = *free_ps;
    append(iommu, &iommu->walking, index);
    enter(iommu, index);
    return index;
}

static void count(struct iommu *iommu, bool hit, bool walks, uint64_t wait_ps)
{
    struct iommu_counters *counters = &iommu->counters;
    counters->hits += hit;
    counters->misses += !hit;
    counters->walks += walks;
    counters->waits_ps += wait_ps;
    if (wait_ps > counters->wait_max_ps)
        counters->wait_max_ps = wait_ps;
}

static uint32_t space_of(uint16_t vh, uint16_t requester)
{
    return (uint32_t)vh << 16 | requester;
}

uint64_t iommu_translate(struct iommu *iommu, uint16_t vh, uint16_t requester, uint64_t address, uint64_t now_ps)
{
    uint64_t page = address >> iommu->page_shift;
    uint32_t space = space_of(vh, requester);
    take_in(iommu, now_ps);
    uint32_t index = find(iommu, space, page);
    bool known = index != IOMMU_NOBODY, hit = known && iommu->nodes[index].known_ps <= now_ps;
    if (hit) {
        unlink_node(iommu, &iommu->present, index);
        append(iommu, &iommu->present, index);
    } else if (!known) {
        index = walk(iommu, space, page, now_ps);
    }
    uint64_t known_ps = hit ? now_ps : iommu->nodes[index].known_ps;
    if (window_contains(&iommu->window, now_ps))
        count(iommu, hit, !known, known_ps - now_ps);
    return known_ps;
}

static void forget_space(struct iommu *iommu, struct iommu_list *list, uint32_t space)
{
    for (uint32_t index = list->first, after; index != IOMMU_NOBODY; index = after) {
        after = iommu->nodes[index].after;
        if (iommu->nodes[index].space == space)
            forget(iommu, list, index);
    }
}

void iommu_forget(struct iommu *iommu, uint16_t vh, uint16_t requester)
{
    forget_space(iommu, &iommu->present, space_of(vh, requester));
    forget_space(iommu, &iommu->walking, space_of(vh, requester));
}

bool iommu_knows(const struct iommu *iommu, uint16_t vh, uint16_t requester)
{
    for (uint32_t bucket = 0; bucket <= iommu->bucket_mask; bucket++)
        for (uint32_t index = iommu->buckets[bucket]; index != IOMMU_NOBODY; index = iommu->nodes[index].chained)
            if (iommu->nodes[index].space == space_of(vh, requester))
                return true;
    return false;
}

/* --- as a whole --- */

void iommu_init(struct iommu *iommu, const struct iommu_config *config, struct window window)
{
    CHECK(config->entries >= 1 && config->entries <= IOMMU_ENTRIES_MAX);
    CHECK(config->walkers >= 1 && config->walkers <= IOMMU_WALKERS_MAX);
    CHECK(config->page_bytes > 0 && (config->page_bytes & (config->page_bytes - 1)) == 0);
    *iommu = (struct iommu){
        .config = *config,
        .window = window,
        .page_shift = (unsigned)__builtin_ctzll(config->page_bytes),
        .free = IOMMU_NOBODY,
        .present = empty,
        .walking = empty,
        .walker_free_ps = calloc(config->walkers, sizeof(uint64_t)),
    };
    CHECK(iommu->walker_free_ps != NULL);
    grow(iommu, config->entries + WALKS_AT_FIRST);
}

void iommu_free(struct iommu *iommu)
{
    free(iommu->walker_free_ps);
    free(iommu->buckets);
    free(iommu->nodes);
    *iommu = (struct iommu){0};
}

static bool list_is_valid(const struct iommu *iommu, const struct iommu_list *list, bool by_end)
{
    uint32_t found = 0;
    for (uint32_t index = list->first; index != IOMMU_NOBODY; index = iommu->nodes[index].after) {
        const struct iommu_node *node = &iommu->nodes[index];
        if (find(iommu, node->space, node->page) != index || ++found > list->count)
            return false;
        if (by_end && node->after != IOMMU_NOBODY && iommu->nodes[node->after].known_ps < node->known_ps)
            return false;
    }
    return found == list->count;
}

bool iommu_is_valid(const struct iommu *iommu)
{
    return iommu->present.count <= iommu->config.entries && list_is_valid(iommu, &iommu->present, false) &&
           list_is_valid(iommu, &iommu->walking, true);
}
