/* Routing ID: bus, device and function as people write them. */
#ifndef HOSTSIM_RACK_ROUTING_ID_H
#define HOSTSIM_RACK_ROUTING_ID_H

#include <stdint.h>

#define ROUTING_ID_TEXT 8

/* "03:00.1" of 0301h, into BUFFER, which is returned. */
const char *routing_id_text(uint16_t id, char buffer[ROUTING_ID_TEXT]);

#endif
