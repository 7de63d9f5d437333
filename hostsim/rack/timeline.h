/* Timeline: the scenario's operations, submitted to MR-PCIM at their times, those that others asked for while it ran,
 * and what became of each.
 *
 * It submits between two runs of the simulation, once all events of an entry's time have run: where anybody else
 * submits who stops the simulation there. So it makes no difference who asks, and results have both alike. */
#ifndef HOSTSIM_RACK_TIMELINE_H
#define HOSTSIM_RACK_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "fabric/pcim/pcim.h"
#include "hostsim/rack/results.h"
#include "hostsim/rack/scenario.h"

/* How many operations of others are in results: the first. */
#define TIMELINE_NOTED_MOST 16384

/* What became of an entry. */
struct timeline_entry {
    const char *op;     /* the scenario's key: "assign" */
    uint64_t at_ps;     /* when it was due, or asked for */
    uint64_t operation; /* its number; 0: none, it was refused or is not due yet */
    bool submitted;
    bool ended;
    uint64_t took_ps;           /* ended */
    struct pcim_parts parts;    /* likewise, of its time */
    struct pcim_refusal status; /* ended: how */
    char detail[PCIM_DETAIL];   /* ended well: what there is to know */
};

struct timeline {
    const struct scenario *scenario; /* not owned */
    struct pcim *pcim;               /* not owned */
    size_t *order;                   /* scenario.events by time, those of one time as in the file; owned */
    size_t cursor;                   /* in ORDER: the next to be submitted */
    struct timeline_entry *entries;  /* those of scenario.events, then those of others; owned */
    size_t count, capacity;          /* of ENTRIES */
};

void timeline_init(struct timeline *timeline, const struct scenario *scenario, struct pcim *pcim);
void timeline_free(struct timeline *timeline);

/* When the next entry is due: the simulation must stop there; TIME_NEVER: there is none left. */
uint64_t timeline_next_ps(const struct timeline *timeline);

/* Submits what is due by now. */
void timeline_submit(struct timeline *timeline);

/* Nothing of the file is submitted any more. */
void timeline_skip(struct timeline *timeline);

/* Another has asked for REQUEST just now: OPERATION, whose `on_end` is the timeline's, or NULL and why not. */
void timeline_note(
    struct timeline *timeline, const struct pcim_request *request, struct pcim_operation *operation,
    const struct pcim_refusal *refusal);

/* The entries, in the order of the file and then of asking, into RESULTS. */
void timeline_collect(const struct timeline *timeline, struct results *results);

#endif
