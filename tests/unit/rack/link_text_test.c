#include "hostsim/rack/link_text.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect(struct link_config config, const char *text)
{
    char buffer[LINK_TEXT_BYTES];
    cr_expect_str_eq(link_text(&config, buffer), text);
}

Test(link_text, says_generation_and_width_and_a_rate_of_its_own)
{
    expect((struct link_config){.gen = 4, .width = 8}, "gen4 x8");
    expect((struct link_config){.gen = 6, .width = 16, .rate_bps = {92400000000, 92400000000}}, "gen6 x16, 92.4 Gb/s");
    expect(
        (struct link_config){.gen = 1, .width = 1, .rate_bps = {[LINK_UP] = 1000000, [LINK_DOWN] = 2500000000}},
        "gen1 x1, 0.001 Gb/s up, 2.5 Gb/s down");
}

/* The other direction then has the wire's own. */
Test(link_text, says_both_rates_where_one_is_given)
{
    expect(
        (struct link_config){.gen = 1, .width = 4, .rate_bps = {[LINK_UP] = 1000000000}},
        "gen1 x4, 1 Gb/s up, 8 Gb/s down");
}

Test(link_text, fits_whatever_the_rate)
{
    char buffer[LINK_TEXT_BYTES];
    struct link_config config = {.gen = 6, .width = 16, .rate_bps = {UINT64_MAX, UINT64_MAX - 1}};
    link_text(&config, buffer);
    cr_expect(strstr(buffer, "Gb/s down"), "%s", buffer);
}
