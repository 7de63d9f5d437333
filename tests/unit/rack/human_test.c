#include "hostsim/rack/human.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fabric/base/time.h"

Test(human, times)
{
    static const struct {
        uint64_t ps;
        const char *text;
    } cases[] = {
        {0, "0 ns"},         {1, "1 ps"},           {999, "999 ps"},      {1000, "1 ns"},
        {1234, "1.23 ns"},   {800000, "800 ns"},    {999499, "999 ns"},   {999500, "1 us"},
        {1600000, "1.6 us"}, {123456789, "123 us"}, {PS_PER_S, "1 s"},    {90 * PS_PER_S, "90 s"},
        {TIME_NEVER, "-"},   {12345678, "12.3 us"}, {1006000, "1.01 us"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char buffer[HUMAN_BYTES];
        cr_expect_str_eq(human_time(cases[i].ps, buffer), cases[i].text, "%s", buffer);
    }
}

Test(human, latencies)
{
    char buffer[HUMAN_LATENCY_BYTES];
    struct distribution latency = distribution_constant(105000);
    cr_expect_str_eq(human_latency(&latency, buffer), "105 ns");
    latency = (struct distribution){.kind = DISTRIBUTION_EXPONENTIAL, .a = 1600000};
    cr_expect_str_eq(human_latency(&latency, buffer), "exponential, mean 1.6 us");
    latency = (struct distribution){.kind = DISTRIBUTION_LOGNORMAL, .a = DISTRIBUTION_MAX, .b = 1};
    cr_expect_lt(strlen(human_latency(&latency, buffer)), HUMAN_LATENCY_BYTES - 1);
}

Test(human, counts_and_bytes)
{
    char buffer[HUMAN_BYTES];
    cr_expect_str_eq(human_count(0, buffer), "0");
    cr_expect_str_eq(human_count(999, buffer), "999");
    cr_expect_str_eq(human_count(1000, buffer), "1k");
    cr_expect_str_eq(human_count(45678, buffer), "45.7k");
    cr_expect_str_eq(human_count(999999, buffer), "1M");
    cr_expect_str_eq(human_count(UINT64_MAX, buffer), "18446744T");
    cr_expect_str_eq(human_bytes(1023, buffer), "1023 B");
    cr_expect_str_eq(human_bytes(47 << 20, buffer), "47 MiB");
}

Test(human, rates_and_shares_align)
{
    char buffer[HUMAN_BYTES];
    cr_expect_str_eq(human_gbps(57.6, buffer), "57.60");
    cr_expect_str_eq(human_gbps(921.006, buffer), "921.01");
    cr_expect_str_eq(human_gbps(0, buffer), "0.00");
    cr_expect_str_eq(human_gbps(0.01234, buffer), "0.0123");
    cr_expect_str_eq(human_gbps(NAN, buffer), "-");
    cr_expect_str_eq(human_gbps(INFINITY, buffer), "-");
    cr_expect_str_eq(human_share(0.98765, buffer), "98.8%");
    cr_expect_str_eq(human_share(0, buffer), "0.0%");
    cr_expect_str_eq(human_share(1, buffer), "100.0%");
    cr_expect_str_eq(human_share(NAN, buffer), "-");
    cr_expect_str_eq(human_share(INFINITY, buffer), "-");
}
