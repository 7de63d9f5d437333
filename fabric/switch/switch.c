#include "fabric/switch/switch.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/operation.h"

/* Sets the hierarchy of TLP, come in through IN. False when it has none. */
static bool find_hierarchy(struct switch_port *in, struct tlp *tlp)
{
    if (in->translator != NULL)
        return translator_from_adapter(in->translator, tlp);
    if (!in->port.mr)
        tlp->vh = in->vh;
    return true;
}

/* When TLP may leave through EGRESS. */
static uint64_t ready_ps(const struct mr_switch *mr_switch, const struct egress *egress, const struct tlp *tlp)
{
    uint64_t now = fabric_now_ps(mr_switch->fabric);
    if (mr_switch->config.store_and_forward)
        return now;
    /* Its last byte leaves no earlier than `latency` after it came in. */
    const struct wire *wire = &egress->wire;
    uint64_t duration_ps = wire_duration_ps(wire, wire_bytes(wire, tlp));
    uint64_t last_out_ps = tlp->tail_ps + mr_switch->config.latency_ps;
    return last_out_ps > now + duration_ps ? last_out_ps - duration_ps : now;
}

static void forward(struct mr_switch *mr_switch, struct virtual_path *path, struct tlp *tlp)
{
    egress_enqueue(&path->queue, tlp, ready_ps(mr_switch, path->queue.egress, tlp));
}

/* A TLP that goes no further leaves the buffer once all of it has come in. */
static void release_input(struct switch_port *in, const struct tlp *tlp)
{
    if ((tlp->attributes & TLP_NULLIFIED) != 0)
        return; /* it never had a place */
    uint64_t now = fabric_now_ps(in->owner->fabric);
    uint64_t at_ps = tlp->tail_ps > now ? tlp->tail_ps : now;
    port_release(&in->port, tlp, at_ps);
}

static void drop(struct switch_port *in, struct tlp *tlp, enum drop_reason reason)
{
    struct fabric *fabric = in->owner->fabric;
    release_input(in, tlp);
    if (tlp->operation != NULL)
        operation_part_failed(tlp->operation, fabric_now_ps(fabric));
    fabric_drop_tlp(fabric, tlp, reason);
}

/* Answers a non-posted request that nothing claims (base specification, 2.3.1), back where it came from. */
static void answer_unsupported(
    struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int from, const struct tlp *request)
{
    struct tlp *answer = fabric_create_tlp(mr_switch->fabric);
    answer->type = TLP_CPL;
    answer->status = TLP_STATUS_UR;
    answer->requester_id = request->requester_id;
    answer->completer_id = (uint16_t)(virtual_switch->bridges[VIRTUAL_SWITCH_UPSTREAM].secondary << 8);
    answer->tag = request->tag;
    answer->traffic_class = request->traffic_class;
    answer->byte_count = 4;
    answer->vh = virtual_switch->vh;
    answer->origin_vh = virtual_switch->vh;
    answer->tail_ps = request->tail_ps;
    struct translator *translator = virtual_switch->bridges[from].port->translator;
    bool translated = translator == NULL || translator_to_adapter(translator, answer);
    CHECK(translated); /* the requester is a function of that adapter */
    forward(mr_switch, virtual_switch_path(virtual_switch, from, from), answer);
}

static void refuse(struct switch_port *in, struct virtual_switch *virtual_switch, int from, struct tlp *tlp)
{
    if ((tlp->attributes & TLP_NULLIFIED) != 0) {
        drop(in, tlp, DROP_NULLIFIED);
        return;
    }
    if (!tlp_traits[tlp->type].is_request) {
        drop(in, tlp, DROP_UNEXPECTED_COMPLETION);
        return;
    }
    virtual_switch->unsupported_requests++;
    if (tlp_credit_type(tlp) == CREDIT_NONPOSTED)
        answer_unsupported(in->owner, virtual_switch, from, tlp);
    drop(in, tlp, DROP_UNSUPPORTED_REQUEST);
}

static void on_tlp(struct port *port, struct tlp *tlp)
{
    struct switch_port *in = CONTAINER_OF(port, struct switch_port, port);
    struct mr_switch *mr_switch = in->owner;
    bool known = find_hierarchy(in, tlp);
    CHECK(tlp->vh < mr_switch->vh_count);
    struct virtual_switch *virtual_switch = mr_switch->virtual_switches[tlp->vh];
    int from = virtual_switch != NULL ? virtual_switch->bridge_of_port[in->index] : VIRTUAL_SWITCH_NOWHERE;
    if (!known || from == VIRTUAL_SWITCH_NOWHERE) {
        mr_switch->dropped_stale[tlp->vh]++;
        drop(in, tlp, DROP_STALE);
        return;
    }
    int to = virtual_switch_route(virtual_switch, from, tlp);
    if (to == VIRTUAL_SWITCH_NOWHERE) {
        refuse(in, virtual_switch, from, tlp);
        return;
    }
    struct virtual_path *path = virtual_switch_path(virtual_switch, from, to);
    if (path->translator != NULL && !translator_to_adapter(path->translator, tlp)) {
        refuse(in, virtual_switch, from, tlp);
        return;
    }
    forward(mr_switch, path, tlp);
}

static const struct port_ops switch_port_ops = {.name = "switch", .on_tlp = on_tlp};

static void switch_port_init(struct switch_port *port, struct mr_switch *owner, uint32_t index)
{
    const struct switch_config *config = &owner->config;
    port->owner = owner;
    port->index = index;
    port->port.ops = &switch_port_ops;
    port->port.receiver.delivery =
        (struct wire_delivery){.at_head = !config->store_and_forward, .delay_ps = config->latency_ps};
    gate_init(&port->gate, config->speedup);
    port->reaches = calloc(owner->port_count, sizeof *port->reaches);
    CHECK(port->reaches != NULL);
}

void switch_init(
    struct mr_switch *mr_switch, struct fabric *fabric, const struct switch_config *config, uint32_t port_count,
    uint32_t vh_count)
{
    *mr_switch = (struct mr_switch){
        .fabric = fabric,
        .config = *config,
        .ports = calloc(port_count + 1, sizeof *mr_switch->ports),
        .port_count = port_count,
        .virtual_switches = calloc(vh_count, sizeof(struct virtual_switch *)),
        .vh_count = vh_count,
        .dropped_stale = calloc(vh_count, sizeof *mr_switch->dropped_stale),
    };
    CHECK(mr_switch->ports != NULL && mr_switch->virtual_switches != NULL && mr_switch->dropped_stale != NULL);
    for (uint32_t index = 0; index < port_count; index++)
        switch_port_init(&mr_switch->ports[index], mr_switch, index);
}

static void switch_port_free(struct switch_port *port)
{
    if (port->translator != NULL)
        translator_free(port->translator);
    free(port->translator);
    gate_free(&port->gate);
    free(port->reaches);
    port_free(&port->port);
}

void switch_free(struct mr_switch *mr_switch)
{
    for (uint32_t vh = 0; vh < mr_switch->vh_count; vh++)
        virtual_switch_free(mr_switch->virtual_switches[vh]);
    for (uint32_t index = 0; index < mr_switch->port_count; index++)
        switch_port_free(&mr_switch->ports[index]);
    free(mr_switch->dropped_stale);
    free(mr_switch->virtual_switches);
    free(mr_switch->ports);
    *mr_switch = (struct mr_switch){0};
}

static void add_path(struct virtual_switch *virtual_switch, int from, int to)
{
    struct virtual_path *path = virtual_switch_path(virtual_switch, from, to);
    struct switch_port *in = virtual_switch->bridges[from].port;
    struct switch_port *out = virtual_switch->bridges[to].port;
    path->translator = out->translator;
    egress_add_queue(&out->port.egress, &path->queue, virtual_switch->vh, 0, NULL);
    if (from == to) /* the way of the switch's own answers, which were never in the input's buffer */
        return;
    path->queue.back = port_credit_way(&in->port, virtual_switch->vh, 0);
    if (!in->reaches[out->index]) {
        in->reaches[out->index] = true;
        in->outputs++;
    }
}

/* An input with a place for each output that it reaches never waits for one; the others' paths pass their gate. */
static void set_gates(struct virtual_switch *virtual_switch)
{
    for (uint32_t from = 0; from < virtual_switch->bridge_count; from++) {
        struct switch_port *in = virtual_switch->bridges[from].port;
        struct gate *gate = in->outputs > in->gate.places ? &in->gate : NULL;
        for (uint32_t to = 0; to < virtual_switch->bridge_count; to++)
            if (to != from)
                virtual_switch_path(virtual_switch, (int)from, (int)to)->queue.gate = gate;
    }
}

void switch_add_hierarchy(
    struct mr_switch *mr_switch, uint16_t vh, const struct virtual_bridge *bridges, uint32_t bridge_count)
{
    CHECK(vh < mr_switch->vh_count && mr_switch->virtual_switches[vh] == NULL);
    struct virtual_switch *virtual_switch = virtual_switch_new(vh, bridges, bridge_count, mr_switch->port_count);
    mr_switch->virtual_switches[vh] = virtual_switch;
    for (uint32_t from = 0; from < bridge_count; from++)
        for (uint32_t to = 0; to < bridge_count; to++)
            add_path(virtual_switch, (int)from, (int)to);
    for (uint32_t other = 0; other < mr_switch->vh_count; other++)
        if (mr_switch->virtual_switches[other] != NULL)
            set_gates(mr_switch->virtual_switches[other]);
}

bool switch_is_valid(const struct mr_switch *mr_switch)
{
    for (uint32_t index = 0; index < mr_switch->port_count; index++)
        if (!egress_is_valid(&mr_switch->ports[index].port.egress))
            return false;
    for (uint32_t vh = 0; vh < mr_switch->vh_count; vh++)
        if (mr_switch->virtual_switches[vh] != NULL && !virtual_switch_is_valid(mr_switch->virtual_switches[vh]))
            return false;
    return true;
}
