#include "hostsim/host/hotplug.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/config_registers.h"
#include "fabric/pcie/express_registers.h"
#include "fabric/pcie/slot_change.h"
#include "hostsim/host/hotplug_steps.h"
#include "hostsim/host/root_complex.h"

uint64_t hotplug_now_ps(const struct hotplug *hotplug)
{
    return fabric_now_ps(hotplug->requester->fabric);
}

struct hotplug_slot *hotplug_find_slot(struct hotplug *hotplug, uint16_t id)
{
    for (size_t index = 0; index < hotplug->slot_count; index++)
        if (hotplug->slots[index].id == id)
            return &hotplug->slots[index];
    return NULL;
}

const struct hotplug_slot *hotplug_slot_of(const struct hotplug *hotplug, uint16_t id)
{
    for (size_t index = 0; index < hotplug->slot_count; index++)
        if (hotplug->slots[index].id == id)
            return &hotplug->slots[index];
    return NULL;
}

struct hotplug_slot *hotplug_current(struct hotplug *hotplug)
{
    return hotplug_find_slot(hotplug, hotplug->at);
}

/* --- what is next --- */

static bool has_work(const struct hotplug_slot *slot)
{
    return slot->attention || slot->changed || slot->expired;
}

bool hotplug_hears(const struct hotplug *hotplug, const struct hotplug_slot *slot)
{
    return slot->interrupted || (hotplug->looks && hotplug->looking == (size_t)(slot - hotplug->slots));
}

void hotplug_work(struct hotplug *hotplug)
{
    if (hotplug->works || hotplug->looks)
        return;
    for (size_t index = 0; index < hotplug->slot_count; index++) {
        if (!has_work(&hotplug->slots[index]) || hotplug_hears(hotplug, &hotplug->slots[index]))
            continue; /* what it is about is known when all that it tells has been heard */
        hotplug->works = true;
        hotplug->at = hotplug->slots[index].id;
        hotplug_handle_slot(hotplug);
        return;
    }
    if (hotplug->changes.count == 0)
        return;
    hotplug->works = true;
    hotplug->change = hotplug_changes_take(&hotplug->changes, 0);
    hotplug->at = hotplug->change.id;
    hotplug_handle_change(hotplug);
}

void hotplug_end(struct hotplug *hotplug)
{
    CHECK(hotplug->works);
    hotplug->works = false;
    if (hotplug->ops != NULL)
        hotplug->ops->on_settled(hotplug, hotplug->at);
    hotplug_work(hotplug);
}

void hotplug_set_timer(struct hotplug *hotplug)
{
    uint64_t at_ps = TIME_NEVER;
    for (size_t index = 0; index < hotplug->waiting.count; index++)
        if (hotplug->waiting.changes[index].at_ps < at_ps)
            at_ps = hotplug->waiting.changes[index].at_ps;
    for (size_t index = 0; index < hotplug->slot_count; index++)
        if (hotplug->slots[index].expires_ps < at_ps)
            at_ps = hotplug->slots[index].expires_ps;
    if (at_ps != TIME_NEVER)
        event_schedule_before(&hotplug->timer, at_ps);
}

static void on_timer(struct event *event)
{
    struct hotplug *hotplug = CONTAINER_OF(event, struct hotplug, timer);
    uint64_t now = hotplug_now_ps(hotplug);
    for (size_t index = 0; index < hotplug->slot_count; index++) {
        struct hotplug_slot *slot = &hotplug->slots[index];
        if (slot->expires_ps > now)
            continue;
        slot->expires_ps = TIME_NEVER;
        slot->expired = true;
    }
    for (size_t index = 0; index < hotplug->waiting.count;) {
        if (hotplug->waiting.changes[index].at_ps <= now)
            hotplug_changes_add(&hotplug->changes, hotplug_changes_take(&hotplug->waiting, index));
        else
            index++;
    }
    hotplug_set_timer(hotplug);
    hotplug_work(hotplug);
}

static void on_patience(struct event *event)
{
    hotplug_give_up(CONTAINER_OF(event, struct hotplug, patience));
}

/* --- starting slots --- */

static void start_next(struct hotplug *hotplug);

/* Interrupts are written to where the host takes them. */
static void write_message(struct enumeration *walk, const struct host_function *bridge)
{
    enumeration_write(walk, bridge->msi + MSI_ADDRESS, 4, (uint32_t)ROOT_INTERRUPT_ADDRESS);
    enumeration_write(walk, bridge->msi + MSI_ADDRESS_UPPER, 4, (uint32_t)(ROOT_INTERRUPT_ADDRESS >> 32));
    enumeration_write(walk, bridge->msi + MSI_CONTROL, 2, MSI_CONTROL_ENABLE);
    enumeration_write(walk, SLOT_CHANGE, 2, SLOT_CHANGE_INTERRUPT);
}

static struct hotplug_slot *add_slot(struct hotplug *hotplug, const struct host_function *bridge, bool has_slot)
{
    hotplug->slots = reallocarray(hotplug->slots, hotplug->slot_count + 1, sizeof *hotplug->slots);
    CHECK(hotplug->slots != NULL);
    struct hotplug_slot *slot = &hotplug->slots[hotplug->slot_count++];
    *slot = (struct hotplug_slot){
        .id = bridge->id,
        .express = bridge->express,
        .msi = bridge->msi,
        .has_slot = has_slot,
        .expires_ps = TIME_NEVER,
    };
    return slot;
}

/* Something was found behind the bridge. */
static bool has_functions(const struct hotplug *hotplug, uint16_t id)
{
    for (size_t index = 0; index < hotplug->count; index++)
        if (hotplug->functions[index].parent == id)
            return true;
    return false;
}

static void on_started(struct enumeration *walk)
{
    start_next(hotplug_of(walk));
}

/* A slot that is empty gets no power. */
static uint16_t first_control(const struct hotplug *hotplug, bool present)
{
    uint32_t control = SLOT_CONTROL_PRESENCE | SLOT_CONTROL_COMMAND_COMPLETED | SLOT_CONTROL_INTERRUPT |
                       SLOT_CONTROL_LINK_STATE | SLOT_CONTROL_ATTENTION_INDICATOR;
    if (hotplug->config.mode == HOTPLUG_MODE_MANAGED)
        control |= SLOT_CONTROL_ATTENTION_BUTTON;
    return (uint16_t)(control | (present ? 0x0100u : 0x0300u | SLOT_CONTROL_POWER_OFF));
}

/* What has happened already stays to be told: the slot interrupts as soon as it may. The walk has cleared what it could
 * know of before it looked behind the bridge. */
static void on_slot_read(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    const struct host_function *bridge = &hotplug->functions[hotplug->cursor - 1];
    uint32_t capabilities = enumeration_answer(walk, 0), status = enumeration_answer(walk, 1) >> 16;
    if (walk->request.status != TLP_STATUS_SC || (capabilities & SLOT_CAPABILITIES_HOT_PLUG) == 0) {
        start_next(hotplug);
        return;
    }
    struct hotplug_slot *slot = add_slot(hotplug, bridge, true);
    slot->present = (status & SLOT_STATUS_PRESENT) != 0;
    slot->state = has_functions(hotplug, bridge->id) ? HOTPLUG_ON : HOTPLUG_OFF;
    bool anew = (status & (SLOT_STATUS_PRESENCE_CHANGED | SLOT_STATUS_LINK_STATE_CHANGED)) != 0;
    slot->changed = anew || (slot->present && slot->state == HOTPLUG_OFF); /* its link was not up when it was walked */
    slot->control = first_control(hotplug, slot->present);
    enumeration_begin(walk, bridge->id);
    write_message(walk, bridge);
    enumeration_write(walk, bridge->express + EXPRESS_SLOT_CONTROL, 2, slot->control);
    enumeration_ask(walk, on_started);
}

static bool is_to_start(struct hotplug *hotplug, const struct host_function *function)
{
    bool switches = function->type == EXPRESS_DOWNSTREAM_PORT || function->type == EXPRESS_UPSTREAM_PORT;
    return host_function_is_bridge(function) && switches && function->express != 0 && function->msi != 0 &&
           hotplug_find_slot(hotplug, function->id) == NULL;
}

/* The next bridge that interrupts and has not been started. */
static void start_next(struct hotplug *hotplug)
{
    while (hotplug->cursor < hotplug->count && !is_to_start(hotplug, &hotplug->functions[hotplug->cursor]))
        hotplug->cursor++;
    if (hotplug->cursor == hotplug->count) {
        hotplug->starting(hotplug);
        return;
    }
    const struct host_function *bridge = &hotplug->functions[hotplug->cursor++];
    enumeration_begin(&hotplug->walk, bridge->id);
    if (bridge->type == EXPRESS_DOWNSTREAM_PORT) {
        enumeration_read(&hotplug->walk, bridge->express + EXPRESS_SLOT_CAPABILITIES);
        enumeration_read(&hotplug->walk, bridge->express + EXPRESS_SLOT_CONTROL);
        enumeration_ask(&hotplug->walk, on_slot_read);
        return;
    }
    add_slot(hotplug, bridge, false);
    write_message(&hotplug->walk, bridge);
    enumeration_ask(&hotplug->walk, on_started);
}

static void start_slots(struct hotplug *hotplug, hotplug_step *then)
{
    hotplug->starting = then;
    hotplug->cursor = hotplug->config.mode == HOTPLUG_MODE_NONE ? hotplug->count : 0;
    start_next(hotplug);
}

static void on_all_started(struct hotplug *hotplug)
{
    hotplug->works = false;
    hotplug->started(hotplug);
    hotplug_work(hotplug);
}

void hotplug_start(struct hotplug *hotplug, void (*started)(struct hotplug *hotplug))
{
    hotplug->started = started;
    if (hotplug->config.mode == HOTPLUG_MODE_NONE) {
        started(hotplug);
        return;
    }
    hotplug->works = true;
    start_slots(hotplug, on_all_started);
}

void hotplug_take(struct hotplug *hotplug, const struct hotplug *from)
{
    CHECK(hotplug->slot_count == 0 && hotplug_is_idle(from));
    hotplug->slots = calloc(from->slot_count + 1, sizeof *hotplug->slots);
    CHECK(hotplug->slots != NULL);
    for (; hotplug->slot_count < from->slot_count; hotplug->slot_count++)
        hotplug->slots[hotplug->slot_count] = from->slots[hotplug->slot_count];
}

/* --- walks --- */

/* Drivers may have what has been found. */
static void attach_found(struct hotplug *hotplug)
{
    for (size_t index = 0; index < hotplug->count; index++) {
        const struct host_function *function = &hotplug->functions[index];
        hotplug->found += function->fresh;
        if (!function->fresh || host_function_is_bridge(function))
            continue;
        hotplug->counters.added++;
        if (hotplug->ops != NULL)
            hotplug->ops->on_attach(hotplug, function);
    }
}

/* There is no room for something. */
static void refuse(struct hotplug *hotplug)
{
    hotplug->counters.refused++;
    if (hotplug->ops != NULL && hotplug->ops->on_refused != NULL)
        hotplug->ops->on_refused(hotplug);
}

static void on_walked(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    hotplug->functions = walk->functions;
    hotplug->count = walk->count;
    walk->functions = NULL;
    hotplug->found = 0;
    if (walk->out_of_buses || walk->out_of_addresses)
        refuse(hotplug);
    attach_found(hotplug);
    start_slots(hotplug, hotplug->then);
}

void hotplug_add(struct hotplug *hotplug, uint16_t bridge_id, int place, hotplug_step *then)
{
    const struct host_function *bridge = host_function_find(hotplug->functions, hotplug->count, bridge_id);
    if (bridge->secondary == 0) { /* there was no bus for it: it leads nowhere */
        hotplug->found = 0;
        refuse(hotplug);
        then(hotplug);
        return;
    }
    hotplug->then = then;
    struct host_function *tree = hotplug->functions;
    hotplug->functions = NULL; /* the walk's, until it is done */
    enumeration_extend(
        &hotplug->walk, hotplug->requester, &hotplug->config.enumeration, tree, hotplug->count, bridge_id, place,
        on_walked);
}

/* --- crash and boot --- */

void hotplug_stop(struct hotplug *hotplug)
{
    config_requester_withdraw(hotplug->requester, &hotplug->look);
    enumeration_stop(&hotplug->walk);
    event_cancel(&hotplug->interrupt);
    event_cancel(&hotplug->timer);
    event_cancel(&hotplug->patience);
    free(hotplug->functions);
    hotplug->functions = NULL;
    hotplug->count = hotplug->slot_count = 0;
    hotplug->changes.count = hotplug->waiting.count = hotplug->told.count = 0;
    hotplug->works = hotplug->looks = false;
    hotplug->awaits_command = hotplug->settles_off = false;
    hotplug->releasing = 0;
}

static void on_booted(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    hotplug->at = ROOT_PORT_ID;
    on_walked(walk);
}

void hotplug_boot(struct hotplug *hotplug)
{
    CHECK(hotplug->functions == NULL && !hotplug->works);
    hotplug->works = true;
    hotplug->then = hotplug_end;
    enumeration_start(&hotplug->walk, hotplug->requester, &hotplug->config.enumeration, on_booted);
}

/* --- as a whole --- */

void hotplug_init(
    struct hotplug *hotplug, struct config_requester *requester, const struct hotplug_config *config,
    const struct hotplug_ops *ops, void *context, struct host_function *tree, size_t count)
{
    *hotplug = (struct hotplug){
        .config = *config,
        .ops = ops,
        .context = context,
        .requester = requester,
        .functions = tree,
        .count = count,
    };
    component_init(&hotplug->component, &requester->fabric->simulation);
    event_init(&hotplug->timer, &hotplug->component, on_timer);
    event_init(&hotplug->patience, &hotplug->component, on_patience);
    hotplug_look_init(hotplug);
    enumeration_prepare(&hotplug->walk, requester, &config->enumeration);
}

void hotplug_free(struct hotplug *hotplug)
{
    enumeration_free(&hotplug->walk);
    free(hotplug->functions);
    free(hotplug->slots);
    free(hotplug->changes.changes);
    free(hotplug->waiting.changes);
    free(hotplug->told.changes);
    free(hotplug->states);
    *hotplug = (struct hotplug){0};
}

bool hotplug_has_settled(const struct hotplug *hotplug, uint16_t id)
{
    if (hotplug->works || hotplug->functions == NULL || hotplug->changes.count > 0)
        return false;
    const struct host_function *function = host_function_find(hotplug->functions, hotplug->count, id);
    if (function == NULL)
        return false;
    const struct hotplug_slot *slot =
        function->parent != HOST_FUNCTION_NONE ? hotplug_slot_of(hotplug, (uint16_t)function->parent) : NULL;
    bool used = slot == NULL || slot->state == HOTPLUG_ON || slot->state == HOTPLUG_BLINKING_OFF;
    return used && (slot == NULL || !slot->changed);
}

bool hotplug_is_dead_end(const struct hotplug *hotplug, uint16_t id)
{
    if (hotplug->functions == NULL)
        return false; /* a walk is under way, which tells of its end */
    const struct host_function *bridge = host_function_find(hotplug->functions, hotplug->count, id);
    return bridge != NULL && host_function_is_bridge(bridge) && bridge->secondary == 0;
}

bool hotplug_is_idle(const struct hotplug *hotplug)
{
    for (size_t index = 0; index < hotplug->slot_count; index++)
        if (hotplug->slots[index].interrupted || has_work(&hotplug->slots[index]))
            return false;
    return !hotplug->works && !hotplug->looks && hotplug->changes.count == 0 && hotplug->told.count == 0;
}

bool hotplug_is_settled(const struct hotplug *hotplug)
{
    for (size_t index = 0; index < hotplug->slot_count; index++)
        if (hotplug->slots[index].expires_ps != TIME_NEVER)
            return false;
    return hotplug_is_idle(hotplug) && hotplug->waiting.count == 0;
}

bool hotplug_is_valid(const struct hotplug *hotplug)
{
    for (size_t index = 0; index < hotplug->slot_count; index++) {
        const struct hotplug_slot *slot = &hotplug->slots[index];
        bool waits = slot->state == HOTPLUG_BLINKING_ON || slot->state == HOTPLUG_BLINKING_OFF ||
                     slot->state == HOTPLUG_POWERING_ON;
        if ((slot->state >= HOTPLUG_STATES) || (slot->expires_ps != TIME_NEVER && !waits))
            return false;
    }
    for (size_t index = 1; index < hotplug->count && hotplug->functions != NULL; index++)
        if (!hotplug->works && hotplug->functions[index - 1].id >= hotplug->functions[index].id)
            return false;
    return hotplug->works || hotplug->releasing == 0;
}
