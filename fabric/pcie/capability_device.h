/* Capability device: which device a function belongs to, how its functions are numbered, and how they are kept apart:
 * serial number, ARI and ACS (base specification 7.9.3, 7.8.7, 7.7.8). */
#ifndef FABRIC_PCIE_CAPABILITY_DEVICE_H
#define FABRIC_PCIE_CAPABILITY_DEVICE_H

#include <stdint.h>

#include "fabric/pcie/config_layout.h"
#include "fabric/pcie/config_space.h"

/* Each returns the offset of the capability it adds. */
uint16_t capability_serial_number_add(struct config_layout *layout);
uint16_t capability_ari_add(struct config_layout *layout);
/* SUPPORTED: bits of enum acs_control; each is off until software turns it on. */
uint16_t capability_acs_add(struct config_layout *layout, uint16_t supported);

/* What ports below which peers are kept apart support: all but direct translated. */
#define ACS_OF_PORTS                                                                                                   \
    (ACS_SOURCE_VALIDATION | ACS_TRANSLATION_BLOCKING | ACS_REQUEST_REDIRECT | ACS_COMPLETION_REDIRECT |               \
     ACS_UPSTREAM_FORWARDING)

/* Hardware: all functions of a device have the same number (64 bits, an EUI-64). */
void serial_number_set(struct config_space *space, uint16_t base, uint64_t number);

/* Hardware: the device's next function by number that is not a VF; 0: there is none. */
void ari_set_next(struct config_space *space, uint16_t base, uint8_t function);

/* The bits of enum acs_control that are on. */
uint16_t acs_enabled(const struct config_space *space, uint16_t base);

#endif
