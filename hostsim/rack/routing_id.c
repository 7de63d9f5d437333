#include "hostsim/rack/routing_id.h"

#include <stdio.h>

const char *routing_id_text(uint16_t id, char buffer[ROUTING_ID_TEXT])
{
    snprintf(buffer, ROUTING_ID_TEXT, "%02x:%02x.%x", id >> 8 & 0xffu, id >> 3 & 0x1fu, id & 7u);
    return buffer;
}
