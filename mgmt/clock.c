#include "mgmt/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fabric/base/check.h"
#include "mgmt/limits.h"

#define US_PER_S 1000000
#define SLICE_FIRST_EVENTS 1000
#define SLICE_LEAST_EVENTS 64
#define SLICE_MOST_EVENTS 100000
/* How far behind the wall clock a paced clock may be before it gives up catching up. */
#define BEHIND_MOST_US (US_PER_S / 10)
/* How often a clock that is on time, or has nothing to do, looks again. */
#define REST_US 1000
#define SPEED_PERIOD_US (US_PER_S / 2)
#define RATIO_LEAST 1e-9
#define RATIO_MOST 1e6
#define LATEST_PS (LIMIT_TIME_NS * PS_PER_NS)

static int64_t wall_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

/* CLOCK_MAX: where nothing happens, hours of simulated time would take none of the wall clock's, and its end would come
 * within a minute. */
static uint64_t max_reach_ps(const struct clock *clock)
{
    uint64_t now_ps = live_now_ps(clock->live), end_ps = clock->live->end_ps;
    if (live_has_work(clock->live))
        return LATEST_PS;
    if (end_ps == TIME_NEVER || end_ps < now_ps)
        return now_ps;
    return end_ps < LATEST_PS ? end_ps : LATEST_PS;
}

/* Where time may pass to now, by the pace. */
static uint64_t reach_ps(const struct clock *clock)
{
    if (clock->pace == CLOCK_STEP)
        return clock->goal_ps;
    if (clock->pace == CLOCK_MAX)
        return max_reach_ps(clock);
    double passed_ps = (double)(wall_us() - clock->base_us) * 1e6 * clock->ratio;
    return passed_ps < (double)(LATEST_PS - clock->base_ps) ? clock->base_ps + (uint64_t)passed_ps : LATEST_PS;
}

static bool is_held(const struct clock *clock)
{
    return clock->holds > 0 && clock->pace == CLOCK_STEP;
}

/* Has the loop come back here: at once, or in a while. */
static void go_on(struct clock *clock)
{
    const struct timeval soon = {0}, later = {.tv_usec = REST_US}; /* soon: after a look at the sockets */
    uint64_t now_ps = live_now_ps(clock->live);
    if (clock->stopped || is_held(clock) || clock_is_over(clock))
        return;
    if (reach_ps(clock) > now_ps)
        event_add(clock->turn, &soon);
    else if (clock->pace != CLOCK_STEP)
        event_add(clock->rest, &later);
}

static void look_at_speed(struct clock *clock, int64_t now_us)
{
    if (now_us - clock->speed_us < SPEED_PERIOD_US)
        return;
    uint64_t now_ps = live_now_ps(clock->live);
    clock->speed = (double)(now_ps - clock->speed_ps) / 1e6 / (double)(now_us - clock->speed_us);
    clock->speed_ps = now_ps;
    clock->speed_us = now_us;
}

/* The next slice's events, from how long the last one took. */
static void adapt(struct clock *clock, uint64_t events, int64_t took_us)
{
    if (took_us > LIMIT_SLICE_US)
        clock->slice_events /= 2;
    else if (took_us < LIMIT_SLICE_US / 2 && events >= clock->slice_events / 2)
        clock->slice_events += clock->slice_events / 4;
    if (clock->slice_events < SLICE_LEAST_EVENTS)
        clock->slice_events = SLICE_LEAST_EVENTS;
    if (clock->slice_events > SLICE_MOST_EVENTS)
        clock->slice_events = SLICE_MOST_EVENTS;
}

static void ring(struct clock *clock)
{
    uint64_t now_ps = live_now_ps(clock->live);
    while (clock->alarms != NULL && clock->alarms->at_ps <= now_ps) {
        struct clock_alarm *alarm = clock->alarms;
        clock->alarms = alarm->next;
        alarm->is_set = false;
        alarm->ring(alarm);
    }
}

/* A paced clock that is far behind begins anew from here. */
static void keep_pace(struct clock *clock)
{
    if (clock->pace != CLOCK_RATIO)
        return;
    double behind_ps = (double)(reach_ps(clock) - live_now_ps(clock->live));
    if (behind_ps > (double)BEHIND_MOST_US * 1e6 * clock->ratio) {
        clock->base_ps = live_now_ps(clock->live);
        clock->base_us = wall_us();
    }
}

static void run_slice(struct clock *clock)
{
    uint64_t until_ps = reach_ps(clock), now_ps = live_now_ps(clock->live);
    if (until_ps <= now_ps || is_held(clock))
        return;
    if (live_has_ended(clock->live))
        live_go_on(clock->live);
    if (clock->live->end_ps < until_ps)
        until_ps = clock->live->end_ps;
    if (clock->alarms != NULL && clock->alarms->at_ps < until_ps)
        until_ps = clock->alarms->at_ps;
    char why[256];
    const uint64_t *events = &clock->live->world.fabric.simulation.events, before = *events;
    int64_t begin_us = wall_us();
    clock->in_slice = true;
    enum status status = live_slice(clock->live, until_ps, clock->slice_events, why, sizeof why);
    clock->in_slice = false;
    if (status != STATUS_OK) {
        clock->stopped = true;
        if (clock->on_failed != NULL)
            clock->on_failed(clock->context, why);
        return;
    }
    int64_t end_us = wall_us();
    adapt(clock, *events - before, end_us - begin_us);
    look_at_speed(clock, end_us);
    keep_pace(clock);
    if (clock->on_slice != NULL)
        clock->on_slice(clock->context);
    ring(clock);
    if (clock_is_over(clock) && clock->on_over != NULL)
        clock->on_over(clock->context);
}

static void on_turn(evutil_socket_t socket, short what, void *context)
{
    (void)socket;
    (void)what;
    run_slice(context);
    go_on(context);
}

void clock_init(struct clock *clock, struct event_base *base, struct live *live)
{
    *clock = (struct clock){
        .live = live,
        .turn = event_new(base, -1, 0, on_turn, clock),
        .rest = event_new(base, -1, 0, on_turn, clock),
        .slice_events = SLICE_FIRST_EVENTS,
        .speed_us = wall_us(),
    };
    CHECK(clock->turn != NULL && clock->rest != NULL);
}

void clock_free(struct clock *clock)
{
    if (clock->turn != NULL)
        event_free(clock->turn);
    if (clock->rest != NULL)
        event_free(clock->rest);
    *clock = (struct clock){.stopped = true};
}

void clock_set_pace(struct clock *clock, enum clock_pace pace, double ratio)
{
    CHECK(pace != CLOCK_RATIO || (ratio >= RATIO_LEAST && ratio <= RATIO_MOST));
    clock->pace = pace;
    clock->ratio = ratio;
    clock->goal_ps = clock->base_ps = live_now_ps(clock->live);
    clock->base_us = wall_us();
    event_del(clock->turn);
    event_del(clock->rest);
    go_on(clock);
}

void clock_advance(struct clock *clock, uint64_t at_ps)
{
    CHECK(clock->pace == CLOCK_STEP && at_ps >= live_now_ps(clock->live) && at_ps <= LATEST_PS);
    clock->goal_ps = at_ps;
    go_on(clock);
}

void clock_hold(struct clock *clock)
{
    clock->holds++;
}

void clock_let(struct clock *clock)
{
    CHECK(clock->holds > 0);
    if (--clock->holds == 0)
        go_on(clock);
}

bool clock_is_advancing(const struct clock *clock)
{
    if (clock->pace == CLOCK_RATIO)
        return !clock_is_over(clock);
    return reach_ps(clock) > live_now_ps(clock->live);
}

bool clock_is_over(const struct clock *clock)
{
    return live_now_ps(clock->live) >= LATEST_PS;
}

void clock_set_alarm(struct clock *clock, struct clock_alarm *alarm, uint64_t at_ps)
{
    CHECK(!alarm->is_set && at_ps + clock->in_slice > live_now_ps(clock->live));
    struct clock_alarm **place = &clock->alarms;
    while (*place != NULL && (*place)->at_ps <= at_ps)
        place = &(*place)->next;
    alarm->at_ps = at_ps;
    alarm->is_set = true;
    alarm->next = *place;
    *place = alarm;
}

void clock_clear_alarm(struct clock *clock, struct clock_alarm *alarm)
{
    if (!alarm->is_set)
        return;
    struct clock_alarm **place = &clock->alarms;
    while (*place != alarm)
        place = &(*place)->next;
    *place = alarm->next;
    alarm->is_set = false;
}

const char *clock_pace_text(const struct clock *clock, char buffer[32])
{
    if (clock->pace == CLOCK_RATIO)
        snprintf(buffer, 32, "%.9g", clock->ratio);
    else
        strcpy(buffer, clock->pace == CLOCK_STEP ? "step" : "max");
    return buffer;
}

bool clock_pace_parse(const char *text, enum clock_pace *pace, double *ratio)
{
    char *end;
    *ratio = 0;
    if (strcmp(text, "step") == 0 || strcmp(text, "max") == 0) {
        *pace = text[0] == 's' ? CLOCK_STEP : CLOCK_MAX;
        return true;
    }
    *pace = CLOCK_RATIO;
    *ratio = strtod(text, &end);
    return end != text && *end == '\0' && *ratio >= RATIO_LEAST && *ratio <= RATIO_MOST;
}

bool clock_is_valid(const struct clock *clock)
{
    uint64_t last_ps = live_now_ps(clock->live);
    for (const struct clock_alarm *alarm = clock->alarms; alarm != NULL; alarm = alarm->next) {
        if (!alarm->is_set || alarm->at_ps < last_ps)
            return false;
        last_ps = alarm->at_ps;
    }
    return clock->slice_events >= SLICE_LEAST_EVENTS && clock->slice_events <= SLICE_MOST_EVENTS;
}
