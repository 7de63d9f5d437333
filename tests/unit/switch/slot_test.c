/* A slot by hand: its registers, and the interrupts that reach the host. */
#include "fabric/switch/slot.h"

#include <criterion/criterion.h>

#include "fabric/pcie/capability.h"
#include "fabric/pcie/config_decode.h"
#include "fabric/pcie/slot_change.h"
#include "fabric/switch/bridge_config.h"
#include "tests/support/test_chassis.h"

#define INTERRUPTS UINT64_C(0xfee00000)
#define SLOT 1

static struct test_chassis rack;
static struct virtual_switch *virtual_switch;
static struct slot *slot;
static uint16_t express;
static int power_calls, link_calls, command_calls, releases, kept;
static bool power, link_up;

static void on_power(struct slot *of, bool on)
{
    cr_assert_eq(of, slot);
    power_calls++;
    power = on;
}

static void on_link(struct slot *of, bool up)
{
    cr_assert_eq(of, slot);
    link_calls++;
    link_up = up;
}

static void on_command(struct slot *of)
{
    cr_assert_eq(of, slot);
    command_calls++;
}

static void on_release(struct slot *of, uint8_t place, bool is_kept)
{
    cr_assert(of == slot && place == 5);
    releases += !is_kept;
    kept += is_kept;
}

static struct virtual_bridge bridge_at(uint32_t port, bool upstream)
{
    const struct bridge_config config = {
        .upstream = upstream,
        .generation = 4,
        .width = 8,
        .hot_plug = !upstream,
        .surprise = !upstream,
        .port = (uint8_t)port,
        .slot = upstream ? 0 : (uint16_t)port,
    };
    return (struct virtual_bridge){
        .port = &rack.mr_switch.ports[port],
        .what = config,
        .config = bridge_config_new(&rack.fabric.shelf, &config),
    };
}

/* A hierarchy with registers, that of no test host: of port 0 all the same. */
static void open_rack(void)
{
    rack.plan = test_chassis_plan();
    rack.plan.hosts = 1;
    test_chassis_init(&rack);
    uint16_t vh = (uint16_t)(test_chassis_vh_count(&rack) - 1);
    const struct virtual_bridge bridges[] = {bridge_at(0, true), bridge_at(1, false), bridge_at(2, false)};
    switch_add_hierarchy(&rack.mr_switch, vh, bridges, 3);
    virtual_switch = rack.mr_switch.virtual_switches[vh];
    slot = virtual_switch->bridges[SLOT].slot;
    slot->on_power = on_power;
    slot->on_link = on_link;
    slot->on_command = on_command;
    slot->on_release = on_release;
    express = slot->express;
    power_calls = link_calls = command_calls = releases = kept = 0;
    virtual_switch->bridges[0].primary = 1;
    virtual_switch->bridges[0].secondary = 2;
}

/* REQUEST is of bridge BRIDGE. */
static struct bridge_verdict ask(uint32_t bridge, struct tlp request)
{
    if (bridge == VIRTUAL_SWITCH_UPSTREAM) {
        request.type = request.type == TLP_CFGWR1 ? TLP_CFGWR0 : TLP_CFGRD0;
        request.completer_id = 0x0100;
    } else {
        request.completer_id = (uint16_t)(2 << 8 | bridge_config_place(bridge, 2));
        config_space_set(virtual_switch->bridges[0].config, CONFIG_SECONDARY_BUS, 1, 2);
        config_space_set(virtual_switch->bridges[0].config, CONFIG_SUBORDINATE_BUS, 1, 9);
        virtual_switch->bridges[0].secondary = 2;
    }
    struct bridge_verdict verdict = bridge_config_request(virtual_switch, VIRTUAL_SWITCH_UPSTREAM, &request);
    cr_assert_eq(verdict.status, TLP_STATUS_SC);
    cr_assert(slot_is_valid(slot));
    return verdict;
}

static void write_register(uint32_t bridge, uint16_t offset, uint8_t bytes, uint32_t value)
{
    uint32_t shift = offset % 4 * 8u;
    ask(bridge, (struct tlp){
                    .type = TLP_CFGWR1,
                    .address = offset & ~3u,
                    .byte_enables = (uint8_t)(((1u << bytes) - 1) << shift / 8),
                    .payload = value << shift,
                });
}

/* The DW at OFFSET. */
static uint32_t read_register(uint32_t bridge, uint16_t offset)
{
    return ask(bridge, (struct tlp){.type = TLP_CFGRD1, .address = offset, .byte_enables = 0xf}).value;
}

static void write_control(uint32_t control)
{
    write_register(SLOT, express + EXPRESS_SLOT_CONTROL, 2, control);
}

static uint32_t status(void)
{
    return config_space_get(virtual_switch->bridges[SLOT].config, express + EXPRESS_SLOT_STATUS, 2);
}

static void clear_status(uint32_t events)
{
    write_register(SLOT, express + EXPRESS_SLOT_STATUS, 2, events);
}

static void turn_on_interrupts(uint32_t bridge)
{
    uint16_t msi = virtual_switch->bridges[bridge].slot->msi;
    write_register(bridge, msi + MSI_ADDRESS, 4, (uint32_t)INTERRUPTS);
    write_register(bridge, msi + MSI_CONTROL, 2, MSI_CONTROL_ENABLE);
}

static void run(uint64_t ps)
{
    simulation_run(&rack.fabric.simulation, fabric_now_ps(&rack.fabric) + ps);
}

static uint32_t interrupts(void)
{
    run(PS_PER_US);
    return rack.hosts[0].arrival_count;
}

Test(slot, starts_as_its_registers_say)
{
    open_rack();
    cr_expect(slot->occupied && slot->powered && slot->link_up);
    cr_expect_eq(status(), SLOT_STATUS_PRESENT);
    cr_expect_eq(slot->width, 8);
    test_chassis_free(&rack);
}

Test(slot, says_what_comes_and_goes)
{
    open_rack();
    slot->training_ps = 700;
    slot_remove_surprise(slot);
    cr_expect_eq(status(), SLOT_STATUS_PRESENCE_CHANGED | SLOT_STATUS_LINK_STATE_CHANGED);
    cr_expect(link_calls == 1 && !link_up);
    slot_remove_surprise(slot);
    cr_expect_eq(link_calls, 1, "there was nothing any more");
    clear_status(SLOT_STATUS_EVENTS);
    run(10);
    cr_expect_eq(status(), 0, "only the status was written: no command");
    slot_insert(slot);
    cr_expect_eq(status(), SLOT_STATUS_PRESENT | SLOT_STATUS_PRESENCE_CHANGED);
    run(699);
    cr_expect_not(slot->link_up);
    run(2);
    cr_expect(slot->link_up && link_up);
    cr_expect(status() & SLOT_STATUS_LINK_STATE_CHANGED);
    cr_expect_eq(power_calls, 0);
    test_chassis_free(&rack);
}

Test(slot, commands_complete_and_power_follows)
{
    open_rack();
    write_control(SLOT_CONTROL_POWER_OFF | 0x300);
    cr_expect(power_calls == 1 && !power && !slot->link_up);
    cr_expect_not(status() & SLOT_STATUS_COMMAND_COMPLETED, "not before it has been answered");
    run(1);
    cr_expect(status() & SLOT_STATUS_COMMAND_COMPLETED);
    clear_status(SLOT_STATUS_EVENTS);
    run(10);
    cr_expect_not(status() & SLOT_STATUS_EVENTS, "clearing is no command");
    write_control(0x200);
    cr_expect(power_calls == 2 && power);
    run(10);
    cr_expect(slot->link_up);
    cr_expect_eq(slot->counters.commands, 2);
    write_control(0x200);
    run(10);
    cr_expect_eq(power_calls, 2, "as it was");
    cr_expect_eq(slot->counters.commands, 3, "a command all the same");
    test_chassis_free(&rack);
}

Test(slot, resets_and_disabled_links_take_the_link_away)
{
    static const struct {
        uint16_t offset, bit;
        bool in_express;
    } ways[] = {
        {CONFIG_BRIDGE_CONTROL, BRIDGE_CONTROL_SECONDARY_RESET, false},
        {EXPRESS_LINK_CONTROL, LINK_CONTROL_DISABLE, true},
    };
    for (size_t way = 0; way < 2; way++) {
        open_rack();
        uint16_t offset = (uint16_t)(ways[way].offset + (ways[way].in_express ? express : 0));
        write_register(SLOT, offset, 2, ways[way].bit);
        cr_expect_not(slot->link_up);
        cr_expect_eq(status(), SLOT_STATUS_PRESENT | SLOT_STATUS_LINK_STATE_CHANGED);
        write_register(SLOT, offset, 2, 0);
        run(1);
        cr_expect(slot->link_up);
        slot_set_port_up(slot, false);
        cr_expect_not(slot->link_up);
        slot_set_port_up(slot, true);
        run(1);
        cr_expect(slot->link_up);
        test_chassis_free(&rack);
    }
}

Test(slot, interrupts_once_until_all_is_cleared)
{
    open_rack();
    turn_on_interrupts(SLOT);
    slot_press_attention(slot);
    cr_expect_eq(interrupts(), 0, "not enabled");
    clear_status(SLOT_STATUS_EVENTS);
    write_control(SLOT_CONTROL_ATTENTION_BUTTON | SLOT_CONTROL_PRESENCE | SLOT_CONTROL_INTERRUPT);
    run(10);
    clear_status(SLOT_STATUS_EVENTS);
    cr_expect_eq(interrupts(), 0);
    slot_press_attention(slot);
    cr_expect_eq(interrupts(), 1);
    const struct tlp *message = &rack.hosts[0].arrivals[0].tlp;
    cr_expect(message->type == TLP_MWR && message->address == INTERRUPTS && message->length_dw == 1);
    cr_expect_eq(message->requester_id, 0x0200);
    slot_remove_surprise(slot);
    cr_expect_eq(interrupts(), 1, "another event, before the first was cleared");
    clear_status(SLOT_STATUS_ATTENTION_BUTTON);
    cr_expect_eq(interrupts(), 1);
    clear_status(SLOT_STATUS_PRESENCE_CHANGED);
    slot_press_attention(slot);
    cr_expect_eq(interrupts(), 2);
    test_chassis_free(&rack);
}

/* Whoever pressed the button and regrets it knows whether the host has heard: if not, it never will. */
Test(slot, a_press_is_taken_back_before_software_has_read_of_it)
{
    open_rack();
    turn_on_interrupts(SLOT);
    write_control(SLOT_CONTROL_ATTENTION_BUTTON | SLOT_CONTROL_INTERRUPT);
    cr_expect_not(slot_take_back_attention(slot), "nobody has pressed it");
    slot_press_attention(slot);
    cr_expect(slot_take_back_attention(slot));
    cr_expect_eq(read_register(SLOT, (uint16_t)(express + EXPRESS_SLOT_CONTROL)) >> 16 & SLOT_STATUS_EVENTS, 0);
    slot_press_attention(slot);
    cr_expect_eq(interrupts(), 2, "another press is another event");
    cr_expect_neq(read_register(SLOT, (uint16_t)(express + EXPRESS_SLOT_CONTROL)) >> 16 & SLOT_STATUS_EVENTS, 0);
    cr_expect_not(slot_take_back_attention(slot), "it has been read, and not cleared yet");
    clear_status(SLOT_STATUS_ATTENTION_BUTTON);
    cr_expect_not(slot_take_back_attention(slot), "and cleared");
    test_chassis_free(&rack);
}

Test(slot, the_indicator_blinks_while_software_is_at_it)
{
    open_rack();
    cr_expect_not(slot_is_blinking(slot));
    write_control(SLOT_POWER_INDICATOR_BLINKING);
    cr_expect(slot_is_blinking(slot) && command_calls == 1);
    write_control(SLOT_POWER_INDICATOR_ON);
    cr_expect(!slot_is_blinking(slot) && command_calls == 2);
    test_chassis_free(&rack);
}

Test(slot, the_link_is_told_of_where_that_is_enabled)
{
    open_rack();
    turn_on_interrupts(SLOT);
    write_control(SLOT_CONTROL_INTERRUPT | SLOT_CONTROL_LINK_STATE);
    slot_set_port_up(slot, false);
    cr_expect_eq(interrupts(), 1);
    test_chassis_free(&rack);
}

static uint32_t change_of(uint32_t bridge)
{
    return config_space_get(virtual_switch->bridges[bridge].config, SLOT_CHANGE, 4);
}

Test(slot, its_host_is_asked_again_when_registers_have_been_reset)
{
    open_rack();
    slot_press_attention(slot);
    slot_change_place(slot, 5, SLOT_PLACE_WANTED);
    slot_change_place(slot, 4, SLOT_PLACE_WANTED);
    slot_change_place(slot, 4, SLOT_PLACE_COMES);
    for (int times = 0; times < 2; times++) {
        clear_status(SLOT_STATUS_EVENTS);
        cr_expect_eq(status() & SLOT_STATUS_ATTENTION_BUTTON, 0);
        config_space_reset(virtual_switch->bridges[SLOT].config, CONFIG_RESET_CONVENTIONAL);
        slot_reset(slot);
        cr_expect_neq(status() & SLOT_STATUS_ATTENTION_BUTTON, 0);
        cr_expect_eq(change_of(SLOT), 5 | SLOT_CHANGE_WANTED | SLOT_CHANGE_VALID);
        cr_expect_eq(slot->change_count, 0);
    }
    clear_status(SLOT_STATUS_EVENTS);
    write_control(SLOT_CONTROL_POWER_OFF); /* it has been given up */
    write_register(SLOT, SLOT_RELEASE, 4, SLOT_RELEASE_GO | 5);
    config_space_reset(virtual_switch->bridges[SLOT].config, CONFIG_RESET_CONVENTIONAL);
    slot_reset(slot);
    cr_expect_eq(status() & SLOT_STATUS_ATTENTION_BUTTON, 0);
    cr_expect_eq(change_of(SLOT) & SLOT_CHANGE_VALID, 0);
    test_chassis_free(&rack);
}

Test(slot, a_press_waits_until_what_was_inserted_is_known)
{
    open_rack();
    slot_remove_surprise(slot);
    slot_insert(slot);
    slot_press_attention(slot);
    cr_expect_eq(status() & SLOT_STATUS_ATTENTION_BUTTON, 0);
    clear_status(SLOT_STATUS_LINK_STATE_CHANGED);
    cr_expect_eq(status() & SLOT_STATUS_ATTENTION_BUTTON, 0);
    clear_status(SLOT_STATUS_PRESENCE_CHANGED);
    cr_expect_neq(status() & SLOT_STATUS_ATTENTION_BUTTON, 0);
    test_chassis_free(&rack);
}

Test(slot, single_functions_come_one_after_the_other)
{
    open_rack();
    for (uint32_t bridge = 0; bridge <= SLOT; bridge++) {
        struct slot *of = virtual_switch->bridges[bridge].slot;
        uint32_t before = interrupts();
        turn_on_interrupts(bridge);
        write_register(bridge, SLOT_CHANGE, 2, SLOT_CHANGE_INTERRUPT);
        slot_change_place(of, 3, SLOT_PLACE_COMES);
        slot_change_place(of, 255, SLOT_PLACE_GONE);
        slot_change_place(of, 5, SLOT_PLACE_WANTED);
        static const uint32_t said[] = {3 | SLOT_CHANGE_COMES, 255, 5 | SLOT_CHANGE_WANTED};
        for (uint32_t n = 0; n < 3; n++) {
            cr_expect_eq(change_of(bridge), said[n] | SLOT_CHANGE_VALID | SLOT_CHANGE_INTERRUPT, "%u", n);
            cr_expect_eq(interrupts(), before + n + 1);
            write_register(bridge, SLOT_CHANGE, 2, SLOT_CHANGE_INTERRUPT);
            cr_expect(change_of(bridge) & SLOT_CHANGE_VALID, "only a one clears");
            write_register(bridge, SLOT_CHANGE, 2, SLOT_CHANGE_INTERRUPT | SLOT_CHANGE_VALID);
        }
        cr_expect_not(change_of(bridge) & SLOT_CHANGE_VALID);
        cr_expect_eq(interrupts(), before + 3);
    }
    write_register(SLOT, SLOT_RELEASE, 4, 5);
    cr_expect_eq(releases, 0);
    write_register(SLOT, SLOT_RELEASE, 4, SLOT_RELEASE_GO | 5);
    cr_expect_eq(releases, 1);
    test_chassis_free(&rack);
}
