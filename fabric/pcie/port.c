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

/* PORT's end; what it may send the partner's end tells it. */
static void init_data_link(
    struct port *port, struct port *partner, const struct link_config *config, const char *name,
    enum link_direction direction)
{
    data_link_init(&port->data_link, &partner->data_link, &port->egress, config);
    port->egress.data_link = &port->data_link;
    char stream[256];
    snprintf(stream, sizeof stream, "errors/%s/%s", name, direction == LINK_UP ? "up" : "down");
    data_link_set_errors(&port->data_link, config->ber, stream);
}

/* Buffers that all hierarchies share; those of their own are watched when a hierarchy opens. */
static void watch_shared(struct port *port)
{
    for (uint32_t n = 0; port->egress.shared != NULL && n < port->egress.vc_count * CREDIT_TYPES; n++)
        data_link_watch(&port->peer->data_link, &port->egress.shared[n]);
}

void port_connect(
    struct fabric *fabric, struct port *upper, struct port *lower, const struct link_config *config, const char *name,
    bool mr, uint32_t vh_count)
{
    upper->mr = mr;
    lower->mr = mr;
    connect_direction(fabric, upper, lower, config, name, LINK_DOWN, vh_count);
    connect_direction(fabric, lower, upper, config, name, LINK_UP, vh_count);
    if (!data_link_is_needed(config))
        return;
    init_data_link(upper, lower, config, name, LINK_DOWN);
    init_data_link(lower, upper, config, name, LINK_UP);
    watch_shared(upper);
    watch_shared(lower);
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
    if (port->egress.data_link != NULL)
        data_link_free(&port->data_link);
    egress_free(&port->egress);
}
