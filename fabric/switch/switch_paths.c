#include "fabric/switch/switch_paths.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/arbiter_guaranteed.h"
#include "fabric/switch/bridge_guard.h"
#include "fabric/switch/bridge_rates.h"
#include "fabric/switch/containment.h"

/* A queue of the path for each channel, where the links at both ends have the same ones, or for each traffic class: so
 * that each is of one channel of the input and one of the output. */
static void make_queues(struct virtual_path *path, uint32_t in_vcs, uint32_t out_vcs)
{
    path->queue_count = in_vcs == out_vcs ? in_vcs : TRAFFIC_CLASSES;
    path->queues = cache_line_calloc(path->queue_count, sizeof *path->queues);
}

/* The lowest traffic class of queue INDEX of COUNT. */
static uint8_t lowest_class(uint32_t index, uint32_t count)
{
    return (uint8_t)((index * TRAFFIC_CLASSES + count - 1) / count);
}

static struct input_fifos *fifos_of_channel(struct switch_port *in, uint32_t vc)
{
    if (!in->owner->config.fifo)
        return NULL;
    if (in->fifos == NULL) {
        in->fifos = calloc(in->port.egress.vc_count, sizeof *in->fifos);
        CHECK(in->fifos != NULL);
    }
    in->fifos[vc].input = in;
    return &in->fifos[vc];
}

static void
add_queue(struct virtual_switch *virtual_switch, struct path_queue *queue, int from, int to, uint8_t traffic_class)
{
    struct switch_port *in = virtual_switch->bridges[from].port;
    struct egress *egress = &virtual_switch->bridges[to].port->port.egress;
    uint32_t out_vc = egress_vc(egress->vc_count, traffic_class);
    uint32_t in_vc = egress_vc(in->port.egress.vc_count, traffic_class);
    /* From a bridge to itself go the switch's own answers, which were never in the input's buffer. */
    bool own = from == to;
    queue->fifos = own ? NULL : fifos_of_channel(in, in_vc);
    egress_add_queue(egress, &queue->queue, virtual_switch->vh, out_vc, queue->fifos != NULL ? switch_head_sent : NULL);
    queue->queue.weight = virtual_switch_weight(virtual_switch, from, to);
    if (virtual_switch->vh == VIRTUAL_SWITCH_MANAGEMENT_VH)
        egress_queue_manage(&queue->queue);
    if (!own)
        queue->queue.back = port_credit_way(&in->port, virtual_switch->vh, in_vc);
}

/* A path that was there before its bridge was hidden still is. */
static void add_path(struct virtual_switch *virtual_switch, int from, int to)
{
    struct virtual_path *path = virtual_switch_path(virtual_switch, from, to);
    switch_close_path(virtual_switch, from, to);
    bridge_guard_path(virtual_switch, from, to);
    if (path->queue_count > 0)
        return;
    struct switch_port *in = virtual_switch->bridges[from].port;
    struct switch_port *out = virtual_switch->bridges[to].port;
    path->translator = virtual_switch_translator(virtual_switch, to);
    if (in->port.mr && !out->port.mr)
        path->prefix_ps = wire_duration_ps(&in->port.peer->egress.wire, LINK_MR_PREFIX_BYTES);
    make_queues(path, in->port.egress.vc_count, out->port.egress.vc_count);
    for (uint32_t index = 0; index < path->queue_count; index++)
        add_queue(virtual_switch, &path->queues[index], from, to, lowest_class(index, path->queue_count));
    bridge_rates_apply(virtual_switch, from, to);
    bool counts = virtual_switch->vh != VIRTUAL_SWITCH_MANAGEMENT_VH;
    if (counts && from != to && !in->reaches[out->index]) {
        in->reaches[out->index] = true;
        in->outputs++;
    }
}

static void set_gate(struct virtual_path *path, struct gate *gate)
{
    for (uint32_t index = 0; index < path->queue_count; index++)
        egress_queue_set_gate(&path->queues[index].queue, gate);
}

/* An input with a place for each output that it reaches never waits for one; the others' paths pass their gate. */
static void set_gates(struct virtual_switch *virtual_switch)
{
    for (uint32_t from = 0; from < virtual_switch->path_stride; from++) {
        struct switch_port *in = virtual_switch->bridges[from].port;
        struct gate *gate = in->outputs > in->gate.places ? &in->gate : NULL;
        for (uint32_t to = 0; to < virtual_switch->path_stride; to++)
            if (to != from)
                set_gate(virtual_switch_path(virtual_switch, (int)from, (int)to), gate);
    }
}

void switch_paths_add_all(struct virtual_switch *virtual_switch)
{
    for (uint32_t from = 0; from < virtual_switch->bridge_count; from++)
        for (uint32_t to = 0; to < virtual_switch->bridge_count; to++)
            if (!virtual_switch->bridges[from].absent && !virtual_switch->bridges[to].absent)
                add_path(virtual_switch, (int)from, (int)to);
}

void switch_paths_add(struct virtual_switch *virtual_switch, int bridge)
{
    CHECK(!virtual_switch->bridges[bridge].absent && (uint32_t)bridge < virtual_switch->path_stride);
    for (uint32_t other = 0; other < virtual_switch->bridge_count; other++) {
        if (virtual_switch->bridges[other].absent)
            continue;
        add_path(virtual_switch, (int)other, bridge);
        add_path(virtual_switch, bridge, (int)other);
    }
}

void switch_paths_set_gates(struct mr_switch *mr_switch)
{
    for (uint32_t vh = 0; vh < mr_switch->vh_count; vh++)
        if (vh != VIRTUAL_SWITCH_MANAGEMENT_VH && mr_switch->virtual_switches[vh] != NULL)
            set_gates(mr_switch->virtual_switches[vh]);
}

void switch_paths_set_weights(struct virtual_switch *virtual_switch)
{
    for (uint32_t from = 0; from < virtual_switch->path_stride; from++)
        for (uint32_t to = 0; to < virtual_switch->path_stride; to++) {
            struct virtual_path *path = virtual_switch_path(virtual_switch, (int)from, (int)to);
            for (uint32_t index = 0; index < path->queue_count; index++)
                path->queues[index].queue.weight = virtual_switch_weight(virtual_switch, (int)from, (int)to);
        }
}
