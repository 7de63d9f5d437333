#include "fabric/pcim/parts.h"

#include <criterion/criterion.h>

Test(parts, add_up)
{
    struct pcim_parts parts = {.since_ps = 100};
    pcim_parts_count(&parts, PCIM_TIME_ASK, 150);
    pcim_parts_count(&parts, PCIM_TIME_RESET, 150);
    pcim_parts_count(&parts, PCIM_TIME_ASK, 175);
    pcim_parts_count(&parts, PCIM_TIME_UNDO, 300);
    cr_expect_eq(parts.took_ps[PCIM_TIME_ASK], 75);
    cr_expect_eq(parts.took_ps[PCIM_TIME_RESET], 0);
    cr_expect(parts.happened[PCIM_TIME_RESET] && !parts.happened[PCIM_TIME_BIND]);
    cr_expect_eq(parts.took_ps[PCIM_TIME_UNDO], 125);
}

Test(parts, are_called)
{
    cr_expect_str_eq(pcim_part_name(PCIM_TIME_IDLE), "idle");
    cr_expect_str_eq(pcim_part_name(PCIM_TIME_HAND_OVER), "hand_over");
    cr_expect_str_eq(pcim_part_name(PCIM_TIME_UNDO), "undo");
}
