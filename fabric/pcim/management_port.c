#include "fabric/pcim/management_port.h"

#include <stdio.h>

#include "fabric/base/check.h"
#include "fabric/pcie/egress_hold.h"
#include "fabric/pcie/operation.h"

/* The link inside the chassis: of no consequence but for what a command takes. */
#define LINK_GENERATION 4
#define LINK_WIDTH 1
#define LINK_MPS_BYTES 128

/* Credits at both its ends: more than one request is never under way; answers and messages always find room. */
#define LINK_HEADERS 8
#define LINK_DATA 64

static const struct link_config inner_link = {
    .gen = LINK_GENERATION,
    .width = LINK_WIDTH,
    .address_64 = true,
    .dllp = LINK_DLLP_OFF,
    .mps_bytes = LINK_MPS_BYTES,
    .virtual_channels = 1,
};

const struct link_config *management_port_link(void)
{
    return &inner_link;
}

static struct credit_limits inner_buffer(void)
{
    return (struct credit_limits){
        .headers = {LINK_HEADERS, LINK_HEADERS, CREDITS_INFINITE},
        .data = {LINK_DATA, LINK_DATA, CREDITS_INFINITE},
    };
}

static void tell_listener(struct management_port *port, const struct tlp *tlp)
{
    if (port->listener != NULL)
        port->listener->heard(port->listener, port, tlp);
}

static void on_tlp(struct port *at, struct tlp *tlp)
{
    struct management_port *port = CONTAINER_OF(at, struct management_port, port);
    port_release(at, tlp, fabric_now_ps(port->fabric));
    bool is_request = tlp_traits[tlp->type].is_request;
    if (!is_request && config_requester_complete(&port->requester, tlp)) {
        fabric_deliver_tlp(port->fabric, tlp, MANAGEMENT_VH);
    } else if (is_request && tlp_credit_type(tlp) == CREDIT_POSTED) {
        tell_listener(port, tlp);
        operation_tlp_failed(tlp, fabric_now_ps(port->fabric));
        fabric_deliver_tlp(port->fabric, tlp, MANAGEMENT_VH);
    } else {
        port->unexpected++;
        fabric_drop_tlp(port->fabric, tlp, is_request ? DROP_UNSUPPORTED_REQUEST : DROP_UNEXPECTED_COMPLETION);
    }
}

static void lose(struct egress_queue *queue, struct tlp *tlp)
{
    fabric_drop_tlp(queue->egress->fabric, tlp, DROP_LINK_DOWN);
}

/* Without power in the chassis nobody answers there. */
static void on_link(struct port *at, bool up)
{
    struct management_port *port = CONTAINER_OF(at, struct management_port, port);
    config_requester_show_link(&port->requester, up);
    if (!up)
        egress_drain(&at->egress, lose);
}

static const struct port_ops management_port_ops = {.name = "management", .on_tlp = on_tlp, .on_link = on_link};

void management_port_init(struct management_port *port, struct fabric *fabric, uint32_t chassis)
{
    *port = (struct management_port){
        .port = {.ops = &management_port_ops, .receiver = {.buffer = inner_buffer()}},
        .fabric = fabric,
        .chassis = chassis,
    };
}

void management_port_connect(struct management_port *port, struct port *lower, const char *name, uint32_t vh_count)
{
    char stream[256];
    snprintf(stream, sizeof stream, "management/%s", name);
    lower->receiver.buffer = inner_buffer();
    port_connect(port->fabric, &port->port, lower, &inner_link, stream, false, vh_count);
    config_requester_init(
        &port->requester, port->fabric, &port->port,
        &(struct config_requester_config){
            .vh = MANAGEMENT_VH,
            .timeout_ps = MANAGEMENT_TIMEOUT_PS,
            .generation = LINK_GENERATION,
            .width = LINK_WIDTH,
            .slot = 1,
        });
}

void management_port_free(struct management_port *port)
{
    config_requester_free(&port->requester);
    port_free(&port->port);
}

void management_port_submit(struct management_port *port, struct config_request *request)
{
    config_requester_submit(&port->requester, request);
}

bool management_port_is_valid(const struct management_port *port)
{
    return port->requester.config.vh == MANAGEMENT_VH && config_space_is_valid(&port->requester.registers) &&
           egress_is_valid(&port->port.egress);
}
