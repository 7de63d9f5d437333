#include "hostsim/host/config_requester.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_express.h"
#include "fabric/pcie/config_access.h"
#include "fabric/pcie/config_decode.h"
#include "hostsim/host/root_complex.h"

/* This project's own device ID. */
#define DEVICE_ROOT_PORT 0x0100
#define CLASS_BRIDGE 0x060400
#define ROOT_PORT_MPS_BYTES 4096

/* A tag that no core's read has (fabric/pcie/read_table.h): theirs are below 256, or from 256 on. */
#define TAG_BEYOND_SMALL_TABLES 256
#define TAG_BELOW_LARGE_TABLES 0

static struct root_complex *owner_of(const struct config_requester *requester)
{
    return requester->root_port->owner;
}

static struct fabric *fabric_of(const struct config_requester *requester)
{
    return owner_of(requester)->fabric;
}

static struct config_request *leave_line(struct config_requester *requester)
{
    struct config_request *request = requester->first;
    requester->first = request->next;
    if (requester->first == NULL)
        requester->last = NULL;
    return request;
}

/* The first request has been answered at the root port: its core knows at AT_PS. */
static void settle(struct config_requester *requester, enum tlp_status status, uint32_t value, uint64_t at_ps)
{
    struct config_request *request = requester->first;
    bool read = request->enables == 0;
    request->status = status;
    if (read)
        request->value = status == TLP_STATUS_SC ? value : UINT32_MAX;
    event_schedule(&requester->ended, at_ps);
}

/* The root port as a function. */
static void answer_itself(struct config_requester *requester, const struct config_request *request, uint64_t at_ps)
{
    if (request->id != ROOT_PORT_ID) {
        settle(requester, TLP_STATUS_UR, 0, at_ps);
        return;
    }
    uint32_t value = config_space_read(&requester->registers, request->offset);
    if (request->enables != 0) {
        config_space_write(&requester->registers, request->offset, request->enables, request->value);
        config_requester_apply(requester);
    }
    settle(requester, TLP_STATUS_SC, value, at_ps);
}

static bool forwards_ari(const struct config_requester *requester)
{
    uint16_t express = capability_find(requester->registers.layout, CAPABILITY_EXPRESS);
    return config_space_get(&requester->registers, express + EXPRESS_DEVICE_CONTROL_2, 2) &
           DEVICE_CONTROL_2_ARI_FORWARDING;
}

/* True when somebody below may be meant: a link has one device, and with ARI its functions have all 8 bits. */
static bool goes_below(const struct config_requester *requester, uint16_t id)
{
    uint8_t bus = (uint8_t)(id >> 8);
    if (requester->secondary == 0 || bus < requester->secondary || bus > requester->subordinate)
        return false;
    return bus != requester->secondary || (id & 0xf8) == 0 || forwards_ari(requester);
}

static uint8_t type_of(const struct config_requester *requester, const struct config_request *request)
{
    bool direct = request->id >> 8 == requester->secondary;
    if (request->enables != 0)
        return direct ? TLP_CFGWR0 : TLP_CFGWR1;
    return direct ? TLP_CFGRD0 : TLP_CFGRD1;
}

static void send(struct config_requester *requester, const struct config_request *request, uint64_t at_ps)
{
    struct tlp *tlp = fabric_create_tlp(fabric_of(requester));
    tlp->type = type_of(requester, request);
    tlp->requester_id = ROOT_PORT_ID;
    tlp->completer_id = request->id;
    tlp->address = request->offset;
    tlp->byte_enables = request->enables != 0 ? request->enables : 0xf;
    tlp->length_dw = 1;
    tlp->payload = request->enables != 0 ? request->value : 0;
    tlp->tag = requester->tag;
    tlp->vh = requester->root_port->vh;
    tlp->origin_vh = requester->root_port->vh;
    requester->waits = true;
    egress_enqueue(&requester->queue, tlp, at_ps);
}

static void start_first(struct config_requester *requester)
{
    const struct config_request *request = requester->first;
    struct latency *latency = &owner_of(requester)->root_latency;
    uint64_t at_port_ps = fabric_now_ps(fabric_of(requester)) + latency_draw_ps(latency);
    if (request->id >> 8 == 0)
        answer_itself(requester, request, at_port_ps + latency_draw_ps(latency));
    else if (goes_below(requester, request->id))
        send(requester, request, at_port_ps);
    else
        settle(requester, TLP_STATUS_UR, 0, at_port_ps + latency_draw_ps(latency));
}

static void on_ended(struct event *event)
{
    struct config_requester *requester = CONTAINER_OF(event, struct config_requester, ended);
    struct config_request *request = leave_line(requester);
    if (requester->first != NULL)
        start_first(requester);
    request->done(request);
}

void config_requester_submit(struct config_requester *requester, struct config_request *request)
{
    CHECK(request->offset % 4 == 0 && request->offset < CONFIG_SPACE_BYTES && request->enables < 16);
    request->next = NULL;
    if (requester->last != NULL) {
        requester->last->next = request;
        requester->last = request;
        return;
    }
    requester->first = requester->last = request;
    start_first(requester);
}

bool config_requester_complete(struct config_requester *requester, const struct tlp *completion)
{
    if (!requester->waits || completion->tag != requester->tag || completion->requester_id != ROOT_PORT_ID)
        return false;
    requester->waits = false;
    settle(
        requester, (enum tlp_status)completion->status, completion->payload,
        fabric_now_ps(fabric_of(requester)) + latency_draw_ps(&owner_of(requester)->root_latency));
    return true;
}

void config_requester_apply(struct config_requester *requester)
{
    struct config_bridge_state state = config_decode_bridge(&requester->registers);
    requester->secondary = state.secondary;
    requester->subordinate = state.subordinate;
}

void config_requester_init(
    struct config_requester *requester, struct root_port *root_port, const struct config_requester_port *port)
{
    *requester = (struct config_requester){.root_port = root_port};
    struct root_complex *owner = root_port->owner;
    const struct config_kind kind = {
        .type = EXPRESS_ROOT_PORT,
        .device = DEVICE_ROOT_PORT,
        .class_code = CLASS_BRIDGE,
        .generation = port->generation,
        .width = port->width,
        .mps_bytes = ROOT_PORT_MPS_BYTES,
        .hot_plug = port->hot_plug,
        .surprise = port->surprise,
        .rcb_128 = owner->config.rcb == 128,
    };
    config_space_init(&requester->registers, config_shelf_layout(&owner->fabric->shelf, &kind), requester);
    uint16_t express = capability_find(requester->registers.layout, CAPABILITY_EXPRESS);
    express_set_link(&requester->registers, express, port->generation, port->width);
    express_set_port(&requester->registers, express, port->port, port->slot);
    config_space_set_bits(&requester->registers, express + EXPRESS_SLOT_STATUS, 2, SLOT_STATUS_PRESENT);
    requester->tag = owner->reads.first_tag == 0 ? TAG_BEYOND_SMALL_TABLES : TAG_BELOW_LARGE_TABLES;
    component_init(&requester->component, &owner->fabric->simulation);
    event_init(&requester->ended, &requester->component, on_ended);
    egress_add_queue(&root_port->port.egress, &requester->queue, root_port->vh, 0, NULL);
}

void config_requester_free(struct config_requester *requester)
{
    config_space_free(&requester->registers);
}
