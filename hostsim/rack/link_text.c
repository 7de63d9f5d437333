#include "hostsim/rack/link_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "hostsim/rack/number.h"

/* A rate in Gb/s. */
static const char *rate_text(uint64_t rate_bps, char buffer[NUMBER_BYTES])
{
    return number_real((double)rate_bps / 1e9, buffer);
}

const char *link_text(const struct link_config *config, char buffer[LINK_TEXT_BYTES])
{
    uint64_t up_bps = config->rate_bps[LINK_UP], down_bps = config->rate_bps[LINK_DOWN];
    char up[NUMBER_BYTES], down[NUMBER_BYTES], rate[LINK_TEXT_BYTES / 2 + NUMBER_BYTES] = "";
    if (up_bps != 0 && up_bps == down_bps)
        snprintf(rate, sizeof rate, ", %s Gb/s", rate_text(up_bps, up));
    else if (up_bps != 0 || down_bps != 0)
        snprintf(
            rate, sizeof rate, ", %s Gb/s up, %s Gb/s down", rate_text(link_rate_bps(config, LINK_UP), up),
            rate_text(link_rate_bps(config, LINK_DOWN), down));
    snprintf(buffer, LINK_TEXT_BYTES, "gen%" PRIu32 " x%" PRIu32 "%.60s", config->gen, config->width, rate);
    return buffer;
}
