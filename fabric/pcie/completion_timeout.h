/* Completion timeout: how long a requester waits for the completions of a read (base specification 2.8), as Device
 * Control 2 says.
 *
 * Its default range is 50 us to 50 ms, in which who makes a device chooses. All others are two for each of four
 * letters, of which this project takes the upper end, as a device does that wants no timeout for nothing. */
#ifndef FABRIC_PCIE_COMPLETION_TIMEOUT_H
#define FABRIC_PCIE_COMPLETION_TIMEOUT_H

#include <stdint.h>

struct config_space;

/* What a Device Control 2 register of CONTROL means where the default range is OWN_PS; TIME_NEVER: there is no timeout,
 * as software has disabled it, or has not and OWN_PS is 0. A reserved range is the default one. */
uint64_t completion_timeout_ps(uint32_t control, uint64_t own_ps);

/* What the Device Control 2 of REGISTERS says; OWN_PS also where there are none (NULL). */
uint64_t completion_timeout_of(const struct config_space *registers, uint64_t own_ps);

#endif
