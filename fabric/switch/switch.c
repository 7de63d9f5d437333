#include "fabric/switch/switch.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/config_access.h"
#include "fabric/pcie/operation.h"
#include "fabric/switch/bridge_config.h"
#include "fabric/switch/bridge_errors.h"
#include "fabric/switch/bridge_guard.h"
#include "fabric/switch/bridge_rates.h"
#include "fabric/switch/bridge_reset.h"
#include "fabric/switch/containment.h"
#include "fabric/switch/slot.h"
#include "fabric/switch/switch_paths.h"

/* Sets the hierarchy of TLP, come in through IN. False when it has none. */
static bool find_hierarchy(struct switch_port *in, struct tlp *tlp)
{
    if (in->translator != NULL)
        return translator_from_adapter(in->translator, tlp);
    if (!in->port.mr)
        tlp->vh = in->vh;
    return true;
}

/* TLP comes in and takes a latency that is drawn for it, where otherwise the wire delivers after a constant one. False
 * when it ends here: a bad one whose end comes in before. */
static bool draw_latency(struct mr_switch *mr_switch, struct tlp *tlp)
{
    uint64_t latency_ps = latency_draw_ps(&mr_switch->latency);
    tlp->ready_ps = fabric_now_ps(mr_switch->fabric) + latency_ps;
    if ((tlp->attributes & TLP_NULLIFIED) != 0 && tlp->ready_ps >= tlp->tail_ps)
        return false;
    tlp->tail_ps += latency_ps;
    if ((tlp->attributes & TLP_JOURNEY) != 0)
        journey_pass(&tlp->operation->journey, JOURNEY_SWITCHES, tlp->ready_ps);
    return true;
}

/* When TLP, on its way through PATH and EGRESS, may leave; its latency is over at PASSED_PS. */
static uint64_t ready_ps(
    const struct mr_switch *mr_switch, const struct virtual_path *path, const struct egress *egress,
    const struct tlp *tlp, uint64_t passed_ps)
{
    if (mr_switch->config.store_and_forward)
        return passed_ps;
    /* Its last byte leaves no earlier than `latency` after it came in, as far as that is the wire's doing, and not that
     * of a prefix that ends here: so it is `latency` from first byte to first byte also there. */
    uint64_t duration_ps = wire_duration_ps(&egress->wire, wire_bytes(&egress->wire, tlp));
    uint64_t last_out_ps = tlp->tail_ps + mr_switch->config.latency.ps - path->prefix_ps;
    return last_out_ps > passed_ps + duration_ps ? last_out_ps - duration_ps : passed_ps;
}

/* When TLP, which could leave at READY_PS, may leave by LIMIT. */
static uint64_t keep_to_limit(struct rate_limit *limit, const struct tlp *tlp, uint64_t ready_ps)
{
    uint64_t may_leave_ps = rate_limit_take(limit, tlp_payload_bytes(tlp), ready_ps);
    if ((tlp->attributes & TLP_JOURNEY) != 0)
        journey_wait(&tlp->operation->journey, may_leave_ps);
    return may_leave_ps;
}

static void
forward(const struct mr_switch *mr_switch, const struct virtual_path *path, struct tlp *tlp, uint64_t earliest_ps)
{
    struct path_queue *queue = virtual_path_queue(path, tlp->traffic_class);
    uint64_t now = fabric_now_ps(mr_switch->fabric);
    bool drawn = !latency_is_constant(&mr_switch->latency);
    uint64_t passed_ps = drawn && tlp->ready_ps > now ? tlp->ready_ps : now;
    uint64_t at_ps = ready_ps(mr_switch, path, queue->queue.egress, tlp, passed_ps);
    if (earliest_ps > 0 && (tlp->attributes & TLP_JOURNEY) != 0)
        journey_wait(&tlp->operation->journey, earliest_ps); /* behind the head of its line */
    if (earliest_ps > at_ps)
        at_ps = earliest_ps;
    bool limited = path->limit != NULL;
    if (__builtin_expect(limited, 0) && tlp_credit_type(tlp) == CREDIT_POSTED)
        at_ps = keep_to_limit(path->limit, tlp, at_ps);
    if (__builtin_expect(drawn || limited, 0)) { /* what comes after it stays behind it */
        at_ps = at_ps > queue->ready_ps ? at_ps : queue->ready_ps;
        queue->ready_ps = at_ps;
    }
    egress_enqueue(&queue->queue, tlp, at_ps);
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
    operation_tlp_failed(tlp, fabric_now_ps(fabric));
    fabric_drop_tlp(fabric, tlp, reason);
}

void switch_send(struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int bridge, struct tlp *tlp)
{
    CHECK(virtual_switch->bridges[bridge].cuts == 0);
    struct translator *translator = virtual_switch_translator(virtual_switch, bridge);
    if (translator != NULL && !translator_to_adapter(translator, tlp)) {
        /* The request that it answers has waited, and its requester has had another ID, or gone, since it came in. */
        fabric_drop_tlp(mr_switch->fabric, tlp, DROP_UNEXPECTED_COMPLETION);
        return;
    }
    forward(mr_switch, virtual_switch_path(virtual_switch, bridge, bridge), tlp, 0);
}

/* Sends COMPLETION, the answer to REQUEST, back through bridge FROM, where that came in. */
static void answer(
    struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int from, const struct tlp *request,
    struct tlp *completion)
{
    completion->ready_ps = request->ready_ps;
    switch_send(mr_switch, virtual_switch, from, completion);
}

void switch_send_up(struct mr_switch *mr_switch, uint16_t vh, struct tlp *tlp)
{
    struct virtual_switch *virtual_switch = mr_switch->virtual_switches[vh];
    forward(mr_switch, virtual_switch_path(virtual_switch, VIRTUAL_SWITCH_UPSTREAM, VIRTUAL_SWITCH_UPSTREAM), tlp, 0);
}

/* Answers a non-posted request that goes no further (base specification, 2.3.1) with STATUS, back where it came from.
 */
static void answer_failure(
    struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int from, const struct tlp *request,
    enum tlp_status status)
{
    uint16_t id = (uint16_t)(virtual_switch->bridges[VIRTUAL_SWITCH_UPSTREAM].secondary << 8);
    answer(
        mr_switch, virtual_switch, from, request,
        config_access_answer(mr_switch->fabric, request, status, 0, id, virtual_switch->vh));
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
    fabric_count_error(in->owner->fabric, virtual_switch->vh, FABRIC_ERROR_UR);
    bool answered = tlp_credit_type(tlp) == CREDIT_NONPOSTED;
    const struct error_report report = {.error = AER_UNSUPPORTED_REQUEST, .advisory = answered, .tlp = tlp};
    if (answered)
        answer_failure(in->owner, virtual_switch, from, tlp, TLP_STATUS_UR);
    bridge_report(in->owner, virtual_switch, from, &report);
    drop(in, tlp, DROP_UNSUPPORTED_REQUEST);
}

/* TLP, a request, breaks the rules of access control services (6.12.4). */
static void block(struct switch_port *in, struct virtual_switch *virtual_switch, int from, struct tlp *tlp)
{
    const struct error_report report = {.error = AER_ACS_VIOLATION, .tlp = tlp};
    virtual_switch->acs_violations++;
    if (tlp_credit_type(tlp) == CREDIT_NONPOSTED) {
        fabric_count_error(in->owner->fabric, virtual_switch->vh, FABRIC_ERROR_CA);
        answer_failure(in->owner, virtual_switch, from, tlp, TLP_STATUS_CA);
    }
    bridge_report(in->owner, virtual_switch, from, &report);
    drop(in, tlp, DROP_UNSUPPORTED_REQUEST);
}

/* Where TLP goes on to that was on its way to bridge TO; VIRTUAL_SWITCH_NOWHERE when it ended here. */
static int pass_guards(struct switch_port *in, struct virtual_switch *virtual_switch, int from, int to, struct tlp *tlp)
{
    int passes = bridge_guard_pass(virtual_switch, from, to, tlp);
    if (passes >= 0)
        return passes;
    if (passes == BRIDGE_GUARD_VIOLATION && (tlp->attributes & TLP_NULLIFIED) == 0)
        block(in, virtual_switch, from, tlp);
    else
        refuse(in, virtual_switch, from, tlp);
    return VIRTUAL_SWITCH_NOWHERE;
}

static void apply_dpc(struct mr_switch *mr_switch, struct virtual_switch *virtual_switch)
{
    for (uint32_t bridge = 1; bridge < virtual_switch->bridge_count; bridge++)
        if (virtual_switch->bridges[bridge].cuts != 0)
            bridge_apply_dpc(mr_switch, virtual_switch, (int)bridge);
}

/* Where REQUEST, a configuration request, goes on to; VIRTUAL_SWITCH_NOWHERE when it ended here, answered. */
static int configure(struct switch_port *in, struct virtual_switch *virtual_switch, int from, struct tlp *request)
{
    struct fabric *fabric = in->owner->fabric;
    if ((request->attributes & TLP_NULLIFIED) != 0) {
        drop(in, request, DROP_NULLIFIED);
        return VIRTUAL_SWITCH_NOWHERE;
    }
    struct bridge_verdict verdict = bridge_config_request(virtual_switch, from, request);
    if (config_access_is_write(request->type) && verdict.to == VIRTUAL_SWITCH_NOWHERE) {
        apply_dpc(in->owner, virtual_switch);
        bridge_reset_apply(in->owner, virtual_switch);
    }
    if (verdict.to != VIRTUAL_SWITCH_NOWHERE)
        return verdict.to;
    uint16_t vh = virtual_switch->vh;
    answer(
        in->owner, virtual_switch, from, request,
        config_access_answer(fabric, request, verdict.status, verdict.value, verdict.completer_id, vh));
    release_input(in, request);
    fabric_deliver_tlp(fabric, request, vh);
    return VIRTUAL_SWITCH_NOWHERE;
}

/* Configuration requests and messages, whose types follow each other. */
static inline bool is_special(uint8_t type)
{
    return (uint8_t)(type - TLP_CFGRD0) <= TLP_MSGD - TLP_CFGRD0;
}

/* Which way TLP, one of those, goes on to; VIRTUAL_SWITCH_NOWHERE when it ended here. */
static int route_special(struct switch_port *in, struct virtual_switch *virtual_switch, int from, struct tlp *tlp)
{
    if (config_access_is(tlp->type))
        return configure(in, virtual_switch, from, tlp);
    bool nullified = (tlp->attributes & TLP_NULLIFIED) != 0;
    if (!nullified && error_message_is(tlp) && !bridge_takes_message(in->owner, virtual_switch, from, tlp)) {
        uint16_t vh = tlp->vh;
        release_input(in, tlp);
        fabric_deliver_tlp(in->owner->fabric, tlp, vh);
        return VIRTUAL_SWITCH_NOWHERE;
    }
    int to = virtual_switch_route(virtual_switch, from, tlp);
    if (to == VIRTUAL_SWITCH_NOWHERE)
        refuse(in, virtual_switch, from, tlp);
    return to;
}

/* TLP is for a path that is closed. */
static void end_cut(struct switch_port *in, struct virtual_switch *virtual_switch, int from, int to, struct tlp *tlp)
{
    release_input(in, tlp);
    switch_end_cut(in->owner, virtual_switch, from, to, tlp);
}

/* Queues TLP, come in through IN, for its output, to leave at EARLIEST_PS at the earliest; or refuses it: false. */
static bool route(struct switch_port *in, struct tlp *tlp, uint64_t earliest_ps)
{
    struct virtual_switch *virtual_switch = in->owner->virtual_switches[tlp->vh];
    int from = virtual_switch->bridge_of_port[in->index];
    int to;
    if (__builtin_expect(is_special(tlp->type), 0)) {
        to = route_special(in, virtual_switch, from, tlp);
        if (to == VIRTUAL_SWITCH_NOWHERE)
            return false;
    } else {
        to = virtual_switch_route(virtual_switch, from, tlp);
        if (to == VIRTUAL_SWITCH_NOWHERE) {
            refuse(in, virtual_switch, from, tlp);
            return false;
        }
    }
    struct virtual_path *path = virtual_switch_path(virtual_switch, from, to);
    if (__builtin_expect(path->guards != 0, 0)) {
        to = pass_guards(in, virtual_switch, from, to, tlp);
        if (to == VIRTUAL_SWITCH_NOWHERE)
            return false;
        path = virtual_switch_path(virtual_switch, from, to);
    }
    if (__builtin_expect(path->closed, 0)) {
        end_cut(in, virtual_switch, from, to, tlp);
        return false;
    }
    bool translated = path->translator != NULL && !config_access_is(tlp->type);
    if (translated && !translator_to_adapter(path->translator, tlp)) {
        refuse(in, virtual_switch, from, tlp);
        return false;
    }
    forward(in->owner, path, tlp, earliest_ps);
    return true;
}

static void drop_stale(struct switch_port *in, struct tlp *tlp)
{
    in->owner->dropped_stale[tlp->vh]++;
    drop(in, tlp, DROP_STALE);
}

/* True when TLP's hierarchy, which is known, has a bridge at IN now. */
static bool is_served(const struct switch_port *in, const struct tlp *tlp)
{
    const struct virtual_switch *virtual_switch = in->owner->virtual_switches[tlp->vh];
    return virtual_switch != NULL && virtual_switch->bridge_of_port[in->index] != VIRTUAL_SWITCH_NOWHERE;
}

/* Of what has waited in a line: its bridge may have been hidden since it came in. */
static bool route_later(struct switch_port *in, struct tlp *tlp, uint64_t earliest_ps)
{
    if (is_served(in, tlp))
        return route(in, tlp, earliest_ps);
    drop_stale(in, tlp);
    return false;
}

static void route_line(struct input_fifos *fifos, struct tlp *head, enum credit_type type, uint64_t earliest_ps)
{
    while (head != NULL && !route_later(fifos->input, head, earliest_ps))
        head = input_fifos_next(fifos, type);
}

/* HEAD, of TYPE, is the head of its line now: it goes on, or if it is refused, the next; then those that it held. */
static void route_head(struct input_fifos *fifos, struct tlp *head, enum credit_type type, uint64_t earliest_ps)
{
    if (type != CREDIT_POSTED) {
        route_line(fifos, head, type, earliest_ps > fifos->posted_ps ? earliest_ps : fifos->posted_ps);
        return;
    }
    route_line(fifos, head, type, earliest_ps);
    for (struct tlp *held; (held = input_fifos_release(fifos, earliest_ps)) != NULL;)
        route_line(fifos, held, tlp_credit_type(held), fifos->posted_ps);
}

void switch_head_sent(struct egress_queue *queue, struct tlp *tlp, uint64_t end_ps)
{
    struct input_fifos *fifos = CONTAINER_OF(queue, struct path_queue, queue)->fifos;
    enum credit_type type = tlp_credit_type(tlp);
    route_head(fifos, input_fifos_next(fifos, type), type, end_ps);
}

static struct input_fifos *fifos_of(const struct switch_port *in, const struct tlp *tlp)
{
    return &in->fifos[egress_vc(in->port.egress.vc_count, tlp->traffic_class)];
}

static void on_tlp(struct port *port, struct tlp *tlp)
{
    struct switch_port *in = CONTAINER_OF(port, struct switch_port, port);
    struct mr_switch *mr_switch = in->owner;
    if (__builtin_expect(!latency_is_constant(&mr_switch->latency), 0) && !draw_latency(mr_switch, tlp)) {
        fabric_drop_tlp(mr_switch->fabric, tlp, DROP_NULLIFIED);
        return;
    }
    bool known = find_hierarchy(in, tlp);
    CHECK(tlp->vh < mr_switch->vh_count);
    if (!known || !is_served(in, tlp)) {
        drop_stale(in, tlp);
    } else if (__builtin_expect(in->fifos == NULL, 1)) {
        route(in, tlp, 0);
    } else if (input_fifos_enter(fifos_of(in, tlp), tlp)) {
        route_head(fifos_of(in, tlp), tlp, tlp_credit_type(tlp), 0);
    }
}

static const struct port_ops switch_port_ops = {
    .name = "switch",
    .on_tlp = on_tlp,
    .on_link = switch_on_link,
    .on_virtual_link = switch_on_virtual_link,
    .on_reset = switch_on_reset};

static void switch_port_init(struct switch_port *port, struct mr_switch *owner, uint32_t index)
{
    const struct switch_config *config = &owner->config;
    port->owner = owner;
    port->index = index;
    port->port.ops = &switch_port_ops;
    port->port.receiver.delivery =
        (struct wire_delivery){.at_head = !config->store_and_forward, .delay_ps = config->latency.ps};
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
        .ports = cache_line_calloc(port_count, sizeof *mr_switch->ports),
        .port_count = port_count,
        .virtual_switches = calloc(vh_count, sizeof(struct virtual_switch *)),
        .vh_count = vh_count,
        .dropped_stale = calloc(vh_count, sizeof *mr_switch->dropped_stale),
    };
    CHECK(mr_switch->virtual_switches != NULL && mr_switch->dropped_stale != NULL);
    latency_init(&mr_switch->latency, config->latency, fabric->simulation.seed, "chassis", config->name);
    for (uint32_t index = 0; index < port_count; index++)
        switch_port_init(&mr_switch->ports[index], mr_switch, index);
}

static void switch_port_free(struct switch_port *port)
{
    if (port->translator != NULL)
        translator_free(port->translator);
    free(port->translator);
    free(port->split);
    gate_free(&port->gate);
    free(port->fifos);
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

void switch_add_hierarchy(
    struct mr_switch *mr_switch, uint16_t vh, const struct virtual_bridge *bridges, uint32_t bridge_count)
{
    CHECK(vh < mr_switch->vh_count && mr_switch->virtual_switches[vh] == NULL);
    struct virtual_switch *virtual_switch = virtual_switch_new(vh, bridges, bridge_count, mr_switch->port_count);
    mr_switch->virtual_switches[vh] = virtual_switch;
    for (uint32_t bridge = 0; bridge < bridge_count; bridge++)
        if (bridges[bridge].config != NULL)
            virtual_switch->bridges[bridge].slot = slot_new(mr_switch, virtual_switch, bridge);
    switch_paths_add_all(virtual_switch);
    switch_paths_set_gates(mr_switch);
}

uint64_t switch_count_behind(const struct mr_switch *mr_switch)
{
    uint64_t count = 0;
    for (uint32_t index = 0; index < mr_switch->port_count; index++) {
        const struct switch_port *port = &mr_switch->ports[index];
        for (uint32_t vc = 0; port->fifos != NULL && vc < port->port.egress.vc_count; vc++)
            count += input_fifos_count(&port->fifos[vc]);
    }
    return count;
}

static bool port_is_valid(const struct switch_port *port)
{
    for (uint32_t vc = 0; port->fifos != NULL && vc < port->port.egress.vc_count; vc++)
        if (!input_fifos_is_valid(&port->fifos[vc]))
            return false;
    return egress_is_valid(&port->port.egress);
}

bool switch_is_valid(const struct mr_switch *mr_switch)
{
    for (uint32_t index = 0; index < mr_switch->port_count; index++)
        if (!port_is_valid(&mr_switch->ports[index]))
            return false;
    for (uint32_t vh = 0; vh < mr_switch->vh_count; vh++)
        if (mr_switch->virtual_switches[vh] != NULL && !virtual_switch_is_valid(mr_switch->virtual_switches[vh]))
            return false;
    return true;
}
