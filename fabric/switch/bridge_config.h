/* Bridge config: what the bridges of a virtual switch do with configuration requests, and what their registers make of
 * the switch.
 *
 * Requests come from the upstream side only. A type 0 request is for the upstream bridge itself. A type 1 request for
 * the switch's internal bus is for a downstream bridge; for a downstream bridge's secondary bus it goes on as type 0,
 * for a bus behind that unchanged; for any other bus nobody is there (base specification 7.3.3). In front of an SR-IOV
 * adapter the functions are the switch's own (fabric/switch/translator.h), and so are their answers.
 *
 * Bus numbers and windows that software has written are the ones that the virtual switch routes by, from that write
 * on. */
#ifndef FABRIC_SWITCH_BRIDGE_CONFIG_H
#define FABRIC_SWITCH_BRIDGE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_shelf.h"
#include "fabric/pcie/config_space.h"
#include "fabric/switch/virtual_switch.h"

/* A virtual switch has an upstream bridge and up to this many downstream ones: functions of its internal bus. */
#define BRIDGE_CONFIG_DOWNSTREAM_MAX 256
/* Devices of a bus. */
#define BRIDGE_CONFIG_DEVICES 32

/* Registers of a bridge, for a struct virtual_bridge, whose virtual switch then owns them. There is something in a
 * downstream bridge's slot. */
struct config_space *bridge_config_new(struct config_shelf *shelf, const struct bridge_config *config);

/* Registers as they are at first, but for what is in the slot. */
void bridge_config_reset(struct config_space *space, const struct bridge_config *config, bool occupied);

/* Device and function (7:3, 2:0) of downstream bridge INDEX (from 1, at most 256) on the internal bus, where there were
 * COUNT at first: a device each while there are 32 device numbers, otherwise eight functions a device. Those that come
 * later and find no device number free are further functions of the first devices. */
uint8_t bridge_config_place(uint32_t index, uint32_t count);
static inline bool bridge_config_is_multi_function(uint32_t count)
{
    return count > BRIDGE_CONFIG_DEVICES;
}

/* The routing ID of bridge INDEX as programmed. */
uint16_t bridge_config_id(const struct virtual_switch *virtual_switch, uint32_t index);

/* Makes the virtual switch what the registers of its bridges say. */
void bridge_config_apply(struct virtual_switch *virtual_switch);

/* What becomes of a configuration request. */
struct bridge_verdict {
    int to;                 /* the bridge through which it goes on; VIRTUAL_SWITCH_NOWHERE: it is answered */
    enum tlp_status status; /* with this */
    uint32_t value;         /* and this DW, where it was a read */
    uint16_t completer_id;  /* by this function */
};

/* REQUEST has come in through bridge FROM. When it goes on it is as it is to go on. */
struct bridge_verdict bridge_config_request(struct virtual_switch *virtual_switch, int from, struct tlp *request);

#endif
