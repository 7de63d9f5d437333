/* Timeline: the scenario's operations, submitted to MR-PCIM at their times, and what became of each. */
#ifndef HOSTSIM_RACK_TIMELINE_H
#define HOSTSIM_RACK_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "fabric/engine/event.h"
#include "fabric/pcim/pcim.h"
#include "hostsim/rack/results.h"
#include "hostsim/rack/scenario.h"

/* What became of an entry. */
struct timeline_entry {
    bool submitted;
    bool ended;
    uint64_t took_ps;           /* ended */
    struct pcim_refusal status; /* ended: how */
    char detail[240];           /* ended well: what there is to know */
};

struct timeline {
    const struct scenario *scenario; /* not owned */
    struct pcim *pcim;               /* not owned */
    struct component component;
    struct event next;
    size_t *order;                  /* entries by time, those of one time as in the file; owned */
    size_t cursor;                  /* in ORDER: the next to be submitted */
    struct timeline_entry *entries; /* by scenario.events; owned */
};

/* Schedules the timeline of SCENARIO from now on; what is earlier is left out. Must not be moved afterwards. */
void timeline_init(
    struct timeline *timeline, const struct scenario *scenario, struct pcim *pcim, struct simulation *simulation);
void timeline_free(struct timeline *timeline);

/* The entries, in the order of the file, into RESULTS. */
void timeline_collect(const struct timeline *timeline, struct results *results);

#endif
