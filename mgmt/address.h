/* Address: HOST:PORT, as options have it: "rack7:7000", "127.0.0.1:9100", "[::1]:7000"; ":7000" is every address
 * of this machine. */
#ifndef MGMT_ADDRESS_H
#define MGMT_ADDRESS_H

#include <stddef.h>

#include "fabric/base/status.h"

struct addrinfo;

/* Finds what TEXT stands for, to listen on or to connect to; *FOUND is to be freed with freeaddrinfo(). Otherwise WHY
 * says why not: STATUS_INVALID_ARGUMENT, it is none; STATUS_UNAVAILABLE, that cannot be found out now. */
MUST_CHECK enum status address_find(const char *text, struct addrinfo **found, char *why, size_t why_size);

#endif
