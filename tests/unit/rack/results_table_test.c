#include "hostsim/rack/results_table.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/results_fixture.h"
#include "tests/support/sheet.h"

#define COLUMNS_MAX 100

static void expect_table(struct results *results, const char *expected)
{
    struct sheet sheet;
    sheet_open(&sheet);
    results_table_write(results, sheet.out);
    cr_expect_str_eq(sheet_close(&sheet), expected, "%s", sheet.text);
    for (const char *line = sheet.text; *line;) {
        size_t length = strcspn(line, "\n");
        cr_expect_leq(length, COLUMNS_MAX, "%.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
    sheet_free(&sheet);
    results_free(results);
}

Test(results_table, every_section_and_every_null)
{
    struct results results = {0};
    results_fixture(&results);
    expect_table(
        &results, "two \"racks\" share what they can é: 1.02 ms simulated, 1 ms measured, seed 18446744073709551615\n"
                  "Rates are Gb/s of payload.\n"
                  "\n"
                  "FLOW          FUNCTION      OPS  OFFERED  GOODPUT     P50     P99     MAX\n"
                  "writes        2 flows       247        -    86.40\n"
                  "  least                     123        -    28.80  800 ns  1.6 us  2.4 us\n"
                  "  most                      124        -    57.60    1 us    2 us    3 us\n"
                  "  h0          nic0.pf0      123        -    57.60  800 ns  1.6 us  2.4 us\n"
                  "  h1          nic0.pf1      124        -    28.80    1 us    2 us    3 us\n"
                  "reads h0/vm1  ssd0.pf0.vf5    7    10.00     0.33  160 us  320 us  480 us\n"
                  "  dma-read                    5     7.50     0.25  180 us  360 us  540 us\n"
                  "  mmio-write                  0        -     0.00       -       -       -\n"
                  "idle (any)    nic*@h[0-1]     0     0.00     0.00       -       -       -\n"
                  "reads h0/vm1 ssd0.pf0.vf5: 1 failed, 2 dropped\n"
                  "\n"
                  "LINK  WAY   KIND      BUSY  PAYLOAD  NO CREDIT  WAIT MEAN  WAIT P99  QUEUE MAX\n"
                  "h0    up    gen4 x8  98.8%     0.48       1.2%     1.5 ns      9 ns         12\n"
                  "h0    down  gen4 x8   0.0%     0.00       0.0%          -         -          0\n"
                  "\n"
                  "IOMMU  HITS  MISSES  WALKS  WAIT MEAN  WAIT MAX\n"
                  "h0      120       5      3     331 ns    660 ns\n"
                  "\n"
                  "    AT  OPERATION  STATUS     TOOK\n"
                  "500 us  assign     ok       1.2 us\n"
                  "600 us  release    running       -  waits for \"nic0\"\n"
                  "\n"
                  "held      writes goodput >= 20Gbps: 28.8 (h1 nic0.pf1)\n"
                  "NOT HELD  writes p99 < 1us: 2 us (h1 nic0.pf1)\n"
                  "NOT HELD  idle p99 < 1us: nothing was measured ((any) nic*@h[0-1])\n"
                  "\n"
                  "TLPs: 1k created, 990 delivered, 4 dropped, 6 in flight; 4k hops\n"
                  "Fairness of goodput (Jain): 0.9\n");
}

Test(results_table, many_flows_are_summed_up)
{
    struct results results = {0};
    results_fixture_wide(&results, 12);
    expect_table(
        &results, "wide: 1 ms simulated, 1 ms measured, seed 1\n"
                  "Rates are Gb/s of payload.\n"
                  "\n"
                  "FLOW     FUNCTION    OPS  OFFERED  GOODPUT      P50      P99      MAX\n"
                  "writes   12 flows  12.1k        -   128.25\n"
                  "  least               1k        -    10.00     2 us     4 us     6 us\n"
                  "  most             1.01k        -    11.38  2.02 us  4.04 us  6.07 us\n"
                  "  h0     nic0.pf0     1k        -    10.00     2 us     4 us     6 us\n"
                  "  h1     nic1.pf0     1k        -    10.13     2 us     4 us  6.01 us\n"
                  "  h2     nic2.pf0     1k        -    10.25     2 us  4.01 us  6.01 us\n"
                  "  h3     nic3.pf0     1k        -    10.38  2.01 us  4.01 us  6.02 us\n"
                  "  h4     nic0.pf1     1k        -    10.50  2.01 us  4.02 us  6.02 us\n"
                  "  h5     nic1.pf1     1k        -    10.63  2.01 us  4.02 us  6.03 us\n"
                  "  h6     nic2.pf1  1.01k        -    10.75  2.01 us  4.02 us  6.04 us\n"
                  "  h7     nic3.pf1  1.01k        -    10.88  2.01 us  4.03 us  6.04 us\n"
                  "  ... and 4 more; flows.csv of -o DIR has them all\n"
                  "\n"
                  "TLPs: 0 created, 0 delivered, 0 dropped, 0 in flight; 0 hops\n"
                  "Fairness of goodput (Jain): 0.99\n");
}

Test(results_table, nothing_at_all)
{
    struct results results = {.scenario = "a\033[31mb\n", .totals = {.fairness_jain = NAN, .cross_vh_deliveries = 2}};
    expect_table(
        &results, "a?[31mb?: 0 ns simulated, 0 ns measured, seed 0\n"
                  "Rates are Gb/s of payload.\n"
                  "\n"
                  "FLOW  FUNCTION  OPS  OFFERED  GOODPUT  P50  P99  MAX\n"
                  "(no workload had a function to work on)\n"
                  "\n"
                  "TLPs: 0 created, 0 delivered, 0 dropped, 0 in flight; 0 hops\n"
                  "DELIVERED ACROSS HIERARCHIES: 2 TLPs\n");
}

Test(results_table, only_the_busiest_links_are_shown)
{
    struct results results = {0};
    results_fixture_wide(&results, 1);
    results.links = calloc(20, sizeof *results.links);
    results.link_count = 20;
    for (size_t i = 0; i < 20; i++)
        results.links[i] = (struct results_link){
            .name = results_text(&results, "link%zu", i), .gen = 5, .width = 16, .utilisation = (double)(i % 7) / 10};
    struct sheet sheet;
    sheet_open(&sheet);
    results_table_write(&results, sheet.out);
    const char *text = sheet_close(&sheet);
    const char *sixth = strstr(text, "link6 "), *thirteenth = strstr(text, "link13 "), *fifth = strstr(text, "link5 ");
    cr_expect(sixth && thirteenth && fifth && sixth < thirteenth && thirteenth < fifth, "%s", text);
    cr_expect_null(strstr(text, "link0 "));
    cr_expect(strstr(text, "... and 12 less busy\n"));
    sheet_free(&sheet);
    results_free(&results);
}
