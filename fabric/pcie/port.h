/* Port: one end of a link, embedded in the component that owns it.
 *
 * It sends through its egress; what arrives is handed to its ops. Who receives a TLP owns it, and gives its place in
 * the receive buffer back with port_release() once it has left that buffer. */
#ifndef FABRIC_PCIE_PORT_H
#define FABRIC_PCIE_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/status.h"
#include "fabric/pcie/data_link.h"
#include "fabric/pcie/egress.h"
#include "fabric/pcie/link.h"
#include "fabric/pcie/link_control.h"

struct port;

struct port_ops {
    const char *name; /* what owns it: "root", "switch", "adapter" */

    /* Takes TLP over; runs as an event of the wire, and must not call the sender back but through port_release(). */
    void (*on_tlp)(struct port *port, struct tlp *tlp);

    /* Its link has gone down, or (UP) come up again. Down: what waits in its egress, which is held, is the owner's to
     * keep or to end; nothing comes in. NULL: it does not care. */
    void (*on_link)(struct port *port, bool up);

    /* Takes over TLP, which is condemned and has arrived. NULL: port_drop_stale(). */
    void (*on_stale)(struct port *port, struct tlp *tlp);

    /* Hierarchy VH above has been cut off from it, which resets what is below, or (UP) is there again. NULL: it does
     * not care. */
    void (*on_virtual_link)(struct port *port, uint16_t vh, bool up);

    /* Hierarchy VH above resets what it has there, registers too (base specification 6.6.1). NULL: it does not care. */
    void (*on_reset)(struct port *port, uint16_t vh);

    /* A plain port leads to hierarchy VH from now on, 0: to none: who is here begins anew there, with VFS VFs.
     * *RESET_PS: how long that takes from what it was. RESOURCES_EXHAUSTED: it has fewer. NULL: such a port is never
     * turned. */
    enum status (*on_turned)(struct port *port, uint16_t vh, uint32_t vfs, uint64_t *reset_ps);
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
    const struct arbiter_ops *arbiter; /* of its egress; NULL: round-robin */
    struct egress egress;
    struct data_link data_link;   /* where the link needs one */
    struct link_control *control; /* of its link: the upper end's `own_control` */
    struct link_control own_control;
};

/* Joins two ports, each with `ops`, `receiver` and `arbiter` set, by the link NAME (of its random streams; not kept):
 * UPPER is the end toward the host. VH_COUNT: one more than the model's highest VH number. */
void port_connect(
    struct fabric *fabric, struct port *upper, struct port *lower, const struct link_config *config, const char *name,
    bool mr, uint32_t vh_count);

/* Gives a connected link data links, where it has none: bits may fail then, which none does yet. */
void port_add_data_links(struct port *upper, struct port *lower, const struct link_config *config);

/* Bits that PORT, which has a data link, sends fail with RATE from now on, drawn from a stream of the link's NAME. */
void port_set_bit_errors(struct port *port, uint64_t rate, const char *name);

/* Frees what connecting has made. */
void port_free(struct port *port);

/* The way back from PORT, which is connected, for what it receives of hierarchy VH on channel VC. */
struct credit_way port_credit_way(struct port *port, uint16_t vh, uint32_t vc);

/* TLP, which PORT received, leaves its buffer at AT_PS. */
static inline void port_release(struct port *port, const struct tlp *tlp, uint64_t at_ps)
{
    struct egress *sender = &port->peer->egress;
    egress_return_credits(
        sender, egress_channel(sender, tlp->vh, tlp->traffic_class), tlp_credit_type(tlp), tlp_data_credits(tlp),
        at_ps + port->egress.wire.propagation_ps);
}

/* Gives back the place of TLP, which is condemned and has just been received by PORT, once all of it is there, fails
 * its operation and drops it as stale. */
void port_drop_stale(struct port *port, struct tlp *tlp);

/* TLP, which is condemned, has arrived at PORT. */
void port_receive_stale(struct port *port, struct tlp *tlp);

#endif
