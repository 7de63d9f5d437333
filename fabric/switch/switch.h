/* Switch: the MR-aware switch of a chassis.
 *
 * It receives a TLP, finds its hierarchy (by the MR prefix, by the root port that a plain link leads to, or by the
 * function of an SR-IOV adapter), routes it within that hierarchy's virtual switch, and queues it for the output. Input
 * buffers are the credits that it advertises: a TLP stays in its input's buffer until its last byte has left.
 *
 * Queued for the output means virtual output queues: one for each input, hierarchy, virtual channel and output. With
 * `fifo` only the head of each input's line is queued for its output (fabric/switch/input_fifos.h).
 *
 * Cut-through: a TLP may start `latency` after its first byte came in, or as much later as it takes for a slower input
 * not to starve the output. Store-and-forward: `latency` after its last byte came in. A latency that is drawn anew for
 * each TLP lets none overtake another of its path. */
#ifndef FABRIC_SWITCH_SWITCH_H
#define FABRIC_SWITCH_SWITCH_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/latency.h"
#include "fabric/pcie/command_registers.h"
#include "fabric/pcie/gate.h"
#include "fabric/pcie/port.h"
#include "fabric/switch/input_fifos.h"
#include "fabric/switch/translator.h"
#include "fabric/switch/virtual_switch.h"

struct switch_config {
    const char *name; /* for its random stream; not kept */
    struct latency_config latency;
    bool store_and_forward;
    uint32_t speedup; /* TLPs an input may send at once, to different outputs */
    bool fifo;        /* inputs queue in one line a TLP type; otherwise in one for each output */
};

struct mr_switch;

struct switch_port {
    struct port port;
    struct mr_switch *owner;
    uint32_t index;
    uint16_t vh;                        /* of what comes in through a plain link to one hierarchy */
    struct translator *translator;      /* in front of an SR-IOV adapter; owned; otherwise NULL */
    struct config_device_config *split; /* likewise: what a VF that comes to a hierarchy is there; owned */
    struct gate gate;                   /* how many TLPs it may send on at once */
    struct input_fifos *fifos;          /* by virtual channel, where inputs queue by `fifo`; owned; otherwise NULL */
    bool *reaches;                      /* by port: some hierarchy has a path from here to there; owned */
    uint32_t outputs;                   /* how many of them */
};

struct mr_switch {
    struct fabric *fabric; /* not owned */
    struct switch_config config;
    struct latency latency;
    struct switch_port *ports; /* owned */
    uint32_t port_count;
    struct virtual_switch **virtual_switches; /* by VH number; NULL: the hierarchy does not come here; owned */
    uint32_t vh_count;
    struct command_registers commands; /* in VH 0 (fabric/switch/switch_commands.h) */
    uint64_t *dropped_stale; /* by VH number: TLPs of a hierarchy or function that the port does not serve; owned */
};

/* A switch with PORT_COUNT ports; the caller sets what each advertises (port.receiver.buffer, per_vh), then connects
 * it. VH_COUNT: one more than the model's highest VH number. */
void switch_init(
    struct mr_switch *mr_switch, struct fabric *fabric, const struct switch_config *config, uint32_t port_count,
    uint32_t vh_count);
void switch_free(struct mr_switch *mr_switch);

/* Gives hierarchy VH a virtual switch of BRIDGE_COUNT bridges, copied; the ports that they name must be connected. */
void switch_add_hierarchy(
    struct mr_switch *mr_switch, uint16_t vh, const struct virtual_bridge *bridges, uint32_t bridge_count);

/* The port that is MR-PCIM's, of a switch that has one: the last. */
static inline struct switch_port *switch_management_port(const struct mr_switch *mr_switch)
{
    return &mr_switch->ports[mr_switch->port_count - 1];
}

/* Of a path's queue whose input queues by `fifo`: the head of its line has started, and leaves at END_PS. */
void switch_head_sent(struct egress_queue *queue, struct tlp *tlp, uint64_t end_ps);
/* Sends TLP, which a bridge of hierarchy VH makes itself, up toward the root port: interrupts, messages. */
void switch_send_up(struct mr_switch *mr_switch, uint16_t vh, struct tlp *tlp);

/* Sends TLP, the switch's own, out through bridge BRIDGE of VIRTUAL_SWITCH, which is not cut. */
void switch_send(struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int bridge, struct tlp *tlp);

/* TLPs that wait in inputs, besides those that wait for an output. */
uint64_t switch_count_behind(const struct mr_switch *mr_switch);

bool switch_is_valid(const struct mr_switch *mr_switch);

#endif
