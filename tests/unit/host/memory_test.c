#include "hostsim/host/memory.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"

static struct distribution read_latency, write_latency;

static struct memory made(uint64_t bandwidth_bps, const char *name)
{
    struct memory memory;
    struct memory_config config = {&read_latency, &write_latency, bandwidth_bps};
    memory_init(&memory, &config, 1, name);
    return memory;
}

Test(memory, an_idle_one_answers_after_its_latency)
{
    read_latency = distribution_constant(300000);
    write_latency = distribution_constant(100000);
    struct memory memory = made(UINT64_C(800000000000), "h0");
    cr_expect_eq(memory_read(&memory, 4096, 0), 300000);
    cr_expect_eq(memory_write(&memory, 256, 50000), 150000); /* 4,096 B at 100 GB/s are over after 40,960 ps */
    cr_expect_eq(memory_read(&memory, 64, 60000), 360000);
}

Test(memory, a_busy_one_gives_its_bandwidth_to_reads_and_writes_together)
{
    read_latency = distribution_constant(1000);
    write_latency = distribution_constant(2000);
    struct memory memory = made(UINT64_C(8000000000), "h0"); /* 1 ns a byte */
    cr_expect_eq(memory_write(&memory, 100, 0), 2000);
    cr_expect_eq(memory_read(&memory, 50, 0), 101000);
    cr_expect_eq(memory_write(&memory, 1, 0), 152000);
    cr_expect_eq(memory_read(&memory, 1, 151000), 152000); /* just free again */
    cr_expect_eq(memory_read(&memory, 1, 151500), 153000); /* half a nanosecond to wait */
}

/* A bandwidth server in exact rationals: times in units of ps / bandwidth. */
Test(memory, is_a_bandwidth_server_without_drift)
{
    read_latency = distribution_constant(0);
    struct random random;
    random_init(&random, 1, "test");
    static const uint64_t bandwidths[] = {
        UINT64_C(1000), UINT64_C(7000000003), UINT64_C(800000000000), UINT64_C(12345678901234)};
    for (size_t n = 0; n < sizeof bandwidths / sizeof bandwidths[0]; n++) {
        struct memory memory = made(bandwidths[n], "h0");
        unsigned __int128 bandwidth = bandwidths[n], free_at = 0;
        uint64_t now_ps = 0, mean_ps = (uint64_t)((unsigned __int128)2048 * 8 * PS_PER_S / bandwidth);
        for (int access = 0; access < 100000; access++) {
            uint32_t bytes = 1 + (uint32_t)random_below(&random, 4096);
            now_ps += access / 1000 % 2 ? random_below(&random, 4 * mean_ps + 1) : random_below(&random, mean_ps + 1);
            if (free_at < now_ps * bandwidth)
                free_at = now_ps * bandwidth;
            uint64_t exact_ps = (uint64_t)(free_at / bandwidth), got_ps = memory_read(&memory, bytes, now_ps);
            cr_assert(
                got_ps <= exact_ps && got_ps + 1 >= exact_ps, "bandwidth %lu, access %d: %lu, not %lu",
                (unsigned long)bandwidths[n], access, (unsigned long)got_ps, (unsigned long)exact_ps);
            free_at += (unsigned __int128)bytes * 8 * PS_PER_S;
        }
    }
}

Test(memory, latencies_are_drawn_from_the_host_s_own_stream)
{
    read_latency = (struct distribution){.kind = DISTRIBUTION_UNIFORM, .a = 1000, .b = 1000000};
    write_latency = (struct distribution){.kind = DISTRIBUTION_UNIFORM, .a = 2000000, .b = 3000000};
    distribution_prepare(&read_latency);
    distribution_prepare(&write_latency);
    struct memory one = made(UINT64_C(1) << 60, "h0"), same = made(UINT64_C(1) << 60, "h0"),
                  other = made(UINT64_C(1) << 60, "h1");
    uint32_t equal = 0;
    for (uint64_t n = 0; n < 1000; n++) {
        uint64_t read_ps = memory_read(&one, 64, n * PS_PER_US) - n * PS_PER_US;
        cr_assert(read_ps >= 1000 && read_ps <= 1000000);
        cr_assert_eq(memory_read(&same, 64, n * PS_PER_US), read_ps + n * PS_PER_US);
        equal += memory_read(&other, 64, n * PS_PER_US) == read_ps + n * PS_PER_US;
    }
    cr_expect_lt(equal, 5);
    uint64_t write_ps = memory_write(&one, 64, PS_PER_S) - PS_PER_S;
    cr_expect(write_ps >= 2000000 && write_ps <= 3000000);
}
