#include "fabric/pcim/chassis_port.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "fabric/pcie/link_control.h"
#include "fabric/switch/show_bridge.h"
#include "tests/support/config_probe.h"
#include "tests/support/rack.h"

static struct rack rack;

static const char *const text =
    "mriov: 1\n"
    "chassis: [{name: tor0}]\n"
    "hosts: [{name: 'h[0-1]', chassis: tor0}]\n"
    "adapters: [{name: 'nic[0-1]', at: tor0}, {name: ssd, at: tor0, sharing: sr-iov, vfs: 8}]\n"
    "assign: [{function: nic0, to: h0}, {function: nic1, to: h1}, {function: ssd.vf0, to: h0}]\n";

static bool ended;

static void on_done(struct management_command *command)
{
    (void)command;
    cr_assert_not(ended);
    ended = true;
}

static struct management_command command = {.done = on_done};

static struct chassis_port *chassis(void)
{
    return &rack.world.management[0].chassis;
}

static uint32_t port_of(size_t adapter)
{
    return CONTAINER_OF(rack.world.adapters[adapter].port.peer, struct switch_port, port)->index;
}

/* Runs the command that was submitted to its end. */
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

#define ASK(...) (chassis_port_##__VA_ARGS__, finish())

Test(chassis_port, bridges_come_and_go_and_each_says_so)
{
    rack_open(&rack, text);
    uint32_t port = port_of(1);
    struct virtual_bridge *bridge = switch_find_bridge(&rack.world.switches[0], 1, port);
    cr_assert(bridge->absent);
    cr_assert_eq(ASK(get_bridge(chassis(), &command, 1, port)), STATUS_OK);
    cr_assert_eq(command.result, 0);
    cr_assert_eq(ASK(set_slot(chassis(), &command, 1, port, SWITCH_SLOT_OCCUPIED)), STATUS_NOT_FOUND);
    cr_assert_eq(ASK(show_bridge(chassis(), &command, 1, port, false)), STATUS_OK);
    cr_assert_not(bridge->absent);
    cr_assert_eq(ASK(get_bridge(chassis(), &command, 1, port)), STATUS_OK);
    cr_assert(command.result & SWITCH_BRIDGE_SHOWN);
    cr_assert_not(command.result & SWITCH_BRIDGE_OCCUPIED);
    cr_assert_eq(ASK(set_slot(chassis(), &command, 1, port, SWITCH_SLOT_OCCUPIED)), STATUS_OK);
    cr_assert_eq(ASK(get_bridge(chassis(), &command, 1, port)), STATUS_OK);
    cr_assert(command.result & SWITCH_BRIDGE_OCCUPIED);
    cr_assert_eq(ASK(hide_bridge(chassis(), &command, 1, port)), STATUS_OK);
    cr_assert(bridge->absent);
    rack_close(&rack);
}

Test(chassis_port, nonsense_is_refused)
{
    rack_open(&rack, text);
    uint32_t port = port_of(1), ssd = port_of(2);
    cr_assert_eq(
        ASK(show_bridge(chassis(), &command, 0, port, true)), STATUS_INVALID_ARGUMENT, "VH 0 is not to change");
    cr_assert_eq(ASK(hide_bridge(chassis(), &command, 0, port)), STATUS_INVALID_ARGUMENT);
    cr_assert_eq(ASK(show_bridge(chassis(), &command, 77, port, true)), STATUS_INVALID_ARGUMENT);
    cr_assert_eq(ASK(show_bridge(chassis(), &command, 1, 77, true)), STATUS_NOT_FOUND);
    cr_assert_eq(ASK(control(chassis(), &command, 77, SWITCH_PORT_DISABLE, 0)), STATUS_INVALID_ARGUMENT);
    uint32_t own = rack.world.switches[0].port_count - 1;
    cr_assert_eq(ASK(control(chassis(), &command, own, SWITCH_PORT_DISABLE, 0)), STATUS_INVALID_ARGUMENT, "its own");
    cr_assert_eq(ASK(place_vf(chassis(), &command, port, 1, 1)), STATUS_INVALID_ARGUMENT, "not an sr-iov adapter");
    cr_assert_eq(ASK(place_vf(chassis(), &command, ssd, 0, 1)), STATUS_INVALID_ARGUMENT, "the PF");
    cr_assert_eq(ASK(place_vf(chassis(), &command, ssd, 9, 1)), STATUS_INVALID_ARGUMENT);
    cr_assert_eq(ASK(place_vf(chassis(), &command, ssd, 1, 2)), STATUS_ALREADY_ASSIGNED);
    cr_assert_eq(ASK(set_weight(chassis(), &command, 1, port_of(0), 0)), STATUS_INVALID_ARGUMENT);
    command.opcode = 200;
    command_port_submit(&chassis()->commands, &command);
    cr_assert_eq(finish(), STATUS_UNSUPPORTED);
    rack_close(&rack);
}

Test(chassis_port, ports_go_down_and_up)
{
    rack_open(&rack, text);
    const struct port *port = &rack.world.switches[0].ports[port_of(1)].port;
    cr_assert_eq(ASK(control(chassis(), &command, port_of(1), SWITCH_PORT_DISABLE, 0)), STATUS_OK);
    cr_assert_not(link_is_up(port));
    cr_assert_eq(ASK(control(chassis(), &command, port_of(1), SWITCH_PORT_ENABLE, 0)), STATUS_OK);
    rack_run(&rack, fabric_now_ps(&rack.world.fabric) + PS_PER_S);
    cr_assert(link_is_up(port));
    rack_close(&rack);
}

/* A command is its configuration requests, one after the other, and takes exactly their time. */
Test(chassis_port, takes_the_time_of_its_requests)
{
    rack_open(&rack, text);
    struct config_requester *requester = &rack.world.management[0].port.requester;
    uint16_t id = chassis()->commands.id;
    uint64_t before = requester->requests;
    cr_assert_eq(ASK(show_bridge(chassis(), &command, 1, port_of(1), false)), STATUS_OK);
    uint64_t took_ps = command.ended_ps - command.started_ps;
    cr_assert_eq(command.requests, 7, "is it free, three arguments, go, its status, its result");
    cr_assert_eq(requester->requests - before, 7);
    struct simulation *simulation = &rack.world.fabric.simulation;
    uint64_t sum_ps = 0;
    for (uint32_t n = 0; n < 7; n++) {
        uint64_t start_ps = simulation->now_ps;
        bool write = n >= 1 && n <= 4;
        if (write)
            config_probe_write(requester, id, chassis()->commands.base + COMMAND_REGISTERS_ARGUMENTS, 4, n);
        else
            config_probe_read(requester, id, chassis()->commands.base + COMMAND_REGISTERS_STATUS);
        sum_ps += requester->ended.time_ps - start_ps;
    }
    cr_assert_gt(took_ps, 0);
    /* Each wire carries the fraction of a picosecond that is left over. */
    cr_assert(
        took_ps <= sum_ps + 14 && sum_ps <= took_ps + 14, "%lu and %lu", (unsigned long)took_ps, (unsigned long)sum_ps);
    rack_close(&rack);
}

static uint32_t in_line_ended;

static void on_one_done(struct management_command *one)
{
    (void)one;
    in_line_ended++;
}

Test(chassis_port, commands_stand_in_line)
{
    rack_open(&rack, text);
    static struct management_command commands[4];
    static const uint16_t vh[] = {1, 2, 99, 1};
    for (int n = 0; n < 4; n++) {
        commands[n].done = on_one_done;
        chassis_port_get_bridge(chassis(), &commands[n], vh[n], port_of(0));
    }
    rack_run(&rack, PS_PER_MS);
    cr_assert_eq(in_line_ended, 4);
    for (int n = 0; n < 4; n++) {
        cr_assert_eq(commands[n].status, vh[n] == 99 ? STATUS_NOT_FOUND : STATUS_OK);
        if (n > 0)
            cr_assert_geq(commands[n].started_ps, commands[n - 1].ended_ps);
    }
    rack_close(&rack);
}
