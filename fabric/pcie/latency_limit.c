#include "fabric/pcie/latency_limit.h"

#include "fabric/base/check.h"

/* What a TLP has besides MPS bytes of payload, as the tables count it. */
#define TLP_OVERHEAD_BYTES 28
#define MPS_LEAST 128
#define MPS_MOST 4096
#define LARGE_MPS 512

/* AckFactor in tenths. */
static uint32_t ack_factor_tenths(uint32_t width, uint32_t mps_bytes)
{
    if (mps_bytes >= LARGE_MPS)
        return width >= 16 ? 20 : 10;
    if (width >= 16)
        return 30;
    return width >= 8 ? 25 : 14;
}

uint32_t latency_limit_symbols(uint32_t gen, uint32_t width, uint32_t mps_bytes)
{
    static const uint32_t internal_delays[] = {[1] = 19, [2] = 70, [3] = 115, [4] = 115, [5] = 115, [6] = 115};
    CHECK(gen >= 1 && gen < sizeof internal_delays / sizeof internal_delays[0]);
    CHECK(width >= 1 && mps_bytes >= MPS_LEAST && mps_bytes <= MPS_MOST);
    uint32_t tenths = (mps_bytes + TLP_OVERHEAD_BYTES) * ack_factor_tenths(width, mps_bytes);
    return tenths / (10 * width) + internal_delays[gen];
}
