#include "fabric/pcie/journey.h"

#include <criterion/criterion.h>

static uint64_t sum(const struct journey *journey)
{
    uint64_t sum_ps = 0;
    for (int part = 0; part < JOURNEY_PARTS; part++)
        sum_ps += journey->parts_ps[part];
    return sum_ps;
}

Test(journey, each_stage_gets_the_time_since_the_last)
{
    struct journey journey = {.at_ps = 100};
    journey_pass(&journey, JOURNEY_SOURCE, 130);
    journey_wait(&journey, 150);
    journey_pass(&journey, JOURNEY_CREDITS, 151);
    journey_pass(&journey, JOURNEY_SERIALISATION, 200);
    journey_pass(&journey, JOURNEY_SERIALISATION, 210);
    cr_expect_eq(journey.parts_ps[JOURNEY_SOURCE], 30);
    cr_expect_eq(journey.parts_ps[JOURNEY_CREDITS], 1);
    cr_expect_eq(journey.parts_ps[JOURNEY_SERIALISATION], 59);
    cr_expect_eq(sum(&journey), 110 - 20, "20 were spent waiting");
}

Test(journey, what_is_accounted_for_counts_once)
{
    struct journey journey = {.at_ps = 100};
    journey_pass(&journey, JOURNEY_WIRES, 90);
    journey_wait(&journey, 50);
    cr_expect_eq(journey.at_ps, 100);
    cr_expect_eq(sum(&journey), 0);
}

Test(journey, what_came_late_was_on_the_wire_again)
{
    struct journey journey = {.at_ps = 100};
    journey_arrive(&journey, 140, JOURNEY_MEMORY, 240);
    cr_expect_eq(journey.parts_ps[JOURNEY_SERIALISATION], 40);
    cr_expect_eq(journey.parts_ps[JOURNEY_MEMORY], 100);
}
