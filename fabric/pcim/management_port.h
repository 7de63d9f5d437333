/* Management port: MR-PCIM's root port in one chassis: where its configuration requests begin.
 *
 * Every chassis has a management processor, whose root port is joined to the switch by a link of its own inside the
 * chassis. It is the root of VH 0 of that chassis: the switch's upstream bridge, with the switch's command registers, a
 * downstream bridge for each adapter, and behind them base functions (mr-iov) or PFs and their VFs (sr-iov). No other
 * hierarchy reaches any of them.
 *
 * Everything that MR-PCIM changes goes through here as TLPs, one after the other, which take their time and may fail:
 * who does not answer within the completion timeout is given up. */
#ifndef FABRIC_PCIM_MANAGEMENT_PORT_H
#define FABRIC_PCIM_MANAGEMENT_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/time.h"
#include "fabric/pcie/config_requester.h"
#include "fabric/pcie/fabric.h"
#include "fabric/pcie/port.h"
#include "fabric/switch/virtual_switch.h"

/* MR-PCIM's hierarchy, in every chassis. */
#define MANAGEMENT_VH VIRTUAL_SWITCH_MANAGEMENT_VH

/* What a root port waits for a completion by default (base specification 7.5.3.16: 50 us to 50 ms). */
#define MANAGEMENT_TIMEOUT_PS (UINT64_C(10) * PS_PER_MS)

struct management_port;

/* What comes up from VH 0 besides answers: error messages, interrupts. */
struct management_listener {
    /* TLP, a message or a memory write, has arrived; it stays the caller's. */
    void (*heard)(struct management_listener *listener, struct management_port *from, const struct tlp *tlp);
};

struct management_port {
    struct port port;
    struct fabric *fabric; /* not owned */
    struct config_requester requester;
    struct management_listener *listener; /* NULL: nobody listens. Not owned */
    uint32_t chassis;                     /* whose it is: the caller's number */
    uint64_t unexpected;                  /* what came up that nobody had asked for */
};

/* The link inside a chassis. */
const struct link_config *management_port_link(void);

/* A port to be connected, as the upper end, to the last port of chassis number CHASSIS. */
void management_port_init(struct management_port *port, struct fabric *fabric, uint32_t chassis);

/* Joins it to LOWER, a port of the switch whose vh is MANAGEMENT_VH, by the chassis's inner link, and lets it begin.
 * NAME is the chassis's; VH_COUNT one more than the model's highest VH number. */
void management_port_connect(struct management_port *port, struct port *lower, const char *name, uint32_t vh_count);
void management_port_free(struct management_port *port);

/* Puts REQUEST in line (fabric/pcie/config_requester.h). */
void management_port_submit(struct management_port *port, struct config_request *request);

bool management_port_is_valid(const struct management_port *port);

#endif
