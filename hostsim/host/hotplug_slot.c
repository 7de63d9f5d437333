#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/config_header.h"
#include "fabric/pcie/express_registers.h"
#include "hostsim/host/hotplug_steps.h"

static void power_off(struct hotplug *hotplug);
static void enable(struct hotplug *hotplug);

/* --- commands --- */

static void on_written(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    hotplug->written = true;
    hotplug->completed = walk->request.status != TLP_STATUS_SC; /* nobody is there to complete it */
    hotplug_command_goes_on(hotplug);
}

/* Changes the bits MASK of the current slot's control to VALUE; THEN when that command has completed. */
static void command(struct hotplug *hotplug, uint16_t mask, uint16_t value, hotplug_step *then)
{
    struct hotplug_slot *slot = hotplug_current(hotplug);
    slot->control = (uint16_t)((slot->control & ~mask) | value);
    hotplug->then = then;
    hotplug->written = hotplug->completed = false;
    hotplug->awaits_command = true;
    event_reschedule(&hotplug->patience, hotplug_now_ps(hotplug) + HOTPLUG_PATIENCE_PS);
    enumeration_begin(&hotplug->walk, slot->id);
    enumeration_write(&hotplug->walk, slot->express + EXPRESS_SLOT_CONTROL, 2, slot->control);
    enumeration_ask(&hotplug->walk, on_written);
}

void hotplug_command_goes_on(struct hotplug *hotplug)
{
    if (!hotplug->awaits_command || !hotplug->written || !hotplug->completed)
        return;
    hotplug->awaits_command = false;
    event_cancel(&hotplug->patience);
    hotplug->then(hotplug);
}

/* --- removal --- */

/* Power is off, and all has been read of what the slot said meanwhile, which was of that. */
static void settle_off(struct hotplug *hotplug)
{
    struct hotplug_slot *slot = hotplug_current(hotplug);
    /* Nobody was asked for what was there, or it has been replaced: what is there now is something else. */
    bool other = slot->state == HOTPLUG_OFF || slot->replaced;
    slot->state = HOTPLUG_OFF;
    slot->changed = false;
    slot->attention = slot->attention && other; /* who wanted it to stay comes too late */
    if (other && slot->present)
        enable(hotplug);
    else
        hotplug_end(hotplug);
}

/* What is in the slot is not known before its events have been read to the end: it may be something else than the first
 * of them was about. */
static void on_powered_off(struct hotplug *hotplug)
{
    hotplug->settles_off = hotplug->looks;
    if (!hotplug->settles_off)
        settle_off(hotplug);
}

void hotplug_looked(struct hotplug *hotplug)
{
    if (!hotplug->settles_off)
        return;
    hotplug->settles_off = false;
    settle_off(hotplug);
}

static void power_off(struct hotplug *hotplug)
{
    command(
        hotplug, SLOT_CONTROL_POWER_INDICATOR | SLOT_CONTROL_POWER_OFF,
        SLOT_POWER_INDICATOR_OFF | SLOT_CONTROL_POWER_OFF, on_powered_off);
}

static void remove_managed(struct hotplug *hotplug)
{
    struct hotplug_slot *slot = hotplug_current(hotplug);
    slot->state = HOTPLUG_POWERING_OFF;
    hotplug_release(hotplug, slot->id, true, power_off);
}

/* What was in it is gone, whatever is in it now. */
static void remove_surprise(struct hotplug *hotplug)
{
    struct hotplug_slot *slot = hotplug_current(hotplug);
    slot->state = HOTPLUG_OFF;
    slot->expires_ps = TIME_NEVER;
    hotplug_lose(hotplug, slot->id, true);
    power_off(hotplug);
}

/* --- use --- */

static void on_in_use(struct hotplug *hotplug)
{
    hotplug_current(hotplug)->state = HOTPLUG_ON;
    hotplug_end(hotplug);
}

/* Nobody came up there. */
static void fail(struct hotplug *hotplug)
{
    hotplug_current(hotplug)->state = HOTPLUG_POWERING_OFF;
    hotplug_current(hotplug)->expires_ps = TIME_NEVER;
    power_off(hotplug);
}

/* What is said of it while it is being powered is looked at when all that has been heard: the link is read again. */
static void look_again(struct hotplug *hotplug)
{
    hotplug_current(hotplug)->changed = true;
    hotplug_end(hotplug);
}

static void on_added(struct hotplug *hotplug)
{
    struct hotplug_slot *slot = hotplug_current(hotplug);
    if (hotplug->found > 0)
        command(hotplug, SLOT_CONTROL_POWER_INDICATOR, SLOT_POWER_INDICATOR_ON, on_in_use);
    else if (slot->changed || hotplug_hears(hotplug, slot))
        look_again(hotplug); /* it may have gone while it was looked for, and be there again */
    else
        fail(hotplug);
}

static void read_link(struct hotplug *hotplug);

/* It is not up yet: its event will say when, and others may go on meanwhile. */
static void leave_link(struct hotplug *hotplug)
{
    struct hotplug_slot *slot = hotplug_current(hotplug);
    if (slot->expires_ps == TIME_NEVER)
        slot->expires_ps = hotplug_now_ps(hotplug) + HOTPLUG_PATIENCE_PS;
    hotplug_set_timer(hotplug);
    hotplug_end(hotplug);
}

static void on_link_read(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    struct hotplug_slot *slot = hotplug_current(hotplug);
    uint32_t link = enumeration_answer(walk, 0) >> 16;
    bool active = walk->request.status == TLP_STATUS_SC && (link & LINK_STATUS_ACTIVE) != 0;
    /* An event that is still to be heard may be of before the link was read, or of after. It is of after when the one
     * of its coming up has been heard. */
    if (hotplug_hears(hotplug, slot) && !(active && slot->linked)) {
        look_again(hotplug);
    } else if (!slot->present) {
        fail(hotplug);
    } else if (active) {
        slot->expires_ps = TIME_NEVER;
        slot->changed = slot->replaced = slot->expired = false; /* that was this */
        hotplug_add(hotplug, slot->id, ENUMERATION_WHOLE_BUS, on_added);
    } else if (slot->changed) {
        read_link(hotplug); /* an event came meanwhile */
    } else {
        leave_link(hotplug);
    }
}

static void read_link(struct hotplug *hotplug)
{
    struct hotplug_slot *slot = hotplug_current(hotplug);
    slot->changed = false;
    enumeration_begin(&hotplug->walk, slot->id);
    enumeration_read(&hotplug->walk, slot->express + EXPRESS_LINK_CONTROL);
    enumeration_ask(&hotplug->walk, on_link_read);
}

static void enable(struct hotplug *hotplug)
{
    hotplug_current(hotplug)->state = HOTPLUG_POWERING_ON;
    hotplug_current(hotplug)->replaced = hotplug_current(hotplug)->linked = false;
    command(hotplug, SLOT_CONTROL_POWER_INDICATOR | SLOT_CONTROL_POWER_OFF, SLOT_POWER_INDICATOR_BLINKING, read_link);
}

void hotplug_give_up(struct hotplug *hotplug)
{
    hotplug->completed = true;
    hotplug_command_goes_on(hotplug);
}

/* --- what has been seen --- */

static void on_blinks(struct hotplug *hotplug)
{
    hotplug_current(hotplug)->expires_ps = hotplug_now_ps(hotplug) + hotplug->config.delay_ps;
    hotplug_set_timer(hotplug);
    hotplug_end(hotplug);
}

static void blink(struct hotplug *hotplug, enum hotplug_state state)
{
    hotplug_current(hotplug)->state = state;
    command(hotplug, SLOT_CONTROL_POWER_INDICATOR, SLOT_POWER_INDICATOR_BLINKING, on_blinks);
}

static void end_blinking(struct hotplug *hotplug, enum hotplug_state state, uint16_t indicator)
{
    hotplug_current(hotplug)->state = state;
    hotplug_current(hotplug)->expires_ps = TIME_NEVER;
    command(hotplug, SLOT_CONTROL_POWER_INDICATOR, indicator, hotplug_end);
}

static void handle_attention(struct hotplug *hotplug)
{
    struct hotplug_slot *slot = hotplug_current(hotplug);
    if (hotplug->config.mode == HOTPLUG_MODE_MANAGED && slot->state == HOTPLUG_ON)
        blink(hotplug, HOTPLUG_BLINKING_OFF);
    else if (slot->state == HOTPLUG_BLINKING_OFF)
        end_blinking(hotplug, HOTPLUG_ON, SLOT_POWER_INDICATOR_ON);
    else if (hotplug->config.mode == HOTPLUG_MODE_MANAGED && slot->state == HOTPLUG_OFF && slot->present)
        blink(hotplug, HOTPLUG_BLINKING_ON);
    else if (slot->state == HOTPLUG_BLINKING_ON)
        end_blinking(hotplug, HOTPLUG_OFF, SLOT_POWER_INDICATOR_OFF);
    else if (hotplug->config.mode == HOTPLUG_MODE_MANAGED && slot->state == HOTPLUG_POWERING_ON)
        fail(hotplug); /* its link is not up: there is nothing that a driver has */
    else
        hotplug_end(hotplug);
}

static void handle_change(struct hotplug *hotplug)
{
    struct hotplug_slot *slot = hotplug_current(hotplug);
    if (slot->state == HOTPLUG_POWERING_ON) { /* its link, or it has gone again */
        read_link(hotplug);
        return;
    }
    slot->expired = false; /* of what is gone */
    slot->expires_ps = TIME_NEVER;
    if (slot->state == HOTPLUG_ON || slot->state == HOTPLUG_BLINKING_OFF)
        remove_surprise(hotplug);
    else if (slot->present)
        enable(hotplug);
    else if (slot->state == HOTPLUG_BLINKING_ON)
        end_blinking(hotplug, HOTPLUG_OFF, SLOT_POWER_INDICATOR_OFF);
    else
        hotplug_end(hotplug);
}

static void handle_expiry(struct hotplug *hotplug)
{
    struct hotplug_slot *slot = hotplug_current(hotplug);
    slot->expires_ps = TIME_NEVER;
    if (slot->state == HOTPLUG_BLINKING_OFF)
        remove_managed(hotplug);
    else if (slot->state == HOTPLUG_BLINKING_ON)
        enable(hotplug);
    else if (slot->state == HOTPLUG_POWERING_ON)
        fail(hotplug);
    else
        hotplug_end(hotplug);
}

void hotplug_handle_slot(struct hotplug *hotplug)
{
    struct hotplug_slot *slot = hotplug_current(hotplug);
    if (slot->changed) {
        slot->changed = false;
        handle_change(hotplug);
    } else if (slot->attention) {
        slot->attention = false;
        handle_attention(hotplug);
    } else {
        CHECK(slot->expired);
        slot->expired = false;
        handle_expiry(hotplug);
    }
}
