#include "fabric/pcie/port.h"

#include <stdio.h>

#include "fabric/pcie/operation.h"

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
static void init_data_link(struct port *port, struct port *partner, const struct link_config *config)
{
    data_link_init(&port->data_link, &partner->data_link, &port->egress, config);
    port->egress.data_link = &port->data_link;
    port->egress.wire_free_ps = port->egress.free_ps;
}

void port_set_bit_errors(struct port *port, uint64_t rate, const char *name)
{
    CHECK(port->egress.data_link != NULL);
    bool down = port == port->control->upper;
    char stream[256];
    snprintf(stream, sizeof stream, "errors/%s/%s", name, down ? "down" : "up");
    data_link_set_errors(&port->data_link, rate, stream);
}

/* Every buffer of PORT's partner that PORT has credits for, as far as hierarchies have opened: of others it is watched
 * when they do. */
static void watch_credits(struct port *port)
{
    struct egress *egress = &port->egress;
    struct data_link *teller = &port->peer->data_link;
    for (uint32_t n = 0; egress->shared != NULL && n < egress->vc_count * CREDIT_TYPES; n++)
        data_link_watch(teller, &egress->shared[n]);
    for (uint32_t n = 0; egress->shared == NULL && n < egress->vh_count * egress->vc_count; n++)
        for (int type = 0; egress->channels[n] != NULL && type < CREDIT_TYPES; type++)
            data_link_watch(teller, &egress->channels[n]->own[type]);
}

void port_add_data_links(struct port *upper, struct port *lower, const struct link_config *config)
{
    CHECK(upper->egress.data_link == NULL && lower->egress.data_link == NULL);
    init_data_link(upper, lower, config);
    init_data_link(lower, upper, config);
    watch_credits(upper);
    watch_credits(lower);
}

void port_connect(
    struct fabric *fabric, struct port *upper, struct port *lower, const struct link_config *config, const char *name,
    bool mr, uint32_t vh_count)
{
    upper->mr = mr;
    lower->mr = mr;
    connect_direction(fabric, upper, lower, config, name, LINK_DOWN, vh_count);
    connect_direction(fabric, lower, upper, config, name, LINK_UP, vh_count);
    link_control_init(upper, lower, config);
    if (!data_link_is_needed(config))
        return;
    port_add_data_links(upper, lower, config);
    port_set_bit_errors(upper, config->ber, name);
    port_set_bit_errors(lower, config->ber, name);
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

void port_drop_stale(struct port *port, struct tlp *tlp)
{
    struct fabric *fabric = port->egress.fabric;
    uint64_t now = fabric_now_ps(fabric);
    if ((tlp->attributes & TLP_NULLIFIED) == 0) { /* which never had a place */
        port_release(port, tlp, tlp->tail_ps > now ? tlp->tail_ps : now);
        operation_tlp_failed(tlp, now);
    }
    fabric_drop_stale_tlp(fabric, tlp);
}

void port_receive_stale(struct port *port, struct tlp *tlp)
{
    if (port->ops->on_stale != NULL)
        port->ops->on_stale(port, tlp);
    else
        port_drop_stale(port, tlp);
}
