#include "hostsim/host/write_order.h"

#include <criterion/criterion.h>
#include <string.h>

#include "fabric/base/random.h"

static struct tlp of(uint16_t requester, uint8_t attributes)
{
    return (struct tlp){.type = TLP_MWR, .requester_id = requester, .attributes = attributes};
}

/* Every earlier write, looked at anew for each: what the header says, word by word. */
#define WRITES 300

struct history {
    struct tlp writes[WRITES];
    uint64_t visible_ps[WRITES];
    uint32_t count;
};

static uint64_t must_wait_until(const struct history *history, const struct tlp *tlp)
{
    uint64_t until_ps = 0;
    for (uint32_t i = 0; i < history->count; i++) {
        bool id_based = (tlp->attributes & TLP_ID_BASED_ORDERING) != 0;
        if (id_based && history->writes[i].requester_id != tlp->requester_id)
            continue;
        if (history->visible_ps[i] > until_ps)
            until_ps = history->visible_ps[i];
    }
    return until_ps;
}

Test(write_order, is_what_a_look_at_all_earlier_writes_says)
{
    static const uint8_t attributes[] = {0, 0, TLP_RELAXED_ORDERING, TLP_ID_BASED_ORDERING};
    struct random random;
    random_init(&random, 3, "write_order");
    for (int round = 0; round < 30; round++) {
        struct write_order order = {0};
        struct history history = {.count = 0};
        for (uint32_t i = 0; i < WRITES; i++) {
            struct tlp tlp = of((uint16_t)(0x100 + random_below(&random, 5)), attributes[random_below(&random, 4)]);
            uint64_t done_ps = 10 * i + random_below(&random, 100);
            cr_assert_eq(write_order_read(&order, &tlp), must_wait_until(&history, &tlp));
            uint64_t expected_ps = done_ps;
            if ((tlp.attributes & TLP_RELAXED_ORDERING) == 0 && must_wait_until(&history, &tlp) > done_ps)
                expected_ps = must_wait_until(&history, &tlp);
            cr_assert_eq(write_order_write(&order, &tlp, done_ps), expected_ps);
            history.writes[history.count] = tlp;
            history.visible_ps[history.count++] = expected_ps;
        }
    }
}

Test(write_order, requesters_that_share_a_place_only_wait_longer)
{
    struct write_order order = {0};
    struct tlp one = of(0x0000, TLP_ID_BASED_ORDERING), other = of(0x0101, TLP_ID_BASED_ORDERING);
    cr_assert_eq(write_order_write(&order, &one, 100), 100);
    cr_assert_eq(write_order_write(&order, &other, 50), 100);
}
