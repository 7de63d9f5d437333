/* Link timing: how soon a receiver acknowledges and gives credits back, and how long a transmitter waits for it.
 *
 * The base specification's limits (fabric/pcie/latency_limit.h) as times of one link. */
#ifndef FABRIC_PCIE_LINK_TIMING_H
#define FABRIC_PCIE_LINK_TIMING_H

#include <stdint.h>

#include "fabric/pcie/link.h"

/* What a symbol of one lane takes: a byte, in the encoding of the generation. */
uint64_t link_symbol_ps(const struct link_config *config);

/* How much later than the end of a TLP its Ack may go, and an UpdateFC than the credit came free. */
uint64_t link_latency_limit_ps(const struct link_config *config);

/* How long without an Ack until all is sent again: `replay_timer_ps` where it is set; otherwise three times the latency
 * limit (generations 1 to 3; base specification 3.6.2.1), or 24,000 symbol times (from 4 on: the simplified timer), and
 * twice the propagation, without which a long cable would make it fire for nothing. */
uint64_t link_replay_timer_ps(const struct link_config *config);

#endif
