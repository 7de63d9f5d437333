/* Clock: how fast simulated time passes in the daemon.
 *
 *     step    only as far as somebody advances it
 *     max     as fast as it goes, while there is anything to do: events, the rest of the timeline, and the way to
 *             where the scenario's run ends. A rack where nothing happens stands still then, until somebody changes it
 *     ratio   simulated time over the wall clock's; where the machine is too slow for it, as fast as it goes, and it
 *             does not catch up later
 *
 * Time ends at LIMIT_TIME_NS, and stands there.
 *
 * The model runs in slices of about a millisecond of wall clock, one a turn of the event loop, so that a request never
 * waits long. How much is simulated in a slice is no matter of the model's (hostsim/rack/live.h).
 *
 * An alarm is called when simulated time is just there: before any event of a later time. */
#ifndef MGMT_CLOCK_H
#define MGMT_CLOCK_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "hostsim/rack/live.h"

enum clock_pace { CLOCK_STEP, CLOCK_MAX, CLOCK_RATIO };

/* Belongs to who sets it. */
struct clock_alarm {
    struct clock_alarm *next; /* the clock's */
    uint64_t at_ps;
    bool is_set;
    void (*ring)(struct clock_alarm *alarm);
};

struct clock {
    struct live *live; /* not owned */
    enum clock_pace pace;
    double ratio;
    uint64_t goal_ps;           /* CLOCK_STEP: how far it may go */
    struct clock_alarm *alarms; /* set, by when */
    struct event *turn, *rest;  /* owned: the next slice; until there is something to do */
    uint64_t slice_events;      /* wanted of a slice */
    uint64_t base_ps;           /* CLOCK_RATIO: simulated time of... */
    int64_t base_us;            /* ... this wall clock */
    int64_t speed_us;           /* wall clock and simulated time of the last look at the speed */
    uint64_t speed_ps;
    double speed;                                      /* simulated seconds a second, of late */
    void (*on_failed)(void *context, const char *why); /* the model cannot go on; NULL: not wanted */
    void (*on_slice)(void *context);                   /* a slice has run; NULL: likewise */
    void (*on_over)(void *context);                    /* time has just come to its end; NULL: likewise */
    void *context;
    uint32_t holds; /* while there are any, CLOCK_STEP stands still */
    bool in_slice;
    bool stopped; /* for good: the daemon ends */
};

/* Standing still, at the pace `step`. */
void clock_init(struct clock *clock, struct event_base *base, struct live *live);
void clock_free(struct clock *clock);

/* RATIO matters with CLOCK_RATIO, above 0. An advance that is under way ends where it is. */
void clock_set_pace(struct clock *clock, enum clock_pace pace, double ratio);

/* CLOCK_STEP: time may pass until AT_PS, not before now nor beyond LIMIT_TIME_NS. */
void clock_advance(struct clock *clock, uint64_t at_ps);
bool clock_is_advancing(const struct clock *clock);

/* Whether time is where it ends: nothing will ever happen again. */
bool clock_is_over(const struct clock *clock);

/* CLOCK_STEP: time stands still until as many have let it go on as have held it. So what was asked for before an
 * advance happens before it, however long it takes to be written down. */
void clock_hold(struct clock *clock);
void clock_let(struct clock *clock);

/* Sets ALARM, which is not set, for AT_PS, after now, or in a slice not before now; the next time that somebody passes
 * it, it rings, and is not set any more. */
void clock_set_alarm(struct clock *clock, struct clock_alarm *alarm, uint64_t at_ps);
void clock_clear_alarm(struct clock *clock, struct clock_alarm *alarm);

/* "step", "max", or the ratio. BUFFER is returned. */
const char *clock_pace_text(const struct clock *clock, char buffer[32]);

/* From "step", "max" or a ratio; false when TEXT is none. */
bool clock_pace_parse(const char *text, enum clock_pace *pace, double *ratio);

bool clock_is_valid(const struct clock *clock);

#endif
