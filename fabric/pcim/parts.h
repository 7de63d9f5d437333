/* Parts: where the time of an operation went: how long each of its steps took. They add up to the whole.
 *
 * Of an operation with many changes a part lasts until the last of them has ended the step. */
#ifndef FABRIC_PCIM_PARTS_H
#define FABRIC_PCIM_PARTS_H

#include <stdbool.h>
#include <stdint.h>

enum pcim_part_of_time {
    PCIM_TIME_IDLE,      /* policy wait: until nothing is under way */
    PCIM_TIME_ASK,       /* its owner gives it up */
    PCIM_TIME_REMOVE,    /* the slot is emptied */
    PCIM_TIME_RESET,     /* function-level reset */
    PCIM_TIME_UNBIND,    /* out of the hierarchy */
    PCIM_TIME_BIND,      /* into the other */
    PCIM_TIME_PRESENT,   /* its new owner finds it */
    PCIM_TIME_HAND_OVER, /* between a host and its guests: reset, and its new owner has it */
    PCIM_TIME_UNDO,      /* the way back, when a step failed */
    PCIM_TIMES,
};

/* {0} is none. */
struct pcim_parts {
    uint64_t took_ps[PCIM_TIMES];
    bool happened[PCIM_TIMES];
    uint64_t since_ps; /* what was before has been counted */
};

/* What was under way up to NOW_PS was PART. */
void pcim_parts_count(struct pcim_parts *parts, enum pcim_part_of_time part, uint64_t now_ps);

/* "idle", "ask", "remove", "reset", "unbind", "bind", "present", "hand_over", "undo". */
const char *pcim_part_name(enum pcim_part_of_time part);

#endif
