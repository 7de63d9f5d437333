#include "fabric/pcie/stale.h"

#include <criterion/criterion.h>

#include "tests/support/test_port.h"

static struct fabric fabric;
static struct test_port upper, lower;
static struct egress_queue queue;

static void set_up(void)
{
    struct link_config link = test_link_of(1);
    fabric_init(&fabric, 1, TEST_WINDOW, 64, 1);
    test_port_init(&upper, &fabric);
    test_port_init(&lower, &fabric);
    upper.port.receiver.buffer = test_credits(8, 512);
    port_connect(&fabric, &upper.port, &lower.port, &link, "link", false, 4);
    egress_add_queue(&lower.port.egress, &queue, 1, 0, NULL);
}

static void tear_down(void)
{
    cr_assert_eq(fabric_in_flight(&fabric), 0);
    cr_assert_eq(fabric.created, fabric.delivered + fabric_dropped(&fabric));
    test_port_free(&upper);
    test_port_free(&lower);
    fabric_free(&fabric);
}

static void run(void)
{
    simulation_run(&fabric.simulation, fabric_now_ps(&fabric) + PS_PER_US);
}

static struct tlp write_of(uint16_t id, uint64_t number)
{
    struct tlp tlp = test_write(1, 64, number);
    tlp.requester_id = id;
    return tlp;
}

static struct tlp read_of(uint16_t id, uint64_t number)
{
    struct tlp tlp = test_read(1, 64, number);
    tlp.requester_id = id;
    return tlp;
}

/* Two requesters' writes and reads, the first of which is on the wire. */
static void send_all(void)
{
    for (uint16_t n = 0; n < 6; n++) {
        test_send(&queue, write_of((uint16_t)(0x300 + n % 2), n), 0);
        test_send(&queue, read_of((uint16_t)(0x300 + n % 2), 100 + n), 0);
    }
}

Test(stale, the_next_receiver_drops_what_is_condemned_and_nothing_else)
{
    set_up();
    send_all();
    cr_expect_eq(stale_condemn_requester(&fabric, 1, 0x300, false), 6);
    cr_expect_eq(stale_condemn_requester(&fabric, 1, 0x300, false), 0, "once is enough");
    cr_expect_eq(stale_condemn_requester(&fabric, 2, 0x301, false), 0, "another hierarchy's");
    run();
    cr_expect_eq(upper.arrival_count, 6);
    for (uint32_t n = 0; n < upper.arrival_count; n++)
        cr_expect_eq(upper.arrivals[n].tlp.requester_id, 0x301);
    cr_expect_eq(fabric.dropped[DROP_STALE], 6);
    cr_expect_eq(fabric_stale(&fabric, 1), 6);
    cr_expect_eq(fabric_stale(&fabric, 3), 0);
    tear_down();
}

Test(stale, reads_alone_may_be_condemned)
{
    set_up();
    send_all();
    cr_expect_eq(stale_condemn_requester(&fabric, 1, 0x301, true), 3);
    run();
    cr_expect_eq(upper.arrival_count, 9);
    tear_down();
}

/* There are places for 8 TLPs at the receiver: all others get them only when those that are dropped give theirs back.
 */
Test(stale, credits_come_back)
{
    set_up();
    for (uint64_t n = 0; n < 40; n++)
        test_send(&queue, write_of(0x300, n), 0);
    cr_expect_eq(stale_condemn_requester(&fabric, 1, 0x300, false), 40);
    test_send(&queue, write_of(0x301, 40), 0);
    run();
    cr_expect_eq(upper.arrival_count, 1);
    cr_expect_eq(credits_held_headers(&egress_channel(&lower.port.egress, 1, 0)->credits[CREDIT_POSTED]), 0);
    tear_down();
}

Test(stale, a_link_with_names_of_its_own_is_passed_over)
{
    set_up();
    stale_add_native(&fabric, &lower.port);
    send_all();
    cr_expect_eq(stale_condemn_requester(&fabric, 1, 0x300, false), 0);
    run();
    cr_expect_eq(upper.arrival_count, 12);
    tear_down();
}
