/* What software writes through TLPs while the rack runs, and what the adapter and the bridges in front of it then do.
 */
#include "fabric/adapter/adapter_space.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_device.h"
#include "fabric/pcie/config_requester.h"
#include "hostsim/rack/loads.h"
#include "tests/support/rack.h"

/* One host with a PF and two VFs; the upstream bridge is 01:00.0, the downstream one 02:00.0, the PF 03:00.0. */
#define UPSTREAM 0x0100
#define DOWNSTREAM 0x0200
#define PF 0x0300
#define VF 0x0301

static struct rack rack;

static void set_up(const char *workload)
{
    static char text[1024];
    snprintf(
        text, sizeof text,
        "mriov: 1\nrun: {warmup: 0us, duration: 10ms}\n"
        "chassis: [{name: c0}]\nhosts: [{name: h0, chassis: c0, mps: 512B}]\n"
        "adapters: [{name: a, at: c0, sharing: mr-iov, vfs: 4, flr-delay: 5us}]\n"
        "assign: [{function: a.pf0, to: h0, vfs: 2}]\n"
        "workloads: [{name: w, outstanding: 4, %s}]\n",
        workload);
    rack_open(&rack, text);
}

static void run_us(uint64_t us)
{
    rack_run(&rack, fabric_now_ps(&rack.world.fabric) + us * PS_PER_US);
}

static bool ended;

static void on_done(struct config_request *request)
{
    (void)request;
    ended = true;
}

/* Software reads, or writes by ENABLES, the DW at OFFSET of function ID. */
static struct config_request access(uint16_t id, uint16_t offset, uint8_t enables, uint32_t value)
{
    struct config_request request = {
        .id = id, .offset = offset & (uint16_t)~3, .enables = enables, .value = value, .done = on_done};
    ended = false;
    config_requester_submit(rack.world.root_complexes[0].ports[0].requester, &request);
    while (!ended)
        simulation_run(&rack.world.fabric.simulation, fabric_now_ps(&rack.world.fabric) + PS_PER_NS);
    return request;
}

static void set_command(uint16_t id, uint32_t command)
{
    access(id, CONFIG_COMMAND, 0x3, command);
}

static struct adapter_space *space(void)
{
    return &rack.world.adapters[0].spaces[1];
}

static uint16_t express_of(uint32_t place)
{
    return capability_find(space()->device.functions[place].layout, CAPABILITY_EXPRESS);
}

static uint64_t sent(uint32_t slot)
{
    return space()->slots[slot]->tlps;
}

static const struct flow_counters *counters(void)
{
    return &rack.world.loads->flows[0].counters;
}

Test(adapter_space, bus_master_gates_dma)
{
    set_up("function: a.pf0, op: dma-read, size: 2000B");
    run_us(5);
    set_command(PF, COMMAND_MEMORY);
    run_us(5);
    uint64_t before = sent(0);
    run_us(20);
    cr_expect_eq(sent(0), before, "it waits");
    set_command(PF, COMMAND_MEMORY | COMMAND_BUS_MASTER);
    run_us(5);
    cr_expect_gt(sent(0), before);
    cr_expect_eq(counters()->failed, 0, "nothing is lost");
    rack_close(&rack);
}

Test(adapter_space, payload_and_read_sizes_change_what_is_sent)
{
    set_up("function: a.pf0.vf0, op: dma-write, size: 4096B");
    run_us(5);
    cr_expect_eq(space()->slots[1]->settings.mps, 512);
    access(PF, express_of(0) + EXPRESS_DEVICE_CONTROL, 0x3, 1u << DEVICE_CONTROL_READ_REQUEST_SHIFT);
    run_us(5);
    cr_expect_eq(space()->slots[1]->settings.mps, 128, "a VF has its PF's");
    cr_expect_eq(space()->slots[1]->settings.mrrs, 256);
    uint64_t tlps = space()->slots[1]->tlps, bytes = space()->slots[1]->payload_bytes;
    run_us(5);
    cr_expect_eq(space()->slots[1]->payload_bytes - bytes, 128 * (space()->slots[1]->tlps - tlps));
    rack_close(&rack);
}

Test(adapter_space, memory_space_gates_bars)
{
    set_up("function: a.pf0, op: mmio-read, size: 64B");
    run_us(5);
    cr_expect_eq(counters()->failed, 0);
    set_command(PF, COMMAND_BUS_MASTER);
    run_us(5);
    uint64_t failed = counters()->failed, done = counters()->operations;
    cr_expect_gt(failed, 0, "refused at once");
    run_us(5);
    cr_expect_eq(counters()->operations, done);
    set_command(PF, COMMAND_MEMORY | COMMAND_BUS_MASTER);
    run_us(5);
    cr_expect_gt(counters()->operations, done);
    rack_close(&rack);
}

Test(adapter_space, a_function_level_reset_ends_what_was_begun_and_takes_its_time)
{
    set_up("function: a.pf0.vf1, op: dma-read, size: 4096B");
    run_us(5);
    access(VF + 1, express_of(2) + EXPRESS_DEVICE_CONTROL, 0x2, DEVICE_CONTROL_FLR);
    cr_expect(space()->slots[2]->resetting);
    cr_expect_eq(space()->slots[2]->engine.reads_in_flight, 0);
    uint64_t failed = counters()->failed, before = sent(2);
    cr_expect_gt(failed, 0);
    cr_expect_eq(access(VF, CONFIG_COMMAND, 0, 0).status, TLP_STATUS_SC, "the others answer");
    cr_expect(space()->slots[2]->resetting);
    access(VF + 1, CONFIG_VENDOR, 0, 0); /* by Retry Status: the root port asks again and again */
    cr_expect_not(space()->slots[2]->resetting);
    cr_expect_geq(fabric_now_ps(&rack.world.fabric), 10 * PS_PER_US);
    run_us(10);
    cr_expect_not(space()->slots[2]->resetting);
    cr_expect_eq(access(VF + 1, CONFIG_COMMAND, 0, 0).value & 0xffff, 0, "its registers are reset");
    cr_expect_eq(sent(2), before, "it may issue nothing");
    set_command(VF + 1, COMMAND_BUS_MASTER);
    run_us(5);
    cr_expect_gt(sent(2), before);
    cr_expect_eq(counters()->failed, failed);
    rack_close(&rack);
}

Test(adapter_space, vf_enable_has_vfs_and_takes_them_away)
{
    set_up("function: a.pf0.vf0, op: dma-write, size: 4096B");
    run_us(5);
    uint16_t control = (uint16_t)(space()->device.sr_iov + SR_IOV_CONTROL);
    uint32_t enabled = access(PF, control, 0, 0).value;
    access(PF, control, 0x3, enabled & ~(uint32_t)SR_IOV_CONTROL_VF_ENABLE);
    cr_expect_not(space()->slots[1]->exists);
    cr_expect_eq(access(VF, CONFIG_COMMAND, 0, 0).status, TLP_STATUS_UR);
    uint64_t before = sent(1);
    run_us(5);
    cr_expect_eq(sent(1), before);
    access(PF, control, 0x3, enabled);
    set_command(VF, COMMAND_BUS_MASTER);
    run_us(5);
    cr_expect_gt(sent(1), before);
    rack_close(&rack);
}

Test(adapter_space, bridges_gate_what_passes)
{
    set_up("function: a.pf0, op: dma-read, size: 64B");
    const uint16_t bridges[] = {DOWNSTREAM, UPSTREAM};
    for (int n = 0; n < 2; n++) {
        run_us(5);
        uint64_t failed = counters()->failed;
        set_command(bridges[n], COMMAND_MEMORY);
        run_us(5);
        cr_expect_gt(counters()->failed, failed, "unsupported above %04x", bridges[n]);
        set_command(bridges[n], COMMAND_MEMORY | COMMAND_BUS_MASTER);
        run_us(5);
        failed = counters()->failed;
        uint64_t done = counters()->operations;
        run_us(5);
        cr_expect_eq(counters()->failed, failed);
        cr_expect_gt(counters()->operations, done);
    }
    rack_close(&rack);
}

Test(adapter_space, the_upstream_window_gates_what_comes_from_above)
{
    set_up("function: a.pf0, op: mmio-read, size: 64B");
    run_us(5);
    cr_expect_eq(counters()->failed, 0);
    set_command(UPSTREAM, COMMAND_BUS_MASTER);
    run_us(5);
    cr_expect_gt(counters()->failed, 0);
    rack_close(&rack);
}

Test(adapter_space, source_validation_blocks_strangers_only)
{
    set_up("function: a.pf0, op: dma-read, size: 64B");
    struct virtual_switch *virtual_switch = rack.world.switches[0].virtual_switches[1];
    uint16_t acs = capability_find_extended(virtual_switch->bridges[1].config->layout, EXTENDED_ACS);
    access(DOWNSTREAM, acs + ACS_CONTROL, 0xc, (uint32_t)ACS_SOURCE_VALIDATION << 16);
    run_us(5);
    cr_expect_eq(virtual_switch->acs_violations, 0);
    cr_expect_gt(counters()->operations, 0);
    struct function *function = space()->slots[0];
    struct function_settings stranger = function->settings;
    stranger.id = 0x0900;
    function_configure(function, &stranger);
    uint64_t failed = counters()->failed;
    run_us(5);
    cr_expect_gt(virtual_switch->acs_violations, 0);
    cr_expect_geq(counters()->failed, failed);
    rack_close(&rack);
}

Test(adapter_space, a_secondary_bus_reset_resets_what_is_below)
{
    set_up("function: a.pf0, op: dma-read, size: 64B");
    run_us(5);
    access(DOWNSTREAM, CONFIG_BRIDGE_CONTROL, 0x4, (uint32_t)BRIDGE_CONTROL_SECONDARY_RESET << 16);
    cr_expect_eq(access(PF, CONFIG_VENDOR, 0, 0).status, TLP_STATUS_UR, "nobody is there");
    access(DOWNSTREAM, CONFIG_BRIDGE_CONTROL, 0x4, 0);
    run_us(10);
    cr_expect_eq(access(PF, CONFIG_COMMAND, 0, 0).value & 0xffff, 0);
    cr_expect_eq(access(PF, CONFIG_BAR + 4, 0, 0).value, 0);
    uint64_t before = sent(0);
    run_us(5);
    cr_expect_eq(sent(0), before);
    rack_close(&rack);
}
