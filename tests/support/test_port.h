/* Test port: an end of a link that sends what a test gives it, and writes down what arrives and when.
 *
 *     test_port_init(&port, &fabric);
 *     port.port.receiver.buffer = ...;             (infinite unless set)
 *     port_connect(&fabric, &upper.port, &port.port, &link, "link", mr, vh_count);
 *     egress_add_queue(&upper.port.egress, &queue, vh, 0, NULL);
 *     test_send(&queue, test_write(vh, 256), 0); */
#ifndef TESTS_SUPPORT_TEST_PORT_H
#define TESTS_SUPPORT_TEST_PORT_H

#include <stdint.h>

#include "fabric/base/time.h"
#include "fabric/pcie/port.h"

struct test_arrival {
    uint64_t at_ps;
    struct tlp tlp; /* as it was when it came */
};

struct test_port {
    struct port port;
    struct fabric *fabric; /* not owned */
    struct test_arrival *arrivals;
    uint32_t arrival_count, arrival_capacity;

    /* How long it keeps TLP in its buffer; TIME_NEVER: for good. NULL: not at all. */
    uint64_t (*hold_ps)(struct test_port *port, const struct tlp *tlp);

    /* Takes TLP over; NULL: it is delivered, and its operation, if any, is told. */
    void (*take)(struct test_port *port, struct tlp *tlp);
};

/* Advertises infinite credits and takes TLPs whole, until the test says otherwise. */
void test_port_init(struct test_port *port, struct fabric *fabric);
void test_port_free(struct test_port *port);

/* TLPs of hierarchy VH to send; all that is not named is 0. NUMBER, up to 2^52, is in the address, and is what
 * test_number() gives back. */
struct tlp test_write(uint16_t vh, uint32_t payload_bytes, uint64_t number);
struct tlp test_read(uint16_t vh, uint32_t bytes, uint64_t number);
struct tlp test_completion(uint16_t vh, uint32_t payload_bytes, uint64_t number);
uint64_t test_number(const struct tlp *tlp);

/* Enqueues a copy of TLP. */
void test_send(struct egress_queue *queue, struct tlp tlp, uint64_t ready_ps);

/* A link of 64-bit addresses and no propagation. */
struct link_config test_link(uint32_t gen, uint32_t width);

/* One on which a byte takes exactly PS_PER_BYTE. */
struct link_config test_link_of(uint64_t ps_per_byte);

/* Credits without bound. */
struct credit_limits test_infinite(void);

/* HEADERS and DATA of each type. */
struct credit_limits test_credits(uint32_t headers, uint32_t data);

/* The window that is everything. */
#define TEST_WINDOW ((struct window){0, TIME_NEVER})

#endif
