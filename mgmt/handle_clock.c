/* GetClock, Advance, SetPace, Pause. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "mgmt/call.h"
#include "mgmt/handlers.h"
#include "mgmt/limits.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"
#include "proto/mriov.pb-c.h"

static void fill_clock(const struct mriovd *daemon, Mriov__V1__GetClockResponse *response, char pace[32])
{
    const struct clock *clock = &daemon->clock;
    response->pace = (char *)clock_pace_text(clock, pace);
    response->now_ns = mriovd_now_ns(daemon);
    response->end_ns = daemon->live.end_ps == TIME_NEVER ? 0 : daemon->live.end_ps / PS_PER_NS;
    response->speed = clock_is_advancing(clock) ? clock->speed : 0;
    response->advancing = clock_is_advancing(clock);
}

void handle_get_clock(struct call *call, const ProtobufCMessage *request)
{
    (void)request;
    char pace[32];
    Mriov__V1__GetClockResponse response = MRIOV__V1__GET_CLOCK_RESPONSE__INIT;
    fill_clock(call->daemon, &response, pace);
    call_answer(call, &response.base);
}

/* --- Advance --- */

struct advance {
    struct clock_alarm alarm;
    struct call *call;
    uint64_t operation; /* whose end is the advance's too; 0: none */
};

static void answer_advance(struct call *call)
{
    char pace[32];
    Mriov__V1__GetClockResponse clock = MRIOV__V1__GET_CLOCK_RESPONSE__INIT;
    Mriov__V1__AdvanceResponse response = MRIOV__V1__ADVANCE_RESPONSE__INIT;
    fill_clock(call->daemon, &clock, pace);
    response.clock = &clock;
    call_answer(call, &response.base);
}

static void on_there(struct clock_alarm *alarm)
{
    answer_advance(CONTAINER_OF(alarm, struct advance, alarm)->call);
}

/* Within the simulation, or not. The advance ends at the next whole ns: clients count in those. */
void advance_ended(struct mriovd *daemon, const struct pcim_operation *operation)
{
    struct advance *advance = daemon->advancing != NULL ? daemon->advancing->context : NULL;
    if (advance == NULL || advance->operation != operation->id)
        return;
    struct clock *clock = &daemon->clock;
    uint64_t end_ps = (live_now_ps(&daemon->live) + PS_PER_NS - 1) / PS_PER_NS * PS_PER_NS;
    advance->operation = 0;
    if (!clock->in_slice && end_ps == live_now_ps(&daemon->live)) {
        answer_advance(daemon->advancing);
        return;
    }
    if (clock->in_slice)
        live_pause(&daemon->live);
    clock_clear_alarm(clock, &advance->alarm);
    clock_set_alarm(clock, &advance->alarm, end_ps);
    clock_advance(clock, end_ps);
}

/* Done, cancelled, or past its deadline: time stands where it is. */
static void end_advance(struct call *call)
{
    struct advance *advance = call->context;
    struct mriovd *daemon = call->daemon;
    daemon->advancing = NULL;
    clock_clear_alarm(&daemon->clock, &advance->alarm);
    free(advance);
    if (daemon->clock.pace == CLOCK_STEP)
        clock_set_pace(&daemon->clock, CLOCK_STEP, 0);
}

static uint64_t time_left_ns(const struct mriovd *daemon)
{
    return clock_is_over(&daemon->clock) ? 0 : LIMIT_TIME_NS - mriovd_now_ns(daemon);
}

/* Whether OPERATION is still to end, with time left for it; otherwise CALL has been answered. */
static bool may_advance_until(struct call *call, uint64_t id)
{
    const struct pcim_operation *operation = operation_find(call, "until_operation", id);
    if (operation == NULL)
        return false;
    if (pcim_operation_has_ended(operation))
        answer_advance(call);
    else if (clock_is_over(&call->daemon->clock))
        call_refuse(call, STATUS_UNAVAILABLE, "Advance: simulated time is at its end, 100 days");
    else
        return true;
    return false;
}

void handle_advance(struct call *call, const ProtobufCMessage *message)
{
    const Mriov__V1__AdvanceRequest *request = (const Mriov__V1__AdvanceRequest *)message;
    struct mriovd *daemon = call->daemon;
    if (daemon->clock.pace != CLOCK_STEP) {
        call_refuse(call, STATUS_UNSUPPORTED, "Advance: the pace is not `step`: Pause first");
        return;
    }
    if (daemon->advancing != NULL) {
        call_refuse(call, STATUS_BUSY, "Advance: another one is under way");
        return;
    }
    if (request->until_operation != 0 && !may_advance_until(call, request->until_operation))
        return;
    bool is_open = request->duration_ns == 0 && request->until_operation != 0;
    uint64_t duration_ns = is_open ? time_left_ns(daemon) : request->duration_ns;
    if (duration_ns == 0 || duration_ns > time_left_ns(daemon)) {
        call_refuse(
            call, STATUS_INVALID_ARGUMENT,
            "duration_ns: must be above 0, and time at most 8.64e15 ns, 100 days: %" PRIu64 " are left",
            time_left_ns(daemon));
        return;
    }
    struct advance *advance = calloc(1, sizeof *advance);
    CHECK(advance != NULL);
    *advance = (struct advance){.alarm.ring = on_there, .call = call, .operation = request->until_operation};
    call->context = advance;
    call->on_end = end_advance;
    daemon->advancing = call;
    uint64_t goal_ps = live_now_ps(&daemon->live) + duration_ns * PS_PER_NS;
    if (goal_ps > LIMIT_TIME_NS * PS_PER_NS) /* now may be between two ns */
        goal_ps = LIMIT_TIME_NS * PS_PER_NS;
    clock_set_alarm(&daemon->clock, &advance->alarm, goal_ps);
    clock_advance(&daemon->clock, goal_ps);
}

/* --- the pace --- */

static void change_pace(struct mriovd *daemon, enum clock_pace pace, double ratio)
{
    char text[32];
    if (daemon->advancing != NULL)
        call_refuse(daemon->advancing, STATUS_CANCELLED, "the pace was changed");
    clock_set_pace(&daemon->clock, pace, ratio);
    clock_pace_text(&daemon->clock, text);
    log_line(LOG_EVENT, "pace %s", text);
    pcim_event_log_add(&daemon->pcim->events, live_now_ps(&daemon->live), PCIM_EVENT_CLOCK, 0, 0, "", "pace %s", text);
}

void handle_set_pace(struct call *call, const ProtobufCMessage *message)
{
    const Mriov__V1__SetPaceRequest *request = (const Mriov__V1__SetPaceRequest *)message;
    enum clock_pace pace = CLOCK_RATIO;
    bool is_flag = request->pace_case == MRIOV__V1__SET_PACE_REQUEST__PACE_MAX ||
                   request->pace_case == MRIOV__V1__SET_PACE_REQUEST__PACE_STEP;
    double ratio = request->pace_case == MRIOV__V1__SET_PACE_REQUEST__PACE_RATIO ? request->ratio : 0;
    if (request->pace_case == MRIOV__V1__SET_PACE_REQUEST__PACE_MAX || isinf(ratio))
        pace = CLOCK_MAX;
    else if (request->pace_case == MRIOV__V1__SET_PACE_REQUEST__PACE_STEP)
        pace = CLOCK_STEP;
    if ((is_flag && !request->max) || ratio < 0 || (pace == CLOCK_RATIO && !(ratio >= 1e-9 && ratio <= 1e6))) {
        call_refuse(
            call, STATUS_INVALID_ARGUMENT, "pace: must be a ratio from 1e-9 to 1e6, or `max` or `step` set to true");
        return;
    }
    change_pace(call->daemon, pace, ratio);
    char text[32];
    Mriov__V1__GetClockResponse clock = MRIOV__V1__GET_CLOCK_RESPONSE__INIT;
    Mriov__V1__SetPaceResponse response = MRIOV__V1__SET_PACE_RESPONSE__INIT;
    fill_clock(call->daemon, &clock, text);
    response.clock = &clock;
    call_answer(call, &response.base);
}

void handle_pause(struct call *call, const ProtobufCMessage *request)
{
    (void)request;
    change_pace(call->daemon, CLOCK_STEP, 0);
    char text[32];
    Mriov__V1__GetClockResponse clock = MRIOV__V1__GET_CLOCK_RESPONSE__INIT;
    Mriov__V1__PauseResponse response = MRIOV__V1__PAUSE_RESPONSE__INIT;
    fill_clock(call->daemon, &clock, text);
    response.clock = &clock;
    call_answer(call, &response.base);
}
