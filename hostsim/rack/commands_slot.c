#include "hostsim/rack/commands_slot.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/plugs.h"

static bool is_same(struct pcim_function_id one, struct pcim_function_id other)
{
    return one.adapter == other.adapter && one.pf == other.pf && one.vf == other.vf;
}

static bool is_single_vf(const struct commands_job *job)
{
    return job->owner->inventory->adapters[job->at.function.adapter].sharing == PCIM_SR_IOV;
}

/* --- who is in a slot --- */

static struct commands_inside *find_inside(const struct commands_slot *slot, struct pcim_function_id function)
{
    for (size_t index = 0; index < slot->count; index++)
        if (is_same(slot->inside[index].function, function))
            return &slot->inside[index];
    return NULL;
}

static struct commands_inside *put_inside(struct commands_slot *slot, struct pcim_function_id function)
{
    struct commands_inside *found = find_inside(slot, function);
    if (found != NULL)
        return found;
    if (slot->count == slot->room) {
        slot->room = slot->room == 0 ? 4 : 2 * slot->room;
        slot->inside = reallocarray(slot->inside, slot->room, sizeof *slot->inside);
        CHECK(slot->inside != NULL);
    }
    slot->inside[slot->count] = (struct commands_inside){.function = function};
    return &slot->inside[slot->count++];
}

static void take_outside(struct commands_slot *slot, struct pcim_function_id function)
{
    const struct commands_inside *found = find_inside(slot, function);
    size_t index = found == NULL ? slot->count : (size_t)(found - slot->inside);
    for (; index + 1 < slot->count; index++)
        slot->inside[index] = slot->inside[index + 1];
    slot->count -= found != NULL;
}

/* Before the first operation about a slot those are in it who have been there since time zero. */
static void look_inside(const struct commands *commands, struct commands_slot *slot)
{
    const struct pcim_inventory *inventory = commands->inventory;
    const struct pcim_adapter *adapter = &inventory->adapters[slot->adapter];
    bool single = adapter->sharing == PCIM_SR_IOV;
    uint32_t count = single ? adapter->pfs->vf_room : adapter->pf_count;
    for (uint32_t n = 0; n < count; n++) {
        struct pcim_function_id id = {slot->adapter, single ? 0 : (int)n, single ? (int)n : PCIM_NONE};
        const struct pcim_hierarchy *hierarchy =
            pcim_hierarchy_of(inventory, pcim_function_at(inventory, id)->actual, slot->adapter);
        if (hierarchy != NULL && hierarchy->vh == slot->vh)
            put_inside(slot, id)->presented = true;
    }
    slot->filled = slot->count > 0;
}

static struct commands_slot *slot_of(const struct commands_job *job)
{
    struct commands *commands = job->owner;
    for (struct commands_slot *slot = commands->slots; slot != NULL; slot = slot->next)
        if (slot->adapter == job->at.function.adapter && slot->vh == job->at.vh)
            return slot;
    struct commands_slot *slot = calloc(1, sizeof *slot);
    CHECK(slot != NULL);
    *slot = (struct commands_slot){.next = commands->slots, .adapter = job->at.function.adapter, .vh = job->at.vh};
    commands->slots = slot;
    look_inside(commands, slot);
    return slot;
}

void commands_slots_free(struct commands *commands)
{
    while (commands->slots != NULL) {
        struct commands_slot *next = commands->slots->next;
        free(commands->slots->inside);
        free(commands->slots);
        commands->slots = next;
    }
}

/* --- who takes one along --- */

static bool takes_along(const struct commands_slot *slot, const struct commands_job *job)
{
    return slot->leaves && is_same(slot->leaver, job->at.function);
}

static bool must_wait(const struct commands_slot *slot, const struct commands_job *job)
{
    return slot->leaves && !is_same(slot->leaver, job->at.function);
}

static bool wait(struct commands_job *job)
{
    job->awaited = COMMANDS_VACANCY; /* as long as that takes */
    return true;
}

static void take_along(struct commands_slot *slot, const struct commands_job *job)
{
    CHECK(!must_wait(slot, job));
    slot->leaves = true;
    slot->leaver = job->at.function;
}

static void stay(struct commands_job *job, struct commands_slot *slot)
{
    if (!takes_along(slot, job))
        return;
    slot->leaves = false;
    for (struct commands_job *other = job->owner->jobs; other != NULL; other = other->next)
        if (other->awaited == COMMANDS_VACANCY && slot_of(other) == slot)
            commands_wake_again(other);
}

bool commands_slot_settle(struct commands_job *job)
{
    stay(job, slot_of(job));
    return false;
}

bool commands_slot_enter(struct commands_job *job)
{
    struct commands_slot *slot = slot_of(job);
    if (must_wait(slot, job))
        return wait(job);
    put_inside(slot, job->at.function);
    return false;
}

/* --- what the chassis is told --- */

static bool set_slot(struct commands_job *job, uint32_t bits, const char *what)
{
    chassis_port_set_slot(
        commands_chassis(job, commands_last_hop(job)->chassis), commands_use(job, what), job->at.vh,
        commands_last_hop(job)->port, bits);
    return true;
}

static bool change_place(struct commands_job *job, enum slot_place what, const char *text)
{
    chassis_port_change_place(
        commands_chassis(job, commands_last_hop(job)->chassis), commands_use(job, text), job->at.vh,
        commands_last_hop(job)->port, job->place, what);
    return true;
}

/* The step is about the WHOLE slot, or about the function's place in it. */
static void set_place(struct commands_job *job, bool whole)
{
    job->whole_slot = whole;
    if (!whole && is_single_vf(job))
        job->place = (uint8_t)translator_slot(
            world_translator(job->owner->world, job->at.function.adapter), commands_vf_number(job));
}

/* --- what the host does --- */

static bool reacts(const struct slot *slot)
{
    return !slot->powered || slot_is_blinking(slot);
}

static bool is_decided(const struct slot *slot)
{
    return !slot->powered || !slot_is_blinking(slot);
}

static bool has_come(const struct commands_job *job)
{
    switch (job->awaited) {
    case COMMANDS_POWER_OFF:
        return !job->slot->powered;
    case COMMANDS_REACTION:
        return reacts(job->slot);
    case COMMANDS_OUTCOME:
        return is_decided(job->slot);
    default:
        return false;
    }
}

static void on_command(struct slot *slot)
{
    struct commands *commands = slot->context;
    for (struct commands_job *job = commands->jobs; job != NULL; job = job->next)
        if (job->busy && job->slot == slot && has_come(job))
            commands_wake(job);
}

static void on_release(struct slot *slot, uint8_t place, bool kept)
{
    struct commands *commands = slot->context;
    for (struct commands_job *job = commands->jobs; job != NULL; job = job->next) {
        if (!job->busy || job->slot != slot || job->whole_slot || job->place != place)
            continue;
        job->is_released = job->is_released || !kept;
        job->is_kept = job->is_kept || kept;
        if (job->awaited == (kept ? COMMANDS_KEPT : COMMANDS_RELEASED))
            commands_wake(job);
    }
}

static bool has_settled(const struct commands_job *job)
{
    return plugs_has_settled(job->owner->world->plugs, commands_function(&job->at));
}

void commands_slot_attached(struct commands_job *job)
{
    job->is_kept = job->is_kept || job->steps == commands_slot_keep;
}

void commands_slot_settled(struct commands_job *job)
{
    bool waits = job->awaited == COMMANDS_ATTACHED || (job->awaited == COMMANDS_KEPT && job->is_kept);
    if (waits && has_settled(job))
        commands_wake(job);
}

/* JOB hears of what the host does with the slot. */
static void listen(struct commands_job *job)
{
    job->slot = commands_slot_of(job);
    CHECK(job->slot != NULL);
    job->slot->on_command = on_command;
    job->slot->on_release = on_release;
    job->slot->context = job->owner;
}

/* Nothing is waited for that cannot be told. */
static bool await(struct commands_job *job, enum commands_awaited what)
{
    if (commands_is_cut_off(job))
        commands_give_up(job, "its owner cannot be reached");
    else
        commands_await(job, what);
    return true;
}

/* --- presenting --- */

/* Of those that come to an empty slot together one fills it. Where the host has switched the slot off with the function
 * in it, it is as if it were put in anew. */
static bool find_new_place(struct commands_job *job)
{
    struct commands_slot *slot = slot_of(job);
    if (must_wait(slot, job))
        return wait(job);
    put_inside(slot, job->at.function)->presented = true;
    set_place(job, !slot->filled || takes_along(slot, job));
    return false;
}

static bool clear(struct commands_job *job)
{
    if (job->is_over || !job->whole_slot || !slot_of(job)->filled)
        return false;
    return set_slot(job, 0, "the slot cannot be emptied");
}

static bool occupy(struct commands_job *job)
{
    if (job->is_over)
        return false;
    if (!job->whole_slot)
        return change_place(job, SLOT_PLACE_COMES, "the slot cannot be changed");
    slot_of(job)->filled = true;
    return set_slot(job, SWITCH_SLOT_OCCUPIED, "the slot cannot be filled");
}

/* Until the owner's driver has it; which it never will where the host does not look, or cannot now. */
static bool await_attached(struct commands_job *job)
{
    const struct plugs *plugs = job->owner->world->plugs;
    if (job->is_over)
        return false;
    if (plugs_mode(plugs, job->at.vh) == HOTPLUG_MODE_NONE || commands_is_cut_off(job)) {
        job->call->unseen = true;
        return false;
    }
    if (has_settled(job))
        return false;
    if (!commands_lack_buses(job))
        commands_await(job, COMMANDS_ATTACHED);
    return true;
}

const commands_step commands_slot_present[] = {find_new_place,       clear, occupy, await_attached,
                                               commands_slot_settle, NULL};

void commands_slot_stay(struct commands_job *job)
{
    if (job->hop_count == 0)
        return;
    struct commands_slot *slot = slot_of(job);
    if (job->steps[job->step] == occupy && job->whole_slot)
        slot->filled = false;
    if (job->steps != commands_slot_withdraw) /* the wish is to be taken back first (commands_slot_keep) */
        stay(job, slot);
}

/* --- asking --- */

static bool ask(struct commands_job *job)
{
    struct commands_slot *slot = slot_of(job);
    set_place(job, slot->count == 1);
    if (job->whole_slot)
        take_along(slot, job);
    listen(job);
    if (commands_is_cut_off(job)) {
        commands_give_up(job, "its owner cannot be reached");
        return true;
    }
    return false;
}

/* A button pressed at a slot without power would switch it on. */
static bool press(struct commands_job *job)
{
    if (!job->whole_slot)
        return change_place(job, SLOT_PLACE_WANTED, "the owner cannot be asked");
    return job->slot->powered &&
           set_slot(job, SWITCH_SLOT_OCCUPIED | SWITCH_SLOT_ATTENTION, "the owner cannot be asked");
}

static bool await_off(struct commands_job *job)
{
    return job->whole_slot && job->slot->powered && await(job, COMMANDS_POWER_OFF);
}

static bool await_release(struct commands_job *job)
{
    return !job->whole_slot && !job->is_released && await(job, COMMANDS_RELEASED);
}

const commands_step commands_slot_withdraw[] = {ask, press, await_off, await_release, NULL};

/* --- taking that back --- */

static bool regret(struct commands_job *job)
{
    job->goes_on = true; /* whatever comes: the function is its owner's */
    set_place(job, takes_along(slot_of(job), job));
    listen(job);
    return false;
}

static bool take_back(struct commands_job *job)
{
    if (!job->whole_slot)
        return change_place(job, SLOT_PLACE_COMES, "the owner cannot be told");
    return set_slot(job, SWITCH_SLOT_OCCUPIED | SWITCH_SLOT_TAKE_BACK, "the owner cannot be told");
}

/* Of a place the host says that the function is used, still or again. */
static bool await_kept(struct commands_job *job)
{
    if (!job->whole_slot)
        return !job->is_kept && await(job, COMMANDS_KEPT);
    job->is_over = (job->command.result & SWITCH_SLOT_TAKE_BACK) != 0;
    return false;
}

static bool await_reaction(struct commands_job *job)
{
    job->is_over = job->is_over || !job->whole_slot;
    return !job->is_over && !reacts(job->slot) && await(job, COMMANDS_REACTION);
}

static bool press_again(struct commands_job *job)
{
    bool is_told = !commands_is_cut_off(job);
    job->is_over = job->is_over || (is_told && !reacts(job->slot)); /* it has never begun */
    return !job->is_over && is_told && job->slot->powered &&
           set_slot(job, SWITCH_SLOT_OCCUPIED | SWITCH_SLOT_ATTENTION, "the owner cannot be told");
}

static bool await_outcome(struct commands_job *job)
{
    return !job->is_over && !is_decided(job->slot) && await(job, COMMANDS_OUTCOME);
}

/* A host that has begun to let go, and then neither keeps the function nor ends, sees it replaced; as does one that
 * cannot be asked what it has made of the press, when it can be told. */
static bool judge(struct commands_job *job)
{
    bool is_kept = job->slot->powered && !slot_is_blinking(job->slot) && !slot_is_asked(job->slot);
    job->is_over = job->is_over || is_kept;
    return false;
}

static bool see(struct commands_job *job)
{
    job->call->unseen = !plugs_is_attached(job->owner->world->plugs, commands_function(&job->at));
    return false;
}

const commands_step commands_slot_keep[] = {
    regret, take_back,      await_kept, await_reaction,       press_again, await_outcome, judge, clear,
    occupy, await_attached, see,        commands_slot_settle, NULL};

/* --- removing --- */

static bool leave(struct commands_job *job)
{
    struct commands_slot *slot = slot_of(job);
    job->is_over = find_inside(slot, job->at.function) == NULL;
    if (job->is_over)
        return false;
    set_place(job, slot->count == 1);
    if (job->whole_slot)
        take_along(slot, job);
    return false;
}

static bool empty(struct commands_job *job)
{
    if (job->is_over)
        return false;
    return job->whole_slot ? set_slot(job, 0, "the slot cannot be emptied")
                           : change_place(job, SLOT_PLACE_GONE, "the slot cannot be changed");
}

/* The last of several that left together empties the slot. */
static bool empty_behind(struct commands_job *job)
{
    struct commands_slot *slot = slot_of(job);
    bool is_last = slot->count == 0 && slot->filled;
    if (is_last)
        slot->filled = false;
    return is_last && set_slot(job, 0, "the slot cannot be emptied");
}

static bool left(struct commands_job *job)
{
    struct commands_slot *slot = slot_of(job);
    if (job->is_over)
        return false;
    take_outside(slot, job->at.function);
    slot->filled = slot->filled && !job->whole_slot;
    return empty_behind(job);
}

const commands_step commands_slot_remove[] = {leave, empty, left, NULL};

bool commands_slot_vacate(struct commands_job *job)
{
    take_outside(slot_of(job), job->at.function);
    return empty_behind(job);
}
