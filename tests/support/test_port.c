#include "tests/support/test_port.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/operation.h"

static void record(struct test_port *port, const struct tlp *tlp)
{
    if (port->arrival_count == port->arrival_capacity) {
        port->arrival_capacity = port->arrival_capacity == 0 ? 64 : port->arrival_capacity * 2;
        port->arrivals = reallocarray(port->arrivals, port->arrival_capacity, sizeof *port->arrivals);
        CHECK(port->arrivals != NULL);
    }
    port->arrivals[port->arrival_count++] = (struct test_arrival){fabric_now_ps(port->fabric), *tlp};
}

static void on_tlp(struct port *base, struct tlp *tlp)
{
    struct test_port *port = CONTAINER_OF(base, struct test_port, port);
    record(port, tlp);
    uint64_t hold_ps = port->hold_ps != NULL ? port->hold_ps(port, tlp) : 0;
    if (hold_ps != TIME_NEVER)
        port_release(base, tlp, fabric_now_ps(port->fabric) + hold_ps);
    if (port->take != NULL) {
        port->take(port, tlp);
        return;
    }
    if (tlp->operation != NULL)
        operation_part_done(tlp->operation, fabric_now_ps(port->fabric));
    fabric_deliver_tlp(port->fabric, tlp, tlp->vh);
}

static const struct port_ops test_port_ops = {.name = "test", .on_tlp = on_tlp};

void test_port_init(struct test_port *port, struct fabric *fabric)
{
    *port = (struct test_port){.port = {.ops = &test_port_ops}, .fabric = fabric};
    port->port.receiver.buffer = test_infinite();
}

void test_port_free(struct test_port *port)
{
    port_free(&port->port);
    free(port->arrivals);
    *port = (struct test_port){0};
}

static struct tlp make(enum tlp_type type, uint16_t vh, uint32_t bytes, uint64_t number)
{
    return (struct tlp){
        .type = (uint8_t)type,
        .vh = vh,
        .origin_vh = vh,
        .length_dw = (uint16_t)(bytes / 4),
        .address = number * 4096,
    };
}

struct tlp test_write(uint16_t vh, uint32_t payload_bytes, uint64_t number)
{
    struct tlp tlp = make(TLP_MWR, vh, payload_bytes, number);
    tlp.byte_enables = tlp_byte_enables(0, payload_bytes);
    return tlp;
}

struct tlp test_read(uint16_t vh, uint32_t bytes, uint64_t number)
{
    struct tlp tlp = make(TLP_MRD, vh, bytes, number);
    tlp.byte_enables = tlp_byte_enables(0, bytes);
    return tlp;
}

struct tlp test_completion(uint16_t vh, uint32_t payload_bytes, uint64_t number)
{
    struct tlp tlp = make(payload_bytes > 0 ? TLP_CPLD : TLP_CPL, vh, payload_bytes, number);
    tlp.byte_count = (uint16_t)payload_bytes;
    return tlp;
}

uint64_t test_number(const struct tlp *tlp)
{
    return tlp->address / 4096;
}

void test_send(struct egress_queue *queue, struct tlp tlp, uint64_t ready_ps)
{
    struct tlp *sent = fabric_create_tlp(queue->egress->fabric);
    *sent = tlp;
    egress_enqueue(queue, sent, ready_ps);
}

struct link_config test_link(uint32_t gen, uint32_t width)
{
    return (struct link_config){
        .gen = gen, .width = width, .address_64 = true, .dllp = LINK_DLLP_OFF, .mps_bytes = 512, .virtual_channels = 1};
}

struct link_config test_link_of(uint64_t ps_per_byte)
{
    struct link_config config = test_link(3, 8);
    config.rate_bps[LINK_UP] = config.rate_bps[LINK_DOWN] = 8 * PS_PER_S / ps_per_byte;
    return config;
}

struct credit_limits test_infinite(void)
{
    return test_credits(CREDITS_INFINITE, CREDITS_INFINITE);
}

struct credit_limits test_credits(uint32_t headers, uint32_t data)
{
    return (struct credit_limits){{headers, headers, headers}, {data, data, data}};
}
