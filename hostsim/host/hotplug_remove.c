#include <string.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/config_header.h"
#include "hostsim/host/hotplug_steps.h"

/* --- who leaves --- */

static bool leaves_with(const struct hotplug *hotplug, const struct host_function *function, uint16_t id, bool behind)
{
    if (!behind)
        return function->id == id || function->pf == id;
    if (function->parent == HOST_FUNCTION_NONE)
        return false;
    const struct host_function *parent =
        host_function_find(hotplug->functions, hotplug->count, (uint16_t)function->parent);
    return function->parent == id || (parent != NULL && parent->leaving);
}

/* Bus order has bridges before those behind them. */
static void mark(struct hotplug *hotplug, uint16_t id, bool behind)
{
    for (size_t index = 0; index < hotplug->count; index++) {
        struct host_function *function = &hotplug->functions[index];
        function->leaving = leaves_with(hotplug, function, id, behind);
        if (!function->leaving && !behind && function->parent != HOST_FUNCTION_NONE) {
            const struct host_function *parent =
                host_function_find(hotplug->functions, hotplug->count, (uint16_t)function->parent);
            function->leaving = parent != NULL && parent->leaving; /* a bridge takes all behind it along */
        }
        function->asked = function->leaving && !host_function_is_bridge(function);
    }
}

static void remove_slot(struct hotplug *hotplug, uint16_t id)
{
    struct hotplug_slot *slot = hotplug_find_slot(hotplug, id);
    if (slot == NULL)
        return;
    size_t index = (size_t)(slot - hotplug->slots);
    hotplug->slot_count--;
    memmove(slot, slot + 1, (hotplug->slot_count - index) * sizeof *slot);
    if (hotplug->looks && hotplug->looking == index)
        hotplug_look_elsewhere(hotplug);
    else if (hotplug->looking > index)
        hotplug->looking--;
}

/* Those that leave are known no longer; their drivers hear of it. */
static void forget(struct hotplug *hotplug, uint64_t *counter)
{
    size_t kept = 0;
    for (size_t index = 0; index < hotplug->count; index++) {
        const struct host_function function = hotplug->functions[index];
        if (!function.leaving) {
            hotplug->functions[kept++] = function;
            continue;
        }
        if (host_function_is_bridge(&function)) {
            remove_slot(hotplug, function.id);
            continue;
        }
        (*counter)++;
        if (hotplug->ops != NULL)
            hotplug->ops->on_lost(hotplug, &function);
    }
    hotplug->count = kept;
}

void hotplug_lose(struct hotplug *hotplug, uint16_t id, bool behind)
{
    mark(hotplug, id, behind);
    forget(hotplug, &hotplug->counters.lost);
}

/* --- switching off --- */

static void disable_next(struct enumeration *walk);

static void disabled(struct hotplug *hotplug)
{
    forget(hotplug, &hotplug->counters.removed);
    hotplug->then(hotplug);
}

/* VFs go with their PF's VF Enable. */
static void disable_next(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    while (hotplug->cursor < hotplug->count &&
           (!hotplug->functions[hotplug->cursor].leaving || hotplug->functions[hotplug->cursor].is_vf))
        hotplug->cursor++;
    if (hotplug->cursor == hotplug->count) {
        disabled(hotplug);
        return;
    }
    const struct host_function *function = &hotplug->functions[hotplug->cursor++];
    enumeration_begin(walk, function->id);
    if (function->vfs > 0)
        enumeration_write(walk, function->sr_iov + SR_IOV_CONTROL, 2, 0);
    enumeration_write(walk, CONFIG_COMMAND, 2, 0);
    enumeration_ask(walk, disable_next);
}

/* --- drivers --- */

static void released_one(struct hotplug *hotplug)
{
    if (--hotplug->releasing > 0)
        return;
    hotplug->cursor = 0;
    disable_next(&hotplug->walk);
}

void hotplug_release(struct hotplug *hotplug, uint16_t id, bool behind, hotplug_step *then)
{
    mark(hotplug, id, behind);
    hotplug->then = then;
    hotplug->releasing = 1; /* this loop */
    for (size_t index = 0; index < hotplug->count; index++)
        hotplug->releasing += hotplug->functions[index].asked;
    for (size_t index = 0; index < hotplug->count; index++) {
        const struct host_function *function = &hotplug->functions[index];
        if (!function->asked)
            continue;
        if (hotplug->ops != NULL)
            hotplug->ops->on_release(hotplug, function);
        else
            hotplug_released(hotplug, function->id);
    }
    released_one(hotplug);
}

void hotplug_released(struct hotplug *hotplug, uint16_t id)
{
    if (hotplug->releasing == 0)
        return; /* somebody else has asked its driver: the tree may be a walk's just now */
    for (size_t index = 0; index < hotplug->count; index++) {
        struct host_function *function = &hotplug->functions[index];
        if (function->id != id || !function->asked)
            continue;
        function->asked = false;
        released_one(hotplug);
        return;
    }
}

void hotplug_abandon_release(struct hotplug *hotplug)
{
    CHECK(hotplug->releasing > 0);
    hotplug->releasing = 0;
    forget(hotplug, &hotplug->counters.lost);
    hotplug->then(hotplug);
}
