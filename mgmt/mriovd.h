/* Mriovd: the daemon: one live rack, its clock, and those who manage it, in one event loop on one thread.
 *
 * Everything here happens between two slices of the model, so a handler sees the rack at one moment and may change it
 * by its own means. What takes long (results, a look into the future) is done by children. */
#ifndef MGMT_MRIOVD_H
#define MGMT_MRIOVD_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcim/pcim.h"
#include "hostsim/rack/live.h"
#include "hostsim/rack/scenario.h"
#include "mgmt/access.h"
#include "mgmt/changes.h"
#include "mgmt/child.h"
#include "mgmt/clock.h"
#include "mgmt/durable.h"
#include "mgmt/http.h"
#include "mgmt/refusals.h"
#include "mgmt/server.h"

struct watcher;

struct mriovd {
    struct event_base *base;         /* owned */
    const struct scenario *scenario; /* not owned */
    struct live live;
    struct clock clock;
    struct access access;
    struct server server;
    struct http http;
    struct children futures, readers; /* copies of it that answer WhatIf, GetResults */
    struct event *signals[2];         /* SIGTERM, SIGINT; owned */
    struct event *last_words;         /* the end of the time that clients have to read their last answers; owned */
    uint64_t epoch;
    uint64_t requests, refusals; /* answered, and of those with a status other than OK */
    struct pcim *pcim;           /* MR-PCIM, which all changes go to; not owned */
    struct changes changes;      /* what clients asked it for */
    struct refusals refused;     /* and it refused */
    struct durable durable;      /* what outlives this daemon */
    struct watcher *watchers;    /* who watches its events; their calls' */
    uint64_t watched;            /* the next event when they were last told */
    struct call *advancing;      /* the Advance that is under way; NULL: none */
    bool failed;                 /* the model could not go on */
    bool misused;                /* it cannot begin, as its command line, or a file that it names, cannot be used */
};

/* What the command line says. */
#define MRIOVD_LISTENS 16
struct mriovd_options {
    const char *listens[MRIOVD_LISTENS];
    size_t listen_count;
    const char *http;   /* HOST:PORT; NULL: none */
    const char *access; /* a file; NULL: none */
    const char *state;  /* likewise */
    struct server_tls tls;
    enum clock_pace pace;
    double ratio;
};

/* Builds the rack of SCENARIO, which is `managed`, and opens the sockets. False: WHY says what is in the way. To be
 * freed in every case. */
bool mriovd_init(
    struct mriovd *daemon, const struct scenario *scenario, const struct mriovd_options *options, char *why,
    size_t why_size);

/* Serves until SIGTERM or SIGINT. False: the model could not go on. */
bool mriovd_run(struct mriovd *daemon);
void mriovd_free(struct mriovd *daemon);

/* Simulated time in whole ns. */
uint64_t mriovd_now_ns(const struct mriovd *daemon);

#endif
