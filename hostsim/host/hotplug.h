/* Hot-plug: what a host's kernel does about slots below one of its root ports: it is told of events by interrupts,
 * reads what they are, and adds or removes what is behind a bridge. All by configuration TLPs, while the rack runs.
 *
 *     attention    the power indicator blinks for `delay_ps`; a second press ends that, and all is as before. Then each
 *                  function's driver is asked to let go of it (on_release, hotplug_released()), the functions are
 *                  switched off, the slot too, and with that command's completion the slot is the manager's
 *     presence or  something is there: power on, wait for the link, walk what is new (hostsim/host/enumeration.h); a
 *     link         driver may have each function then (on_attach)
 *                  it has changed while the slot was in use: drivers are told that their functions are gone (on_lost),
 *                  power off; what is there then is added
 *     change       one function of a slot in use, or one bridge of a switch, has come, is wanted back or has gone
 *                  (fabric/pcie/slot_change.h)
 *     VFs          a PF says that VFs of its own are offered to the host or wanted back (hostsim/host/hotplug_vfs.c);
 * that has to do with no slot, so it goes on in every mode
 *
 *     managed      all that
 *     surprise     it cannot be asked: no attention, and nothing is given back
 *     none         nothing of that: slots stay as they were at boot, until the host reboots
 *
 * A function that stays in its slot may pass from one user to another, the host itself or one of its guests:
 * hotplug_pass(). Whoever has it lets go of it, it is reset, and the next one attaches; no slot knows of it, and any
 * host can do it.
 *
 * One thing is done at a time, as a kernel holds its lock for rescans; other events wait, and nothing is begun while
 * events are being read: the last to be read says what is in a slot. That a slot is empty is seen
 * at once while its drivers are being asked. A slot that waits for its link holds no other up. A command or a link that
 * takes a second is given up.
 *
 * The tree is what the host knows: the driver owns and changes it. hotplug_start() turns interrupts on, at the end of
 * boot; hotplug_take() goes on from another's start. */
#ifndef HOSTSIM_HOST_HOTPLUG_H
#define HOSTSIM_HOST_HOTPLUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostsim/host/enumeration.h"

enum hotplug_mode { HOTPLUG_MODE_MANAGED, HOTPLUG_MODE_SURPRISE, HOTPLUG_MODE_NONE };

struct hotplug_config {
    enum hotplug_mode mode;
    uint64_t delay_ps; /* from attention to removal or use */
    struct enumeration_config enumeration;
};

struct hotplug;

/* What the rest of the host does when functions come and go; it is not told of bridges. FUNCTION is only lent. */
struct hotplug_ops {
    const char *name;
    /* FUNCTION has been found and programmed: a driver may have it. */
    void (*on_attach)(struct hotplug *hotplug, const struct host_function *function);
    /* The host wants FUNCTION back from its driver, which stops using it and then calls hotplug_released(): at once or
     * later, unless on_lost() comes first. */
    void (*on_release)(struct hotplug *hotplug, const struct host_function *function);
    /* FUNCTION is gone, or has been let go of: there is no driver of it any more. */
    void (*on_lost)(struct hotplug *hotplug, const struct host_function *function);
    /* FUNCTION passes on: its user has lost it (on_lost), it has been reset and nobody uses it; on_attach() comes next.
     */
    void (*on_reset)(struct hotplug *hotplug, const struct host_function *function);
    /* The function with routing ID has passed on; not WELL: it does not answer, and whoever had it may try. */
    void (*on_passed)(struct hotplug *hotplug, uint16_t id, bool well);
    /* A walk has found something that there is no room for: bus numbers, or addresses. Told when the walk is over. */
    void (*on_refused)(struct hotplug *hotplug);
    /* An event of bridge ID has been dealt with. */
    void (*on_settled)(struct hotplug *hotplug, uint16_t id);
};

enum hotplug_state {
    HOTPLUG_OFF,          /* nothing there, or not in use */
    HOTPLUG_BLINKING_ON,  /* attention: it will be used */
    HOTPLUG_POWERING_ON,  /* waits for its link, or is walked */
    HOTPLUG_ON,           /* in use */
    HOTPLUG_BLINKING_OFF, /* attention: it will be removed */
    HOTPLUG_POWERING_OFF, /* is being removed */
    HOTPLUG_STATES,
};

/* A bridge that interrupts: a slot, or a switch whose bridges come and go. */
struct hotplug_slot {
    uint16_t id;           /* the bridge's */
    uint16_t express, msi; /* offsets of its capabilities */
    bool has_slot;         /* otherwise it has the change register only */
    bool present;          /* as last seen */
    enum hotplug_state state;
    uint16_t control;                 /* Slot Control as written */
    bool interrupted;                 /* to be looked at */
    bool attention, changed, expired; /* seen, and to be dealt with */
    bool replaced, linked;            /* presence, its link's state, have changed since it was given power */
    uint64_t expires_ps;              /* when blinking, or waiting for the link, ends; TIME_NEVER: it does neither */
};

#define HOTPLUG_RESCAN UINT16_MAX     /* everything behind the bridge */
#define HOTPLUG_PASS (UINT16_MAX - 1) /* the function passes on */
#define HOTPLUG_VFS (UINT16_MAX - 2)  /* the PF's VFs have come or are wanted back */

/* What a change register has said, or that a PF has interrupted. */
struct hotplug_change {
    uint16_t id;    /* the bridge's, or the function's */
    uint16_t value; /* of the register; or one of those above */
    uint8_t tries;  /* HOTPLUG_VFS: that came to nothing */
    uint64_t at_ps; /* when it is to be dealt with; _PASS: how long its reset takes */
};

/* Changes, in the order in which they are to be dealt with. */
struct hotplug_changes {
    struct hotplug_change *changes; /* owned */
    size_t count, capacity;
};

struct hotplug_counters {
    uint64_t interrupts;
    uint64_t added, removed, lost; /* functions: found, let go of, vanished */
    uint64_t vfs_taken, vfs_given; /* VFs that migrated in and out, of those */
    uint64_t refused;              /* walks that found something without room for its buses or addresses */
};

struct hotplug {
    struct hotplug_config config;
    const struct hotplug_ops *ops;      /* NULL: nobody is told */
    void *context;                      /* theirs */
    struct config_requester *requester; /* not owned */

    struct host_function *functions; /* the tree, in bus order; owned */
    size_t count;
    struct hotplug_slot *slots; /* owned */
    size_t slot_count;
    struct hotplug_changes waiting; /* for their time: what is wanted back */
    struct hotplug_changes changes; /* to be dealt with */
    struct hotplug_counters counters;

    struct component component;
    struct event interrupt; /* one has reached its core */
    struct event timer;     /* the first blinking ends, or the first that waits is due */
    struct event patience;  /* what is waited for has not come */

    /* What has happened: one slot is looked at. */
    struct config_request look;
    size_t looking;
    uint64_t look_until_ps; /* until then what nobody answers is asked again */
    bool looks;

    /* What is done about it. */
    struct enumeration walk; /* its accesses too */
    bool works;
    uint16_t at;                               /* the bridge that is worked on */
    void (*then)(struct hotplug *hotplug);     /* after a command, a walk or a release */
    void (*starting)(struct hotplug *hotplug); /* after slots have been started */
    size_t cursor;
    bool awaits_command, written, completed;
    bool settles_off;             /* a slot's power is off, and what it said is still being read */
    uint32_t releasing;           /* drivers that have not let go */
    size_t found;                 /* functions that the last walk has found */
    struct hotplug_change change; /* that is dealt with */
    struct hotplug_changes told;  /* by PFs' interrupts, which have not reached their core */
    uint8_t *states;              /* of the VFs of the PF that is dealt with, as read: [states_capacity], owned */
    size_t states_capacity;
    bool vfs_unread;              /* the state of one could not be read */
    uint32_t vf;                  /* of those, which is dealt with, from 1 */
    uint16_t vf_express;          /* offset of its capability */
    uint32_t looked_at;           /* capabilities of it */
    struct host_function passing; /* the function that passes on */
    void (*started)(struct hotplug *hotplug);
};

/* A driver of the slots in TREE, COUNT functions in bus order, which it takes over. It does nothing before
 * hotplug_start() or hotplug_take(). */
void hotplug_init(
    struct hotplug *hotplug, struct config_requester *requester, const struct hotplug_config *config,
    const struct hotplug_ops *ops, void *context, struct host_function *tree, size_t count);
void hotplug_free(struct hotplug *hotplug);

/* Turns the interrupts of all slots on, by configuration requests; STARTED is told when that has been done. */
void hotplug_start(struct hotplug *hotplug, void (*started)(struct hotplug *hotplug));

/* Slots are as FROM, of the same tree, has started them. */
void hotplug_take(struct hotplug *hotplug, const struct hotplug *from);

/* The host has crashed: what is under way is over, and nothing is known any more. No driver is told. */
void hotplug_stop(struct hotplug *hotplug);

/* After that: the host boots. It walks all that is below the root port, drivers may have what is found (on_attach), and
 * slots are started; on_settled() tells of the end. */
void hotplug_boot(struct hotplug *hotplug);

/* What is behind bridge ID has lost its registers: the host loses all that it knew there, and walks it anew. */
void hotplug_rescan(struct hotplug *hotplug, uint16_t id);

/* The function with routing ID, and of a PF its VFs, passes on; on_passed() tells of the end, unless the host crashes.
 * It is asked again RESET_PS after its reset began, as a kernel waits for the time that functions have. */
void hotplug_pass(struct hotplug *hotplug, uint16_t id, uint64_t reset_ps);

/* An interrupt of bridge ID reaches the core at AT_PS. */
void hotplug_interrupt(struct hotplug *hotplug, uint16_t id, uint64_t at_ps);

/* The driver of the function with routing ID has let go of it, as on_release() asked. */
void hotplug_released(struct hotplug *hotplug, uint16_t id);

/* The slot of bridge ID as the driver has it; NULL: it drives none there. */
const struct hotplug_slot *hotplug_slot_of(const struct hotplug *hotplug, uint16_t id);

/* True when the driver is done with the function with routing ID: it is there, its slot, if it is in one, is in use,
 * and nothing is under way. */
bool hotplug_has_settled(const struct hotplug *hotplug, uint16_t id);

/* Bridge ID is known and leads nowhere: the host had no bus numbers left for it. */
bool hotplug_is_dead_end(const struct hotplug *hotplug, uint16_t id);

/* True while nothing is under way or waits to be done, but for what blinks. */
bool hotplug_is_idle(const struct hotplug *hotplug);

/* And nothing blinks. */
bool hotplug_is_settled(const struct hotplug *hotplug);

bool hotplug_is_valid(const struct hotplug *hotplug);

#endif
