#include "fabric/pcie/completion_timeout.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"

/* Base specification, 7.5.3.16: range A, B, C, D, two each. */
Test(completion_timeout, software_chooses_a_range)
{
    static const struct {
        uint32_t code;
        uint64_t from_ps, to_ps;
    } ranges[] = {
        {0x1, 50 * PS_PER_US, 100 * PS_PER_US},         {0x2, PS_PER_MS, 10 * PS_PER_MS},
        {0x5, 16 * PS_PER_MS, 55 * PS_PER_MS},          {0x6, 65 * PS_PER_MS, 210 * PS_PER_MS},
        {0x9, 260 * PS_PER_MS, 900 * PS_PER_MS},        {0xa, 1000 * PS_PER_MS, 3500 * PS_PER_MS},
        {0xd, 4000 * PS_PER_MS, 13 * 1000 * PS_PER_MS}, {0xe, 17 * 1000 * PS_PER_MS, 64 * 1000 * PS_PER_MS},
    };
    for (size_t n = 0; n < sizeof ranges / sizeof *ranges; n++) {
        uint64_t timeout_ps = completion_timeout_ps(ranges[n].code, 7);
        cr_assert(timeout_ps > ranges[n].from_ps && timeout_ps <= ranges[n].to_ps, "%x", ranges[n].code);
        cr_assert_eq(completion_timeout_ps(ranges[n].code | 0x10, 7), TIME_NEVER);
    }
}

Test(completion_timeout, otherwise_the_device_does)
{
    cr_assert_eq(completion_timeout_ps(0, 12345), 12345);
    cr_assert_eq(completion_timeout_ps(0x3, 12345), 12345);  /* reserved */
    cr_assert_eq(completion_timeout_ps(0x20, 12345), 12345); /* other bits of the register */
    cr_assert_eq(completion_timeout_ps(0, 0), TIME_NEVER);
    cr_assert_eq(completion_timeout_ps(0x10, 12345), TIME_NEVER);
}

Test(completion_timeout, who_has_no_registers_has_its_own)
{
    cr_assert_eq(completion_timeout_of(NULL, 12345), 12345);
    cr_assert_eq(completion_timeout_of(NULL, 0), TIME_NEVER);
}
