/* Event log: what happened in the rack, numbered without a gap.
 *
 * Sequence numbers begin at 1 and go up by one. The last PCIM_EVENTS_KEPT are kept; who asks for older ones is told how
 * many are lost. A listener is called with each event as it happens, within the simulation: it must not call back. */
#ifndef FABRIC_PCIM_EVENT_LOG_H
#define FABRIC_PCIM_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/base/status.h"
#include "fabric/pcim/refusal.h"

#define PCIM_EVENTS_KEPT 4096

enum pcim_event_kind {
    PCIM_EVENT_LINK,      /* subject: a link; "up", "down", "retrained", "disabled", "enabled" */
    PCIM_EVENT_SLOT,      /* a function at its owner: attention, presence, power */
    PCIM_EVENT_ASSIGNED,  /* a function has an owner */
    PCIM_EVENT_RELEASED,  /* it has none any more */
    PCIM_EVENT_MOVED,     /* it has another */
    PCIM_EVENT_OPERATION, /* an operation began or ended */
    PCIM_EVENT_ERROR,     /* AER */
    PCIM_EVENT_FAULT,     /* injected, repaired, or over by itself: "hang ended" */
    PCIM_EVENT_QOS,
    PCIM_EVENT_GUEST,
    PCIM_EVENT_CLOCK, /* the daemon's */
    PCIM_EVENT_GAP,   /* the daemon's: what a watcher has lost */
    PCIM_EVENT_KINDS,
};

struct pcim_event {
    uint64_t sequence;
    uint64_t at_ps;
    enum pcim_event_kind kind;
    uint64_t operation;      /* whose doing it was; 0: nobody's */
    uint64_t generation;     /* of the subject, after it; 0: it has none */
    char subject[PCIM_TEXT]; /* "nic0.pf0", "isl0", ...; "": none */
    char detail[200];        /* one line for people */
};

struct pcim_event_log {
    struct pcim_event *events; /* a ring of PCIM_EVENTS_KEPT; owned */
    uint64_t next_sequence;    /* of the next event */
    uint64_t first_sequence;   /* the first that ever was: 1, unless a state was restored */
    void (*listener)(void *context, const struct pcim_event *event); /* NULL: none */
    void *context;
};

/* FIRST is the first event's number: 1, or one more than the last that was told in an earlier life. */
void pcim_event_log_init(struct pcim_event_log *log, uint64_t first);
void pcim_event_log_free(struct pcim_event_log *log);

/* Adds an event; its sequence number and kind are set here. Returns it, for the caller to read only. */
const struct pcim_event *pcim_event_log_add(
    struct pcim_event_log *log, uint64_t at_ps, enum pcim_event_kind kind, uint64_t operation, uint64_t generation,
    const char *subject, const char *format, ...) __attribute__((format(printf, 7, 8)));

/* Event SEQUENCE; NULL where it is lost, or has not happened. */
const struct pcim_event *pcim_event_log_find(const struct pcim_event_log *log, uint64_t sequence);

/* The oldest that is kept; equal to next_sequence while there is none. */
uint64_t pcim_event_log_oldest(const struct pcim_event_log *log);

/* "LINK", "SLOT", ...: as the API has it. */
const char *pcim_event_kind_name(enum pcim_event_kind kind);

#endif
