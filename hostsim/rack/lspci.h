/* Lspci: configuration spaces as text, as `lspci -xxxx` prints them and `lspci -F FILE` reads them back.
 *
 *     0000:03:00.0 0200: 6d72:1001 (rev 01)
 *     00: 72 6d 01 10 06 04 10 00 01 00 00 02 10 00 00 00
 *     ... to ff0: */
#ifndef HOSTSIM_RACK_LSPCI_H
#define HOSTSIM_RACK_LSPCI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fabric/pcie/config_space.h"

struct lspci_function {
    uint16_t domain;
    uint16_t routing_id;
    const struct config_space *space; /* not owned */
    /* Vendor and device that stand for those of the registers: a VF's registers have ffffh, where Linux shows the PF's
     * vendor and the VF device ID of its SR-IOV capability. As in the registers when IDENTIFIED is false. */
    bool identified;
    uint16_t vendor, device;
    const char *text; /* what follows the address; NULL: class, vendor, device and revision as numbers. Not owned */
};

/* Writes COUNT functions in the order given, each with its 4096 bytes and an empty line. Whether the stream took it all
 * is the caller's to look at. */
void lspci_write(FILE *out, const struct lspci_function *functions, size_t count);

#endif
