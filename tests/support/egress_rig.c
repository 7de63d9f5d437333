#include "tests/support/egress_rig.h"

#include <stdlib.h>

#include "fabric/base/check.h"

static void on_sent(struct egress_queue *queue, struct tlp *tlp, uint64_t end_ps)
{
    struct egress_rig *rig = CONTAINER_OF(queue->egress, struct egress_rig, sender.port.egress);
    if (rig->sent_count == rig->sent_capacity) {
        rig->sent_capacity = rig->sent_capacity == 0 ? 256 : rig->sent_capacity * 2;
        rig->sent = reallocarray(rig->sent, rig->sent_capacity, sizeof *rig->sent);
        CHECK(rig->sent != NULL);
    }
    uint32_t index = (uint32_t)(queue - rig->queues);
    rig->sent[rig->sent_count++] = (struct egress_rig_sent){
        .number = test_number(tlp), .start_ps = fabric_now_ps(&rig->fabric), .end_ps = end_ps, .queue = index};
    if (rig->on_sent != NULL)
        rig->on_sent(rig, index, end_ps);
}

void egress_rig_set_up(struct egress_rig *rig, const struct egress_rig_config *config)
{
    *rig = (struct egress_rig){.egress = &rig->sender.port.egress};
    fabric_init(&rig->fabric, config->seed, TEST_WINDOW, 64, 1);
    test_port_init(&rig->sender, &rig->fabric);
    test_port_init(&rig->receiver, &rig->fabric);
    rig->receiver.port.receiver.buffer = config->limits;
    rig->receiver.port.receiver.per_vh = config->per_vh;
    rig->sender.port.arbiter = config->arbiter;
    struct link_config link = test_link_of(1);
    link.propagation_ps = config->propagation_ps;
    link.virtual_channels = config->vc_count > 0 ? config->vc_count : 1;
    uint32_t vh_count = config->vh_count > 0 ? config->vh_count : 1;
    port_connect(
        &rig->fabric, &rig->sender.port, &rig->receiver.port, &link, "link", vh_count > 1 || config->per_vh, vh_count);
    for (uint32_t vh = 0; vh < vh_count; vh++)
        egress_open_vh(&rig->receiver.port.egress, (uint16_t)vh);
}

void egress_rig_tear_down(struct egress_rig *rig)
{
    test_port_free(&rig->sender);
    test_port_free(&rig->receiver);
    fabric_free(&rig->fabric);
    free(rig->sent);
}

void egress_rig_add_queue(struct egress_rig *rig, uint16_t vh, uint32_t vc)
{
    CHECK(rig->queue_count < EGRESS_RIG_QUEUES);
    egress_add_queue(rig->egress, &rig->queues[rig->queue_count++], vh, vc, on_sent);
}

void egress_rig_run(struct egress_rig *rig, uint64_t at_ps)
{
    simulation_run(&rig->fabric.simulation, at_ps);
    CHECK(egress_is_valid(rig->egress));
}
