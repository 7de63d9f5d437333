/* Change: one function goes from who has it to who is to have it: a step machine. The changes of one operation go
 * through its phases together, so that many are one, all or nothing:
 *
 *     ask       wait until it is idle (policy), ask the host, which gives it up        nothing is lost yet
 *     take      empty the slot, function-level reset, proof that it is clean, unbind
 *     bind      give it to the new owner's hierarchy, unseen
 *     present   the slot is occupied, the host adds what is in it
 *     hand over between a host and its guests, where no slot changes: the host resets it in between
 *
 * A phase begins when all changes have ended the one before. When one fails, or the time to ask is over, or it is
 * cancelled, all go back: those bound are taken from the new owner, then those taken are bound and presented to the old
 * one, and hosts that were asked are told that they keep what they have. A function whose way back fails as well, or
 * that is to be nobody's and cannot be reset, is FAILED: nobody has it, and it still is where it could not be reset
 * from; the next operation on it goes on there.
 */
#ifndef FABRIC_PCIM_CHANGE_H
#define FABRIC_PCIM_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcim/hardware.h"

struct pcim;
struct pcim_operation;

/* Where a change is: the last thing that is done. In this order. */
enum pcim_change_place {
    PCIM_AT_OWNER,  /* of `from`, or nobody's from the start */
    PCIM_ASKED,     /* its host is being asked for it */
    PCIM_GIVEN_UP,  /* its host has let it go */
    PCIM_REMOVED,   /* the slot is empty */
    PCIM_CLEAN,     /* it has been reset */
    PCIM_UNBOUND,   /* in no hierarchy */
    PCIM_BOUND,     /* in the new one */
    PCIM_PRESENTED, /* with its new owner, or at its goal */
};

struct pcim_change {
    struct pcim_function_id function;
    struct pcim_binding from, to; /* owner nobody: none */
    bool within_host;             /* only handed over */
    bool quarantined;             /* it was FAILED: reset and unbound first, and never given back to `from` */
    bool unseen;                  /* the new owner does not see it before it reboots */

    /* private */
    struct pcim_operation *operation;
    struct pcim_call call;
    enum pcim_change_place place;
    uint8_t steps; /* in this phase: done so far */
    bool waiting;  /* its call is out */
    bool forced;   /* its owner has not given it up in time */
    bool failed;
    bool half_bound;   /* it failed while it was bound: at its new place, and never shown there */
    bool half_unbound; /* it failed while it was unbound: in part, maybe, as who does not answer may have done it */
    bool lost;         /* it is going to be FAILED */
};

/* Begins the changes of OPERATION, which are all there, with those functions marked as being changed. It ends by
 * pcim_operation_end() (pcim.h). */
void pcim_changes_start(struct pcim_operation *operation);

/* The time that owners had is over: those that have not given up lose what they have as it is (policy MANAGED), or keep
 * it, and the operation fails. */
void pcim_changes_expire(struct pcim_operation *operation);

/* Whether it can still be cancelled (nobody has lost anything yet), and cancels it. */
bool pcim_changes_may_cancel(const struct pcim_operation *operation);
void pcim_changes_cancel(struct pcim_operation *operation);

#endif
