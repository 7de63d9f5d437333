#include "fabric/pcie/fabric.h"

#include <criterion/criterion.h>
#include <string.h>

#include "fabric/pcie/memory_request.h"
#include "tests/support/test_port.h"

Test(fabric, accounts_for_every_tlp)
{
    static struct fabric fabric;
    fabric_init(&fabric, 1, TEST_WINDOW, 4, 1);
    struct tlp *tlps[10];
    for (int n = 0; n < 10; n++) {
        tlps[n] = fabric_create_tlp(&fabric);
        static const struct tlp empty;
        cr_assert_eq(memcmp(tlps[n], &empty, sizeof empty), 0);
        memset(tlps[n], 0xff, sizeof empty); /* what the next in its place must not see */
        tlps[n]->origin_vh = (uint16_t)n;
        tlps[n]->attributes = 0;
    }
    fabric_deliver_tlp(&fabric, tlps[0], 0);
    fabric_deliver_tlp(&fabric, tlps[1], 1);
    fabric_deliver_tlp(&fabric, tlps[2], 3); /* the witness */
    fabric_drop_tlp(&fabric, tlps[3], DROP_STALE);
    fabric_drop_tlp(&fabric, tlps[4], DROP_UNSUPPORTED_REQUEST);
    fabric_drop_tlp(&fabric, tlps[5], DROP_UNSUPPORTED_REQUEST);
    cr_assert_eq(fabric.created, 10);
    cr_assert_eq(fabric.delivered, 3);
    cr_assert_eq(fabric.cross_vh_deliveries, 1);
    cr_assert_eq(fabric.dropped[DROP_STALE], 1);
    cr_assert_eq(fabric.dropped[DROP_UNSUPPORTED_REQUEST], 2);
    cr_assert_eq(fabric_dropped(&fabric), 3);
    cr_assert_eq(fabric_in_flight(&fabric), 4);
    struct tlp *again = fabric_create_tlp(&fabric);
    cr_assert_eq(again->requester_id, 0);
    fabric_free(&fabric);
}

/* A read that has timed out may still be on its way with the journey of an operation that has ended. */
Test(fabric, an_operation_stays_while_a_tlp_carries_its_journey)
{
    static struct fabric fabric;
    fabric_init(&fabric, 1, TEST_WINDOW, 4, 4);
    struct operation *operation = pool_get(&fabric.operations);
    *operation = (struct operation){.followed = true};
    const struct memory_requester requester = {0x100, 1};
    struct tlp *read = memory_request_create(&fabric, requester, operation, OPERATION_READ, 0x1000, 64);
    fabric_end_operation(&fabric, operation);
    cr_assert_eq(fabric.operations.live, 1);
    journey_pass(&read->operation->journey, JOURNEY_WIRES, 100);
    fabric_drop_tlp(&fabric, read, DROP_UNEXPECTED_COMPLETION);
    cr_assert_eq(fabric.operations.live, 0);
    fabric_free(&fabric);
}

Test(fabric, every_reason_has_a_name_of_its_own)
{
    for (enum drop_reason one = 0; one < DROP_REASONS; one++)
        for (enum drop_reason other = 0; other < one; other++)
            cr_assert_str_neq(drop_reason_name(one), drop_reason_name(other));
}
