#include "fabric/pcie/link.h"

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/latency_limit.h"

/* The published model of pcie-bench: bytes of an Ack or UpdateFC, and SKP symbols in so many. */
#define BENCH_DLLP_BYTES 8
#define BENCH_SKP_SYMBOLS 4
#define BENCH_SKP_INTERVAL 1538

/* A generation's transfers a lane and second, and the share of them that TLPs have. */
struct generation {
    uint64_t transfers_per_s;
    uint32_t useful, of;
};

static const struct generation generations[] = {
    [1] = {UINT64_C(2500000000), 8, 10},     [2] = {UINT64_C(5000000000), 8, 10},
    [3] = {UINT64_C(8000000000), 128, 130},  [4] = {UINT64_C(16000000000), 128, 130},
    [5] = {UINT64_C(32000000000), 128, 130}, [6] = {UINT64_C(64000000000), LINK_FLIT_TLP_BYTES, LINK_FLIT_BYTES},
};

static bool is_flit_mode(const struct link_config *config)
{
    return config->gen >= LINK_FLIT_GEN;
}

uint64_t link_rate_bps(const struct link_config *config, enum link_direction direction)
{
    CHECK(link_config_is_valid(config));
    if (config->rate_bps[direction] != 0)
        return config->rate_bps[direction];
    const struct generation *generation = &generations[config->gen];
    unsigned __int128 useful = (unsigned __int128)generation->transfers_per_s * generation->useful * config->width;
    return (uint64_t)(useful / generation->of);
}

/* NUMERATOR / DENOMINATOR in link time, to nearest. */
static link_time_t quotient(unsigned __int128 numerator, unsigned __int128 denominator)
{
    unsigned __int128 time = ((numerator << LINK_TIME_BITS) + denominator / 2) / denominator;
    CHECK(time > 0 && time <= UINT64_MAX);
    return (link_time_t)time;
}

struct link_share link_tlp_share(const struct link_config *config)
{
    if (config->dllp != LINK_DLLP_PCIE_BENCH || is_flit_mode(config))
        return (struct link_share){1, 1};
    uint64_t limit = latency_limit_symbols(config->gen, config->width, config->mps_bytes);
    uint64_t dllps = 2 * BENCH_DLLP_BYTES * BENCH_SKP_INTERVAL, skips = BENCH_SKP_SYMBOLS * limit;
    uint64_t all = BENCH_SKP_INTERVAL * limit;
    return (struct link_share){all - dllps - skips, all};
}

link_time_t link_byte_time(const struct link_config *config, enum link_direction direction)
{
    CHECK(link_config_is_valid(config));
    struct link_share share = link_tlp_share(config);
    unsigned __int128 eight_bits = (unsigned __int128)8 * PS_PER_S * share.denominator;
    if (config->rate_bps[direction] != 0)
        return quotient(eight_bits, (unsigned __int128)config->rate_bps[direction] * share.numerator);
    const struct generation *generation = &generations[config->gen];
    unsigned __int128 useful = (unsigned __int128)generation->transfers_per_s * generation->useful * config->width;
    return quotient(eight_bits * generation->of, useful * share.numerator);
}

link_time_t link_flit_time(const struct link_config *config, enum link_direction direction)
{
    if (!is_flit_mode(config))
        return 0;
    return link_byte_time(config, direction) * LINK_FLIT_TLP_BYTES;
}

static uint32_t header_bytes(const struct link_config *config, enum tlp_type type)
{
    if (tlp_traits[type].by_address)
        return config->address_64 ? 16 : 12;
    return type == TLP_MSG || type == TLP_MSGD ? 16 : 12;
}

uint32_t link_overhead_bytes(const struct link_config *config, enum tlp_type type, bool mr)
{
    uint32_t bytes = header_bytes(config, type);
    if (!is_flit_mode(config))
        bytes += LINK_FRAMING_BYTES;
    if (mr)
        bytes += LINK_MR_PREFIX_BYTES;
    if (config->ecrc)
        bytes += LINK_ECRC_BYTES;
    return bytes;
}

uint64_t link_payload_bps(const struct link_config *config, bool mr)
{
    CHECK(config->mps_bytes > 0);
    uint64_t up_bps = link_rate_bps(config, LINK_UP), down_bps = link_rate_bps(config, LINK_DOWN);
    struct link_share share = link_tlp_share(config);
    uint64_t bytes = config->mps_bytes + link_overhead_bytes(config, TLP_MWR, mr);
    unsigned __int128 payload_bps = (unsigned __int128)(up_bps < down_bps ? up_bps : down_bps) * share.numerator;
    return (uint64_t)(payload_bps / share.denominator * config->mps_bytes / bytes);
}

bool link_config_is_valid(const struct link_config *config)
{
    bool width = config->width >= 1 && config->width <= 16 && (config->width & (config->width - 1)) == 0;
    return width && config->gen >= 1 && config->gen <= 6;
}
