#include "fabric/pcie/config_requester.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_express.h"
#include "fabric/pcie/config_access.h"
#include "fabric/pcie/config_decode.h"

/* This project's own device ID. */
#define DEVICE_ROOT_PORT 0x0100
#define CLASS_BRIDGE 0x060400
#define ROOT_PORT_MPS_BYTES 4096

/* Between core and root port, this time. */
static uint64_t latency_ps(const struct config_requester *requester)
{
    return requester->config.latency != NULL ? latency_draw_ps(requester->config.latency) : 0;
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
    if (request->id != CONFIG_REQUESTER_ID) {
        settle(requester, TLP_STATUS_UR, 0, at_ps);
        return;
    }
    uint32_t value = config_space_read(&requester->registers, request->offset);
    if (request->enables != 0) {
        config_space_write(&requester->registers, request->offset, request->enables, request->value);
        config_requester_apply(requester);
        if (requester->written != NULL)
            requester->written(requester->owner);
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
    if (requester->secondary == 0 || bus < requester->secondary || bus > requester->subordinate || requester->link_down)
        return false;
    return bus != requester->secondary || (id & 0xf8) == 0 || forwards_ari(requester);
}

static uint8_t type_of(const struct config_requester *requester, const struct config_request *request)
{
    if (request->address != 0)
        return request->enables != 0 ? TLP_MWR : TLP_MRD;
    bool direct = request->id >> 8 == requester->secondary;
    if (request->enables != 0)
        return direct ? TLP_CFGWR0 : TLP_CFGWR1;
    return direct ? TLP_CFGRD0 : TLP_CFGRD1;
}

static void send(struct config_requester *requester, const struct config_request *request, uint64_t at_ps)
{
    struct tlp *tlp = fabric_create_tlp(requester->fabric);
    tlp->type = type_of(requester, request);
    tlp->requester_id = CONFIG_REQUESTER_ID;
    tlp->completer_id = request->address != 0 ? 0 : request->id;
    tlp->address = request->address != 0 ? request->address : request->offset;
    tlp->byte_enables = request->enables != 0 ? request->enables : 0xf;
    tlp->length_dw = 1;
    tlp->payload = request->enables != 0 ? request->value : 0;
    tlp->tag = requester->tag;
    tlp->vh = requester->config.vh;
    tlp->origin_vh = requester->config.vh;
    requester->waits = tlp_credit_type(tlp) == CREDIT_NONPOSTED;
    requester->requests++;
    if (requester->waits && requester->config.timeout_ps > 0)
        event_schedule(&requester->timeout, at_ps + requester->config.timeout_ps);
    egress_enqueue(&requester->queue, tlp, at_ps);
}

/* Whoever has that address below: bridges know. */
static void start_in_memory(struct config_requester *requester, const struct config_request *request, uint64_t at_ps)
{
    if (requester->link_down) {
        settle(requester, TLP_STATUS_UR, 0, at_ps + latency_ps(requester));
        return;
    }
    send(requester, request, at_ps);
    if (request->enables != 0)
        settle(requester, TLP_STATUS_SC, 0, at_ps);
}

static void start_first(struct config_requester *requester)
{
    struct config_request *request = requester->first;
    uint64_t at_port_ps = fabric_now_ps(requester->fabric) + latency_ps(requester);
    request->timed_out = false;
    requester->retry_ps = 0;
    if (request->address != 0)
        start_in_memory(requester, request, at_port_ps);
    else if (request->id >> 8 == 0)
        answer_itself(requester, request, at_port_ps + latency_ps(requester));
    else if (goes_below(requester, request->id))
        send(requester, request, at_port_ps);
    else
        settle(requester, TLP_STATUS_UR, 0, at_port_ps + latency_ps(requester));
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
    CHECK(request->address % 4 == 0);
    request->next = NULL;
    if (requester->last != NULL) {
        requester->last->next = request;
        requester->last = request;
        return;
    }
    requester->first = requester->last = request;
    start_first(requester);
}

/* A tag whose request was given up is not taken for the next. */
static void change_tag(struct config_requester *requester)
{
    uint16_t used = (uint16_t)(requester->tag - requester->config.first_tag);
    requester->tag = (uint16_t)(requester->config.first_tag + (used + 1) % CONFIG_REQUESTER_TAGS);
}

/* The first request is under way. */
static void abandon_first(struct config_requester *requester)
{
    event_cancel(&requester->ended);
    event_cancel(&requester->timeout);
    event_cancel(&requester->retry);
    if (requester->waits)
        change_tag(requester);
    requester->waits = false;
    leave_line(requester);
    if (requester->first != NULL)
        start_first(requester);
}

void config_requester_withdraw(struct config_requester *requester, struct config_request *request)
{
    struct config_request *before = NULL, *at = requester->first;
    if (at == request) {
        abandon_first(requester);
        return;
    }
    for (; at != NULL && at != request; at = at->next)
        before = at;
    if (at == NULL)
        return;
    before->next = at->next;
    requester->last = requester->last == at ? before : requester->last;
}

/* The answer will not be waited for; should it come, it must not be taken for that to the next request. */
static void on_timeout(struct event *event)
{
    struct config_requester *requester = CONTAINER_OF(event, struct config_requester, timeout);
    CHECK(requester->waits);
    requester->waits = false;
    requester->timeouts++;
    change_tag(requester);
    requester->first->timed_out = true;
    settle(requester, TLP_STATUS_UR, 0, fabric_now_ps(requester->fabric) + latency_ps(requester));
}

void config_requester_show_link(struct config_requester *requester, bool up)
{
    requester->link_down = !up;
    uint16_t express = capability_find(requester->registers.layout, CAPABILITY_EXPRESS);
    const struct config_requester_config *config = &requester->config;
    express_set_link(&requester->registers, express, config->generation, up ? config->width : 0);
    if (up || !requester->waits)
        return;
    requester->waits = false;
    event_cancel(&requester->timeout);
    change_tag(requester);
    settle(requester, TLP_STATUS_UR, 0, fabric_now_ps(requester->fabric) + latency_ps(requester));
}

/* Retries begin after this, and double up to the other. */
#define RETRY_FIRST_PS PS_PER_US
#define RETRY_MOST_PS (PS_PER_S / 2)

/* The first request is to be sent again, as long as there is sense in it. */
static bool may_retry(struct config_requester *requester)
{
    if (requester->retry_ps > RETRY_MOST_PS)
        return false;
    requester->retry_ps = requester->retry_ps == 0 ? RETRY_FIRST_PS : requester->retry_ps * 2;
    event_schedule(&requester->retry, fabric_now_ps(requester->fabric) + requester->retry_ps);
    return true;
}

static void on_retry(struct event *event)
{
    struct config_requester *requester = CONTAINER_OF(event, struct config_requester, retry);
    if (requester->link_down)
        settle(requester, TLP_STATUS_UR, 0, event->time_ps + latency_ps(requester));
    else
        send(requester, requester->first, event->time_ps);
}

bool config_requester_complete(struct config_requester *requester, const struct tlp *completion)
{
    if (!requester->waits || completion->tag != requester->tag || completion->requester_id != CONFIG_REQUESTER_ID)
        return false;
    requester->waits = false;
    event_cancel(&requester->timeout);
    if (completion->status == TLP_STATUS_CRS && may_retry(requester))
        return true;
    settle(
        requester, (enum tlp_status)completion->status, completion->payload,
        fabric_now_ps(requester->fabric) + latency_ps(requester));
    return true;
}

void config_requester_apply(struct config_requester *requester)
{
    struct config_bridge_state state = config_decode_bridge(&requester->registers);
    requester->secondary = state.secondary;
    requester->subordinate = state.subordinate;
}

void config_requester_init(
    struct config_requester *requester, struct fabric *fabric, struct port *port,
    const struct config_requester_config *config)
{
    *requester = (struct config_requester){.fabric = fabric, .config = *config, .tag = config->first_tag};
    const struct config_kind kind = {
        .type = EXPRESS_ROOT_PORT,
        .device = DEVICE_ROOT_PORT,
        .class_code = CLASS_BRIDGE,
        .generation = config->generation,
        .width = config->width,
        .mps_bytes = ROOT_PORT_MPS_BYTES,
        .hot_plug = config->hot_plug,
        .surprise = config->surprise,
        .rcb_128 = config->rcb_128,
    };
    config_space_init(&requester->registers, config_shelf_layout(&fabric->shelf, &kind), requester);
    uint16_t express = capability_find(requester->registers.layout, CAPABILITY_EXPRESS);
    express_set_link(&requester->registers, express, config->generation, config->width);
    express_set_port(&requester->registers, express, config->port, config->slot);
    config_space_set_bits(&requester->registers, express + EXPRESS_SLOT_STATUS, 2, SLOT_STATUS_PRESENT);
    component_init(&requester->component, &fabric->simulation);
    event_init(&requester->ended, &requester->component, on_ended);
    event_init(&requester->timeout, &requester->component, on_timeout);
    event_init(&requester->retry, &requester->component, on_retry);
    egress_add_queue(&port->egress, &requester->queue, config->vh, 0, NULL);
}

void config_requester_free(struct config_requester *requester)
{
    config_space_free(&requester->registers);
}
