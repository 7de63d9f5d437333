#include "fabric/switch/slot.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_express.h"
#include "fabric/pcie/capability_msi.h"
#include "fabric/pcie/config_decode.h"
#include "fabric/pcie/config_space.h"
#include "fabric/pcie/slot_change.h"
#include "fabric/switch/bridge_config.h"
#include "fabric/switch/switch.h"

/* Which event notifications are enabled by the bits of Slot Control at the same places as the events. */
#define SAME_PLACE                                                                                                     \
    (SLOT_STATUS_ATTENTION_BUTTON | SLOT_STATUS_POWER_FAULT | SLOT_STATUS_PRESENCE_CHANGED |                           \
     SLOT_STATUS_COMMAND_COMPLETED)

_Static_assert(
    (int)SLOT_STATUS_ATTENTION_BUTTON == SLOT_CONTROL_ATTENTION_BUTTON &&
        (int)SLOT_STATUS_COMMAND_COMPLETED == SLOT_CONTROL_COMMAND_COMPLETED &&
        (int)SLOT_STATUS_PRESENCE_CHANGED == SLOT_CONTROL_PRESENCE,
    "events and their enables have the same places");

static struct virtual_bridge *bridge_of(const struct slot *slot)
{
    return &slot->virtual_switch->bridges[slot->bridge];
}

static struct config_space *registers_of(const struct slot *slot)
{
    return bridge_of(slot)->config;
}

static uint64_t now_of(const struct slot *slot)
{
    return fabric_now_ps(slot->owner->fabric);
}

static bool has_slot(const struct slot *slot)
{
    return slot->bridge != VIRTUAL_SWITCH_UPSTREAM;
}

static uint32_t control_of(const struct slot *slot)
{
    return config_space_get(registers_of(slot), slot->express + EXPRESS_SLOT_CONTROL, 2);
}

/* --- interrupts --- */

/* Something is there that software has asked to be told of. */
static bool has_news(const struct slot *slot)
{
    const struct config_space *registers = registers_of(slot);
    uint32_t change = config_space_get(registers, SLOT_CHANGE, 4);
    if ((change & SLOT_CHANGE_VALID) != 0 && (change & SLOT_CHANGE_INTERRUPT) != 0)
        return true;
    if (!has_slot(slot))
        return false;
    uint32_t control = control_of(slot);
    uint32_t status = config_space_get(registers, slot->express + EXPRESS_SLOT_STATUS, 2);
    bool link = (status & SLOT_STATUS_LINK_STATE_CHANGED) != 0 && (control & SLOT_CONTROL_LINK_STATE) != 0;
    return (control & SLOT_CONTROL_INTERRUPT) != 0 && ((status & control & SAME_PLACE) != 0 || link);
}

/* A message is sent when what it is about goes from nothing to something, not for each (6.7.3.4). */
static void notify(struct slot *slot)
{
    struct msi_message message;
    bool news = has_news(slot), before = slot->asserted;
    slot->asserted = news;
    if (!news || before || !msi_message(registers_of(slot), slot->msi, 0, &message))
        return;
    struct tlp *tlp = fabric_create_tlp(slot->owner->fabric);
    tlp->type = TLP_MWR;
    tlp->requester_id = bridge_config_id(slot->virtual_switch, slot->bridge);
    tlp->address = message.address;
    tlp->length_dw = 1;
    tlp->byte_enables = 0xf;
    tlp->vh = tlp->origin_vh = slot->virtual_switch->vh;
    slot->counters.interrupts++;
    switch_send_up(slot->owner, slot->virtual_switch->vh, tlp);
}

static void raise_event(struct slot *slot, uint32_t event)
{
    config_space_set_bits(registers_of(slot), slot->express + EXPRESS_SLOT_STATUS, 2, event);
    notify(slot);
}

/* --- the link --- */

static void set_link(struct slot *slot, bool up)
{
    if (slot->link_up == up)
        return;
    slot->link_up = up;
    express_set_link(registers_of(slot), slot->express, slot->generation, up ? slot->width : 0);
    virtual_switch_sort(slot->virtual_switch);
    raise_event(slot, SLOT_STATUS_LINK_STATE_CHANGED);
    if (slot->on_link != NULL)
        slot->on_link(slot, up);
}

static bool link_may_be_up(const struct slot *slot)
{
    const struct config_space *registers = registers_of(slot);
    uint32_t link_control = config_space_get(registers, slot->express + EXPRESS_LINK_CONTROL, 2);
    return slot->occupied && slot->powered && slot->port_up && (link_control & LINK_CONTROL_DISABLE) == 0 &&
           !config_decode_bridge(registers).secondary_reset;
}

static void on_trained(struct event *event)
{
    struct slot *slot = CONTAINER_OF(event, struct slot, trained);
    set_link(slot, true);
}

/* What the link goes by has changed. */
static void settle_link(struct slot *slot)
{
    if (!link_may_be_up(slot)) {
        event_cancel(&slot->trained);
        set_link(slot, false);
    } else if (!slot->link_up && !event_is_scheduled(&slot->trained)) {
        event_schedule(&slot->trained, now_of(slot) + slot->training_ps);
    }
}

/* --- what its host is asked for --- */

static bool is_latched(const struct slot *slot, uint32_t event)
{
    return (config_space_get(registers_of(slot), slot->express + EXPRESS_SLOT_STATUS, 2) & event) != 0;
}

static void press(struct slot *slot)
{
    slot->held = is_latched(slot, SLOT_STATUS_PRESENCE_CHANGED);
    if (slot->held)
        return;
    slot->attention_read = false;
    raise_event(slot, SLOT_STATUS_ATTENTION_BUTTON);
}

/* It has answered, or there is nothing to ask for any more. */
static void forget_asking(struct slot *slot)
{
    slot->asked = slot->held = false;
}

static void ask_for(struct slot *slot, uint8_t place, bool asked)
{
    uint64_t bit = UINT64_C(1) << place % 64;
    slot->asked_for[place / 64] = (slot->asked_for[place / 64] & ~bit) | (asked ? bit : 0);
}

bool slot_is_asked(const struct slot *slot)
{
    return slot->asked;
}

bool slot_is_asked_for(const struct slot *slot, uint8_t place)
{
    return (slot->asked_for[place / 64] >> place % 64 & 1) != 0;
}

/* --- commands --- */

static void on_completed(struct event *event)
{
    struct slot *slot = CONTAINER_OF(event, struct slot, completed);
    raise_event(slot, SLOT_STATUS_COMMAND_COMPLETED);
}

static void settle_power(struct slot *slot)
{
    bool powered = (control_of(slot) & SLOT_CONTROL_POWER_OFF) == 0;
    if (powered == slot->powered)
        return;
    slot->powered = powered;
    if (!powered)
        forget_asking(slot);
    settle_link(slot);
    if (slot->on_power != NULL)
        slot->on_power(slot, powered);
}

/* REQUEST is about the DW of Slot Control, and Slot Status in its upper half. */
static bool is_about_control(const struct slot *slot, const struct tlp *request)
{
    return request->address == slot->express + (uint64_t)EXPRESS_SLOT_CONTROL;
}

void slot_was_read(struct slot *slot, const struct tlp *request)
{
    if (has_slot(slot) && is_about_control(slot, request))
        slot->attention_read = true;
}

/* The change that is next in line, if the register has been read. */
static void show_change(struct slot *slot)
{
    struct config_space *registers = registers_of(slot);
    uint32_t change = config_space_get(registers, SLOT_CHANGE, 4);
    if (slot->change_count == 0 || (change & SLOT_CHANGE_VALID) != 0)
        return;
    config_space_set(
        registers, SLOT_CHANGE, 4,
        (change & SLOT_CHANGE_INTERRUPT) | slot->changes[slot->first_change] | SLOT_CHANGE_VALID);
    slot->first_change = (slot->first_change + 1) % SLOT_CHANGES_MAX;
    slot->change_count--;
}

/* REQUEST wrote the lower two bytes of the DW of Slot Control, a register of two. */
static bool is_command(const struct slot *slot, const struct tlp *request)
{
    return is_about_control(slot, request) && (request->byte_enables & 0x3) != 0;
}

/* What software says of single functions. */
static void take_release(struct slot *slot, uint32_t release)
{
    if ((release & SLOT_RELEASE_GO) != 0)
        ask_for(slot, (uint8_t)(release & SLOT_RELEASE_PLACE), false);
    if ((release & (SLOT_RELEASE_GO | SLOT_RELEASE_KEPT)) != 0 && slot->on_release != NULL)
        slot->on_release(slot, (uint8_t)(release & SLOT_RELEASE_PLACE), (release & SLOT_RELEASE_KEPT) != 0);
}

void slot_written(struct slot *slot, const struct tlp *request)
{
    if (has_slot(slot)) {
        settle_power(slot);
        settle_link(slot);
        if (is_command(slot, request)) {
            slot->counters.commands++;
            event_schedule_before(&slot->completed, now_of(slot));
            if (slot->on_command != NULL)
                slot->on_command(slot);
        }
    }
    if (request->address == SLOT_RELEASE)
        take_release(slot, (uint32_t)request->payload);
    slot->asserted = slot->asserted && has_news(slot);
    if (slot->held)
        press(slot); /* if it can be now */
    show_change(slot);
    notify(slot);
}

/* --- what comes and goes --- */

static void set_present(struct slot *slot, bool present)
{
    uint16_t status = slot->express + EXPRESS_SLOT_STATUS;
    slot->occupied = present;
    if (present)
        config_space_set_bits(registers_of(slot), status, 2, SLOT_STATUS_PRESENT);
    else
        config_space_clear_bits(registers_of(slot), status, 2, SLOT_STATUS_PRESENT);
}

void slot_insert(struct slot *slot)
{
    CHECK(has_slot(slot) && !slot->occupied);
    set_present(slot, true);
    raise_event(slot, SLOT_STATUS_PRESENCE_CHANGED);
    settle_link(slot);
}

void slot_remove_surprise(struct slot *slot)
{
    CHECK(has_slot(slot));
    if (!slot->occupied)
        return;
    set_present(slot, false);
    forget_asking(slot);
    raise_event(slot, SLOT_STATUS_PRESENCE_CHANGED);
    settle_link(slot);
}

void slot_press_attention(struct slot *slot)
{
    CHECK(has_slot(slot));
    slot->asked = !slot->asked;
    press(slot);
}

bool slot_take_back_attention(struct slot *slot)
{
    uint16_t status = slot->express + EXPRESS_SLOT_STATUS;
    bool pressed = is_latched(slot, SLOT_STATUS_ATTENTION_BUTTON) && !slot->attention_read;
    if (!pressed && !slot->held)
        return false;
    forget_asking(slot);
    if (pressed)
        config_space_clear_bits(registers_of(slot), status, 2, SLOT_STATUS_ATTENTION_BUTTON);
    slot->asserted = has_news(slot);
    return true;
}

bool slot_is_blinking(const struct slot *slot)
{
    return (control_of(slot) & SLOT_CONTROL_POWER_INDICATOR) == SLOT_POWER_INDICATOR_BLINKING;
}

void slot_change_place(struct slot *slot, uint8_t place, enum slot_place what)
{
    static const uint16_t bits[] = {
        [SLOT_PLACE_GONE] = 0,
        [SLOT_PLACE_COMES] = SLOT_CHANGE_COMES,
        [SLOT_PLACE_WANTED] = SLOT_CHANGE_WANTED,
    };
    CHECK(slot->change_count < SLOT_CHANGES_MAX && (size_t)what < sizeof bits / sizeof bits[0]);
    uint32_t last = (slot->first_change + slot->change_count++) % SLOT_CHANGES_MAX;
    slot->changes[last] = (uint16_t)(place | bits[what]);
    ask_for(slot, place, what == SLOT_PLACE_WANTED);
    slot->counters.changes++;
    show_change(slot);
    notify(slot);
}

void slot_set_port_up(struct slot *slot, bool up)
{
    CHECK(has_slot(slot));
    slot->port_up = up;
    settle_link(slot);
}

void slot_tell_again(struct slot *slot)
{
    slot->asserted = false;
    notify(slot);
}

/* --- as a whole --- */

void slot_apply(struct slot *slot)
{
    event_cancel(&slot->completed);
    event_cancel(&slot->trained);
    slot->change_count = 0;
    memset(slot->asked_for, 0, sizeof slot->asked_for);
    forget_asking(slot);
    slot->asserted = has_news(slot);
    if (!has_slot(slot))
        return;
    const struct config_space *registers = registers_of(slot);
    uint32_t able = config_space_get(registers, slot->express + EXPRESS_LINK_CAPABILITIES, 4);
    uint32_t status = config_space_get(registers, slot->express + EXPRESS_SLOT_STATUS, 2);
    uint32_t link = config_space_get(registers, slot->express + EXPRESS_LINK_STATUS, 2);
    slot->generation = (uint8_t)(able & LINK_CAPABILITIES_SPEED);
    slot->width = (uint8_t)((able & LINK_CAPABILITIES_WIDTH) >> LINK_CAPABILITIES_WIDTH_SHIFT);
    slot->occupied = (status & SLOT_STATUS_PRESENT) != 0;
    slot->powered = (control_of(slot) & SLOT_CONTROL_POWER_OFF) == 0;
    slot->link_up = (link & LINK_STATUS_ACTIVE) != 0;
    settle_link(slot);
}

void slot_reset(struct slot *slot)
{
    bool asked = slot->asked;
    uint64_t asked_for[SLOT_PLACES / 64];
    memcpy(asked_for, slot->asked_for, sizeof asked_for);
    slot_apply(slot);
    if (!has_slot(slot) || !slot->occupied)
        return;
    if (asked)
        slot_press_attention(slot);
    for (uint32_t place = 0; place < SLOT_PLACES; place++)
        if ((asked_for[place / 64] >> place % 64 & 1) != 0)
            slot_change_place(slot, (uint8_t)place, SLOT_PLACE_WANTED);
}

struct slot *slot_new(struct mr_switch *owner, struct virtual_switch *virtual_switch, uint32_t bridge)
{
    CHECK(bridge < virtual_switch->bridge_count && virtual_switch->bridges[bridge].config != NULL);
    struct slot *slot = calloc(1, sizeof *slot);
    CHECK(slot != NULL);
    const struct config_layout *layout = virtual_switch->bridges[bridge].config->layout;
    *slot = (struct slot){
        .owner = owner,
        .virtual_switch = virtual_switch,
        .bridge = bridge,
        .express = capability_find(layout, CAPABILITY_EXPRESS),
        .msi = capability_find(layout, CAPABILITY_MSI),
        .training_ps = virtual_switch->bridges[bridge].what.training_ps,
    };
    component_init(&slot->component, &owner->fabric->simulation);
    event_init(&slot->completed, &slot->component, on_completed);
    event_init(&slot->trained, &slot->component, on_trained);
    slot->port_up = true;
    slot_apply(slot);
    return slot;
}

void slot_free(struct slot *slot)
{
    free(slot);
}

bool slot_is_valid(const struct slot *slot)
{
    if (!has_slot(slot))
        return slot->change_count <= SLOT_CHANGES_MAX;
    const struct config_space *registers = registers_of(slot);
    uint32_t status = config_space_get(registers, slot->express + EXPRESS_SLOT_STATUS, 2);
    uint32_t link = config_space_get(registers, slot->express + EXPRESS_LINK_STATUS, 2);
    return slot->occupied == ((status & SLOT_STATUS_PRESENT) != 0) &&
           slot->link_up == ((link & LINK_STATUS_ACTIVE) != 0) && (!slot->link_up || link_may_be_up(slot)) &&
           slot->change_count <= SLOT_CHANGES_MAX;
}
