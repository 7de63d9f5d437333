#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/slot_change.h"
#include "hostsim/host/hotplug_steps.h"

void hotplug_changes_add(struct hotplug_changes *changes, struct hotplug_change change)
{
    if (changes->count == changes->capacity) {
        changes->capacity = changes->capacity == 0 ? 8 : changes->capacity * 2;
        changes->changes = reallocarray(changes->changes, changes->capacity, sizeof *changes->changes);
        CHECK(changes->changes != NULL);
    }
    changes->changes[changes->count++] = change;
}

struct hotplug_change hotplug_changes_take(struct hotplug_changes *changes, size_t index)
{
    CHECK(index < changes->count);
    struct hotplug_change change = changes->changes[index];
    changes->count--;
    memmove(&changes->changes[index], &changes->changes[index + 1], (changes->count - index) * sizeof change);
    return change;
}

/* The routing ID that the change is about, if the bridge is known. */
static bool find_function(const struct hotplug *hotplug, uint16_t *id)
{
    const struct host_function *bridge = host_function_find(hotplug->functions, hotplug->count, hotplug->change.id);
    if (bridge == NULL || bridge->secondary == 0)
        return false; /* without a bus there is nothing behind it */
    *id = (uint16_t)(bridge->secondary << 8 | (hotplug->change.value & SLOT_CHANGE_PLACE));
    return true;
}

/* Takes from CHANGES the wish for the function whose time of attention has begun. */
static void take_wish(const struct hotplug *hotplug, struct hotplug_changes *changes)
{
    for (size_t index = 0; index < changes->count; index++) {
        const struct hotplug_change *wish = &changes->changes[index];
        bool same = wish->id == hotplug->change.id &&
                    (wish->value & SLOT_CHANGE_PLACE) == (hotplug->change.value & SLOT_CHANGE_PLACE);
        if (!same || wish->at_ps == 0)
            continue;
        hotplug_changes_take(changes, index);
        return;
    }
}

/* The function is not wanted any more, whether its time is over or not: it has gone, or its host may keep it. */
static void cancel_wish(struct hotplug *hotplug)
{
    take_wish(hotplug, &hotplug->waiting);
    take_wish(hotplug, &hotplug->changes);
}

static void on_told(struct enumeration *walk)
{
    hotplug_end(hotplug_of(walk));
}

/* What became of the function: WHAT of enum slot_release. */
static void tell(struct hotplug *hotplug, uint32_t what)
{
    enumeration_begin(&hotplug->walk, hotplug->change.id);
    enumeration_write(&hotplug->walk, SLOT_RELEASE, 4, what | (hotplug->change.value & SLOT_CHANGE_PLACE));
    enumeration_ask(&hotplug->walk, on_told);
}

/* Nobody uses it any more. */
static void tell_released(struct hotplug *hotplug)
{
    tell(hotplug, SLOT_RELEASE_GO);
}

/* It is let go of after the time of attention: now, when that has passed. */
static void want(struct hotplug *hotplug, uint16_t id)
{
    if (hotplug->config.mode != HOTPLUG_MODE_MANAGED) {
        hotplug_end(hotplug);
    } else if (host_function_find(hotplug->functions, hotplug->count, id) == NULL) {
        tell_released(hotplug);
    } else if (hotplug->config.delay_ps > 0 && hotplug->change.at_ps == 0) {
        hotplug->change.at_ps = hotplug_now_ps(hotplug) + hotplug->config.delay_ps;
        hotplug_changes_add(&hotplug->waiting, hotplug->change);
        hotplug_set_timer(hotplug);
        hotplug_end(hotplug);
    } else {
        hotplug_release(hotplug, id, false, tell_released);
    }
}

void hotplug_rescan(struct hotplug *hotplug, uint16_t id)
{
    hotplug_changes_add(&hotplug->changes, (struct hotplug_change){.id = id, .value = HOTPLUG_RESCAN});
    hotplug_work(hotplug);
}

static void rescan(struct hotplug *hotplug)
{
    if (host_function_find(hotplug->functions, hotplug->count, hotplug->change.id) == NULL) {
        hotplug_end(hotplug);
        return;
    }
    hotplug_lose(hotplug, hotplug->change.id, true);
    hotplug_add(hotplug, hotplug->change.id, ENUMERATION_WHOLE_BUS, hotplug_end);
}

void hotplug_handle_change(struct hotplug *hotplug)
{
    const struct hotplug_change *change = &hotplug->change;
    if (change->value == HOTPLUG_RESCAN) {
        rescan(hotplug);
        return;
    }
    if (change->value == HOTPLUG_PASS) {
        hotplug_handle_pass(hotplug);
        return;
    }
    if (change->value == HOTPLUG_VFS) {
        hotplug_handle_vfs(hotplug);
        return;
    }
    const struct hotplug_slot *slot = hotplug_current(hotplug);
    uint16_t id;
    bool in_use = slot != NULL && (!slot->has_slot || slot->state == HOTPLUG_ON || slot->state == HOTPLUG_BLINKING_OFF);
    if (!find_function(hotplug, &id) || (!in_use && (change->value & SLOT_CHANGE_WANTED) == 0)) {
        hotplug_end(hotplug); /* a slot that is not in use is walked as a whole when it is */
        return;
    }
    bool known = host_function_find(hotplug->functions, hotplug->count, id) != NULL;
    if ((change->value & SLOT_CHANGE_WANTED) != 0) {
        want(hotplug, id);
        return;
    }
    cancel_wish(hotplug);
    if ((change->value & SLOT_CHANGE_COMES) == 0) {
        if (known)
            hotplug_lose(hotplug, id, false);
        hotplug_end(hotplug);
    } else if (known && slot->has_slot) {
        tell(hotplug, SLOT_RELEASE_KEPT);
    } else if (known) {
        hotplug_end(hotplug);
    } else {
        hotplug_add(hotplug, change->id, change->value & SLOT_CHANGE_PLACE, hotplug_end);
    }
}
