/* The IOMMU against a slow one that walks over plain arrays. */
#include "hostsim/host/iommu.h"

#include <criterion/criterion.h>
#include <string.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"

#define NS PS_PER_NS
#define PAGE 4096
#define ALWAYS ((struct window){0, TIME_NEVER})

static struct iommu iommu;

static void open(uint32_t entries, uint64_t walk_ps, uint32_t walkers)
{
    iommu_init(&iommu, &(struct iommu_config){entries, PAGE, walk_ps, walkers}, ALWAYS);
}

static void close(void)
{
    iommu_free(&iommu);
}

static uint64_t ask(uint64_t page, uint64_t now_ps)
{
    uint64_t at_ps = iommu_translate(&iommu, 1, 0x300, page * PAGE + 100, now_ps);
    cr_assert(iommu_is_valid(&iommu));
    return at_ps;
}

static void expect_counters(uint64_t hits, uint64_t misses, uint64_t walks)
{
    cr_expect_eq(iommu.counters.hits, hits);
    cr_expect_eq(iommu.counters.misses, misses);
    cr_expect_eq(iommu.counters.walks, walks);
}

Test(iommu, a_page_is_walked_for_once, .fini = close)
{
    open(4, 330 * NS, 2);
    cr_expect_eq(ask(7, 1000), 1000 + 330 * NS);
    cr_expect_eq(ask(7, 331 * NS), 331 * NS, "found at the very time that the walk ends");
    cr_expect_eq(ask(7, 400 * NS), 400 * NS);
    expect_counters(2, 1, 1);
    cr_expect_eq(iommu.counters.waits_ps, 330 * NS);
    cr_expect_eq(iommu.counters.wait_max_ps, 330 * NS);
}

Test(iommu, who_asks_during_a_walk_joins_it, .fini = close)
{
    open(1, 330 * NS, 1);
    cr_expect_eq(ask(7, 0), 330 * NS);
    cr_expect_eq(ask(8, 0), 660 * NS);
    cr_expect_eq(ask(7, 100 * NS), 330 * NS);
    cr_expect_eq(ask(8, 200 * NS), 660 * NS, "also one that waits for a walker");
    expect_counters(0, 4, 2);
    cr_expect_eq(ask(7, 660 * NS), 990 * NS, "8 has the one place");
}

Test(iommu, walkers_are_the_bound, .fini = close)
{
    open(64, 330 * NS, 6);
    for (uint64_t page = 0; page < 60; page++)
        cr_expect_eq(ask(page, 0), (page / 6 + 1) * 330 * NS);
}

Test(iommu, what_was_used_longest_ago_goes, .fini = close)
{
    open(3, 10, 8);
    for (uint64_t page = 1; page <= 3; page++)
        ask(page, page);
    ask(1, 100);
    ask(4, 101); /* in at 111, for 2 */
    cr_expect_eq(ask(2, 105), 105, "it goes when the other comes");
    cr_expect_eq(ask(3, 120), 130, "then 3 was used longest ago");
    cr_expect_eq(ask(1, 125), 125);
    cr_expect_eq(ask(4, 129), 129);
}

Test(iommu, functions_share_no_translation, .fini = close)
{
    open(64, 330 * NS, 64);
    cr_expect_eq(iommu_translate(&iommu, 1, 1, 0, 0), 330 * NS);
    cr_expect_eq(iommu_translate(&iommu, 1, 2, 0, 400 * NS), 730 * NS);
    cr_expect_eq(iommu_translate(&iommu, 2, 1, 0, 800 * NS), 1130 * NS);
    cr_expect_eq(iommu_translate(&iommu, 1, 1, 4095, 1200 * NS), 1200 * NS);
}

Test(iommu, a_walk_of_no_time_makes_a_hit_of_nothing, .fini = close)
{
    open(1, 0, 1);
    cr_expect_eq(ask(1, 5), 5);
    cr_expect_eq(ask(2, 5), 5);
    cr_expect_eq(ask(1, 5), 5);
    expect_counters(0, 3, 3);
}

Test(iommu, it_counts_in_the_window, .fini = close)
{
    iommu_init(&iommu, &(struct iommu_config){4, PAGE, 10, 1}, (struct window){100, 200});
    ask(1, 0);
    ask(1, 100);
    ask(2, 199);
    ask(3, 200);
    expect_counters(1, 1, 1);
}

/* --- the slow one --- */

#define PAGES 4096
static struct {
    bool present, walking;
    uint64_t used, known_ps;
} slow[PAGES];
static uint64_t slow_clock, slow_walkers[64];

/* Page N's walk ends: it comes in, for the one used longest ago when there is no room. */
static void slow_come_in(uint32_t page, uint32_t entries)
{
    uint32_t count = 0, oldest = PAGES;
    for (uint32_t n = 0; n < PAGES; n++) {
        count += slow[n].present;
        if (slow[n].present && (oldest == PAGES || slow[n].used < slow[oldest].used))
            oldest = n;
    }
    if (count == entries)
        slow[oldest].present = false;
    slow[page].walking = false;
    slow[page].present = true;
    slow[page].used = slow_clock++;
}

static uint64_t slow_ask(const struct iommu_config *config, uint32_t page, uint64_t now_ps)
{
    for (;;) {
        uint32_t first = PAGES;
        for (uint32_t n = 0; n < PAGES; n++)
            if (slow[n].walking && (first == PAGES || slow[n].known_ps < slow[first].known_ps ||
                                    (slow[n].known_ps == slow[first].known_ps && slow[n].used < slow[first].used)))
                first = n;
        if (first == PAGES || slow[first].known_ps > now_ps)
            break;
        slow_come_in(first, config->entries);
    }
    if (slow[page].present) {
        slow[page].used = slow_clock++;
        return now_ps;
    }
    if (!slow[page].walking) {
        uint32_t walker = 0;
        for (uint32_t n = 1; n < config->walkers; n++)
            if (slow_walkers[n] < slow_walkers[walker])
                walker = n;
        uint64_t begin_ps = slow_walkers[walker] > now_ps ? slow_walkers[walker] : now_ps;
        slow_walkers[walker] = begin_ps + config->walk_ps;
        slow[page].walking = true;
        slow[page].used = slow_clock++;
        slow[page].known_ps = slow_walkers[walker];
    }
    return slow[page].known_ps;
}

Test(iommu, is_as_the_slow_one)
{
    struct random random;
    random_init(&random, 1, "iommu");
    for (uint32_t round = 0; round < 40; round++) {
        struct iommu_config config = {
            .entries = 1 + (uint32_t)random_below(&random, 70),
            .page_bytes = PAGE,
            .walk_ps = random_below(&random, 500),
            .walkers = 1 + (uint32_t)random_below(&random, 9),
        };
        iommu_init(&iommu, &config, ALWAYS);
        memset(slow, 0, sizeof slow);
        memset(slow_walkers, 0, sizeof slow_walkers);
        uint32_t pages = 1 + (uint32_t)random_below(&random, 2 * config.entries);
        uint64_t now_ps = 0, pace = random_below(&random, 200);
        for (uint32_t n = 0; n < 400; n++) {
            uint32_t page = (uint32_t)random_below(&random, pages);
            now_ps += random_below(&random, pace + 1);
            uint64_t known_ps = ask(page, now_ps), expected_ps = slow_ask(&config, page, now_ps);
            cr_assert_eq(known_ps, expected_ps, "round %u, request %u: %lu, not %lu", round, n, known_ps, expected_ps);
        }
        close();
    }
}

Test(iommu, forgets_who_has_gone, .fini = close)
{
    open(8, 100, 1);
    for (uint16_t requester = 1; requester <= 2; requester++)
        for (uint64_t page = 0; page < 3; page++)
            iommu_translate(&iommu, 1, requester, page * PAGE, 0); /* found, or still walked for, at 300 */
    iommu_translate(&iommu, 1, 1, 0, 300);
    iommu_forget(&iommu, 1, 1);
    cr_assert(iommu_is_valid(&iommu));
    cr_assert_not(iommu_knows(&iommu, 1, 1));
    cr_assert(iommu_knows(&iommu, 1, 2));
    iommu_forget(&iommu, 1, 2);
    cr_assert_not(iommu_knows(&iommu, 1, 2));
    cr_assert(iommu_is_valid(&iommu));
    cr_assert_eq(iommu_translate(&iommu, 1, 1, 0, 1000), 1100, "as if it had never been there");
}

Test(iommu, more_walks_than_there_was_room_for, .fini = close)
{
    open(2, 10, 1);
    for (uint64_t page = 0; page < 10000; page++)
        cr_assert_eq(iommu_translate(&iommu, 1, 1, page * PAGE, 0), (page + 1) * 10);
    cr_assert(iommu_is_valid(&iommu));
    cr_expect_eq(iommu_translate(&iommu, 1, 1, 9999 * PAGE, 100000), 100000);
    cr_expect_eq(iommu_translate(&iommu, 1, 1, 9998 * PAGE, 100000), 100000);
    cr_expect_eq(iommu_translate(&iommu, 1, 1, 9997 * PAGE, 100000), 100010);
    cr_assert(iommu_is_valid(&iommu));
}
