/* What one hierarchy's errors do to it, and that they do nothing to others: on whole racks. */
#include "fabric/switch/containment.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/adapter/adapter_errors.h"
#include "fabric/adapter/adapter_fault.h"
#include "fabric/base/time.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/config_requester.h"
#include "fabric/pcie/express_registers.h"
#include "fabric/switch/bridge_config.h"
#include "hostsim/rack/loads.h"
#include "tests/support/rack.h"

#define FAULT_PS (100 * PS_PER_US)
#define REPAIR_PS (200 * PS_PER_US)
#define END_PS (400 * PS_PER_US)

/* h0 and h1 have a function each of one adapter, and each writes, reads and is read from. */
#define RACK(SHARING, FIRST, SECOND)                                                                                   \
    "mriov: 1\nname: t\nrun: {duration: 400us}\nchassis: [{name: c}]\n"                                                \
    "hosts: [{name: 'h[0-1]', chassis: c, completion-timeout: 50us}]\n"                                                \
    "adapters: [{name: a, at: c, sharing: " SHARING ", completion-timeout: 50us}]\n"                                   \
    "assign: [{function: " FIRST ", to: h0}, {function: " SECOND ", to: h1}]\n"                                        \
    "workloads:\n"                                                                                                     \
    "  - {name: w0, function: " FIRST ", op: dma-write, size: 256B, arrival: {periodic: 1Mops/s}}\n"                   \
    "  - {name: r0, function: " FIRST ", op: dma-read, size: 256B, arrival: {periodic: 1Mops/s}}\n"                    \
    "  - {name: m0, function: " FIRST ", op: mmio-read, size: 64B, arrival: {periodic: 200kops/s}}\n"                  \
    "  - {name: w1, function: " SECOND ", op: dma-write, size: 256B, arrival: {periodic: 1Mops/s}}\n"                  \
    "  - {name: r1, function: " SECOND ", op: dma-read, size: 256B, arrival: {periodic: 1Mops/s}}\n"                   \
    "  - {name: m1, function: " SECOND ", op: mmio-read, size: 64B, arrival: {periodic: 200kops/s}}\n"

#define SHARED RACK("mr-iov", "a.pf0", "a.pf1")
#define SR_IOV RACK("sr-iov", "a.vf0", "a.vf1")
#define FLOWS_A_HOST 3

static struct scenario *scenario;
static struct world world;

static void set_up(const char *text)
{
    char reason[256];
    scenario = rack_scenario(text);
    cr_assert_eq(world_init(&world, scenario, reason, sizeof reason), STATUS_OK);
}

static void run_to(uint64_t at_ps)
{
    simulation_run(&world.fabric.simulation, at_ps);
    cr_assert(world_is_valid(&world));
}

static void tear_down(void)
{
    world_free(&world);
    scenario_free(scenario);
}

/* Host HOST's: its root port, its flow N, its function, the downstream bridge above that. */
static struct root_port *root_of(int host)
{
    return &world.root_complexes[host].ports[0];
}

static const struct flow_counters *counters_of(int host, int n)
{
    return &world.loads->flows[host * FLOWS_A_HOST + n].counters;
}

static struct function *function_of(int host)
{
    return world.functions[host].function;
}

static struct virtual_bridge *bridge_of(int host)
{
    return &world.switches[0].virtual_switches[root_of(host)->vh]->bridges[1];
}

static uint64_t failed_of(int host)
{
    uint64_t failed = 0;
    for (int n = 0; n < FLOWS_A_HOST; n++)
        failed += counters_of(host, n)->failed;
    return failed;
}

static uint64_t done_of(int host)
{
    uint64_t done = 0;
    for (int n = 0; n < FLOWS_A_HOST; n++)
        done += counters_of(host, n)->operations;
    return done;
}

static uint32_t aer_of(const struct config_space *space)
{
    return config_space_get(space, capability_find_extended(space->layout, EXTENDED_AER) + AER_UNCORRECTABLE_STATUS, 4);
}

static uint32_t device_status_of(const struct config_space *space)
{
    return config_space_get(space, capability_find(space->layout, CAPABILITY_EXPRESS) + EXPRESS_DEVICE_STATUS, 2);
}

static const struct config_space *registers_of(int host)
{
    return &world.adapters[0].spaces[root_of(host)->vh].device.functions[0];
}

/* Software's way to DPC Control and Status, which share no DW. */
static void write_dpc(int host, uint16_t offset, uint32_t value)
{
    struct config_space *space = bridge_of(host)->config;
    uint16_t at = (uint16_t)(capability_find_extended(space->layout, EXTENDED_DPC) + offset);
    config_space_write(space, at & (uint16_t)~3, offset % 4 == 0 ? 0x3 : 0xc, value << (offset % 4 * 8));
}

static uint32_t dpc_status_of(int host)
{
    const struct config_space *space = bridge_of(host)->config;
    return config_space_get(space, capability_find_extended(space->layout, EXTENDED_DPC) + DPC_STATUS, 2);
}

/* Nothing of HOST's hierarchy knows of any error. */
static void assert_untouched(int host)
{
    uint16_t vh = root_of(host)->vh;
    cr_assert_eq(failed_of(host), 0);
    for (int error = 0; error < ROOT_ERRORS; error++)
        cr_assert_eq(root_of(host)->errors[error], 0);
    for (enum fabric_error error = 0; error < FABRIC_ERRORS; error++)
        cr_assert_eq(fabric_errors(&world.fabric, vh, error), 0);
    cr_assert_eq(bridge_of(host)->cuts, 0);
    cr_assert_eq(dpc_status_of(host), 0);
    const struct config_space *spaces[] = {
        bridge_of(host)->config, &root_of(host)->requester->registers,
        world.switches[0].virtual_switches[vh]->bridges[0].config};
    for (size_t n = 0; n < 3; n++)
        cr_assert(aer_of(spaces[n]) == 0 && (device_status_of(spaces[n]) & DEVICE_STATUS_ERRORS) == 0);
}

static const struct error_report fatal = {.error = AER_MALFORMED};

/* How much each flow of h1 does when nothing happens. */
static void run_undisturbed(uint64_t operations[FLOWS_A_HOST], uint64_t most_ps[FLOWS_A_HOST])
{
    set_up(SHARED);
    run_to(END_PS);
    for (int n = 0; n < FLOWS_A_HOST; n++) {
        operations[n] = counters_of(1, n)->operations;
        most_ps[n] = counters_of(1, n)->latency.max;
    }
    tear_down();
}

Test(containment, a_fatal_error_of_one_host_leaves_the_others_traffic_untouched)
{
    uint64_t operations[FLOWS_A_HOST], most_ps[FLOWS_A_HOST];
    run_undisturbed(operations, most_ps);
    set_up(SHARED);
    write_dpc(0, DPC_CONTROL, DPC_CONTROL_ON_FATAL | DPC_CONTROL_UNSUPPORTED);
    write_dpc(1, DPC_CONTROL, DPC_CONTROL_ON_FATAL | DPC_CONTROL_UNSUPPORTED);
    run_to(FAULT_PS);
    cr_assert_eq(failed_of(0) + failed_of(1), 0);
    function_report(function_of(0), &fatal);
    run_to(FAULT_PS + 2 * PS_PER_US);
    cr_assert_eq(bridge_of(0)->cuts, BRIDGE_CUT_DPC);
    cr_assert_eq(dpc_status_of(0), DPC_STATUS_TRIGGERED | 2u << 1); /* reason: ERR_FATAL */
    uint64_t done = done_of(0);
    run_to(REPAIR_PS);
    cr_assert_leq(done_of(0), done + 1);
    cr_assert_gt(failed_of(0), 0);
    cr_assert_gt(fabric_errors(&world.fabric, root_of(0)->vh, FABRIC_ERROR_UR), 0);
    run_to(END_PS);
    assert_untouched(1);
    cr_assert_eq(aer_of(registers_of(0)), AER_MALFORMED);
    cr_assert_eq(aer_of(registers_of(1)), 0);
    for (int n = 0; n < FLOWS_A_HOST; n++) {
        cr_assert_eq(counters_of(1, n)->operations, operations[n]);
        cr_assert_leq(counters_of(1, n)->latency.max, most_ps[n]);
    }
    tear_down();
}

static void note_end(struct config_request *request)
{
    cr_assert_eq(request->status, TLP_STATUS_SC);
}

Test(containment, ends_when_software_clears_the_trigger_status)
{
    set_up(SHARED);
    write_dpc(0, DPC_CONTROL, DPC_CONTROL_ON_FATAL);
    run_to(FAULT_PS);
    function_report(function_of(0), &fatal);
    run_to(REPAIR_PS);
    cr_assert_gt(fabric_errors(&world.fabric, root_of(0)->vh, FABRIC_ERROR_CA), 0); /* as DPC Control wants it */
    const struct virtual_switch *virtual_switch = world.switches[0].virtual_switches[root_of(0)->vh];
    uint16_t dpc = capability_find_extended(bridge_of(0)->config->layout, EXTENDED_DPC);
    struct config_request clear = {
        .id = bridge_config_id(virtual_switch, 1),
        .offset = (uint16_t)(dpc + DPC_STATUS),
        .enables = 0x3,
        .value = DPC_STATUS_TRIGGERED,
        .done = note_end,
    };
    config_requester_submit(root_of(0)->requester, &clear);
    run_to(REPAIR_PS + 5 * PS_PER_US);
    cr_assert_eq(bridge_of(0)->cuts, 0);
    uint64_t done = done_of(0), failed = failed_of(0);
    run_to(END_PS);
    cr_assert_gt(done_of(0), done + 300);
    cr_assert_eq(failed_of(0), failed);
    assert_untouched(1);
    tear_down();
}

Test(containment, without_it_the_root_port_hears_of_the_error)
{
    const char *const racks[] = {SHARED, SR_IOV};
    for (int n = 0; n < 2; n++) {
        set_up(racks[n]);
        run_to(FAULT_PS);
        function_report(function_of(0), &fatal);
        run_to(END_PS);
        const struct config_space *root = &root_of(0)->requester->registers;
        uint16_t aer = capability_find_extended(root->layout, EXTENDED_AER);
        uint32_t status = AER_ROOT_STATUS_UNCORRECTABLE | AER_ROOT_STATUS_FIRST_FATAL | AER_ROOT_STATUS_FATAL;
        cr_assert_eq(config_space_get(root, aer + AER_ROOT_STATUS, 4), status);
        cr_assert_eq(config_space_get(root, aer + AER_ROOT_SOURCE_UNCORRECTABLE, 2), world.functions[0].id);
        cr_assert_eq(root_of(0)->errors[ROOT_ERROR_FATAL], 1);
        cr_assert_eq(failed_of(0), 0);
        assert_untouched(1);
        tear_down();
    }
}

Test(containment, a_vf_behind_a_translator_logs_in_the_chassis)
{
    set_up(SR_IOV);
    run_to(FAULT_PS);
    function_report(function_of(0), &(struct error_report){.error = AER_COMPLETION_TIMEOUT});
    run_to(END_PS);
    const struct translator *translator = bridge_of(0)->port->translator;
    for (int host = 0; host < 2; host++) {
        const struct config_space *vf = &translator->hierarchies[root_of(host)->vh].device.functions[0];
        cr_assert_eq(aer_of(vf), host == 0 ? AER_COMPLETION_TIMEOUT : 0);
    }
    cr_assert_eq(root_of(0)->errors[ROOT_ERROR_NONFATAL], 1);
    tear_down();
}

/* Slots expect surprises, so it is a change of the slot's link and no error (base specification 3.2.1). */
Test(containment, a_link_that_fails_is_everybodys_who_shares_it)
{
    set_up(SHARED);
    run_to(FAULT_PS);
    link_take_down(&world.adapters[0].port, LINK_CAUSE_FAILED);
    run_to(REPAIR_PS);
    for (int host = 0; host < 2; host++) {
        const struct config_space *space = bridge_of(host)->config;
        uint16_t express = capability_find(space->layout, CAPABILITY_EXPRESS);
        cr_assert((config_space_get(space, express + EXPRESS_SLOT_STATUS, 2) & SLOT_STATUS_LINK_STATE_CHANGED) != 0);
        cr_assert((config_space_get(space, express + EXPRESS_LINK_STATUS, 2) & LINK_STATUS_ACTIVE) == 0);
        cr_assert_eq(bridge_of(host)->cuts, BRIDGE_CUT_LINK);
        cr_assert_eq(root_of(host)->errors[ROOT_ERROR_FATAL], 0);
        cr_assert_gt(failed_of(host), 0);
    }
    link_bring_up(&world.adapters[0].port, LINK_CAUSE_FAILED);
    uint64_t done = done_of(0) + done_of(1);
    run_to(END_PS);
    cr_assert_gt(done_of(0) + done_of(1), done + 600);
    tear_down();
}

Test(containment, a_cable_of_one_host_is_its_own)
{
    set_up(SHARED);
    run_to(FAULT_PS);
    link_take_down(&root_of(0)->port, LINK_CAUSE_FAILED);
    run_to(REPAIR_PS);
    uint64_t failed = failed_of(0), done = done_of(0);
    link_bring_up(&root_of(0)->port, LINK_CAUSE_FAILED);
    run_to(END_PS);
    cr_assert_gt(failed, 0);
    cr_assert_gt(done_of(0), done + 300);
    assert_untouched(1);
    tear_down();
}

Test(containment, lost_completions_time_out_and_are_told)
{
    set_up(SHARED);
    run_to(FAULT_PS);
    function_lose_completions(function_of(0), 3);
    run_to(FAULT_PS + 49 * PS_PER_US);
    cr_assert_eq(failed_of(0), 0);
    run_to(END_PS);
    cr_assert_eq(counters_of(0, 1)->failed, 3);
    cr_assert_eq(failed_of(0), 3);
    cr_assert_eq(fabric_errors(&world.fabric, root_of(0)->vh, FABRIC_ERROR_TIMEOUT), 3);
    cr_assert_eq(aer_of(registers_of(0)), AER_COMPLETION_TIMEOUT);
    cr_assert_eq(root_of(0)->errors[ROOT_ERROR_NONFATAL], 3);
    assert_untouched(1);
    tear_down();
}

Test(containment, poisoned_data_fails_where_it_is_used)
{
    set_up(SHARED);
    run_to(FAULT_PS);
    function_poison(function_of(0), 2);
    run_to(END_PS);
    cr_assert_eq(failed_of(0), 2);
    cr_assert_eq(aer_of(&root_of(0)->requester->registers), AER_POISONED);
    assert_untouched(1);
    tear_down();
}

Test(containment, a_function_that_failed_aborts_what_it_is_asked)
{
    set_up(SHARED);
    run_to(FAULT_PS);
    function_fail(function_of(0), true);
    uint64_t done = done_of(0);
    run_to(REPAIR_PS);
    cr_assert_leq(done_of(0), done + 1); /* a write that was on its way */
    cr_assert_gt(counters_of(0, 2)->failed, 10);
    cr_assert_gt(fabric_errors(&world.fabric, root_of(0)->vh, FABRIC_ERROR_CA), 10);
    cr_assert((aer_of(registers_of(0)) & AER_INTERNAL) != 0);
    function_fail(function_of(0), false);
    run_to(END_PS);
    cr_assert_gt(done_of(0), done + 300);
    assert_untouched(1);
    tear_down();
}

Test(containment, an_adapter_that_hangs_answers_nobody_until_it_goes_on)
{
    set_up(SHARED);
    run_to(FAULT_PS);
    adapter_hang(&world.adapters[0], true);
    uint64_t done = done_of(0) + done_of(1);
    run_to(REPAIR_PS);
    cr_assert_leq(done_of(0) + done_of(1), done + 8); /* what was on its way already */
    for (int host = 0; host < 2; host++)
        cr_assert_gt(fabric_errors(&world.fabric, root_of(host)->vh, FABRIC_ERROR_TIMEOUT), 0);
    adapter_hang(&world.adapters[0], false);
    run_to(END_PS);
    cr_assert_gt(done_of(0) + done_of(1), done + 600);
    tear_down();
}
