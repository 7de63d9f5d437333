#include "fabric/pcie/gate.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "fabric/base/random.h"

/* How many of ENDS are still under way at NOW. */
static uint32_t under_way(const uint64_t *ends, uint32_t count, uint64_t now)
{
    uint32_t busy = 0;
    for (uint32_t i = 0; i < count; i++)
        busy += ends[i] > now;
    return busy;
}

static void compare(struct random *random, uint32_t places)
{
    static uint64_t ends[1000];
    uint32_t passed = 0;
    struct gate gate;
    gate_init(&gate, places);
    for (uint64_t now = 0; passed < 1000; now += random_below(random, 30)) {
        bool free = under_way(ends, passed, now) < places;
        cr_assert_eq(gate_opens_ps(&gate, &gate, now) == now, free);
        if (free) {
            ends[passed] = now + random_below(random, 200);
            gate_pass(&gate, &gate, now, ends[passed++]);
            continue;
        }
        uint64_t at = gate_opens_ps(&gate, &gate, now);
        cr_assert_lt(under_way(ends, passed, at), places);
        cr_assert_geq(under_way(ends, passed, at - 1), places);
    }
    gate_free(&gate);
}

Test(gate, lets_as_many_through_as_it_has_places)
{
    struct random random;
    random_init(&random, 1, "gate");
    for (uint32_t places = 1; places <= 16; places++)
        compare(&random, places);
}

Test(gate, lets_nobody_through_while_it_is_full, .signal = SIGABRT)
{
    struct gate gate;
    gate_init(&gate, 2);
    gate_pass(&gate, &gate, 0, 10);
    gate_pass(&gate, &gate, 0, 20);
    gate_pass(&gate, &gate, 9, 30);
}

Test(gate, keeps_a_place_for_its_claimant_at_the_time_that_it_becomes_free_and_no_longer)
{
    int first, second, third;
    struct gate gate;
    gate_init(&gate, 1);
    gate_pass(&gate, &first, 0, 10);
    cr_assert_eq(gate_opens_ps(&gate, &second, 4), 10); /* it has the claim */
    cr_assert_eq(gate_opens_ps(&gate, &third, 5), 10);
    cr_assert_eq(gate_opens_ps(&gate, &third, 10), 11);
    cr_assert_eq(gate_opens_ps(&gate, &second, 10), 10);
    cr_assert_eq(gate_opens_ps(&gate, &third, 11), 11); /* the claimant could not use it */
    gate_pass(&gate, &third, 11, 20);
    cr_assert_eq(gate_opens_ps(&gate, &third, 20), 21); /* and still has its claim */
    gate_pass(&gate, &second, 20, 30);
    cr_assert_eq(gate_opens_ps(&gate, &third, 30), 30); /* nobody has one now */
    gate_free(&gate);
}
