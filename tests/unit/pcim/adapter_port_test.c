#include "fabric/pcim/adapter_port.h"

#include <criterion/criterion.h>

#include "fabric/adapter/adapter_hierarchy.h"
#include "fabric/base/time.h"
#include "fabric/pcie/link_control.h"
#include "fabric/pcim/chassis_port.h"
#include "fabric/switch/translator.h"
#include "tests/support/config_probe.h"
#include "tests/support/rack.h"

static struct rack rack;

static const char *const text = "mriov: 1\n"
                                "chassis: [{name: tor0}]\n"
                                "hosts: [{name: 'h[0-2]', chassis: tor0}]\n"
                                "adapters:\n"
                                "  - {name: nic, at: tor0, pfs: 2, vfs: 6, flr-delay: 100us}\n"
                                "  - {name: ssd, at: tor0, sharing: sr-iov, vfs: 8}\n"
                                "assign: [{function: nic.pf0, to: h0, vfs: 2}, {function: ssd.vf0, to: h0}]\n";

static bool ended;

static void on_done(struct management_command *command)
{
    (void)command;
    cr_assert_not(ended);
    ended = true;
}

static struct management_command command = {.done = on_done};

static struct adapter *adapter(size_t index)
{
    return &rack.world.adapters[index];
}

static struct adapter_port *nic(void)
{
    return &rack.world.adapter_ports[0];
}

static struct adapter_port *ssd(void)
{
    return &rack.world.adapter_ports[1];
}

static enum status finish(void)
{
    struct simulation *simulation = &rack.world.fabric.simulation;
    cr_assert_not(ended, "never from within");
    for (int tries = 0; !ended && tries < 1000000; tries++)
        simulation_run(simulation, simulation->now_ps + PS_PER_US);
    cr_assert(ended);
    ended = false;
    cr_assert(world_is_valid(&rack.world));
    return command.status;
}

#define ASK(...) (adapter_port_##__VA_ARGS__, finish())

Test(adapter_port, a_pf_changes_hierarchies)
{
    rack_open_managed(&rack, text);
    cr_assert_eq(ASK(get_function(nic(), &command, 0, 0)), STATUS_OK);
    cr_assert_eq(command.result, ADAPTER_FUNCTION_IN_HIERARCHY | ADAPTER_FUNCTION_QUIET | 1u << 16);
    cr_assert_eq(ASK(open(nic(), &command, 0, 2, 0, 0, false)), STATUS_ALREADY_ASSIGNED, "it is h0's");
    cr_assert_eq(ASK(open(nic(), &command, 1, 1, 0, 0, false)), STATUS_ALREADY_ASSIGNED, "h0 has one");
    cr_assert_eq(ASK(close(nic(), &command, 0)), STATUS_OK);
    cr_assert_not(adapter_has_hierarchy(adapter(0), 1));
    cr_assert_eq(ASK(close(nic(), &command, 0)), STATUS_OK, "again does nothing");
    cr_assert_eq(ASK(get_function(nic(), &command, 0, 0)), STATUS_OK);
    cr_assert_eq(command.result, 0);
    cr_assert_eq(ASK(open(nic(), &command, 0, 2, 2, 4, true)), STATUS_OK);
    cr_assert(adapter_has_hierarchy(adapter(0), 2));
    cr_assert_eq(adapter(0)->spaces[2].device.count, 5);
    cr_assert_eq(ASK(open(nic(), &command, 1, 3, 0, 9, true)), STATUS_RESOURCES_EXHAUSTED);
    cr_assert_eq(ASK(open(nic(), &command, 1, 3, 2, 1, false)), STATUS_INVALID_ARGUMENT);
    cr_assert_eq(ASK(open(nic(), &command, 1, 3, 1, 2, false)), STATUS_INVALID_ARGUMENT, "none could come");
    cr_assert_eq(ASK(open(nic(), &command, 1, 0, 0, 0, false)), STATUS_INVALID_ARGUMENT, "VH 0");
    cr_assert_eq(ASK(open(nic(), &command, 1, 99, 0, 0, false)), STATUS_INVALID_ARGUMENT);
    cr_assert_eq(ASK(open(nic(), &command, 2, 3, 0, 0, false)), STATUS_INVALID_ARGUMENT, "it has two PFs");
    cr_assert_eq(ASK(open(nic(), &command, 1, 3, 0, 0, false)), STATUS_OK);
    rack_close(&rack);
}

Test(adapter_port, a_reset_takes_its_time)
{
    rack_open_managed(&rack, text);
    cr_assert_eq(ASK(reset(nic(), &command, 0, 1)), STATUS_OK);
    uint64_t took_ps = command.ended_ps - command.started_ps;
    cr_assert(took_ps >= 100 * PS_PER_US && took_ps < 250 * PS_PER_US, "and what the looks at its end take");
    cr_assert_eq(ASK(reset(nic(), &command, 1, 0)), STATUS_OK);
    cr_assert_lt(command.ended_ps - command.started_ps, 100 * PS_PER_US, "nobody has it");
    rack_close(&rack);
}

Test(adapter_port, a_single_vf_changes_hierarchies)
{
    rack_open_managed(&rack, text);
    struct chassis_port *chassis = &rack.world.management[0].chassis;
    uint32_t port = CONTAINER_OF(adapter(1)->port.peer, struct switch_port, port)->index;
    cr_assert_eq(ASK(enter(ssd(), &command, 5, 2)), STATUS_NOT_ASSIGNED, "the chassis has no place for it");
    chassis_port_place_vf(chassis, &command, port, 5, 2);
    cr_assert_eq(finish(), STATUS_OK);
    cr_assert_eq(command.result, 0, "the first there");
    cr_assert_eq(ASK(enter(ssd(), &command, 5, 1)), STATUS_NOT_ASSIGNED, "not that one's");
    cr_assert_eq(ASK(enter(ssd(), &command, 5, 2)), STATUS_OK);
    cr_assert(adapter(1)->functions[5].active && adapter(1)->functions[5].settings.vh == 2);
    cr_assert_eq(ASK(reset(ssd(), &command, 0, 5)), STATUS_OK);
    cr_assert_eq(ASK(leave(ssd(), &command, 5)), STATUS_OK);
    chassis_port_unplace_vf(chassis, &command, port, 5);
    cr_assert_eq(finish(), STATUS_OK);
    chassis_port_unplace_vf(chassis, &command, port, 5);
    cr_assert_eq(finish(), STATUS_OK, "again does nothing");
    cr_assert_eq(ASK(open(ssd(), &command, 0, 2, 0, 0, false)), STATUS_UNSUPPORTED);
    cr_assert_eq(ASK(enter(nic(), &command, 1, 2)), STATUS_UNSUPPORTED);
    cr_assert_eq(ASK(enter(ssd(), &command, 9, 2)), STATUS_INVALID_ARGUMENT);
    rack_close(&rack);
}

Test(adapter_port, rates_are_set)
{
    rack_open_managed(&rack, text);
    const struct function *function = &rack.world.adapters[0].functions[0];
    cr_assert_eq(ASK(set_limits(nic(), &command, 0, 0, 1000000000, 2000000001)), STATUS_OK);
    cr_assert_eq(function->settings.min_bps, 1000000000);
    cr_assert_eq(function->settings.max_bps, 2000001000, "rounded up to what the registers can say");
    cr_assert_eq(ASK(set_limits(nic(), &command, 0, 0, 3000, 2000)), STATUS_INVALID_ARGUMENT);
    cr_assert_eq(ASK(set_limits(nic(), &command, 1, 0, 1000, 2000)), STATUS_NOT_ASSIGNED);
    cr_assert_eq(ASK(set_weight(nic(), &command, 0, 0, 3)), STATUS_OK);
    cr_assert_eq(ASK(set_weight(nic(), &command, 0, 0, 0)), STATUS_INVALID_ARGUMENT);
    cr_assert_eq(ASK(set_weight(nic(), &command, 1, 0, 3)), STATUS_NOT_ASSIGNED);
    rack_close(&rack);
}

Test(adapter_port, who_cannot_be_reached_says_so)
{
    rack_open_managed(&rack, text);
    link_take_down(&adapter(0)->port, LINK_CAUSE_FAILED);
    uint64_t start_ps = fabric_now_ps(&rack.world.fabric);
    cr_assert_eq(ASK(get_function(nic(), &command, 0, 0)), STATUS_UNAVAILABLE);
    cr_assert_leq(command.ended_ps - start_ps, MANAGEMENT_TIMEOUT_PS + PS_PER_US);
    link_bring_up(&adapter(0)->port, LINK_CAUSE_FAILED);
    rack_run(&rack, fabric_now_ps(&rack.world.fabric) + PS_PER_S);
    cr_assert_eq(ASK(get_function(nic(), &command, 0, 0)), STATUS_OK, "and is there again");
    rack_close(&rack);
}
