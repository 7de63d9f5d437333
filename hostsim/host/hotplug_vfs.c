/* VFs that migrate: what a host's SR-PCIM does when a PF tells that MR-PCIM has changed states of its VFs (SR-IOV 1.1,
 * 2.4; fabric/adapter/vf_array.h):
 *
 *     Dormant.MigrateIn      a VF is offered: the host resets it, as it knows nothing of who had it, switches it on,
 *                            activates it, and reads whether it got it; then a driver may have it
 *     Active.MigrateOut      a VF is wanted back: when its driver has let go of it the host resets it, so that nothing
 *                            of its own goes along, gives it back, and reads whether that is so
 *     Inactive.Unavailable   one that it has is gone
 *     Active.Available       one that it has not: it took it, and did not learn that; it goes on as with one offered
 *
 * Status is cleared before the states are read, so that what changes later interrupts again. What cannot be read, as
 * the way there is congested or down for a moment, is read again later, a number of times. */
#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/config_registers.h"
#include "fabric/pcie/express_registers.h"
#include "fabric/pcie/vf_migration.h"
#include "hostsim/host/hotplug_steps.h"

#define VFS_A_DWORD 4u
/* DWs of the array that are read at a time. */
#define DWORDS_A_BATCH 32u
/* More capabilities than fit mean that their chain runs in a circle. */
#define CAPABILITIES_MOST 64
/* States that could not be read are read again after this, then after twice as long, and so on: 1.3 s in all. */
#define RETRY_FIRST_PS (10 * PS_PER_US)
#define RETRIES_MOST 17

static void next_vf(struct hotplug *hotplug);

/* The PF that is dealt with, which nothing removes meanwhile. */
static const struct host_function *pf_of(const struct hotplug *hotplug)
{
    return host_function_find(hotplug->functions, hotplug->count, hotplug->change.id);
}

static uint16_t id_of(const struct hotplug *hotplug)
{
    return host_function_vf_id(pf_of(hotplug), hotplug->vf);
}

static bool is_known(const struct hotplug *hotplug)
{
    return host_function_find(hotplug->functions, hotplug->count, id_of(hotplug)) != NULL;
}

/* The DW of the array where the state of VF is, and where in it. */
static uint64_t state_address(const struct hotplug *hotplug, uint32_t vf)
{
    const struct host_function *pf = pf_of(hotplug);
    return host_function_memory(pf, pf->states) + (vf - 1) / VFS_A_DWORD * VFS_A_DWORD;
}

static uint32_t state_shift(uint32_t vf)
{
    return (vf - 1) % VFS_A_DWORD * 8;
}

/* --- one VF: its state --- */

/* Asks for STATE, and reads what it is then: THEN finds it with confirmed(). */
static void write_state(struct hotplug *hotplug, enum vf_state state, void (*then)(struct enumeration *walk))
{
    uint64_t address = state_address(hotplug, hotplug->vf);
    uint32_t shift = state_shift(hotplug->vf);
    enumeration_begin(&hotplug->walk, id_of(hotplug));
    enumeration_write_memory(&hotplug->walk, address, (uint8_t)(1u << shift / 8), (uint32_t)state << shift);
    enumeration_read_memory(&hotplug->walk, address);
    enumeration_ask(&hotplug->walk, then);
}

static uint8_t confirmed(struct hotplug *hotplug)
{
    uint8_t state = (uint8_t)(enumeration_answer(&hotplug->walk, 1) >> state_shift(hotplug->vf));
    if (state > VF_ACTIVE_AVAILABLE)
        hotplug->vfs_unread = true;
    return state;
}

/* --- one VF: reset --- */

/* When the reset is over: until then it is asked again, by Retry Status. */
static void reset_vf(struct hotplug *hotplug, bool used, void (*then)(struct enumeration *walk))
{
    enumeration_begin(&hotplug->walk, id_of(hotplug));
    if (hotplug->vf_express != 0)
        enumeration_write(
            &hotplug->walk, (uint16_t)(hotplug->vf_express + EXPRESS_DEVICE_CONTROL), 2, DEVICE_CONTROL_FLR);
    enumeration_read(&hotplug->walk, CONFIG_REVISION);
    if (used)
        enumeration_write(&hotplug->walk, CONFIG_COMMAND, 2, COMMAND_BUS_MASTER);
    enumeration_ask(&hotplug->walk, then);
}

static void on_capability(struct enumeration *walk);

static void ask_capability(struct hotplug *hotplug, uint32_t offset)
{
    if (offset < CONFIG_HEADER_BYTES || hotplug->looked_at++ > CAPABILITIES_MOST) {
        hotplug->then(hotplug);
        return;
    }
    hotplug->vf_express = (uint16_t)offset;
    enumeration_begin(&hotplug->walk, id_of(hotplug));
    enumeration_read(&hotplug->walk, (uint16_t)offset);
    enumeration_ask(&hotplug->walk, on_capability);
}

static void on_capability(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    uint32_t header = enumeration_answer(walk, 0);
    if ((header & 0xff) == CAPABILITY_EXPRESS) {
        hotplug->then(hotplug);
        return;
    }
    hotplug->vf_express = 0;
    ask_capability(hotplug, header == UINT32_MAX ? 0 : header >> 8 & 0xfc);
}

static void on_first_capability(struct enumeration *walk)
{
    uint32_t first = enumeration_answer(walk, 0);
    ask_capability(hotplug_of(walk), first == UINT32_MAX ? 0 : first & 0xfc);
}

/* Where its PCI Express capability is, for its reset. */
static void find_express(struct hotplug *hotplug, hotplug_step *then)
{
    hotplug->then = then;
    hotplug->vf_express = 0;
    hotplug->looked_at = 0;
    enumeration_begin(&hotplug->walk, id_of(hotplug));
    enumeration_read(&hotplug->walk, CONFIG_CAPABILITIES);
    enumeration_ask(&hotplug->walk, on_first_capability);
}

/* --- one VF: it comes --- */

/* In bus order. */
static void add_vf(struct hotplug *hotplug)
{
    const struct host_function *pf = pf_of(hotplug);
    const struct host_function vf = {
        .id = id_of(hotplug),
        .parent = pf->parent,
        .vendor = pf->vendor,
        .device = pf->vf_device,
        .class_code = pf->class_code,
        .is_vf = true,
        .pf = pf->id,
    };
    hotplug->functions = reallocarray(hotplug->functions, hotplug->count + 1, sizeof *hotplug->functions);
    CHECK(hotplug->functions != NULL);
    size_t at = hotplug->count++;
    for (; at > 0 && hotplug->functions[at - 1].id > vf.id; at--)
        hotplug->functions[at] = hotplug->functions[at - 1];
    hotplug->functions[at] = vf;
    hotplug->counters.added++;
    hotplug->counters.vfs_taken++;
    if (hotplug->ops != NULL)
        hotplug->ops->on_attach(hotplug, &vf);
}

static void attach(struct hotplug *hotplug)
{
    add_vf(hotplug);
    next_vf(hotplug);
}

static void on_activated(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    uint8_t state = confirmed(hotplug);
    if (state == VF_ACTIVE_AVAILABLE)
        attach(hotplug);
    else
        next_vf(hotplug); /* MR-PCIM has retracted it, or that will be seen */
}

static void activate(struct enumeration *walk)
{
    write_state(hotplug_of(walk), VF_ACTIVE_AVAILABLE, on_activated);
}

static void reset_before_use(struct hotplug *hotplug)
{
    reset_vf(hotplug, true, activate);
}

/* --- one VF: it goes --- */

static void on_enabled_again(struct enumeration *walk)
{
    attach(hotplug_of(walk));
}

static void on_given(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    if (confirmed(hotplug) != VF_ACTIVE_AVAILABLE) {
        hotplug->counters.vfs_given++;
        next_vf(hotplug);
        return;
    }
    /* MR-PCIM no longer wants it. */
    enumeration_begin(walk, id_of(hotplug));
    enumeration_write(walk, CONFIG_COMMAND, 2, COMMAND_BUS_MASTER);
    enumeration_ask(walk, on_enabled_again);
}

static void give(struct enumeration *walk)
{
    write_state(hotplug_of(walk), VF_INACTIVE_UNAVAILABLE, on_given);
}

static void reset_after_use(struct hotplug *hotplug)
{
    reset_vf(hotplug, false, give);
}

static void on_released(struct hotplug *hotplug)
{
    find_express(hotplug, reset_after_use);
}

/* --- all VFs of a PF --- */

/* What is to be done about the VF. False: nothing. */
static bool handle_vf(struct hotplug *hotplug)
{
    bool known = is_known(hotplug);
    switch (hotplug->states[hotplug->vf - 1]) {
    case VF_DORMANT_MIGRATE_IN:
        if (known)
            hotplug_lose(hotplug, id_of(hotplug), false);
        find_express(hotplug, reset_before_use);
        return true;
    case VF_ACTIVE_AVAILABLE:
        if (!known)
            find_express(hotplug, reset_before_use);
        return !known;
    case VF_ACTIVE_MIGRATE_OUT:
        if (known)
            hotplug_release(hotplug, id_of(hotplug), false, on_released);
        else
            find_express(hotplug, reset_after_use);
        return true;
    case VF_INACTIVE_UNAVAILABLE:
        if (known)
            hotplug_lose(hotplug, id_of(hotplug), false);
        return false;
    default:
        hotplug->vfs_unread = true;
        return false;
    }
}

static void try_again_later(struct hotplug *hotplug)
{
    struct hotplug_change change = hotplug->change;
    change.at_ps = hotplug_now_ps(hotplug) + (RETRY_FIRST_PS << change.tries++);
    hotplug_changes_add(&hotplug->waiting, change);
    hotplug_set_timer(hotplug);
}

static void next_vf(struct hotplug *hotplug)
{
    while (hotplug->vf < pf_of(hotplug)->vfs) {
        hotplug->vf++;
        if (handle_vf(hotplug))
            return;
    }
    if (hotplug->vfs_unread && hotplug->change.tries < RETRIES_MOST)
        try_again_later(hotplug);
    hotplug_end(hotplug);
}

static void read_states(struct hotplug *hotplug);

static void on_states(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    uint32_t vfs = pf_of(hotplug)->vfs;
    for (uint32_t dword = 0; dword < walk->batch_count; dword++)
        for (uint32_t byte = 0; byte < VFS_A_DWORD && hotplug->vf < vfs; byte++)
            hotplug->states[hotplug->vf++] = (uint8_t)(enumeration_answer(walk, dword) >> byte * 8);
    if (hotplug->vf < vfs) {
        read_states(hotplug);
        return;
    }
    hotplug->vf = 0;
    next_vf(hotplug);
}

/* Of the VFs behind the first hotplug->vf, a multiple of 4. */
static void read_states(struct hotplug *hotplug)
{
    uint32_t vfs = pf_of(hotplug)->vfs, dwords = (vfs - hotplug->vf + VFS_A_DWORD - 1) / VFS_A_DWORD;
    uint64_t address = state_address(hotplug, hotplug->vf + 1);
    enumeration_begin(&hotplug->walk, hotplug->change.id);
    for (uint32_t dword = 0; dword < dwords && dword < DWORDS_A_BATCH; dword++)
        enumeration_read_memory(&hotplug->walk, address + dword * VFS_A_DWORD);
    enumeration_ask(&hotplug->walk, on_states);
}

static void on_cleared(struct enumeration *walk)
{
    read_states(hotplug_of(walk));
}

void hotplug_handle_vfs(struct hotplug *hotplug)
{
    const struct host_function *pf = pf_of(hotplug);
    if (pf == NULL || !pf->migrates) {
        hotplug_end(hotplug);
        return;
    }
    if (hotplug->states_capacity < pf->vfs) {
        hotplug->states = reallocarray(hotplug->states, pf->vfs, 1);
        CHECK(hotplug->states != NULL);
        hotplug->states_capacity = pf->vfs;
    }
    hotplug->vf = 0;
    hotplug->vfs_unread = false;
    enumeration_begin(&hotplug->walk, pf->id);
    enumeration_write(&hotplug->walk, pf->sr_iov + SR_IOV_STATUS, 2, SR_IOV_STATUS_MIGRATION);
    enumeration_ask(&hotplug->walk, on_cleared);
}

static bool is_waiting(const struct hotplug *hotplug, uint16_t id)
{
    for (size_t index = 0; index < hotplug->changes.count; index++)
        if (hotplug->changes.changes[index].value == HOTPLUG_VFS && hotplug->changes.changes[index].id == id)
            return true;
    return false;
}

void hotplug_take_told(struct hotplug *hotplug)
{
    while (hotplug->told.count > 0) {
        struct hotplug_change change = hotplug_changes_take(&hotplug->told, 0);
        if (!is_waiting(hotplug, change.id))
            hotplug_changes_add(&hotplug->changes, change);
    }
}
