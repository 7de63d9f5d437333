#include "fabric/pcie/port.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "tests/support/test_port.h"

static struct fabric fabric;
static struct test_port upper, lower;

static void connect(bool mr)
{
    struct link_config link = test_link(3, 8);
    link.propagation_ps = 10000;
    link.rate_bps[LINK_UP] = 8 * PS_PER_S / 2;
    link.rate_bps[LINK_DOWN] = 8 * PS_PER_S / 5;
    fabric_init(&fabric, 1, TEST_WINDOW, 64, 1);
    test_port_init(&upper, &fabric);
    test_port_init(&lower, &fabric);
    upper.port.receiver.buffer = test_credits(3, 30);
    lower.port.receiver.buffer = test_credits(5, 50);
    lower.port.receiver.per_vh = true;
    lower.port.receiver.delivery = (struct wire_delivery){.at_head = true, .delay_ps = 123};
    port_connect(&fabric, &upper.port, &lower.port, &link, "link", mr, 3);
}

static void disconnect(void)
{
    test_port_free(&upper);
    test_port_free(&lower);
    fabric_free(&fabric);
}

Test(port, each_direction_has_its_rate_and_what_its_receiver_wants)
{
    connect(false);
    cr_assert_eq(upper.port.peer, &lower.port);
    cr_assert_eq(lower.port.peer, &upper.port);
    const struct wire *down = &upper.port.egress.wire, *up = &lower.port.egress.wire;
    cr_assert_eq(down->receiver, &lower.port);
    cr_assert_eq(up->receiver, &upper.port);
    cr_assert_eq(wire_duration_ps(down, 100), 500);
    cr_assert_eq(wire_duration_ps(up, 100), 200);
    cr_assert(down->delivery.at_head && down->delivery.delay_ps == 123);
    cr_assert(!up->delivery.at_head && up->delivery.delay_ps == 0);
    cr_assert_eq(upper.port.egress.limits.headers[CREDIT_POSTED], 5);
    cr_assert_eq(lower.port.egress.limits.data[CREDIT_POSTED], 30);
    disconnect();
}

Test(port, hierarchies_have_buffers_of_their_own_only_on_mr_links_to_who_offers_them)
{
    for (int mr = 0; mr < 2; mr++) {
        connect(mr != 0);
        cr_assert_eq(upper.port.egress.shared == NULL, mr != 0);
        cr_assert_not_null(lower.port.egress.shared);
        cr_assert_eq(upper.port.mr, mr != 0);
        cr_assert_eq(lower.port.mr, mr != 0);
        struct tlp write = test_write(1, 64, 0);
        cr_assert_eq(wire_bytes(&upper.port.egress.wire, &write), 64 + 24 + (mr ? 4 : 0));
        disconnect();
    }
}

Test(port, a_released_place_is_known_to_the_sender_a_propagation_later)
{
    connect(true);
    struct egress_queue queue;
    egress_add_queue(&upper.port.egress, &queue, 2, 0, NULL);
    test_send(&queue, test_write(2, 64, 0), 0);
    simulation_run(&fabric.simulation, PS_PER_US);
    struct credits *credits = &upper.port.egress.channels[2]->credits[CREDIT_POSTED];
    /* It came, and was released, a propagation and 123 ps after its head left. */
    uint64_t back_ps = 10000 + 123 + 10000;
    cr_assert_eq(lower.arrivals[0].at_ps, 10000 + 123);
    credits_mature(credits, back_ps - 1);
    cr_assert_eq(credits->headers, 4);
    cr_assert_eq(credits->data, 46);
    credits_mature(credits, back_ps);
    cr_assert_eq(credits->headers, 5);
    cr_assert_eq(credits->data, 50);
    disconnect();
}
