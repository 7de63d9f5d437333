#include "fabric/pcie/link_timing.h"

#include <criterion/criterion.h>

static struct link_config link_of(uint32_t gen)
{
    return (struct link_config){.gen = gen, .width = 1, .mps_bytes = 128};
}

/* One lane, 128 bytes: 237, 288 and 333 symbols in the base specification's tables for generations 1 to 3. */
Test(link_timing, limits_are_the_tables_in_symbols_of_the_generation)
{
    static const struct {
        uint32_t gen, symbols;
        uint64_t symbol_ps;
    } table[] = {{1, 237, 4000}, {2, 288, 2000}, {3, 333, 1000}, {4, 333, 500}, {5, 333, 250}, {6, 333, 125}};
    for (size_t row = 0; row < sizeof table / sizeof table[0]; row++) {
        struct link_config link = link_of(table[row].gen);
        cr_assert_eq(link_symbol_ps(&link), table[row].symbol_ps);
        cr_assert_eq(link_latency_limit_ps(&link), table[row].symbols * table[row].symbol_ps);
    }
}

Test(link_timing, the_replay_timer_is_three_limits_and_the_cable_both_ways)
{
    struct link_config link = link_of(1);
    cr_assert_eq(link_replay_timer_ps(&link), 711 * 4000);
    link.propagation_ps = 257000;
    cr_assert_eq(link_replay_timer_ps(&link), 711 * 4000 + 514000);
    link.gen = 4;
    cr_assert_eq(link_replay_timer_ps(&link), 24000 * 500 + 514000, "simplified");
    link.replay_timer_ps = 5;
    cr_assert_eq(link_replay_timer_ps(&link), 5, "what the scenario says");
}
