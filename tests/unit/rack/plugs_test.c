/* Functions that come and go under load, through their slots. */
#include "hostsim/rack/plugs.h"

#include <criterion/criterion.h>

#include "fabric/switch/bridge_config.h"
#include "fabric/switch/slot.h"
#include "hostsim/rack/collect.h"
#include "hostsim/rack/loads.h"
#include "tests/support/config_probe.h"
#include "tests/support/rack.h"

#define RACK(HOST, WORKLOAD)                                                                                           \
    "mriov: 1\nrun: {duration: 1s}\nchassis: [{name: t}]\n"                                                            \
    "hosts: [{name: h, chassis: t" HOST "}, {name: other, chassis: t}]\n"                                              \
    "adapters: [{name: a, at: t}, {name: b, at: t}]\n"                                                                 \
    "assign: [{function: a, to: h, vfs: 2}, {function: b, to: h}, {function: b, to: other}]\n"                         \
    "workloads: [{name: w, function: a.pf0, op: dma-write, arrival: {closed: 4}" WORKLOAD "},\n"                       \
    "  {name: v, function: a.pf0.vf1, op: dma-read, size: 4KiB}, {name: o, function: b, op: dma-write}]\n"

/* Nothing else is on the wires. */
#define IDLE_RACK(HOST, TRAINING)                                                                                      \
    "mriov: 1\nrun: {duration: 1s}\nchassis: [{name: t}]\ndefaults: {link: {dllp: off}}\n"                             \
    "hosts: [{name: h, chassis: t" HOST "}]\nadapters: [{name: a, at: t, link: {training: " TRAINING "}}]\n"           \
    "assign: [{function: a, to: h, vfs: 2}]\n"

static struct rack rack;
static int attached, detached, power_off;

static void on_attached(void *context, struct scenario_function function)
{
    (void)context;
    (void)function;
    attached++;
}

static void on_detached(void *context, struct scenario_function function)
{
    (void)context;
    (void)function;
    detached++;
}

static const struct plugs_ops ops = {.name = "test", .on_attached = on_attached, .on_detached = on_detached};

static void on_power(struct slot *slot, bool on)
{
    (void)slot;
    power_off += !on;
}

static void open_rack(const char *text)
{
    rack_open_managed(&rack, text);
    rack.world.plugs->ops = &ops;
    attached = detached = power_off = 0;
}

/* The slot of bridge INDEX of the first host. */
static struct slot *slot_of(uint32_t index)
{
    struct slot *slot = rack.world.switches[0].virtual_switches[1]->bridges[index].slot;
    slot->on_power = on_power;
    return slot;
}

static const struct hotplug *driver(void)
{
    return &rack.world.plugs->drivers[0];
}

static enum hotplug_state state_of(uint32_t index)
{
    const struct virtual_switch *of = rack.world.switches[0].virtual_switches[1];
    return hotplug_slot_of(driver(), bridge_config_id(of, index))->state;
}

static const struct flow *flow(size_t row)
{
    return rack.world.loads->rows[row]->flow;
}

static void run_us(uint64_t us)
{
    rack_run(&rack, fabric_now_ps(&rack.world.fabric) + us * PS_PER_US);
}

Test(plugs, slots_are_on_when_the_host_has_booted)
{
    open_rack(RACK("", ""));
    cr_expect_eq(driver()->slot_count, 3, "two slots, and the switch");
    cr_expect(hotplug_is_idle(driver()));
    cr_expect(state_of(1) == HOTPLUG_ON && state_of(2) == HOTPLUG_ON);
    cr_expect_eq(driver()->count, 2 + 2 + 3 + 1);
    run_us(10);
    cr_expect_gt(flow(0)->counters.operations, 0);
    cr_expect_eq(driver()->counters.interrupts, 0);
    rack_close(&rack);
}

Test(plugs, a_managed_removal_drains_and_the_function_comes_back)
{
    open_rack(RACK("", ""));
    run_us(10);
    slot_press_attention(slot_of(1));
    run_us(200);
    cr_expect_eq(power_off, 1);
    cr_expect_eq(detached, 3);
    cr_expect_eq(state_of(1), HOTPLUG_OFF);
    cr_expect_eq(driver()->count, 2 + 2 + 1);
    cr_expect_eq(driver()->counters.removed, 3);
    uint64_t writes = flow(0)->issued, reads = flow(1)->issued, others = flow(2)->issued;
    cr_expect_eq(flow(0)->in_flight + flow(1)->in_flight, 0);
    cr_expect_eq(flow(0)->counters.failed + flow(1)->counters.failed, 0);
    run_us(10);
    cr_expect(flow(0)->issued == writes && flow(1)->issued == reads);
    cr_expect_gt(flow(2)->issued, others, "b goes on");
    slot_remove_surprise(slot_of(1));
    run_us(20);
    cr_expect(hotplug_is_idle(driver()));
    slot_insert(slot_of(1));
    run_us(400);
    cr_expect_eq(attached, 3);
    cr_expect_eq(state_of(1), HOTPLUG_ON);
    cr_expect_eq(driver()->count, 2 + 2 + 3 + 1);
    cr_expect_gt(flow(0)->issued, writes);
    cr_expect_gt(flow(1)->issued, reads);
    cr_expect_neq(flow(0)->interruption_ps, TIME_NEVER);
    cr_expect_eq(flow(2)->interruption_ps, TIME_NEVER);
    rack_close(&rack);
}

Test(plugs, a_second_press_keeps_it)
{
    open_rack(RACK(", hotplug-delay: 50us", ""));
    slot_press_attention(slot_of(1));
    run_us(30);
    cr_expect_eq(state_of(1), HOTPLUG_BLINKING_OFF);
    slot_press_attention(slot_of(1));
    run_us(200);
    cr_expect_eq(state_of(1), HOTPLUG_ON);
    cr_expect(power_off == 0 && detached == 0);
    uint64_t issued = flow(0)->issued;
    run_us(10);
    cr_expect_gt(flow(0)->issued, issued);
    rack_close(&rack);
}

Test(plugs, surprise_is_seen_and_what_is_put_in_is_found)
{
    open_rack(RACK(", hotplug: surprise", ""));
    run_us(5);
    slot_press_attention(slot_of(1));
    run_us(50);
    cr_expect(state_of(1) == HOTPLUG_ON && detached == 0, "it cannot be asked");
    slot_remove_surprise(slot_of(1));
    run_us(100);
    cr_expect_eq(detached, 3);
    cr_expect_eq(driver()->counters.lost, 3);
    cr_expect_eq(state_of(1), HOTPLUG_OFF);
    cr_expect(flow(0)->suspended && !flow(2)->suspended);
    slot_insert(slot_of(1));
    run_us(400);
    cr_expect_eq(attached, 3);
    cr_expect_not(flow(0)->suspended);
    rack_close(&rack);
}

Test(plugs, without_hotplug_nobody_looks)
{
    static const char *const racks[] = {
        RACK(", hotplug: none", ""), RACK(", capabilities: [sr-iov, ari, acs, vf-migration]", "")};
    for (int n = 0; n < 2; n++) {
        open_rack(racks[n]);
        cr_expect_eq(driver()->slot_count, 0);
        slot_remove_surprise(slot_of(1));
        run_us(100);
        slot_insert(slot_of(1));
        run_us(100);
        cr_expect(attached == 0 && detached == 0);
        cr_expect_eq(driver()->count, 2 + 2 + 3 + 1, "it keeps what is dead");
        rack_close(&rack);
    }
}

/* When the function was gone, and when it was back, of a rack with these keys of its host. */
static void time_both(const char *text, uint64_t *off_ps, uint64_t *on_ps)
{
    open_rack(text);
    uint64_t from_ps = fabric_now_ps(&rack.world.fabric);
    struct slot *slot = slot_of(1);
    struct simulation *simulation = &rack.world.fabric.simulation;
    slot_press_attention(slot);
    while (power_off == 0)
        simulation_run(simulation, simulation->now_ps + PS_PER_NS);
    *off_ps = fabric_now_ps(&rack.world.fabric) - from_ps;
    run_us(30);
    slot_remove_surprise(slot);
    run_us(30);
    from_ps = fabric_now_ps(&rack.world.fabric);
    slot_insert(slot);
    while (attached < 3)
        simulation_run(simulation, simulation->now_ps + PS_PER_NS);
    *on_ps = fabric_now_ps(&rack.world.fabric) - from_ps;
    rack_close(&rack);
}

Test(plugs, delays_add_up)
{
    uint64_t off_ps[2], on_ps[2];
    time_both(IDLE_RACK(", hotplug-delay: 20us", "30us"), &off_ps[0], &on_ps[0]);
    time_both(IDLE_RACK(", hotplug-delay: 27us, vf-enable-delay: 9us", "41us"), &off_ps[1], &on_ps[1]);
    cr_expect_eq(off_ps[1], off_ps[0] + 7 * PS_PER_US, "attention is that much longer");
    cr_expect_eq(on_ps[1], on_ps[0] + (9 + 11) * PS_PER_US, "so are training, and the wait for VFs");
    cr_expect_gt(off_ps[0], 21 * PS_PER_US, "requests take their time");
    cr_expect_lt(off_ps[0], 40 * PS_PER_US);
    cr_expect_gt(on_ps[0], 10 * PS_PER_US, "so does a walk");
}

Test(plugs, a_secondary_bus_reset_is_seen_as_a_removal)
{
    open_rack(RACK("", ""));
    run_us(5);
    const struct slot *slot = slot_of(1);
    uint16_t id = bridge_config_id(slot->virtual_switch, slot->bridge);
    struct config_requester *requester = rack.world.root_complexes[0].ports[0].requester;
    cr_assert(config_probe_write(requester, id, CONFIG_BRIDGE_CONTROL, 2, BRIDGE_CONTROL_SECONDARY_RESET));
    cr_expect_not(slot->link_up);
    run_us(50);
    cr_expect_eq(detached, 3);
    cr_assert(config_probe_write(requester, id, CONFIG_BRIDGE_CONTROL, 2, 0));
    run_us(400);
    cr_expect_eq(attached, 3, "it was there all the time");
    cr_expect_eq(state_of(1), HOTPLUG_ON);
    rack_close(&rack);
}

/* In and out faster than anybody looks, at every moment of the other's work. */
Test(plugs, quick_changes_end_as_the_slot_does)
{
    for (uint64_t ns = 100; ns < 40000; ns += 5700) {
        open_rack(RACK("", ""));
        run_us(2);
        struct slot *slot = slot_of(1);
        for (int times = 0; times < 4; times++) {
            slot_remove_surprise(slot);
            rack_run(&rack, fabric_now_ps(&rack.world.fabric) + ns * PS_PER_NS);
            slot_insert(slot);
            rack_run(&rack, fabric_now_ps(&rack.world.fabric) + ns * PS_PER_NS / (uint64_t)(times + 1));
        }
        run_us(300);
        cr_assert(hotplug_is_idle(driver()), "%lu ns", (unsigned long)ns);
        cr_assert_eq(state_of(1), HOTPLUG_ON, "%lu ns: %d", (unsigned long)ns, state_of(1));
        cr_assert_eq(driver()->count, 2 + 2 + 3 + 1);
        cr_assert_eq(attached, detached);
        cr_assert_geq(attached, 3);
        slot_remove_surprise(slot);
        run_us(100);
        cr_assert_eq(state_of(1), HOTPLUG_OFF);
        cr_assert_eq(driver()->count, 2 + 2 + 1);
        rack_close(&rack);
    }
}
