/* Slots as MR-PCIM keeps them: each hierarchy's in front of each adapter, which several functions of the adapter may
 * share (single VFs of an sr-iov one), each with operations of its own.
 *
 * A function is in a slot from when it begins to be bound there until it has been removed. The first that is presented
 * fills the slot, others come to their places in it; the last that is removed empties it. A function that is alone when
 * its host is asked for it, or when it is removed, takes the slot along: the host switches the whole of it off, so
 * whoever comes waits until that function is bound there no longer, or stays after all. Who takes a slot along waits
 * for its host and its adapter only, never for a slot: so all get on.
 *
 * A wish that is taken back (commands_slot_keep) ends when MR-PCIM and the host are of one mind: an attention button
 * that the host has not read of was never pressed; otherwise it is pressed again once the power indicator blinks, and
 * where the host has switched the slot off by then, the slot is filled anew. */
#ifndef HOSTSIM_RACK_COMMANDS_SLOT_H
#define HOSTSIM_RACK_COMMANDS_SLOT_H

#include "hostsim/rack/commands_job.h"

struct commands_inside {
    struct pcim_function_id function;
    bool presented; /* its host has been told of it, or has been there before time zero */
};

struct commands_slot {
    struct commands_slot *next;
    int adapter;
    uint16_t vh;
    bool filled;                    /* there is something in it, as its host sees it */
    struct commands_inside *inside; /* owned */
    size_t count, room;
    bool leaves; /* `leaver` takes it along */
    struct pcim_function_id leaver;
};

void commands_slots_free(struct commands *commands);

/* Jobs: the function comes, is asked for, stays after all, is removed. */
extern const commands_step commands_slot_present[], commands_slot_withdraw[], commands_slot_keep[],
    commands_slot_remove[];

/* Steps: the function is in its slot from now on; it is bound there no longer, and if it has never been presented, it
 * is not in it either; nobody need wait for it any more. */
bool commands_slot_enter(struct commands_job *job);
bool commands_slot_vacate(struct commands_job *job);
bool commands_slot_settle(struct commands_job *job);

/* JOB has failed: its function does not take the slot along. */
void commands_slot_stay(struct commands_job *job);

/* The function of JOB has been found by its host; and something of JOB's hierarchy has been dealt with, that perhaps.
 */
void commands_slot_attached(struct commands_job *job);
void commands_slot_settled(struct commands_job *job);

#endif
