#include "hostsim/rack/trace_links.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/rack.h"

/* Links, in the order of results: h0:0, h0:1, h1, isl0, nic. */
#define RACK                                                                                                           \
    "mriov: 1\nrun: {duration: 10us}\n"                                                                                \
    "chassis: [{name: \"tor[0-1]\"}]\n"                                                                                \
    "trunks: [{name: isl0, between: [tor0, tor1]}]\n"                                                                  \
    "hosts: [{name: h0, chassis: tor0, uplinks: 2}, {name: h1, chassis: tor1}]\n"                                      \
    "adapters: [{name: nic, at: tor0}]\n"                                                                              \
    "assign: [{function: nic, to: h1}]\n"                                                                              \
    "workloads: [{name: w, function: nic@h1, op: dma-write, size: 256B}]\n"

#define LINKS 5

/* The directions that are chosen, as one text: `u` and `d` of each link, `-` where one is not. */
static const char *picture(bool (*chosen)[LINK_DIRECTIONS])
{
    static char text[2 * LINKS + 1];
    for (size_t i = 0; i < LINKS; i++) {
        text[2 * i] = chosen[i][LINK_UP] ? 'u' : '-';
        text[2 * i + 1] = chosen[i][LINK_DOWN] ? 'd' : '-';
    }
    return text;
}

Test(trace_links, names_ranges_and_patterns)
{
    static const struct {
        const char *text, *chosen;
    } cases[] = {
        {NULL, "ududududud"},          {"*", "ududududud"},           {"h1", "----ud----"},
        {"h0:0", "ud--------"},        {"h0:[0-1] up", "u-u-------"}, {"h0*,nic", "udud----ud"},
        {"h0", "udud------"},          {"h[0-1] down", "-d-d-d----"}, {"* down", "-d-d-d-d-d"},
        {"nic up, nic", "--------ud"}, {"h*", "ududud----"},          {"isl0 down", "-------d--"},
        {"*1*", "--udud----"},
    };
    struct rack rack;
    rack_open(&rack, RACK);
    cr_assert_eq(rack.world.link_count, LINKS);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool chosen[LINKS][LINK_DIRECTIONS] = {0};
        char reason[256] = "";
        enum status status = trace_links_choose(&rack.world, cases[i].text, chosen, reason, sizeof reason);
        cr_expect_eq(status, STATUS_OK, "%s", reason);
        cr_expect_str_eq(picture(chosen), cases[i].chosen, "%s: %s", cases[i].text, picture(chosen));
    }
    rack_close(&rack);
}

Test(trace_links, what_is_not_there)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"h2", "--trace-links: no link is called `h2`; did you mean `h1`?"},
        {"h0:2", "--trace-links: no link is called `h0:2`; did you mean `h0:0`?"},
        {"h1,isl[0-1] up", "--trace-links: no link is called `isl1 up`"},
        {"h1 sideways", "--trace-links: no link is called `h1 sideways`"},
        {"", "--trace-links: no link is called ``"},
        {"nic,", "--trace-links: no link is called ``"},
        {"h[1-0]", "--trace-links: range `[1-0]` descends; write the lower end first"},
    };
    struct rack rack;
    rack_open(&rack, RACK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool chosen[LINKS][LINK_DIRECTIONS] = {0};
        char reason[256] = "";
        enum status status = trace_links_choose(&rack.world, cases[i].text, chosen, reason, sizeof reason);
        cr_expect_eq(status, STATUS_NOT_FOUND);
        cr_expect_str_eq(reason, cases[i].reason, "%s", reason);
    }
    rack_close(&rack);
}

Test(trace_links, a_direction_is_called_as_results_call_it)
{
    struct rack rack;
    rack_open(&rack, RACK);
    char name[TRACE_LINK_NAME_BYTES];
    cr_expect_str_eq(trace_link_name(&rack.world.links[1], LINK_UP, name), "h0:1 up");
    cr_expect_str_eq(trace_link_name(&rack.world.links[3], LINK_DOWN, name), "isl0 down");
    rack_close(&rack);
}
