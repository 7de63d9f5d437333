#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/config_requester.h"
#include "fabric/pcie/express_registers.h"
#include "fabric/pcie/slot_change.h"
#include "hostsim/host/hotplug_steps.h"
#include "hostsim/host/root_complex.h"

static void look_at_next(struct hotplug *hotplug);
static void look_at_slot(struct hotplug *hotplug);
static void look_at_status(struct hotplug *hotplug);
static void look_at_change(struct hotplug *hotplug);

static struct hotplug *hotplug_of_look(struct config_request *request)
{
    return CONTAINER_OF(request, struct hotplug, look);
}

static struct hotplug_slot *looked_at(struct hotplug *hotplug)
{
    return &hotplug->slots[hotplug->looking];
}

/* One access of the slot that is looked at: a read, or a write of the bytes ENABLES. */
static void
access(struct hotplug *hotplug, uint16_t offset, uint8_t enables, uint32_t value, void (*done)(struct config_request *))
{
    hotplug->look.id = looked_at(hotplug)->id;
    hotplug->look.offset = offset;
    hotplug->look.enables = enables;
    hotplug->look.value = value;
    hotplug->look.done = done;
    config_requester_submit(hotplug->requester, &hotplug->look);
}

/* --- the slot's events --- */

/* What is to be done about EVENTS, of which the slot's status told. */
static void take_events(struct hotplug *hotplug, uint32_t events)
{
    struct hotplug_slot *slot = looked_at(hotplug);
    bool replaced = (events & SLOT_STATUS_PRESENCE_CHANGED) != 0,
         linked = (events & SLOT_STATUS_LINK_STATE_CHANGED) != 0;
    /* With another thing in it a press was about what is gone. */
    slot->attention = !replaced && (slot->attention || (events & SLOT_STATUS_ATTENTION_BUTTON) != 0);
    slot->changed = slot->changed || replaced || linked;
    slot->replaced = slot->replaced || replaced;
    slot->linked = slot->linked || linked;
    if (slot->id != hotplug->at || !hotplug->works)
        return;
    if ((events & SLOT_STATUS_COMMAND_COMPLETED) != 0 && hotplug->written) {
        hotplug->completed = true;
        hotplug_command_goes_on(hotplug);
    }
    if (!slot->present && slot->state == HOTPLUG_POWERING_OFF && hotplug->releasing > 0)
        hotplug_abandon_release(hotplug);
}

static void on_cleared(struct config_request *request)
{
    look_at_status(hotplug_of_look(request)); /* until there is nothing: another event makes no interrupt before that */
}

/* Its answer was lost. What the slot has to tell it tells once, so it is asked again. */
static bool is_to_ask_again(const struct hotplug *hotplug)
{
    return hotplug->look.timed_out && hotplug_now_ps(hotplug) < hotplug->look_until_ps;
}

static void on_status(struct config_request *request)
{
    struct hotplug *hotplug = hotplug_of_look(request);
    if (is_to_ask_again(hotplug)) {
        look_at_status(hotplug);
        return;
    }
    uint32_t status = request->value >> 16, events = status & SLOT_STATUS_EVENTS;
    bool answered = request->status == TLP_STATUS_SC;
    looked_at(hotplug)->present = answered && (status & SLOT_STATUS_PRESENT) != 0;
    if (!answered || events == 0) {
        look_at_change(hotplug);
        return;
    }
    access(hotplug, looked_at(hotplug)->express + EXPRESS_SLOT_CONTROL, 0xc, events << 16, on_cleared);
    take_events(hotplug, events);
}

static void look_at_status(struct hotplug *hotplug)
{
    access(hotplug, looked_at(hotplug)->express + EXPRESS_SLOT_CONTROL, 0, 0, on_status);
}

/* --- single functions --- */

/* All from the beginning: what was about the other register meanwhile made no interrupt, as the change had made one. */
static void on_change_cleared(struct config_request *request)
{
    look_at_slot(hotplug_of_look(request));
}

static void on_change(struct config_request *request)
{
    struct hotplug *hotplug = hotplug_of_look(request);
    if (is_to_ask_again(hotplug)) {
        look_at_change(hotplug);
        return;
    }
    if (request->status != TLP_STATUS_SC || (request->value & SLOT_CHANGE_VALID) == 0) {
        hotplug->looks = false;
        look_at_next(hotplug);
        return;
    }
    hotplug_changes_add(
        &hotplug->changes, (struct hotplug_change){.id = looked_at(hotplug)->id, .value = (uint16_t)request->value});
    access(hotplug, SLOT_CHANGE, 0x3, SLOT_CHANGE_VALID | SLOT_CHANGE_INTERRUPT, on_change_cleared);
}

static void look_at_change(struct hotplug *hotplug)
{
    access(hotplug, SLOT_CHANGE, 0, 0, on_change);
}

/* --- from slot to slot --- */

static void look_at_slot(struct hotplug *hotplug)
{
    if (looked_at(hotplug)->has_slot)
        look_at_status(hotplug);
    else
        look_at_change(hotplug);
}

/* The next one that has interrupted; when there is none, what was seen is dealt with. */
static void look_at_next(struct hotplug *hotplug)
{
    if (hotplug->looks)
        return;
    for (size_t index = 0; index < hotplug->slot_count; index++) {
        if (!hotplug->slots[index].interrupted)
            continue;
        hotplug->slots[index].interrupted = false;
        hotplug->looks = true;
        hotplug->looking = index;
        hotplug->look_until_ps = hotplug_now_ps(hotplug) + HOTPLUG_PATIENCE_PS;
        look_at_slot(hotplug);
        return;
    }
    hotplug_looked(hotplug);
    hotplug_work(hotplug);
}

static void on_interrupt(struct event *event)
{
    struct hotplug *hotplug = CONTAINER_OF(event, struct hotplug, interrupt);
    hotplug_take_told(hotplug);
    look_at_next(hotplug);
}

void hotplug_look_elsewhere(struct hotplug *hotplug)
{
    config_requester_withdraw(hotplug->requester, &hotplug->look);
    hotplug->looks = false;
    event_schedule_before(&hotplug->interrupt, hotplug_now_ps(hotplug));
}

void hotplug_look_init(struct hotplug *hotplug)
{
    event_init(&hotplug->interrupt, &hotplug->component, on_interrupt);
}

void hotplug_interrupt(struct hotplug *hotplug, uint16_t id, uint64_t at_ps)
{
    struct hotplug_slot *slot = hotplug_find_slot(hotplug, id);
    if (slot != NULL)
        slot->interrupted = true;
    else
        hotplug_changes_add(&hotplug->told, (struct hotplug_change){.id = id, .value = HOTPLUG_VFS});
    hotplug->counters.interrupts++;
    event_schedule_before(&hotplug->interrupt, at_ps);
}
