/* Test chassis: an MR switch with test ports around it.
 *
 * HOSTS root ports on plain links, and ADAPTERS mr-iov adapters, or one sr-iov adapter. Every hierarchy, number 1 for
 * the first host, has the same map: adapter n on bus 2 + n, with a window of 1 MiB n MiB above the base.
 *
 *     static struct test_chassis rack;
 *     rack.plan = test_chassis_plan();             (and what the test wants otherwise)
 *     test_chassis_init(&rack);
 *     test_send(&rack.from_host[0], tlp, 0);
 *     test_chassis_run(&rack);
 *     test_chassis_free(&rack);                    (checks that everything has ended) */
#ifndef TESTS_SUPPORT_TEST_CHASSIS_H
#define TESTS_SUPPORT_TEST_CHASSIS_H

#include <stdint.h>

#include "fabric/switch/switch.h"
#include "tests/support/test_port.h"

#define TEST_CHASSIS_HOSTS 4
#define TEST_CHASSIS_ADAPTERS 4
#define TEST_CHASSIS_BASE UINT64_C(0x80000000)
#define TEST_CHASSIS_BYTES (UINT64_C(1) << 20)
#define TEST_CHASSIS_BUS 1 /* the internal one of each virtual switch */

/* The sr-iov adapter: function n, of three, has BAR n of 4 KiB. */
#define TEST_CHASSIS_NATIVE_ID 0x0100
#define TEST_CHASSIS_NATIVE_BAR UINT64_C(0x4000000000)
#define TEST_CHASSIS_NATIVE_BAR_BYTES 0x1000

struct test_chassis_plan {
    struct switch_config config;
    uint32_t hosts, adapters;
    struct link_config host_link, adapter_link;
    struct credit_limits buffer; /* of the switch's ports */
    struct credit_limits far;    /* of those at the other ends */
};

struct test_chassis {
    struct test_chassis_plan plan;
    struct fabric fabric;
    struct mr_switch mr_switch; /* hosts' ports, then adapters' */
    struct test_port hosts[TEST_CHASSIS_HOSTS], adapters[TEST_CHASSIS_ADAPTERS];
    struct egress_queue from_host[TEST_CHASSIS_HOSTS];
    struct egress_queue from_adapter[TEST_CHASSIS_ADAPTERS][TEST_CHASSIS_HOSTS + 2]; /* by VH number */
};

/* Two hosts, two adapters, bytes of 1 ps, a latency of 1 ns, cut-through, and credits without bound. */
struct test_chassis_plan test_chassis_plan(void);

/* Builds it with mr-iov adapters, or (_sr_iov) one sr-iov adapter whose function n is in host n's hierarchy, all at one
 * ID (0200) and address (the base). */
void test_chassis_init(struct test_chassis *rack);
void test_chassis_init_sr_iov(struct test_chassis *rack);

/* Fails the test unless every TLP has ended, none in another hierarchy, and all credits are back. */
void test_chassis_free(struct test_chassis *rack);

/* A microsecond more. */
void test_chassis_run(struct test_chassis *rack);

uint16_t test_chassis_vh(uint32_t host);
uint16_t test_chassis_vh_count(const struct test_chassis *rack);
uint64_t test_chassis_address(uint32_t adapter);

#endif
