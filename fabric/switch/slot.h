/* Slot: where what is below a downstream virtual bridge comes and goes, as its hierarchy's host sees it: the slot
 * registers of the bridge's PCI Express capability (base specification 7.5.3.9 to 7.5.3.11, 6.7).
 *
 *     who manages the switch               the slot                                   the host, by configuration TLPs
 *     slot_insert()                        presence, and the link when power is on    powers it on
 *     slot_press_attention()               attention button                           asks its driver, powers it off
 *     slot_take_back_attention()           no more, if software has not read it
 *     slot_remove_surprise()               presence and link are gone
 *     slot_change_place()                  one function of what is in it changes      looks at that place, or lets go
 *
 * What the host is asked for stays so until it has powered the slot off, or is asked for it no more: where the
 * registers are reset meanwhile it is asked again. A press waits until software has cleared what was inserted before
 * it, so that it is known what it is about.
 *
 * Each event sets its bit, and while a bit is set whose notification software has enabled the slot has interrupted
 * once: by MSI, a posted write that travels up the hierarchy as any other. Every write to Slot Control is a command,
 * and is completed as soon as it was answered. The link of a slot is up while the slot is occupied and powered, its
 * port is up and neither Secondary Bus Reset nor Link Disable holds it; it comes up `training_ps` after that has become
 * so.
 *
 * That single functions of an occupied slot come and go is no part of the base specification: the project's own
 * register says so (fabric/pcie/slot_change.h), in the upstream bridge too, where its places are those of the switch's
 * internal bus, on which bridges come and go.
 *
 * The virtual bridge owns its slot. Events are on simulated time; nothing is called back from within a call of
 * this header but slot_written(). */
#ifndef FABRIC_SWITCH_SLOT_H
#define FABRIC_SWITCH_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/engine/event.h"
#include "fabric/pcie/tlp.h"

struct mr_switch;
struct virtual_switch;

#define SLOT_PLACES 256 /* of a bus */

/* Changes that the host has not been told of yet: no more than a device has functions, each coming and going. */
#define SLOT_CHANGES_MAX 512

/* What slots do that nobody else has asked for; for results and tests. */
struct slot_counters {
    uint64_t interrupts, commands, changes;
};

struct slot {
    struct mr_switch *owner;               /* not owned */
    struct virtual_switch *virtual_switch; /* not owned */
    uint32_t bridge;           /* whose slot it is; VIRTUAL_SWITCH_UPSTREAM: it has a change register only */
    uint16_t express, msi;     /* offsets of capabilities */
    uint8_t generation, width; /* of the link when it is up */
    uint64_t training_ps;      /* until its link is up */
    bool occupied, port_up, link_up;
    bool asserted; /* an event is there that has been notified */
    bool powered;
    bool asked;                           /* its host is to give up what is in it, and has not */
    bool held;                            /* the press for that waits */
    uint64_t asked_for[SLOT_PLACES / 64]; /* bits: likewise single functions */
    bool attention_read;                  /* software has read of the last press of the attention button */
    uint16_t changes[SLOT_CHANGES_MAX];   /* a ring of what the register is to say next */
    uint32_t first_change, change_count;
    struct slot_counters counters;

    /* The host has powered it ON or off, now. NULL: nobody wants to know. */
    void (*on_power)(struct slot *slot, bool on);
    /* The host has written Slot Control: indicators may have changed, and power has. NULL likewise. */
    void (*on_command)(struct slot *slot);
    /* The host uses the function in PLACE no longer, as it was asked to; or it still does, or again (KEPT), as it has
     * been told that it may. NULL likewise. */
    void (*on_release)(struct slot *slot, uint8_t place, bool kept);
    /* Its link has come UP or gone down. NULL likewise. */
    void (*on_link)(struct slot *slot, bool up);
    void *context; /* theirs */

    struct component component;
    struct event completed; /* a command has been */
    struct event trained;   /* the link has come up */
};

/* The slot of BRIDGE, which has registers, in VIRTUAL_SWITCH of OWNER: occupied and its link up, as those say. */
struct slot *slot_new(struct mr_switch *owner, struct virtual_switch *virtual_switch, uint32_t bridge);
void slot_free(struct slot *slot);

/* Puts something into it, which must be empty. Its link comes up when the host powers it, or now when it has. */
void slot_insert(struct slot *slot);

/* What is in it is gone, now; nothing happens when it is empty. Also what follows a managed removal: the host, which
 * has powered it off, then finds it empty. */
void slot_remove_surprise(struct slot *slot);

/* Somebody has pressed its attention button: the host is asked to remove what is in it, or asked not to when it has
 * begun to wait. Two presses are one for software that has not read of the first before the second. */
void slot_press_attention(struct slot *slot);

/* That it was pressed is as if it had not been: true when software has not read of it yet. The project's own: a button
 * with a finger on it has no such thing. */
bool slot_take_back_attention(struct slot *slot);

/* Its power indicator blinks: software has begun something with what is in it. */
bool slot_is_blinking(const struct slot *slot);

/* What becomes of a function. */
enum slot_place {
    SLOT_PLACE_GONE,   /* it is not there any more */
    SLOT_PLACE_COMES,  /* it is there now; or, after SLOT_PLACE_WANTED, the host may keep it after all */
    SLOT_PLACE_WANTED, /* the host is asked to let go of it (on_release) */
};

/* That has become of the function in PLACE of what is in it; of the upstream bridge's slot, of the bridge in PLACE of
 * the internal bus. */
void slot_change_place(struct slot *slot, uint8_t place, enum slot_place what);

/* Its host is asked for what is in it, or for the function in PLACE, and has not given it up. */
bool slot_is_asked(const struct slot *slot);
bool slot_is_asked_for(const struct slot *slot, uint8_t place);

/* The port that the bridge stands for is UP or down. */
void slot_set_port_up(struct slot *slot, bool up);

/* The way up from the bridge had been cut, and is not any more: what it may have told in vain is told again. */
void slot_tell_again(struct slot *slot);

/* The bridge's registers have changed other than by a request: it is as they say, has nothing to tell, and nobody is
 * asked for anything. */
void slot_apply(struct slot *slot);

/* Its registers have been reset: its host is asked again for what it had been asked for. */
void slot_reset(struct slot *slot);

/* Software has read from the bridge's registers by REQUEST, or written to them. */
void slot_was_read(struct slot *slot, const struct tlp *request);
void slot_written(struct slot *slot, const struct tlp *request);

bool slot_is_valid(const struct slot *slot);

#endif
