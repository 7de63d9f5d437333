/* The registers behind a PF's BAR, by TLPs: the MSI-X table, and the interrupt that tells of VFs that migrate. */
#include "fabric/adapter/pf_memory.h"

#include <criterion/criterion.h>

#include "fabric/adapter/adapter_hierarchy.h"
#include "fabric/base/time.h"
#include "fabric/pcie/config_requester.h"
#include "hostsim/rack/loads.h"
#include "tests/support/rack.h"

#define PF 0x0300

static struct rack rack;
static bool ended;
static uint32_t interrupts;

static void on_interrupt(struct root_port *root_port, uint16_t id, uint64_t at_ps)
{
    (void)root_port, (void)at_ps;
    cr_expect_eq(id, PF);
    interrupts++;
}

static void open_rack(const char *workloads)
{
    static char text[1024];
    snprintf(
        text, sizeof text,
        "mriov: 1\nrun: {warmup: 0us, duration: 100ms}\nchassis: [{name: tor0}]\nhosts: [{name: h0, chassis: tor0}]\n"
        "adapters: [{name: nic, at: tor0, pfs: 3, vfs: 8}]\nassign: [{function: nic.pf0, to: h0, vfs: 2}]\n%s",
        workloads);
    rack_open_managed(&rack, text);
    rack.world.root_complexes[0].ports[0].on_interrupt = on_interrupt;
    interrupts = 0;
}

static struct pf_memory *memory(void)
{
    return rack.world.adapters[0].spaces[1].memory;
}

static void on_done(struct config_request *request)
{
    (void)request;
    ended = true;
}

static uint32_t access(struct config_request request)
{
    struct simulation *simulation = &rack.world.fabric.simulation;
    request.done = on_done;
    config_requester_submit(rack.world.root_complexes[0].ports[0].requester, &request);
    while (!ended)
        simulation_run(simulation, simulation->now_ps + PS_PER_NS);
    ended = false;
    return request.value;
}

static uint32_t read_at(uint64_t from_end)
{
    return access((struct config_request){.address = memory()->space->pf_base + FUNCTION_BAR_BYTES - from_end});
}

static void write_at(uint64_t from_end, uint32_t value)
{
    uint64_t address = memory()->space->pf_base + FUNCTION_BAR_BYTES - from_end;
    access((struct config_request){.address = address, .enables = 0xf, .value = value});
}

static void configure(uint32_t offset, uint8_t enables, uint32_t value)
{
    access((struct config_request){.id = PF, .offset = (uint16_t)(offset & ~3u), .enables = enables, .value = value});
}

static void run_us(uint64_t us)
{
    rack_run(&rack, fabric_now_ps(&rack.world.fabric) + us * PS_PER_US);
}

static void offer(uint16_t vf)
{
    cr_assert_eq(pf_memory_migrate(memory(), vf, VF_DORMANT_MIGRATE_IN), STATUS_OK);
    run_us(2);
}

static void clear_status(void)
{
    configure(memory()->space->device.sr_iov + SR_IOV_STATUS, 0xc, SR_IOV_STATUS_MIGRATION << 16);
}

Test(pf_memory, the_host_has_set_up_a_vector_at_boot)
{
    open_rack("");
    cr_expect_eq(read_at(CONFIG_SHELF_TABLE_FROM_END), ROOT_INTERRUPT_ADDRESS);
    cr_expect_eq(read_at(CONFIG_SHELF_TABLE_FROM_END - 4), 0);
    cr_expect_eq(read_at(CONFIG_SHELF_TABLE_FROM_END - 12), 0, "not masked");
    cr_expect_eq(read_at(CONFIG_SHELF_TABLE_FROM_END - 28), 1, "the next one is");
    write_at(CONFIG_SHELF_TABLE_FROM_END - 24, 0x12345678);
    cr_expect_eq(read_at(CONFIG_SHELF_TABLE_FROM_END - 24), 0x12345678);
    write_at(CONFIG_SHELF_PENDING_FROM_END, UINT32_MAX);
    cr_expect_eq(read_at(CONFIG_SHELF_PENDING_FROM_END), 0);
    cr_expect_eq(read_at(4), 0, "nothing is there");
    rack_close(&rack);
}

Test(pf_memory, one_interrupt_until_status_is_cleared)
{
    open_rack("");
    offer(3);
    cr_expect_eq(interrupts, 1);
    offer(4);
    cr_expect_eq(interrupts, 1, "the host has not looked");
    clear_status();
    run_us(2);
    cr_expect_eq(interrupts, 1);
    offer(5);
    cr_expect_eq(interrupts, 2);
    cr_expect_eq(memory()->interrupts, 2);
    rack_close(&rack);
}

Test(pf_memory, a_masked_vector_waits)
{
    open_rack("");
    write_at(CONFIG_SHELF_TABLE_FROM_END - 12, 1);
    run_us(2);
    offer(3);
    cr_expect_eq(interrupts, 0);
    cr_expect_eq(read_at(CONFIG_SHELF_PENDING_FROM_END), 1);
    write_at(CONFIG_SHELF_TABLE_FROM_END - 12, 0);
    run_us(2);
    cr_expect_eq(interrupts, 1);
    cr_expect_eq(read_at(CONFIG_SHELF_PENDING_FROM_END), 0);
    rack_close(&rack);
}

Test(pf_memory, an_interrupt_that_is_switched_off_is_made_up_for)
{
    open_rack("");
    const uint16_t control = memory()->space->device.sr_iov + SR_IOV_CONTROL;
    uint32_t on = config_space_get(&memory()->space->device.functions[0], control, 2);
    configure(control, 0x3, on & ~(uint32_t)SR_IOV_CONTROL_MIGRATION_INTERRUPT);
    offer(3);
    cr_expect_eq(interrupts, 0);
    configure(control, 0x3, on);
    run_us(2);
    cr_expect_eq(interrupts, 1);
    rack_close(&rack);
}

/* What workloads do there is not what software does: it ends as anywhere else, and changes nothing. */
Test(pf_memory, workloads_do_not_reach_registers)
{
    open_rack("workloads:\n  - {name: w, function: nic.pf0, op: mmio-write, size: 4B, window: 1MiB, pattern: random}\n"
              "  - {name: r, function: nic.pf0, op: mmio-read, size: 4B, window: 1MiB, pattern: random}\n");
    run_us(2000);
    cr_expect_gt(rack.world.loads->flows[0].counters.operations, 2000);
    cr_expect_gt(rack.world.loads->flows[1].counters.operations, 1000);
    cr_expect_eq(rack.world.loads->flows[0].counters.failed + rack.world.loads->flows[1].counters.failed, 0);
    cr_expect_eq(read_at(CONFIG_SHELF_TABLE_FROM_END), ROOT_INTERRUPT_ADDRESS);
    cr_expect_eq(read_at(CONFIG_SHELF_MIGRATION_FROM_END), VF_ACTIVE_AVAILABLE * 0x0101u);
    rack_close(&rack);
}

Test(pf_memory, vfs_that_do_not_migrate_have_none)
{
    rack_open(
        &rack, "mriov: 1\nchassis: [{name: t}]\nhosts: [{name: h0, chassis: t}]\n"
               "adapters: [{name: s, at: t, sharing: sr-iov, vfs: 4}, {name: n, at: t, vfs: 0}]\n"
               "assign: [{function: s.vf0, to: h0}, {function: n, to: h0}]\n");
    cr_expect_null(rack.world.adapters[0].spaces[0].memory);
    cr_expect_null(rack.world.adapters[1].spaces[1].memory);
    rack_close(&rack);
}
