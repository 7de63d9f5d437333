#include "fabric/pcie/port.h"

/* The sending half of FROM: what it may send is what TO advertises. */
static void connect_direction(
    struct fabric *fabric, struct port *from, struct port *to, const struct link_config *config,
    enum link_direction direction, uint32_t vh_count)
{
    from->peer = to;
    egress_init(&from->egress, fabric, vh_count, &to->receiver.buffer, from->mr && to->receiver.per_vh);
    wire_init(&from->egress.wire, fabric, to, config, direction, from->mr, to->receiver.delivery);
}

void port_connect(
    struct fabric *fabric, struct port *upper, struct port *lower, const struct link_config *config, bool mr,
    uint32_t vh_count)
{
    upper->mr = mr;
    lower->mr = mr;
    connect_direction(fabric, upper, lower, config, LINK_DOWN, vh_count);
    connect_direction(fabric, lower, upper, config, LINK_UP, vh_count);
}

struct port_return port_return_of(struct port *port, uint16_t vh)
{
    struct egress *sender = &port->peer->egress;
    egress_open_vh(sender, vh);
    return (struct port_return){
        .sender = sender,
        .vh = egress_vh(sender, vh),
        .propagation_ps = port->egress.wire.propagation_ps,
    };
}

void port_free(struct port *port)
{
    egress_free(&port->egress);
}
