/* The VF migration handshake at the adapter: the host's side by memory and configuration TLPs, MR-PCIM's by commands.
 */
#include "fabric/adapter/vf_array.h"

#include <criterion/criterion.h>

#include "fabric/adapter/adapter_hierarchy.h"
#include "fabric/base/time.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_sr_iov.h"
#include "fabric/pcie/config_requester.h"
#include "fabric/pcie/express_registers.h"
#include "hostsim/rack/loads.h"
#include "tests/support/rack.h"

/* h0's PF of nic has two VFs of eight, h1's none; 03:00.0 in both hierarchies. h2 cannot migrate VFs. */
#define PF 0x0300
#define INITIAL 2
#define TOTAL 8

static struct rack rack;
static bool ended;

static const char *const text =
    "mriov: 1\nrun: {warmup: 0us, duration: 100ms}\nchassis: [{name: tor0}]\n"
    "hosts: [{name: 'h[0-1]', chassis: tor0}, {name: h2, chassis: tor0, capabilities: [sr-iov, ari]}]\n"
    "adapters: [{name: nic, at: tor0, pfs: 3, vfs: 8, flr-delay: 5us}]\n"
    "assign: [{function: nic.pf0, to: h0, vfs: 2}, {function: nic.pf1, to: h1}, {function: nic.pf2, to: h2, vfs: 1}]\n"
    "workloads: [{name: w, function: nic.pf0.vf1, op: dma-read-write, size: 4KiB, arrival: {closed: 4}}]\n";

static struct adapter_space *space_of(uint16_t vh)
{
    return &rack.world.adapters[0].spaces[vh];
}

static struct vf_array *array_of(uint16_t vh)
{
    return &space_of(vh)->memory->vfs;
}

/* Hosts' own drivers hear nothing: the test is the software. */
static void open_deaf(void)
{
    rack_open_managed(&rack, text);
    for (size_t host = 0; host < 3; host++)
        rack.world.root_complexes[host].ports[0].on_interrupt = NULL;
}

static void wait_for_end(void)
{
    struct simulation *simulation = &rack.world.fabric.simulation;
    while (!ended)
        simulation_run(simulation, simulation->now_ps + PS_PER_NS);
    ended = false;
}

static void run_us(uint64_t us)
{
    rack_run(&rack, fabric_now_ps(&rack.world.fabric) + us * PS_PER_US);
}

static void on_accessed(struct config_request *request)
{
    (void)request;
    ended = true;
}

static struct config_request submit(struct config_request request)
{
    request.done = on_accessed;
    config_requester_submit(rack.world.root_complexes[0].ports[0].requester, &request);
    wait_for_end();
    return request;
}

/* h0's software. */
static struct config_request access(uint16_t id, uint32_t offset, uint8_t enables, uint32_t value)
{
    return submit(
        (struct config_request){.id = id, .offset = (uint16_t)(offset & ~3u), .enables = enables, .value = value});
}

static uint64_t array_address(uint16_t vf)
{
    const struct config_space *pf = &space_of(1)->device.functions[0];
    uint32_t place = config_space_get(pf, space_of(1)->device.sr_iov + SR_IOV_MIGRATION_STATES, 4);
    cr_assert_eq(place & 7, 0, "BAR 0");
    return space_of(1)->pf_base + (place & ~7u) + (vf - 1u) / 4 * 4;
}

static uint8_t read_state(uint16_t vf)
{
    struct config_request read = submit((struct config_request){.address = array_address(vf)});
    cr_assert_eq(read.status, TLP_STATUS_SC);
    return (uint8_t)(read.value >> (vf - 1) % 4 * 8);
}

static void write_state(uint16_t vf, uint8_t state)
{
    uint32_t byte = (vf - 1u) % 4;
    submit((struct config_request){
        .address = array_address(vf), .enables = (uint8_t)(1u << byte), .value = (uint32_t)state << byte * 8});
    read_state(vf); /* which pushes it */
}

static uint32_t sr_iov(uint32_t offset)
{
    return config_space_get(&space_of(1)->device.functions[0], (uint16_t)(space_of(1)->device.sr_iov + offset), 2);
}

static void set_control(uint32_t value)
{
    access(PF, space_of(1)->device.sr_iov + SR_IOV_CONTROL, 0x3, value);
}

/* MR-PCIM's software. */
static void on_commanded(struct management_command *command)
{
    (void)command;
    ended = true;
}

static enum status command(uint16_t pf, uint16_t vf, enum vf_state wanted)
{
    struct management_command asked = {.done = on_commanded};
    adapter_port_migrate_vf(&rack.world.adapter_ports[0], &asked, pf, vf, wanted);
    wait_for_end();
    return asked.status;
}

static uint32_t get_state(uint16_t pf, uint16_t vf)
{
    struct management_command asked = {.done = on_commanded};
    adapter_port_get_vf(&rack.world.adapter_ports[0], &asked, pf, vf);
    wait_for_end();
    cr_assert_eq(asked.status, STATUS_OK);
    return asked.result;
}

/* VF 3, which was not there at first, comes to STATE by a way that is allowed. */
static void reach(enum vf_state state)
{
    if (state != VF_INACTIVE_UNAVAILABLE)
        cr_assert_eq(command(0, 3, VF_DORMANT_MIGRATE_IN), STATUS_OK);
    if (state >= VF_ACTIVE_MIGRATE_OUT)
        write_state(3, VF_ACTIVE_AVAILABLE);
    if (state == VF_ACTIVE_MIGRATE_OUT)
        cr_assert_eq(command(0, 3, VF_ACTIVE_MIGRATE_OUT), STATUS_OK);
    cr_assert_eq(read_state(3), state);
}

static void leave(void)
{
    if (read_state(3) == VF_ACTIVE_AVAILABLE)
        write_state(3, VF_DORMANT_MIGRATE_IN);
    if (read_state(3) == VF_DORMANT_MIGRATE_IN)
        cr_assert_eq(command(0, 3, VF_INACTIVE_UNAVAILABLE), STATUS_OK);
    if (read_state(3) == VF_ACTIVE_MIGRATE_OUT)
        write_state(3, VF_INACTIVE_UNAVAILABLE);
    cr_assert_eq(read_state(3), VF_INACTIVE_UNAVAILABLE);
}

/* The tables of SR-IOV 1.1, 2.4: rows are what it is, columns what somebody wants. */
static const bool host_may[4][4] = {
    {false, false, false, false},
    {false, false, false, true},
    {true, false, false, false},
    {false, true, false, false},
};
static const bool manager_may[4][4] = {
    {true, true, false, false},
    {true, true, false, false},
    {false, false, true, true},
    {false, false, true, true},
};

Test(vf_array, every_cell_of_both_tables)
{
    open_deaf();
    for (uint8_t from = 0; from < 4; from++)
        for (uint8_t to = 0; to < 4; to++) {
            reach((enum vf_state)from);
            write_state(3, to);
            cr_expect_eq(read_state(3), host_may[from][to] ? to : from, "host: %u to %u", from, to);
            leave();
            reach((enum vf_state)from);
            enum status status = command(0, 3, (enum vf_state)to);
            cr_expect_eq(status, manager_may[from][to] ? STATUS_OK : STATUS_BUSY, "MR-PCIM: %u to %u", from, to);
            cr_expect_eq(read_state(3), manager_may[from][to] ? to : from, "MR-PCIM: %u to %u", from, to);
            cr_expect_eq(get_state(0, 3), read_state(3));
            leave();
        }
    write_state(3, 4);
    write_state(3, 0xff);
    cr_expect_eq(read_state(3), VF_INACTIVE_UNAVAILABLE, "no state");
    cr_assert(world_is_valid(&rack.world));
    rack_close(&rack);
}

Test(vf_array, counts_and_states_after_boot)
{
    open_deaf();
    cr_expect_eq(sr_iov(SR_IOV_INITIAL_VFS), INITIAL);
    cr_expect_eq(sr_iov(SR_IOV_TOTAL_VFS), TOTAL);
    cr_expect_eq(sr_iov(SR_IOV_NUM_VFS), TOTAL);
    for (uint16_t vf = 1; vf <= TOTAL; vf++)
        cr_expect_eq(read_state(vf), vf <= INITIAL ? VF_ACTIVE_AVAILABLE : VF_INACTIVE_UNAVAILABLE);
    cr_expect_eq(array_of(2)->total, TOTAL, "h1 has none yet");
    const struct config_device *device = &space_of(3)->device;
    struct sr_iov_state vfs = sr_iov_state(&device->functions[0], device->sr_iov);
    cr_expect_null(space_of(3)->memory, "h2 could not");
    cr_expect_not(sr_iov_can_migrate(&device->functions[0], device->sr_iov));
    cr_expect_eq(vfs.initial_vfs, 1);
    cr_expect_eq(vfs.total_vfs, 1, "as if there were no MR-IOV");
    rack_close(&rack);
}

Test(vf_array, what_a_vf_does_in_each_state)
{
    open_deaf();
    cr_expect_eq(access(PF + 3, CONFIG_REVISION, 0, 0).value, UINT32_MAX, "inactive: nobody answers");
    reach(VF_DORMANT_MIGRATE_IN);
    cr_expect_eq(access(PF + 3, CONFIG_COMMAND, 0x3, COMMAND_BUS_MASTER).status, TLP_STATUS_SC);
    cr_expect_eq(
        access(PF + 3, CONFIG_COMMAND, 0, 0).value & COMMAND_BUS_MASTER, COMMAND_BUS_MASTER, "dormant: set up");
    cr_expect(space_of(1)->slots[3]->exists);
    cr_expect_not(space_of(1)->slots[3]->master, "dormant: no request");
    write_state(3, VF_ACTIVE_AVAILABLE);
    cr_expect(space_of(1)->slots[3]->master);
    cr_assert_eq(command(0, 3, VF_ACTIVE_MIGRATE_OUT), STATUS_OK);
    cr_expect(space_of(1)->slots[3]->master, "it works until the host says so");
    write_state(3, VF_INACTIVE_UNAVAILABLE);
    cr_expect_null(space_of(1)->slots[3]);
    cr_expect_eq(access(PF + 3, CONFIG_REVISION, 0, 0).value, UINT32_MAX);
    cr_assert_eq(command(0, 3, VF_DORMANT_MIGRATE_IN), STATUS_OK);
    cr_expect_eq(access(PF + 3, CONFIG_COMMAND, 0, 0).value & 0xffff, 0, "nothing of what was set up before");
    rack_close(&rack);
}

/* Software that deactivates or gives back a VF while it works: from that moment on there is no TLP of it. */
Test(vf_array, nothing_follows_a_vf_that_stops)
{
    for (int out = 0; out < 2; out++) {
        open_deaf();
        run_us(10);
        const struct flow *flow = &rack.world.loads->flows[0];
        cr_expect_gt(flow->counters.operations, 0);
        cr_expect_eq(flow->counters.failed, 0);
        struct function *vf = space_of(1)->slots[2];
        if (out) {
            cr_assert_eq(command(0, 2, VF_ACTIVE_MIGRATE_OUT), STATUS_OK);
            run_us(10);
            cr_expect_eq(flow->counters.failed, 0);
            write_state(2, VF_INACTIVE_UNAVAILABLE); /* the array proves that it is clean */
        } else {
            write_state(2, VF_DORMANT_MIGRATE_IN);
        }
        uint64_t sent = vf->tlps;
        cr_expect_eq(vf->engine.reads_in_flight, 0);
        cr_expect_gt(flow->counters.failed, 0);
        run_us(100);
        cr_expect_eq(vf->tlps, sent);
        if (!out) {
            write_state(2, VF_ACTIVE_AVAILABLE);
            run_us(10);
            cr_expect_gt(vf->tlps, sent, "it goes on");
        }
        rack_close(&rack);
    }
}

Test(vf_array, two_pfs_have_no_more_than_the_adapter)
{
    open_deaf();
    for (uint16_t vf = 3; vf <= 7; vf++)
        cr_assert_eq(command(0, vf, VF_DORMANT_MIGRATE_IN), STATUS_OK, "%u", vf);
    cr_expect_eq(command(0, 8, VF_DORMANT_MIGRATE_IN), STATUS_RESOURCES_EXHAUSTED, "h2 has one");
    cr_expect_eq(command(1, 1, VF_DORMANT_MIGRATE_IN), STATUS_RESOURCES_EXHAUSTED);
    cr_assert_eq(command(0, 5, VF_INACTIVE_UNAVAILABLE), STATUS_OK, "not the last");
    cr_expect_eq(read_state(6), VF_DORMANT_MIGRATE_IN);
    cr_expect_eq(access(PF + 6, CONFIG_REVISION, 0, 0).status, TLP_STATUS_SC);
    cr_expect_eq(access(PF + 5, CONFIG_REVISION, 0, 0).status, TLP_STATUS_UR);
    cr_expect_eq(command(1, 1, VF_DORMANT_MIGRATE_IN), STATUS_OK, "h1 has it");
    cr_expect_eq(command(1, 9, VF_DORMANT_MIGRATE_IN), STATUS_INVALID_ARGUMENT);
    cr_expect_eq(command(1, 0, VF_DORMANT_MIGRATE_IN), STATUS_INVALID_ARGUMENT);
    cr_expect_eq(command(2, 1, VF_ACTIVE_MIGRATE_OUT), STATUS_UNSUPPORTED, "h2 has not enabled migration");
    cr_assert(world_is_valid(&rack.world));
    rack_close(&rack);
}

/* VF Enable: what a host has then is what it has again. */
Test(vf_array, initial_vfs_follow_when_vfs_are_switched_off)
{
    open_deaf();
    uint32_t on =
        SR_IOV_CONTROL_VF_ENABLE | SR_IOV_CONTROL_MEMORY | SR_IOV_CONTROL_MIGRATION_ENABLE | SR_IOV_CONTROL_ARI;
    cr_assert_eq(command(0, 3, VF_DORMANT_MIGRATE_IN), STATUS_OK);
    cr_assert_eq(command(0, 4, VF_DORMANT_MIGRATE_IN), STATUS_OK);
    write_state(4, VF_ACTIVE_AVAILABLE);
    cr_assert_eq(command(0, 1, VF_ACTIVE_MIGRATE_OUT), STATUS_OK);
    cr_expect_eq(sr_iov(SR_IOV_INITIAL_VFS), 2, "while VFs are enabled it stays");
    set_control(SR_IOV_CONTROL_ARI);
    cr_expect_eq(sr_iov(SR_IOV_INITIAL_VFS), 4, "what is asked back is not given back so");
    cr_expect_eq(adapter_free_functions(&rack.world.adapters[0]), 3 + 8 - (1 + 4) - 1 - 2);
    cr_expect_eq(command(0, 6, VF_DORMANT_MIGRATE_IN), STATUS_BUSY, "five is next");
    cr_expect_eq(command(0, 5, VF_DORMANT_MIGRATE_IN), STATUS_OK);
    cr_expect_eq(sr_iov(SR_IOV_INITIAL_VFS), 5);
    cr_expect_eq(command(0, 5, VF_ACTIVE_MIGRATE_OUT), STATUS_OK);
    cr_expect_eq(sr_iov(SR_IOV_INITIAL_VFS), 4);
    set_control(on);
    for (uint16_t vf = 1; vf <= TOTAL; vf++)
        cr_expect_eq(read_state(vf), vf <= 4 ? VF_ACTIVE_AVAILABLE : VF_INACTIVE_UNAVAILABLE, "%u", vf);
    cr_expect_eq(access(PF + 4, CONFIG_REVISION, 0, 0).status, TLP_STATUS_SC);
    cr_expect_eq(access(PF + 5, CONFIG_REVISION, 0, 0).status, TLP_STATUS_UR);
    cr_assert(world_is_valid(&rack.world));
    rack_close(&rack);
}

Test(vf_array, without_migration_enable_nothing_moves)
{
    open_deaf();
    set_control(SR_IOV_CONTROL_ARI);
    set_control(SR_IOV_CONTROL_ARI | SR_IOV_CONTROL_VF_ENABLE | SR_IOV_CONTROL_MEMORY);
    write_state(1, VF_DORMANT_MIGRATE_IN);
    cr_expect_eq(read_state(1), VF_ACTIVE_AVAILABLE);
    cr_expect_eq(command(0, 3, VF_DORMANT_MIGRATE_IN), STATUS_UNSUPPORTED);
    cr_expect_eq(access(PF + 3, CONFIG_REVISION, 0, 0).status, TLP_STATUS_UR, "InitialVFs is less than NumVFs");
    set_control(SR_IOV_CONTROL_ARI);
    access(PF, space_of(1)->device.sr_iov + SR_IOV_NUM_VFS, 0x3, 3);
    set_control(
        SR_IOV_CONTROL_ARI | SR_IOV_CONTROL_VF_ENABLE | SR_IOV_CONTROL_MEMORY | SR_IOV_CONTROL_MIGRATION_ENABLE);
    cr_expect_eq(command(0, 4, VF_DORMANT_MIGRATE_IN), STATUS_RESOURCES_EXHAUSTED, "NumVFs");
    cr_expect_eq(command(0, 3, VF_DORMANT_MIGRATE_IN), STATUS_OK);
    rack_close(&rack);
}

/* A reset of the PF ends its VFs, and they are its own again afterwards. */
Test(vf_array, a_reset_of_the_pf_ends_all)
{
    open_deaf();
    cr_assert_eq(command(0, 3, VF_DORMANT_MIGRATE_IN), STATUS_OK);
    write_state(3, VF_ACTIVE_AVAILABLE);
    uint16_t express = capability_find(space_of(1)->device.functions[0].layout, CAPABILITY_EXPRESS);
    access(PF, express + EXPRESS_DEVICE_CONTROL, 0x3, DEVICE_CONTROL_FLR);
    run_us(20);
    cr_expect_not(array_of(1)->enabled);
    cr_expect_eq(sr_iov(SR_IOV_INITIAL_VFS), 3);
    cr_expect_eq(access(PF + 1, CONFIG_REVISION, 0, 0).status, TLP_STATUS_UR);
    rack_close(&rack);
}
