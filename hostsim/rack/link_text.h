/* Link text: a link in a few words, for people. */
#ifndef HOSTSIM_RACK_LINK_TEXT_H
#define HOSTSIM_RACK_LINK_TEXT_H

#include "fabric/pcie/link.h"

#define LINK_TEXT_BYTES 96

/* "gen4 x8"; with a rate of its own "gen4 x8, 92.4 Gb/s", or by direction "gen4 x8, 50 Gb/s up, 92.4 Gb/s down". Into
 * BUFFER, which is returned. */
const char *link_text(const struct link_config *config, char buffer[LINK_TEXT_BYTES]);

#endif
