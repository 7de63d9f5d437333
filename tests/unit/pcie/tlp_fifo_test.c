#include "fabric/pcie/tlp_fifo.h"

#include <criterion/criterion.h>

#include "fabric/base/random.h"

#define COUNT 300

static struct tlp tlps[COUNT];

Test(tlp_fifo, gives_out_in_the_order_of_arrival)
{
    struct tlp_fifo fifo = {0};
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++)
            tlp_fifo_push(&fifo, &tlps[i]);
        for (int i = 0; i < COUNT; i++) {
            cr_assert_not(tlp_fifo_is_empty(&fifo));
            cr_assert_eq(tlp_fifo_pop(&fifo), &tlps[i]);
        }
        cr_assert(tlp_fifo_is_empty(&fifo));
    }
}

/* Takes from FIFO the earliest by ready time, of several the one pushed first (the lowest tag). */
static void check_pop(struct tlp_fifo *fifo, bool *inside)
{
    int expected = -1;
    for (int i = 0; i < COUNT; i++)
        if (inside[i] && (expected < 0 || tlps[i].ready_ps < tlps[expected].ready_ps))
            expected = i;
    cr_assert_eq(tlp_fifo_is_empty(fifo), expected < 0);
    if (expected < 0)
        return;
    cr_assert_eq(tlp_fifo_pop(fifo), &tlps[expected]);
    inside[expected] = false;
}

Test(tlp_fifo, inserts_by_ready_time_behind_equals)
{
    struct random random;
    random_init(&random, 1, "tlp_fifo");
    for (int round = 0; round < 200; round++) {
        struct tlp_fifo fifo = {0};
        bool inside[COUNT] = {false};
        uint64_t span = 1 + random_below(&random, 50);
        for (int i = 0; i < COUNT; i++) {
            tlps[i].ready_ps = random_below(&random, span);
            tlp_fifo_push_by_ready(&fifo, &tlps[i]);
            inside[i] = true;
            if (random_below(&random, 2) == 0)
                check_pop(&fifo, inside);
        }
        for (int i = 0; i < COUNT; i++)
            check_pop(&fifo, inside);
    }
}
