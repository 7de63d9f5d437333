#include "fabric/pcie/port.h"

#include <stdio.h>

/* The sending half of FROM: what it may send is what TO advertises. */
static void connect_direction(
    struct fabric *fabric, struct port *from, struct port *to, const struct link_config *config, const char *name,
    enum link_direction direction, uint32_t vh_count)
{
    char stream[256];
    snprintf(stream, sizeof stream, "arbiter/%s/%s", name, direction == LINK_UP ? "up" : "down");
    from->peer = to;
    egress_init(
        &from->egress, fabric,
        &(struct egress_config){
            .vh_count = vh_count,
            .vc_count = config->virtual_channels,
            .limits = to->receiver.buffer,
            .per_vh = from->mr && to->receiver.per_vh,
            .arbiter = from->arbiter != NULL ? from->arbiter : &arbiter_round_robin,
            .stream = stream,
        });
    wire_init(&from->egress.wire, fabric, to, config, direction, from->mr, to->receiver.delivery);
}

void port_connect(
    struct fabric *fabric, struct port *upper, struct port *lower, const struct link_config *config, const char *name,
    bool mr, uint32_t vh_count)
{
    upper->mr = mr;
    lower->mr = mr;
    connect_direction(fabric, upper, lower, config, name, LINK_DOWN, vh_count);
    connect_direction(fabric, lower, upper, config, name, LINK_UP, vh_count);
}

struct credit_way port_credit_way(struct port *port, uint16_t vh, uint32_t vc)
{
    struct egress *sender = &port->peer->egress;
    egress_open_vh(sender, vh);
    CHECK(vc < sender->vc_count);
    return (struct credit_way){
        .sender = sender,
        .channel = sender->channels[vh * sender->vc_count + vc],
        .propagation_ps = port->egress.wire.propagation_ps,
    };
}

void port_free(struct port *port)
{
    egress_free(&port->egress);
}
