/* Port: one end of a link, embedded in the component that owns it.
 *
 * It sends through its egress; what arrives is handed to its ops. Who receives a TLP owns it, and gives its place in
 * the receive buffer back with port_release() once it has left that buffer. */
#ifndef FABRIC_PCIE_PORT_H
#define FABRIC_PCIE_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/egress.h"
#include "fabric/pcie/link.h"

struct port;

struct port_ops {
    const char *name; /* what owns it: "root", "switch", "adapter" */

    /* Takes TLP over; runs as an event of the wire, and must not call the sender back but through port_release(). */
    void (*on_tlp)(struct port *port, struct tlp *tlp);
};

/* What the owner decides of a port before it is connected. */
struct port_receiver {
    struct credit_limits buffer;   /* what it advertises */
    bool per_vh;                   /* `buffer` is each hierarchy's own; only on MR links */
    struct wire_delivery delivery; /* when it wants what arrives */
};

struct port {
    const struct port_ops *ops;
    struct port *peer; /* at the other end; not owned */
    bool mr;           /* its link carries virtual hierarchies, and each TLP the MR prefix */
    struct port_receiver receiver;
    struct egress egress;
};

/* Joins two ports, each with `ops` and `receiver` set, by a link: UPPER is the end toward the host. VH_COUNT: one more
 * than the model's highest VH number. */
void port_connect(
    struct fabric *fabric, struct port *upper, struct port *lower, const struct link_config *config, bool mr,
    uint32_t vh_count);

/* Frees what connecting has made. */
void port_free(struct port *port);

/* The way back for credits of one hierarchy at one port: found once by who returns many. */
struct port_return {
    struct egress *sender; /* not owned, like all here */
    struct egress_vh *vh;  /* the sender's */
    uint64_t propagation_ps;
};

/* The way back from PORT, which is connected, for what it receives of hierarchy VH. */
struct port_return port_return_of(struct port *port, uint16_t vh);

/* A TLP that came this way leaves the buffer at AT_PS. */
static inline void
port_return_credits(const struct port_return *way, enum credit_type type, uint32_t data_credits, uint64_t at_ps)
{
    egress_return_credits(way->sender, way->vh, type, data_credits, at_ps + way->propagation_ps);
}

/* A TLP of hierarchy VH that PORT received leaves its buffer at AT_PS. */
static inline void
port_release(struct port *port, uint16_t vh, enum credit_type type, uint32_t data_credits, uint64_t at_ps)
{
    struct egress *sender = &port->peer->egress;
    egress_return_credits(sender, egress_vh(sender, vh), type, data_credits, at_ps + port->egress.wire.propagation_ps);
}

#endif
