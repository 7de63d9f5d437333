/* Registers of root ports act from the write on (hostsim/host/root_registers.h). */
#include "hostsim/host/root_registers.h"

#include <criterion/criterion.h>

#include "fabric/adapter/adapter_fault.h"
#include "fabric/base/time.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/express_registers.h"
#include "tests/support/config_probe.h"
#include "tests/support/rack.h"

#define TIMEOUT_DISABLE 0x10
#define TIMEOUT_10_MS 0x02

static const char *const rack_of_two_uplinks = "mriov: 1\n"
                                               "run: {duration: 1s}\n"
                                               "chassis: [{name: tor}]\n"
                                               "hosts: [{name: h, chassis: tor, uplinks: 2}]\n"
                                               "adapters: [{name: nic, at: tor, pfs: 2}]\n"
                                               "assign: [{function: nic, to: 'h:0'}, {function: nic, to: 'h:1'}]\n"
                                               "workloads: [{name: r, function: nic.pf0, op: mmio-read, size: 64B}]\n";

static void set_device_control_2(struct rack *rack, uint32_t port, uint32_t value)
{
    struct config_requester *requester = rack->world.root_complexes[0].ports[port].requester;
    uint16_t express = capability_find(requester->registers.layout, CAPABILITY_EXPRESS);
    cr_assert(config_probe_write(requester, 0, (uint16_t)(express + EXPRESS_DEVICE_CONTROL_2), 2, value));
}

/* The other root port has a timeout all the time, so that the least of all is what it was. */
Test(root_registers, a_timeout_is_enabled_for_a_read_that_had_none)
{
    struct rack rack;
    rack_open(&rack, rack_of_two_uplinks);
    set_device_control_2(&rack, 0, TIMEOUT_DISABLE);
    set_device_control_2(&rack, 1, TIMEOUT_10_MS);
    uint64_t now = fabric_now_ps(&rack.world.fabric);
    adapter_hang(&rack.world.adapters[0], true);
    rack_run(&rack, now + 100 * PS_PER_MS);
    cr_assert_eq(fabric_errors(&rack.world.fabric, 1, FABRIC_ERROR_TIMEOUT), 0);
    set_device_control_2(&rack, 0, TIMEOUT_10_MS);
    rack_run(&rack, now + 200 * PS_PER_MS);
    cr_assert_gt(fabric_errors(&rack.world.fabric, 1, FABRIC_ERROR_TIMEOUT), 1, "it and those behind it");
    rack_close(&rack);
}
