/* Credits: the six flow-control counts of one receiver buffer (base specification, 2.6).
 *
 * A header credit stands for one TLP header with its prefixes and digest; a data credit for 16 bytes of payload. */
#ifndef FABRIC_PCIE_CREDITS_H
#define FABRIC_PCIE_CREDITS_H

#include <stdint.h>

enum credit_type { CREDIT_POSTED, CREDIT_NONPOSTED, CREDIT_COMPLETION, CREDIT_TYPES };

#define CREDIT_DATA_BYTES 16
#define CREDITS_INFINITE UINT32_MAX

/* What a receiver advertises. */
struct credit_limits {
    uint32_t headers[CREDIT_TYPES]; /* TLPs, or CREDITS_INFINITE */
    uint32_t data[CREDIT_TYPES];    /* credits of 16 B, or CREDITS_INFINITE */
};

#endif
