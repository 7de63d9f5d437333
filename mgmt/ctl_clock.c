/* mriovctl clock, advance, pace. */
#include <stdio.h>

#include "fabric/base/time.h"
#include "hostsim/rack/human.h"
#include "hostsim/rack/quantity.h"
#include "mgmt/clock.h"
#include "mgmt/ctl.h"
#include "proto/mriov.pb-c.h"

static int print_clock(struct ctl *ctl, const Mriov__V1__GetClockResponse *clock)
{
    char now[HUMAN_BYTES], end[HUMAN_BYTES];
    if (ctl->json)
        return ctl_print_json(&clock->base);
    printf("%s, pace %s", human_time(clock->now_ns * PS_PER_NS, now), clock->pace);
    if (clock->end_ns != 0)
        printf(", the scenario's run ends at %s", human_time(clock->end_ns * PS_PER_NS, end));
    if (clock->advancing)
        printf(", %.3g simulated seconds a second", clock->speed);
    putchar('\n');
    return ctl_end_output();
}

static int run_clock(struct ctl *ctl)
{
    int exit_code;
    Mriov__V1__GetClockResponse *clock = ctl_ask(ctl, "GetClock", &exit_code);
    if (clock != NULL)
        exit_code = print_clock(ctl, clock);
    ctl_free(clock);
    return exit_code;
}

const struct ctl_command ctl_clock = {"clock", "", "simulated time and how it passes", 0, 0, run_clock};

static int run_advance(struct ctl *ctl)
{
    int exit_code;
    Mriov__V1__AdvanceRequest request = MRIOV__V1__ADVANCE_REQUEST__INIT;
    struct quantity time;
    struct quantity_why why;
    if (quantity_parse(QUANTITY_TIME, ctl->argv[0], &time, &why) != STATUS_OK)
        return ctl_fault("advance %s: %s", ctl->argv[0], why.text);
    if (time.value < PS_PER_NS)
        return ctl_fault("advance %s: must be at least 1ns", ctl->argv[0]);
    request.duration_ns = time.value / PS_PER_NS;
    Mriov__V1__AdvanceResponse *response = ctl_call(ctl, "Advance", &request.base, &exit_code);
    if (response != NULL)
        exit_code = print_clock(ctl, response->clock);
    ctl_free(response);
    return exit_code;
}

const struct ctl_command ctl_advance = {"advance", "T", "let so much simulated time pass: 500us", 1, 1, run_advance};

static int run_pace(struct ctl *ctl)
{
    int exit_code;
    enum clock_pace pace;
    Mriov__V1__SetPaceRequest request = MRIOV__V1__SET_PACE_REQUEST__INIT;
    if (!clock_pace_parse(ctl->argv[0], &pace, &request.ratio))
        return ctl_fault("pace %s: must be step, max or a ratio from 1e-9 to 1e6", ctl->argv[0]);
    request.pace_case = pace == CLOCK_RATIO ? MRIOV__V1__SET_PACE_REQUEST__PACE_RATIO
                        : pace == CLOCK_MAX ? MRIOV__V1__SET_PACE_REQUEST__PACE_MAX
                                            : MRIOV__V1__SET_PACE_REQUEST__PACE_STEP;
    if (pace != CLOCK_RATIO)
        request.max = 1; /* or `step`: they are one byte */
    Mriov__V1__SetPaceResponse *response = ctl_call(ctl, "SetPace", &request.base, &exit_code);
    if (response != NULL)
        exit_code = print_clock(ctl, response->clock);
    ctl_free(response);
    return exit_code;
}

const struct ctl_command ctl_pace = {"pace", "R", "step, max, or simulated over wall-clock time: 0.001",
                                     1,      1,   run_pace};
