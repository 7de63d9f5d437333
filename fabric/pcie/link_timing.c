#include "fabric/pcie/link_timing.h"

#include "fabric/base/check.h"
#include "fabric/pcie/latency_limit.h"

/* From this generation on the simplified replay timer. */
#define SIMPLIFIED_TIMER_GEN 4
#define SIMPLIFIED_TIMER_SYMBOLS 24000

uint64_t link_symbol_ps(const struct link_config *config)
{
    static const uint64_t symbols_ps[] = {[1] = 4000, [2] = 2000, [3] = 1000, [4] = 500, [5] = 250, [6] = 125};
    CHECK(link_config_is_valid(config));
    return symbols_ps[config->gen];
}

static uint64_t limit_symbols(const struct link_config *config)
{
    return latency_limit_symbols(config->gen, config->width, config->mps_bytes);
}

uint64_t link_latency_limit_ps(const struct link_config *config)
{
    return limit_symbols(config) * link_symbol_ps(config);
}

uint64_t link_replay_timer_ps(const struct link_config *config)
{
    if (config->replay_timer_ps != 0)
        return config->replay_timer_ps;
    uint64_t symbols = config->gen >= SIMPLIFIED_TIMER_GEN ? SIMPLIFIED_TIMER_SYMBOLS : 3 * limit_symbols(config);
    return symbols * link_symbol_ps(config) + 2 * config->propagation_ps;
}
