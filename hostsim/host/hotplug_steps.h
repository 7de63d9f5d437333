/* Hot-plug steps: what the parts of a host's hot-plug driver have in common. For the driver's own sources:
 *
 *     hotplug.c          the whole: what is worked on next, walks, starting slots
 *     hotplug_look.c     interrupts: what has happened
 *     hotplug_slot.c     a slot's states
 *     hotplug_change.c   single functions
 *     hotplug_remove.c   letting go of functions
 *     hotplug_vfs.c      VFs that migrate
 *     hotplug_pass.c     functions that pass between the host and its guests */
#ifndef HOSTSIM_HOST_HOTPLUG_STEPS_H
#define HOSTSIM_HOST_HOTPLUG_STEPS_H

#include "hostsim/host/enumeration_steps.h"
#include "hostsim/host/hotplug.h"

typedef void hotplug_step(struct hotplug *hotplug);

/* How long anything is waited for (a kernel's second). */
#define HOTPLUG_PATIENCE_PS PS_PER_S

static inline struct hotplug *hotplug_of(struct enumeration *walk)
{
    return CONTAINER_OF(walk, struct hotplug, walk);
}

uint64_t hotplug_now_ps(const struct hotplug *hotplug);

/* The slot of bridge ID, or of the one that is worked on; NULL: there is none. */
struct hotplug_slot *hotplug_find_slot(struct hotplug *hotplug, uint16_t id);
struct hotplug_slot *hotplug_current(struct hotplug *hotplug);

/* SLOT has interrupted, and not all that it tells has been heard: what was seen of it may be old. */
bool hotplug_hears(const struct hotplug *hotplug, const struct hotplug_slot *slot);

/* What is worked on has been dealt with. */
void hotplug_end(struct hotplug *hotplug);

/* Begins with what is next, if nothing is under way. */
void hotplug_work(struct hotplug *hotplug);

/* Sets the timer for what waits. */
void hotplug_set_timer(struct hotplug *hotplug);

/* Walks PLACE of the bus behind BRIDGE_ID, or all of it, has drivers attach to what is found, and starts its slots;
 * then THEN, when hotplug->found says how much that was. */
void hotplug_add(struct hotplug *hotplug, uint16_t bridge_id, int place, hotplug_step *then);

/* --- hotplug_look.c --- */

void hotplug_look_init(struct hotplug *hotplug);

/* The slot that is looked at is no more. */
void hotplug_look_elsewhere(struct hotplug *hotplug);

/* --- hotplug_slot.c --- */

/* Deals with what has been seen of the current slot. */
void hotplug_handle_slot(struct hotplug *hotplug);

/* All that had happened has been read. */
void hotplug_looked(struct hotplug *hotplug);

/* The command that the current slot waits for may have completed, or never will. */
void hotplug_command_goes_on(struct hotplug *hotplug);
void hotplug_give_up(struct hotplug *hotplug);

/* --- hotplug_change.c --- */

void hotplug_changes_add(struct hotplug_changes *changes, struct hotplug_change change);
struct hotplug_change hotplug_changes_take(struct hotplug_changes *changes, size_t index);

/* Deals with hotplug->change. */
void hotplug_handle_change(struct hotplug *hotplug);

/* --- hotplug_pass.c --- */

/* Deals with hotplug->change, a HOTPLUG_PASS. */
void hotplug_handle_pass(struct hotplug *hotplug);

/* --- hotplug_remove.c --- */

/* Everything behind bridge ID (BEHIND), or the function with that routing ID and its VFs, leaves the tree: with the
 * consent of its drivers, and switched off, then THEN; or now, because it is gone. */
void hotplug_release(struct hotplug *hotplug, uint16_t id, bool behind, hotplug_step *then);
void hotplug_lose(struct hotplug *hotplug, uint16_t id, bool behind);

/* What is being released is gone: its drivers need not let go any more. */
void hotplug_abandon_release(struct hotplug *hotplug);

/* --- hotplug_vfs.c --- */

/* What PFs have told has reached their core. */
void hotplug_take_told(struct hotplug *hotplug);

/* Deals with the VFs of the PF of hotplug->change. */
void hotplug_handle_vfs(struct hotplug *hotplug);

#endif
