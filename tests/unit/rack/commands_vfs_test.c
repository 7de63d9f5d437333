/* The whole VF migration handshake under load: MR-PCIM by commands of VH 0, hosts by interrupts, configuration and
 * memory. That a VF's function is clean when it leaves its PF the model proves by itself (fabric/adapter/vf_array.c).
 */
#include "hostsim/rack/commands_vfs.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fabric/adapter/adapter_hierarchy.h"
#include "fabric/base/time.h"
#include "hostsim/rack/loads.h"
#include "hostsim/rack/manager.h"
#include "hostsim/rack/plugs.h"
#include "tests/support/rack.h"

TestSuite(commands_vfs, .timeout = 120);

static struct rack rack;
static struct manager manager;
static uint32_t interrupts;

static void open_rack(const char *flr_delay)
{
    static char text[2048];
    snprintf(
        text, sizeof text,
        "mriov: 1\nrun: {warmup: 0us, duration: 10s}\nchassis: [{name: tor0}]\n"
        "hosts: [{name: 'h[0-1]', chassis: tor0, hotplug: none, iommu: {entries: 64}}]\n"
        "adapters: [{name: nic, at: tor0, pfs: 2, vfs: 4, flr-delay: %s}]\n"
        "assign: [{function: nic.pf0, to: h0, vfs: 1}, {function: nic.pf1, to: h1, vfs: 1}]\n"
        "workloads:\n"
        "  - {name: p, function: 'nic.pf*', op: dma-write, size: 4KiB, arrival: {poisson: 2Gbps}}\n"
        "  - {name: v, function: 'nic.pf*.vf*', op: dma-read-write, size: 8KiB, arrival: {closed: 4}}\n",
        flr_delay);
    rack_open_managed(&rack, text);
    manager_init(&manager, &rack.world);
}

static void close_rack(void)
{
    manager_free(&manager);
    rack_close(&rack);
}

static uint64_t now_ps(void)
{
    return fabric_now_ps(&rack.world.fabric);
}

static void run_us(uint64_t us)
{
    rack_run(&rack, now_ps() + us * PS_PER_US);
}

static struct pcim_operation *set_vfs(const char *pf, uint32_t count)
{
    struct pcim_operation *operation;
    struct pcim_refusal refusal;
    struct pcim_request request = {.method = PCIM_METHOD_SET_VFS, .set_vfs = {.pf = pf, .count = count}};
    cr_assert_eq(pcim_submit(&manager.pcim, &request, &operation, &refusal), STATUS_OK, "%s", refusal.message);
    return operation;
}

static void finish(const struct pcim_operation *operation, enum status status)
{
    for (int tries = 0; !pcim_operation_has_ended(operation) && tries < 20000; tries++)
        run_us(100);
    cr_expect_eq(operation->status.code, status, "%s", operation->status.message);
}

static uint32_t vfs_of(uint16_t vh)
{
    uint32_t vfs = 0;
    const struct adapter_space *space = &rack.world.adapters[0].spaces[vh];
    for (uint32_t slot = 1; slot < space->slot_count; slot++)
        vfs += space->slots[slot] != NULL;
    return vfs;
}

static uint64_t failed(void)
{
    uint64_t count = 0;
    for (size_t row = 0; row < rack.world.loads->row_count; row++)
        count += rack.world.loads->rows[row]->flow->counters.failed;
    return count;
}

static const struct hotplug *driver(size_t root)
{
    return &rack.world.plugs->drivers[root];
}

Test(commands_vfs, vfs_go_from_host_to_host_and_back_under_load)
{
    open_rack("3us");
    for (int round = 0; round < 20; round++) {
        run_us(50);
        finish(set_vfs("nic.pf0", 3), STATUS_OK);
        cr_expect(vfs_of(1) == 3 && vfs_of(2) == 1);
        run_us(50);
        finish(set_vfs("nic.pf0", 0), STATUS_OK);
        finish(set_vfs("nic.pf1", 4), STATUS_OK);
        cr_expect(vfs_of(1) == 0 && vfs_of(2) == 4);
        run_us(50);
        finish(set_vfs("nic.pf1", 1), STATUS_OK);
        finish(set_vfs("nic.pf0", 1), STATUS_OK);
    }
    cr_expect_eq(driver(0)->counters.vfs_taken, 60);
    cr_expect_eq(driver(0)->counters.vfs_given, 60);
    cr_expect_eq(driver(1)->counters.vfs_taken, driver(1)->counters.vfs_given);
    cr_expect_eq(failed(), 0, "hosts give back what is idle");
    cr_expect_eq(rack.world.fabric.cross_vh_deliveries, 0);
    for (size_t row = 0; row < rack.world.loads->row_count; row++)
        cr_expect_gt(rack.world.loads->rows[row]->flow->counters.operations, 10, "%zu", row);
    close_rack();
}

/* Both resets are the adapter's time, and everything else is what it would be without them. */
Test(commands_vfs, each_side_resets_the_vf)
{
    uint64_t took[2][2];
    static const char *const delays[] = {"0us", "500us"};
    for (int n = 0; n < 2; n++) {
        open_rack(delays[n]);
        run_us(20);
        const struct pcim_operation *more = set_vfs("nic.pf0", 2);
        finish(more, STATUS_OK);
        took[n][0] = more->ended_ps - more->started_ps;
        run_us(20);
        const struct pcim_operation *fewer = set_vfs("nic.pf0", 1);
        finish(fewer, STATUS_OK);
        took[n][1] = fewer->ended_ps - fewer->started_ps;
        close_rack();
    }
    for (int way = 0; way < 2; way++) {
        cr_expect_geq(took[1][way] - took[0][way], 450 * PS_PER_US, "%d", way);
        cr_expect_leq(took[1][way] - took[0][way], 800 * PS_PER_US, "%d: by Retry Status and looks", way);
    }
}

static void hear_nothing(struct root_port *root_port, uint16_t id, uint64_t at_ps)
{
    (void)root_port, (void)id, (void)at_ps;
    interrupts++;
}

Test(commands_vfs, a_host_that_does_not_hear_finds_all_as_it_was)
{
    open_rack("0us");
    struct root_port *root_port = &rack.world.root_complexes[0].ports[0];
    void (*hears)(struct root_port *, uint16_t, uint64_t) = root_port->on_interrupt;
    for (size_t row = 0; row < rack.world.loads->row_count; row++)
        loads_detach(rack.world.loads, rack.world.loads->rows[row]->spec->members[0].function);
    root_port->on_interrupt = hear_nothing;
    finish(set_vfs("nic.pf0", 3), STATUS_DEADLINE_EXCEEDED);
    cr_expect_eq(vfs_of(1), 1);
    finish(set_vfs("nic.pf0", 0), STATUS_DEADLINE_EXCEEDED);
    cr_expect_eq(vfs_of(1), 1);
    cr_expect_eq(interrupts, 1, "its status was never cleared");
    cr_expect_geq(now_ps(), 2 * PS_PER_S);
    root_port->on_interrupt = hears;
    hears(root_port, 0x0300, now_ps());
    finish(set_vfs("nic.pf0", 3), STATUS_OK);
    cr_expect_eq(vfs_of(1), 3);
    close_rack();
}

/* The host reads what became of its write: a VF that is not wanted any more stays, and works. */
Test(commands_vfs, a_wish_taken_back_in_the_middle_leaves_the_vf)
{
    open_rack("200us");
    run_us(20);
    struct pf_memory *memory = rack.world.adapters[0].spaces[1].memory;
    cr_assert_eq(pf_memory_migrate(memory, 1, VF_ACTIVE_MIGRATE_OUT), STATUS_OK);
    run_us(100); /* its driver has let go of it, and it is being reset */
    cr_expect_not(plugs_is_attached(rack.world.plugs, (struct scenario_function){0, 0, 0}));
    cr_assert_eq(pf_memory_migrate(memory, 1, VF_ACTIVE_AVAILABLE), STATUS_OK);
    run_us(1000);
    cr_expect_eq(vf_array_state(&memory->vfs, 1), VF_ACTIVE_AVAILABLE);
    cr_expect(plugs_is_attached(rack.world.plugs, (struct scenario_function){0, 0, 0}));
    uint64_t sent = rack.world.adapters[0].spaces[1].slots[1]->tlps;
    run_us(50);
    cr_expect_gt(rack.world.adapters[0].spaces[1].slots[1]->tlps, sent);
    close_rack();
}

/* Offered and retracted before the host has activated it. */
Test(commands_vfs, an_offer_retracted_in_the_middle_is_not_taken)
{
    open_rack("200us");
    run_us(20);
    struct pf_memory *memory = rack.world.adapters[0].spaces[1].memory;
    cr_assert_eq(pf_memory_migrate(memory, 2, VF_DORMANT_MIGRATE_IN), STATUS_OK);
    run_us(100);
    cr_assert_eq(pf_memory_migrate(memory, 2, VF_INACTIVE_UNAVAILABLE), STATUS_OK);
    run_us(2000);
    cr_expect_eq(vf_array_state(&memory->vfs, 2), VF_INACTIVE_UNAVAILABLE);
    cr_expect_eq(vfs_of(1), 1);
    cr_expect(hotplug_is_idle(driver(0)));
    cr_expect_eq(driver(0)->counters.vfs_taken, 0);
    close_rack();
}
