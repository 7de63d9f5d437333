/* Progress: one line on a terminal that says how far a run is, how fast it goes and how long it will take. */
#ifndef HOSTSIM_PROGRESS_H
#define HOSTSIM_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "hostsim/rack/run.h"

struct progress {
    FILE *out;      /* the caller's */
    bool shown;     /* there is a line to erase */
    double start_s; /* wall clock */
    double next_s;  /* when the line is drawn again */
};

/* Seconds of a clock that only goes forward. */
double progress_clock_s(void);

struct progress progress_start(FILE *out);

/* For struct run_options: CONTEXT is a struct progress. */
void progress_update(void *context, const struct run_progress *run);

/* Erases the line. */
void progress_end(struct progress *progress);

/* The line for a run that has gone for WALL_S seconds; returns BUFFER. */
char *progress_text(const struct run_progress *run, double wall_s, char *buffer, size_t size);

#endif
