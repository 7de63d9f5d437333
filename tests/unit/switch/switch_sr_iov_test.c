#include <criterion/criterion.h>

#include "tests/support/test_chassis.h"

static struct test_chassis rack;

Test(switch, vfs_of_one_function_are_in_hierarchies_of_their_own)
{
    rack.plan = test_chassis_plan();
    test_chassis_init_sr_iov(&rack);
    for (uint32_t host = 0; host < 2; host++) {
        struct tlp read = test_read(test_chassis_vh(host), 64, 0);
        read.tag = 5;
        read.address = TEST_CHASSIS_BASE + 0x40;
        test_send(&rack.from_host[host], read, 0);
    }
    test_chassis_run(&rack);
    cr_assert_eq(rack.adapters[0].arrival_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct tlp *read = &rack.adapters[0].arrivals[i].tlp;
        uint32_t function = (uint32_t)((read->address - TEST_CHASSIS_NATIVE_BAR) / TEST_CHASSIS_NATIVE_BAR_BYTES);
        cr_assert_eq(read->address % TEST_CHASSIS_NATIVE_BAR_BYTES, 0x40);
        struct tlp completion = test_completion((uint16_t)(function + 1), 64, 0);
        completion.completer_id = (uint16_t)(TEST_CHASSIS_NATIVE_ID + function);
        completion.requester_id = read->requester_id;
        completion.tag = read->tag;
        completion.address = 0x40;
        test_send(&rack.from_adapter[0][function + 1], completion, fabric_now_ps(&rack.fabric));
    }
    test_chassis_run(&rack);
    for (uint32_t host = 0; host < 2; host++) {
        cr_assert_eq(rack.hosts[host].arrival_count, 1);
        cr_assert_eq(rack.hosts[host].arrivals[0].tlp.requester_id, 0);
        cr_assert_eq(rack.hosts[host].arrivals[0].tlp.completer_id, 0x0200);
        cr_assert_eq(rack.hosts[host].arrivals[0].tlp.tag, 5);
    }
    test_chassis_free(&rack);
}

Test(switch, a_vf_that_nobody_owns_reaches_nobody)
{
    rack.plan = test_chassis_plan();
    test_chassis_init_sr_iov(&rack);
    struct tlp write = test_write(1, 64, 0);
    write.requester_id = TEST_CHASSIS_NATIVE_ID + 2;
    test_send(&rack.from_adapter[0][1], write, 0);
    struct tlp read = test_read(1, 64, 0);
    read.address = TEST_CHASSIS_BASE + TEST_CHASSIS_NATIVE_BAR_BYTES; /* in the adapter's window, but no VF's */
    test_send(&rack.from_host[0], read, 0);
    test_chassis_run(&rack);
    cr_assert_eq(rack.fabric.dropped[DROP_STALE], 1);
    cr_assert_eq(rack.fabric.dropped[DROP_UNSUPPORTED_REQUEST], 1);
    cr_assert_eq(rack.hosts[0].arrival_count, 1);
    cr_assert_eq(rack.hosts[0].arrivals[0].tlp.status, TLP_STATUS_UR);
    cr_assert_eq(rack.adapters[0].arrival_count, 0);
    test_chassis_free(&rack);
}

Test(switch, a_vf_is_told_by_its_native_id_that_its_read_is_unsupported)
{
    rack.plan = test_chassis_plan();
    test_chassis_init_sr_iov(&rack);
    struct tlp read = test_read(1, 64, 0);
    read.requester_id = TEST_CHASSIS_NATIVE_ID;
    read.address = TEST_CHASSIS_BASE + 0x40; /* itself, through its own bridge */
    read.tag = 9;
    test_send(&rack.from_adapter[0][1], read, 0);
    test_chassis_run(&rack);
    cr_assert_eq(rack.adapters[0].arrival_count, 1);
    cr_assert_eq(rack.adapters[0].arrivals[0].tlp.status, TLP_STATUS_UR);
    cr_assert_eq(rack.adapters[0].arrivals[0].tlp.tag, 9);
    cr_assert_eq(rack.adapters[0].arrivals[0].tlp.requester_id, TEST_CHASSIS_NATIVE_ID);
    test_chassis_free(&rack);
}
