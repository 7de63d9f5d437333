/* Refusal: why MR-PCIM does not do what it was asked, in words that let the asker do better.
 *
 * What the management API calls Status: the code for programs, one line for people, who holds what is in the way, the
 * generation that it is at, and what would work. An operation that ended well has one too, with STATUS_OK. */
#ifndef FABRIC_PCIM_REFUSAL_H
#define FABRIC_PCIM_REFUSAL_H

#include <stdint.h>

#include "fabric/base/status.h"
#include "fabric/pcim/reference.h"

/* Room for the text of any function or owner: "host/guest" is the longest. */
#define PCIM_TEXT (2 * NAME_LENGTH_LIMIT + 16)

/* What there is to know of something that went well: one line with a name and a reason. */
#define PCIM_DETAIL 400

struct pcim_refusal {
    enum status code;
    char message[320];      /* what, where, why: one line without a full stop; "" with STATUS_OK */
    char holder[PCIM_TEXT]; /* who has it: "h0", "h0/vm1", "operation 7"; "": nobody */
    uint64_t generation;    /* of what was asked for; 0: it has none */
    char hint[240];         /* what would work; "": nothing to say */
};

/* Makes REFUSAL one with CODE and this message, without holder, generation or hint; returns CODE, for the caller to
 * return. */
MUST_CHECK enum status pcim_refuse(struct pcim_refusal *refusal, enum status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds what would work. */
void pcim_hint(struct pcim_refusal *refusal, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A refusal that is none. */
void pcim_refusal_clear(struct pcim_refusal *refusal);

#endif
