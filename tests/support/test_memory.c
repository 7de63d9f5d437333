#include "tests/support/test_memory.h"

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/operation.h"

static void on_sent(struct egress_queue *queue, struct tlp *tlp, uint64_t end_ps)
{
    (void)end_ps;
    struct test_memory *memory = CONTAINER_OF(queue, struct test_memory, queue);
    if (tlp->type == TLP_CPLD && tlp_payload_bytes(tlp) >= tlp->byte_count)
        memory->reads--;
    if (tlp->type == TLP_CPLD)
        completer_sent(&memory->completer);
}

static void refuse(struct test_memory *memory, struct tlp *read)
{
    struct tlp answer = test_completion(read->vh, 0, 0);
    answer.status = TLP_STATUS_UR;
    answer.requester_id = read->requester_id;
    answer.tag = read->tag;
    fabric_deliver_tlp(memory->port.fabric, read, read->vh);
    memory->reads--;
    test_send(&memory->queue, answer, fabric_now_ps(memory->port.fabric));
}

static void take(struct test_port *port, struct tlp *tlp)
{
    struct test_memory *memory = CONTAINER_OF(port, struct test_memory, port);
    uint64_t now_ps = fabric_now_ps(port->fabric);
    if (tlp->type != TLP_MRD) {
        if (tlp->operation != NULL)
            operation_part_done(tlp->operation, now_ps);
        fabric_deliver_tlp(port->fabric, tlp, tlp->vh);
        return;
    }
    if (++memory->reads > memory->reads_max)
        memory->reads_max = memory->reads;
    if (memory->refuses)
        refuse(memory, tlp);
    else if (memory->latency_ps == TIME_NEVER)
        fabric_deliver_tlp(port->fabric, tlp, tlp->vh);
    else
        completer_answer(&memory->completer, tlp, now_ps + memory->latency_ps);
}

void test_memory_init(struct test_memory *memory, struct fabric *fabric, uint64_t latency_ps)
{
    *memory = (struct test_memory){.latency_ps = latency_ps};
    test_port_init(&memory->port, fabric);
    memory->port.take = take;
}

void test_memory_start(struct test_memory *memory, uint16_t vh)
{
    egress_add_queue(&memory->port.port.egress, &memory->queue, vh, 0, on_sent);
    completer_init(
        &memory->completer, memory->port.fabric, &memory->queue,
        &(struct completer_config){.chunk_bytes = 256, .boundary_bytes = 64, .vh = vh});
}

void test_memory_free(struct test_memory *memory)
{
    test_port_free(&memory->port);
}
