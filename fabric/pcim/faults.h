/* Faults: those that are in force, and when they end by themselves.
 *
 * A fault lasts until its part is repaired or, with a `duration`, so long; the same one again on the same part lasts
 * until the later of the two ends, and one without an end wins. Different faults of one part end each for itself: a
 * cable that has also been unplugged is still broken when it has been plugged in again. Bit errors have the rate of
 * the last that was injected, and when that one ends the rate of the one that is left.
 *
 * Operations begin and repair faults (fabric/pcim/fault.c); faults of functions also end with a change of hands. */
#ifndef FABRIC_PCIM_FAULTS_H
#define FABRIC_PCIM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/engine/event.h"
#include "fabric/pcim/refusal.h"
#include "fabric/pcim/request.h"
#include "fabric/pcim/resolve.h"

/* A fault in force. */
struct pcim_fault_record {
    struct pcim_target target;
    enum pcim_fault fault;
    uint64_t rate;           /* BIT_ERRORS */
    uint64_t ends_ps;        /* TIME_NEVER: it does not by itself */
    char subject[PCIM_TEXT]; /* as it was asked for */
};

/* {0} is none. */
struct pcim_faults {
    struct pcim_fault_record *records; /* owned */
    size_t count, capacity;
    struct event end; /* of the first that ends; its owner's handler asks pcim_faults_take_ended() */
};

void pcim_faults_free(struct pcim_faults *faults);

/* RECORD holds from now on. A fault that happens a number of times and has no end leaves no record. */
void pcim_faults_add(struct pcim_faults *faults, const struct pcim_fault_record *record);

/* The record of FAULT at TARGET that lasts longest; NULL: there is none. Valid until the next change. */
const struct pcim_fault_record *
pcim_faults_find(const struct pcim_faults *faults, const struct pcim_target *target, enum pcim_fault fault);

/* Takes one that has ended by NOW_PS out into RECORD; false: there is none. Then `end` is due for the next. */
bool pcim_faults_take_ended(struct pcim_faults *faults, uint64_t now_ps, struct pcim_fault_record *record);

/* All faults of TARGET are over: of an adapter also those of its functions. */
void pcim_faults_clear(struct pcim_faults *faults, const struct pcim_target *target);

/* Likewise of FUNCTION, and of a PF also those of its VFs: it has changed hands. */
void pcim_faults_clear_function(struct pcim_faults *faults, struct pcim_function_id function);

#endif
